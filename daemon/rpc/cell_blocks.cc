#include "daemon/rpc/cell_blocks.h"

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::rpc {

absl::Status CellBlocks::Add(std::string_view key, const std::vector<CellState>& cells) {
  if (encoder_.cells() + cells.size() > limits::kMaxChunkObservations) TW_RETURN_IF_ERROR(Close());
  Begin(key);
  if (cells.size() <= limits::kMaxChunkObservations) encoder_.Reserve(cells.size());
  for (const CellState& cell : cells) {
    if (encoder_.cells() == limits::kMaxChunkObservations) {
      TW_RETURN_IF_ERROR(Close());
      Begin(key);
    }
    encoder_.Add(cell);
  }
  return absl::OkStatus();
}

void CellBlocks::Begin(std::string_view key) {
  if (encoder_.cells() == 0) encoder_.WriteTo(out_->Add());
  encoder_.BeginSeries(key);
}

absl::Status CellBlocks::Close() {
  if (encoder_.cells() == 0) return absl::OkStatus();
  finished_cells_ += encoder_.cells();
  finished_bytes_ += encoder_.bytes();
  return encoder_.Done();
}

absl::Status CellBlocks::Finish() {
  TW_RETURN_IF_ERROR(Close());
  finished_cells_ = 0;
  finished_bytes_ = 0;
  return absl::OkStatus();
}

}  // namespace tidewaiter::rpc
