#include "daemon/engine/findings.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Work that shares one write while there is more to catch up with.
constexpr int kEntriesPerFlush = 256;
constexpr std::size_t kBytesPerFlush = 1u << 20;
// Between attempts to write, and between looks at a feed that is closed.
constexpr absl::Duration kRetry = absl::Seconds(1);
// While releases keep coming, a check is followed by a rest of so many times its own length: whoever loads a
// store wants the processor more.
constexpr int kRestsPerCheck = 10;
constexpr absl::Duration kLongestRest = absl::Seconds(1);
// While others are served a check waits, so many times the length of the last one at most: it shall not fall
// behind for ever because somebody is always served. Between looks whether they still are:
constexpr int kWaitsPerCheck = 16;
constexpr absl::Duration kLook = absl::Milliseconds(5);
// Nobody is given way to once so many releases wait to be checked.
constexpr Sequence kLongestQueue = 50'000;
// Records read for one page, at most.
constexpr std::size_t kScanRecords = 1000;
constexpr std::size_t kMaxScans = 50;

// Of the thread that checks: a tenth of the share of one that answers somebody, and all that nobody else
// wants. Not less, as it holds locks now and then that others wait for.
constexpr int kNice = 10;

// What cannot be set changes only who waits for whom.
void GiveWay() { (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice); }

template <typename T>
bool OneOf(const std::vector<T>& wanted, T value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

bool FindingFilter::Matches(const PlacedFinding& placed) const {
  const Finding& finding = placed.finding;
  if (!dataset.empty() && finding.dataset != dataset) return false;
  if (!OneOf(kinds, finding.kind) || !OneOf(statuses, finding.status)) return false;
  if (!periods.Contains(finding.period)) return false;
  if (placed.place.found_by <= after || (until && placed.place.found_by > *until)) return false;
  if (published_from && finding.published_at.instant < *published_from) return false;
  if (published_to && finding.published_at.instant > *published_to) return false;
  return selectors.empty() || std::any_of(selectors.begin(), selectors.end(), [&](const Selector& selector) {
           return std::any_of(finding.series.begin(), finding.series.end(),
                              [&](const SeriesKey& series) { return selector.Matches(series); });
         });
}

Findings::Findings(storage::Store* store, UpdateFeed* feed, CheckingRules checking, OnError on_error,
                   IsBusy is_busy)
    : store_(store),
      feed_(feed),
      checking_(std::move(checking)),
      on_error_(std::move(on_error)),
      is_busy_(std::move(is_busy)),
      records_(store, std::string(kFindingTable)),
      table_(&records_),
      codes_(store) {}

Findings::~Findings() { Stop(); }

// ---- The thread

void Findings::Start() {
  const absl::StatusOr<FindingsState> state = table_.State();
  if (state.ok()) {
    working_ = *state;
  } else if (on_error_) {
    on_error_(0, state.status());
  }
  // Damage is not overwritten.
  if (!state.ok()) return;
  working_.rules = kFindingRules;
  Publish();
  thread_ = std::thread([this] { Run(); });
}

void Findings::Stop() {
  {
    absl::MutexLock lock(&signal_->mutex);
    signal_->stopping = true;
  }
  if (thread_.joinable()) thread_.join();
  std::vector<std::pair<WaiterId, Waiter>> waiters;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    waiters.swap(waiters_);
  }
  for (auto& [id, waiter] : waiters) waiter.wake();
}

bool Findings::Stopping() const {
  absl::MutexLock lock(&signal_->mutex);
  return signal_->stopping;
}

void Findings::Run() {
  GiveWay();
  while (!Stopping()) {
    if (const Sequence head = feed_->head(); working_.position < head) {
      LetOthersGoFirst();
      const absl::Time begun = absl::Now();
      CheckNext();
      last_check_ = absl::Now() - begun;
      if (feed_->head() != head && !IsFarBehind()) Rest(kRestsPerCheck * last_check_);
      const bool full = ++unflushed_ >= kEntriesPerFlush || records_.bytes() >= kBytesPerFlush;
      if (full || working_.position >= feed_->head()) {
        if (!FlushOrWait()) return;
      }
    } else {
      WaitForNews();
    }
  }
  // What has been finished since the last write would be found again: no need to insist.
  if (records_.Flush().ok()) Publish();
}

bool Findings::IsFarBehind() const { return working_.position + kLongestQueue < feed_->head(); }

void Findings::Rest(absl::Duration duration) {
  Signal* const signal = signal_.get();
  absl::MutexLock lock(&signal->mutex);
  signal->mutex.AwaitWithTimeout(absl::Condition(&signal->stopping), std::min(duration, kLongestRest));
}

void Findings::LetOthersGoFirst() {
  if (IsFarBehind()) return;
  const absl::Time until = absl::Now() + std::min(kWaitsPerCheck * last_check_, kLongestRest);
  while (is_busy_ && !Stopping() && is_busy_() && absl::Now() < until) Rest(kLook);
}

void Findings::CheckNext() {
  const Sequence sequence = working_.position + 1;
  FindingStep step(store_, feed_, &table_, &codes_, checking_, [this] { return Stopping(); });
  const absl::Status status = step.Run(sequence, working_.rules);
  if (absl::IsCancelled(status) && Stopping()) return;
  if (status.ok()) {
    step.Keep(table_, working_);
  } else {
    ++working_.errors;
    table_.PutError(working_.rules, sequence, status.ToString());
    if (on_error_) on_error_(sequence, status);
  }
  working_.position = sequence;
  table_.PutState(working_);
}

