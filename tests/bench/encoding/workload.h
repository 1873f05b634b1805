// The two workloads of the encoding study, generated from a fixed seed: the same numbers on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tidewaiter::bench {

// A period as one number that sorts as Period does: start month index << 11 | months.
using PeriodCode = std::uint32_t;
constexpr PeriodCode CodeOf(int start, int months) {
  return static_cast<PeriodCode>(start) << 11 | static_cast<PeriodCode>(months);
}
constexpr int StartOf(PeriodCode code) { return static_cast<int>(code >> 11); }
constexpr int MonthsOf(PeriodCode code) { return static_cast<int>(code & 2047); }

struct Statement {
  std::uint32_t series;  // from 1
  PeriodCode period;
  std::int64_t coefficient;
  std::uint32_t scale;
};

struct Workload {
  std::string name;
  std::uint32_t series = 0;
  std::vector<std::vector<Statement>> releases;  // [0] is release 1; each sorted by (series, period)

  std::uint64_t statements() const;
  // The month that release `r` (from 1) prints for the first time.
  static PeriodCode NewestMonth(std::uint32_t r, int months_back = 0);
};

// Monthly releases that first-print the newest month of every series and revise some of the twelve before it:
// lag 1 30 %, lag 2 15 %, lag 3 8 %, lags 4 to 12 3 %, every twelfth release 30 points more; 1 % come a month
// late. Values are log-normal over series, with trend, season and 12 % noise, revisions are of 2 %; scale 2.
Workload Revisions(std::uint32_t series = 20'000, std::uint32_t months = 120, std::uint64_t seed = 2015);

// Releases that state this year and the last whole, each month and each cumulated figure; 0.3 % of the months
// change in a release, with the cumulated figures after them, everything else is confirmed. Numbers of up to
// three decimals are printed without trailing zeros, so that scales are mixed.
Workload Snapshots(std::uint32_t series = 2'000, std::uint32_t months = 60, std::uint64_t seed = 2015);

// splitmix64, uniform and normal; not <random>, whose distributions differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Bits();
  std::uint32_t Below(std::uint32_t n) { return static_cast<std::uint32_t>(Bits() % n); }
  double Uniform();
  double Normal();

 private:
  std::uint64_t state_;
};

}  // namespace tidewaiter::bench
