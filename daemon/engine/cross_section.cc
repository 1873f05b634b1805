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
// Months of a window from which on two threads read them; and cells from which on two add them up, where a
// figure, with its divisions, counts as so many.
constexpr int kMonthsForTwo = 4;
constexpr std::size_t kCellsForTwo = 100'000;
constexpr std::size_t kCellsPerFigure = 16;
// Rows of some 40 bytes: they stay in the nearest cache.
constexpr std::size_t kBlockRows = 512;
// Coefficients from -this up to this may be added up, as many as a window has months, and do not overflow.
constexpr std::int64_t kMostSafe = std::int64_t{1} << 54;
static_assert(kMostSafe <= INT64_MAX / 2 / limits::kMaxWindowMonths);
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

// Where a series stands in a slice. As many places as there are gaps before where it would if there were
// none:
//   7 8 9 11 12    12 is sixth from 7, one number is left out, so it is fifth or sixth
std::optional<std::size_t> PlaceIn(const storage::PeriodSlice& slice, storage::SeriesId series) {
  const std::vector<storage::SeriesId>& all = slice.series;
  if (all.empty() || series < all.front() || all.back() < series) return std::nullopt;
  const std::size_t most = NumberOf(series) - NumberOf(all.front());
  const std::size_t gaps = NumberOf(all.back()) - NumberOf(all.front()) + 1 - all.size();
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(most - std::min(most, gaps));
  const auto last = all.begin() + static_cast<std::ptrdiff_t>(std::min(most + 1, all.size()));
  const auto at = std::lower_bound(first, last, series);
  if (at == last || *at != series) return std::nullopt;
  return static_cast<std::size_t>(at - all.begin());
}

}  // namespace

// Some rows while they are computed.
class CrossSection::Block {
 public:
  explicit Block(const CrossSection& section) : section_(section), positions_(section.slices_.size()) {}

  // Goes to the rows [begin, end), at most kBlockRows.
  void Begin(std::size_t begin, std::size_t end) {
    begin_ = begin;
    end_ = end;
    const std::size_t rows = end - begin;
    std::fill_n(now_, rows, 0);
    std::fill_n(then_, rows, 0);
    std::fill_n(now_months_, rows, std::uint16_t{0});
    std::fill_n(then_months_, rows, std::uint16_t{0});
    std::fill_n(oldest_, rows, kNoRelease);
    std::fill_n(newest_, rows, 0u);
    std::fill_n(simple_, rows, true);
    std::fill_n(forms_, rows, section_.uniform_form_.value_or(CellForm()));
  }

  void AddSlices() {
    for (std::size_t i = 0; i < section_.slices_.size(); ++i) Add(*section_.slices_[i], &positions_[i]);
  }

  void Finish(Formulas* formulas, std::vector<Found>* found) const {
    const int now_months = section_.now_->months();
    const int then_months = section_.then_ ? section_.then_->months() : 0;
    for (std::size_t row = 0; row < end_ - begin_; ++row) {
      if (newest_[row] == 0) continue;
      Found& of = (*found)[begin_ + row];
      of.state = State::kAsk;
      if (!simple_[row]) continue;
      if (now_months_[row] != now_months || then_months_[row] != then_months) {
        of.state = State::kMissing;
        continue;
      }
      if (FitsSums(section_.spec_)) {
        of.figure = {.coefficient = now_[row], .bound = then_[row], .defined = false, .bounded = false};
        of.form = forms_[row];
      } else {
        of.formula = section_.FormulaOf(forms_[row], formulas);
        if (of.formula == nullptr || !of.formula->Compute(now_[row], then_[row], &of.figure)) continue;
      }
      of.state = State::kFigure;
      of.newest = newest_[row] - 1;
      of.several = oldest_[row] != newest_[row];
    }
  }

 private:
  static constexpr std::uint32_t kNoRelease = ~0u;

  std::uint32_t NumberOfRow(std::size_t row) const {
    return section_.first_series_ + static_cast<std::uint32_t>(row);
  }
  std::uint32_t RankAt(const storage::PeriodSlice& slice, std::size_t i) const {
    return section_.order_.RankOf(slice.sequences[i]) + 1;
  }

  // The rows of a slice from `position` on.
  void Add(const storage::PeriodSlice& slice, std::optional<std::size_t>* position) {
    const auto from = slice.series.begin() + static_cast<std::ptrdiff_t>(position->value_or(0));
    const auto first = *position ? from : std::lower_bound(from, slice.series.end(), Id(begin_));
    const auto last = std::lower_bound(first, std::min(first + kBlockRows, slice.series.end()), Id(end_));
    const auto i = static_cast<std::size_t>(first - slice.series.begin());
    const auto end = static_cast<std::size_t>(last - slice.series.begin());
    *position = end;
    if (i == end) return;
    const bool now = Covers(section_.now_, slice.period.start());
    const bool then = Covers(section_.then_, slice.period.start());
    if (section_.uniform_form_ && AllSafe(slice, i, end)) {
      AddPlain(slice, i, end);
      if (now) Sum(slice, i, end, now_, now_months_);
      if (then) Sum(slice, i, end, then_, then_months_);
    } else {
      for (std::size_t k = i; k < end; ++k) AddCell(slice, k, now, then);
    }
  }
  storage::SeriesId Id(std::size_t row) const { return storage::SeriesId{NumberOfRow(row)}; }
  std::size_t RowOf(const storage::PeriodSlice& slice, std::size_t i) const {
    return NumberOf(slice.series[i]) - NumberOfRow(begin_);
  }

