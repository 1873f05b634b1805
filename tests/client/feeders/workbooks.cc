#include "tests/client/feeders/workbooks.h"

#include <zip.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/feeders/tables/text_grid.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

std::string Escaped(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {"\"", "&quot;"}});
}

std::string Shortest(double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%.17g", value);
  return buffer;
}

std::string SheetXml(const TestSheet& sheet, std::vector<std::string>& strings) {
  std::string xml =
      "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>";
  for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
    absl::StrAppend(&xml, "<row r=\"", r + 1, "\">");
    for (std::size_t c = 0; c < sheet.rows[r].size(); ++c) {
      const std::string name = CellName(r, c);
      if (const auto* text = std::get_if<std::string>(&sheet.rows[r][c])) {
        absl::StrAppend(&xml, "<c r=\"", name, "\" t=\"s\"><v>", strings.size(), "</v></c>");
        strings.push_back(*text);
      } else if (const auto* number = std::get_if<TestSheet::Number>(&sheet.rows[r][c])) {
        absl::StrAppend(&xml, "<c r=\"", name, "\" s=\"", number->style, "\"><v>", Shortest(number->value),
                        "</v></c>");
      } else {
        absl::StrAppend(&xml, "<c r=\"", name, "\"/>");
      }
    }
    xml += "</row>";
  }
  xml += "</sheetData><mergeCells>";
  for (const TestSheet::Merge& m : sheet.merges) {
    absl::StrAppend(&xml, "<mergeCell ref=\"", CellName(m.row, m.column), ":",
                    CellName(m.row + m.rows - 1, m.column + m.columns - 1), "\"/>");
  }
  return xml + "</mergeCells></worksheet>";
}

std::string Little(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string Record(int type, const std::string& data) {
  return absl::StrCat(Little(type, 2), Little(data.size(), 2), data);
}

std::u16string Wide(const std::string& utf8) {
  std::u16string wide;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const int length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : 3;
    unsigned c = length == 1 ? byte : byte & (0xFF >> (length + 1));
    for (int k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(utf8[i + k]) & 0x3F);
    wide += static_cast<char16_t>(c);
    i += length;
  }
  return wide;
}

bool IsNarrow(const std::u16string& text) {
  return std::all_of(text.begin(), text.end(), [](char16_t c) { return c < 0x100; });
}

// The list of texts as records: a text that does not fit is cut, and goes on with a byte of flags.
std::string StringRecords(const std::vector<std::string>& strings, std::size_t part) {
  std::vector<std::string> parts = {absl::StrCat(Little(strings.size(), 4), Little(strings.size(), 4))};
  const auto room = [&parts, part](std::size_t bytes) { return parts.back().size() + bytes <= part; };
  for (const std::string& utf8 : strings) {
    const std::u16string wide = Wide(utf8);
    const int width = IsNarrow(wide) ? 1 : 2;
    if (!room(4)) parts.emplace_back();
    absl::StrAppend(&parts.back(), Little(wide.size(), 2), Little(width - 1, 1));
    for (const char16_t c : wide) {
      if (!room(2)) parts.emplace_back(Little(width - 1, 1));
      parts.back() += Little(c, width);
    }
  }
  std::string records = Record(0xFC, parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) records += Record(0x3C, parts[i]);
  return records;
}

const std::string kBof = Record(0x809, Little(0x0600, 2) + Little(0x10, 2) + std::string(12, '\0'));
const std::string kEof = Record(0x0A, "");

