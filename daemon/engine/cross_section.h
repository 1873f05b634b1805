// The figures of many series for one month, out of slices: the cost follows the answer, not the vintages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/release_order.h"
#include "domain/aggregate.h"
#include "domain/cell_form.h"
#include "domain/narrow_formula.h"
#include "domain/narrow_share.h"
#include "domain/quick_figure.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// A figure, not yet in words.
struct SectionFigure {
  NarrowFigure figure;
  const NarrowFormula* formula = nullptr;  // nullptr: a month is missing; Describe() finds out which
  storage::SeriesId series{};
  Derivation derivation = Derivation::kPublished;
  bool across_releases = false;
  Instant published_at;
  Sequence sequence = 0;

  bool defined() const { return formula != nullptr && figure.defined; }
  // Its numbers and where they come from. REQUIRES: defined().
  void Fill(QuickFigure* quick) const {
    quick->coefficient = figure.coefficient;
    quick->scale = formula->scale();
    quick->bounded = figure.bounded;
    quick->bound = figure.bound;
    quick->bound_scale = formula->bound_scale();
    quick->derivation = derivation;
    quick->across_releases = across_releases;
    quick->published_at = published_at;
    quick->sequence = sequence;
  }
};

// The sums that a figure is made of, where it needs others too.
struct SectionSums {
  std::int64_t now = 0;
  std::int64_t then = 0;
  CellForm form;  // of all operands
  bool several = false;
  ReleaseOrder::Release newest;
};

// Adds up whole columns instead of reading series by series. What is simple is answered here, which is nearly
// everything in a cross-section of months: one value a month or none, all of one scale and step, no absence
// and no run of several months about the series anywhere. For every other series, and for those of which
// nothing is known in any of the months, Find() has no answer, and Evaluate() must say.
//
//   slices of 2024-08 .. 2025-07 and 2023-08 .. 2024-07, one row a series   =>   T12M to 2025-07,
//   year-on-year
//
// Immutable once read; thread-safe.
class CrossSection {
 public:
  // Whether figures of this kind can be found so. The series must be additive.
  static bool Fits(const AggregateSpec& spec) { return NarrowFormula::Fits(spec); }
  // Whether the sums of such figures can, which stand in totals.
  static bool FitsSums(const AggregateSpec& spec) { return NarrowShare::Fits(spec); }
  // Reads what figures of the windows that end with `last` need of a whole dataset. Blocks. REQUIRES:
  // Fits(spec) or FitsSums(spec). Errors: the store's.
  static absl::StatusOr<CrossSection> Read(const storage::Store& store, const std::string& dataset,
                                           const Vintage& vintage, const AggregateSpec& spec, Month last);

  // What the months of a series add up to. REQUIRES: FitsSums(spec).
  enum class Answer : std::uint8_t {
    kSums,
    kNone,  // a run has no value
    kAsk,   // SumOverMembers() must say
  };
  Answer FindSums(storage::SeriesId series, SectionSums* sums) const;
  // What Evaluate() would give for the series alone; false: it must be asked. `figure` refers to this.
  // REQUIRES: Fits(spec).
  bool Find(storage::SeriesId series, SectionFigure* figure) const;
  // The same in words.
  void Describe(const SectionFigure& figure, AggregateValue* value) const;
  bool Find(storage::SeriesId series, AggregateValue* value) const {
    SectionFigure figure;
    if (!Find(series, &figure)) return false;
    Describe(figure, value);
    return true;
  }

 private:
  // What there is to say of one series.
  enum class State : std::uint8_t {
    kAsk,      // Evaluate() must be asked
    kNothing,  // is known in any of the months: Evaluate() knows whether in others
    kMissing,  // a month is
    kFigure,   // there is a figure, which may be undefined; or there are sums
  };
  struct Found {
    NarrowFigure figure;
    const NarrowFormula* formula = nullptr;
    std::uint32_t newest = 0;  // rank of a release
    CellForm form;             // of sums, which stand in `figure`: now, then
    bool several = false;      // releases
    State state = State::kNothing;
  };
  struct FormFormula {
    CellForm form;
    std::optional<NarrowFormula> formula;
  };
  using Formulas = std::vector<std::unique_ptr<FormFormula>>;  // one a form; few
  class Block;

  CrossSection() = default;
  // False: the series are spread too thinly over their numbers.
  bool Spread();
  absl::Status ReadSlices(const storage::Store& store, const std::string& dataset, const Vintage& vintage);
  void FindUniformForm();
  void Compute();
  void ComputeRows(std::size_t begin, std::size_t end, Formulas* formulas);
  const NarrowFormula* FormulaOf(CellForm form, Formulas* formulas) const;
  // Of a run, its missing months first; what its cells come from if there is none.
  void DescribeRun(storage::SeriesId series, const Period& run, AggregateValue* value) const;

  AggregateSpec spec_;
  std::optional<Period> now_;
  std::optional<Period> then_;
  bool whole_ = false;  // found_ has all of which anything is known
  std::uint32_t first_series_ = 0;
  storage::SharedSlices slices_;
  std::optional<CellForm> uniform_form_;  // of every cell, and all are single months
  std::vector<Found> found_;              // by number of the series, less the first
  ReleaseOrder order_;
  Formulas formulas_[2];  // of the rows that each of two threads computed
};

}  // namespace tidewaiter::engine
