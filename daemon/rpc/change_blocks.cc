#include "daemon/rpc/change_blocks.h"

#include <utility>

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::rpc {

absl::Status ChangeBlocks::Add(const engine::SeriesChanges& series, bool omit_confirmed) {
  return AddFrom(series, 0, omit_confirmed, Room()).status();
}

absl::StatusOr<std::size_t> ChangeBlocks::AddFrom(const engine::SeriesChanges& series, std::size_t begin,
                                                  bool omit_confirmed, const Room& room) {
  if (series.dataset != dataset_) {
    TW_RETURN_IF_ERROR(Close());
    dataset_ = series.dataset;
  }
  bool begun = false;
  for (std::size_t i = begin; i < series.cells.size(); ++i) {
    const engine::SeriesChanges::Cell& cell = series.cells[i];
    if (omit_confirmed && cell.change.change == ChangeClass::kConfirmed) {
      ++omitted_;
      continue;
    }
    if (cells() >= room.cells || bytes() >= room.bytes) return i;
    if (encoder_.cells() == limits::kMaxChunkObservations) {
      TW_RETURN_IF_ERROR(Close());
      begun = false;
    }
    if (!begun) encoder_.BeginSeries(series.key);
    begun = true;
    encoder_.Add(cell.state, cell.change, cell.before ? &*cell.before : nullptr);
  }
  return series.cells.size();
}

absl::Status ChangeBlocks::Close() {
  if (encoder_.cells() == 0) return absl::OkStatus();
  finished_cells_ += encoder_.cells();
  finished_bytes_ += encoder_.bytes();
  TW_ASSIGN_OR_RETURN(v1::ChangeBlock block, encoder_.Finish(dataset_));
  blocks_.push_back(std::move(block));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::ChangeBlock>> ChangeBlocks::Finish() {
  TW_RETURN_IF_ERROR(Close());
  finished_cells_ = 0;
  finished_bytes_ = 0;
  return std::exchange(blocks_, {});
}

}  // namespace tidewaiter::rpc
