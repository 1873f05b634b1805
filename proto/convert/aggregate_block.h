// Figures as columns: v1::AggregateBlock.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/aggregate_query.h"
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
  std::size_t figures() const { return count_; }
  // Of the message, about; rather more than less.
  std::size_t bytes() const { return bytes_ + 24 * count_; }
  // Moves the block out and starts a new one.
  v1::AggregateBlock Finish();

 private:
  void BeginSeries(const AggregateFigure& figure);
  void AddState(const AggregateValue& value);
  absl::Status AddOrigin(const AggregateFigure& figure);

  const Lookup& lookup_;
  v1::AggregateBlock message_;
  DatumColumnWriter values_{message_.mutable_values()};
  DatumColumnWriter bounds_{message_.mutable_bounds()};
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::int32_t previous_start_ = 0;
  absl::flat_hash_map<std::string, std::uint32_t> units_;
  absl::flat_hash_map<Sequence, std::uint32_t> releases_;
};

// The figures of a block, in order. Errors: columns that disagree in length, numbers out of range; fields
// named as in the message.
absl::StatusOr<std::vector<AggregateFigure>> DecodeAggregateBlock(const v1::AggregateBlock& message);

}  // namespace tidewaiter::convert
