// Which column of a tidy CSV file is what.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/dataset.h"

namespace tidewaiter::feeders {

// The columns with a meaning of their own; every other column is a dimension.
enum class TidyColumn : std::size_t {
  kPublishedOn,   // a day: 2025-08-07
  kPublishedAt,   // an instant: 2025-08-07T11:00:00+08:00
  kPeriodStart,   // 2025-01, with period_months
  kPeriodMonths,  // 7
  kPeriod,        // 2025-01/P7M, in place of the two
  kValue,
  kRelease,
  kStep,
  kStatus,
  kConf,
  kDateBasis,
  kSource,
  kNote,
};
inline constexpr std::size_t kTidyColumns = 13;
std::string_view TidyColumnName(TidyColumn column);  // "published_on"

// Where the columns of a file stand. Immutable.
class TidyColumns {
 public:
  // From the header of a file. With `definition`, the file's dimensions must be the dataset's, in whatever
  // order. Every violation at once, each naming `file`, line 1 and the column.
  static absl::StatusOr<TidyColumns> FromHeader(const std::vector<std::string_view>& header,
                                                std::string_view file, const DatasetDefinition* definition);

  bool Has(TidyColumn column) const { return at_[static_cast<std::size_t>(column)] >= 0; }
  // The field of that column in a record; empty if the file has no such column.
  std::string_view In(const std::vector<std::string_view>& record, TidyColumn column) const {
    const int at = at_[static_cast<std::size_t>(column)];
    return at < 0 ? std::string_view() : record[static_cast<std::size_t>(at)];
  }
  // Names of the dimensions, and the index of each in a record: in the order of the dataset if there is one,
  // else of the file.
  const std::vector<std::string>& dimensions() const { return dimensions_; }
  const std::vector<std::size_t>& dimension_at() const { return dimension_at_; }
  std::size_t size() const { return size_; }

 private:
  TidyColumns() { at_.fill(-1); }
  std::array<int, kTidyColumns> at_;
  std::vector<std::string> dimensions_;
  std::vector<std::size_t> dimension_at_;
  std::size_t size_ = 0;
};

}  // namespace tidewaiter::feeders
