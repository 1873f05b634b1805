// The changes of a part as columns of wire bytes, for messages that are cut out of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/release_changes.h"
#include "daemon/rpc/series_bits.h"
#include "proto/convert/lookup.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::rpc {

// The change blocks of all series of a part, each column as it stands in a message, with the place where each
// series begins in it:
//
//   series         R0.A  R0.B  R1.A  R1.B
//   cell_counts    1     2     1     1
//   coefficients   15    7 8   150   9
//
// A block of some of the series is made of pieces of every column; what stands in a block once, as the texts
// and releases that its cells point to, comes along whole. So a thousand subscribers who each follow
// something else get small messages that cost little more than copying them. Immutable; safe to share.
class ChangeColumns {
 public:
  // Of a series nothing is left, and it is not mentioned, if it has CONFIRMED cells only and those are
  // omitted.
  static absl::StatusOr<ChangeColumns> Encode(const engine::ChangesPart& part, const convert::Lookup& lookup,
                                              bool omit_confirmed);

  // Of the series of a run together, about: a message of several runs has no more than eight times as many.
  std::size_t BytesOf(const SeriesRun& run) const { return totals_[run.end] - totals_[run.begin]; }
  // The first series after `run.begin` before which the run has `bytes` or more; `run.end` if it has less.
  std::uint32_t EndWithin(const SeriesRun& run, std::size_t bytes) const;

 private:
  friend class ColumnCut;
  // Where the periods of a series begin, months since 1970-01: each start is told as the difference from the
  // one before, which in a piece may be another.
  struct Starts {
    std::int32_t first = 0;
    std::int32_t last = 0;
    std::uint32_t rest = 0;  // where the bytes behind its first difference begin
  };
  struct Column {
    std::uint32_t field = 0;
    bool tagged = false;   // every element has a tag of its own: nothing is packed
    bool uniform = false;  // every byte of it is the same
    std::string bytes;
    std::vector<std::uint32_t> begins;  // of each series of the block; and the end
    std::vector<Starts> starts;         // of the column of starts only, one a series
  };
  // A message within the block, or the block.
  struct Group {
    std::uint32_t field = 0;
    std::string whole;  // what comes along
    std::vector<Column> columns;
    std::vector<Group> groups;
  };
  struct Block {
    std::uint32_t first = 0;  // of its series; one that is too long for a block is in the next as well
    std::uint32_t end = 0;
    Group changes;
  };

  static Block MakeBlock(const v1::ChangeBlock& message, std::uint32_t first,
                         std::span<const std::uint32_t> cells);
  static std::size_t WholeBytesOf(const Group& group);
  void AddTotals(const Group& group, std::uint32_t first);

  std::vector<Block> blocks_;
  // Bytes of all columns before each series, and the end. What comes along is counted for every series that
  // it comes along with, unless it is little: so no message gets far too large.
  std::vector<std::size_t> totals_;
};

// Some series of columns that outlive it: field `changes` of a ReleasePart, once a block. Not thread-safe.
class ColumnCut {
 public:
  // Runs are in order and do not touch.
  ColumnCut(const ChangeColumns& columns, std::span<const SeriesRun> runs);
  std::size_t bytes() const { return bytes_; }
  // Writes so many; their end.
  std::uint8_t* WriteTo(std::uint8_t* at) const;

 private:
  using Column = ChangeColumns::Column;
  using Group = ChangeColumns::Group;
  struct Piece {
    const ChangeColumns::Block* block;
    std::size_t begin, end;  // of its runs
    std::size_t sizes;       // where those of its group begin
  };

  std::size_t Measure(const Group& group, std::span<const SeriesRun> runs);
  std::uint8_t* Write(const Group& group, std::span<const SeriesRun> runs, std::size_t* size,
                      std::uint8_t* at) const;

  std::vector<Piece> pieces_;
  std::vector<SeriesRun> runs_;     // within their blocks
  std::vector<std::size_t> sizes_;  // of each group and its columns, then of its groups
  std::size_t bytes_ = 0;
};

}  // namespace tidewaiter::rpc
