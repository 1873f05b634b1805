#include "daemon/engine/mirror.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/interval.h"
#include "domain/limits.h"
#include "domain/measure.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

struct Side {
  std::vector<CellState> cells;
  std::string unit;
  bool additive = true;
  Vintage vintage;
};

bool IsAdditiveSeries(const DatasetDefinition& dataset, const SeriesKey& key) {
  for (std::size_t i = 0; i < dataset.dimensions.size() && i < key.dimensions(); ++i) {
    const Role role = dataset.dimensions[i].role;
    if ((role == Role::kMeasure || role == Role::kUnit) && !IsAdditive(key.code(i))) return false;
  }
  return true;
}

absl::StatusOr<Side> ReadSide(const Queries& queries, const MirrorSideInput& input,
                              const PeriodRange& periods) {
  const absl::StatusOr<SeriesKey> key = SeriesKey::Parse(input.key);
  if (!key.ok()) return InvalidField("key", absl::StrCat("names one series: ", key.status().message()));
  const ReadInput read{
      .dataset = input.dataset, .keys = {input.key}, .vintage = input.vintage, .periods = periods};
  TW_ASSIGN_OR_RETURN(SeriesReader reader, queries.Open(read));
  Side side;
  side.vintage = reader.vintage();
  side.unit = UnitOf(reader.dataset(), input.key);
  side.additive = IsAdditiveSeries(reader.dataset(), *key);
  TW_ASSIGN_OR_RETURN(const bool found, reader.Next());
  if (!found) return side;
  TW_ASSIGN_OR_RETURN(const std::vector<CellState>* const cells, reader.Cells());
  side.cells = *cells;
  return side;
}

// The field "keys[0]" of a read is "key" of a side.
absl::StatusOr<Side> ReadNamedSide(const Queries& queries, const MirrorSideInput& input,
                                   const PeriodRange& periods, std::string_view name) {
  absl::StatusOr<Side> side = ReadSide(queries, input, periods);
  if (!side.ok()) return PrefixFields(side.status(), name);
  return side;
}

void AddPublished(const Side& a, const Side& b, std::vector<MirrorPeriod>& periods) {
  std::map<Period, MirrorPeriod> by_period;
  for (const CellState& cell : a.cells) by_period[cell.period].a = cell.datum;
  for (const CellState& cell : b.cells) by_period[cell.period].b = cell.datum;
  for (auto& [period, row] : by_period) {
    row.period = period;
    periods.push_back(std::move(row));
  }
}

std::optional<Datum> DatumOf(const RunValue& run, std::string* how) {
  if (!run.value) {
    *how = std::string(UndefinedName(run.reason));
    return std::nullopt;
  }
  *how = std::string(DerivationName(run.derivation));
  return Datum::Value(run.value->value);
}

void AddRuns(const Side& a, const Side& b, const MirrorInput& input, std::vector<MirrorPeriod>& periods) {
  std::optional<Month> first;
  std::optional<Month> last;
  for (const Side* side : {&a, &b}) {
    for (const CellState& cell : side->cells) {
      first = first ? std::min(*first, cell.period.start()) : cell.period.start();
      last = last ? std::max(*last, cell.period.last()) : cell.period.last();
    }
  }
  if (!first) return;
  IntervalAlgebra runs_a(a.cells, a.additive);
  IntervalAlgebra runs_b(b.cells, b.additive);
  for (Month end = *first + (input.window_months - 1); end <= *last; end = end + 1) {
    const Period run = Period::FromValid(end - (input.window_months - 1), input.window_months);
    if (!input.periods.Contains(run)) continue;
    MirrorPeriod row;
    row.period = run;
    row.a = DatumOf(runs_a.Find(run), &row.how_a);
    row.b = DatumOf(runs_b.Find(run), &row.how_b);
    if (row.a || row.b) periods.push_back(std::move(row));
  }
}

}  // namespace

absl::StatusOr<Mirror> ReadMirror(const Queries& queries, const MirrorInput& input) {
  Violations violations;
  violations.Add("periods", input.periods.Validate());
  if (input.window_months < 0 || input.window_months > limits::kMaxWindowMonths) {
    violations.Add("window_months", absl::StrCat("is 0 to ", limits::kMaxWindowMonths));
  }
  if (input.decimals < 0 || input.decimals > limits::kMaxResultDecimals) {
    violations.Add("decimals", absl::StrCat("is 0 to ", limits::kMaxResultDecimals));
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  // Runs are computed from whatever is known; published periods are read as they are asked for.
  const PeriodRange read = input.window_months == 0 ? input.periods : PeriodRange();
  TW_ASSIGN_OR_RETURN(const Side a, ReadNamedSide(queries, input.a, read, "a"));
  TW_ASSIGN_OR_RETURN(const Side b, ReadNamedSide(queries, input.b, read, "b"));
  const absl::StatusOr<int> exponent = UnitExponent(a.unit, b.unit);
  if (!exponent.ok()) return InvalidField("b.key", std::string(exponent.status().message()));
  Mirror mirror{.periods = {},
                .unit_a = a.unit,
                .unit_b = b.unit,
                .exponent_b = *exponent,
                .vintage_a = a.vintage,
                .vintage_b = b.vintage};
  if (input.window_months == 0) {
    AddPublished(a, b, mirror.periods);
  } else {
    AddRuns(a, b, input, mirror.periods);
  }
  for (MirrorPeriod& row : mirror.periods) {
    row.gap = CompareMirror(row.a, row.b, mirror.exponent_b, input.decimals);
  }
  return mirror;
}

}  // namespace tidewaiter::engine
