// What goes to the daemon and what comes back, in the words of the domain.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "domain/aggregate_query.h"
#include "domain/change.h"
#include "domain/dataset.h"
#include "domain/finding.h"
#include "domain/instant.h"
#include "domain/observation.h"
#include "domain/period.h"
#include "domain/release.h"
#include "domain/revision_statistics.h"
#include "domain/statement.h"
#include "domain/vintage.h"

namespace tidewaiter::client {

// What is said about a release that is to be pushed.
struct ReleaseDraft {
  std::string agency = {};      // empty: the publisher of the first section's dataset
  std::string release_id = {};  // unique within the agency
  // Exactly one of the two. A day ends in the dataset's time zone.
  std::optional<Instant> published_at = {};
  std::optional<absl::CivilDay> published_on = {};
  std::string stage = {};
  ReleaseKind kind = ReleaseKind::kRegular;
  std::string title = {};
};

// What stands in the log under one sequence: a release, or the retraction of one.
struct ReleaseInfo {
  struct Section {
    SectionHeader header;
    std::uint64_t observations = 0;
    std::uint32_t dataset_version = 1;
  };
  Sequence sequence = 0;  // 0: of a dry run
  ReleaseHeader header;
  std::vector<Section> sections;
  std::string digest;  // SHA-256, lower-case hex
  std::string chain;   // SHA-256, lower-case hex
  Instant accepted_at;
  Sequence retracts = 0;      // not 0: the retraction of that sequence; header.title is the reason
  Sequence retracted_by = 0;  // not 0: retracted by that sequence
  std::uint64_t observations = 0;
};

struct PushResult {
  ReleaseInfo release;
  bool replayed = false;  // this very release had been accepted before
  std::string twin;       // "agency/release_id" of an earlier release of equal content, or empty
};

// A cell as an answer gives it.
struct Cell {
  Period period;
  Datum datum;
  Attributes attributes;
  std::string source;
  std::string note;
  Sequence sequence = 0;  // of the release that made the statement
  PublishedAt published_at;
  Instant value_since;  // published_at of the first of the unbroken run of equal values
};

// Cells of one series, periods ascending.
struct SeriesCells {
  std::string series;  // SDMX key
  std::vector<Cell> cells;
};

// A cell, and what a release did to it.
struct ChangedCell {
  std::string series;
  Cell cell;
  Change change;
  std::optional<Datum> before;  // none: nothing was held
};

// The changes of a release in one dataset, or some of them, in canonical order.
struct DatasetChanges {
  std::string dataset;
  std::vector<ChangedCell> cells;
};

// A vintage as it is asked for. Everything unset: everything known now.
struct VintageQuery {
  std::optional<Instant> as_of = {};             // at most one of the two
  std::optional<absl::CivilDay> as_of_day = {};  // that day included, in the dataset's time zone
  std::optional<Sequence> sequence = {};         // none: the head
};

struct ReadQuery {
  std::string dataset = {};
  std::vector<std::string> keys = {};  // SDMX selectors; none: every series
  VintageQuery vintage = {};
  PeriodRange periods = {};
  bool omit_texts = false;  // leave out source and note
};

struct ReadPage {
  Vintage vintage;  // at which it was read
  std::vector<SeriesCells> series;
  std::string next_page_token;  // empty on the last page
};

struct HistoryQuery {
  std::string dataset = {};
  std::vector<std::string> keys = {};
  VintageQuery vintage = {};
  PeriodRange periods = {};
  HistoryType type = HistoryType::kAll;
  int n = 1;  // with kNth
};

// One statement in the history of a cell; cell.published_at is the start of its validity.
struct HistoryLine {
  std::string series;
  Cell cell;
  std::optional<PublishedAt> published_to;  // none: it stands
  Change vintage_change;
  Change event_change;
};

struct DatasetInfo {
  DatasetDefinition definition;
  std::uint32_t version = 0;
};

struct SeriesInfo {
  std::string key;
  std::string unit;  // "USD BN"
};

struct SeriesPage {
  std::vector<SeriesInfo> series;
  std::string next_page_token;  // empty on the last page
};

struct ReleasePage {
  std::vector<ReleaseInfo> releases;
  Sequence next_after_sequence = 0;  // not 0: there may be more
};

// What a release changed, as it is asked for.
struct ChangesQuery {
  struct Selector {
    std::string dataset;
    std::string key;  // SDMX selector; empty: every series
  };
  Sequence sequence = 0;  // 0: by agency and release id. A retraction is found by its sequence only
  std::string agency = {};
  std::string release_id = {};
  std::vector<Selector> selectors = {};  // none: everything
  bool omit_confirmed = false;
};

struct ChangesPage {
  ReleaseInfo release;                  // in every page
  std::vector<DatasetChanges> changes;  // may be empty though there are more
  std::uint64_t omitted_confirmed = 0;  // by this page, with ChangesQuery::omit_confirmed
  std::string next_page_token;          // empty on the last page
};

// Which findings; what is not given does not narrow.
struct FindingQuery {
  std::string dataset = {};
  std::vector<std::string> keys = {};  // SDMX selectors
  std::vector<FindingKind> kinds = {};
  std::vector<FindingStatus> statuses = {};
  PeriodRange periods = {};
  Sequence after_sequence = 0;  // found by entries of the log after this one
  Sequence until_sequence = 0;  // and up to this one; 0: no bound
  std::optional<Instant> published_from = {};
  std::optional<Instant> published_to = {};
};

struct FindingInfo {
  Finding finding;
  std::string id;           // for ever
  Sequence found_by = 0;    // the entry of the log whose check found it
  std::string explanation;  // for people
};

struct FindingPage {
  Sequence position = 0;  // every entry up to this one has been checked
  std::vector<FindingInfo> findings;
  std::string next_page_token;  // empty on the last page
};

// Which print of a figure.
struct PrintChoice {
  enum class Age : std::uint8_t { kFirst = 1, kNth = 2, kAfter = 3, kLatest = 4 };
  Age age = Age::kFirst;
  int n = 1;        // with kNth
  int months = 12;  // with kAfter
};

struct RevisionQuery {
  enum class Of : std::uint8_t { kLevel = 1, kPercent = 2, kGrowth = 3 };
  ReadQuery read = {};
  int period_months = 0;  // of this length only; 0: of each length apart
  PrintChoice first = {};
  PrintChoice later = {.age = PrintChoice::Age::kAfter};
  Of of = Of::kLevel;
  int lag_months = 12;  // with kGrowth
  std::optional<int> hac_lag = {};
  bool pooled = false;  // also all series together
  // Of aggregates instead of published figures; without dataset and keys, which are `read`'s.
  std::optional<AggregateQuery> aggregate = {};
};

struct SeriesRevisions {
  std::string series;     // empty: all series together
  std::string unit;       // of the revisions
  int period_months = 1;  // 0: windows of several lengths
  std::uint64_t left_out = 0;
  std::string first_period;  // empty: none
  std::string last_period;
  RevisionStatistics statistics;
};

struct RevisionAnswer {
  Vintage vintage;
  std::vector<SeriesRevisions> series;
};

struct MirrorSide {
  std::string dataset = {};
  std::string key = {};  // of one series
  VintageQuery vintage = {};
  std::string valuation = {};  // "FOB", "CIF"
};

struct MirrorQuery {
  MirrorSide a = {};
  MirrorSide b = {};
  PeriodRange periods = {};
  int window_months = 0;  // 0: published periods
  std::optional<int> decimals = {};
};

struct MirrorRow {
  Period period;
  std::optional<Datum> a;
  std::optional<Datum> b;
  std::string gap;    // exact decimal text, or empty
  std::string ratio;  // exact decimal text, or empty
  std::string reason;
  std::string how_a;
  std::string how_b;
};

struct MirrorAnswer {
  std::vector<MirrorRow> rows;
  std::string unit_a;
  std::string unit_b;
  int exponent_b = 0;
  Vintage vintage_a;
  Vintage vintage_b;
};

struct ExpectedRelease {
  std::string period;
  std::string kind;   // "REGULAR" or "REVISION"
  std::string stage;  // empty: any
  std::string state;  // "EXPECTED", "PUBLISHED", "LATE", "OVERDUE", "POSTPONED", "CANCELLED"
  std::string first_day;
  std::string last_day;
  std::string time_of_day;
  std::string original_day;
  std::string published_at;
  Sequence sequence = 0;  // of the release that came; 0: none
  std::string note;
};

struct ExpectedReleases {
  std::vector<ExpectedRelease> releases;
  Instant as_of;
  Sequence sequence = 0;
};

// A release that is missing, by the calendar of its dataset.
struct OverdueUpdate {
  std::string dataset;
  ExpectedRelease release;
  Instant as_of;          // when it was found to be missing
  Sequence sequence = 0;  // releases up to this one were looked at
};

// The conventions of a dataset; see domain/conventions_text.h for the text.
struct ConventionsInfo {
  std::string text;  // canonical; empty: there are none
  std::vector<CodeGroup> groups;
  PrintRounding rounding = PrintRounding::kNearest;
};

struct TallyQuery {
  std::string dataset = {};
  std::vector<std::string> keys = {};          // SDMX selectors of levels
  std::optional<PrintRounding> rounding = {};  // none: as the conventions say
  PeriodRange periods = {};
  bool year_to_date = false;
};

// How printed rates of growth compare with what was held; see TallyImpliedRevisions in the proto.
struct TallyAnswer {
  struct Series {
    std::string series;  // the level
    std::uint64_t fit = 0;
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    std::uint64_t not_testable = 0;
  };
  std::vector<Series> series;
  std::uint64_t periods = 0;
  std::uint64_t inconsistent_periods = 0;
  PrintRounding rounding = PrintRounding::kNearest;
  Sequence sequence = 0;
};

struct StoreStatus {
  std::string version;  // of the daemon
  std::string log_id;
  Sequence head = 0;
  std::string resume_token;  // stands at the head
  std::uint64_t datasets = 0;
  std::uint64_t series = 0;
  std::uint64_t observations = 0;
  std::string directory;
  std::uint32_t format_version = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t free_disk_bytes = 0;
  std::uint64_t reserve_bytes = 0;
  bool accepting = false;
  std::uint32_t subscribers = 0;
  std::uint32_t uploads = 0;
  Instant started_at;
};

}  // namespace tidewaiter::client
