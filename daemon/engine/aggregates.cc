#include "daemon/engine/aggregates.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "daemon/engine/aggregate_terms.h"
#include "daemon/engine/measures.h"
#include "domain/errors.h"
#include "domain/group_sum.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

// Figures between two questions whether anybody still waits; a figure takes some 10 us, one of a large sum
// far more.
constexpr std::size_t kFiguresBetweenChecks = 64;
// Members read between two such questions.
constexpr std::size_t kMembersPerCheck = 1024;
// Members of a sum that are always read one by one: to hold sums of few series for all months would take as
// much room as the cells.
constexpr std::size_t kSumAlone = 3;
// Series in which the base of an index is looked for before anything is answered.
constexpr std::size_t kBaseProbe = 64;

absl::Status NothingSelected(const AggregatePlan& plan) {
  const AggregateQuery& query = plan.query();
  std::string what = query.keys.empty() ? absl::StrCat("dataset ", query.dataset, " has no series")
                                        : absl::StrCat("no series of ", query.dataset, " matches");
  if (plan.combines()) absl::StrAppend(&what, " with a flow X or M");
  if (plan.is_paired()) absl::StrAppend(&what, " with the code ", query.numerator);
  if (!query.groups.empty()) absl::StrAppend(&what, " and belongs to one of the groups");
  absl::StrAppend(&what, "; list what there is with `tidewaiter series ", query.dataset, "` or ListSeries");
  return MakeError(absl::StatusCode::kNotFound, Reason::kSeriesNotFound, what, {{"dataset", query.dataset}},
                   {{"keys", what}});
}

// A window of this kind ends with some month of the range.
bool AnyWindow(const Window& window, const PeriodRange& months) {
  if (!months.from || !months.to || *months.to - *months.from >= 11) return true;
  for (Month month = *months.from; month <= *months.to; month = month + 1) {
    if (window.RunEnding(month)) return true;
  }
  return false;
}

// What the words of a view must be, given the query.
void CheckView(const AggregateView& view, const AggregateSpec& spec, Violations& violations) {
  violations.Add("months", view.months.Validate());
  if (view.ranking && view.months != PeriodRange()) {
    violations.Add("months", "a ranking is of one month; give that in `ranking`");
  }
  if (view.with_published_rates &&
      (spec.transform != Transform::kGrowth || spec.lag_months != 12 || spec.window.mean)) {
    violations.Add("with_published_rates",
                   "publishers print year-on-year rates: goes with GROWTH, a lag of 12 months, and no mean");
  }
  if (!violations.empty()) return;
  if (!AnyWindow(spec.window, view.months)) {
    violations.Add("months", absl::StrCat("no window of the kind ends between ", view.months.from->ToString(),
                                          " and ", view.months.to->ToString(), "; a year ends with month ",
                                          (spec.window.year_start_month + 10) % 12 + 1));
  }
  if (view.ranking && view.ranking->month && !spec.window.RunEnding(*view.ranking->month)) {
    violations.Add("ranking.month",
                   absl::StrCat("no window of the kind ends with ", view.ranking->month->ToString(),
                                "; a year ends with month ", (spec.window.year_start_month + 10) % 12 + 1));
  }
}

// What the cells of a kept sum do not say of its members.
void NoteKept(const AggregateValue& kept, AggregateValue* value) {
  value->derivation = std::max(value->derivation, kept.derivation);
  const bool both = value->sequence != 0 && kept.sequence != 0 && value->sequence != kept.sequence;
  value->across_releases = value->across_releases || kept.across_releases || both;
  if (!value->value && value->reason == Undefined::kNoTotal) value->months = kept.months;
  if (kept.sequence != 0 &&
      std::tuple(kept.published_at, kept.sequence) > std::tuple(value->published_at, value->sequence)) {
    value->published_at = kept.published_at;
    value->sequence = kept.sequence;
  }
}

