// Cells of series, as blocks in the bytes of an answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daemon/rpc/cell_blocks.h"
#include "domain/change.h"
#include "proto/convert/lookup.h"
#include "proto/convert/plain_block.h"

namespace tidewaiter::rpc {

// Writes the cells of series to blocks within limits, each a field of the answer as it stands on the wire:
// plain cells at once, anything else by way of messages. Not thread-safe.
class CellFields {
 public:
  CellFields(const convert::Lookup* lookup, bool omit_texts, int field_number)
      : field_number_(field_number),
        plain_(lookup, omit_texts),
        general_(lookup, omit_texts, &general_blocks_) {}
  // `cells` is not empty.
  absl::Status Add(std::string_view key, const std::vector<CellState>& cells);
  // Since the last Finish().
  std::size_t cells() const { return finished_cells_ + plain_.cells() + general_.cells(); }
  std::size_t bytes() const { return finished_bytes_ + plain_.bytes() + general_.bytes(); }
  // Ends the last block; `fields` gets all that were made since the last time, in order.
  absl::Status Finish(std::vector<std::string>* fields);

 private:
  absl::Status ClosePlain();

  const int field_number_;
  convert::PlainBlockEncoder plain_;
  CellBlocks::Out general_blocks_;
  CellBlocks general_;  // once begun, takes all that comes until Finish()
  std::vector<std::string> fields_;
  std::size_t finished_cells_ = 0;
  std::size_t finished_bytes_ = 0;
};

}  // namespace tidewaiter::rpc
