#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "client/feeders/tables/byte_reader.h"
#include "client/feeders/tables/cell_number.h"
#include "client/feeders/tables/compound_file.h"
#include "client/feeders/tables/workbook.h"
#include "client/feeders/tables/xls_records.h"
#include "domain/errors.h"

namespace tidewaiter::feeders {
namespace {

// Types of records.
enum : std::uint16_t {
  kFormula = 0x0006,
  kEof = 0x000A,
  kFilePass = 0x002F,
  kContinue = 0x003C,
  kBoundSheet = 0x0085,
  kMulRk = 0x00BD,
  kRString = 0x00D6,
  kXf = 0x00E0,
  kMergedCells = 0x00E5,
  kSst = 0x00FC,
  kLabelSst = 0x00FD,
  kNumber = 0x0203,
  kLabel = 0x0204,
  kBoolErr = 0x0205,
  kString = 0x0207,
  kRk = 0x027E,
  kFormat = 0x041E,
  kBof = 0x0809,
};
constexpr std::uint64_t kBiff8 = 0x0600;

absl::Status Refused(std::string_view why) {
  return InvalidField("", absl::StrCat("the workbook cannot be read: ", std::string(why)));
}

// What stands before the sheets and serves all of them.
struct Globals {
  std::vector<std::string> strings;
  std::map<unsigned, NumberFormat> formats;                 // the workbook's own
  std::vector<unsigned> styles;                             // the format of each
  std::vector<std::pair<std::string, std::size_t>> sheets;  // name, where its records begin

  NumberFormat FormatOf(std::uint64_t style) const {
    if (style >= styles.size()) return {};
    const auto found = formats.find(styles[style]);
    return found != formats.end() ? found->second
                                  : BuiltinNumberFormat(styles[style]).value_or(NumberFormat{});
  }
};

double Double(std::uint64_t bits) { return std::bit_cast<double>(bits); }

// RK: the upper 30 bits of a double, or an integer; by a bit, a hundredth of it.
double DecodeRk(std::uint64_t rk) {
  const auto integer = static_cast<std::int32_t>(static_cast<std::uint32_t>(rk)) >> 2;
  const double value = (rk & 2) != 0 ? integer : Double((rk & 0xFFFFFFFC) << 32);
  return (rk & 1) != 0 ? value / 100 : value;
}

// The data of the record at hand and of those that continue it.
std::vector<std::string_view> WithContinues(std::string_view stream, std::string_view data, std::size_t& at) {
  std::vector<std::string_view> parts = {data};
  for (std::size_t next = at;;) {
    const auto record = NextXlsRecord(stream, next);
    if (!record || record->type != kContinue) return parts;
    parts.push_back(record->data);
    at = next;
  }
}

absl::Status CheckVersion(std::string_view data) {
  if (LittleEndian(data, 0, 2) == kBiff8) return absl::OkStatus();
  return Refused("it was saved by Excel 95 or before; save it again as .xlsx");
}

absl::StatusOr<std::vector<std::string>> ReadStrings(std::vector<std::string_view> parts) {
  XlsStrings reader(std::move(parts));
  reader.Skip(4);  // how often they are shown
  const auto count = static_cast<std::size_t>(reader.Number(4));
  std::vector<std::string> strings;
  while (strings.size() < count) {
    auto text = reader.Next(2);
    if (!text) return Refused(absl::StrCat("text ", strings.size() + 1, " of ", count, " is cut"));
    strings.push_back(OneLineOf(*text));
  }
  return strings;
}

absl::StatusOr<Globals> ReadGlobals(std::string_view stream) {
  Globals globals;
  std::size_t at = 0;
  auto record = NextXlsRecord(stream, at);
  if (!record || record->type != kBof) return Refused("it does not begin as a workbook");
  TW_RETURN_IF_ERROR(CheckVersion(record->data));
  for (record = NextXlsRecord(stream, at); record && record->type != kEof;
       record = NextXlsRecord(stream, at)) {
    const std::string_view data = record->data;
    switch (record->type) {
      case kFilePass:
        return Refused("it is encrypted; save it without a password");
      case kSst: {
        TW_ASSIGN_OR_RETURN(globals.strings, ReadStrings(WithContinues(stream, data, at)));
        break;
      }
      case kXf:
        globals.styles.push_back(static_cast<unsigned>(LittleEndian(data, 2, 2)));
        break;
      case kFormat:
        globals.formats[static_cast<unsigned>(LittleEndian(data, 0, 2))] = ParseNumberFormat(
            XlsStrings({data.substr(std::min<std::size_t>(2, data.size()))}).Next(2).value_or(""));
        break;
      case kBoundSheet:
        if (LittleEndian(data, 5, 1) != 0) break;  // a chart, a macro
        globals.sheets.emplace_back(
            XlsStrings({data.substr(std::min<std::size_t>(6, data.size()))}).Next(1).value_or(""),
            static_cast<std::size_t>(LittleEndian(data, 0, 4)));
        break;
      default:
        break;
    }
  }
  return globals;
}

// The cells of one sheet.
class SheetReader {
 public:
  SheetReader(std::string_view stream, const Globals* globals, WorkbookBudget* budget)
      : stream_(stream), globals_(globals), budget_(budget) {}

