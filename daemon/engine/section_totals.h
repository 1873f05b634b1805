// Shares of totals and contributions to their growth, of many series for one month, out of slices.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "daemon/engine/aggregate_plan.h"
#include "daemon/engine/cross_section.h"
#include "daemon/engine/member_cells.h"
#include "daemon/engine/series_listing.h"
#include "domain/group_sum.h"
#include "domain/narrow_share.h"
#include "domain/quick_figure.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// The totals of a query whose total is the sum of all that is selected: for each class of series (measures.h)
// the sum of those; and what each of them has of it. Both are added up from columns; what those cannot tell of
// a member of a total is read. Not thread-safe.
class SectionTotals {
 public:
  // Whether such figures can be found so.
  static bool Fits(const AggregatePlan& plan);
  // Reads what the figures of `rows` with the window that ends with `last` need; `rows` are out of a table.
  // nullptr: there is no total, or it is none that columns tell; the figures must be computed one by one, or
  // refused. Blocks. Errors: the store's; what `check_alive` says. REQUIRES: Fits(plan), the window has runs.
  static absl::StatusOr<std::unique_ptr<SectionTotals>> Read(const storage::Store& store,
                                                             const AggregatePlan& plan,
                                                             const CellReader& cells, SeriesListing rows,
                                                             Month last,
                                                             absl::FunctionRef<absl::Status()> check_alive);

  // Fills the numbers of a figure, and where they come from. False: Evaluate() must say.
  bool Find(const SeriesTable& table, std::size_t row, QuickFigure* figure);
  // The figure of a series from its members, one.
  AggregateValue Evaluate(std::uint32_t total_class, const std::vector<Member>& members) const;

 private:
  // A total while it is added up.
  struct Adder;
  // For rows whose operands have that form.
  struct Formula {
    std::uint32_t total_class = 0;
    CellForm form;
    std::optional<NarrowShare> share;
  };
  SectionTotals(const AggregateSpec& spec, Month last);
  static absl::StatusOr<bool> AddUp(const AggregatePlan& plan, const CrossSection& columns,
                                    const CellReader& cells, SeriesListing rows, Period run,
                                    std::vector<Adder>* totals,
                                    absl::FunctionRef<absl::Status()> check_alive);
  const NarrowShare* FormulaOf(std::uint32_t total_class, CellForm form);

  const AggregateSpec spec_;
  const Month last_;
  const Period now_;
  std::optional<Period> then_;  // of contributions
  std::optional<CrossSection> parts_;
  std::vector<GroupSum> totals_;  // by class; without a value where no row has the class
  std::vector<Formula> formulas_;
  std::size_t last_formula_ = 0;
};

}  // namespace tidewaiter::engine
