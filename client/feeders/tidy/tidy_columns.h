// Which column of a tidy CSV file is what.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/feeders/feeder.h"
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
  // From the header of a file, and what the user says of it:
  //
  //   FeedOptions::columns    period=Month       the column that the file calls Month is the period
  //                           partner=Country    ... is the dimension partner
  //                           dimensions=a+b     only these are dimensions, in this order; other columns are
  //                           left value=flow:X=Exports,M=Imports
  //                                              the file is wide: each of these columns holds the values of
  //                                              one code of the dimension flow
  //   FeedOptions::constants  reporter=US        a dimension that the file has no column for
  //
  // Every violation at once, each naming line 1 and the column.
  static absl::StatusOr<TidyColumns> FromHeader(const std::vector<std::string_view>& header,
                                                const FeedOptions& options);

  bool Has(TidyColumn column) const { return at_[static_cast<std::size_t>(column)] >= 0; }
  // The field of that column in a record; empty if the file has no such column.
  std::string_view In(const std::vector<std::string_view>& record, TidyColumn column) const {
    const int at = at_[static_cast<std::size_t>(column)];
    return at < 0 ? std::string_view() : record[static_cast<std::size_t>(at)];
  }

  // A dimension and where its code comes from: a field of the record, the same code everywhere, or (neither)
  // the column of values.
  struct Source {
    std::string id;
    int at = -1;
    std::string constant;
  };
  const std::vector<Source>& dimensions() const { return dimensions_; }
  // The columns that hold values: one, or one for each code of a dimension.
  struct Value {
    std::size_t at = 0;
    std::string name;
    std::string code;
  };
  const std::vector<Value>& values() const { return values_; }
  // Columns that are not read, because the user lists the dimensions.
  const std::vector<std::string>& left() const { return left_; }
  std::size_t size() const { return size_; }

 private:
  friend class TidyHeader;
  TidyColumns() { at_.fill(-1); }
  std::array<int, kTidyColumns> at_;
  std::vector<Source> dimensions_;
  std::vector<Value> values_;
  std::vector<std::string> left_;
  std::size_t size_ = 0;
};

}  // namespace tidewaiter::feeders
