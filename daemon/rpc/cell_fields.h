// Cells of series, as blocks in the bytes of an answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/rpc/cell_blocks.h"
#include "domain/change.h"
#include "domain/plain_cells.h"
#include "proto/convert/lookup.h"
#include "proto/convert/plain_block.h"

namespace tidewaiter::rpc {

// Writes the cells of series to blocks within limits, each a field of the answer as it stands on the wire:
// plain cells at once, anything else by way of messages. Not thread-safe.
class CellFields {
 public:
  CellFields(const convert::Lookup* lookup, bool omit_texts, int field_number)
      : lookup_(lookup), field_number_(field_number), omit_texts_(omit_texts), plain_(lookup) {}
  // `cells` is not empty.
  absl::Status Add(std::string_view key, const std::vector<CellState>& cells);
  absl::Status Add(std::string_view key, const PlainCells& cells);  // which is not empty either
  // Since the last Finish().
  std::size_t cells() const { return finished_cells_ + plain_.cells() + (general_ ? general_->cells() : 0); }
  std::size_t bytes() const { return finished_bytes_ + plain_.bytes() + (general_ ? general_->bytes() : 0); }
  // Ends the last block; `fields` gets all that were made since the last time, in order.
  absl::Status Finish(std::vector<std::string>* fields);

 private:
  absl::StatusOr<bool> AddPlain(std::string_view key, const PlainCells& cells);
  absl::Status AddGeneral(std::string_view key, const std::vector<CellState>& cells);
  absl::Status ClosePlain();

  const convert::Lookup* const lookup_;
  const int field_number_;
  const bool omit_texts_;
  convert::PlainBlockEncoder plain_;
  CellBlocks::Out general_blocks_;
  std::optional<CellBlocks> general_;  // once there is one, it takes all that comes until Finish()
  PlainCells columns_;                 // of cells that came one by one
  std::vector<std::string> fields_;
  std::size_t finished_cells_ = 0;
  std::size_t finished_bytes_ = 0;
};

}  // namespace tidewaiter::rpc