  absl::StatusOr<TextGrid> Read(std::size_t at);

 private:
  absl::Status ReadRecord(const XlsRecord& record, std::size_t& at);
  absl::Status ReadFormula(std::string_view data);
  absl::Status ReadMulRk(std::string_view data);
  absl::Status ReadMerges(std::string_view data);
  absl::Status Add(std::uint64_t row, std::uint64_t column, std::string text);
  absl::Status AddNumber(std::uint64_t row, std::uint64_t column, std::uint64_t style, double value) {
    return Add(row, column, NumberText(value, globals_->FormatOf(style)));
  }
  // Every record of a cell begins with its row and column.
  absl::Status AddText(std::string_view data, std::string text) {
    return Add(LittleEndian(data, 0, 2), LittleEndian(data, 2, 2), std::move(text));
  }

  std::string_view stream_;
  const Globals* globals_;
  WorkbookBudget* budget_;
  TextGrid grid_;
  std::vector<std::string_view> merges_;  // applied when all cells are known
  std::string_view formula_;              // whose text is in the record that follows
};

absl::StatusOr<TextGrid> SheetReader::Read(std::size_t at) {
  const auto bof = NextXlsRecord(stream_, at);
  if (!bof || bof->type != kBof) return Refused("a sheet does not begin where the workbook says");
  TW_RETURN_IF_ERROR(CheckVersion(bof->data));
  std::size_t inner = 0;  // charts within the sheet are sheets of their own
  for (auto record = NextXlsRecord(stream_, at); record; record = NextXlsRecord(stream_, at)) {
    if (record->type == kEof && inner == 0) {
      for (const std::string_view merges : merges_) TW_RETURN_IF_ERROR(ReadMerges(merges));
      return std::move(grid_);
    }
    if (record->type == kBof) ++inner;
    if (record->type == kEof) --inner;
    if (inner == 0) TW_RETURN_IF_ERROR(ReadRecord(*record, at));
  }
  return Refused("a sheet is cut");
}

// Bytes that a record of a cell has at least.
std::size_t LeastBytes(std::uint16_t type) {
  switch (type) {
    case kNumber:
    case kFormula:
      return 14;
    case kRk:
    case kLabelSst:
      return 10;
    case kMulRk:
      return 12;
    case kLabel:
    case kRString:
    case kBoolErr:
      return 8;
    default:
      return 0;
  }
}

absl::Status SheetReader::ReadRecord(const XlsRecord& record, std::size_t& at) {
  const std::string_view data = record.data;
  if (data.size() < LeastBytes(record.type)) return Refused("the record of a cell is cut");
  const auto number = [&data](std::size_t offset, std::size_t size) {
    return LittleEndian(data, offset, size);
  };
  switch (record.type) {
    case kNumber:
      return AddNumber(number(0, 2), number(2, 2), number(4, 2), Double(number(6, 8)));
    case kRk:
      return AddNumber(number(0, 2), number(2, 2), number(4, 2), DecodeRk(number(6, 4)));
    case kMulRk:
      return ReadMulRk(data);
    case kFormula:
      return ReadFormula(data);
    case kLabelSst: {
      const std::uint64_t index = number(6, 4);
      if (index >= globals_->strings.size()) return Refused("a cell shows a text that is not there");
      return AddText(data, globals_->strings[index]);
    }
    case kLabel:
    case kRString: {
      auto parts = WithContinues(stream_, data.substr(std::min<std::size_t>(6, data.size())), at);
      return AddText(data, OneLineOf(XlsStrings(std::move(parts)).Next(2).value_or("")));
    }
    case kString: {
      const std::string_view formula = std::exchange(formula_, {});
      if (formula.empty()) return absl::OkStatus();
      return AddText(formula, OneLineOf(XlsStrings(WithContinues(stream_, data, at)).Next(2).value_or("")));
    }
    case kBoolErr:
      return AddText(data, number(7, 1) != 0 ? "#ERROR" : number(6, 1) != 0 ? "TRUE" : "FALSE");
    case kMergedCells:
      merges_.push_back(data);
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

// The result is a double, or, where its last two bytes are FF FF, of the type that the first says.
absl::Status SheetReader::ReadFormula(std::string_view data) {
  if (LittleEndian(data, 12, 2) != 0xFFFF) {
    return AddNumber(LittleEndian(data, 0, 2), LittleEndian(data, 2, 2), LittleEndian(data, 4, 2),
                     Double(LittleEndian(data, 6, 8)));
  }
  switch (LittleEndian(data, 6, 1)) {
    case 0:
      formula_ = data;
      return absl::OkStatus();
    case 1:
      return AddText(data, LittleEndian(data, 8, 1) != 0 ? "TRUE" : "FALSE");
    case 2:
      return AddText(data, "#ERROR");
    default:
      return absl::OkStatus();  // an empty text
  }
}

absl::Status SheetReader::ReadMulRk(std::string_view data) {
  const std::uint64_t row = LittleEndian(data, 0, 2);
  std::uint64_t column = LittleEndian(data, 2, 2);
  for (std::size_t at = 4; at + 8 <= data.size(); at += 6, ++column) {
    TW_RETURN_IF_ERROR(
        AddNumber(row, column, LittleEndian(data, at, 2), DecodeRk(LittleEndian(data, at + 2, 4))));
  }
  return absl::OkStatus();
}

absl::Status SheetReader::ReadMerges(std::string_view data) {
  for (std::size_t at = 2; at + 8 <= data.size(); at += 8) {
    const auto first_row = static_cast<std::size_t>(LittleEndian(data, at, 2));
    const auto last_row = static_cast<std::size_t>(LittleEndian(data, at + 2, 2));
    const auto first_column = static_cast<std::size_t>(LittleEndian(data, at + 4, 2));
    const auto last_column = static_cast<std::size_t>(LittleEndian(data, at + 6, 2));
    if (last_row < first_row || last_column < first_column) continue;
    TW_RETURN_IF_ERROR(
        grid_.Merge(first_row, first_column, last_row - first_row + 1, last_column - first_column + 1));
  }
  return absl::OkStatus();
}

absl::Status SheetReader::Add(std::uint64_t row, std::uint64_t column, std::string text) {
  TW_RETURN_IF_ERROR(budget_->TakeText(text.size()));
  TextGrid::Cell cell;
  cell.text = std::move(text);
  cell.row = static_cast<std::size_t>(row);
  cell.column = static_cast<std::size_t>(column);
  return grid_.Add(std::move(cell));
}

}  // namespace

absl::StatusOr<std::vector<Sheet>> ParseXls(std::string_view bytes) {
  auto stream = ReadCompoundStream(bytes, "Workbook");
  if (absl::IsNotFound(stream.status())) {
    const bool old = ReadCompoundStream(bytes, "Book").ok();
    return Refused(old ? "it was saved by Excel 95 or before; save it again as .xlsx"
                       : "it is no workbook, but another program's file");
  }
  TW_RETURN_IF_ERROR(stream.status());
  TW_ASSIGN_OR_RETURN(const Globals globals, ReadGlobals(*stream));
  WorkbookBudget budget;
  std::vector<Sheet> sheets;
  for (const auto& [name, at] : globals.sheets) {
    TW_ASSIGN_OR_RETURN(TextGrid grid, SheetReader(*stream, &globals, &budget).Read(at));
    TW_RETURN_IF_ERROR(budget.TakeSheet(grid));
    sheets.push_back({name, std::move(grid)});
  }
  return sheets;
}

}  // namespace tidewaiter::feeders