std::string XlsSheet(const TestSheet& sheet, std::vector<std::string>& strings, std::size_t styles) {
  std::string cells = kBof;
  std::size_t columns = 0;
  for (const auto& row : sheet.rows) columns = std::max(columns, row.size());
  cells += Record(
      0x200, Little(0, 4) + Little(sheet.rows.size(), 4) + Little(0, 2) + Little(columns, 2) + Little(0, 2));
  for (std::size_t r = 0; r < sheet.rows.size(); ++r) {
    for (std::size_t c = 0; c < sheet.rows[r].size(); ++c) {
      const std::string at = Little(r, 2) + Little(c, 2);
      if (const auto* text = std::get_if<std::string>(&sheet.rows[r][c])) {
        cells += Record(0xFD, at + Little(0, 2) + Little(strings.size(), 4));
        strings.push_back(*text);
      } else if (const auto* number = std::get_if<TestSheet::Number>(&sheet.rows[r][c])) {
        EXPECT_LE(static_cast<std::size_t>(number->style), styles);
        cells += Record(
            0x203, at + Little(number->style, 2) + Little(std::bit_cast<std::uint64_t>(number->value), 8));
      }
    }
  }
  if (!sheet.merges.empty()) {
    std::string merges = Little(sheet.merges.size(), 2);
    for (const TestSheet::Merge& m : sheet.merges) {
      merges += Little(m.row, 2) + Little(m.row + m.rows - 1, 2) + Little(m.column, 2) +
                Little(m.column + m.columns - 1, 2);
    }
    cells += Record(0xE5, merges);
  }
  return cells + kEof;
}

std::string XlsStream(const TestBook& book, std::size_t string_part) {
  std::vector<std::string> strings;
  std::vector<std::string> sheets;
  for (const TestSheet& sheet : book.sheets) sheets.push_back(XlsSheet(sheet, strings, book.formats.size()));
  std::string globals = kBof + Record(0x42, Little(1200, 2)) + Record(0x22, Little(0, 2));
  std::string styles = Record(0xE0, Little(0, 2) + Little(0, 2) + std::string(16, '\0'));
  for (std::size_t i = 0; i < book.formats.size(); ++i) {
    const std::string& format = book.formats[i];
    globals += Record(0x41E, Little(164 + i, 2) + Little(format.size(), 2) + Little(0, 1) + format);
    styles += Record(0xE0, Little(0, 2) + Little(164 + i, 2) + std::string(16, '\0'));
  }
  globals += styles;
  const std::string texts = StringRecords(strings, string_part) + kEof;
  std::size_t at = globals.size() + texts.size();
  for (const TestSheet& sheet : book.sheets) at += 4 + 8 + sheet.name.size();
  std::string bounds;
  for (std::size_t i = 0; i < book.sheets.size(); ++i) {
    const std::string& name = book.sheets[i].name;
    bounds += Record(0x85, Little(at, 4) + Little(0, 2) + Little(name.size(), 1) + Little(0, 1) + name);
    at += sheets[i].size();
  }
  std::string stream = globals + bounds + texts;
  for (const std::string& sheet : sheets) stream += sheet;
  return stream;
}

// One stream of at least 4096 bytes, the directory behind it, the FAT behind that.
std::string CompoundFile(std::string stream) {
  stream.resize((std::max<std::size_t>(stream.size(), 4096) + 511) / 512 * 512, '\0');
  const std::size_t sectors = stream.size() / 512;
  std::string directory;
  const auto entry = [&directory](const std::string& name, int type, std::uint64_t child, std::uint64_t start,
                                  std::uint64_t size) {
    std::string wide;
    for (const char c : name) wide += c, wide += '\0';
    const std::size_t bytes = name.empty() ? 0 : wide.size() + 2;
    wide.resize(64, '\0');
    directory += wide + Little(bytes, 2) + Little(type, 1) + Little(1, 1) + Little(0xFFFFFFFF, 4) +
                 Little(0xFFFFFFFF, 4) + Little(child, 4) + std::string(36, '\0') + Little(start, 4) +
                 Little(size, 8);
  };
  entry("Root Entry", 5, 1, 0xFFFFFFFE, 0);
  entry("Workbook", 2, 0xFFFFFFFF, 0, stream.size());
  entry("", 0, 0xFFFFFFFF, 0, 0);
  entry("", 0, 0xFFFFFFFF, 0, 0);
  const std::size_t fat_sectors = (sectors + 1 + 128) / 128 + 1;
  std::string fat;
  for (std::size_t i = 0; i + 1 < sectors; ++i) fat += Little(i + 1, 4);
  fat += Little(0xFFFFFFFE, 4) + Little(0xFFFFFFFE, 4);
  for (std::size_t i = 0; i < fat_sectors; ++i) fat += Little(0xFFFFFFFD, 4);
  fat.resize(fat_sectors * 512, '\xFF');
  std::string header("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
  header += std::string(16, '\0') + Little(0x3E, 2) + Little(3, 2) + Little(0xFFFE, 2) + Little(9, 2) +
            Little(6, 2) + std::string(10, '\0') + Little(fat_sectors, 4) + Little(sectors, 4) +
            Little(0, 4) + Little(4096, 4) + Little(0xFFFFFFFE, 4) + Little(0, 4) + Little(0xFFFFFFFE, 4) +
            Little(0, 4);
  for (std::size_t i = 0; i < 109; ++i) header += Little(i < fat_sectors ? sectors + 1 + i : 0xFFFFFFFF, 4);
  EXPECT_EQ(header.size(), 512u);
  return header + stream + directory + fat;
}

}  // namespace