// A figure of few bytes in words.
AggregateValue ToValue(const QuickFigure& figure) {
  AggregateValue value;
  value.value = Decimal::FromValidParts(figure.coefficient, figure.scale);
  if (figure.bounded) value.bound = Decimal::FromValidParts(figure.bound, figure.bound_scale);
  value.derivation = figure.derivation;
  value.members = 1;
  value.across_releases = figure.across_releases;
  value.published_at = figure.published_at;
  value.sequence = figure.sequence;
  return value;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AggregateReader>> Aggregates::Open(const AggregateQuery& query,
                                                                  const VintageInput& vintage,
                                                                  const AggregateView& view,
                                                                  const AggregatePosition& position,
                                                                  std::function<absl::Status()> check_alive,
                                                                  const SeriesSet* touching) const {
  TW_ASSIGN_OR_RETURN(std::shared_ptr<const storage::DatasetInfo> info, store_->ShareDataset(query.dataset));
  absl::StatusOr<AggregatePlan> plan = AggregatePlan::Create(query, info->definition);
  Violations violations;
  violations.Add("query", plan.status());
  const absl::StatusOr<Vintage> resolved = queries_.Resolve(vintage, info->definition);
  if (absl::IsInvalidArgument(resolved.status())) violations.Add("", resolved.status());
  CheckView(view, SpecOf(query, info->definition.year_start_month), violations);
  TW_RETURN_IF_ERROR(violations.ToStatus());
  TW_RETURN_IF_ERROR(resolved.status());
  const bool one_by_one = plan->is_plain() && !view.ranking;
  TW_ASSIGN_OR_RETURN(CellReader cells,
                      CellReader::Create(store_, info->definition, *resolved, view.real_time));
  absl::StatusOr<SeriesReader> listing =
      queries_.Open(std::move(info), *resolved, plan->listed_keys(),
                    one_by_one ? std::string_view(position.after) : std::string_view());
  if (!listing.ok()) return PrefixFields(listing.status(), "query");
  std::unique_ptr<AggregateReader> reader(new AggregateReader(store_, *std::move(plan), *std::move(listing),
                                                              std::move(cells), view, position,
                                                              std::move(check_alive), touching));
  if (absl::Status started = reader->Start(); !started.ok()) return PrefixFields(started, "query");
  return reader;
}

absl::Status Aggregates::Check(const AggregateQuery& query) const {
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, store_->GetDataset(query.dataset));
  return AggregatePlan::Create(query, info.definition).status();
}

// ---- Before the first figure

absl::Status AggregateReader::Start() {
  done_ = start_.after;
  listed_ = plan_.is_plain() && !view_.ranking;
  if (!view_.ranking && view_.months.from && view_.months.from == view_.months.to) {
    LookInColumns(*view_.months.from);
  }
  TW_ASSIGN_OR_RETURN(by_rows_, StartRows());
  if (by_rows_) return view_.ranking ? Rank() : absl::OkStatus();
  TW_RETURN_IF_ERROR(listed_ ? StartListing() : StartPlan());
  if (plan_.spec().transform == Transform::kIndex) TW_RETURN_IF_ERROR(CheckBase());
  return view_.ranking ? Rank() : absl::OkStatus();
}

absl::Status AggregateReader::StartListing() {
  TW_ASSIGN_OR_RETURN(has_listed_, listing_.Next());
  if (!has_listed_ && start_.after.empty()) return NothingSelected(plan_);
  return absl::OkStatus();
}

absl::Status AggregateReader::StartPlan() {
  TW_ASSIGN_OR_RETURN(sums_, PlanSums(*store_, plan_, listing_, check_alive_));
  if (sums_.outputs.empty()) return NothingSelected(plan_);
  TW_RETURN_IF_ERROR(ReadSumColumns());
  if (!start_.after.empty()) {
    while (next_output_ < sums_.outputs.size() &&
           CompareSeriesKeys(sums_.outputs[next_output_].key, start_.after) <= 0) {
      ++next_output_;
    }
  }
  return absl::OkStatus();
}

