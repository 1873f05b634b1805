// When the releases of each dataset are expected, kept beside the log.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/finding_step.h"
#include "daemon/engine/queries.h"
#include "domain/calendar.h"
#include "domain/calendar_match.h"
#include "storage/store.h"

namespace tidewaiter::engine {

struct ExpectedReleases {
  std::vector<CalendarEntry> entries;
  Instant as_of;  // what tells EXPECTED from OVERDUE
  Sequence sequence = 0;
};

// Releases that have not come, of all datasets, of the last two years' months.
struct OverdueReleases {
  struct Release {
    std::string dataset;
    CalendarEntry entry;
    // Of two looks the same for the same expectation: dataset, period, kind, stage and last day.
    std::string identity;
  };
  std::vector<Release> releases;
  Instant as_of;
  Sequence sequence = 0;  // releases up to this one were looked at
};

// Table "calendars" of the annexes: dataset -> the canonical text (domain/calendar_text.h). A calendar has no
// vintages: the last one that was set holds, for all time. Thread-safe; must not outlive the store.
class Calendars {
 public:
  Calendars(storage::Store* store, const Queries* queries, const Clock* clock)
      : store_(store), queries_(*queries), clock_(*clock) {}

  // Nothing if the dataset has none. Errors: kCorruption, those of the store.
  absl::StatusOr<std::shared_ptr<const Calendar>> Get(std::string_view dataset) const;
  // An empty text removes it. Returns the canonical text. Errors: kDatasetNotFound; every wrong line, fields
  // "line 3, column 8"; those of the store.
  absl::StatusOr<std::string> Set(std::string_view dataset, std::string_view text);

  // What was expected for the months [from, to], both given, against what came. Errors: as Queries::Resolve;
  // field "months".
  absl::StatusOr<ExpectedReleases> List(std::string_view dataset, const PeriodRange& months,
                                        const VintageInput& vintage) const;
  // What is overdue now, by the clock. Never nullptr. Kept for a minute, or a second once another release has
  // come; if it cannot be looked up, what was found last.
  std::shared_ptr<const OverdueReleases> Overdue() const;
  // See finding_step.h.
  absl::StatusOr<RevisionsDue> RevisionsDueAt(const DatasetDefinition& dataset, Instant published_at) const;

 private:
  using Periods = std::shared_ptr<const std::vector<Period>>;
  struct PeriodsKey {
    Sequence sequence;
    std::string dataset;
    friend bool operator==(const PeriodsKey&, const PeriodsKey&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const PeriodsKey& key) {
      return H::combine(std::move(h), key.sequence, key.dataset);
    }
  };
  absl::StatusOr<Periods> PeriodsOf(const storage::LogEntry& entry, const std::string& dataset) const;
  absl::StatusOr<std::vector<PublishedRelease>> PublishedSince(const std::string& dataset, Instant since,
                                                               const Vintage& vintage) const;
  absl::StatusOr<OverdueReleases> FindOverdue() const;

  storage::Store* const store_;
  const Queries& queries_;
  const Clock& clock_;
  mutable absl::Mutex looking_;  // held while what is overdue is looked up; before mutex_
  mutable absl::Mutex mutex_;    // no other lock is taken while it is held
  mutable absl::flat_hash_map<std::string, std::shared_ptr<const Calendar>> calendars_
      ABSL_GUARDED_BY(mutex_);
  std::uint64_t sets_ ABSL_GUARDED_BY(mutex_) = 0;  // calendars set so far
  mutable absl::flat_hash_map<PeriodsKey, Periods> periods_ ABSL_GUARDED_BY(mutex_);
  mutable std::shared_ptr<const OverdueReleases> overdue_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const OverdueReleases>();
  mutable std::optional<Instant> looked_at_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::engine
