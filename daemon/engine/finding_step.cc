#include "daemon/engine/finding_step.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "daemon/engine/sliced_figures.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

// Groups that wait for their second look: some 200 bytes each.
constexpr std::size_t kMaxGroups = 4096;
// So many observations are kept in memory between two passes over them: 64 bytes each.
constexpr std::size_t kMaxKeptObservations = 200'000;
// Releases of fewer observations look for OPEN findings series by series.
constexpr std::size_t kManyObservations = 1'000;
// A figure is the base of rates one year on, and a term of sums within its year.
constexpr int kMonthsOn = 13;
constexpr int kYear = 12;

// Months may lie at either end of the calendar.
Month Shifted(Month month, int months) {
  const auto shifted = Month::FromIndexChecked(std::int64_t{month.index()} + months);
  return shifted.ok() ? *shifted : month;
}

// The key with every flow, measure and unit: CN.RU.T.VALUE.USD.BN => CN.RU...USD.
std::string GroupOf(const DatasetDefinition& dataset, const std::string& key) {
  const SeriesKey series = SeriesKey::FromValid(key);
  const std::vector<std::string_view> codes = series.codes();
  std::string selector;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const Role role = i < dataset.dimensions.size() ? dataset.dimensions[i].role : Role::kOther;
    const bool any = role == Role::kFlow || role == Role::kMeasure || role == Role::kUnit;
    absl::StrAppend(&selector, i == 0 ? "" : ".", any ? "" : ToAbsl(codes[i]));
  }
  return selector.find_first_not_of('.') == std::string::npos ? "*" : selector;
}

// The selector with every code of the dimensions that totals sum over: CN.RU...USD. => CN....USD.
std::string JoinedBy(const std::vector<TotalRule>& totals, const DatasetDefinition& dataset,
                     const Selector& group) {
  std::string selector;
  for (std::size_t i = 0; i < group.places(); ++i) {
    const bool any = std::any_of(totals.begin(), totals.end(), [&](const TotalRule& rule) {
      return i < dataset.dimensions.size() && rule.dimension == dataset.dimensions[i].id;
    });
    absl::StrAppend(&selector, i == 0 ? "" : ".", any ? "" : absl::StrJoin(group.codes(i), "+"));
  }
  return selector.find_first_not_of('.') == std::string::npos ? "*" : selector;
}

Finding AsFound(Finding finding) {
  finding.status = FindingStatus::kOpen;
  finding.settled_by = 0;
  return finding;
}

}  // namespace

struct FindingStep::Section {
  DatasetDefinition definition;
  Conventions conventions;
  DatasetSeen seen;               // before this entry
  bool is_late = false;           // something newer has been published
  std::optional<Month> own_last;  // the last month that the release speaks of
  std::set<Period> stated;
  std::size_t observations = 0;
  std::unique_ptr<ReleaseFigures> figures;
  SlicedFigures* sliced = nullptr;        // the same, if they are of that kind
  std::optional<ReleaseChecker> checker;  // not for a retraction

  Month ReferenceMonth() const {
    if (is_late && own_last) return *own_last;
    if (!own_last) return seen.reference_month.value_or(Month());
    return seen.reference_month ? std::max(*seen.reference_month, *own_last) : *own_last;
  }
};

FindingStep::FindingStep(const storage::Store* store, UpdateFeed* feed, const FindingTable* table,
                         KnownCodes* codes, CheckingRules checking, std::function<bool()> cancelled)
    : store_(store),
      feed_(feed),
      table_(table),
      codes_(codes),
      checking_(std::move(checking)),
      cancelled_(std::move(cancelled)) {}

FindingStep::~FindingStep() = default;

