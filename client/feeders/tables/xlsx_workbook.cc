#include <zip.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <pugixml.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "client/feeders/tables/cell_number.h"
#include "client/feeders/tables/workbook.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

absl::Status Broken(std::string_view what) {
  return InvalidField("", absl::StrCat("the workbook cannot be read: ", std::string(what)));
}

// A zip in memory. Not thread-safe.
class Archive {
 public:
  static absl::StatusOr<Archive> Open(std::string_view bytes) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    zip_t* const zip = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
    if (zip == nullptr) {
      if (source != nullptr) zip_source_free(source);
      const absl::Status status =
          Broken(absl::StrCat("it is no whole zip file: ", zip_error_strerror(&error)));
      zip_error_fini(&error);
      return status;
    }
    zip_error_fini(&error);
    return Archive(zip);
  }

  // What a part holds; NOT_FOUND if there is none of that name.
  absl::StatusOr<std::string> Read(const std::string& name) {
    const zip_int64_t index = zip_name_locate(zip_.get(), name.c_str(), ZIP_FL_NOCASE);
    if (index < 0) return absl::NotFoundError(name);
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
        zip_fopen_index(zip_.get(), static_cast<zip_uint64_t>(index), 0), zip_fclose);
    if (file == nullptr) return Broken(absl::StrCat(name, ": ", zip_strerror(zip_.get())));
    std::string text;
    constexpr std::size_t kStep = 64u << 10;
    for (;;) {
      const std::size_t at = text.size();
      text.resize(at + kStep);
      const zip_int64_t count = zip_fread(file.get(), text.data() + at, kStep);
      if (count < 0) return Broken(absl::StrCat(name, " is damaged"));
      text.resize(at + static_cast<std::size_t>(count));
      if (count == 0) return text;
      if (text.size() > kMaxWorkbookPartBytes) {
        return MakeError(
            absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
            absl::StrCat(name, " of the workbook unpacks to more than ", kMaxWorkbookPartBytes, " bytes"),
            {{"limit", "max_workbook_part_bytes"}});
      }
    }
  }

 private:
  explicit Archive(zip_t* zip) : zip_(zip, zip_discard) {}
  std::unique_ptr<zip_t, void (*)(zip_t*)> zip_;
};

