// Changes of the engine, as blocks of the wire.
#pragma once

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
};

}  // namespace tidewaiter::rpc