absl::Status FindingStep::Run(Sequence sequence, std::uint32_t rules) {
  rules_ = rules;
  codes_->Renew();
  TW_ASSIGN_OR_RETURN(entry_, store_->GetEntry(sequence));
  origin_ = {entry_.header.published_at.instant, entry_.retracts != 0 ? entry_.retracts : sequence};
  TW_RETURN_IF_ERROR(ReadMonths());
  if (entry_.observations() >= kManyObservations) {
    TW_ASSIGN_OR_RETURN(open_series_, table_->OpenSeries(entry_.observations()));
  }
  TW_RETURN_IF_ERROR(IsToldByStatements() ? CheckStatements() : CheckChanges());
  for (auto& [dataset, section] : sections_) {
    if (!section.checker) continue;
    for (Finding& finding : section.checker->TakeFindings()) Found(std::move(finding));
    dropped_ += section.checker->counts().findings_dropped;
  }
  TW_RETURN_IF_ERROR(LookBack());
  if (entry_.retracts != 0) {
    TW_RETURN_IF_ERROR(SupersedeAbout(entry_.retracts));
    TW_RETURN_IF_ERROR(ReopenSettledBy(entry_.retracts));
  }
  return Place();
}

// ---- The entry itself

absl::StatusOr<FindingStep::Section*> FindingStep::SectionOf(const std::string& dataset) {
  const auto [at, is_new] = sections_.try_emplace(dataset);
  Section& section = at->second;
  if (!is_new) return &section;
  TW_ASSIGN_OR_RETURN(storage::DatasetInfo info, store_->GetDataset(dataset));
  section.definition = std::move(info.definition);
  if (checking_.conventions != nullptr) {
    TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Conventions> kept, checking_.conventions(dataset));
    section.conventions = *kept;
  }
  TW_ASSIGN_OR_RETURN(section.seen, table_->Seen(dataset));
  section.is_late = origin_.published_at < section.seen.newest;
  return &section;
}

// The reference month must be known before the first cell is checked.
absl::Status FindingStep::ReadMonths() {
  for (const storage::SectionInfo& info : entry_.sections) {
    TW_RETURN_IF_ERROR(SectionOf(info.header.dataset).status());
  }
  if (entry_.retracts != 0) return absl::OkStatus();
  const bool keep = IsToldByStatements() && entry_.observations() <= kMaxKeptObservations;
  for (std::uint32_t part = 0; part < entry_.parts; ++part) {
    if (cancelled_()) return absl::CancelledError();
    TW_ASSIGN_OR_RETURN(storage::ReleasePart statements, store_->ReadPart(entry_.sequence, part));
    for (const storage::SeriesStatements& series : statements) NotePeriods(series);
    if (keep) kept_parts_.push_back(std::move(statements));
  }
  for (auto& [dataset, section] : sections_) {
    ReleaseUnderCheck release;
    release.sequence = entry_.sequence;
    release.published_at = entry_.header.published_at;
    release.kind = entry_.header.kind;
    release.conventions = section.conventions;
    release.reference_month = section.ReferenceMonth();
    TW_ASSIGN_OR_RETURN(release.is_revision_scheduled, DueOf(section.definition, origin_.published_at));
    TW_RETURN_IF_ERROR(OpenFigures(dataset, &section));
    section.checker.emplace(release, section.definition, *section.figures);
  }
  return absl::OkStatus();
}

void FindingStep::NotePeriods(const storage::SeriesStatements& series) {
  if (series.section >= entry_.sections.size()) return;
  Section& section = sections_.at(entry_.sections[series.section].header.dataset);
  section.observations += series.cells.size();
  for (const auto& cell : series.cells) {
    if (section.stated.size() <= SlicedFigures::kMostPeriods) section.stated.insert(cell.period);
    if (!cell.datum.has_value()) continue;
    const Month last = cell.period.last();
    section.own_last = section.own_last ? std::max(*section.own_last, last) : last;
  }
}

absl::Status FindingStep::OpenFigures(const std::string& dataset, Section* section) {
  if (IsToldByStatements()) {
    TW_ASSIGN_OR_RETURN(
        std::unique_ptr<SlicedFigures> sliced,
        SlicedFigures::Load(store_, dataset, origin_, section->stated, section->observations, codes_));
    section->sliced = sliced.get();
    section->figures = std::move(sliced);
  }
  if (section->figures == nullptr) {
    section->figures = std::make_unique<ArrivalFigures>(store_, dataset, origin_);
  }
  return absl::OkStatus();
}

absl::StatusOr<RevisionsDue> FindingStep::DueOf(const DatasetDefinition& dataset,
                                                Instant published_at) const {
  if (checking_.due == nullptr) return RevisionsDue();
  return checking_.due(dataset, published_at);
}

