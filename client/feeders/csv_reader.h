// CSV as RFC 4180 has it, and as spreadsheets write it.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidewaiter::feeders {

// Reads records one after the other from a text in memory, which must outlive the reader. Takes a byte order
// mark of UTF-8, lines that end in LF or CRLF, a last line without an end, quoted fields with doubled quotes,
// separators and line ends inside them. Bytes inside fields are the caller's business. Not thread-safe.
//
//   a,"b ""c""",
//   =>  {"a", "b \"c\"", ""}
class CsvReader {
 public:
  explicit CsvReader(std::string_view text, char separator = ',');

  // Reads the next record into fields(); false at the end. The error is INVALID_ARGUMENT and its message
  // starts with "line 3, column 7: " (both from 1; a column counts characters, not bytes). After an error the
  // reader stands still.
  absl::StatusOr<bool> Next();

  // The fields of the record read last; valid until the next call of Next().
  const std::vector<std::string_view>& fields() const { return fields_; }
  // The line on which that record starts, from 1.
  std::size_t line() const { return record_line_; }
  // Nothing stood on that line: no field, no quotes.
  bool blank() const { return blank_; }

 private:
  absl::StatusOr<std::string_view> QuotedField();
  absl::StatusOr<std::string_view> PlainField();
  absl::Status EndOfField();
  absl::Status ErrorAt(std::size_t at, std::string_view what) const;

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;  // of at_
  std::size_t record_line_ = 0;
  bool blank_ = false;
  bool record_ended_ = false;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // what fields_ points into where a quote was doubled
};

// The separator of a file by its first line: whichever of ',' ';' and tab stands there most often outside
// quotes; ',' if none does.
char GuessSeparator(std::string_view text);

// A field as it stands in a CSV file: quoted only where it must be.
std::string CsvField(std::string_view field, char separator = ',');

}  // namespace tidewaiter::feeders
