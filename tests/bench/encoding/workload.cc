#include "tests/bench/encoding/workload.h"

#include <cmath>
#include <optional>

namespace tidewaiter::bench {
namespace {

constexpr int kFirstMonth = 2015 * 12;
constexpr double kTurn = 6.283185307;

// What a series is about: its size, its trend, its season.
struct Course {
  double base, trend, amplitude, phase;
  double At(std::uint32_t month) const {
    return base * std::exp(trend * month) * (1 + amplitude * std::sin(kTurn * month / 12 + phase));
  }
};
Course DrawCourse(Random& random) {
  Course course;
  course.base = std::exp(9 + 2.2 * random.Normal());
  course.trend = 0.003 * random.Normal();
  course.amplitude = 0.3 * random.Uniform();
  course.phase = 6.28 * random.Uniform();
  return course;
}

double RevisionChance(std::uint32_t lag, bool annual) {
  const double chance = lag == 1 ? .30 : lag == 2 ? .15 : lag == 3 ? .08 : .03;
  return annual ? chance + .30 : chance;
}

}  // namespace

std::uint64_t Random::Bits() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}
double Random::Uniform() { return static_cast<double>(Bits() >> 11) * 0x1p-53; }
double Random::Normal() {
  const double radius = std::sqrt(-2 * std::log(Uniform() + 1e-300));
  return radius * std::cos(kTurn * Uniform());
}

std::uint64_t Workload::statements() const {
  std::uint64_t n = 0;
  for (const auto& release : releases) n += release.size();
  return n;
}

PeriodCode Workload::NewestMonth(std::uint32_t r, int months_back) {
  return CodeOf(kFirstMonth + static_cast<int>(r) - 1 - months_back, 1);
}

Workload Revisions(std::uint32_t series, std::uint32_t months, std::uint64_t seed) {
  Workload workload{.name = "revisions", .series = series, .releases = {}};
  Random random(seed);
  std::vector<Course> courses;
  for (std::uint32_t s = 0; s < series; ++s) courses.push_back(DrawCourse(random));
  constexpr std::int64_t kUnknown = -1;
  std::vector<std::vector<std::int64_t>> held(series, std::vector<std::int64_t>(months, kUnknown));
  for (std::uint32_t r = 1; r <= months; ++r) {
    std::vector<Statement>& release = workload.releases.emplace_back();
    for (std::uint32_t s = 0; s < series; ++s) {
      for (std::uint32_t lag = std::min(12u, r - 1) + 1; lag-- > 0;) {
        const std::uint32_t month = r - 1 - lag;
        std::int64_t& value = held[s][month];
        std::int64_t next;
        if (value == kUnknown) {
          if (lag == 0 && random.Uniform() < 0.01) continue;  // late
          next = std::llround(100 * courses[s].At(month) * std::exp(0.12 * random.Normal()));
        } else {
          if (lag == 0 || random.Uniform() >= RevisionChance(lag, r % 12 == 0)) continue;
          next = std::llround(static_cast<double>(value) * (1 + 0.02 * random.Normal()));
          if (next == value) ++next;
        }
        next = std::max<std::int64_t>(next, 1);
        if (next == value) continue;
        value = next;
        release.push_back({s + 1, CodeOf(kFirstMonth + static_cast<int>(month), 1), value, 2});
      }
    }
  }
  return workload;
}

namespace {

// Three decimals, printed without trailing zeros.
Statement Print(std::uint32_t series, PeriodCode period, std::int64_t thousandths) {
  Statement statement{series, period, thousandths, 3};
  while (statement.scale > 0 && statement.coefficient % 10 == 0) {
    statement.coefficient /= 10;
    --statement.scale;
  }
  return statement;
}

}  // namespace

Workload Snapshots(std::uint32_t series, std::uint32_t months, std::uint64_t seed) {
  Workload workload{.name = "snapshots", .series = series, .releases = {}};
  Random random(seed);
  std::vector<Course> courses;
  for (std::uint32_t s = 0; s < series; ++s) courses.push_back(DrawCourse(random));
  std::vector<std::vector<std::int64_t>> held(series);
  for (std::uint32_t r = 1; r <= months; ++r) {
    std::vector<Statement>& release = workload.releases.emplace_back();
    const std::uint32_t newest = r - 1, first = newest < 12 ? 0 : newest / 12 * 12 - 12;
    for (std::uint32_t s = 0; s < series; ++s) {
      held[s].push_back(std::llround(1000 * courses[s].At(newest) * std::exp(0.12 * random.Normal())));
      for (std::uint32_t month = first; month < newest; ++month) {
        if (random.Uniform() >= 0.003) continue;
        held[s][month] = std::llround(static_cast<double>(held[s][month]) * (1 + 0.02 * random.Normal()));
      }
      for (std::uint32_t month = first; month <= newest; ++month) {
        const int start = kFirstMonth + static_cast<int>(month);
        release.push_back(Print(s + 1, CodeOf(start, 1), held[s][month]));
        if (month % 12 != 0) continue;
        std::int64_t sum = held[s][month];
        for (std::uint32_t last = month + 1; last <= std::min(newest, month + 11); ++last) {
          sum += held[s][last];
          release.push_back(Print(s + 1, CodeOf(start, static_cast<int>(last - month) + 1), sum));
        }
      }
    }
  }
  return workload;
}

}  // namespace tidewaiter::bench
