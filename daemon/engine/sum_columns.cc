#include "daemon/engine/sum_columns.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "daemon/engine/two_threads.h"
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

// Series from which on two threads add them up.
constexpr std::size_t kPlacesForTwo = 4096;

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
  TW_RETURN_IF_ERROR(check_alive());
  columns->AddUp(sums.size());
  if (columns->sums_.empty()) return nullptr;
  columns->slices_ = {};
  columns->slots_ = {};
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
      slots_[next[PlaceOf(member.id)]++] = {static_cast<std::uint32_t>(s), member.sign};
    }
  }
  return true;
}

// Even and odd years apart, which are about equally many.
absl::StatusOr<bool> SumColumns::ReadSlices(const storage::Store& store, const std::string& dataset,
                                            const Vintage& vintage) {
  const std::size_t most_periods = kMostCells / std::max<std::size_t>(store.CountSeries(), 1) / 2;
  struct Half {
    absl::flat_hash_map<std::pair<std::int32_t, int>, bool> wanted;
    storage::SharedSlices slices;
    bool all = true;
    absl::Status status;
  } halves[2];
  const auto read = [&](int parity) {
    Half& half = halves[parity];
    const auto admit = [&half, parity, most_periods](const Period& period) {
      if (period.start().year() % 2 != parity) return false;
      const auto [at, is_new] = half.wanted.try_emplace({period.start().index(), period.months()}, true);
      if (is_new) half.all = at->second = half.wanted.size() <= most_periods;
      return at->second;
    };
    half.status = store.ReadSharedSlices(dataset, PeriodRange{}, vintage, admit, &half.slices);
  };
  RunBoth([&] { read(0); }, [&] { read(1); });
  for (Half& half : halves) {
    TW_RETURN_IF_ERROR(half.status);
    std::move(half.slices.begin(), half.slices.end(), std::back_inserter(slices_));
  }
  std::sort(slices_.begin(), slices_.end(),
            [](const auto& a, const auto& b) { return a->period < b->period; });
  return halves[0].all && halves[1].all;
}

void SumColumns::TakeScale() {
  const auto take = [this](CellForm form) {
    if (form.has_value()) scale_ = std::max(scale_, form.scale());
  };
  for (const auto& slice : slices_) {
    if (slice->forms.empty()) take(slice->form);
    for (const CellForm form : slice->forms) take(form);
  }
}

bool SumColumns::Fits(CellForm form) const {
  return form.has_value() && !form.is_wide() && form.scale() + kMostRescaling >= scale_ &&
         form.step_exponent() + scale_ < kMostStepDigits;
}

// The series of some places, added up.
class SumColumns::Part {
 public:
  Part(SumColumns* columns, std::size_t begin, std::size_t end, std::size_t sums)
      : columns_(*columns),
        begin_(begin),
        end_(end),
        last_months_(end - begin, kNever),
        current_(end - begin, 0),
        sums_(sums, Sum(&columns->order_.releases(), columns->scale_)) {}

  // False: the sums would take too much room.
  bool Run() {
    for (const auto& slice : columns_.slices_) FindStretches(*slice);
    last_months_.assign(last_months_.size(), kNever);
    stretch_of_slot_.resize(columns_.slots_.size());
    for (const auto& slice : columns_.slices_) {
      if (slice->period.months() != 1) continue;
      Add(*slice);
      if (held_ > kMostHeldCells) return false;
    }
    for (std::size_t place = begin_; place < end_; ++place) {
      if (columns_.states_[place] != State::kMonths) continue;
      for (std::uint32_t k = columns_.begins_[place]; k < columns_.begins_[place + 1]; ++k) {
        sums_[columns_.slots_[k].sum].months.AddSeries();
      }
    }
    return true;
  }
  std::vector<Sum>& sums() { return sums_; }

 private:
  // Of months of a series.
  struct Stretch {
    Month start;
    Month end;
  };

  // Calls `take(row, place)` for the rows of our series.
  template <typename Take>
  void ForEach(const storage::PeriodSlice& slice, Take take) const {
    const auto number = [this](std::size_t place) {
      return storage::SeriesId{columns_.first_ + static_cast<std::uint32_t>(place)};
    };
    const auto first = std::lower_bound(slice.series.begin(), slice.series.end(), number(begin_));
    const auto last = std::lower_bound(first, slice.series.end(), number(end_));
    for (auto at = first; at != last; ++at) {
      take(static_cast<std::size_t>(at - slice.series.begin()), columns_.PlaceOf(*at));
    }
  }

