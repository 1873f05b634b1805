// The bytes of some cells of one series: what the merge operands of the series column family and the chunks
// of the release log are made of. Grammar: at the top of cell_codec.cc and in docs/storage-format.md.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "absl/numeric/int128.h"
#include "domain/change.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/period.h"

namespace tidewaiter::storage {

struct CodedCell {
  Period period;
  Datum datum;
  Attributes attributes;
  TextId source = 0;
  TextId note = 0;
  friend bool operator==(const CodedCell&, const CodedCell&) = default;
};

// How the periods of a block follow one another; see the grammar.
namespace cell_steps {
inline constexpr std::uint8_t kMonths = 0, kGaps = 1, kRun = 2, kSteps = 3;
}  // namespace cell_steps

// Appends the encoding of `cells` (1 or more, periods strictly ascending) to `out`. Self-delimiting.
void EncodeCells(std::span<const CodedCell> cells, std::string* out);

// Reads what EncodeCells wrote, cell by cell:
//   CellReader reader(&input);            // input is advanced past the encoding as it is read
//   while (reader.Next(&cell)) ...;
//   if (!reader.ok()) corruption
// Never reads beyond the input, whatever the bytes; what it hands out is always a valid cell.
class CellReader {
 public:
  explicit CellReader(std::string_view* input) : input_(input) {
    if (!ReadCommonHeader()) ReadHeader();
  }
  bool Next(CodedCell* cell);
  bool ok() const { return ok_; }
  std::uint32_t remaining() const { return remaining_; }

 private:
  // A coefficient is loaded as one 64-bit word, and one step byte may follow it.
  static constexpr std::size_t kFastBytes = 9;
  static constexpr std::int32_t kFirstMonth = limits::kMinYear * 12;
  static constexpr std::int32_t kEndMonth = (limits::kMaxYear + 1) * 12;  // exclusive

  bool ReadCommonHeader();
  void ReadHeader();
  bool NextGeneral(CodedCell* cell);
  bool ReadAttributes();
  bool ReadCoefficient(absl::int128* coefficient);
  bool ReadStep();
  bool Fail();

  std::string_view* input_;
  std::uint32_t remaining_ = 0;
  bool ok_ = true;
  // Header of the block; see the grammar.
  bool general_ = false;
  bool fast_ = false;  // plain cells, steps MONTHS, GAPS or RUN, coefficients of 1 to 8 bytes
  std::uint8_t steps_ = 0;
  std::uint8_t width_ = 0;  // bytes of a coefficient; 0: varint
  bool is_signed_ = false;
  // Of the next cell.
  std::int32_t start_ = 0;  // month index
  std::int32_t months_ = 1;
  // What holds until an attribute record changes it.
  std::int8_t scale_ = 0;
  std::int8_t step_exponent_ = 0;
  std::uint8_t absence_ = 0;  // 0: the cells have values
  Attributes attributes_;
  TextId source_ = 0;
  TextId note_ = 0;
  std::uint32_t same_attributes_ = 0;  // cells to come before the next attribute record
  // STEPS: the step that is being repeated.
  std::uint32_t repeats_ = 0;
  std::int32_t later_ = 0;
  std::int32_t longer_ = 0;
};

namespace cell_form {
// Bytes of a coefficient by form; 0 for varints and the reserved form.
inline constexpr std::uint8_t kWidth[16] = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 8, 12, 0, 0};
inline constexpr std::uint8_t kSigned1 = 6, k8 = 12, k12 = 13, kVarint = 14;
}  // namespace cell_form

// How cells start: the origin of the start field, its bias, and its value for a start beyond it.
namespace cell_start {
inline constexpr std::int32_t kOrigin = 2000 * 12, kBias = 512, kFar = 1023;
}  // namespace cell_start

// A header of three bytes: plain cells of single months, 15 at most. No such header can be wrong.
inline bool CellReader::ReadCommonHeader() {
  if (input_->size() < 3) return false;
  const auto byte0 = static_cast<std::uint8_t>((*input_)[0]), byte1 = static_cast<std::uint8_t>((*input_)[1]),
             byte2 = static_cast<std::uint8_t>((*input_)[2]);
  const std::uint8_t form = byte0 >> 4, scale = byte0 >> 1 & 7, count = byte1 & 15, steps = byte1 >> 4 & 3;
  const std::int32_t start = byte1 >> 6 << 8 | byte2;
  if ((byte0 & 1) != 0 || form > cell_form::k8 || scale == 7 || count == 0 || steps > cell_steps::kGaps ||
      start == cell_start::kFar) {
    return false;
  }
  input_->remove_prefix(3);
  remaining_ = count;
  fast_ = true;
  steps_ = steps;
  width_ = cell_form::kWidth[form];
  is_signed_ = form >= cell_form::kSigned1;
  start_ = start + cell_start::kOrigin - cell_start::kBias;
  scale_ = static_cast<std::int8_t>(scale);
  step_exponent_ = static_cast<std::int8_t>(-scale);
  return true;
}

inline bool CellReader::Next(CodedCell* cell) {
  static_assert(std::endian::native == std::endian::little);
  if (remaining_ == 0) return false;
  if (!fast_ || input_->size() < kFastBytes) return NextGeneral(cell);
  const char* p = input_->data();
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  const int unused = 64 - 8 * width_;
  word <<= unused;
  const std::int64_t coefficient =
      is_signed_ ? static_cast<std::int64_t>(word) >> unused : static_cast<std::int64_t>(word >> unused);
  cell->period = Period::FromValid(Month::FromIndex(start_), months_);
  cell->datum = Datum::ValueUnchecked(Decimal::FromValidParts(coefficient, scale_), -scale_);
  cell->attributes = Attributes();
  cell->source = 0;
  cell->note = 0;
  input_->remove_prefix(width_);
  if (--remaining_ == 0) return true;
  if (steps_ == cell_steps::kGaps) {
    const auto gap = static_cast<std::uint8_t>(p[width_]);
    if (gap >= 0x80) return ReadStep();
    input_->remove_prefix(1);
    start_ += 1 + gap;
    return start_ < kEndMonth || Fail();
  }
  // The constructor has checked where these end.
  if (steps_ == cell_steps::kRun) {
    ++months_;
  } else {
    ++start_;
  }
  return true;
}

}  // namespace tidewaiter::storage
