// Grammar. Bits are numbered from the lowest; varint: 7 bits a byte, lowest first, high bit set on all but
// the last; zigzag: 0 -1 1 -2 ... as 0 1 2 3 ...; fixed-width numbers are little-endian.
//
//   cells       := header cell (step? cell)*           a step stands before every cell but the first
//   cell        := attributes? coefficient?            a coefficient unless the cell is absent
//
//   header      := byte0 byte1 byte2 more-count? more-scale? far-start? length?
//     byte0       bit 0     GENERAL: cells have attribute records. Else all are values of one scale, their
//     step
//                           the last digit, status A, confidentiality F, without source or note
//                 bits 1-3  scale 0..6; 7: more-scale
//                 bits 4-7  form of the coefficients
//     byte1       bits 0-3  number of cells 1..15; 0: more-count
//                 bits 4-5  steps: 0 MONTHS, 1 GAPS, 2 RUN, 3 STEPS
//                 bits 6-7  bits 8-9 of the start
//     byte2       bits 0-7 of the start: start month of the first cell - 2000-01 + 512; 1023: far-start
//     more-count := varint of (cells - 16)
//     more-scale := byte
//     far-start  := zigzag varint of (start - 2000-01)
//     length     := varint of (months of the first cell - 1), for RUN and STEPS; else 1 month
//
//   step        := nothing for MONTHS                  one month, the next one
//                | varint of (gap - 1) for GAPS        one month, `gap` months later
//                | nothing for RUN                     same start, one month longer: cumulated figures
//                | for STEPS: nothing while a step is being repeated, else
//                  varint of ((k - 1) << 3 | repeated << 2 | kind) length? repeats?
//     kind        0 same start, k months longer; 1 k months later, same length; 2 k months later, with length
//     repeats    := varint of (r - 1): the same step is taken again before each of the r cells after the next
//
//   coefficient := by form
//     0..5  unsigned of 1..6 bytes      6..11 two's complement of 1..6 bytes
//     12    two's complement of 8       13    two's complement of 12
//     14    zigzag varint of at most 64 bits
//     15    reserved
//
//   attributes  := nothing for plain cells and while a record holds, else
//                  flags scale? absence? status? conf? source? note? holds?
//     flags       bits 0-5: which fields follow, in this order; what does not follow stays as it was (from
//     the
//                 start: the header's scale, a value, A, F, none, none). Bit 7: holds
//     scale      := byte: bits 0-6 scale; bit 7: varint of (step exponent + scale) follows; else the step is
//     the
//                   last digit
//     absence    := byte: 0 values from here on, else the Absence
//     status, conf := their letters        source, note := varint
//     holds      := varint of (n - 1): the record holds for n more cells
//
// A release that states 2025-07 and revises 2025-05 of one series (74.30 and 70.01, scale 2):
//   14 d2 30  59 1b  01  06 1d      form 1, scale 2; 2 cells, GAPS, start 304 + 512; 7001; gap 2; 7430
#include "storage/rocks/cell_codec.h"

#include <algorithm>
#include <array>
#include <limits>

#include "absl/numeric/bits.h"
#include "domain/decimal.h"
#include "domain/month.h"

