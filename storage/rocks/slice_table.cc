#include "storage/rocks/slice_table.h"

#include <algorithm>
#include <utility>

namespace tidewaiter::storage {

ChunkSlice::ChunkSlice(PeriodColumns taken) : columns(std::move(taken)) {
  std::vector<std::uint32_t>& series = columns.places;
  if (std::find(series.begin(), series.end(), 0u) != series.end()) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < series.size(); ++i) {
      if (series[i] == 0) continue;
      series[kept] = series[i];
      columns.coefficients[kept] = columns.coefficients[i];
      if (!columns.forms.empty()) columns.forms[kept] = columns.forms[i];
      ++kept;
    }
    series.resize(kept);
    columns.coefficients.resize(kept);
    if (!columns.forms.empty()) columns.forms.resize(kept);
  }
  for (const std::uint32_t id : series) {
    const std::uint32_t page = SeriesPlaces::PageOf(id);
    if (pages.empty() || pages.back() != page) pages.push_back(page);
  }
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
}

std::size_t ChunkSlice::bytes() const {
  const auto of = [](const auto& column) { return column.capacity() * sizeof(column[0]); };
  return sizeof(*this) + of(columns.places) + of(columns.coefficients) + of(columns.forms) +
         of(columns.wide) + of(pages);
}

void SliceTable::Put(const ChunkSlice& slice, const SeriesPlaces& places, Sequence sequence) {
  Grow(places.size());
  Meet(sequence);
  const PeriodColumns& columns = slice.columns;
  const std::size_t rows = columns.places.size();
  Slot* const slots = slots_.data();
  if (columns.forms.empty()) {
    Meet(columns.form);
    for (std::size_t i = 0; i < rows; ++i) {
      slots[places.PlaceOf(columns.places[i])] = {columns.coefficients[i], sequence, columns.form};
    }
    return;
  }
  const auto before = static_cast<std::int64_t>(wide_.size());
  wide_.insert(wide_.end(), columns.wide.begin(), columns.wide.end());
  for (std::size_t i = 0; i < rows; ++i) {
    const CellForm form = columns.forms[i];
    Meet(form);
    slots[places.PlaceOf(columns.places[i])] = {columns.coefficients[i] + (form.is_wide() ? before : 0),
                                                sequence, form};
  }
}

void SliceTable::Put(std::uint32_t series, const Datum& datum, Attributes attributes,
                     const SeriesPlaces& places, Sequence sequence) {
  Grow(places.size());
  Meet(sequence);
  const CellForm form = CellForm::Of(datum, attributes);
  Meet(form);
  std::int64_t coefficient = 0;
  if (form.is_wide()) {
    coefficient = static_cast<std::int64_t>(wide_.size());
    wide_.push_back(datum.value().coefficient());
  } else if (datum.has_value()) {
    coefficient = static_cast<std::int64_t>(datum.value().coefficient());
  }
  slots_[places.PlaceOf(series)] = {coefficient, sequence, form};
}

void SliceTable::WithdrawAll(Sequence sequence) {
  const CellForm withdrawn = CellForm::Of(Datum::Absent(Absence::kWithdrawn), Attributes());
  if (has_form_) Meet(withdrawn);
  Meet(sequence);
  for (Slot& slot : slots_) {
    if (slot.sequence != 0) slot = {0, sequence, withdrawn};
  }
}

void SliceTable::Finish(const SeriesPlaces& places, PeriodSlice* slice) const {
  const std::size_t size = slots_.size();
  std::size_t rows = 0;
  const auto known = [](const Slot& slot) { return slot.sequence != 0 ? std::size_t{1} : 0; };
  for (const Slot& slot : slots_) rows += known(slot);
  // Never cleared first: what has the right size already is not filled twice.
  slice->series.resize(rows);
  slice->coefficients.resize(rows);
  slice->sequences.resize(rows);
  slice->forms.resize(mixed_ ? rows : 0);
  slice->form = form_;
  slice->wide.clear();
  slice->releases = releases_;
  std::sort(slice->releases.begin(), slice->releases.end());
  slice->releases.erase(std::unique(slice->releases.begin(), slice->releases.end()), slice->releases.end());
  std::size_t row = 0;
  places.ForEachPage([&](std::uint32_t series, std::uint32_t first) {
    if (first >= size) return;
    for (std::uint32_t i = 0; i < SeriesPlaces::kPageSeries; ++i) {
      const Slot& slot = slots_[first + i];
      if (slot.sequence == 0) continue;
      slice->series[row] = SeriesId{series + i};
      slice->coefficients[row] = slot.coefficient;
      slice->sequences[row] = slot.sequence;
      if (mixed_) slice->forms[row] = slot.form;
      if (slot.form.is_wide()) {
        slice->coefficients[row] = static_cast<std::int64_t>(slice->wide.size());
        slice->wide.push_back(wide_[static_cast<std::size_t>(slot.coefficient)]);
      }
      ++row;
    }
  });
}

}  // namespace tidewaiter::storage