  void FindStretches(const storage::PeriodSlice& slice) {
    const bool is_month = slice.period.months() == 1;
    const bool all_fit = slice.forms.empty() && columns_.Fits(slice.form);
    const Month month = slice.period.start();
    ForEach(slice, [&](std::size_t row, std::size_t place) {
      State& state = columns_.states_[place];
      if (!is_month || !(all_fit || columns_.Fits(slice.FormOf(row)))) {
        state = State::kOther;
      } else if (state == State::kNothing) {
        state = State::kMonths;
      }
      if (!is_month) return;
      std::uint32_t& current = current_[place - begin_];
      if (last_months_[place - begin_] + 1 != month) {
        current = static_cast<std::uint32_t>(stretches_.size());
        stretches_.push_back({month, month + 1});
      } else {
        stretches_[current].end = month + 1;
      }
      last_months_[place - begin_] = month;
    });
  }

  // Stretches begin in the order in which FindStretches() met them.
  void Add(const storage::PeriodSlice& slice) {
    const Month month = slice.period.start();
    CellForm form = slice.form;
    MonthSums::Share share = columns_.ShareOf(form);
    absl::int128 factor = columns_.FactorOf(form);
    ForEach(slice, [&](std::size_t row, std::size_t place) {
      const bool begins = last_months_[place - begin_] + 1 != month;
      const std::size_t stretch = begins ? next_stretch_++ : 0;
      last_months_[place - begin_] = month;
      if (columns_.states_[place] != State::kMonths) return;
      if (begins) Begin(place, stretches_[stretch]);
      if (!slice.forms.empty() && !(form == slice.forms[row])) {
        form = slice.forms[row];
        share = columns_.ShareOf(form);
        factor = columns_.FactorOf(form);
      }
      share.release = columns_.order_.RankOf(slice.sequences[row]);
      for (std::uint32_t k = columns_.begins_[place]; k < columns_.begins_[place + 1]; ++k) {
        const Slot& slot = columns_.slots_[k];
        share.value = factor * (slot.sign * slice.coefficients[row]);
        sums_[slot.sum].months.Add(stretch_of_slot_[k], month, share);
        ++sums_[slot.sum].cells;
      }
    });
  }

  void Begin(std::size_t place, const Stretch& stretch) {
    for (std::uint32_t k = columns_.begins_[place]; k < columns_.begins_[place + 1]; ++k) {
      MonthSums& months = sums_[columns_.slots_[k].sum].months;
      held_ -= months.cells();
      stretch_of_slot_[k] = months.AddStretch(stretch.start, stretch.end);
      held_ += months.cells();
    }
  }

  SumColumns& columns_;
  const std::size_t begin_;  // places
  const std::size_t end_;
  std::vector<Month> last_months_;      // of each series, that have been seen
  std::vector<std::uint32_t> current_;  // stretches: index into
  std::vector<Stretch> stretches_;      // of all series, in the order in which they begin
  std::size_t next_stretch_ = 0;
  std::vector<std::uint32_t> stretch_of_slot_;  // of its sum
  std::vector<Sum> sums_;
  std::size_t held_ = 0;  // months of all stretches
};

// Leaves no sums if they would take too much room.
void SumColumns::AddUp(std::size_t sums) {
  const std::size_t middle = states_.size() > kPlacesForTwo ? states_.size() / 2 : 0;
  Part lower(this, 0, middle, sums), upper(this, middle, states_.size(), sums);
  bool lower_fits = true, upper_fits = true;
  if (middle == 0) {
    upper_fits = upper.Run();
  } else {
    RunBoth([&] { lower_fits = lower.Run(); }, [&] { upper_fits = upper.Run(); });
  }
  if (!lower_fits || !upper_fits) return;
  sums_ = std::move(upper.sums());
  for (std::size_t i = 0; i < sums; ++i) {
    sums_[i].months.Merge(lower.sums()[i].months);
    sums_[i].cells += lower.sums()[i].cells;
  }
}

// But for its value and its release.
MonthSums::Share SumColumns::ShareOf(CellForm form) const {
  MonthSums::Share share;
  if (!Fits(form)) return share;
  share.step = PowerOfTen(form.step_exponent() + scale_);
  share.scale = static_cast<std::uint8_t>(form.scale());
  share.step_scale = static_cast<std::uint8_t>(std::max(0, -form.step_exponent()));
  return share;
}

absl::int128 SumColumns::FactorOf(CellForm form) const {
  return Fits(form) ? PowerOfTen(scale_ - form.scale()) : absl::int128(0);
}

bool SumColumns::MustRead(const PlannedMember& member) const {
  if (!IsMember(member.id)) return false;
  const State state = states_[PlaceOf(member.id)];
  return state == State::kOther || (state == State::kMonths && member.when != 0);
}

}  // namespace tidewaiter::engine
