// The values of a file of FRED's, held until all its dates and vintages are known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Where a value stands in its file; as SourceCell has it.
struct FredPlace {
  std::uint64_t line = 0;
  std::uint64_t record = 0;
};

// Columns of values (a series, perhaps of one vintage), each a list of months and data; gives them to a sink.
// Not thread-safe.
class FredValues {
 public:
  static constexpr std::uint32_t kForEver = std::numeric_limits<std::uint32_t>::max();

  // The column of that series and vintage; the same again: the same index. Without a vintage it is published
  // when the file was.
  std::size_t Column(const std::string& series, const std::optional<absl::CivilDay>& vintage);
  // A value, or that it is missing. `until`: the last day on which it was known, in days from 1970; kForEver
  // if the file does not say. RESOURCE_EXHAUSTED beyond kMaxHeldValues.
  absl::Status Add(std::size_t column, Month month, const Datum& datum, const FredPlace& place,
                   std::uint32_t until = kForEver);

  // Leaves out what is missing before the first and behind the last value of each column: in a table of
  // several columns there is nothing there.
  void DropEmptyEnds();
  // Gives everything, one release a vintage. Error: --set is wrong, a frequency cannot be told, the time of
  // publication is not known.
  absl::Status Give(const FeedOptions& options, FeedSink& sink);

 private:
  struct Value {
    Month month;
    std::uint32_t until;
    FredPlace place;
    Datum datum;
  };
  struct OneColumn {
    std::string series;
    std::optional<absl::CivilDay> vintage;
    std::vector<Value> values;
  };
  using MonthsOfSeries = absl::flat_hash_map<std::string, int>;
  absl::StatusOr<MonthsOfSeries> Frequencies(const FeedOptions& options) const;
  void AddWithdrawals();
  std::string PartOf(const FeedOptions& options) const;

  std::vector<OneColumn> columns_;
  absl::flat_hash_map<std::pair<std::string, std::int64_t>, std::size_t> index_;
  std::size_t held_ = 0;
};

}  // namespace tidewaiter::feeders
