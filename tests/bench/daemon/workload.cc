#include "tests/bench/daemon/workload.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tidewaiter::bench {
namespace {

constexpr double kTurn = 6.283185307179586;
constexpr std::uint32_t kLags = 12;
constexpr std::uint32_t kYear = 12;
constexpr std::uint32_t kReads = 20'000;
constexpr std::uint32_t kEarliestRead = 24;

double RevisionChance(std::uint32_t lag, bool annual) {
  const double chance = lag == 1 ? .30 : lag == 2 ? .15 : lag == 3 ? .08 : .03;
  return annual ? chance + .30 : chance;
}

std::string ReleaseFile(const std::string& folder, std::uint32_t release) {
  return absl::StrFormat("%s/rel_%03d.bin", folder, release);
}

Rows ReadRows(const std::string& path) {
  Rows rows(std::filesystem::file_size(path) / sizeof(Row));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(rows.data()), static_cast<std::streamsize>(rows.size() * sizeof(Row)));
  return rows;
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

Generator::Generator(std::uint32_t series, std::uint64_t seed)
    : random_(seed), held_(std::size_t{series} * kHeld) {
  courses_.reserve(series);
  for (std::uint32_t s = 0; s < series; ++s) {
    Course course;
    course.base = std::exp(9 + 2.2 * random_.Normal());
    course.trend = 0.003 * random_.Normal();
    course.amplitude = 0.3 * random_.Uniform();
    course.phase = kTurn * random_.Uniform();
    courses_.push_back(course);
  }
}

std::int64_t Generator::FirstPrint(const Course& course, std::uint32_t month) {
  const double season = 1 + course.amplitude * std::sin(kTurn * month / kYear + course.phase);
  const double noise = std::exp(0.12 * random_.Normal());
  return std::max<std::int64_t>(
      1, std::llround(100 * course.base * std::exp(course.trend * month) * season * noise));
}

// True if the release under way states the month; then `*value` is what it states.
bool Generator::State(std::uint32_t series, std::uint32_t month, std::uint32_t lag, std::int64_t* value) {
  std::int64_t& held = held_[std::size_t{series} * kHeld + month % kHeld];
  if (lag == 0) held = 0;
  if (held == 0) {
    if (lag == 0 && random_.Uniform() < 0.01) return false;  // late
    held = FirstPrint(courses_[series], month);
  } else {
    if (random_.Uniform() >= RevisionChance(lag, release_ % kYear == 0)) return false;
    std::int64_t next = std::llround(static_cast<double>(held) * (1 + 0.02 * random_.Normal()));
    if (next == held) ++next;
    held = std::max<std::int64_t>(1, next);
  }
  *value = held;
  return true;
}

Rows Generator::Next() {
  ++release_;
  Rows rows;
  const std::uint32_t newest = release_ - 1;
  for (std::uint32_t s = 0; s < courses_.size(); ++s) {
    for (std::uint32_t lag = std::min(kLags, newest) + 1; lag-- > 0;) {
      std::int64_t value = 0;
      if (State(s, newest - lag, lag, &value)) rows.push_back({s + 1, newest - lag, value});
    }
  }
  return rows;
}

WorkFolder LoadWork(const std::string& folder) {
  WorkFolder work;
  for (std::uint32_t r = 1; std::filesystem::exists(ReleaseFile(folder, r)); ++r) {
    work.releases.push_back(ReadRows(ReleaseFile(folder, r)));
    work.rows += work.releases.back().size();
    for (const Row& row : work.releases.back())
      work.series = std::max<std::uint32_t>(work.series, row.series);
  }
  std::ifstream reads(folder + "/q_asof.csv");
  for (std::string line; std::getline(reads, line);) {
    unsigned series = 0, release = 0;
    if (std::sscanf(line.c_str(), "%u,%u", &series, &release) == 2) work.reads.emplace_back(series, release);
  }
  if (work.releases.empty() || work.reads.empty()) {
    std::fprintf(stderr, "no workload in %s: it has no rel_001.bin or no q_asof.csv\n", folder.c_str());
    std::exit(1);
  }
  std::stringstream expected;
  expected << std::ifstream(folder + "/expected.json").rdbuf();
  work.expected = expected.str();
  return work;
}

void WriteWork(const std::string& folder, std::uint32_t series, std::uint32_t releases) {
  std::filesystem::create_directories(folder);
  Generator generator(series);
  for (std::uint32_t r = 1; r <= releases; ++r) {
    const Rows rows = generator.Next();
    std::ofstream file(ReleaseFile(folder, r), std::ios::binary);
    file.write(reinterpret_cast<const char*>(rows.data()),
               static_cast<std::streamsize>(rows.size() * sizeof(Row)));
  }
  Random random(series);
  std::ofstream reads(folder + "/q_asof.csv");
  for (std::uint32_t i = 0; i < kReads; ++i) {
    const std::uint32_t s = 1 + random.Below(series);
    reads << s << "," << kEarliestRead + random.Below(std::max(releases, kEarliestRead + 1) - kEarliestRead)
          << "\n";
  }
}

Model::Model(const WorkFolder& work) : begins_(work.series + 2) {
  for (const Rows& rows : work.releases) {
    for (const Row& row : rows) ++begins_[row.series + 1];
  }
  for (std::size_t s = 1; s < begins_.size(); ++s) begins_[s] += begins_[s - 1];
  entries_.resize(work.rows);
  std::vector<std::size_t> at = begins_;
  for (std::uint32_t r = 1; r <= work.releases.size(); ++r) {
    for (const Row& row : work.releases[r - 1]) {
      entries_[at[row.series]++] = {r, row.period, row.value};
      periods_ = std::max<std::uint32_t>(periods_, row.period + 1);
    }
  }
}

Sum Model::AsOf(std::uint32_t series, std::uint32_t release) const {
  std::vector<std::int64_t> values(periods_);  // values are positive: 0 is nothing
  for (std::size_t i = begins_[series]; i < begins_[series + 1] && entries_[i].release <= release; ++i) {
    values[entries_[i].period] = entries_[i].value;
  }
  Sum sum;
  for (const std::int64_t value : values) sum += {value != 0, static_cast<std::uint64_t>(value)};
  return sum;
}

Sum Model::AsOf(std::uint32_t release) const {
  Sum sum;
  for (std::uint32_t s = 1; s + 1 < begins_.size(); ++s) sum += AsOf(s, release);
  return sum;
}

Sum Model::AsOf(const ReadList& reads) const {
  Sum sum;
  for (const auto& [series, release] : reads) sum += AsOf(series, release);
  return sum;
}

bool MatchesExpected(const WorkFolder& work, const Sum& sum) {
  const std::string entry = absl::StrFormat("\"asof\":{\"n\":%d,\"sum\":\"%d\"}", sum.cells, sum.values);
  return work.expected.empty() || work.expected.find(entry) != std::string::npos;
}

std::string SeriesName(std::uint32_t series) {
  if (series > 999'999) return absl::StrFormat("HS%06d.X", series);
  std::string name = "HS000000.X";
  for (std::size_t at = 7; series != 0; series /= 10) name[at--] = static_cast<char>('0' + series % 10);
  return name;
}

std::int64_t PublishedSeconds(std::uint32_t release) {
  const absl::CivilDay day(absl::CivilMonth(2015, 1) + release);
  return absl::ToUnixSeconds(absl::FromCivil(day + 6, absl::UTCTimeZone()));
}

std::int64_t PublishedSeconds(std::uint32_t release, std::uint32_t releases) {
  constexpr std::uint32_t kMostMonthly = 130;
  constexpr std::int64_t kWeek = 7 * 24 * 3600;
  return releases <= kMostMonthly ? PublishedSeconds(release) : PublishedSeconds(0) + release * kWeek;
}

}  // namespace tidewaiter::bench
