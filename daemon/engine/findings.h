// What the checks of the releases found: kept beside the log, and listed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "daemon/engine/finding_step.h"
#include "daemon/engine/finding_table.h"
#include "daemon/engine/known_codes.h"
#include "daemon/engine/pending_records.h"
#include "daemon/engine/update_feed.h"
#include "domain/finding.h"
#include "domain/period.h"
#include "domain/selector.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Which findings; whatever is not given does not narrow.
struct FindingFilter {
  std::string dataset = {};
  std::vector<Selector> selectors = {};  // any of them matches any series of the finding; none: every series
  std::vector<FindingKind> kinds = {};
  std::vector<FindingStatus> statuses = {};
  PeriodRange periods = {};                    // of the finding's period
  Sequence after = 0;                          // found by entries after this one
  std::optional<Sequence> until = {};          // and up to this one
  std::optional<Instant> published_from = {};  // of the release that it is about
  std::optional<Instant> published_to = {};    // inclusive
  bool Matches(const PlacedFinding& placed) const;
};

struct FindingsPage {
  Sequence position = 0;  // every entry up to this one has been checked
  std::vector<PlacedFinding> findings;
  std::optional<FindingPlace> after;  // where the next page begins; none: this was the last
};

// Checks every entry of the log, one after the other, on a thread of its own that is woken by the feed and
// never holds up a push. How far it has come is kept with what it found, all or nothing: after a restart it
// goes on where it was, and nothing is found twice. Raised rules (kFindingRules) hold for the entries that
// come after the raise.
//
// An entry that cannot be checked is recorded, counted and told to `on_error`, and the next one is checked.
// While findings cannot be written (a full disk) it waits and tries again. Thread-safe; outlives neither the
// store nor the feed.
class Findings {
 public:
  using OnError = std::function<void(Sequence sequence, const absl::Status& status)>;
  // Whether somebody is being served just now who goes first. A check waits for that, though not for ever.
  using IsBusy = std::function<bool()>;
  Findings(storage::Store* store, UpdateFeed* feed, CheckingRules checking = {}, OnError on_error = nullptr,
           IsBusy is_busy = nullptr);
  ~Findings();  // as Stop()
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  void Start();
  // The entry under way is left as if it had not begun; what is finished is kept. Blocks until the thread has
  // ended. It cannot be started again.
  void Stop();

  // What is durable.
  FindingsState state() const;
  // Waits until every entry up to `sequence` has been checked and that is durable, or until Stop().
  // False: stopped.
  bool WaitFor(Sequence sequence) const;
  using WaiterId = std::uint64_t;
  // As UpdateFeed::Wait, on state().position.
  WaiterId Wait(Sequence after, std::function<void()> wake);
  bool Cancel(WaiterId id);

  // In order of rules, found_by and ordinal, after `after`; at most `limit`. A page may end early, and even
  // empty, when much was looked at that does not match.
  absl::StatusOr<FindingsPage> List(const FindingFilter& filter, std::optional<FindingPlace> after,
                                    std::size_t limit) const;
  // What the entry found, and what it settled, in order of place; at most `limit` after `after`.
  absl::StatusOr<std::vector<PlacedFinding>> OfEntry(Sequence sequence) const;

 private:
  struct Signal {
    absl::Mutex mutex;
    bool woken ABSL_GUARDED_BY(mutex) = false;
    bool stopping ABSL_GUARDED_BY(mutex) = false;
  };
  struct Waiter {
    Sequence after;
    std::function<void()> wake;
  };

  void Run();
  // Or less, if it is to stop.
  void Rest(absl::Duration duration);
  bool IsFarBehind() const;
  void LetOthersGoFirst();
  void CheckNext();
  bool FlushOrWait();  // false: stopping
  void Publish();
  bool Stopping() const;
  void WaitForNews();

  storage::Store* const store_;
  UpdateFeed* const feed_;
  const CheckingRules checking_;
  const OnError on_error_;
  const IsBusy is_busy_;
  const std::shared_ptr<Signal> signal_ = std::make_shared<Signal>();
  // Of the thread alone.
  PendingRecords records_;
  FindingTable table_;
  KnownCodes codes_;
  FindingsState working_;
  int unflushed_ = 0;
  absl::Duration last_check_ = absl::Milliseconds(1);

  mutable absl::Mutex mutex_;  // no other lock is taken while it is held
  FindingsState state_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  WaiterId next_waiter_ ABSL_GUARDED_BY(mutex_) = 1;
  std::vector<std::pair<WaiterId, Waiter>> waiters_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tidewaiter::engine
