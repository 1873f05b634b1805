#include "daemon/engine/cross_section.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/engine/two_threads.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

// Rows for numbers that no slice has, at most so many times those that there are.
constexpr std::size_t kSparse = 16;
constexpr std::size_t kFew = 1 << 16;
// Months of a window, and cells, from which on two threads read them and add them up.
constexpr int kMonthsForTwo = 4;
constexpr std::size_t kCellsForTwo = 100'000;
// Rows of some 40 bytes.
constexpr std::size_t kBlock = 512;
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
  TW_RETURN_IF_ERROR(section.ReadSlices(store, dataset, vintage));
  if (!section.Spread()) return section;
  TW_ASSIGN_OR_RETURN(section.order_, ReleaseOrder::Read(store, section.slices_));
  if (section.order_.empty()) section.rows_.clear();
  section.AddSlices();
  for (const Row& row : section.rows_) {
    if (!row.simple || row.newest == 0 || section.FormulaOf(row.form) != nullptr) continue;
    if (section.formulas_.size() == kMostForms) break;
    section.formulas_.push_back(
        {row.form, NarrowFormula::Create(spec, row.form.scale(), row.form.step_exponent(), *section.now_,
                                         section.then_)});
  }
  return section;
}

// Runs of several months are wanted wherever they lie: a path may go through them.
absl::Status CrossSection::ReadSlices(const storage::Store& store, const std::string& dataset,
                                      const Vintage& vintage) {
  const auto is_now = [this](const Period& period) {
    return period.months() > 1 || Covers(now_, period.start());
  };
  const auto is_then = [&](const Period& period) { return !is_now(period) && Covers(then_, period.start()); };
  if (!then_ || now_->months() < kMonthsForTwo) {
    const auto is_either = [&](const Period& period) { return is_now(period) || is_then(period); };
    return store.ReadSlices(dataset, PeriodRange{}, vintage, is_either, &slices_);
  }
  Slices others;
  absl::Status now, then;
  RunBoth([&] { now = store.ReadSlices(dataset, PeriodRange{}, vintage, is_now, &slices_); },
          [&] { then = store.ReadSlices(dataset, PeriodRange{}, vintage, is_then, &others); });
  TW_RETURN_IF_ERROR(now);
  TW_RETURN_IF_ERROR(then);
  std::move(others.begin(), others.end(), std::back_inserter(slices_));
  std::sort(slices_.begin(), slices_.end(), [](const auto& a, const auto& b) { return a.period < b.period; });
  return absl::OkStatus();
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

inline void CrossSection::AddTo(Row& row, std::int64_t coefficient, CellForm form, std::uint32_t release,
                                bool now, bool then) {
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

void CrossSection::AddSlices() {
  std::size_t cells = 0;
  for (const storage::PeriodSlice& slice : slices_) cells += slice.size();
  if (cells < kCellsForTwo) return AddRows(0, rows_.size());
  const std::size_t middle = rows_.size() / 2;
  RunBoth([&] { AddRows(0, middle); }, [&] { AddRows(middle, rows_.size()); });
}

// A block of rows is filled from all slices before the next is begun: it stays in the nearest cache.
void CrossSection::AddRows(std::size_t begin, std::size_t end) {
  const auto number = [this](std::size_t row) { return first_series_ + static_cast<std::uint32_t>(row); };
  std::vector<std::size_t> positions;
  for (const storage::PeriodSlice& slice : slices_) {
    const auto first =
        std::lower_bound(slice.series.begin(), slice.series.end(), storage::SeriesId{number(begin)});
    positions.push_back(static_cast<std::size_t>(first - slice.series.begin()));
  }
  for (; begin < end; begin += kBlock) {
    for (std::size_t i = 0; i < slices_.size(); ++i) {
      Add(slices_[i], number(std::min(begin + kBlock, end)), &positions[i]);
    }
  }
}

void CrossSection::Add(const storage::PeriodSlice& slice, std::uint32_t end, std::size_t* position) {
  std::size_t i = *position;
  const bool now = Covers(now_, slice.period.start());
  const bool then = Covers(then_, slice.period.start());
  const bool one_month = slice.period.months() == 1;
  for (; i < slice.size() && NumberOf(slice.series[i]) < end; ++i) {
    Row& row = rows_[NumberOf(slice.series[i]) - first_series_];
    if (one_month) {
      AddTo(row, slice.coefficients[i], slice.FormOf(i), order_.RankOf(slice.sequences[i]) + 1, now, then);
    } else {
      row.simple = false;
    }
  }
  *position = i;
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
