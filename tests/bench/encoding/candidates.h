// The candidate encodings of the study: three chunks of the release log, four values of the series index, and
// the slice of one period.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/rocks/cell_codec.h"
#include "tests/bench/encoding/workload.h"

namespace tidewaiter::bench {

// What is known of a series while its statements pass by: periods ascending.
class Fold {
 public:
  struct Cell {
    PeriodCode period;
    std::int64_t coefficient;
  };
  void Clear() {
    cells_.clear();
    hint_ = 0;
  }
  void State(PeriodCode period, std::int64_t coefficient);
  // REQUIRES: period is after all others.
  void Append(PeriodCode period, std::int64_t coefficient) { cells_.push_back({period, coefficient}); }
  const std::vector<Cell>& cells() const { return cells_; }

 private:
  std::vector<Cell> cells_;
  std::size_t hint_ = 0;
};

storage::CodedCell CellOf(const Statement& statement);

// ---- Chunks of the release log
// --------------------------------------------------------------------------------

enum class ChunkKind {
  kCells,     // per series: varint series delta, EncodeCells
  kColumns,   // the same order, column by column, coefficients as byte planes
  kByPeriod,  // period by period: the slices below, one after another
  kStored,    // what storage/rocks/period_chunk.h makes of them: as kByPeriod, for every kind of cell
};
std::string_view NameOf(ChunkKind kind);
constexpr std::size_t kStatementsPerChunk = 65'536;

void EncodeChunk(ChunkKind kind, std::span<const Statement> statements, std::string* out);
// In canonical order, whatever the kind.
std::vector<Statement> DecodeChunk(ChunkKind kind, std::string_view chunk);

// The cells of one period in some statements, ascending by series.
//   slice := varint n, byte scale (255: mixed), byte signed, series deltas - 1, [scales], widths (4 bits
//   each),
//            the lowest bytes of all coefficients, the second lowest ...
void EncodeSlice(std::span<const Statement> statements, std::string* out);
// Calls fn(series, coefficient, scale); returns the end of the slice.
const char* DecodeSlice(const char* p,
                        const std::function<void(std::uint32_t, std::int64_t, std::uint32_t)>& fn);
// Puts the coefficients of a slice into `column`, by series, where `stated` is not yet set.
const char* FillColumn(const char* p, std::vector<std::int64_t>* column, std::vector<char>* stated);
// The slice of `period` in a kByPeriod chunk, or nullptr.
const char* FindSlice(std::string_view chunk, PeriodCode period);

// ---- Values of the series index
// -------------------------------------------------------------------------------

enum class SeriesKind {
  kMerged,    // one key per series, operands appended: varint position, section, length, EncodeCells
  kDelta,     // the same, coefficients as differences to the cell before in the block
  kBlock,     // one key per (series, position): EncodeCells
  kCell,      // one key per (series, period, position): byte scale, zigzag varint coefficient
  kRepacked,  // one key per series; a full merge sorts all statements by (period, position) and packs them
};
std::string_view NameOf(SeriesKind kind);

// EncodeCells of the statements of one series; `delta` as in kDelta.
void EncodeBlock(std::span<const Statement> statements, bool delta, std::string* out);
// Folds one block; returns the number of cells.
std::uint32_t FoldBlock(std::string_view* input, bool delta, Fold* fold);
void PutOperand(std::uint32_t position, std::string_view cells, std::string* out);
// Folds the operands with position <= `position`; the others are skipped by their length.
std::uint32_t FoldMerged(std::string_view value, bool delta, std::uint32_t position, Fold* fold);
// One statement of a series, as the packer sorts them.
struct Placed {
  PeriodCode period;
  std::uint32_t position;
  std::int64_t coefficient;
  std::uint32_t scale;
};
// packed := varint periods, distinct positions, most decimals; the positions as differences
//           per period: step to it, number of its statements
//           per statement: index of its position, bits of fixed width
//           per statement, one bit: is it other than the one before of the same period?
//           per changed statement: scale change, coefficient as a difference to the one before of the same
//           period (of the first: to the first of the period before), bits of fixed width
void Pack(std::vector<Placed>* statements, std::string* out);
std::uint32_t FoldPacked(std::string_view packed, std::uint32_t position, Fold* fold);
std::vector<Placed> Unpack(std::string_view packed);
std::vector<Placed> PlacedOf(std::string_view merged);

}  // namespace tidewaiter::bench
