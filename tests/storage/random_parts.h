// Parts of releases for the tests of their encodings.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace tidewaiter::storage {

inline SeriesStatements::Cell Value(int year, int month, int months, absl::int128 coefficient, int scale) {
  SeriesStatements::Cell cell;
  cell.period = Period::FromValid(Month::FromIndex(year * 12 + month - 1), months);
  cell.datum = Datum::Value(Decimal::FromValidParts(coefficient, scale));
  return cell;
}

inline bool Same(const SeriesStatements::Cell& a, const SeriesStatements::Cell& b) {
  return a.period == b.period && a.datum == b.datum && a.attributes == b.attributes && a.source == b.source &&
         a.note == b.note;
}
inline bool Same(const ReleasePart& a, const ReleasePart& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const SeriesStatements& x, const SeriesStatements& y) {
                      return x.section == y.section && x.series == y.series &&
                             std::equal(x.cells.begin(), x.cells.end(), y.cells.begin(), y.cells.end(),
                                        [](const auto& c, const auto& d) { return Same(c, d); });
                    });
}

// Random parts; `seed` decides which features there are.
class RandomParts {
 public:
  using Cell = SeriesStatements::Cell;
  explicit RandomParts(std::uint64_t seed) : random_(seed) {}

  ReleasePart Next() {
    general_ = Chance(2);
    signed_ = Chance(2);
    digits_ = Chance(8) ? Below(28) : Below(10);
    ReleasePart part;
    std::uint32_t section = 0;
    for (int groups = 1 + Below(Chance(10) ? 300 : 12); groups > 0; --groups) {
      if (Chance(10)) section += 1 + static_cast<std::uint32_t>(Below(3));
      const auto id = static_cast<std::uint32_t>(Chance(5) ? random_() >> 33 : 1 + part.size());
      part.push_back({section, SeriesId{std::max(id, 1u)}, Cells()});
    }
    return part;
  }
  int Below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  bool Chance(int one_in) { return Below(one_in) == 0; }

 private:
  std::vector<Cell> Cells() {
    std::set<Period> periods;
    for (int n = 1 + Below(Chance(5) ? 60 : 4); n > 0; --n) {
      const int start = Chance(50) ? 1600 * 12 + Below(1300 * 12) : 2020 * 12 + Below(20);
      periods.insert(
          Period::FromValid(Month::FromIndex(start), Chance(3) ? 1 + Below(Chance(20) ? 1200 : 12) : 1));
    }
    std::vector<Cell> cells;
    for (const Period& period : periods) cells.push_back(NextCell(period));
    return cells;
  }
  Cell NextCell(const Period& period) {
    Cell cell;
    cell.period = period;
    const int scale = general_ || Chance(100) ? Below(19) : 2;
    absl::int128 coefficient = 0;
    for (int i = 0; i < digits_; ++i) coefficient = coefficient * 10 + Below(10);
    if (signed_ && Chance(2)) coefficient = -coefficient;
    const int coarser = general_ && Chance(20) ? Below(std::min(19 + scale, 27)) : 0;
    coefficient -= coefficient % PowerOfTen(coarser);
    cell.datum = Datum::ValueUnchecked(Decimal::FromValidParts(coefficient, scale), coarser - scale);
    if (!general_) return cell;
    if (Chance(9)) cell.datum = Datum::Absent(static_cast<Absence>(1 + Below(5)));
    constexpr std::string_view kStatuses = "ABDEFGHIJKLMNOPQSUVWXYZ", kConfs = "ABCDEFGIMNOPQRSTU";
    if (Chance(40)) cell.attributes.status = kStatuses[static_cast<std::size_t>(Below(23))];
    if (Chance(40)) cell.attributes.conf = kConfs[static_cast<std::size_t>(Below(17))];
    if (Chance(40)) cell.source = static_cast<TextId>(random_() >> (32 + Below(32)));
    if (Chance(40)) cell.note = static_cast<TextId>(Below(1000));
    return cell;
  }

  std::mt19937_64 random_;
  bool general_ = false, signed_ = false;
  int digits_ = 0;
};

}  // namespace tidewaiter::storage
