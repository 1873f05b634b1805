// What a release says that is inconsistent with what was held before it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/change.h"
#include "domain/conventions.h"
#include "domain/dataset.h"
#include "domain/finding.h"
#include "domain/implied_base.h"
#include "domain/instant.h"
#include "domain/observation.h"
#include "domain/period.h"
#include "domain/print_rounding.h"
#include "domain/release.h"
#include "domain/selector.h"
#include "domain/vintage.h"

namespace tidewaiter {

// What the checks need to know of one dataset's figures. Implemented by whoever has them: the store, or a map
// in a test. Its errors end the check and come out of it.
class ReleaseFigures {
 public:
  virtual ~ReleaseFigures() = default;
  // What the release under check states of the cell (an absence if it withdraws it); nothing if it does not
  // speak of it.
  virtual absl::StatusOr<std::optional<Datum>> Stated(const SeriesKey& series, Period period) = 0;
  // What was known of the cell immediately before the release: at (its published_at, its sequence - 1). Texts
  // and value_since may be left out.
  virtual absl::StatusOr<std::optional<CellState>> Held(const SeriesKey& series, Period period) = 0;
  // The same with value_since.
  virtual absl::StatusOr<std::optional<CellState>> HeldSince(const SeriesKey& series, Period period) {
    return Held(series, period);
  }
  // False: no series of the dataset, this release's included, has that code at that place.
  virtual absl::StatusOr<bool> MayHaveCode(std::size_t /*place*/, std::string_view /*code*/) { return true; }
  // The series of the dataset, this release's included, that `selector` matches, in any order.
  virtual absl::StatusOr<std::vector<SeriesKey>> Find(const Selector& selector) = 0;
};

// The release under check, as far as the rules look at it.
struct ReleaseUnderCheck {
  Sequence sequence = 0;
  PublishedAt published_at;
  ReleaseKind kind = ReleaseKind::kRegular;
  // How this publisher prints, and which sums must hold beside those of the flows and the months.
  Conventions conventions;
  // The last month that the dataset speaks of, with this release: a change to an earlier one is a revision,
  // a change to this month the next stage of the same news.
  Month reference_month;
  // Whether a calendar had a revision of this period due when the release came (RevisionScheduled of
  // domain/calendar_match.h). None: nothing is scheduled.
  std::function<bool(Period)> is_revision_scheduled;
};

// One rate of growth set against the figure held for one year before, whether it fits or not.
struct ImpliedBaseCheck {
  SeriesKey level;
  SeriesKey rate;
  Period period;
  Period base_period;
  ImpliedBase result;
  // The same prints were set against the same base by an earlier release: nothing new, and no finding.
  bool repeated = false;
};

// How many checks were made, and how they came out. Repeated ones are not counted.
struct CheckCounts {
  std::uint64_t implied_fit = 0;
  std::uint64_t implied_up = 0;
  std::uint64_t implied_down = 0;
  std::uint64_t implied_not_testable = 0;
  std::uint64_t identities_hold = 0;
  std::uint64_t identities_broken = 0;
  std::uint64_t identities_not_testable = 0;
  std::uint64_t unannounced = 0;
  // Findings beyond limits::kMaxFindingsPerRelease: counted above, and not kept.
  std::uint64_t findings_dropped = 0;
  friend bool operator==(const CheckCounts&, const CheckCounts&) = default;
};

// Checks one release, section by section of one dataset, cell by cell, in constant memory but for the
// findings and, where totals are declared, a hash of every one that was checked.
//
// Pairs are made by the roles and codes of the dataset's dimensions:
//
//   level  CN.RU.T.VALUE.USD.BN     MEASURE is VALUE (or the dataset has no such dimension)
//   rate   CN.RU.T.YOY.USD.PCT      the same but for MEASURE YOY and UNIT PCT
//   flows  X, M, T, B               at the FLOW place; all other places the same
//
// Implied revisions: each rate that the release states, with the level of the same run of months (as the
// release states it, or as held) against the base of twelve months before *as held before the release*.
// Broken identities: X + M = T, X - M = B, and YTD(m-1) + m = YTD(m) from the dataset's first month of the
// year, as known after the release, if the release changed at least one operand. Unannounced revisions: a
// regular release that revises (beyond another print of the same number) or withdraws what was published for
// a month before the reference month, when no revision is scheduled.
//
// A release that only repeats what is known finds nothing. Not thread-safe.
class ReleaseChecker {
 public:
  // Told of every implied base that is checked, those that fit included, in the order of the cells.
  using ImpliedBaseSink = std::function<void(const ImpliedBaseCheck&)>;

