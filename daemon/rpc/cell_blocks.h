// Cells of series, as blocks of the wire.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "domain/change.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "proto/convert/block.h"
#include "tidewaiter/v1/observation.pb.h"

namespace tidewaiter::rpc {

// Writes the cells of series to blocks within limits. Not thread-safe; does not own `out`.
class CellBlocks {
 public:
  using Out = google::protobuf::RepeatedPtrField<v1::ObservationBlock>;
  CellBlocks(const convert::Lookup* lookup, bool omit_texts, Out* out)
      : encoder_(lookup, omit_texts), out_(out) {}
  // `cells` is not empty.
  absl::Status Add(std::string_view key, const std::vector<CellState>& cells);
  // Since the last Finish().
  std::size_t cells() const { return finished_cells_ + encoder_.cells(); }
  std::size_t bytes() const { return finished_bytes_ + encoder_.bytes(); }
  // Ends the last block.
  absl::Status Finish();

 private:
  void Begin(std::string_view key);
  absl::Status Close();

  convert::BlockEncoder encoder_;
  Out* const out_;
  std::size_t finished_cells_ = 0;
  std::size_t finished_bytes_ = 0;
};

}  // namespace tidewaiter::rpc
