#include "daemon/engine/sum_columns.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "domain/decimal.h"
#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Cells of all slices, some 16 bytes each, and of the months of all sums, some 48 bytes.
constexpr std::size_t kMostCells = 8'000'000;
constexpr std::size_t kMostHeldCells = 2'500'000;
// Numbers of series from the first to the last member, at most so many times the members.
constexpr std::size_t kSparse = 16;
constexpr std::size_t kFew = 1 << 16;
// Decimals of which one member may have more than another: 19 digits and these leave room in
// MonthSums::kMostDigits for the cells.
constexpr int kMostRescaling = 10;
constexpr int kMostStepDigits = 28;

// Long before any month.
constexpr Month kNever = Month::FromIndex(-2);

}  // namespace

absl::StatusOr<std::unique_ptr<SumColumns>> SumColumns::Read(const storage::Store& store,
                                                             const std::string& dataset,
                                                             const Vintage& vintage,
                                                             const std::vector<PlannedSum*>& sums,
                                                             absl::FunctionRef<absl::Status()> check_alive) {
  std::unique_ptr<SumColumns> columns(new SumColumns());
  if (!columns->TakeMembers(sums)) return nullptr;
  TW_ASSIGN_OR_RETURN(const bool read, columns->ReadSlices(store, dataset, vintage));
  if (!read) return nullptr;
  TW_RETURN_IF_ERROR(check_alive());
  TW_ASSIGN_OR_RETURN(columns->order_, ReleaseOrder::Read(store, columns->slices_));
  if (columns->order_.empty()) return nullptr;
  columns->TakeScale();
  columns->sums_.assign(sums.size(), Sum(&columns->order_.releases(), columns->scale_));
  for (const storage::PeriodSlice& slice : columns->slices_) columns->FindStretches(slice);
  columns->last_months_.assign(columns->states_.size(), kNever);
  std::size_t next_stretch = 0;
  for (const storage::PeriodSlice& slice : columns->slices_) {
    TW_RETURN_IF_ERROR(check_alive());
    if (slice.period.months() == 1) columns->AddSlice(slice, &next_stretch);
    if (columns->HeldCells() > kMostHeldCells) return nullptr;
  }
  for (std::size_t i = 0; i < columns->states_.size(); ++i) {
    if (columns->states_[i] != State::kMonths) continue;
    for (std::uint32_t k = columns->begins_[i]; k < columns->begins_[i + 1]; ++k) {
      columns->sums_[columns->slots_[k].sum].months.AddSeries();
    }
  }
  columns->slices_ = {};
  columns->slots_ = {};
  columns->stretches_ = {};
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i]->number = static_cast<std::uint32_t>(i + 1);
  return columns;
}

// Members that belong to a sum for a time only are left to the algebra.
bool SumColumns::TakeMembers(const std::vector<PlannedSum*>& sums) {
  std::uint32_t least = ~0u, most = 0;
  std::size_t members = 0;
  for (const PlannedSum* sum : sums) {
    for (const PlannedMember& member : sum->members) {
      least = std::min(least, static_cast<std::uint32_t>(member.id));
      most = std::max(most, static_cast<std::uint32_t>(member.id));
    }
    members += sum->members.size();
  }
  if (members == 0 || most - least >= kSparse * members + kFew) return false;
  first_ = least;
  const std::size_t places = most - least + 1;
  states_.assign(places, State::kNothing);
  last_months_.assign(places, kNever);
  stretch_.assign(places, 0);
  begins_.assign(places + 1, 0);
  for (const PlannedSum* sum : sums) {
    for (const PlannedMember& member : sum->members) {
      if (member.when == 0) ++begins_[PlaceOf(member.id) + 1];
    }
  }
  for (std::size_t i = 1; i < begins_.size(); ++i) begins_[i] += begins_[i - 1];
  slots_.resize(begins_.back());
  std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
  for (std::size_t s = 0; s < sums.size(); ++s) {
    for (const PlannedMember& member : sums[s]->members) {
      if (member.when != 0) continue;
      slots_[next[PlaceOf(member.id)]++] = {static_cast<std::uint32_t>(s), member.sign, 0};
    }
  }
  return true;
}

