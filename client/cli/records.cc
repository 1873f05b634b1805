#include "client/cli/records.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "client/feeders/text/csv_reader.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

constexpr std::size_t kMaxTableText = 60;  // columns of a free text in a table

bool IsAbsence(std::string_view datum) { return !datum.empty() && datum.front() == '('; }

std::string JsonValue(FieldKind kind, std::string_view text) {
  if (text.empty() || (kind == FieldKind::kDatum && IsAbsence(text))) return "null";
  if (kind == FieldKind::kInteger || kind == FieldKind::kFlag || kind == FieldKind::kJson) {
    return std::string(text);
  }
  if (kind != FieldKind::kList) return JsonString(text);
  std::string list = "[";
  for (const absl::string_view item : absl::StrSplit(ToAbsl(text), ',')) {
    absl::StrAppend(&list, list.size() > 1 ? "," : "", JsonString(ToStd(item)));
  }
  return list + "]";
}

Colour ColourOf(FieldKind kind, std::string_view text) {
  if (kind == FieldKind::kDatum && IsAbsence(text)) return Colour::kDim;
  if (kind != FieldKind::kChange) return Colour::kNone;
  if (text.substr(0, 3) == "NEW" || text.substr(0, 8) == "RESTORED") return Colour::kGreen;
  if (text.substr(0, 7) == "REVISED") return Colour::kYellow;
  if (text.substr(0, 9) == "WITHDRAWN") return Colour::kRed;
  return Colour::kDim;
}

Align AlignOf(FieldKind kind) {
  if (kind == FieldKind::kDatum) return Align::kPoint;
  return kind == FieldKind::kInteger ? Align::kRight : Align::kLeft;
}

std::string_view HeaderOf(const Field& field) { return field.header.empty() ? field.name : field.header; }

std::string_view TableText(const Field& field, const std::string& text) {
  return text == field.plain_text ? std::string_view() : std::string_view(text);
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppend(&out, absl::StrFormat("\\u%04x", static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

std::string JsonObject(const Schema& schema, const Record& record, std::string_view first) {
  std::string out = absl::StrCat("{", ToAbsl(first));
  bool comma = false;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if ((schema[i].shown & kInJson) == 0) continue;
    const std::string_view name = schema[i].json_name.empty() ? schema[i].name : schema[i].json_name;
    absl::StrAppend(&out, comma ? "," : "", JsonString(name), ":", JsonValue(schema[i].kind, record[i]));
    comma = true;
  }
  return out + "}";
}

std::string CsvHeader(const Schema& schema) {
  std::string out;
  for (const Field& field : schema) {
    if ((field.shown & kInCsv) != 0) absl::StrAppend(&out, out.empty() ? "" : ",", ToAbsl(field.name));
  }
  return out + "\n";
}

std::string CsvLine(const Schema& schema, const Record& record) {
  std::string out;
  bool comma = false;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if ((schema[i].shown & kInCsv) == 0) continue;
    if (comma) out += ',';
    out += feeders::CsvField(record[i]);
    comma = true;
  }
  return out + "\n";
}

std::string TableOf(const Schema& schema, const std::vector<Record>& records, bool colour) {
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const bool used = std::any_of(records.begin(), records.end(),
                                  [&](const Record& r) { return !TableText(schema[i], r[i]).empty(); });
    if ((schema[i].shown & kInTable) != 0 && (used || !schema[i].hide_if_empty)) shown.push_back(i);
  }
  Table table;
  for (const std::size_t i : shown) table.AddColumn(HeaderOf(schema[i]), AlignOf(schema[i].kind));
  for (const Record& record : records) {
    std::vector<Table::Cell> cells;
    for (const std::size_t i : shown) {
      const std::string_view text = TableText(schema[i], record[i]);
      cells.push_back({schema[i].kind == FieldKind::kProse ? Clipped(text, kMaxTableText) : std::string(text),
                       ColourOf(schema[i].kind, text)});
    }
    table.AddRow(std::move(cells));
  }
  return table.ToString(colour);
}

RecordWriter::RecordWriter(Format format, Schema schema, std::string_view name, Output* out)
    : format_(format), schema_(std::move(schema)), out_(out) {
  if (format_ == Format::kCsv) out_->Write(CsvHeader(schema_));
  if (format_ == Format::kJson) out_->Write(absl::StrCat("{", JsonString(name), ":["));
}

void RecordWriter::Add(Record record) {
  switch (format_) {
    case Format::kTable:
      kept_.push_back(std::move(record));
      break;
    case Format::kCsv:
      out_->Write(CsvLine(schema_, record));
      break;
    case Format::kJson:
      out_->Write(absl::StrCat(count_ > 0 ? ",\n" : "\n", JsonObject(schema_, record)));
      break;
    case Format::kNdjson:
      out_->Write(absl::StrCat(JsonObject(schema_, record), "\n"));
      break;
  }
  ++count_;
}

void RecordWriter::Finish(std::string_view json_members) {
  if (format_ == Format::kTable && count_ > 0) out_->Write(TableOf(schema_, kept_, out_->wants_colour()));
  if (format_ == Format::kJson) {
    out_->Write(absl::StrCat("]", json_members.empty() ? "" : ",\n", ToAbsl(json_members), "}\n"));
  }
}

void WriteOne(Format format, const Schema& schema, const Record& record, Output* out) {
  if (format == Format::kCsv) {
    out->Write(CsvHeader(schema));
    out->Write(CsvLine(schema, record));
  } else if (format != Format::kTable) {
    out->Write(absl::StrCat(JsonObject(schema, record), "\n"));
  } else {
    std::size_t width = 0;
    for (const Field& field : schema) width = std::max(width, DisplayWidth(HeaderOf(field)));
    for (std::size_t i = 0; i < schema.size(); ++i) {
      if ((schema[i].shown & kInTable) == 0 || record[i].empty()) continue;
      const std::string header(HeaderOf(schema[i]));
      out->Write(absl::StrCat(Coloured(header, Colour::kBold, out->wants_colour()),
                              std::string(width - DisplayWidth(header) + 2, ' '), record[i], "\n"));
    }
  }
}

}  // namespace tidewaiter::cli
