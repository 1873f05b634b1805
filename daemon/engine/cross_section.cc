#include "daemon/engine/cross_section.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Rows for numbers that no slice has, and sequences that no row has, at most so many times those that there
// are.
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
  Slices slices;
  TW_RETURN_IF_ERROR(store.ReadSlices(dataset, PeriodRange{}, vintage, wanted, &slices));
  if (!section.Spread(slices)) return section;
  TW_RETURN_IF_ERROR(section.OrderReleases(store, slices));
  if (section.order_.empty()) section.rows_.clear();
  for (const storage::PeriodSlice& slice : slices) section.Add(slice);
  for (const Row& row : section.rows_) {
    if (!row.simple || row.now_months == 0 || section.FormulaOf(row.form) != nullptr) continue;
    if (section.formulas_.size() == kMostForms) break;
    section.formulas_.push_back(
        {row.form, NarrowFormula::Create(spec, row.form.scale(), row.form.step_exponent(), *section.now_,
                                         section.then_)});
  }
  return section;
}

bool CrossSection::Spread(const Slices& slices) {
  std::uint32_t least = ~0u, most = 0;
  std::size_t longest = 0;
  for (const storage::PeriodSlice& slice : slices) {
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

// Leaves order_ empty if the sequences lie too far apart for a table.
absl::Status CrossSection::OrderReleases(const storage::Store& store, const Slices& slices) {
  Sequence least = ~Sequence{0}, most = 0;
  std::size_t rows = 0;
  for (const storage::PeriodSlice& slice : slices) {
    for (const Sequence sequence : slice.sequences) {
      least = std::min(least, sequence);
      most = std::max(most, sequence);
    }
    rows += slice.size();
  }
  if (rows == 0 || most - least >= kSparse * rows + kFew) return absl::OkStatus();
  first_sequence_ = least;
  order_.resize(most - least + 1);
  for (const storage::PeriodSlice& slice : slices) {
    for (const Sequence sequence : slice.sequences) order_[sequence - least] = 1;
  }
  for (std::size_t i = 0; i < order_.size(); ++i) {
    if (order_[i] == 0) continue;
    const auto sequence = static_cast<Sequence>(least + i);
    TW_ASSIGN_OR_RETURN(const storage::LogEntry entry, store.GetEntry(sequence));
    releases_.push_back({sequence, entry.header.published_at.instant});
  }
  std::sort(releases_.begin(), releases_.end(), [](const Release& a, const Release& b) {
    return std::tie(a.published_at, a.sequence) < std::tie(b.published_at, b.sequence);
  });
  for (std::size_t i = 0; i < releases_.size(); ++i) {
    order_[releases_[i].sequence - least] = static_cast<std::uint32_t>(i + 1);
  }
  return absl::OkStatus();
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
          order_[slice.sequences[i] - first_sequence_], now, then);
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

bool CrossSection::Find(storage::SeriesId series, AggregateValue* value) const {
  const std::uint32_t number = NumberOf(series);
  if (number < first_series_ || number - first_series_ >= rows_.size()) return false;
  const Row& row = rows_[number - first_series_];
  if (!row.simple || row.now_months != now_->months() || (then_ && row.then_months != then_->months())) {
    return false;
  }
  const NarrowFormula* const formula = FormulaOf(row.form);
  AggregateValue found;
  if (formula == nullptr || !formula->Compute(row.now, row.then, &found)) return false;
  const Release& newest = releases_[row.newest - 1];
  found.derivation = now_->months() > 1 ? Derivation::kSummed : Derivation::kPublished;
  found.members = 1;
  found.across_releases = row.several;
  found.published_at = newest.published_at;
  found.sequence = newest.sequence;
  *value = std::move(found);
  return true;
}

}  // namespace tidewaiter::engine
