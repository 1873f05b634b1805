#include "daemon/engine/cross_section.h"

#include <algorithm>
#include <utility>

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

// Rows for numbers that no slice has, at most so many times those that there are.
constexpr std::size_t kSparse = 16;
constexpr std::size_t kFew = 1 << 16;
// Forms beyond these are left to Evaluate().
constexpr std::size_t kMostForms = 64;

bool Covers(const std::optional<Period>& run, Month month) {
  return run && run->start() <= month && month < run->end();
}

// What matters of a form to a sum: its values have the same scale and the same step.
bool SamePrint(CellForm a, CellForm b) {
  return a == b || (a.scale() == b.scale() && a.step_exponent() == b.step_exponent());
}

std::uint32_t NumberOf(storage::SeriesId series) { return static_cast<std::uint32_t>(series); }

}  // namespace

absl::StatusOr<CrossSection> CrossSection::Read(const storage::Store& store, const std::string& dataset,
                                                const Vintage& vintage, const AggregateSpec& spec,
                                                Month last) {
  CrossSection section;
  section.spec_ = spec;
  section.now_ = spec.window.RunEnding(last);
  if (!section.now_) return section;
  if (spec.transform != Transform::kLevel) {
    section.then_ = spec.window.RunEnding(last - spec.lag_months);
    if (!section.then_) return section;
  }
  // Runs of several months are wanted wherever they lie: a path may go through them.
  const auto wanted = [&section](const Period& period) {
    return period.months() > 1 || Covers(section.now_, period.start()) ||
           Covers(section.then_, period.start());
  };
  TW_RETURN_IF_ERROR(store.ReadSlices(dataset, PeriodRange{}, vintage, wanted, &section.slices_));
  if (!section.Spread()) return section;
  TW_ASSIGN_OR_RETURN(section.order_, ReleaseOrder::Read(store, section.slices_));
  if (section.order_.empty()) section.rows_.clear();
  for (const storage::PeriodSlice& slice : section.slices_) section.Add(slice);
  for (const Row& row : section.rows_) {
    if (!row.simple || row.newest == 0 || section.FormulaOf(row.form) != nullptr) continue;
    if (section.formulas_.size() == kMostForms) break;
    section.formulas_.push_back(
        {row.form, NarrowFormula::Create(spec, row.form.scale(), row.form.step_exponent(), *section.now_,
                                         section.then_)});
  }
  return section;
}

bool CrossSection::Spread() {
  std::uint32_t least = ~0u, most = 0;
  std::size_t longest = 0;
  for (const storage::PeriodSlice& slice : slices_) {
    if (slice.series.empty()) continue;
    least = std::min(least, NumberOf(slice.series.front()));
    most = std::max(most, NumberOf(slice.series.back()));
    longest = std::max(longest, slice.series.size());
  }
  if (longest == 0 || most - least >= kSparse * longest + kFew) return false;
  first_series_ = least;
  rows_.resize(most - least + 1);
  return true;
}

void CrossSection::Add(const storage::PeriodSlice& slice) {
  if (rows_.empty()) return;
  if (slice.period.months() > 1) {
    for (const storage::SeriesId series : slice.series) {
      rows_[NumberOf(series) - first_series_].simple = false;
    }
    return;
  }
  const bool now = Covers(now_, slice.period.start());
  const bool then = Covers(then_, slice.period.start());
  for (std::size_t i = 0; i < slice.size(); ++i) {
    AddTo(rows_[NumberOf(slice.series[i]) - first_series_], slice.coefficients[i], slice.FormOf(i),
          order_.RankOf(slice.sequences[i]) + 1, now, then);
  }
}

void CrossSection::AddTo(Row& row, std::int64_t coefficient, CellForm form, std::uint32_t release, bool now,
                         bool then) {
  if (row.newest == 0) {
    row.form = form;
    row.newest = release;
  }
  row.several |= row.newest != release;
  row.newest = std::max(row.newest, release);
  row.simple &= form.has_value() && !form.is_wide() && SamePrint(form, row.form);
  if (now) {
    row.simple &= !__builtin_add_overflow(row.now, coefficient, &row.now);
    ++row.now_months;
  }
  if (then) {
    row.simple &= !__builtin_add_overflow(row.then, coefficient, &row.then);
    ++row.then_months;
  }
}

const NarrowFormula* CrossSection::FormulaOf(CellForm form) const {
  for (const FormFormula& known : formulas_) {
    if (SamePrint(known.form, form)) return known.formula ? &*known.formula : nullptr;
  }
  return nullptr;
}

bool CrossSection::Find(storage::SeriesId series, SectionFigure* figure) const {
  const std::uint32_t number = NumberOf(series);
  if (number < first_series_ || number - first_series_ >= rows_.size()) return false;
  const Row& row = rows_[number - first_series_];
  if (!row.simple || row.newest == 0) return false;
  figure->series = series;
  if (row.now_months != now_->months() || (then_ && row.then_months != then_->months())) {
    *figure = SectionFigure();
    figure->series = series;
    return true;
  }
  figure->formula = FormulaOf(row.form);
  if (figure->formula == nullptr || !figure->formula->Compute(row.now, row.then, &figure->figure))
    return false;
  const ReleaseOrder::Release& newest = order_.releases()[row.newest - 1];
  figure->derivation = now_->months() > 1 ? Derivation::kSummed : Derivation::kPublished;
  figure->across_releases = row.several;
  figure->published_at = newest.published_at;
  figure->sequence = newest.sequence;
  return true;
}

void CrossSection::Describe(const SectionFigure& figure, AggregateValue* value) const {
  *value = AggregateValue();
  if (figure.formula != nullptr) {
    figure.formula->Describe(figure.figure, value);
    value->derivation = figure.derivation;
    value->members = 1;
    value->across_releases = figure.across_releases;
    value->published_at = figure.published_at;
    value->sequence = figure.sequence;
    return;
  }
  DescribeRun(figure.series, *now_, value);
  (value->months.empty() ? value->members : value->left_out) = 1;
  if (then_) DescribeRun(figure.series, *then_, value);
}

// An incomplete run says which months it lacks, the first of two such runs only; a complete one where it
// comes from.
void CrossSection::DescribeRun(storage::SeriesId series, const Period& run, AggregateValue* value) const {
  AggregateValue complete;
  std::vector<Month> missing;
  std::uint32_t newest = 0;
  Month month = run.start();
  for (const storage::PeriodSlice& slice : slices_) {
    if (slice.period.months() > 1 || !Covers(run, slice.period.start())) continue;
    for (; month < slice.period.start(); month = month + 1) missing.push_back(month);
    const auto at = std::lower_bound(slice.series.begin(), slice.series.end(), series);
    if (at == slice.series.end() || *at != series) continue;
    month = month + 1;
    const std::uint32_t release =
        order_.RankOf(slice.sequences[static_cast<std::size_t>(at - slice.series.begin())]) + 1;
    complete.across_releases |= newest != 0 && newest != release;
    newest = std::max(newest, release);
  }
  for (; month < run.end(); month = month + 1) missing.push_back(month);
  if (missing.empty()) {
    value->derivation = run.months() > 1 ? Derivation::kSummed : Derivation::kPublished;
    value->across_releases = complete.across_releases;
    value->published_at = order_.releases()[newest - 1].published_at;
    value->sequence = order_.releases()[newest - 1].sequence;
  } else if (value->months.empty()) {
    missing.resize(std::min(missing.size(), limits::kMaxMonthsAtFault));
    value->reason = Undefined::kMissingMonths;
    value->months = std::move(missing);
  }
}

}  // namespace tidewaiter::engine
