// Cells of series, as blocks of the wire.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/change.h"
#include "proto/convert/block.h"
#include "tidewaiter/v1/observation.pb.h"

namespace tidewaiter::rpc {

// Gathers the cells of series into blocks within limits. Not thread-safe.
class CellBlocks {
 public:
  CellBlocks(const convert::Lookup* lookup, bool omit_texts) : encoder_(lookup, omit_texts) {}
  // `cells` is not empty.
  absl::Status Add(std::string_view key, const std::vector<CellState>& cells);
  std::size_t cells() const { return finished_cells_ + encoder_.cells(); }
  std::size_t bytes() const { return finished_bytes_ + encoder_.bytes(); }
  // Moves the blocks out and starts anew.
  absl::StatusOr<std::vector<v1::ObservationBlock>> Finish();

 private:
  absl::Status Close();

  convert::BlockEncoder encoder_;
  std::vector<v1::ObservationBlock> blocks_;
  std::size_t finished_cells_ = 0;
  std::size_t finished_bytes_ = 0;
};

}  // namespace tidewaiter::rpc
