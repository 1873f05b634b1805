// The workload of the daemon's benchmarks: monthly releases that print the newest month of every series and
// revise some of the twelve before it. Either generated from a fixed seed, or read from a folder of files in
// the format of the shared generator, so that other systems can be given the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidewaiter::bench {

// One statement, as it lies in rel_NNN.bin: little-endian, scale 2.
struct Row {
  std::uint32_t series = 0;  // from 1
  std::uint32_t period = 0;  // months since the first
  std::int64_t value = 0;    // hundredths
};
using Rows = std::vector<Row>;  // by series, then period

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

// Makes releases one after the other, holding thirteen months of every series only. Release r first-prints
// month r - 1, one series in a hundred a month late; it revises lag 1 with 30 %, lag 2 with 15 %, lag 3 with
// 8 %, lags 4 to 12 with 3 %, and every twelfth release each of them with 30 points more. Values are
// log-normal over series, with trend, season and 12 % noise; revisions are of 2 %.
class Generator {
 public:
  explicit Generator(std::uint32_t series, std::uint64_t seed = 2015);
  Rows Next();

 private:
  static constexpr std::uint32_t kHeld = 13;
  struct Course {
    double base, trend, amplitude, phase;
  };
  std::int64_t FirstPrint(const Course& course, std::uint32_t month);
  bool State(std::uint32_t series, std::uint32_t month, std::uint32_t lag, std::int64_t* value);

  Random random_;
  std::vector<Course> courses_;
  std::vector<std::int64_t> held_;  // [series][month % kHeld]; 0 where nothing is known
  std::uint32_t release_ = 0;
};

// As-of reads to make: a series, and the release as of which it is read.
using ReadList = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// A folder with rel_001.bin ..., q_asof.csv and perhaps expected.json.
struct WorkFolder {
  std::vector<Rows> releases;  // [0] is release 1
  ReadList reads;
  std::string expected;  // text of expected.json, or empty
  std::uint32_t series = 0;
  std::uint64_t rows = 0;
};
// Exits with a message if there is no such folder.
WorkFolder LoadWork(const std::string& folder);
// Writes a folder that LoadWork() reads.
void WriteWork(const std::string& folder, std::uint32_t series, std::uint32_t releases);

// What an answer should be: how many cells, and the wrapping sum of their values.
struct Sum {
  std::uint64_t cells = 0;
  std::uint64_t values = 0;
  void operator+=(const Sum& other) {
    cells += other.cells;
    values += other.values;
  }
  friend bool operator==(const Sum&, const Sum&) = default;
};

// Answers as-of reads from the releases themselves, by definition.
class Model {
 public:
  explicit Model(const WorkFolder& work);
  Sum AsOf(std::uint32_t series, std::uint32_t release) const;
  Sum AsOf(std::uint32_t release) const;  // all series
  Sum AsOf(const ReadList& reads) const;

 private:
  struct Entry {
    std::uint32_t release, period;
    std::int64_t value;
  };
  std::uint32_t periods_ = 0;
  std::vector<std::size_t> begins_;  // of each series in entries_
  std::vector<Entry> entries_;       // by series, then release
};

// Whether expected.json has this under "asof"; true if there is no such file.
bool MatchesExpected(const WorkFolder& work, const Sum& sum);

// How the workload is named in the daemon.
inline constexpr std::string_view kDataset = "BENCH";
std::string SeriesName(std::uint32_t series);  // sorts as the number does
// Seconds since 1970 at which release `release` (from 1) is published.
std::int64_t PublishedSeconds(std::uint32_t release);
// The same in a store of so many releases: where there are too many for the months up to now, one comes each
// week.
std::int64_t PublishedSeconds(std::uint32_t release, std::uint32_t releases);
inline constexpr int kFirstPeriod = (2015 - 1970) * 12;  // months since 1970-01

}  // namespace tidewaiter::bench