  // REQUIRES: `dataset` and `figures` outlive the checker.
  ReleaseChecker(const ReleaseUnderCheck& release, const DatasetDefinition& dataset, ReleaseFigures& figures,
                 ImpliedBaseSink implied_bases = nullptr);

  // The release states (or withdraws) this cell. Each cell once, in any order; Stated() must already answer
  // for all of them. Error: those of `figures`.
  absl::Status Check(const SeriesKey& series, Period period, const Datum& datum, Attributes attributes);

  const CheckCounts& counts() const { return counts_; }
  // In the order of CompareFindings.
  std::vector<Finding> TakeFindings();

 private:
  // A cell as known after the release.
  struct Known {
    Datum datum;
    bool stated = false;   // by this release
    bool changed = false;  // stated, and not the very print that was held
  };
  struct Operand {
    SeriesKey series;
    Period period;
    bool subtracted = false;
  };

  absl::StatusOr<std::optional<Known>> KnownAfter(const SeriesKey& series, Period period);
  absl::Status CheckUnannounced(const SeriesKey& series, Period period, const Datum& datum,
                                Attributes attributes);
  absl::Status CheckRate(const SeriesKey& rate, Period period, const Datum& datum);
  absl::Status FindLevels(const SeriesKey& rate);  // into last_levels_
  absl::Status CheckRateAgainst(const SeriesKey& level, const SeriesKey& rate, Period period,
                                const Datum& rate_datum);
  void Count(const ImpliedBaseCheck& check);
  absl::Status CheckFlows(const SeriesKey& series, Period period);
  absl::Status CheckYearToDate(const SeriesKey& series, Period period);
  // Checks `total` = sum of `terms` if (series, period) is the first of them that the release states, so that
  // each sum is checked once.
  absl::Status CheckSum(Identity identity, const Operand& total, const std::vector<Operand>& terms,
                        const SeriesKey& series, Period period);
  absl::Status CheckTotals(const SeriesKey& series, Period period);
  absl::Status CheckTotal(const TotalRule& rule, std::size_t place, const SeriesKey& total, Period period);
  // The series that add to `total`; nullopt: none of them is the sum in this period.
  absl::StatusOr<std::optional<std::vector<SeriesKey>>> ComponentsOf(const TotalRule& rule, std::size_t place,
                                                                     const SeriesKey& total, Period period);
  // As known after the release, whatever is said of them. `operands` are the total and then the terms.
  void Judge(Identity identity, const std::vector<Operand>& operands, const std::vector<Known>& known);
  // `operands` are the total and then the terms.
  void KeepBroken(Identity identity, const std::vector<Operand>& operands, const Datum& total,
                  const IdentityResult& result);

  bool IsLevel(const SeriesKey& series) const;
  bool IsRate(const SeriesKey& series) const;
  Finding NewFinding(FindingKind kind, Period period) const;
  void Keep(Finding finding);

  const ReleaseUnderCheck release_;
  const DatasetDefinition& dataset_;
  ReleaseFigures& figures_;
  const ImpliedBaseSink implied_bases_;
  const std::optional<std::size_t> flow_place_;
  const std::optional<std::size_t> measure_place_;
  const std::optional<std::size_t> unit_place_;
  CheckCounts counts_;
  std::vector<Finding> findings_;
  // The levels of the last rate: its periods come one after the other.
  SeriesKey last_rate_;
  std::vector<SeriesKey> last_levels_;
  std::vector<std::optional<std::size_t>> total_places_;  // of conventions.totals
  absl::flat_hash_set<std::string> checked_totals_;
  // Every series that differs from the last total in its code only: its periods come one after the other,
  // too.
  SeriesKey last_total_;
  std::vector<SeriesKey> last_siblings_;
};

}  // namespace tidewaiter
