// Nanoseconds a figure, of one series of ten years, as the daemon computes it for each series of a
// cross-section: the algebra is built anew for every figure, or, where it says so, once for all.
#include <benchmark/benchmark.h>

#include <vector>

#include "domain/aggregate.h"

namespace tidewaiter {
namespace {

constexpr int kYears = 10;
constexpr int kSeries = 64;  // more than a core's first cache holds, less than its second
const Month kStart = Month::FromIndex(12 * 2016);

enum Shape { kMonthsOnly, kMonthsAndYearsToDate, kYearsToDateOnly, kCombinedJanuaryFebruary };

CellState CellOf(Month start, int months) {
  CellState cell;
  cell.period = Period::FromValid(start, months);
  const int first = start.index() * 37 % 1000;
  cell.datum = Datum::Value(Decimal::FromValidParts(absl::int128(months) * (20'000'000 + 1'000 * first), 2));
  cell.sequence = static_cast<Sequence>(start.index() - kStart.index() + months);
  return cell;
}

std::vector<CellState> CellsOf(Shape shape) {
  std::vector<CellState> cells;
  for (int i = 0; i < 12 * kYears; ++i) {
    const bool january = i % 12 == 0;
    const bool combined = shape == kCombinedJanuaryFebruary && i % 12 < 2;
    if (shape != kYearsToDateOnly && !combined) cells.push_back(CellOf(kStart + i, 1));
    if (!january || shape == kMonthsOnly) continue;
    for (int months = shape == kYearsToDateOnly ? 1 : 2; months <= 12; ++months) {
      cells.push_back(CellOf(kStart + i, months));
    }
  }
  return cells;
}

std::vector<std::vector<CellState>> AllSeries(Shape shape) {
  return std::vector<std::vector<CellState>>(kSeries, CellsOf(shape));
}

void Run(benchmark::State& state, const AggregateSpec& spec, bool keep_algebra) {
  const auto series = AllSeries(static_cast<Shape>(state.range(0)));
  const Month last = kStart + (12 * kYears - 3);  // October: through two years
  std::vector<IntervalAlgebra> kept;
  for (const auto& cells : series) kept.emplace_back(cells);
  AggregateInput input{{Member{}}, {}};
  std::size_t at = 0;
  for (auto _ : state) {
    at = (at + 1) % kSeries;
    if (keep_algebra) {
      input.above[0].cells = &kept[at];
      benchmark::DoNotOptimize(Evaluate(spec, input, last));
    } else {
      IntervalAlgebra algebra(series[at]);
      input.above[0].cells = &algebra;
      benchmark::DoNotOptimize(Evaluate(spec, input, last));
    }
  }
}

const AggregateSpec kGrowthOfTwelveMonths{.window = {.months = 12}, .transform = Transform::kGrowth};

void TwelveMonthGrowth(benchmark::State& state) { Run(state, kGrowthOfTwelveMonths, false); }
void TwelveMonthGrowthKept(benchmark::State& state) { Run(state, kGrowthOfTwelveMonths, true); }
void TwelveMonthLevel(benchmark::State& state) { Run(state, {.window = {.months = 12}}, false); }
void MonthGrowth(benchmark::State& state) { Run(state, {.transform = Transform::kGrowth}, false); }
void Annualised(benchmark::State& state) {
  Run(state, {.transform = Transform::kAnnualisedGrowth, .lag_months = 1}, false);
}

void Shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("shape")->DenseRange(kMonthsOnly, kCombinedJanuaryFebruary);
}
BENCHMARK(TwelveMonthGrowth)->Apply(Shapes);
BENCHMARK(TwelveMonthGrowthKept)->Apply(Shapes);
BENCHMARK(TwelveMonthLevel)->Apply(Shapes);
BENCHMARK(MonthGrowth)->Apply(Shapes);
BENCHMARK(Annualised)->Arg(kMonthsOnly);

// The sum of twenty thousand series, as a total of all partners and goods.
void GroupOfTwentyThousand(benchmark::State& state) {
  const auto cells = CellsOf(static_cast<Shape>(state.range(0)));
  std::vector<IntervalAlgebra> algebras;
  for (int i = 0; i < 20'000; ++i) algebras.emplace_back(cells);
  AggregateInput input;
  for (IntervalAlgebra& algebra : algebras) input.above.push_back({&algebra, 1, {}});
  const Month last = kStart + (12 * kYears - 3);
  for (auto _ : state) benchmark::DoNotOptimize(Evaluate(kGrowthOfTwelveMonths, input, last));
}
BENCHMARK(GroupOfTwentyThousand)->Arg(kMonthsOnly)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidewaiter
