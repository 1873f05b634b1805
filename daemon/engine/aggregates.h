// Aggregates at a vintage: from a query to figures, one after the other.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "daemon/engine/aggregate_plan.h"
#include "daemon/engine/aggregate_sums.h"
#include "daemon/engine/aggregate_total.h"
#include "daemon/engine/cross_section.h"
#include "daemon/engine/member_cells.h"
#include "daemon/engine/queries.h"
#include "daemon/engine/ranked_figure.h"
#include "daemon/engine/section_totals.h"
#include "domain/aggregate_query.h"
#include "domain/quick_figure.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Series of a cross-section that are read one by one, some 10 us each: of more, columns are read, which takes
// some milliseconds.
inline constexpr std::size_t kReadAlone = 100;

using SeriesSet = absl::flat_hash_set<storage::SeriesId>;

// Where a read that was broken off goes on. Nothing set: at the beginning.
struct AggregatePosition {
  std::string after;     // an output key whose figures, and all before it, have been given
  std::string split;     // the output of which some have been given
  std::size_t skip = 0;  // so many; of a ranking: of all
};

// The figures of a query, in key order, months ascending; or ranked. A cursor: of series that stay apart one
// is in memory at a time, of sums one sum; a ranking is held whole. Not thread-safe; must not outlive the
// store. Created by Aggregates::Open.
class AggregateReader {
 public:
  AggregateReader(const AggregateReader&) = delete;

  const Vintage& vintage() const { return cells_.vintage(); }
  // The query with every default filled in.
  const AggregateQuery& query() const { return plan_.query(); }
  // Moves to the next figure; false at the end. Errors: what the store says; mixed units of a sum (field
  // "keys"); LIMIT_EXCEEDED; what `check_alive` says.
  absl::StatusOr<bool> Next();
  const AggregateFigure& figure();
  // The same in few bytes, of most figures of a cross-section, valid until Next(); nullptr: figure() only.
  const QuickFigure* quick() const { return is_quick_ ? &quick_ : nullptr; }
  // The current figure and those after it that have the same in common, at most `most`; the last of them is
  // the current one then. Errors as Next(). REQUIRES: quick() has a bound; most > 0.
  absl::Status TakeColumns(std::size_t most, QuickColumns* columns);
  // Goes on right after the current figure. REQUIRES: Next() was true.
  AggregatePosition position() const;

 private:
  friend class Aggregates;
  AggregateReader(const storage::Store* store, AggregatePlan plan, SeriesReader listing, CellReader cells,
                  const AggregateView& view, AggregatePosition start,
                  std::function<absl::Status()> check_alive, const SeriesSet* touching)
      : store_(store),
        plan_(std::move(plan)),
        listing_(std::move(listing)),
        cells_(std::move(cells)),
        view_(view),
        check_alive_(std::move(check_alive)),
        start_(std::move(start)),
        touching_(touching) {}

  // Finds the series, and computes what must be known before the first figure.
  absl::Status Start();
  absl::Status StartListing();
  // Whether the series are walked through as rows of a table, their figures taken from columns.
  absl::StatusOr<bool> StartRows();
  absl::StatusOr<bool> NextRow();
  absl::StatusOr<bool> TakeRow();
  bool FindRow(std::size_t row);
  void SkipRowsUntil(std::string_view after);
  absl::Status StartPlan();
  absl::Status ReadSumColumns();
  absl::Status CheckBase();
  absl::Status CheckAlive();
  // Moves to the next output of which anything is known, its members read; false at the end.
  absl::StatusOr<bool> NextOutput();
  absl::StatusOr<bool> TakeOutput();
  absl::Status TakeSingle(const storage::SeriesEntry& series);
  bool IsTouched() const;
  bool Touches(const PlannedSum& sum) const;
  // Whether figures of one month may be found in columns.
  bool HasColumns() const;
  void LookInColumns(Month month);
  absl::Status ReadColumns();
  absl::StatusOr<bool> FindInColumns();
  absl::Status BindTotal();
  absl::Status LoadMembers(const Vintage& at);
  absl::Status LoadPrints();
  void SetMonths();
  absl::Status Compute(Month last, Period run);
  absl::Status Fill(Month last);
  // At which the figure is computed; none: no such print.
  std::optional<Vintage> VintageOf(Period run) const;
  absl::Status FindPublishedRate(const Vintage& at);
  // The last month of which anything selected is known and with which a window ends.
  absl::StatusOr<std::optional<Month>> LatestMonth();
  absl::StatusOr<std::optional<Month>> LatestMonthOfRows();
  std::optional<Month> LastEndUntil(std::optional<Month> month) const;
  absl::Status Rank();
  absl::Status CollectRows(std::vector<RankedFigure>* found);
  absl::Status CollectOutputs(Month month, std::vector<RankedFigure>* found);