  // At least 0 and below 2 kMostSafe if it is safe, a power of two.
  static std::uint64_t Shifted(std::int64_t coefficient) {
    return static_cast<std::uint64_t>(coefficient) + static_cast<std::uint64_t>(kMostSafe);
  }
  static bool IsSafe(std::uint64_t shifted) { return shifted < 2 * static_cast<std::uint64_t>(kMostSafe); }
  static bool AllSafe(const storage::PeriodSlice& slice, std::size_t i, std::size_t end) {
    std::uint64_t all = 0;
    for (; i < end; ++i) all |= Shifted(slice.coefficients[i]);
    return IsSafe(all);
  }

  // The releases.
  void AddPlain(const storage::PeriodSlice& slice, std::size_t i, std::size_t end) {
    for (; i < end; ++i) {
      const std::size_t row = RowOf(slice, i);
      const std::uint32_t rank = RankAt(slice, i);
      oldest_[row] = std::min(oldest_[row], rank);
      newest_[row] = std::max(newest_[row], rank);
    }
  }

  void Sum(const storage::PeriodSlice& slice, std::size_t i, std::size_t end, std::int64_t* sums,
           std::uint16_t* months) const {
    const std::size_t row = RowOf(slice, i);
    if (RowOf(slice, end - 1) - row == end - 1 - i) {  // none is left out
      const std::int64_t* const coefficients = slice.coefficients.data() + i;
      for (std::size_t k = 0; k < end - i; ++k) sums[row + k] += coefficients[k];
      for (std::size_t k = 0; k < end - i; ++k) ++months[row + k];
      return;
    }
    for (; i < end; ++i) {
      sums[RowOf(slice, i)] += slice.coefficients[i];
      ++months[RowOf(slice, i)];
    }
  }

  // A cell of any kind.
  void AddCell(const storage::PeriodSlice& slice, std::size_t i, bool now, bool then) {
    const std::size_t row = RowOf(slice, i);
    const CellForm form = slice.FormOf(i);
    if (newest_[row] == 0) forms_[row] = form;
    const std::int64_t coefficient = slice.coefficients[i];
    simple_[row] &= slice.period.months() == 1 && form.has_value() && !form.is_wide() &&
                    SamePrint(form, forms_[row]) && IsSafe(Shifted(coefficient));
    const std::uint32_t rank = RankAt(slice, i);
    oldest_[row] = std::min(oldest_[row], rank);
    newest_[row] = std::max(newest_[row], rank);
    if (!simple_[row]) return;
    if (now) {
      now_[row] += coefficient;
      ++now_months_[row];
    }
    if (then) {
      then_[row] += coefficient;
      ++then_months_[row];
    }
  }

  const CrossSection& section_;
  std::vector<std::optional<std::size_t>> positions_;  // in each slice: of the next row; none: not looked for
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  // By row, less the first.
  std::int64_t now_[kBlockRows];
  std::int64_t then_[kBlockRows];
  std::uint16_t now_months_[kBlockRows];
  std::uint16_t then_months_[kBlockRows];
  std::uint32_t oldest_[kBlockRows];  // rank of a release, plus 1
  std::uint32_t newest_[kBlockRows];
  bool simple_[kBlockRows];
  CellForm forms_[kBlockRows];
};

absl::StatusOr<CrossSection> CrossSection::Read(const storage::Store& store, const std::string& dataset,
                                                const Vintage& vintage, const AggregateSpec& spec,
                                                Month last) {
  CrossSection section;
  section.spec_ = spec;
  section.now_ = spec.window.RunEnding(last);
  if (!section.now_) return section;
  if (spec.transform != Transform::kLevel && spec.transform != Transform::kShare) {
    section.then_ = spec.window.RunEnding(last - spec.lag_months);
    if (!section.then_) return section;
  }
  TW_RETURN_IF_ERROR(section.ReadSlices(store, dataset, vintage));
  section.whole_ = std::all_of(section.slices_.begin(), section.slices_.end(),
                               [](const auto& slice) { return slice->size() == 0; });
  if (!section.Spread()) return section;
  TW_ASSIGN_OR_RETURN(section.order_, ReleaseOrder::Read(store, section.slices_));
  if (section.order_.empty()) {
    section.found_.clear();
    return section;
  }
  section.FindUniformForm();
  section.Compute();
  section.whole_ = true;
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
    return store.ReadSharedSlices(dataset, PeriodRange{}, vintage, is_either, &slices_);
  }
  storage::SharedSlices others;
  absl::Status now, then;
  RunBoth([&] { now = store.ReadSharedSlices(dataset, PeriodRange{}, vintage, is_now, &slices_); },
          [&] { then = store.ReadSharedSlices(dataset, PeriodRange{}, vintage, is_then, &others); });
  TW_RETURN_IF_ERROR(now);
  TW_RETURN_IF_ERROR(then);
  std::move(others.begin(), others.end(), std::back_inserter(slices_));
  std::sort(slices_.begin(), slices_.end(),
            [](const auto& a, const auto& b) { return a->period < b->period; });
  return absl::OkStatus();
}