namespace tidewaiter::storage {
namespace {

using cell_steps::kGaps;
using cell_steps::kMonths;
using cell_steps::kRun;
using cell_steps::kSteps;
constexpr std::uint8_t kLonger = 0, kLater = 1, kLaterWithLength = 2;
constexpr std::uint8_t kHasScale = 1, kHasAbsence = 2, kHasStatus = 4, kHasConf = 8, kHasSource = 16,
                       kHasNote = 32, kHolds = 128;
constexpr std::uint8_t kCoarseStep = 128;
constexpr std::uint8_t kMoreScale = 7;
constexpr std::uint32_t kShortCount = 15;
constexpr std::int32_t kOrigin = cell_start::kOrigin, kStartBias = cell_start::kBias,
                       kFarStart = cell_start::kFar;

void PutVarint(std::uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

bool GetByte(std::string_view* input, std::uint8_t* byte) {
  if (input->empty()) return false;
  *byte = static_cast<std::uint8_t>(input->front());
  input->remove_prefix(1);
  return true;
}

bool GetVarint(std::string_view* input, std::uint64_t* value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    std::uint8_t byte;
    if (!GetByte(input, &byte)) return false;
    const std::uint64_t bits = byte & 0x7f;
    if (shift == 63 && bits > 1) return false;
    *value |= bits << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

template <typename T>
bool GetVarintUpTo(std::uint64_t max, std::string_view* input, T* value) {
  std::uint64_t wide;
  if (!GetVarint(input, &wide) || wide > max) return false;
  *value = static_cast<T>(wide);
  return true;
}

constexpr std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

// Bytes that the varint of `value` takes.
int VarintSize(std::uint64_t value) { return (static_cast<int>(absl::bit_width(value | 1)) + 6) / 7; }

// True if `letter` is one of the capitals in `set`.
bool IsOneOf(std::string_view set, std::uint8_t letter) {
  return set.find(static_cast<char>(letter)) != std::string_view::npos;
}
constexpr std::string_view kStatuses = "ABDEFGHIJKLMNOPQSUVWXYZ";
constexpr std::string_view kConfs = "ABCDEFGIMNOPQRSTU";

// The narrowest form for all coefficients of a block.
class FormChooser {
 public:
  FormChooser() = default;
  // After `count` coefficients of 64 bits: 0 and the least, 0 and the greatest, bytes as varints.
  FormChooser(std::int64_t min, std::int64_t max, std::int64_t count, std::int64_t varint_bytes)
      : min_(min), max_(max), count_(count), varint_bytes_(varint_bytes) {}

  void Add(const absl::int128& coefficient) {
    min_ = std::min(min_, coefficient);
    max_ = std::max(max_, coefficient);
    ++count_;
    varint_bytes_ += VarintSize(ZigZag(static_cast<std::int64_t>(coefficient)));
  }
  std::uint8_t Choose() const {
    if (min_ < std::numeric_limits<std::int64_t>::min() || max_ > std::numeric_limits<std::int64_t>::max()) {
      return cell_form::k12;
    }
    const auto low = static_cast<std::int64_t>(min_), high = static_cast<std::int64_t>(max_);
    std::uint8_t form = cell_form::k8;
    if (low >= 0 && high >> 48 == 0) {
      form = static_cast<std::uint8_t>(std::max(0, (BitsOf(high) + 7) / 8 - 1));
    } else if (const int bytes = std::max(BitsOf(low), BitsOf(high)) / 8 + 1; bytes <= 6) {
      form = static_cast<std::uint8_t>(cell_form::kSigned1 + bytes - 1);
    }
    return varint_bytes_ < count_ * cell_form::kWidth[form] ? cell_form::kVarint : form;
  }

 private:
  // Bits without the sign.
  static int BitsOf(std::int64_t value) {
    return static_cast<int>(absl::bit_width(static_cast<std::uint64_t>(value < 0 ? ~value : value)));
  }
  absl::int128 min_ = 0;
  absl::int128 max_ = 0;
  std::int64_t count_ = 0;
  std::int64_t varint_bytes_ = 0;
};

class CellWriter {
 public:
  CellWriter(std::span<const CodedCell> cells, std::string* out) : cells_(cells), out_(*out) {}

  void Write() {
    ChooseShape();
    WriteHeader();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (i > 0) WriteStep(i);
      if (general_) WriteAttributes(i);
      if (cells_[i].datum.has_value()) WriteCoefficient(cells_[i].datum.value().coefficient());
    }
  }

 private:
  struct Step {
    std::int32_t later;
    std::int32_t longer;
    friend bool operator==(const Step&, const Step&) = default;
  };

  void ChooseShape() {
    FormChooser form;
    bool found_scale = false;
    for (const CodedCell& cell : cells_) {
      if (!cell.datum.has_value()) continue;
      form.Add(cell.datum.value().coefficient());
      if (!found_scale) scale_ = static_cast<std::int8_t>(cell.datum.value().scale());
      found_scale = true;
    }
    form_ = form.Choose();
    step_exponent_ = static_cast<std::int8_t>(-scale_);
    general_ =
        std::any_of(cells_.begin(), cells_.end(), [this](const CodedCell& c) { return Changes(c) != 0; });

    bool all_single = cells_[0].period.months() == 1, contiguous = true, run = true;
    for (std::size_t i = 1; i < cells_.size(); ++i) {
      all_single = all_single && cells_[i].period.months() == 1;
      contiguous = contiguous && StepTo(i) == Step{1, 0};
      run = run && StepTo(i) == Step{0, 1};
    }
    steps_ = all_single ? (contiguous ? kMonths : kGaps) : run ? kRun : kSteps;
  }

  void WriteHeader() {
    const auto count = static_cast<std::uint32_t>(cells_.size());
    const std::int32_t first = cells_[0].period.start().index() - kOrigin;
    const bool far = first < -kStartBias || first + kStartBias >= kFarStart;
    const int start = far ? kFarStart : first + kStartBias;
    out_.push_back(
        static_cast<char>((general_ ? 1 : 0) | std::min<int>(scale_, kMoreScale) << 1 | form_ << 4));
    out_.push_back(static_cast<char>((count > kShortCount ? 0 : count) | steps_ << 4 | start >> 8 << 6));
    out_.push_back(static_cast<char>(start));
    if (count > kShortCount) PutVarint(count - kShortCount - 1, &out_);
    if (scale_ >= kMoreScale) out_.push_back(static_cast<char>(scale_));
    if (far) PutVarint(ZigZag(first), &out_);
    if (steps_ >= kRun) PutLength(cells_[0]);
  }

  Step StepTo(std::size_t i) const {
    return {cells_[i].period.start() - cells_[i - 1].period.start(),
            cells_[i].period.months() - cells_[i - 1].period.months()};
  }
  void PutLength(const CodedCell& cell) {
    PutVarint(static_cast<std::uint64_t>(cell.period.months() - 1), &out_);
  }

  void WriteStep(std::size_t i) {
    if (steps_ == kMonths || steps_ == kRun) return;
    const Step step = StepTo(i);
    if (steps_ == kGaps) return PutVarint(static_cast<std::uint64_t>(step.later - 1), &out_);
    if (repeats_ > 0) {
      --repeats_;
      return;
    }
    const bool same_length = step.longer == 0;
    const std::uint8_t kind = step.later == 0 ? kLonger : same_length ? kLater : kLaterWithLength;
    if (kind != kLaterWithLength) {
      while (i + repeats_ + 1 < cells_.size() && StepTo(i + repeats_ + 1) == step) ++repeats_;
    }
    const std::int32_t k = kind == kLonger ? step.longer : step.later;
    PutVarint(static_cast<std::uint64_t>(k - 1) << 3 | (repeats_ > 0 ? 4 : 0) | kind, &out_);
    if (kind == kLaterWithLength) PutLength(cells_[i]);
    if (repeats_ > 0) PutVarint(repeats_ - 1, &out_);
  }

  // Which attributes of `cell` are not what holds.
  std::uint8_t Changes(const CodedCell& cell) const {
    std::uint8_t flags = 0;
    const Datum& datum = cell.datum;
    if (datum.has_value() && (datum.value().scale() != scale_ || datum.step_exponent() != step_exponent_)) {
      flags |= kHasScale;
    }
    if (AbsenceOf(datum) != absence_) flags |= kHasAbsence;
    if (cell.attributes.status != attributes_.status) flags |= kHasStatus;
    if (cell.attributes.conf != attributes_.conf) flags |= kHasConf;
    if (cell.source != source_) flags |= kHasSource;
    if (cell.note != note_) flags |= kHasNote;
    return flags;
  }
  static std::uint8_t AbsenceOf(const Datum& datum) {
    return datum.has_value() ? 0 : static_cast<std::uint8_t>(datum.absence());
  }

  void WriteAttributes(std::size_t i) {
    if (holds_ > 0) {
      --holds_;
      return;
    }
    const CodedCell& cell = cells_[i];
    const std::uint8_t flags = Changes(cell);
    const std::size_t flags_at = out_.size();
    out_.push_back(static_cast<char>(flags));
    if (flags & kHasScale) WriteScale(cell.datum);
    if (flags & kHasAbsence) out_.push_back(static_cast<char>(absence_ = AbsenceOf(cell.datum)));
    if (flags & kHasStatus) out_.push_back(attributes_.status = cell.attributes.status);
    if (flags & kHasConf) out_.push_back(attributes_.conf = cell.attributes.conf);
    if (flags & kHasSource) PutVarint(source_ = cell.source, &out_);
    if (flags & kHasNote) PutVarint(note_ = cell.note, &out_);
    while (i + holds_ + 1 < cells_.size() && Changes(cells_[i + holds_ + 1]) == 0) ++holds_;
    if (holds_ == 0) return;
    out_[flags_at] = static_cast<char>(flags | kHolds);
    PutVarint(holds_ - 1, &out_);
  }

  void WriteScale(const Datum& datum) {
    scale_ = static_cast<std::int8_t>(datum.value().scale());
    step_exponent_ = static_cast<std::int8_t>(datum.step_exponent());
    const bool coarse = step_exponent_ != -scale_;
    out_.push_back(static_cast<char>(scale_ | (coarse ? kCoarseStep : 0)));
    if (coarse) PutVarint(static_cast<std::uint64_t>(step_exponent_ + scale_), &out_);
  }

  void WriteCoefficient(const absl::int128& coefficient) {
    if (form_ == cell_form::kVarint) return PutVarint(ZigZag(static_cast<std::int64_t>(coefficient)), &out_);
    const std::uint64_t words[2] = {absl::Int128Low64(coefficient),
                                    static_cast<std::uint64_t>(absl::Int128High64(coefficient))};
    std::array<char, sizeof words> bytes;
    std::memcpy(bytes.data(), words, sizeof words);
    out_.append(bytes.data(), cell_form::kWidth[form_]);
  }

  std::span<const CodedCell> cells_;
  std::string& out_;
  bool general_ = false;
  std::uint8_t form_ = 0;
  std::uint8_t steps_ = kMonths;
  std::size_t repeats_ = 0;  // cells whose step has been written
  std::size_t holds_ = 0;    // cells whose attributes have been written
  // What holds.
  std::int8_t scale_ = 0;
  std::int8_t step_exponent_ = 0;
  std::uint8_t absence_ = 0;
  Attributes attributes_;
  TextId source_ = 0;
  TextId note_ = 0;
};

// Writes what ReadCommonHeader() knows, to the same bytes as CellWriter: nearly every block is a few plain
// cells of single months.
class CommonCellsWriter {
 public:
  CommonCellsWriter(std::span<const CodedCell> cells, std::string* out) : cells_(cells), out_(*out) {}

  // False: it is another block, and nothing was written.
  bool Write() {
    if (cells_.size() > kShortCount || !IsPlain()) return false;
    form_ = FormChooser(min_, max_, static_cast<std::int64_t>(cells_.size()), varint_bytes_).Choose();
    std::array<char, kMaxBytes> bytes;
    char* at = PutHeader(bytes.data());
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (i > 0 && !contiguous_) at = PutVarintAt(at, static_cast<std::uint64_t>(GapBefore(i) - 1));
      at = PutCoefficient(at, static_cast<std::int64_t>(cells_[i].datum.value().coefficient()));
    }
    out_.append(bytes.data(), static_cast<std::size_t>(at - bytes.data()));
    return true;
  }

 private:
  static constexpr std::size_t kMaxBytes = 3 + kShortCount * (5 + 10);

  std::int32_t GapBefore(std::size_t i) const {
    return cells_[i].period.start() - cells_[i - 1].period.start();
  }

  bool IsPlain() {
    const Datum& first = cells_[0].datum;
    const std::int32_t start = cells_[0].period.start().index() - kOrigin + kStartBias;
    if (!first.has_value() || start < 0 || start >= kFarStart) return false;
    scale_ = first.value().scale();
    if (scale_ >= kMoreScale) return false;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const CodedCell& cell = cells_[i];
      if (cell.period.months() != 1 || !cell.datum.has_value() || cell.datum.value().scale() != scale_ ||
          cell.datum.step_exponent() != -scale_ || !(cell.attributes == Attributes{}) || cell.source != 0 ||
          cell.note != 0) {
        return false;
      }
      const absl::int128 wide = cell.datum.value().coefficient();
      const auto coefficient = static_cast<std::int64_t>(wide);
      if (coefficient != wide) return false;
      min_ = std::min(min_, coefficient);
      max_ = std::max(max_, coefficient);
      varint_bytes_ += VarintSize(ZigZag(coefficient));
      if (i > 0) contiguous_ = contiguous_ && GapBefore(i) == 1;
    }
    return true;
  }

