// The cells of one series as nearly all are, as columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "domain/change.h"
#include "domain/instant.h"
#include "domain/month.h"
#include "domain/vintage.h"

namespace tidewaiter {

// Cells of single months, with numbers of 64 bits and of one scale whose step is the last digit, of status A
// and confidentiality F, without texts: a fourth of the bytes of as many CellStates, and nothing about them
// has to be asked cell by cell. Columns are of one length, months ascending. Value type.
struct PlainCells {
  int scale = 0;
  std::vector<Month> months;
  std::vector<std::int64_t> coefficients;
  std::vector<Sequence> sequences;  // of the releases that made the statements
  std::vector<Instant> published_at;
  // How long before its publication each value has stood, microseconds; empty: all 0.
  std::vector<std::int64_t> ages;

  std::size_t size() const { return months.size(); }
  bool empty() const { return months.empty(); }
  // Keeps the memory.
  void Clear();
  // To so many cells; what comes to be is to be filled in.
  void Resize(std::size_t size);
  // Becomes `cells`, in place of what was here. False, and void, if some cell is not plain or of another
  // scale than the first; with `omit_texts` texts are no hindrance, and are left out.
  bool Take(const std::vector<CellState>& cells, bool omit_texts);
  // Replaces `cells`.
  void CopyTo(std::vector<CellState>* cells) const;
};

}  // namespace tidewaiter