// Sums of many series are added up out of columns. What the algebra must decide member by member is not: a
// wished derivation, a composition that asks each member for every run, an explanation.
absl::Status AggregateReader::ReadSumColumns() {
  const AggregateSpec& spec = plan_.spec();
  if (view_.explain || spec.derivation || spec.composition != Composition::kAsPublished || plan_.combines() ||
      cells_.real_time().maturity != Maturity::kLatest) {
    return absl::OkStatus();
  }
  std::vector<PlannedSum*> wanted;
  std::size_t members = 0;
  const auto want = [&](PlannedSum& sum, std::size_t most_alone) {
    if (!sum.additive || sum.members.size() <= most_alone) return;
    wanted.push_back(&sum);
    members += sum.members.size();
  };
  for (PlannedOutput& output : sums_.outputs) {
    if (!Touches(output.above) && !Touches(output.below)) continue;
    want(output.above, kSumAlone);
    want(output.below, kSumAlone);
  }
  for (auto& [name, total] : sums_.totals) want(total, SharedTotal::kDirectMembers);
  if (members <= kReadAlone) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(sum_columns_,
                      SumColumns::Read(*store_, plan_.query().dataset, vintage(), wanted, check_alive_));
  return absl::OkStatus();
}

// A base of which nothing is known would make every figure undefined: better one error than many.
absl::Status AggregateReader::CheckBase() {
  const Period base = *plan_.spec().base;
  std::vector<PlannedSum> probes;
  if (listed_) {
    if (!has_listed_) return absl::OkStatus();
    PlannedSum sum;
    sum.members.push_back({listing_.series().id, 1, 0});
    probes.push_back(std::move(sum));
  } else {
    if (sums_.outputs.size() > kBaseProbe) return absl::OkStatus();
    for (const PlannedOutput& output : sums_.outputs) probes.push_back(output.above);
  }
  std::optional<MonthSpan> known;
  for (const PlannedSum& probe : probes) {
    TW_RETURN_IF_ERROR(
        above_.Load(cells_, vintage(), probe, sums_.whens, plan_.combines(), sum_columns_.get()));
    if (!above_.span()) continue;
    if (known) {
      known = MonthSpan{known->first, std::max(known->last, above_.span()->last),
                        std::min(known->start, above_.span()->start)};
    } else {
      known = above_.span();
    }
  }
  const bool outside = known && (base.last() < known->start || base.start() > known->last);
  if (!outside) return absl::OkStatus();
  // Of several series that stay apart the others may know it.
  if (listed_ && plan_.query().keys.size() != 1) return absl::OkStatus();
  const absl::StatusOr<Selector> selector = Selector::Parse(listed_ ? plan_.query().keys.front() : "");
  if (listed_ && !(selector.ok() && selector->is_single_series())) return absl::OkStatus();
  return InvalidField("base", absl::StrCat(base.ToString(), " lies outside of the data, ",
                                           known->start.ToString(), " to ", known->last.ToString()));
}

absl::Status AggregateReader::CheckAlive() {
  computed_ += 1 + above_.members().size() * kFiguresBetweenChecks / kMembersPerCheck;
  if (computed_ < kFiguresBetweenChecks) return absl::OkStatus();
  computed_ = 0;
  return check_alive_();
}

// ---- From output to output

absl::StatusOr<bool> AggregateReader::TakeOutput() {
  if (!listed_) {
    if (next_output_ == sums_.outputs.size()) return false;
    output_ = &sums_.outputs[next_output_++];
    return true;
  }
  if (!has_listed_) return false;
  TW_RETURN_IF_ERROR(TakeSingle(listing_.series()));
  TW_ASSIGN_OR_RETURN(has_listed_, listing_.Next());
  return true;
}

absl::Status AggregateReader::TakeSingle(const storage::SeriesEntry& series) {
  single_ = PlannedOutput();
  single_.key = series.key;
  single_.above.members.push_back({series.id, 1, 0});
  TW_RETURN_IF_ERROR(single_.above.Admit(plan_, series.key, series.key));
  output_ = &single_;
  return absl::OkStatus();
}

