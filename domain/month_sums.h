// Sums of many series that state single months only, added up beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "domain/instant.h"
#include "domain/interval.h"
#include "domain/month.h"
#include "domain/period.h"
#include "domain/vintage.h"

namespace tidewaiter {

// Among months the value of a run is the sum of its months, and there is none if one of them is missing. So
// series that know the same months without a gap, a stretch, are one: their months are added up, and a run
// takes the sums of all stretches in which it lies.
//
//   stretch             of   2024-01  02    03    04
//   2024-01 .. 2024-04  2    7.1      8.0   6.5   7.7
//   2024-03 .. 2024-04  1                   1.0   1.1     2024-02/P2M = 14.5 of 2 members, 1 left out
//
// Filled by one thread, then only read.
class MonthSums {
 public:
  struct Release {
    Instant published_at;
    Sequence sequence = 0;
  };
  // A cell's part of a sum.
  struct Share {
    absl::int128 value = 0;  // at the scale of all sums, with the sign of the member
    absl::int128 step = 0;   // likewise, without a sign
    std::uint8_t scale = 0;  // as printed
    std::uint8_t step_scale = 0;
    std::uint32_t release = 0;  // index
  };
  // Digits that all values together may have, at the scale of the sums.
  static constexpr int kMostDigits = 36;

  // `releases`, in order of publication, must outlive the sums. Shares are at `scale`.
  MonthSums(const std::vector<Release>* releases, int scale) : releases_(releases), scale_(scale) {}

  // ---- Filling. REQUIRES: the values of all shares together have at most kMostDigits digits.

  // A series of which any month is known.
  void AddSeries() { ++series_; }
  // Its months without a gap, `end` excluded; the number of the stretch.
  std::uint32_t AddStretch(Month start, Month end);
  void Add(std::uint32_t stretch, Month month, const Share& share) {
    Stretch& into = stretches_[stretch];
    into.months[static_cast<std::size_t>(month - into.start)].Add(share);
  }

  // Adds the sums of other series, which have the same releases and scale.
  void Merge(const MonthSums& other);

  // ---- Reading.

  // What the series have for a run of months.
  struct Total {
    std::uint32_t members = 0;
    std::uint32_t left_out = 0;
    std::vector<Month> missing;  // that those left out lack, at most limits::kMaxMonthsAtFault
    absl::int128 value = 0;      // at `scale`, the largest of the operands
    int scale = 0;
    absl::int128 steps = 0;  // the sum of the operands' printed steps, at `step_scale`
    int step_scale = 0;
    Derivation derivation = Derivation::kPublished;
    bool across_releases = false;
    Release newest;  // of the operands
  };
  Total Of(Period run) const;

  std::size_t series() const { return series_; }
  std::size_t cells() const { return cells_; }  // held, that is months of stretches
  // The first and the last month of which anything is known. REQUIRES: series() > 0.
  Month first() const { return first_; }
  Month last() const { return last_; }

 private:
  // The sum of a month, and what its cells have in common.
  struct Cell {
    absl::int128 value = 0;
    absl::int128 steps = 0;
    std::uint32_t oldest = ~0u;
    std::uint32_t newest = 0;
    std::uint8_t scale = 0;
    std::uint8_t step_scale = 0;
    void Add(const Share& share) {
      value += share.value;
      steps += share.step;
      oldest = share.release < oldest ? share.release : oldest;
      newest = share.release > newest ? share.release : newest;
      scale = share.scale > scale ? share.scale : scale;
      step_scale = share.step_scale > step_scale ? share.step_scale : step_scale;
    }
    void Add(const Cell& other);
  };
  struct Stretch {
    Month start;
    std::uint32_t series = 0;
    std::vector<Cell> months;
    Month end() const { return start + static_cast<int>(months.size()); }
  };
  std::vector<Month> MissingIn(Period run) const;
  absl::int128 AtScale(absl::int128 sum, int scale) const;

  const std::vector<Release>* releases_;
  int scale_;
  std::uint32_t series_ = 0;
  std::size_t cells_ = 0;
  Month first_;
  Month last_;
  std::vector<Stretch> stretches_;
  absl::flat_hash_map<std::pair<std::int32_t, std::int32_t>, std::uint32_t> known_;  // by start and end
};

}  // namespace tidewaiter