  char* PutHeader(char* at) const {
    const std::int32_t start = cells_[0].period.start().index() - kOrigin + kStartBias;
    *at++ = static_cast<char>(scale_ << 1 | form_ << 4);
    *at++ = static_cast<char>(static_cast<int>(cells_.size()) | (contiguous_ ? kMonths : kGaps) << 4 |
                              start >> 8 << 6);
    *at++ = static_cast<char>(start);
    return at;
  }

  static char* PutVarintAt(char* at, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
    *at++ = static_cast<char>(value);
    return at;
  }

  char* PutCoefficient(char* at, std::int64_t coefficient) const {
    if (form_ == cell_form::kVarint) return PutVarintAt(at, ZigZag(coefficient));
    auto bits = static_cast<std::uint64_t>(coefficient);
    for (int i = 0; i < cell_form::kWidth[form_]; ++i, bits >>= 8) *at++ = static_cast<char>(bits);
    return at;
  }

  const std::span<const CodedCell> cells_;
  std::string& out_;
  int scale_ = 0;
  std::uint8_t form_ = 0;
  bool contiguous_ = true;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
  std::int64_t varint_bytes_ = 0;
};

}  // namespace

void EncodeCells(std::span<const CodedCell> cells, std::string* out) {
  if (!CommonCellsWriter(cells, out).Write()) CellWriter(cells, out).Write();
}

