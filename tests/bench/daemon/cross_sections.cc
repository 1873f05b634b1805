#include "tests/bench/daemon/cross_sections.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/rocks/rocks_store.h"
#include "storage/slices_by_series.h"
#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/workload.h"

namespace tidewaiter::bench {
namespace {

using storage::PeriodSlice;
using Slices = std::vector<PeriodSlice>;

Period PeriodAt(std::uint32_t month) {
  return Period::FromValid(Month() + (kFirstPeriod + static_cast<int>(month)), 1);
}

// One question: these months (since the first), as of a release.
struct Question {
  std::string name;
  std::vector<std::uint32_t> months;  // ascending
  std::uint32_t release = 0;
};

struct Asked {
  PeriodRange range;
  Vintage vintage;
  std::set<Period> periods;
};

Asked Ask(const Question& question, const storage::Store& store) {
  Asked asked;
  asked.range.from = PeriodAt(question.months.front()).start();
  asked.range.to = PeriodAt(question.months.back()).start();
  asked.vintage = {Instant::FromMicros(PublishedSeconds(question.release) * 1'000'000), store.head()};
  for (const std::uint32_t month : question.months) asked.periods.insert(PeriodAt(month));
  return asked;
}

void Read(const storage::Store& store, const Asked& asked, Slices* slices) {
  const auto wanted = [&asked](const Period& period) { return asked.periods.contains(period); };
  const absl::Status status = store.ReadSlices(kDataset, asked.range, asked.vintage, wanted, slices);
  Check(status.ok(), status.ToString());
}

Sum SumOf(const Slices& slices) {
  Sum sum;
  for (const PeriodSlice& slice : slices) {
    for (const std::int64_t c : slice.coefficients) sum += {1, static_cast<std::uint64_t>(c)};
  }
  return sum;
}

// By definition: of each cell the last statement up to the release.
Sum ExpectedOf(const WorkFolder& work, const Question& question) {
  std::vector<std::vector<Row>> last(question.months.size(), std::vector<Row>(work.series + 1));
  for (std::uint32_t r = 0; r < question.release; ++r) {
    for (const Row& row : work.releases[r]) {
      const auto at = std::lower_bound(question.months.begin(), question.months.end(), row.period);
      if (at != question.months.end() && *at == row.period) {
        last[static_cast<std::size_t>(at - question.months.begin())][row.series] = row;
      }
    }
  }
  Sum sum;
  for (const std::vector<Row>& rows : last) {
    for (const Row& row : rows) {
      if (row.series != 0) sum += {1, static_cast<std::uint64_t>(row.value)};
    }
  }
  return sum;
}

// The ceiling: the sums of every series over all periods, from what is decoded already.
std::int64_t Pass(const Slices& slices, std::vector<std::int64_t>* sums) {
  std::fill(sums->begin(), sums->end(), 0);
  for (const PeriodSlice& slice : slices) {
    for (std::size_t i = 0; i < slice.size(); ++i) {
      (*sums)[static_cast<std::size_t>(slice.series[i])] += slice.coefficients[i];
    }
  }
  return sums->front();
}

// The median of single runs, in milliseconds.
template <typename Run>
double Milliseconds(double seconds, Run run) {
  std::vector<double> taken;
  for (const Stopwatch watch; taken.size() < 5 || watch.seconds() < seconds;) {
    const Stopwatch one;
    run();
    taken.push_back(one.seconds() * 1e3);
  }
  return Percentile(&taken, 0.5);
}

void Measure(const storage::Store& store, const WorkFolder& work, const Question& question, double seconds) {
  const Asked asked = Ask(question, store);
  Slices slices;
  const Stopwatch first;
  Read(store, asked, &slices);
  const double first_ms = first.seconds() * 1e3;  // nothing is decoded or in the cache of blocks yet
  const bool right = SumOf(slices) == ExpectedOf(work, question);
  const double ours = Milliseconds(seconds, [&] { Read(store, asked, &slices); });
  std::vector<std::int64_t> sums(std::size_t{work.series} + 1);
  const double pass = Milliseconds(seconds / 4, [&] { Pass(slices, &sums); });
  const Stopwatch watch;
  Slices by_series;
  const auto wanted = [&asked](const Period& period) { return asked.periods.contains(period); };
  const absl::Status status =
      storage::ReadSlicesBySeries(store, store, kDataset, asked.range, asked.vintage, wanted, &by_series);
  Check(status.ok(), status.ToString());
  Line("cross", question.name)
      .Set("ours", ours)
      .Set("ceiling", pass)
      .Set("first", first_ms)
      .Set("series_by_series", watch.seconds() * 1e3)
      .Set("cells", static_cast<double>(SumOf(slices).cells))
      .SetBool("checksum", right && SumOf(by_series) == SumOf(slices));
}

}  // namespace

void CrossSections(const std::string& directory, const std::string& folder, double seconds) {
  const WorkFolder work = LoadWork(folder);
  const auto release = static_cast<std::uint32_t>(work.releases.size() * 3 / 4);
  const std::uint32_t newest = release - 1;  // release r prints month r - 1
  Question two_years{"24 periods", {}, release};
  for (std::uint32_t lag = 24; lag-- > 0;) two_years.months.push_back(newest - lag);
  for (const Question& question : {Question{"1 period", {newest}, release},
                                   Question{"2 periods", {newest - 12, newest}, release}, two_years}) {
    storage::RocksOptions options;
    options.directory = directory;
    auto store = storage::OpenRocksStore(options);
    Check(store.ok(), store.status().ToString());
    Measure(**store, work, question, seconds);
  }
}

}  // namespace tidewaiter::bench
