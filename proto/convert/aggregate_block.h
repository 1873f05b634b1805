// Figures as columns: v1::AggregateBlock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/aggregate_query.h"
#include "domain/quick_figure.h"
#include "proto/convert/datum_column.h"
#include "proto/convert/lookup.h"
#include "tidewaiter/v1/aggregate.pb.h"

namespace tidewaiter::convert {

// Writes figures to a block; those of one series come one after the other. Terms and published rates have no
// columns. Not thread-safe. Does not own the lookup.
class AggregateBlockEncoder {
 public:
  explicit AggregateBlockEncoder(const Lookup* lookup) : lookup_(*lookup) {}
  AggregateBlockEncoder(const AggregateBlockEncoder&) = delete;
  absl::Status Add(const AggregateFigure& figure);
  // The same of a figure that is known to be plain, the first of its series; and of several.
  absl::Status Add(const QuickFigure& figure);
  absl::Status Add(const QuickColumns& figures);
  std::size_t figures() const { return count_; }
  // Of the message, about; rather more than less.
  std::size_t bytes() const { return series_.size() + bytes_ + 20 * count_; }
  // Appends the block to a message whose field `number` is a block, and starts a new one.
  void FinishField(int number, std::string* message);

 private:
  void AddSeries(std::string_view series, std::string_view unit);
  void BeginSeries(std::string_view series, std::string_view unit);
  void EndSeries();
  void AddPeriod(const Period& period);
  void AddState(const AggregateValue& value);
  void AddUndefined(const AggregateValue& value);
  void AddPlainState(Derivation derivation);
  void AddDerivation(Derivation derivation);
  absl::StatusOr<std::uint32_t> ReleaseIndex(Sequence sequence, Instant published_at);
  absl::Status AddOrigin(Sequence sequence, Instant published_at);
  std::uint32_t UnitIndex(std::string_view unit);

  // A release of the block, where its sequence says: most figures come from few.
  struct KnownRelease {
    Sequence sequence = 0;
    std::uint32_t index = 0;
  };
  static constexpr std::size_t kKnownReleases = 64;

  const Lookup& lookup_;
  v1::AggregateBlock message_;  // but for the list of series
  std::string series_;          // that list
  std::string last_series_;
  std::size_t series_count_ = 0;
  std::uint32_t series_figures_ = 0;  // of the last
  DatumColumnWriter values_{message_.mutable_values()};
  DatumColumnWriter bounds_{message_.mutable_bounds()};
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::int32_t previous_start_ = 0;
  absl::flat_hash_map<std::string, std::uint32_t> units_;
  std::uint32_t last_unit_ = 0;
  absl::flat_hash_map<Sequence, std::uint32_t> releases_;
  std::array<KnownRelease, kKnownReleases> known_releases_{};
};

// Gives the figures of a block, in order; the figure may be moved from. Ends with the first error that `take`
// returns. Errors: columns that disagree in length, numbers out of range; fields named as in the message.
absl::Status DecodeAggregateBlock(const v1::AggregateBlock& message,
                                  absl::FunctionRef<absl::Status(AggregateFigure& figure)> take);
// All of them.
absl::StatusOr<std::vector<AggregateFigure>> DecodeAggregateBlock(const v1::AggregateBlock& message);

}  // namespace tidewaiter::convert