// The name of an element without its prefix.
std::string_view Local(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node Child(const pugi::xml_node& parent, std::string_view name) {
  return parent.find_child([name](const pugi::xml_node& node) { return Local(node) == name; });
}

absl::StatusOr<std::unique_ptr<pugi::xml_document>> ReadXml(Archive& archive, const std::string& name) {
  auto text = archive.Read(name);
  if (!text.ok()) return text.status();
  auto document = std::make_unique<pugi::xml_document>();
  const pugi::xml_parse_result result = document->load_buffer(text->data(), text->size());
  if (!result) {
    return Broken(absl::StrCat(name, " is no XML at byte ", result.offset, ": ", result.description()));
  }
  return document;
}

// The texts of a string element: its own and those of its runs, without those that tell how to read it aloud.
std::string StringText(const pugi::xml_node& item) {
  std::string text;
  for (const pugi::xml_node& node : item.children()) {
    if (Local(node) == "t") text += node.text().get();
    if (Local(node) == "r") text += Child(node, "t").text().get();
  }
  return text;
}

std::vector<std::string> SharedStrings(const pugi::xml_document& document) {
  std::vector<std::string> texts;
  for (const pugi::xml_node& item : document.document_element().children()) {
    if (Local(item) == "si") texts.push_back(OneLineOf(StringText(item)));
  }
  return texts;
}

// The number format of each style.
std::vector<NumberFormat> Styles(const pugi::xml_document& document) {
  std::map<unsigned, NumberFormat> formats;
  const pugi::xml_node root = document.document_element();
  for (const pugi::xml_node& format : Child(root, "numFmts").children()) {
    formats[format.attribute("numFmtId").as_uint()] =
        ParseNumberFormat(format.attribute("formatCode").value());
  }
  std::vector<NumberFormat> styles;
  for (const pugi::xml_node& style : Child(root, "cellXfs").children()) {
    const unsigned id = style.attribute("numFmtId").as_uint();
    const auto found = formats.find(id);
    styles.push_back(found != formats.end() ? found->second
                                            : BuiltinNumberFormat(id).value_or(NumberFormat{}));
  }
  return styles;
}

// Row and column of "C7", from 0; none if it is no such name.
std::optional<std::pair<std::size_t, std::size_t>> Position(std::string_view name) {
  std::size_t column = 0, at = 0;
  for (; at < name.size() && at < 4 && absl::ascii_isalpha(static_cast<unsigned char>(name[at])); ++at) {
    column = column * 26 +
             static_cast<std::size_t>(absl::ascii_toupper(static_cast<unsigned char>(name[at])) - 'A') + 1;
  }
  const auto row = ParseDigits(name.substr(at));
  if (at == 0 || !row || *row == 0) return std::nullopt;
  return std::pair(static_cast<std::size_t>(*row) - 1, column - 1);
}

// What the cells of all sheets need.
struct Book {
  std::vector<std::string> strings;
  std::vector<NumberFormat> styles;
  WorkbookBudget budget;
};

absl::StatusOr<std::string> CellText(const pugi::xml_node& cell, const Book& book) {
  const std::string_view type = cell.attribute("t").as_string("n");
  const std::string_view value = Child(cell, "v").text().get();
  if (type == "inlineStr") return OneLineOf(StringText(Child(cell, "is")));
  if (value.empty()) return std::string();
  if (type == "s") {
    const auto index = ParseDigits(value);
    if (!index || static_cast<std::size_t>(*index) >= book.strings.size()) {
      return Broken(absl::StrCat("cell ", cell.attribute("r").value(), " shows text ", Quoted(value), " of ",
                                 book.strings.size()));
    }
    return book.strings[static_cast<std::size_t>(*index)];
  }
  double number = 0;
  if (type != "n" || !absl::SimpleAtod(ToAbsl(value), &number)) return OneLineOf(value);
  const unsigned style = cell.attribute("s").as_uint();
  return NumberText(number, style < book.styles.size() ? book.styles[style] : NumberFormat{});
}

absl::Status ReadCells(const pugi::xml_node& row, std::size_t at, Book& book, TextGrid& grid) {
  std::size_t next = 0;
  for (const pugi::xml_node& node : row.children()) {
    if (Local(node) != "c") continue;
    TextGrid::Cell cell;
    const auto position = Position(node.attribute("r").value());
    cell.row = position ? position->first : at;
    cell.column = position ? position->second : next;
    next = cell.column + 1;
    TW_ASSIGN_OR_RETURN(cell.text, CellText(node, book));
    TW_RETURN_IF_ERROR(book.budget.TakeText(cell.text.size()));
    TW_RETURN_IF_ERROR(grid.Add(std::move(cell)));
  }
  return absl::OkStatus();
}

absl::Status ReadMerges(const pugi::xml_node& merges, TextGrid& grid) {
  for (const pugi::xml_node& merge : merges.children()) {
    const std::string_view range = merge.attribute("ref").value();
    const std::size_t colon = range.find(':');
    if (colon == std::string_view::npos) continue;
    const auto from = Position(range.substr(0, colon)), to = Position(range.substr(colon + 1));
    if (!from || !to || to->first < from->first || to->second < from->second) continue;
    TW_RETURN_IF_ERROR(
        grid.Merge(from->first, from->second, to->first - from->first + 1, to->second - from->second + 1));
  }
  return absl::OkStatus();
}

absl::StatusOr<TextGrid> ReadSheet(const pugi::xml_document& document, Book& book) {
  TextGrid grid;
  std::size_t next = 0;
  const pugi::xml_node root = document.document_element();
  for (const pugi::xml_node& row : Child(root, "sheetData").children()) {
    if (Local(row) != "row") continue;
    const auto number = ParseDigits(row.attribute("r").value());
    if (number && *number > 0) next = static_cast<std::size_t>(*number) - 1;
    TW_RETURN_IF_ERROR(ReadCells(row, next, book, grid));
    ++next;
  }
  TW_RETURN_IF_ERROR(ReadMerges(Child(root, "mergeCells"), grid));
  return grid;
}

// "xl/worksheets/sheet1.xml" of "worksheets/sheet1.xml" or "/xl/worksheets/sheet1.xml".
std::string PartName(std::string_view target) {
  if (!target.empty() && target.front() == '/') return std::string(target.substr(1));
  return absl::StrCat("xl/", ToAbsl(target));
}

// Where the parts of the workbook are: by their id, and by the last word of their type.
struct Relations {
  std::map<std::string, std::string, std::less<>> by_id, by_type;
};

absl::StatusOr<Relations> ReadRelations(Archive& archive) {
  TW_ASSIGN_OR_RETURN(const auto document, ReadXml(archive, "xl/_rels/workbook.xml.rels"));
  Relations relations;
  for (const pugi::xml_node& node : document->document_element().children()) {
    const std::string_view type = node.attribute("Type").value();
    const std::string part = PartName(node.attribute("Target").value());
    relations.by_id[node.attribute("Id").value()] = part;
    relations.by_type[std::string(type.substr(type.rfind('/') + 1))] = part;
  }
  return relations;
}

std::string RelationOf(const pugi::xml_node& sheet) {
  for (const pugi::xml_attribute& attribute : sheet.attributes()) {
    if (absl::EndsWith(attribute.name(), ":id")) return attribute.value();
  }
  return "";
}

absl::StatusOr<Book> ReadBook(Archive& archive, const Relations& relations) {
  Book book;
  if (const auto part = relations.by_type.find("sharedStrings"); part != relations.by_type.end()) {
    TW_ASSIGN_OR_RETURN(const auto document, ReadXml(archive, part->second));
    book.strings = SharedStrings(*document);
  }
  if (const auto part = relations.by_type.find("styles"); part != relations.by_type.end()) {
    TW_ASSIGN_OR_RETURN(const auto document, ReadXml(archive, part->second));
    book.styles = Styles(*document);
  }
  return book;
}

absl::Status NotExcel(const absl::Status& status) {
  if (!absl::IsNotFound(status)) return status;
  return Broken(absl::StrCat("the zip file has no part ", status.message(), "; is it an .xlsx?"));
}

absl::StatusOr<std::vector<Sheet>> ReadSheets(Archive& archive) {
  TW_ASSIGN_OR_RETURN(const auto document, ReadXml(archive, "xl/workbook.xml"));
  TW_ASSIGN_OR_RETURN(const Relations relations, ReadRelations(archive));
  TW_ASSIGN_OR_RETURN(Book book, ReadBook(archive, relations));
  std::vector<Sheet> sheets;
  for (const pugi::xml_node& node : Child(document->document_element(), "sheets").children()) {
    const auto part = relations.by_id.find(RelationOf(node));
    if (Local(node) != "sheet" || part == relations.by_id.end()) continue;
    TW_ASSIGN_OR_RETURN(const auto sheet, ReadXml(archive, part->second));
    TW_ASSIGN_OR_RETURN(TextGrid grid, ReadSheet(*sheet, book));
    TW_RETURN_IF_ERROR(book.budget.TakeSheet(grid));
    sheets.push_back({node.attribute("name").value(), std::move(grid)});
  }
  return sheets;
}

}  // namespace

absl::StatusOr<std::vector<Sheet>> ParseXlsx(std::string_view bytes) {
  TW_ASSIGN_OR_RETURN(Archive archive, Archive::Open(bytes));
  auto sheets = ReadSheets(archive);
  if (!sheets.ok()) return NotExcel(sheets.status());
  return sheets;
}

}  // namespace tidewaiter::feeders
