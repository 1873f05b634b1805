// The bytes of one part of a release: what the log keeps of its observations.
//
//   chunk  := byte 0 series*                  series by series
//           | byte 1 part                     period by period, as in period_chunk.h
//   series := varint(zigzag(id - id of the series before) * 2 + n) [varint(section)] cells
//
// n is 1, and the section follows, on the first series and wherever the section changes; cells are as in
// cell_codec.h. A chunk is kept by period if its periods are few and full. Another form of chunk needs
// changes in this file only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/rocks/flat_part.h"
#include "storage/rocks/period_index.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// Builds chunks one after the other. Not thread-safe.
class ChunkBuilder {
 public:
  // `encoded_cells` is what EncodeCells made of `cells`.
  void Add(std::uint32_t section, SeriesId series, std::string_view encoded_cells,
           std::span<const CodedCell> cells);
  // Bytes of the chunk so far, series by series.
  std::size_t size() const { return bytes_.size(); }
  std::size_t cells() const { return part_.cells.size(); }
  bool empty() const { return bytes_.empty(); }
  // Takes the chunk and begins the next. It may be smaller than size() was. `*periods`: what it states.
  std::string Take(std::vector<StatedPeriod>* periods);
  std::string Take() {
    std::vector<StatedPeriod> periods;
    return Take(&periods);
  }

 private:
  std::string bytes_;
  FlatPart part_;
  std::uint32_t section_ = 0;
  std::uint32_t series_ = 0;
};

// Error: kCorruption.
absl::StatusOr<ReleasePart> DecodeChunk(std::string_view chunk);

// The part in a chunk that is kept period by period (period_chunk.h); nothing if it is kept otherwise.
std::optional<std::string_view> PartByPeriod(std::string_view chunk);

}  // namespace tidewaiter::storage
