// The figures of many series for one month, out of slices: the cost follows the answer, not the vintages.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/aggregate.h"
#include "domain/cell_form.h"
#include "domain/narrow_formula.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Adds up whole columns instead of reading series by series. What is simple is answered here, which is nearly
// everything in a cross-section of months: one value a month, all of one scale and step, no run of several
// months about the series anywhere. For every other series Find() has no answer, and Evaluate() must say.
//
//   slices of 2024-08 .. 2025-07 and 2023-08 .. 2024-07, one row a series   =>   T12M to 2025-07,
//   year-on-year
//
// Immutable once read; thread-safe.
class CrossSection {
 public:
  // Whether figures of this kind can be found so. The series must be additive.
  static bool Fits(const AggregateSpec& spec) { return NarrowFormula::Fits(spec); }
  // Reads what figures of the windows that end with `last` need of a whole dataset. Blocks. REQUIRES:
  // Fits(spec). Errors: the store's.
  static absl::StatusOr<CrossSection> Read(const storage::Store& store, const std::string& dataset,
                                           const Vintage& vintage, const AggregateSpec& spec, Month last);

  // What Evaluate() would give for the series alone; false: it must be asked.
  bool Find(storage::SeriesId series, AggregateValue* value) const;

 private:
  using Slices = std::vector<storage::PeriodSlice>;
  // The sums of one series, so far.
  struct Row {
    std::int64_t now = 0;
    std::int64_t then = 0;
    std::uint16_t now_months = 0;
    std::uint16_t then_months = 0;
    bool simple = true;
    bool several = false;      // releases
    std::uint32_t newest = 0;  // index into releases_, plus 1
    CellForm form;
  };
  struct Release {
    Sequence sequence = 0;
    Instant published_at;
  };

  CrossSection() = default;
  // False: the series are spread too thinly over their numbers.
  bool Spread(const Slices& slices);
  absl::Status OrderReleases(const storage::Store& store, const Slices& slices);
  void Add(const storage::PeriodSlice& slice);
  void AddTo(Row& row, std::int64_t coefficient, CellForm form, std::uint32_t release, bool now, bool then);
  const NarrowFormula* FormulaOf(CellForm form) const;

  AggregateSpec spec_;
  std::optional<Period> now_;
  std::optional<Period> then_;
  std::uint32_t first_series_ = 0;
  std::vector<Row> rows_;          // by number of the series, less the first
  std::vector<Release> releases_;  // in order of publication
  Sequence first_sequence_ = 0;
  std::vector<std::uint32_t> order_;  // by sequence, less the first: index into releases_, plus 1
  struct FormFormula {
    CellForm form;
    std::optional<NarrowFormula> formula;
  };
  std::vector<FormFormula> formulas_;  // one a form; few
};

}  // namespace tidewaiter::engine
