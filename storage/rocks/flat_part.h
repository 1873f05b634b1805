// A part of a release that is being put together: its cells in one run, not a vector a series, since there
// are as many series as cells in most releases.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/rocks/cell_codec.h"
#include "storage/store.h"

namespace tidewaiter::storage {

struct FlatPart {
  // What one section states about one series.
  struct Group {
    std::uint32_t section = 0;
    SeriesId series{};
    std::uint32_t cells = 0;
  };
  std::vector<Group> groups;
  std::vector<CodedCell> cells;  // those of one group after the other

  void Add(std::uint32_t section, SeriesId series, std::span<const CodedCell> more) {
    groups.push_back({section, series, static_cast<std::uint32_t>(more.size())});
    cells.insert(cells.end(), more.begin(), more.end());
  }
  // Keeps the memory.
  void Clear() {
    groups.clear();
    cells.clear();
  }
};

}  // namespace tidewaiter::storage