void CellReader::ReadHeader() {
  constexpr std::uint64_t kMaxMonths = limits::kMaxPeriodMonths;
  std::uint8_t byte0, byte1, byte2;
  if (!GetByte(input_, &byte0) || !GetByte(input_, &byte1) || !GetByte(input_, &byte2)) {
    Fail();
    return;
  }
  general_ = (byte0 & 1) != 0;
  const std::uint8_t form = byte0 >> 4;
  std::uint8_t scale = byte0 >> 1 & 7;
  std::uint32_t count = byte1 & kShortCount;
  steps_ = byte1 >> 4 & 3;
  const std::int32_t start = byte1 >> 6 << 8 | byte2;
  std::int64_t first = start - kStartBias;
  bool good = form <= cell_form::kVarint;
  if (count == 0) {
    constexpr std::uint32_t kBase = kShortCount + 1;
    good = good && GetVarintUpTo(std::numeric_limits<std::uint32_t>::max() - kBase, input_, &count);
    count += kBase;
  }
  if (scale == kMoreScale) good = good && GetByte(input_, &scale) && scale <= limits::kMaxScale;
  if (start == kFarStart) {
    std::uint64_t zigzag = 0;
    good = good && GetVarint(input_, &zigzag);
    first = UnZigZag(zigzag);
  }
  if (steps_ >= kRun) {
    good = good && GetVarintUpTo(kMaxMonths - 1, input_, &months_);
    ++months_;
  }
  // Where the last cell ends, unless its steps are read one by one.
  const std::int64_t more = steps_ == kMonths || steps_ == kRun ? count - 1 : 0;
  good = good && first >= kFirstMonth - kOrigin && first <= kEndMonth - kOrigin &&
         first + kOrigin + months_ + more <= kEndMonth &&
         (steps_ != kRun || months_ + more <= limits::kMaxPeriodMonths);
  if (!good) {
    Fail();
    return;
  }
  remaining_ = count;
  start_ = static_cast<std::int32_t>(first + kOrigin);
  scale_ = static_cast<std::int8_t>(scale);
  step_exponent_ = static_cast<std::int8_t>(-scale_);
  width_ = cell_form::kWidth[form];
  is_signed_ = form >= cell_form::kSigned1;
  fast_ = !general_ && steps_ != kSteps && width_ >= 1 && width_ <= 8;
}