bool AggregateReader::Touches(const PlannedSum& sum) const {
  return touching_ == nullptr ||
         std::any_of(sum.members.begin(), sum.members.end(),
                     [this](const PlannedMember& member) { return touching_->contains(member.id); });
}

bool AggregateReader::IsTouched() const {
  return Touches(output_->above) || Touches(output_->below) ||
         (total_ != nullptr && total_->IsTouchedBy(*touching_));
}

absl::StatusOr<bool> AggregateReader::NextOutput() {
  for (;;) {
    if (output_ != nullptr) done_ = output_->key;
    TW_RETURN_IF_ERROR(CheckAlive());
    TW_ASSIGN_OR_RETURN(const bool more, TakeOutput());
    if (!more) return false;
    given_ = 0;
    loaded_at_.reset();
    TW_ASSIGN_OR_RETURN(in_columns_, FindInColumns());
    if (in_columns_) return true;
    TW_RETURN_IF_ERROR(BindTotal());
    if (!IsTouched()) continue;
    TW_RETURN_IF_ERROR(LoadMembers(vintage()));
    if (above_.empty() || !above_.span()) continue;
    prints_.clear();
    if (cells_.by_figure()) TW_RETURN_IF_ERROR(LoadPrints());
    return true;
  }
}

bool AggregateReader::HasColumns() const {
  const bool fits = (plan_.is_plain() && CrossSection::Fits(plan_.spec())) || SectionTotals::Fits(plan_);
  return fits && cells_.real_time().maturity == Maturity::kLatest && touching_ == nullptr && !view_.explain &&
         !view_.with_published_rates;
}

void AggregateReader::LookInColumns(Month month) {
  const std::vector<Period> above = RunsAbove(plan_.spec(), month);
  if (HasColumns() && !above.empty()) columns_month_ = month;
}

absl::Status AggregateReader::ReadColumns() {
  TW_ASSIGN_OR_RETURN(
      columns_, CrossSection::Read(*store_, plan_.query().dataset, vintage(), plan_.spec(), *columns_month_));
  return absl::OkStatus();
}

absl::StatusOr<bool> AggregateReader::FindInColumns() {
  if (!columns_month_ || !plan_.is_plain() || !output_->above.additive) return false;
  if (!columns_) {
    const bool many = !listed_ && sums_.outputs.size() > kReadAlone;
    if (!many && ++read_alone_ <= kReadAlone) return false;
    TW_RETURN_IF_ERROR(ReadColumns());
  }
  return columns_->Find(output_->above.members.front().id, &column_value_);
}

absl::Status AggregateReader::BindTotal() {
  total_ = nullptr;
  if (!plan_.needs_total()) return absl::OkStatus();
  const bool named = plan_.names_total();
  const std::string name = named ? plan_.TotalSelector(output_->key) : plan_.TotalClassOfOutput(output_->key);
  std::unique_ptr<SharedTotal>& held = totals_[name];
  if (held == nullptr) {
    PlannedSum sum;
    if (named) {
      TW_ASSIGN_OR_RETURN(sum, PlanTotal(*store_, plan_, output_->key));
    } else if (const auto found = sums_.totals.find(name); found != sums_.totals.end()) {
      sum = found->second;
    }
    held = std::make_unique<SharedTotal>(std::move(sum), plan_.combines() && !named);
  }
  total_ = held.get();
  const PlannedSum& sum = total_->sum();
  if (sum.members.empty() || sum.unit == output_->above.unit) return absl::OkStatus();
  return InvalidField("total", absl::StrCat("the total of ", output_->key, " is in ", sum.unit, " (",
                                            sum.first_key, "), the figure in ", output_->above.unit,
                                            "; select one unit, or name a total of that unit"));
}

