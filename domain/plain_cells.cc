#include "domain/plain_cells.h"

#include "domain/cell_form.h"

namespace tidewaiter {

void PlainCells::Clear() {
  scale = 0;
  months.clear();
  coefficients.clear();
  sequences.clear();
  published_at.clear();
  ages.clear();
}

void PlainCells::Resize(std::size_t size) {
  months.resize(size);
  coefficients.resize(size);
  sequences.resize(size);
  published_at.resize(size);
  if (!ages.empty()) ages.resize(size);
}

bool PlainCells::Take(const std::vector<CellState>& cells, bool omit_texts) {
  Clear();
  if (cells.empty()) return true;
  const CellForm form = CellForm::Of(cells.front().datum, cells.front().attributes);
  bool aged = false;
  for (const CellState& cell : cells) {
    if (cell.period.months() != 1 || CellForm::Of(cell.datum, cell.attributes) != form) return false;
    if (!omit_texts && (cell.source != 0 || cell.note != 0)) return false;
    aged = aged || cell.value_since != cell.published_at;
  }
  if (!form.is_plain()) return false;
  scale = form.scale();
  for (const CellState& cell : cells) {
    months.push_back(cell.period.start());
    coefficients.push_back(static_cast<std::int64_t>(cell.datum.value().coefficient()));
    sequences.push_back(cell.sequence);
    published_at.push_back(cell.published_at);
    if (aged) ages.push_back(cell.published_at.micros() - cell.value_since.micros());
  }
  return true;
}

void PlainCells::CopyTo(std::vector<CellState>* cells) const {
  cells->clear();
  cells->reserve(size());
  const CellForm form = CellForm::Plain(scale);
  for (std::size_t i = 0; i < size(); ++i) {
    const std::int64_t age = ages.empty() ? 0 : ages[i];
    cells->push_back({Period::FromValid(months[i], 1), form.DatumOf(coefficients[i]), form.attributes(), 0, 0,
                      sequences[i], published_at[i], Instant::FromMicros(published_at[i].micros() - age)});
  }
}

}  // namespace tidewaiter