  const storage::Store* store_;
  const AggregatePlan plan_;
  SeriesReader listing_;
  CellReader cells_;
  AggregateView view_;
  std::function<absl::Status()> check_alive_;
  std::size_t computed_ = 0;

  // Of series that stay apart, one at a time out of the listing; else all.
  bool listed_ = false;
  bool has_listed_ = false;  // listing_.series() is the next output
  PlannedOutput single_;     // the current one of a listing
  SumPlan sums_;
  std::size_t next_output_ = 0;
  std::unique_ptr<SumColumns> sum_columns_;  // at the reader's vintage; nullptr: every member is read

  // Of a cross-section: series of which enough have been read one by one are found in columns.
  std::optional<Month> columns_month_;
  std::size_t read_alone_ = 0;
  std::optional<CrossSection> columns_;
  bool in_columns_ = false;  // the current output's figure is column_value_
  AggregateValue column_value_;

  // The same, row by row: no figure is put into words before it is asked for.
  bool by_rows_ = false;
  std::size_t row_ = 0;
  std::optional<std::size_t> row_ahead_;           // the next one, which has been taken from the listing
  std::unique_ptr<SectionTotals> totals_of_rows_;  // of shares and contributions, instead of columns_
  Period rows_run_;
  std::string rows_unit_;  // of all; empty: each its own
  SectionFigure section_figure_;
  bool in_section_ = false;  // the current figure is section_figure_
  bool is_quick_ = false;    // and is defined
  QuickFigure quick_;

  const PlannedOutput* output_ = nullptr;  // the current one
  LoadedSum above_;
  LoadedSum below_;
  std::optional<Vintage> loaded_at_;
  AggregateInput input_;
  // Of views in which each figure has its own vintage: when the print in question was published, one a
  // member.
  struct Prints {
    std::map<Period, Instant> of_run;
    std::map<Month, Instant> ending;  // the earliest of the cells that end with a month
  };
  std::vector<Prints> prints_;
  SharedTotal* total_ = nullptr;
  absl::flat_hash_map<std::string, std::unique_ptr<SharedTotal>> totals_;  // by class or selector
  Month next_month_;
  Month last_month_;
  std::string done_;       // the last output that has been given whole
  std::size_t given_ = 0;  // figures of the current output; of a ranking: of all
  AggregatePosition start_;
  const SeriesSet* const touching_;  // nullptr: every output

  SeriesFold rate_fold_;
  std::string rate_key_;  // of what rate_fold_ holds, or empty
  std::optional<Vintage> rate_at_;

  std::vector<AggregateFigure> ranked_;
  AggregateFigure figure_;
};

// Thread-safe; calls block.
class Aggregates {
 public:
  Aggregates(const storage::Store* store, const Queries* queries) : store_(store), queries_(*queries) {}

  // `check_alive` is asked now and then whether anybody still waits. `touching`: only figures of which one of
  // these series is an operand (it outlives the reader). Errors: kDatasetNotFound; kSeriesNotFound for a
  // series that does not exist or a selector that matches nothing; violations of all fields at once, those of
  // the query under "query", then "vintage", "months", "with_published_rates" ...; OUT_OF_RANGE
  // kSequenceAhead; kLimitExceeded.
  absl::StatusOr<std::unique_ptr<AggregateReader>> Open(
      const AggregateQuery& query, const VintageInput& vintage, const AggregateView& view,
      const AggregatePosition& position = {},
      std::function<absl::Status()> check_alive = [] { return absl::OkStatus(); },
      const SeriesSet* touching = nullptr) const;
  // Whether the query fits its dataset, as far as can be told without reading. Errors as Open(), fields
  // without "query".
  absl::Status Check(const AggregateQuery& query) const;

 private:
  const storage::Store* const store_;
  const Queries& queries_;
};

}  // namespace tidewaiter::engine