// Whether what the entry changed is what it states and no more: then nobody has to compute its changes.
bool FindingStep::IsToldByStatements() const {
  return entry_.retracts == 0 &&
         std::none_of(entry_.sections.begin(), entry_.sections.end(),
                      [](const storage::SectionInfo& info) { return info.header.scope.has_value(); });
}

absl::Status FindingStep::CheckStatements() {
  for (std::uint32_t part = 0; part < entry_.parts; ++part) {
    if (cancelled_()) return absl::CancelledError();
    storage::ReleasePart read;
    if (kept_parts_.empty()) {
      TW_ASSIGN_OR_RETURN(read, store_->ReadPart(entry_.sequence, part));
    }
    for (const storage::SeriesStatements& statements : kept_parts_.empty() ? read : kept_parts_[part]) {
      if (statements.section >= entry_.sections.size()) continue;
      TW_ASSIGN_OR_RETURN(std::string key, store_->KeyOf(statements.series));
      Touched touched{entry_.sections[statements.section].header.dataset,
                      SeriesKey::FromValid(std::move(key)),
                      statements.series,
                      {}};
      for (const auto& cell : statements.cells) {
        touched.cells.push_back({cell.period, cell.datum, cell.attributes});
      }
      TW_RETURN_IF_ERROR(CheckTouched(touched));
    }
  }
  return absl::OkStatus();
}

absl::Status FindingStep::CheckChanges() {
  for (std::uint32_t part = 0;; ++part) {
    if (cancelled_()) return absl::CancelledError();
    TW_ASSIGN_OR_RETURN(const std::shared_ptr<const ChangesPart> changes,
                        feed_->Changes(entry_.sequence, part));
    for (const SeriesChanges& series : changes->series) {
      Touched touched{series.dataset, SeriesKey::FromValid(series.key), series.series, {}};
      for (const SeriesChanges::Cell& cell : series.cells) {
        touched.cells.push_back({cell.state.period, cell.state.datum, cell.state.attributes});
      }
      TW_RETURN_IF_ERROR(CheckTouched(touched));
    }
    if (changes->last) return absl::OkStatus();
  }
}

absl::Status FindingStep::CheckTouched(const Touched& touched) {
  TW_ASSIGN_OR_RETURN(Section* const section, SectionOf(touched.dataset));
  if (section->sliced != nullptr) section->sliced->Expect(touched.key, touched.series);
  for (const Touched::Cell& cell : touched.cells) {
    if (!section->checker) break;
    TW_RETURN_IF_ERROR(section->checker->Check(touched.key, cell.period, cell.datum, cell.attributes));
  }
  TW_RETURN_IF_ERROR(SettleOn(touched));
  return NoteGroup(touched, *section);
}

void FindingStep::Found(Finding finding) {
  finding.rules = rules_;
  if (found_.size() < limits::kMaxFindingsPerRelease) {
    found_.push_back(std::move(finding));
  } else {
    ++dropped_;
  }
}

// ---- What it settles

absl::Status FindingStep::SettleOn(const Touched& touched) {
  if (open_series_ && !open_series_->contains(touched.series)) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const std::vector<FindingTable::OpenHit> hits, table_->OpenOn(touched.series));
  for (const FindingTable::OpenHit& hit : hits) {
    // What a write that was broken off left of this very entry.
    if (hit.place.found_by >= entry_.sequence) continue;
    const bool is_changed = std::any_of(touched.cells.begin(), touched.cells.end(),
                                        [&](const auto& cell) { return cell.period == hit.period; });
    if (is_changed) TW_RETURN_IF_ERROR(SettleOne(hit.place));
  }
  return absl::OkStatus();
}

absl::StatusOr<Datum> FindingStep::KnownNow(const SeriesKey& series, const std::string& dataset,
                                            Period period) const {
  const Datum nothing = Datum::Absent(Absence::kWithdrawn);
  const absl::StatusOr<storage::SeriesEntry> entry = store_->FindSeries(dataset, series.text());
  if (absl::IsNotFound(entry.status())) return nothing;
  TW_RETURN_IF_ERROR(entry.status());
  SeriesFold fold;
  TW_RETURN_IF_ERROR(store_->ReadCells(entry->id, {Instant::Max(), entry_.sequence},
                                       {period.start(), period.last()}, &fold));
  const CellState* const cell = FindCell(fold.cells(), period);
  return cell == nullptr ? nothing : cell->datum;
}