bool CrossSection::Spread() {
  std::uint32_t least = ~0u, most = 0;
  std::size_t longest = 0;
  for (const auto& slice : slices_) {
    if (slice->series.empty()) continue;
    least = std::min(least, NumberOf(slice->series.front()));
    most = std::max(most, NumberOf(slice->series.back()));
    longest = std::max(longest, slice->series.size());
  }
  if (longest == 0 || most - least >= kSparse * longest + kFew) return false;
  first_series_ = least;
  found_.resize(most - least + 1);
  return true;
}

void CrossSection::FindUniformForm() {
  const CellForm form = slices_.front()->form;
  if (!form.has_value() || form.is_wide()) return;
  for (const auto& slice : slices_) {
    if (slice->period.months() > 1 || !slice->forms.empty() || !SamePrint(slice->form, form)) return;
  }
  uniform_form_ = form;
}

void CrossSection::Compute() {
  std::size_t cells = kCellsPerFigure * found_.size();
  for (const auto& slice : slices_) cells += slice->size();
  if (cells < kCellsForTwo) return ComputeRows(0, found_.size(), &formulas_[0]);
  const std::size_t middle = found_.size() / 2;
  RunBoth([&] { ComputeRows(0, middle, &formulas_[0]); },
          [&] { ComputeRows(middle, found_.size(), &formulas_[1]); });
}

// A block of rows is filled from all slices, and its figures are computed, before the next is begun.
void CrossSection::ComputeRows(std::size_t begin, std::size_t end, Formulas* formulas) {
  Block block(*this);
  for (; begin < end; begin += kBlockRows) {
    block.Begin(begin, std::min(begin + kBlockRows, end));
    block.AddSlices();
    block.Finish(formulas, &found_);
  }
}

const NarrowFormula* CrossSection::FormulaOf(CellForm form, Formulas* formulas) const {
  for (const auto& known : *formulas) {
    if (SamePrint(known->form, form)) return known->formula ? &*known->formula : nullptr;
  }
  if (formulas->size() == kMostForms) return nullptr;
  formulas->push_back(std::make_unique<FormFormula>(
      FormFormula{form, NarrowFormula::Create(spec_, form.scale(), form.step_exponent(), *now_, then_)}));
  const std::optional<NarrowFormula>& formula = formulas->back()->formula;
  return formula ? &*formula : nullptr;
}

CrossSection::Answer CrossSection::FindSums(storage::SeriesId series, SectionSums* sums) const {
  if (!whole_) return Answer::kAsk;
  const std::uint32_t number = NumberOf(series);
  if (number < first_series_ || number - first_series_ >= found_.size()) return Answer::kNone;
  const Found& found = found_[number - first_series_];
  if (found.state == State::kAsk) return Answer::kAsk;
  if (found.state != State::kFigure) return Answer::kNone;
  *sums = {.now = found.figure.coefficient,
           .then = found.figure.bound,
           .form = found.form,
           .several = found.several,
           .newest = order_.releases()[found.newest]};
  return Answer::kSums;
}

bool CrossSection::Find(storage::SeriesId series, SectionFigure* figure) const {
  const std::uint32_t number = NumberOf(series);
  if (number < first_series_ || number - first_series_ >= found_.size()) return false;
  const Found& found = found_[number - first_series_];
  if (found.state == State::kAsk || found.state == State::kNothing) return false;
  figure->series = series;
  figure->formula = nullptr;
  if (found.state == State::kMissing) return true;
  const ReleaseOrder::Release& newest = order_.releases()[found.newest];
  figure->figure = found.figure;
  figure->formula = found.formula;
  figure->derivation = now_->months() > 1 ? Derivation::kSummed : Derivation::kPublished;
  figure->across_releases = found.several;
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
  for (const auto& shared : slices_) {
    const storage::PeriodSlice& slice = *shared;
    if (slice.period.months() > 1 || !Covers(run, slice.period.start())) continue;
    for (; month < slice.period.start(); month = month + 1) missing.push_back(month);
    const std::optional<std::size_t> at = PlaceIn(slice, series);
    if (!at) continue;
    month = month + 1;
    const std::uint32_t release = order_.RankOf(slice.sequences[*at]) + 1;
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
