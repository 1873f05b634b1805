// CSV as RFC 4180 has it, and as spreadsheets write it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/text/input.h"

namespace tidewaiter::feeders {

// Reads records one after the other, in memory that is bounded by the longest of them. Takes a byte order
// mark of UTF-8, lines that end in LF or CRLF, a last line without an end, quoted fields with doubled quotes,
// separators and line ends inside them. Bytes inside fields are the caller's business. Not thread-safe.
//
//   a,"b ""c""",
//   =>  {"a", "b \"c\"", ""}
class CsvReader {
 public:
  // `separator` 0: guessed from the first line. The input must outlive the reader.
  explicit CsvReader(Input* input, char separator = 0);
  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // Reads the next record into fields(); false at the end. INVALID_ARGUMENT if it cannot be read: the message
  // starts with "line 3, column 7: " (both from 1; a column counts characters, not bytes); also for a record
  // beyond kMaxRecordBytes or kMaxFields. The input's error as it is. After an error the reader stands still.
  absl::StatusOr<bool> Next();

  // The fields of the record read last; valid until the next call of Next().
  const std::vector<std::string_view>& fields() const { return fields_; }
  // That record as it stands in the file, without its line end; valid as long.
  std::string_view row() const { return row_; }
  // The line on which it starts, from 1.
  std::uint64_t line() const { return line_; }
  // Nothing stood on that line: no field, no quotes.
  bool blank() const { return row_.empty(); }
  // After the first Next().
  char separator() const { return separator_; }

 private:
  absl::Status Begin();
  absl::Status Fill();
  std::size_t TakePlain();
  absl::StatusOr<std::size_t> RecordEnd();
  void SplitPlain();
  absl::Status SplitQuoted();
  absl::StatusOr<std::string_view> QuotedField(std::size_t& at);
  absl::Status ErrorAt(std::size_t at, std::string_view what) const;

  Input* input_;
  char separator_;
  bool begun_ = false;
  bool input_ended_ = false;
  // What was read and not yet given out lies in [at_, filled_); kMarkedBytes more may be looked at.
  std::string buffer_;
  std::size_t at_ = 0;  // of the next record
  std::size_t filled_ = 0;
  std::uint64_t line_ = 0;
  std::uint64_t next_line_ = 1;
  bool has_quotes_ = false;  // of the record at hand
  std::string_view row_;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // what fields_ points into where a quote was doubled
};

// The separator of a file by its first line: whichever of ',' ';' and tab stands there most often outside
// quotes; ',' if none does.
char GuessSeparator(std::string_view text);

// A field as it stands in a CSV file: quoted only where it must be.
std::string CsvField(std::string_view field, char separator = ',');

}  // namespace tidewaiter::feeders