absl::Status FindingStep::SettleOne(const FindingPlace& place) {
  if (settled_.contains(place)) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(std::optional<Finding> finding, table_->Get(place));
  if (!finding || finding->series.size() < 2) return absl::OkStatus();
  const Finding& f = *finding;
  // What was published before the release that it is about was held before it: the second look says what
  // follows.
  if (origin_ < ReleasePlace{f.published_at.instant, f.sequence}) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const bool settled, SettleByWhatIsKnown(&*finding));
  if (f.settled_by != entry_.sequence && !settled) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(std::vector<FindingTable::Cell> cells, CellsOf(*finding));
  settled_.emplace(place, Placed{{place, *std::move(finding)}, std::move(cells)});
  return absl::OkStatus();
}

absl::StatusOr<bool> FindingStep::SettleByWhatIsKnown(Finding* finding) {
  const Finding& f = *finding;
  if (f.series.size() < 2) return false;
  TW_ASSIGN_OR_RETURN(const Datum level, KnownNow(f.series[0], f.dataset, f.period));
  TW_ASSIGN_OR_RETURN(const Datum rate, KnownNow(f.series[1], f.dataset, f.period));
  TW_ASSIGN_OR_RETURN(const Datum base, KnownNow(f.series[0], f.dataset, f.held_period));
  TW_ASSIGN_OR_RETURN(const Section* const section, SectionOf(f.dataset));
  return SettleByPrints(*finding, level, rate, entry_.sequence) ||
         Settle(*finding, base, entry_.sequence, section->conventions.rounding);
}

absl::StatusOr<std::vector<FindingTable::Cell>> FindingStep::CellsOf(const Finding& finding) const {
  std::vector<FindingTable::Cell> cells;
  if (finding.kind != FindingKind::kImpliedRevision || finding.series.size() < 2) return cells;
  TW_ASSIGN_OR_RETURN(const storage::SeriesEntry level,
                      store_->FindSeries(finding.dataset, finding.series[0].text()));
  TW_ASSIGN_OR_RETURN(const storage::SeriesEntry rate,
                      store_->FindSeries(finding.dataset, finding.series[1].text()));
  cells = {{level.id, finding.held_period}, {level.id, finding.period}, {rate.id, finding.period}};
  return cells;
}

// ---- The second look

absl::Status FindingStep::NoteGroup(const Touched& touched, const Section& section) {
  if (touched.cells.empty() || (!section.is_late && entry_.retracts == 0)) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(std::string selector, SelectorOf(section, touched.key.text()));
  const Group group{touched.dataset, std::move(selector)};
  Month first = touched.cells.front().period.start();
  Month last = first;
  for (const Touched::Cell& cell : touched.cells) last = std::max(last, cell.period.last());
  const auto [at, is_new] = groups_.try_emplace(group, Months{first, last});
  at->second.first = std::min(at->second.first, first);
  at->second.last = std::max(at->second.last, last);
  return groups_.size() < kMaxGroups ? absl::OkStatus() : LookBack();
}

absl::Status FindingStep::LookBack() {
  for (const auto& [group, months] : groups_) {
    if (cancelled_()) return absl::CancelledError();
    TW_RETURN_IF_ERROR(LookBackAt(group, months));
  }
  groups_.clear();
  return absl::OkStatus();
}

// The selector of all that is looked at together: one trade, or all that the dataset's totals join with it.
absl::StatusOr<std::string> FindingStep::SelectorOf(const Section& section, const std::string& key) {
  std::string own = GroupOf(section.definition, key);
  if (section.conventions.totals.empty() || own == "*") return own;
  TW_ASSIGN_OR_RETURN(const Selector trade, Selector::Parse(own));
  const std::string joined = JoinedBy(section.conventions.totals, section.definition, trade);
  const auto [fits, is_new] = joined_fits_.try_emplace({section.definition.id, joined}, false);
  if (is_new) {
    TW_ASSIGN_OR_RETURN(const Selector selector, Selector::Parse(joined));
    TW_ASSIGN_OR_RETURN(
        const std::vector<storage::SeriesEntry> series,
        store_->ListSeries(section.definition.id, selector, "", limits::kMaxCheckedSeries + 1));
    fits->second = series.size() <= limits::kMaxCheckedSeries;
  }
  return fits->second ? joined : own;
}