bool Findings::FlushOrWait() {
  for (bool told = false;; told = true) {
    const absl::Status status = records_.Flush();
    if (status.ok()) {
      unflushed_ = 0;
      Publish();
      return true;
    }
    if (!told && on_error_) on_error_(working_.position, status);
    absl::MutexLock lock(&signal_->mutex);
    signal_->mutex.AwaitWithTimeout(absl::Condition(&signal_->stopping), kRetry);
    if (signal_->stopping) return false;
  }
}

void Findings::WaitForNews() {
  const UpdateFeed::WaiterId id = feed_->Wait(working_.position, [signal = signal_] {
    absl::MutexLock lock(&signal->mutex);
    signal->woken = true;
  });
  const auto is_news = [](Signal* signal) { return signal->woken || signal->stopping; };
  {
    absl::MutexLock lock(&signal_->mutex);
    signal_->mutex.Await(absl::Condition(+is_news, signal_.get()));
    signal_->woken = false;
    // A closed feed wakes at once, for ever: then there is nothing to do but to wait for the end.
    if (id == 0 && feed_->head() <= working_.position) {
      signal_->mutex.AwaitWithTimeout(absl::Condition(&signal_->stopping), kRetry);
    }
  }
  if (id != 0) feed_->Cancel(id);
}

// ---- How far it has come

void Findings::Publish() {
  std::vector<std::function<void()>> wakes;
  {
    absl::MutexLock lock(&mutex_);
    state_ = working_;
    std::erase_if(waiters_, [&](std::pair<WaiterId, Waiter>& waiter) {
      if (state_.position <= waiter.second.after) return false;
      wakes.push_back(std::move(waiter.second.wake));
      return true;
    });
  }
  for (const auto& wake : wakes) wake();
}

FindingsState Findings::state() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

bool Findings::WaitFor(Sequence sequence) const {
  const auto reached = [this, sequence]()
                           ABSL_NO_THREAD_SAFETY_ANALYSIS { return stopped_ || state_.position >= sequence; };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&reached));
  return state_.position >= sequence;
}

Findings::WaiterId Findings::Wait(Sequence after, std::function<void()> wake) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopped_ && state_.position <= after) {
      const WaiterId id = next_waiter_++;
      waiters_.emplace_back(id, Waiter{after, std::move(wake)});
      return id;
    }
  }
  wake();
  return 0;
}

bool Findings::Cancel(WaiterId id) {
  absl::MutexLock lock(&mutex_);
  return std::erase_if(waiters_, [id](const auto& waiter) { return waiter.first == id; }) > 0;
}

// ---- Reading

absl::StatusOr<FindingsPage> Findings::List(const FindingFilter& filter, std::optional<FindingPlace> after,
                                            std::size_t limit) const {
  FindingsPage page;
  page.position = state().position;
  FindingPlace place = after.value_or(FindingPlace{1, 0, 0});
  // Findings of one place on: rules, then entries. Those of an entry that is not complete are left out.
  std::size_t scans = 0;
  for (; place.rules <= kFindingRules; place = {place.rules + 1, 0, 0}) {
    if (place.found_by <= filter.after && filter.after > 0) {
      place.found_by = filter.after;
      place.ordinal = 0xFFFF'FFFFu;
    }
    for (;;) {
      TW_ASSIGN_OR_RETURN(
          const std::vector<storage::AnnexRecord> records,
          store_->ScanAnnexes(kFindingTable, FindingKeyPrefix(place.rules), FindingKey(place), kScanRecords));
      for (const storage::AnnexRecord& record : records) {
        TW_ASSIGN_OR_RETURN(PlacedFinding placed, DecodePlaced(record.key, record.value.value_or("")));
        place = placed.place;
        if (place.found_by > page.position || (filter.until && place.found_by > *filter.until)) break;
        if (!filter.Matches(placed)) continue;
        if (page.findings.size() == limit) {
          page.after = page.findings.back().place;
          return page;
        }
        page.findings.push_back(std::move(placed));
      }
      if (records.empty() || place.found_by > page.position ||
          (filter.until && place.found_by > *filter.until)) {
        break;
      }
      if (++scans >= kMaxScans) {
        page.after = place;
        return page;
      }
    }
  }
  return page;
}

absl::StatusOr<std::vector<PlacedFinding>> Findings::OfEntry(Sequence sequence) const {
  PendingRecords records(store_, std::string(kFindingTable));
  std::vector<PlacedFinding> found;
  const std::uint32_t rules = kFindingRules;
  std::string own = FindingKeyPrefix(rules);
  AppendNumber(own, sequence);
  TW_RETURN_IF_ERROR(records.ForEach(own, [&](std::string_view key, std::string_view value) -> absl::Status {
    TW_ASSIGN_OR_RETURN(PlacedFinding placed, DecodePlaced(key, value));
    found.push_back(std::move(placed));
    return absl::OkStatus();
  }));
  std::string settled = "s";
  AppendNumber(settled, rules);
  AppendNumber(settled, sequence);
  TW_RETURN_IF_ERROR(records.ForEach(settled, [&](std::string_view key, std::string_view) -> absl::Status {
    FindingPlace place{rules, NumberAt(key, settled.size()), NumberAt(key, settled.size() + 4)};
    TW_ASSIGN_OR_RETURN(const std::optional<std::string> value, records.Get(FindingKey(place)));
    if (!value) return absl::OkStatus();
    TW_ASSIGN_OR_RETURN(PlacedFinding placed, DecodePlaced(FindingKey(place), *value));
    // What was settled by this entry may have been settled otherwise by a later one, which tells it then. One
    // that is OPEN again, this entry may have opened.
    const Sequence settled_by = placed.finding.settled_by;
    if (settled_by == sequence || settled_by == 0) found.push_back(std::move(placed));
    return absl::OkStatus();
  }));
  return found;
}

}  // namespace tidewaiter::engine
