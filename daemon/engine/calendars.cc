#include "daemon/engine/calendars.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "daemon/engine/zones.h"
#include "domain/calendar_text.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

constexpr std::string_view kTable = "calendars";
constexpr std::size_t kEntriesSlice = 1000;
// Periods of so many releases are remembered, some hundred bytes each.
constexpr std::size_t kKeptReleases = 100'000;
constexpr std::int64_t kLookEveryMicros = 60'000'000;
constexpr std::int64_t kLookSoonestMicros = 1'000'000;
constexpr int kOverdueMonths = 24;

Month MonthOfDay(absl::CivilDay day) {
  const auto month = Month::FromYearMonth(static_cast<int>(day.year()), day.month());
  return month.ok() ? *month : Month();
}

absl::Status CheckMonths(const PeriodRange& months) {
  Violations violations;
  if (!months.from) violations.Add("from", "is empty; name the first month, as in 2025-01");
  if (!months.to) violations.Add("to", "is empty; name the last month, as in 2025-12");
  TW_RETURN_IF_ERROR(violations.ToStatus());
  TW_RETURN_IF_ERROR(months.Validate());
  if (*months.to - *months.from >= limits::kMaxPeriodMonths) {
    return InvalidField("to", absl::StrCat("at most ", limits::kMaxPeriodMonths, " months are listed"));
  }
  return absl::OkStatus();
}

std::string IdentityOf(std::string_view dataset, const ExpectedRelease& expected) {
  return absl::StrCat(std::string(dataset), " ", expected.period.ToString(), " ",
                      std::string(ExpectedKindName(expected.kind)), " ", expected.stage, " ",
                      expected.window ? DayToString(expected.window->last_day) : "");
}

// Revisions by their dates; of their periods any month may be the last.
absl::StatusOr<std::vector<ExpectedRelease>> DatedRevisions(const Calendar& calendar) {
  std::optional<Month> first;
  std::optional<Month> last;
  for (const CalendarDate& date : calendar.dates) {
    if (date.kind != ExpectedKind::kRevision) continue;
    first = first ? std::min(*first, date.period.last()) : date.period.last();
    last = last ? std::max(*last, date.period.last()) : date.period.last();
  }
  if (!first) return std::vector<ExpectedRelease>();
  const int months = std::min(*last - *first, limits::kMaxPeriodMonths - 1);
  return ExpandCalendar({.rules = {}, .dates = calendar.dates}, *last - months, *last);
}

// Those that the rules have around an instant, with what dates say about them: one that was postponed or
// cancelled is not due when its rule says so.
absl::StatusOr<std::vector<ExpectedRelease>> RecurringRevisions(const Calendar& calendar, Instant around,
                                                                absl::TimeZone zone) {
  Calendar revisions;
  std::copy_if(calendar.rules.begin(), calendar.rules.end(), std::back_inserter(revisions.rules),
               [](const CalendarRule& rule) { return rule.kind == ExpectedKind::kRevision; });
  if (revisions.rules.empty()) return std::vector<ExpectedRelease>();
  revisions.dates = calendar.dates;
  const Month month = MonthOfDay(absl::ToCivilDay(absl::FromUnixMicros(around.micros()), zone));
  int lag = 0;
  for (const CalendarRule& rule : revisions.rules) lag = std::max(lag, rule.lag_months);
  const auto from = Month::FromIndexChecked(std::int64_t{month.index()} - lag);
  return ExpandCalendar(revisions, from.ok() ? *from : month, month);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Calendar>> Calendars::Get(std::string_view dataset) const {
  std::uint64_t sets = 0;
  {
    absl::MutexLock lock(&mutex_);
    sets = sets_;
    if (const auto found = calendars_.find(std::string(dataset)); found != calendars_.end())
      return found->second;
  }
  TW_ASSIGN_OR_RETURN(const std::optional<std::string> text, store_->GetAnnex(kTable, dataset));
  std::shared_ptr<const Calendar> calendar;
  if (text) {
    absl::StatusOr<Calendar> parsed = ParseCalendar(*text);
    if (!parsed.ok()) {
      return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption,
                       absl::StrCat("the calendar of ", std::string(dataset),
                                    " cannot be read: ", parsed.status().message()));
    }
    calendar = std::make_shared<const Calendar>(*std::move(parsed));
  }
  absl::MutexLock lock(&mutex_);
  // What was read may have been replaced meanwhile.
  if (sets == sets_) calendars_.try_emplace(std::string(dataset), calendar);
  return calendar;
}