absl::Status AggregateReader::LoadMembers(const Vintage& at) {
  if (loaded_at_ == at) return absl::OkStatus();
  loaded_at_.reset();
  const SumColumns* const columns = sum_columns_.get();
  TW_RETURN_IF_ERROR(above_.Load(cells_, at, output_->above, sums_.whens, plan_.combines(), columns));
  input_.above = above_.members();
  input_.above_months = above_.months();
  if (plan_.is_paired()) {
    TW_RETURN_IF_ERROR(below_.Load(cells_, at, output_->below, sums_.whens, false, columns));
    input_.below = below_.members();
    input_.below_months = below_.months();
  }
  if (total_ != nullptr) TW_RETURN_IF_ERROR(total_->Load(cells_, at, sums_.whens, columns));
  loaded_at_ = at;
  return absl::OkStatus();
}

absl::Status AggregateReader::LoadPrints() {
  std::vector<storage::SeriesId> ids = above_.ids();
  ids.insert(ids.end(), below_.ids().begin(), below_.ids().end());
  for (const storage::SeriesId id : ids) {
    if (id == storage::SeriesId{}) continue;
    Prints prints;
    TW_ASSIGN_OR_RETURN(prints.of_run, cells_.PrintsOf(id));
    for (const auto& [period, print] : prints.of_run) {
      const auto [at, is_new] = prints.ending.try_emplace(period.last(), print);
      if (!is_new) at->second = std::min(at->second, print);
    }
    prints_.push_back(std::move(prints));
  }
  return absl::OkStatus();
}

void AggregateReader::SetMonths() {
  const MonthSpan span =
      in_columns_ ? MonthSpan{*columns_month_, *columns_month_, *columns_month_} : *above_.span();
  next_month_ = view_.months.from.value_or(span.first);
  last_month_ = view_.months.to.value_or(span.last);
  if (start_.skip == 0 || output_->key != start_.split) return;
  for (; given_ < start_.skip && next_month_ <= last_month_; next_month_ = next_month_ + 1) {
    if (plan_.spec().window.RunEnding(next_month_)) ++given_;
  }
}

absl::StatusOr<bool> AggregateReader::Next() {
  if (view_.ranking) {
    if (given_ == ranked_.size()) return false;
    figure_ = std::move(ranked_[given_++]);
    return true;
  }
  if (by_rows_) return NextRow();
  for (;;) {
    while (output_ != nullptr && next_month_ <= last_month_) {
      const Month last = next_month_;
      next_month_ = next_month_ + 1;
      const std::optional<Period> run = plan_.spec().window.RunEnding(last);
      if (!run) continue;
      ++given_;
      TW_RETURN_IF_ERROR(Compute(last, *run));
      return true;
    }
    TW_ASSIGN_OR_RETURN(const bool more, NextOutput());
    if (!more) {
      output_ = nullptr;
      return false;
    }
    SetMonths();
  }
}

const AggregateFigure& AggregateReader::figure() {
  if (!in_section_) return figure_;
  in_section_ = false;
  figure_ = AggregateFigure();
  figure_.series = quick_.series;
  figure_.unit = quick_.unit;
  figure_.period = quick_.period;
  if (is_quick_) {
    figure_.value = ToValue(quick_);
  } else {
    columns_->Describe(section_figure_, &figure_.value);
  }
  figure_.published_at = PublishedAt::At(figure_.value.published_at);
  return figure_;
}

AggregatePosition AggregateReader::position() const {
  if (view_.ranking) return {.after = "", .split = "", .skip = given_};
  // The one month of a row is all of it.
  if (by_rows_) return {.after = std::string(listing_.listing().table()->key(row_)), .split = "", .skip = 0};
  return {.after = done_, .split = output_->key, .skip = given_};
}

// ---- One figure

// Of the run itself where it is printed as such, else of the first cell that ends with its last month. Of
// several series that of the last to appear: until then the figure was of fewer.
std::optional<Vintage> AggregateReader::VintageOf(Period run) const {
  if (!cells_.by_figure()) return vintage();
  std::optional<Instant> latest;
  for (const Prints& prints : prints_) {
    const auto of_run = prints.of_run.find(run);
    const auto ending = prints.ending.find(run.last());
    if (of_run == prints.of_run.end() && ending == prints.ending.end()) continue;
    const Instant print = of_run != prints.of_run.end() ? of_run->second : ending->second;
    latest = std::max(latest.value_or(print), print);
  }
  if (!latest) return std::nullopt;
  return cells_.VintageAt(*latest);
}

