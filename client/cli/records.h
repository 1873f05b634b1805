// Answers as records with named fields, written as a table, as CSV or as JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/output.h"
#include "client/cli/table.h"

namespace tidewaiter::cli {

enum class Format { kTable, kCsv, kJson, kNdjson };

// What the text of a field is, and so how JSON writes it. An empty text is null in JSON whatever its kind.
enum class FieldKind {
  kText,
  kProse,    // free text: clipped in tables
  kDatum,    // an exact decimal or an absence in parentheses: JSON has the number as a string, an absence as
             // null
  kInteger,  // JSON: a number
  kFlag,     // "true" or "false"
  kList,     // items separated by commas
  kChange,   // a ChangeClass name: coloured
  kJson,     // JSON as it is
};

// Where a field is shown. Bits.
inline constexpr unsigned kInTable = 1;
inline constexpr unsigned kInCsv = 2;
inline constexpr unsigned kInJson = 4;
inline constexpr unsigned kEverywhere = 7;

struct Field {
  std::string_view name;  // of the CSV column and the JSON member
  FieldKind kind = FieldKind::kText;
  unsigned shown = kEverywhere;
  std::string_view header = {};      // in tables; empty: the name
  bool hide_if_empty = true;         // in tables: when no record has it
  std::string_view plain_text = {};  // in tables this text is left out: "A" of a status
  std::string_view json_name = {};   // of the JSON member; empty: the name
};
using Schema = std::vector<Field>;
using Record = std::vector<std::string>;  // one text a field

std::string JsonString(std::string_view text);
// {"name":value,...} of the fields shown in JSON; `first` goes before them, as in "\"type\":\"change\",".
std::string JsonObject(const Schema& schema, const Record& record, std::string_view first = {});
// With a line end. Fields shown in CSV.
std::string CsvHeader(const Schema& schema);
std::string CsvLine(const Schema& schema, const Record& record);
// The records as a table; fields that no record has are left out.
std::string TableOf(const Schema& schema, const std::vector<Record>& records, bool colour);

// Writes records one after the other in one format. CSV and JSON go out as they come; a table is laid out at
// the end. Not thread-safe. Does not own the output.
class RecordWriter {
 public:
  // `name`: of the JSON member that holds the records: {"observations":[...],...}.
  RecordWriter(Format format, Schema schema, std::string_view name, Output* out);
  void Add(Record record);
  // `json_members`: what follows the records in a JSON document, as in "\"vintage\":{...}".
  void Finish(std::string_view json_members = {});
  std::size_t records() const { return count_; }

 private:
  const Format format_;
  const Schema schema_;
  Output* const out_;
  std::size_t count_ = 0;
  std::vector<Record> kept_;  // for a table
};

// One record alone: in a table one field a line, in JSON the object itself.
void WriteOne(Format format, const Schema& schema, const Record& record, Output* out);

}  // namespace tidewaiter::cli