absl::StatusOr<std::string> Calendars::Set(std::string_view dataset, std::string_view text) {
  TW_RETURN_IF_ERROR(store_->GetDataset(dataset).status());
  TW_ASSIGN_OR_RETURN(Calendar calendar, ParseCalendar(text));
  TW_RETURN_IF_ERROR(Validate(calendar));
  const bool is_empty = calendar.rules.empty() && calendar.dates.empty();
  std::string canonical = is_empty ? "" : CalendarToText(calendar);
  const storage::AnnexRecord record{std::string(dataset),
                                    is_empty ? std::nullopt : std::optional<std::string>(canonical)};
  TW_RETURN_IF_ERROR(store_->PutAnnexes(kTable, std::span(&record, 1)));
  absl::MutexLock lock(&mutex_);
  // Whoever reads next reads what is kept: of two who set it at once the later write counts.
  ++sets_;
  calendars_.erase(std::string(dataset));
  looked_at_ = std::nullopt;
  return canonical;
}

// ---- What came

absl::StatusOr<Calendars::Periods> Calendars::PeriodsOf(const storage::LogEntry& entry,
                                                        const std::string& dataset) const {
  const PeriodsKey key{entry.sequence, dataset};
  {
    absl::MutexLock lock(&mutex_);
    if (const auto found = periods_.find(key); found != periods_.end()) return found->second;
  }
  std::set<Period> periods;
  for (std::uint32_t part = 0; part < entry.parts; ++part) {
    TW_ASSIGN_OR_RETURN(const storage::ReleasePart statements, store_->ReadPart(entry.sequence, part));
    for (const storage::SeriesStatements& series : statements) {
      if (series.section >= entry.sections.size()) continue;
      if (entry.sections[series.section].header.dataset != dataset) continue;
      for (const auto& cell : series.cells) {
        if (cell.datum.has_value()) periods.insert(cell.period);
      }
    }
  }
  Periods found = std::make_shared<const std::vector<Period>>(periods.begin(), periods.end());
  absl::MutexLock lock(&mutex_);
  if (periods_.size() >= kKeptReleases) periods_.clear();
  return periods_.try_emplace(key, std::move(found)).first->second;
}

absl::StatusOr<std::vector<PublishedRelease>> Calendars::PublishedSince(const std::string& dataset,
                                                                        Instant since,
                                                                        const Vintage& vintage) const {
  std::vector<PublishedRelease> published;
  for (Sequence after = 0;;) {
    TW_ASSIGN_OR_RETURN(const std::vector<storage::LogEntry> entries,
                        store_->ListEntries(dataset, after, kEntriesSlice));
    for (const storage::LogEntry& entry : entries) {
      after = entry.sequence;
      if (entry.sequence > vintage.sequence || entry.retracts != 0) continue;
      if (entry.retracted_by != 0 && entry.retracted_by <= vintage.sequence) continue;
      const Instant at = entry.header.published_at.instant;
      if (at < since || at > vintage.as_of) continue;
      TW_ASSIGN_OR_RETURN(const Periods periods, PeriodsOf(entry, dataset));
      published.push_back({.sequence = entry.sequence,
                           .published_at = entry.header.published_at,
                           .kind = entry.header.kind,
                           .stage = entry.header.stage,
                           .periods = *periods});
    }
    if (entries.size() < kEntriesSlice) return published;
  }
}