absl::Status FindingStep::LookBackAt(const Group& group, const Months& months) {
  const auto& [dataset, selector_text] = group;
  TW_ASSIGN_OR_RETURN(const Selector selector, Selector::Parse(selector_text));
  TW_ASSIGN_OR_RETURN(const std::vector<SeriesKey> keys, FindSeriesKeys(*store_, dataset, selector));
  // Whatever may depend on it; and, a year and a half around that, whatever those are checked against.
  const PeriodRange dependent{Shifted(months.first, -kYear), Shifted(months.last, kMonthsOn)};
  const PeriodRange needed{Shifted(months.first, -3 * kYear), Shifted(months.last, kMonthsOn + kYear)};
  HindsightFigures figures(store_, dataset, entry_.sequence, needed);
  std::map<ReleasePlace, std::vector<std::pair<SeriesKey, SeriesStatement>>> releases;
  for (const SeriesKey& key : keys) {
    TW_ASSIGN_OR_RETURN(const std::vector<SeriesStatement>* const statements, figures.StatementsOf(key));
    for (const SeriesStatement& statement : *statements) {
      const ReleasePlace place{statement.published_at, statement.sequence};
      if (statement.is_scope || statement.retracted_by != 0 || place <= origin_) continue;
      if (dependent.Contains(statement.period)) releases[place].emplace_back(key, statement);
    }
  }
  for (const auto& [release, cells] : releases) {
    TW_RETURN_IF_ERROR(CheckAgain(release, dataset, cells, figures));
  }
  return absl::OkStatus();
}

absl::Status FindingStep::CheckAgain(ReleasePlace place, const std::string& dataset,
                                     const std::vector<std::pair<SeriesKey, SeriesStatement>>& cells,
                                     HindsightFigures& figures) {
  TW_ASSIGN_OR_RETURN(Section* const section, SectionOf(dataset));
  TW_ASSIGN_OR_RETURN(const storage::LogEntry entry, store_->GetEntry(place.sequence));
  TW_ASSIGN_OR_RETURN(const std::optional<Month> reference, table_->ReferenceMonth(place.sequence, dataset));
  ReleaseUnderCheck release;
  release.sequence = place.sequence;
  release.published_at = entry.header.published_at;
  release.kind = entry.header.kind;
  release.conventions = section->conventions;
  if (reference) {
    release.reference_month = *reference;
  } else {
    // It was accepted before releases were checked: by what it says here.
    for (const auto& [key, cell] : cells) {
      release.reference_month = std::max(release.reference_month, cell.period.last());
    }
  }
  TW_ASSIGN_OR_RETURN(release.is_revision_scheduled, DueOf(section->definition, place.published_at));
  figures.SetRelease(place);
  ReleaseChecker checker(release, section->definition, figures);
  for (const auto& [key, cell] : cells) {
    TW_RETURN_IF_ERROR(checker.Check(key, cell.period, cell.datum, cell.attributes));
  }
  dropped_ += checker.counts().findings_dropped;
  TW_ASSIGN_OR_RETURN(const std::vector<PlacedFinding> kept, table_->About(rules_, place.sequence));
  return Compare(kept, checker.TakeFindings(), cells);
}

absl::Status FindingStep::Compare(const std::vector<PlacedFinding>& kept, std::vector<Finding> now,
                                  const std::vector<std::pair<SeriesKey, SeriesStatement>>& cells) {
  for (Finding& finding : now) finding.rules = rules_;
  for (const PlacedFinding& placed : kept) {
    // What a write that was broken off left of this very entry is found again below.
    if (placed.place.found_by >= entry_.sequence) continue;
    const Finding as_found = AsFound(placed.finding);
    if (const auto again = std::find(now.begin(), now.end(), as_found); again != now.end()) {
      now.erase(again);
      continue;
    }
    const Finding& finding = placed.finding;
    if (finding.kind != FindingKind::kImpliedRevision || finding.series.size() < 2) continue;
    if (finding.status == FindingStatus::kSuperseded || settled_.contains(placed.place)) continue;
    const bool was_looked_at = std::any_of(cells.begin(), cells.end(), [&](const auto& cell) {
      return cell.first == finding.series[1] && cell.second.period == finding.period;
    });
    if (!was_looked_at) continue;
    TW_RETURN_IF_ERROR(Supersede(placed));
  }
  for (Finding& finding : now) {
    if (std::find(found_.begin(), found_.end(), finding) == found_.end()) Found(std::move(finding));
  }
  return absl::OkStatus();
}

