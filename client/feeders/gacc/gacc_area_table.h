// GACC's list of countries and areas, as a table.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tidewaiter::feeders {

struct GaccArea {
  int number;                // GACC's own, of three digits
  std::string_view code;     // ours: see gacc_areas.h
  std::string_view english;  // names by which GACC's pages call it or have called it, parted by '|', the
  std::string_view chinese;  // common one first: misprints among them
};

struct GaccGroup {
  std::string_view code;
  std::string_view names;  // likewise, in both languages
};

inline constexpr std::size_t kGaccAreas = 243;
inline constexpr std::size_t kGaccGroups = 18;
extern const std::array<GaccArea, kGaccAreas> kGaccAreaTable;  // by number
extern const std::array<GaccGroup, kGaccGroups> kGaccGroupTable;

}  // namespace tidewaiter::feeders
