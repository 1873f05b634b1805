// A part of a release period by period: smaller than series by series, because a month that nearly every
// series states needs no word about which ones, and a reader of one period can pass over the others. Grammar:
// period_chunk_format.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/rocks/coding.h"
#include "storage/rocks/flat_part.h"
#include "storage/rocks/period_index.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// The cells of a part by period. The part must outlive it and stay as it is.
class PartByPeriods {
 public:
  explicit PartByPeriods(const FlatPart& part);

  // True if arranging by period pays: enough cells in each period to carry its head.
  bool pays() const;
  // The periods, ascending, and which sections state them.
  const std::vector<StatedPeriod>& periods() const { return periods_; }
  // Appends the encoding. REQUIRES: no group is without cells, periods strictly ascend within each.
  void Encode(std::string* out) const;

  struct Located {
    std::uint32_t group;
    std::uint32_t cell;
  };

 private:
  void Arrange(const std::vector<std::uint32_t>& number_of_cell, const std::vector<std::uint32_t>& cells_of);
  std::span<const Located> SliceOf(std::size_t period) const {
    return std::span(located_).subspan(begins_[period], begins_[period + 1] - begins_[period]);
  }

  const FlatPart& part_;
  std::vector<StatedPeriod> periods_;
  std::vector<std::uint32_t> begins_;  // of each period in located_, and the end
  std::vector<Located> located_;       // by period, then group
};

// The same at once.
void EncodeByPeriod(const ReleasePart& part, std::string* out);

// Reads what EncodeByPeriod wrote, to the end of the input: the same part in the same order. The reader fails
// if the bytes are anything else. Never reads beyond the input, and needs memory in proportion to it,
// whatever the bytes.
ReleasePart DecodeByPeriod(ByteReader* reader);

}  // namespace tidewaiter::storage