absl::StatusOr<ExpectedReleases> Calendars::List(std::string_view dataset, const PeriodRange& months,
                                                 const VintageInput& input) const {
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, store_->GetDataset(dataset));
  const absl::Status checked = CheckMonths(months);
  if (!checked.ok()) return PrefixFields(checked, "months");
  TW_ASSIGN_OR_RETURN(const Vintage vintage, queries_.Resolve(input, info.definition));
  TW_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindZone(info.definition.time_zone));
  ExpectedReleases result;
  result.sequence = vintage.sequence;
  result.as_of = vintage.as_of == Instant::Max() ? clock_.Now() : vintage.as_of;
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Calendar> calendar, Get(dataset));
  if (calendar == nullptr) return result;
  TW_ASSIGN_OR_RETURN(const std::vector<ExpectedRelease> expected,
                      ExpandCalendar(*calendar, *months.from, *months.to));
  // Nothing about a month comes before the month.
  const absl::CivilDay first(months.from->year(), months.from->month(), 1);
  const Instant since = Instant::FromMicros(absl::ToUnixMicros(absl::FromCivil(first, zone)));
  TW_ASSIGN_OR_RETURN(const std::vector<PublishedRelease> published,
                      PublishedSince(info.definition.id, since, vintage));
  result.entries = MatchCalendar(expected, published, zone, result.as_of);
  return result;
}

absl::StatusOr<OverdueReleases> Calendars::FindOverdue() const {
  OverdueReleases overdue;
  overdue.as_of = clock_.Now();
  overdue.sequence = store_->head();
  const absl::Time now = absl::FromUnixMicros(overdue.as_of.micros());
  for (const storage::DatasetInfo& info : store_->ListDatasets()) {
    TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Calendar> calendar, Get(info.definition.id));
    if (calendar == nullptr) continue;
    TW_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindZone(info.definition.time_zone));
    const Month month = MonthOfDay(absl::ToCivilDay(now, zone));
    TW_ASSIGN_OR_RETURN(ExpectedReleases expected,
                        List(info.definition.id, {month - kOverdueMonths, month}, {}));
    for (CalendarEntry& entry : expected.entries) {
      if (entry.state != CalendarState::kOverdue) continue;
      std::string identity = IdentityOf(info.definition.id, entry.expected);
      overdue.releases.push_back({info.definition.id, std::move(entry), std::move(identity)});
    }
  }
  return overdue;
}

std::shared_ptr<const OverdueReleases> Calendars::Overdue() const {
  const Instant now = clock_.Now();
  const Sequence head = store_->head();
  const auto is_fresh = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!looked_at_) return false;
    const std::int64_t age = now.micros() - looked_at_->micros();
    return age < (head == overdue_->sequence ? kLookEveryMicros : kLookSoonestMicros);
  };
  {
    absl::MutexLock lock(&mutex_);
    if (is_fresh()) return overdue_;
  }
  absl::MutexLock looking(&looking_);
  {
    absl::MutexLock lock(&mutex_);
    if (is_fresh()) return overdue_;  // another has looked meanwhile
    looked_at_ = now;
  }
  absl::StatusOr<OverdueReleases> found = FindOverdue();
  absl::MutexLock lock(&mutex_);
  if (found.ok()) overdue_ = std::make_shared<const OverdueReleases>(*std::move(found));
  return overdue_;
}

// ---- For the checks of releases

absl::StatusOr<RevisionsDue> Calendars::RevisionsDueAt(const DatasetDefinition& dataset,
                                                       Instant published_at) const {
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Calendar> calendar, Get(dataset.id));
  if (calendar == nullptr) return RevisionsDue();
  TW_ASSIGN_OR_RETURN(const absl::TimeZone zone, FindZone(dataset.time_zone));
  TW_ASSIGN_OR_RETURN(std::vector<ExpectedRelease> expected, DatedRevisions(*calendar));
  TW_ASSIGN_OR_RETURN(std::vector<ExpectedRelease> recurring,
                      RecurringRevisions(*calendar, published_at, zone));
  expected.insert(expected.end(), std::make_move_iterator(recurring.begin()),
                  std::make_move_iterator(recurring.end()));
  return RevisionsDue([expected = std::move(expected), published_at, zone](Period period) {
    return RevisionScheduled(expected, published_at, period, zone);
  });
}

}  // namespace tidewaiter::engine