absl::StatusOr<bool> SumColumns::ReadSlices(const storage::Store& store, const std::string& dataset,
                                            const Vintage& vintage) {
  const std::size_t most_periods = kMostCells / std::max<std::size_t>(store.CountSeries(), 1);
  absl::flat_hash_map<std::pair<std::int32_t, int>, bool> wanted;
  bool all = true;
  const auto admit = [&](const Period& period) {
    const auto [at, is_new] = wanted.try_emplace({period.start().index(), period.months()}, true);
    if (is_new) all = at->second = wanted.size() <= most_periods;
    return at->second;
  };
  TW_RETURN_IF_ERROR(store.ReadSlices(dataset, PeriodRange{}, vintage, admit, &slices_));
  return all;
}

void SumColumns::TakeScale() {
  const auto take = [this](CellForm form) {
    if (form.has_value()) scale_ = std::max(scale_, form.scale());
  };
  for (const storage::PeriodSlice& slice : slices_) {
    if (slice.forms.empty()) take(slice.form);
    for (const CellForm form : slice.forms) take(form);
  }
}

bool SumColumns::Fits(CellForm form) const {
  return form.has_value() && !form.is_wide() && form.scale() + kMostRescaling >= scale_ &&
         form.step_exponent() + scale_ < kMostStepDigits;
}

void SumColumns::FindStretches(const storage::PeriodSlice& slice) {
  const bool is_month = slice.period.months() == 1;
  const bool all_fit = slice.forms.empty() && Fits(slice.form);
  const Month month = slice.period.start();
  for (std::size_t row = 0; row < slice.size(); ++row) {
    if (!IsMember(slice.series[row])) continue;
    const std::size_t place = PlaceOf(slice.series[row]);
    State& state = states_[place];
    if (!is_month || !(all_fit || Fits(slice.FormOf(row)))) {
      state = State::kOther;
    } else if (state == State::kNothing) {
      state = State::kMonths;
    }
    if (!is_month) continue;
    if (last_months_[place] + 1 != month) {
      stretch_[place] = static_cast<std::uint32_t>(stretches_.size());
      stretches_.push_back({month, month + 1});
    } else {
      stretches_[stretch_[place]].end = month + 1;
    }
    last_months_[place] = month;
  }
}

// But for its value and its release.
MonthSums::Share SumColumns::ShareOf(CellForm form) const {
  MonthSums::Share share;
  share.step = PowerOfTen(form.step_exponent() + scale_);
  share.scale = static_cast<std::uint8_t>(form.scale());
  share.step_scale = static_cast<std::uint8_t>(std::max(0, -form.step_exponent()));
  return share;
}

void SumColumns::BeginStretch(std::size_t series, const Stretch& stretch) {
  for (std::uint32_t k = begins_[series]; k < begins_[series + 1]; ++k) {
    slots_[k].stretch = sums_[slots_[k].sum].months.AddStretch(stretch.start, stretch.end);
  }
}

// Stretches begin in the order in which FindStretches() met them.
void SumColumns::AddSlice(const storage::PeriodSlice& slice, std::size_t* next_stretch) {
  const Month month = slice.period.start();
  MonthSums::Share share;
  absl::int128 factor = 1;
  CellForm form;
  bool has_form = false;
  for (std::size_t row = 0; row < slice.size(); ++row) {
    if (!IsMember(slice.series[row])) continue;
    const std::size_t place = PlaceOf(slice.series[row]);
    const bool begins = last_months_[place] + 1 != month;
    const std::size_t stretch = begins ? (*next_stretch)++ : 0;
    last_months_[place] = month;
    if (states_[place] != State::kMonths) continue;
    if (begins) BeginStretch(place, stretches_[stretch]);
    if (!has_form || !(form == slice.FormOf(row))) {
      form = slice.FormOf(row);
      share = ShareOf(form);
      factor = PowerOfTen(scale_ - form.scale());
      has_form = true;
    }
    share.release = order_.RankOf(slice.sequences[row]);
    for (std::uint32_t k = begins_[place]; k < begins_[place + 1]; ++k) {
      const Slot& slot = slots_[k];
      share.value = factor * (slot.sign * slice.coefficients[row]);
      sums_[slot.sum].months.Add(slot.stretch, month, share);
      ++sums_[slot.sum].cells;
    }
  }
}

std::size_t SumColumns::HeldCells() const {
  std::size_t cells = 0;
  for (const Sum& sum : sums_) cells += sum.months.cells();
  return cells;
}

bool SumColumns::MustRead(const PlannedMember& member) const {
  if (!IsMember(member.id)) return false;
  const State state = states_[PlaceOf(member.id)];
  return state == State::kOther || (state == State::kMonths && member.when != 0);
}

}  // namespace tidewaiter::engine