// Whatever its kind: nobody says any more what it is about.
absl::Status FindingStep::SupersedeAbout(Sequence release) {
  TW_ASSIGN_OR_RETURN(const std::vector<PlacedFinding> about, table_->About(rules_, release));
  for (const PlacedFinding& placed : about) {
    if (placed.place.found_by >= entry_.sequence) continue;
    if (placed.finding.status != FindingStatus::kSuperseded) TW_RETURN_IF_ERROR(Supersede(placed));
  }
  return absl::OkStatus();
}

// What the retracted release had confirmed or superseded.
absl::Status FindingStep::ReopenSettledBy(Sequence release) {
  TW_ASSIGN_OR_RETURN(const std::vector<PlacedFinding> settled, table_->SettledBy(rules_, release));
  for (const PlacedFinding& placed : settled) {
    if (!settled_.contains(placed.place)) TW_RETURN_IF_ERROR(Reopen(placed));
  }
  return absl::OkStatus();
}

absl::Status FindingStep::Reopen(const PlacedFinding& placed) {
  Placed again{placed, {}};
  again.was_open = false;
  again.placed.finding.status = FindingStatus::kOpen;
  again.placed.finding.settled_by = 0;
  TW_RETURN_IF_ERROR(SettleByWhatIsKnown(&again.placed.finding).status());
  TW_ASSIGN_OR_RETURN(again.cells, CellsOf(placed.finding));
  settled_.insert_or_assign(placed.place, std::move(again));
  return absl::OkStatus();
}

absl::Status FindingStep::Supersede(const PlacedFinding& placed) {
  Placed settled{placed, {}};
  settled.was_open = placed.finding.status == FindingStatus::kOpen;
  settled.placed.finding.status = FindingStatus::kSuperseded;
  settled.placed.finding.settled_by = entry_.sequence;
  TW_ASSIGN_OR_RETURN(settled.cells, CellsOf(placed.finding));
  settled_.insert_or_assign(placed.place, std::move(settled));
  return absl::OkStatus();
}

// ---- Keeping

absl::Status FindingStep::Place() {
  std::sort(found_.begin(), found_.end(),
            [](const Finding& a, const Finding& b) { return CompareFindings(a, b) < 0; });
  for (Finding& finding : found_) {
    Placed placed;
    placed.placed.place = {rules_, entry_.sequence, static_cast<std::uint32_t>(placed_.size())};
    TW_ASSIGN_OR_RETURN(placed.cells, CellsOf(finding));
    placed.placed.finding = std::move(finding);
    placed_.push_back(std::move(placed));
  }
  found_.clear();
  return absl::OkStatus();
}

void FindingStep::Keep(FindingTable& table, FindingsState& state) const {
  for (const auto& [dataset, section] : sections_) {
    if (entry_.retracts != 0) continue;
    DatasetSeen seen = section.seen;
    seen.newest = std::max(seen.newest, origin_.published_at);
    if (section.own_last) {
      seen.reference_month =
          seen.reference_month ? std::max(*seen.reference_month, *section.own_last) : *section.own_last;
    }
    table.PutSeen(dataset, seen);
    if (section.own_last || section.seen.reference_month) {
      table.PutReferenceMonth(entry_.sequence, dataset, section.ReferenceMonth());
    }
  }
  for (const Placed& placed : placed_) {
    table.Put(placed.placed);
    table.PutOpen(placed.placed.place, placed.cells);
  }
  for (const auto& [place, settled] : settled_) {
    if (settled.placed.finding.status == FindingStatus::kOpen) {
      table.PutReopened(settled.placed, settled.cells, entry_.sequence);
      --state.settled;
    } else {
      table.PutSettled(settled.placed, settled.cells);
      if (settled.was_open) ++state.settled;
    }
  }
  state.findings += placed_.size();
  state.dropped += dropped_;
}

}  // namespace tidewaiter::engine
