// Revision statistics out of the store: two prints of every period, and how far they lie apart.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "daemon/engine/queries.h"
#include "domain/errors.h"
#include "domain/revision_statistics.h"
#include "domain/statement.h"

namespace tidewaiter::engine {

// Which print of a figure.
struct PrintChoice {
  enum class Age : std::uint8_t { kFirst = 1, kNth = 2, kAfter = 3, kLatest = 4 };
  Age age = Age::kFirst;
  int n = 1;        // with kNth: the n-th distinct value
  int months = 12;  // with kAfter: what was known so long after the first value was published
  friend bool operator==(const PrintChoice&, const PrintChoice&) = default;
};

enum class RevisionKind : std::uint8_t {
  kLevel = 1,    // the values
  kPercent = 2,  // 100 (later / first - 1), the first counting as 0; values above zero
  kGrowth = 3,   // growth on lag_months before in per cent, so that revisions are percentage points
};

struct RevisionInput {
  ReadInput read;         // what was published after its vintage is not looked at
  int period_months = 0;  // of this length only; 0: of each length apart
  PrintChoice first;
  PrintChoice later = {.age = PrintChoice::Age::kAfter};
  RevisionKind of = RevisionKind::kLevel;
  int lag_months = 12;  // with kGrowth
  std::optional<int> hac_lag;
  bool pooled = false;  // also all series together
};

struct SeriesRevisionStatistics {
  std::string series;        // empty: all series together
  std::string unit;          // of the revisions
  int period_months = 1;     // 0: windows of several lengths
  std::size_t left_out = 0;  // periods of which one of the two prints is not there, or is no number
  std::optional<Period> first_period;
  std::optional<Period> last_period;
  RevisionStatistics statistics;
};

struct RevisionAnswer {
  Vintage vintage;
  std::vector<SeriesRevisionStatistics> series;
};

// Decimals of growth and of per cent, before they are compared: far below any printed one.
inline constexpr int kRevisionDecimals = 9;
// Series of one question: each is read whole.
inline constexpr std::size_t kMaxRevisionSeries = 1000;

// The pairs of one series' periods of one length. `history` is its whole history at `vintage`; `edge` is
// up to when what was published is known: it says which figures are old enough for kAfter. Periods outside of
// input.read.periods are bases only.
std::vector<RevisionPair> MakePairs(const std::vector<HistoryEntry>& history, const RevisionInput& input,
                                    int period_months, Instant edge, std::size_t* left_out);

// Gathers the pairs of many series, those of one unit and length of period together.
class RevisionPool {
 public:
  // Error: kLimitExceeded for more than limits::kMaxPooledPairs pairs.
  absl::Status Add(const SeriesRevisionStatistics& of, const std::vector<RevisionPair>& pairs);
  // Appends one for each unit and length, by unit, then length.
  absl::Status Finish(bool values_are_growth, std::vector<SeriesRevisionStatistics>* to) const;

 private:
  struct Pooled {
    std::vector<RevisionPair> pairs;
    std::size_t left_out = 0;
    std::optional<Period> first_period;
    std::optional<Period> last_period;
  };
  std::map<std::pair<std::string, int>, Pooled> pooled_;  // by unit and months
  std::size_t pairs_ = 0;
};

// What every kind of revision has: the prints and the HAC lag. Every wrong field at once.
void CheckPrints(const RevisionInput& input, Violations& violations);
absl::Status TooManyRevisionSeries();

// No clock is asked: as of an unbounded vintage, time has come as far as the newest publication of the
// dataset. `check_alive` is asked between series. Errors: as Queries::Open; every wrong field; kLimitExceeded
// for more than kMaxRevisionSeries series.
absl::StatusOr<RevisionAnswer> ReadRevisions(const Queries& queries, const RevisionInput& input,
                                             const std::function<absl::Status()>& check_alive);

}  // namespace tidewaiter::engine