bool CellReader::Fail() {
  ok_ = false;
  remaining_ = 0;
  return false;
}

bool CellReader::NextGeneral(CodedCell* cell) {
  if (general_ && same_attributes_-- == 0 && !ReadAttributes()) return Fail();
  cell->period = Period::FromValid(Month::FromIndex(start_), months_);
  cell->attributes = attributes_;
  cell->source = source_;
  cell->note = note_;
  if (absence_ != 0) {
    cell->datum = Datum::Absent(static_cast<Absence>(absence_));
  } else {
    absl::int128 coefficient;
    if (!ReadCoefficient(&coefficient)) return Fail();
    const int coarser = step_exponent_ + scale_;
    if (coarser > 0 && coefficient % PowerOfTen(coarser) != 0) return Fail();
    cell->datum = Datum::ValueUnchecked(Decimal::FromValidParts(coefficient, scale_), step_exponent_);
  }
  return --remaining_ == 0 || ReadStep();
}

bool CellReader::ReadAttributes() {
  std::uint8_t flags, scale, letter;
  if (!GetByte(input_, &flags)) return false;
  if (flags & kHasScale) {
    if (!GetByte(input_, &scale)) return false;
    int coarser = 0;
    if (scale & kCoarseStep) {
      scale &= kCoarseStep - 1;
      if (!GetVarintUpTo(limits::kMaxScale + limits::kMaxStepExponent, input_, &coarser)) return false;
    }
    if (scale > limits::kMaxScale || coarser - scale > limits::kMaxStepExponent) return false;
    scale_ = static_cast<std::int8_t>(scale);
    step_exponent_ = static_cast<std::int8_t>(coarser - scale);
  }
  if (flags & kHasAbsence) {
    if (!GetByte(input_, &absence_) || absence_ > static_cast<std::uint8_t>(Absence::kNotYetDue))
      return false;
  }
  if (flags & kHasStatus) {
    if (!GetByte(input_, &letter) || !IsOneOf(kStatuses, letter)) return false;
    attributes_.status = static_cast<char>(letter);
  }
  if (flags & kHasConf) {
    if (!GetByte(input_, &letter) || !IsOneOf(kConfs, letter)) return false;
    attributes_.conf = static_cast<char>(letter);
  }
  constexpr std::uint64_t kMaxText = std::numeric_limits<TextId>::max();
  if (flags & kHasSource && !GetVarintUpTo(kMaxText, input_, &source_)) return false;
  if (flags & kHasNote && !GetVarintUpTo(kMaxText, input_, &note_)) return false;
  same_attributes_ = 0;
  if (flags & kHolds) {
    if (!GetVarintUpTo(std::numeric_limits<std::uint32_t>::max() - 1, input_, &same_attributes_))
      return false;
    ++same_attributes_;
  }
  return true;
}