std::string WriteZip(const std::vector<std::pair<std::string, std::string>>& parts) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const out = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_source_keep(out);
  zip_t* const zip = zip_open_from_source(out, ZIP_TRUNCATE, &error);
  for (const auto& [name, text] : parts) {
    zip_source_t* const source = zip_source_buffer(zip, text.data(), text.size(), 0);
    EXPECT_GE(zip_file_add(zip, name.c_str(), source, ZIP_FL_ENC_UTF_8), 0);
  }
  EXPECT_EQ(zip_close(zip), 0);
  std::string bytes;
  EXPECT_EQ(zip_source_open(out), 0);
  zip_stat_t stat;
  zip_source_stat(out, &stat);
  bytes.resize(stat.size);
  EXPECT_EQ(zip_source_read(out, bytes.data(), bytes.size()), static_cast<zip_int64_t>(bytes.size()));
  zip_source_close(out);
  zip_source_free(out);
  return bytes;
}

std::string WriteXlsx(const TestBook& book) {
  constexpr char kOffice[] = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
  std::vector<std::pair<std::string, std::string>> parts;
  std::vector<std::string> strings;
  std::string sheets, relations;
  for (std::size_t i = 0; i < book.sheets.size(); ++i) {
    absl::StrAppend(&sheets, "<sheet name=\"", Escaped(book.sheets[i].name), "\" sheetId=\"", i + 1,
                    "\" r:id=\"s", i, "\"/>");
    absl::StrAppend(&relations, "<Relationship Id=\"s", i, "\" Type=\"", kOffice,
                    "/worksheet\" Target=\"worksheets/sheet", i, ".xml\"/>");
    parts.emplace_back(absl::StrCat("xl/worksheets/sheet", i, ".xml"), SheetXml(book.sheets[i], strings));
  }
  absl::StrAppend(&relations, "<Relationship Id=\"t\" Type=\"", kOffice,
                  "/sharedStrings\" Target=\"/xl/sharedStrings.xml\"/><Relationship Id=\"y\" Type=\"",
                  kOffice, "/styles\" Target=\"styles.xml\"/>");
  parts.emplace_back("xl/workbook.xml", absl::StrCat("<workbook xmlns:r=\"", kOffice, "\"><sheets>", sheets,
                                                     "</sheets></workbook>"));
  parts.emplace_back("xl/_rels/workbook.xml.rels",
                     absl::StrCat("<Relationships>", relations, "</Relationships>"));
  std::string texts;
  for (const std::string& text : strings) absl::StrAppend(&texts, "<si><t>", Escaped(text), "</t></si>");
  parts.emplace_back("xl/sharedStrings.xml", absl::StrCat("<sst>", texts, "</sst>"));
  std::string formats, styles = "<xf numFmtId=\"0\"/>";
  for (std::size_t i = 0; i < book.formats.size(); ++i) {
    absl::StrAppend(&formats, "<numFmt numFmtId=\"", 164 + i, "\" formatCode=\"", Escaped(book.formats[i]),
                    "\"/>");
    absl::StrAppend(&styles, "<xf numFmtId=\"", 164 + i, "\"/>");
  }
  parts.emplace_back("xl/styles.xml", absl::StrCat("<styleSheet><numFmts>", formats, "</numFmts><cellXfs>",
                                                   styles, "</cellXfs></styleSheet>"));
  return WriteZip(parts);
}

std::string WriteXls(const TestBook& book, std::size_t string_part) {
  return CompoundFile(XlsStream(book, string_part));
}

}  // namespace tidewaiter::feeders
