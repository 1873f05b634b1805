#include "daemon/rpc/cell_blocks.h"

#include <utility>

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::rpc {

absl::Status CellBlocks::Add(std::string_view key, const std::vector<CellState>& cells) {
  if (encoder_.cells() + cells.size() > limits::kMaxChunkObservations) TW_RETURN_IF_ERROR(Close());
  encoder_.BeginSeries(key);
  for (const CellState& cell : cells) {
    if (encoder_.cells() == limits::kMaxChunkObservations) {
      TW_RETURN_IF_ERROR(Close());
      encoder_.BeginSeries(key);
    }
    encoder_.Add(cell);
  }
  return absl::OkStatus();
}

absl::Status CellBlocks::Close() {
  if (encoder_.cells() == 0) return absl::OkStatus();
  finished_cells_ += encoder_.cells();
  finished_bytes_ += encoder_.bytes();
  TW_ASSIGN_OR_RETURN(v1::ObservationBlock block, encoder_.Finish());
  blocks_.push_back(std::move(block));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::ObservationBlock>> CellBlocks::Finish() {
  TW_RETURN_IF_ERROR(Close());
  finished_cells_ = 0;
  finished_bytes_ = 0;
  return std::exchange(blocks_, {});
}

}  // namespace tidewaiter::rpc
