// The changes of a part, encoded series by series, for messages that are put together from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/release_changes.h"
#include "daemon/rpc/series_bits.h"
#include "grpcpp/support/slice.h"
#include "proto/convert/lookup.h"

namespace tidewaiter::rpc {

// Each series' changes as they stand in a message: a ChangeBlock in field `changes` of a ReleasePart, one
// after the other, in blocks of memory that messages may share:
//
//   block 0                      block 1
//   [series 0][1][2] ... [117]   [series 118][119] ...
//
// Immutable; safe to share.
class Fragments {
 public:
  // Of every series of the part. A series of which nothing is left without its CONFIRMED cells has no bytes.
  static absl::StatusOr<Fragments> Encode(const engine::ChangesPart& part, const convert::Lookup& lookup,
                                          bool omit_confirmed);

  // Of the series of a run together.
  std::size_t BytesOf(const SeriesRun& run) const { return begins_[run.end] - begins_[run.begin]; }
  // The first series after `run.begin` before which the run has `bytes` or more; `run.end` if it has less.
  std::uint32_t EndWithin(const SeriesRun& run, std::size_t bytes) const;

  // Appends the runs, which are in order, to the slices of a message. What is shared is kept as long as the
  // message: some kMaxHeldPerByte bytes for each of its own at most.
  void Append(std::span<const SeriesRun> runs, std::vector<grpc::Slice>* slices) const;

  static constexpr std::size_t kMaxHeldPerByte = 4;

 private:
  struct Piece {  // of a block
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct Block {
    std::uint32_t first = 0;  // of its series
    grpc::Slice bytes;
  };

  void AppendPieces(const grpc::Slice& block, std::span<const Piece> pieces,
                    std::vector<grpc::Slice>* slices) const;

  std::vector<std::size_t> begins_;  // of each series, counted through all blocks; and the end
  std::vector<Block> blocks_;
};

}  // namespace tidewaiter::rpc