bool CellReader::ReadCoefficient(absl::int128* coefficient) {
  if (width_ == 0) {
    std::uint64_t zigzag;
    if (!GetVarint(input_, &zigzag)) return false;
    *coefficient = UnZigZag(zigzag);
    return true;
  }
  if (input_->size() < width_) return false;
  const bool negative = is_signed_ && (*input_)[width_ - 1] < 0;
  std::uint64_t words[2] = {negative ? ~0ull : 0, negative ? ~0ull : 0};
  std::memcpy(words, input_->data(), width_);
  input_->remove_prefix(width_);
  *coefficient = absl::MakeInt128(static_cast<std::int64_t>(words[1]), words[0]);
  if (width_ <= 8) return true;
  const absl::int128 limit = PowerOfTen(limits::kMaxCoefficientDigits);
  return *coefficient<limit&& * coefficient> - limit;
}

// Moves on to the next cell.
bool CellReader::ReadStep() {
  constexpr std::uint64_t kMaxGap = kEndMonth - kFirstMonth;
  if (steps_ == kMonths) {
    ++start_;
    return true;
  }
  if (steps_ == kRun) {
    ++months_;
    return true;
  }
  if (steps_ == kGaps) {
    std::int32_t gap;
    if (!GetVarintUpTo(kMaxGap, input_, &gap)) return Fail();
    start_ += 1 + gap;
    return start_ < kEndMonth || Fail();
  }
  if (repeats_ > 0) {
    --repeats_;
  } else {
    std::uint32_t token;
    if (!GetVarintUpTo((kMaxGap << 3) | 7, input_, &token)) return Fail();
    const std::uint32_t kind = token & 3;
    const auto k = static_cast<std::int32_t>(token >> 3) + 1;
    if (kind > kLaterWithLength) return Fail();
    later_ = kind == kLonger ? 0 : k;
    longer_ = kind == kLonger ? k : 0;
    if (kind == kLaterWithLength) {
      if (!GetVarintUpTo(limits::kMaxPeriodMonths - 1, input_, &months_)) return Fail();
      ++months_;
    }
    if (token & 4) {
      if (!GetVarintUpTo(std::numeric_limits<std::uint32_t>::max() - 1, input_, &repeats_)) return Fail();
      ++repeats_;
    }
  }
  start_ += later_;
  months_ += longer_;
  return (months_ <= limits::kMaxPeriodMonths && start_ + months_ <= kEndMonth) || Fail();
}

}  // namespace tidewaiter::storage