absl::Status AggregateReader::Compute(Month last, Period run) {
  TW_RETURN_IF_ERROR(CheckAlive());
  figure_ = AggregateFigure();
  figure_.series = output_->key;
  figure_.period = run;
  figure_.unit = FigureUnit(plan_.spec(), output_->above.unit, output_->below.unit);
  if (in_columns_) {
    figure_.value = std::move(column_value_);
    figure_.published_at = PublishedAt::At(figure_.value.published_at);
    return absl::OkStatus();
  }
  const std::optional<Vintage> at = VintageOf(run);
  if (!at) {
    figure_.value.reason = Undefined::kNoSuchPrint;
    return absl::OkStatus();
  }
  if (cells_.by_figure()) figure_.vintage = *at;
  TW_RETURN_IF_ERROR(LoadMembers(*at));
  TW_RETURN_IF_ERROR(Fill(last));
  figure_.published_at = PublishedAt::At(figure_.value.published_at);
  if (view_.with_published_rates) TW_RETURN_IF_ERROR(FindPublishedRate(*at));
  return absl::OkStatus();
}

absl::Status AggregateReader::Fill(Month last) {
  if (totals_of_rows_ != nullptr) {
    const std::uint32_t total_class = listing_.listing().table()->total_class(row_);
    figure_.value = totals_of_rows_->Evaluate(total_class, above_.members());
    return absl::OkStatus();
  }
  SharedTotal::Below below;
  if (total_ != nullptr) {
    below = total_->For(plan_.spec(), last);
    input_.below = *below.members;
    input_.below_months = nullptr;
  }
  std::vector<AggregateTerm> terms;
  AggregateValue& value = figure_.value;
  value = Evaluate(plan_.spec(), input_, last, view_.explain ? &terms : nullptr);
  if (below.kept != nullptr) NoteKept(*below.kept, &value);
  if (plan_.spec().transform == Transform::kShare && plan_.IsBalance(output_->key)) {
    value.value = value.bound = std::nullopt;
    value.reason = Undefined::kMixedSigns;
    value.months.clear();
  }
  if (!view_.explain) return absl::OkStatus();
  const TermSide above_side{.members = &input_.above, .ids = &above_.ids(), .name = ""};
  TermSide below_side{.members = &input_.below, .ids = &below_.ids(), .name = ""};
  if (total_ != nullptr) {
    below_side.ids = below.kept == nullptr ? &total_->loaded().ids() : nullptr;
    below_side.name = absl::StrCat("(sum of ", total_->loaded().members().size(), " series)");
  }
  TW_ASSIGN_OR_RETURN(figure_.terms,
                      ExplainTerms(*store_, terms, above_side, below_side, plan_.spec().rounding));
  return absl::OkStatus();
}

absl::Status AggregateReader::FindPublishedRate(const Vintage& at) {
  const std::optional<std::string> key = RateKey(plan_.dataset(), output_->key);
  if (!key) return absl::OkStatus();
  if (*key != rate_key_ || rate_at_ != at) {
    rate_fold_.Clear();
    rate_key_ = *key;
    rate_at_ = at;
    const absl::StatusOr<storage::SeriesEntry> series = store_->FindSeries(plan_.query().dataset, *key);
    if (!series.ok() && !absl::IsNotFound(series.status())) return series.status();
    if (series.ok()) TW_RETURN_IF_ERROR(store_->ReadCells(series->id, at, PeriodRange(), &rate_fold_));
  }
  for (const CellState& cell : rate_fold_.cells()) {
    if (cell.period != figure_.period || !cell.datum.has_value()) continue;
    figure_.published_rate = PublishedRate{.series = *key,
                                           .datum = cell.datum,
                                           .sequence = cell.sequence,
                                           .published_at = PublishedAt::At(cell.published_at)};
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::engine
