// Lines of fields parted by commas, without quotes: how calendars and conventions are written. For the
// parsers of this room.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidewaiter {

// One field of a line, and where it begins. Refers to the text, does not own it.
struct Field {
  std::string_view text;
  std::size_t column = 1;  // 1-based, in bytes
};

// An error, and the column that it belongs to, carried as the violation's field: "column 8".
absl::Status At(const Field& field, std::string_view description);
absl::Status At(const Field& field, const absl::Status& status);

// Takes the fields of a line one after the other.
class FieldLine {
 public:
  explicit FieldLine(std::string_view text);
  bool done() const { return next_ == fields_.size(); }
  Field Next() { return fields_[next_++]; }
  // Error: there is no further field: "`what` is missing".
  absl::StatusOr<Field> Require(std::string_view what);

 private:
  std::vector<Field> fields_;
  Field end_;
  std::size_t next_ = 0;
};

// The parts of a field between `separator`, each with its own column; one at least.
std::vector<Field> SplitField(const Field& field, char separator);

// "name=value", each name once a line.
class FieldOptions {
 public:
  struct Option {
    Field field;
    std::string_view name;
    Field value;
  };
  absl::StatusOr<Option> Split(const Field& field);

 private:
  std::vector<std::string_view> seen_;
};

// Calls `take` with the number (from 1) and the text of each line; "\r\n" will do, and the last line end may
// be missing. Every violation at once; "column 8" of line 3 becomes "line 3, column 8".
absl::Status ForEachLine(std::string_view text,
                         const std::function<absl::Status(std::size_t, std::string_view)>& take);

}  // namespace tidewaiter
