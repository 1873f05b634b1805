// What one entry of the log adds to the findings: those of its own, those of releases whose past it changes,
// and those that it settles.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/engine/finding_table.h"
#include "daemon/engine/kept_conventions.h"
#include "daemon/engine/known_codes.h"
#include "daemon/engine/release_figures.h"
#include "daemon/engine/update_feed.h"
#include "domain/release_check.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Whether a revision of a period is due when a release comes, by the dataset's calendar; nullptr: never.
using RevisionsDue = std::function<bool(Period)>;
using RevisionsDueOf =
    std::function<absl::StatusOr<RevisionsDue>(const DatasetDefinition&, Instant published_at)>;

// What is kept with datasets and bears on the checks. Each may be nullptr: nothing is scheduled; no
// conventions.
struct CheckingRules {
  RevisionsDueOf due = nullptr;
  ConventionsOf conventions = nullptr;
};

// Checks one entry; used once. In memory: the findings, of which there are at most
// limits::kMaxFindingsPerRelease, and what a few hundred series say. Not thread-safe.
//
//   a release       every cell that it states or withdraws, against what was held immediately before it
//   ... published   and the releases published after it that speak of the same trade within 13 months of what
//   in the past     it states: it now stands before them
//   a retraction    those that were published after what it takes back
//
// "The same trade" is every flow, measure and unit of it; where a total of the conventions joins series of
// several partners (or of another dimension), theirs too, unless they are more than
// limits::kMaxCheckedSeries: then sums of that kind are not looked at again.
//
// An implied revision that such a second look no longer makes is SUPERSEDED, also if it was CONFIRMED: what
// has come is the base that it was about. One that it makes again is not kept twice. What was found about a
// release that is retracted is SUPERSEDED, whatever its kind; what it had settled is OPEN again, unless something
// else settles it.
class FindingStep {
 public:
  // `cancelled`: asked between parts; then Run() returns CANCELLED.
  FindingStep(const storage::Store* store, UpdateFeed* feed, const FindingTable* table, KnownCodes* codes,
              CheckingRules checking, std::function<bool()> cancelled);
  ~FindingStep();
  FindingStep(const FindingStep&) = delete;
  FindingStep& operator=(const FindingStep&) = delete;

  absl::Status Run(Sequence sequence, std::uint32_t rules);
  // Writes what Run() found, and adds to the counts of `state`. Error: none of its own.
  void Keep(FindingTable& table, FindingsState& state) const;

 private:
  struct Section;                                     // a dataset that the entry speaks of, under check
  using Group = std::pair<std::string, std::string>;  // dataset, selector of what is looked at together
  struct Months {
    Month first;
    Month last;
  };

  // A series of which the entry says something.
  struct Touched {
    struct Cell {
      Period period;
      Datum datum;
      Attributes attributes;
    };
    std::string dataset;
    SeriesKey key;
    storage::SeriesId series{};
    std::vector<Cell> cells;  // as the entry leaves them, by period
  };

  absl::Status ReadMonths();
  void NotePeriods(const storage::SeriesStatements& series);
  absl::Status OpenFigures(const std::string& dataset, Section* section);
  bool IsToldByStatements() const;
  absl::Status CheckStatements();
  absl::Status CheckChanges();
  absl::Status CheckTouched(const Touched& touched);
  absl::Status SettleOn(const Touched& touched);
  absl::Status SettleOne(const FindingPlace& place);
  absl::Status NoteGroup(const Touched& touched, const Section& section);
  absl::Status LookBack();  // over groups_
  absl::Status SupersedeAbout(Sequence release);
  absl::Status ReopenSettledBy(Sequence release);
  absl::Status Reopen(const PlacedFinding& placed);
  absl::StatusOr<bool> SettleByWhatIsKnown(Finding* finding);
  absl::Status Supersede(const PlacedFinding& placed);
  absl::Status LookBackAt(const Group& group, const Months& months);
  absl::StatusOr<std::string> SelectorOf(const Section& section, const std::string& key);
  absl::Status CheckAgain(ReleasePlace release, const std::string& dataset,
                          const std::vector<std::pair<SeriesKey, SeriesStatement>>& cells,
                          HindsightFigures& figures);
  absl::Status Compare(const std::vector<PlacedFinding>& kept, std::vector<Finding> now,
                       const std::vector<std::pair<SeriesKey, SeriesStatement>>& cells);
  absl::StatusOr<Section*> SectionOf(const std::string& dataset);
  absl::StatusOr<RevisionsDue> DueOf(const DatasetDefinition& dataset, Instant published_at) const;
  void Found(Finding finding);
  absl::Status Place();  // found_ into placed_
  absl::StatusOr<std::vector<FindingTable::Cell>> CellsOf(const Finding& finding) const;
  absl::StatusOr<Datum> KnownNow(const SeriesKey& series, const std::string& dataset, Period period) const;

  const storage::Store* const store_;
  UpdateFeed* const feed_;
  const FindingTable* const table_;
  KnownCodes* const codes_;
  const CheckingRules checking_;
  const std::function<bool()> cancelled_;

  std::uint32_t rules_ = 0;
  storage::LogEntry entry_;
  ReleasePlace origin_;  // whose cells changed: the release, or what the retraction takes back
  std::map<std::string, Section> sections_;
  std::vector<storage::ReleasePart> kept_parts_;        // what it states, unless that is much
  std::optional<FindingTable::SeriesSet> open_series_;  // those with OPEN findings, if somebody has looked
  std::map<Group, Months> groups_;
  std::map<Group, bool> joined_fits_;  // whether what totals join is few enough to be looked at again
  std::vector<Finding> found_;
  struct Placed {
    PlacedFinding placed;
    std::vector<FindingTable::Cell> cells;
    bool was_open = true;  // of a settled one
  };
  std::vector<Placed> placed_;
  std::map<FindingPlace, Placed> settled_;
  std::uint64_t dropped_ = 0;
};

}  // namespace tidewaiter::engine
