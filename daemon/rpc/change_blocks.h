// Changes of the engine, as blocks of the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/engine/release_changes.h"
#include "proto/convert/block.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::rpc {

// Gathers changes, series by series, into blocks of one dataset each. Not thread-safe.
class ChangeBlocks {
 public:
  explicit ChangeBlocks(const convert::Lookup* lookup) : encoder_(lookup) {}
  // Leaves out CONFIRMED cells if told so; a series of which nothing is left is not mentioned.
  absl::Status Add(const engine::SeriesChanges& series, bool omit_confirmed);
  // What all blocks together hold at most.
  struct Room {
    std::size_t cells = std::numeric_limits<std::size_t>::max();
    std::size_t bytes = std::numeric_limits<std::size_t>::max();
  };
  // As Add(), from the cell of index `begin` on, as far as there is room; the index of the first cell that
  // was left for later, or that after the last.
  absl::StatusOr<std::size_t> AddFrom(const engine::SeriesChanges& series, std::size_t begin,
                                      bool omit_confirmed, const Room& room);
  // What follows begins a new block.
  absl::Status EndBlock() { return Close(); }
  // CONFIRMED cells left out, ever.
  std::uint64_t omitted() const { return omitted_; }
  std::size_t cells() const { return finished_cells_ + encoder_.cells(); }
  std::size_t bytes() const { return finished_bytes_ + encoder_.bytes(); }
  // Moves the blocks out and starts anew.
  absl::StatusOr<std::vector<v1::ChangeBlock>> Finish();

 private:
  absl::Status Close();

  convert::ChangeBlockEncoder encoder_;
  std::string dataset_;
  std::vector<v1::ChangeBlock> blocks_;
  std::size_t finished_cells_ = 0;
  std::size_t finished_bytes_ = 0;
  std::uint64_t omitted_ = 0;
};

}  // namespace tidewaiter::rpc
