// Grammar: period_chunk_format.h.
#include "storage/rocks/period_chunk.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/bits.h"
#include "absl/numeric/int128.h"
#include "domain/limits.h"
#include "storage/rocks/period_chunk_format.h"

namespace tidewaiter::storage {
namespace {

using Cell = SeriesStatements::Cell;

constexpr std::size_t kMinCells = 256, kMinCellsPerPeriod = 8;
using period_chunk::kMaxWidth;
using period_chunk::kOrigin;
using enum period_chunk::SliceFlag;

// ---- Writing

std::uint8_t ScaleOf(const CodedCell& c) {
  return c.datum.has_value() ? static_cast<std::uint8_t>(c.datum.value().scale()) : 0;
}
std::uint8_t CoarserOf(const CodedCell& c) {
  return c.datum.has_value() ? static_cast<std::uint8_t>(c.datum.step_exponent() + c.datum.value().scale())
                             : 0;
}
std::uint8_t AbsenceOf(const CodedCell& c) {
  return c.datum.has_value() ? 0 : static_cast<std::uint8_t>(c.datum.absence());
}

// Numbers periods from 0 in the order in which they first come.
class PeriodNumbers {
 public:
  std::uint32_t Of(Period period) {
    const std::int32_t month = period.start().index() - kFirstNear;
    std::uint32_t& number =
        period.months() == 1 && month >= 0 && month < kNear
            ? near_[static_cast<std::size_t>(month)]
            : far_[static_cast<std::int64_t>(period.start().index()) << 32 | period.months()];
    if (number == 0) {
      periods_.push_back(period);
      number = static_cast<std::uint32_t>(periods_.size());
    }
    return number - 1;
  }
  const std::vector<Period>& periods() const { return periods_; }

 private:
  // Single months of some eighty years are found in an array.
  static constexpr std::int32_t kNear = 1024, kFirstNear = kOrigin - kNear / 2;
  std::array<std::uint32_t, kNear> near_{};  // number + 1
  absl::flat_hash_map<std::int64_t, std::uint32_t> far_;
  std::vector<Period> periods_;
};

int BitsOf(std::uint64_t bits) { return static_cast<int>(absl::bit_width(bits)); }
int BitsOf(const absl::uint128& bits) {
  const std::uint64_t high = absl::Uint128High64(bits);
  return high != 0 ? 64 + BitsOf(high) : BitsOf(absl::Uint128Low64(bits));
}
std::uint64_t LowOf(std::uint64_t bits) { return bits; }
std::uint64_t LowOf(const absl::uint128& bits) { return absl::Uint128Low64(bits); }

// Widths, then planes, of the coefficients of a slice.
template <typename Bits>
void PutPlanes(const std::vector<Bits>& coefficients, std::string* out) {
  std::array<std::size_t, kMaxWidth + 2> wider{};  // how many have so many bytes, and then, at least so many
  std::vector<std::uint8_t> widths(coefficients.size() + 1);
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    widths[i] = static_cast<std::uint8_t>((BitsOf(coefficients[i]) + 7) / 8);
    ++wider[widths[i]];
  }
  for (std::size_t width = kMaxWidth; width > 0; --width) wider[width - 1] += wider[width];
  std::size_t at = out->size() + (coefficients.size() + 1) / 2;
  std::array<std::size_t, kMaxWidth> plane;
  for (std::size_t i = 0; i < kMaxWidth; ++i) {
    plane[i] = at;
    at += wider[i + 1];
  }
  for (std::size_t i = 0; i < coefficients.size(); i += 2) {
    out->push_back(static_cast<char>(widths[i] | widths[i + 1] << 4));
  }
  out->resize(at);
  char* const bytes = out->data();
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    Bits rest = coefficients[i];
    for (std::size_t k = 0; k < widths[i]; ++k, rest >>= 8)
      bytes[plane[k]++] = static_cast<char>(LowOf(rest));
  }
}

// Writes the slice of one period.
class SliceWriter {
 public:
  SliceWriter(const FlatPart& part, std::span<const PartByPeriods::Located> slice, std::string* out)
      : cells_(part.cells), slice_(slice), out_(*out) {
    FindFlags();
  }

  void Write() {
    PutByte(&out_, flags_);
    std::uint32_t next = 0;
    for (const PartByPeriods::Located& at : slice_) {
      PutVarint(&out_, at.group - next);
      next = at.group + 1;
    }
    if (!(flags_ & kScale)) PutByte(&out_, ScaleOf(cells_[slice_[0].cell]));
    Column(kScale, [this](const CodedCell& c) { PutByte(&out_, ScaleOf(c)); });
    Column(kAbsence, [this](const CodedCell& c) { PutByte(&out_, AbsenceOf(c)); });
    Column(kCoarser, [this](const CodedCell& c) { PutVarint(&out_, CoarserOf(c)); });
    Column(kStatus, [this](const CodedCell& c) { out_.push_back(c.attributes.status); });
    Column(kConf, [this](const CodedCell& c) { out_.push_back(c.attributes.conf); });
    Column(kSource, [this](const CodedCell& c) { PutVarint(&out_, c.source); });
    Column(kNote, [this](const CodedCell& c) { PutVarint(&out_, c.note); });
    if (is_wide_) {
      PutCoefficients<absl::uint128>();
    } else {
      PutCoefficients<std::uint64_t>();
    }
  }

 private:
  void FindFlags() {
    const std::uint8_t scale = ScaleOf(cells_[slice_[0].cell]);
    for (const PartByPeriods::Located& at : slice_) {
      const CodedCell& c = cells_[at.cell];
      if (ScaleOf(c) != scale) flags_ |= kScale;
      if (CoarserOf(c) != 0) flags_ |= kCoarser;
      if (c.attributes.status != Attributes().status) flags_ |= kStatus;
      if (c.attributes.conf != Attributes().conf) flags_ |= kConf;
      if (c.source != 0) flags_ |= kSource;
      if (c.note != 0) flags_ |= kNote;
      if (!c.datum.has_value()) {
        flags_ |= kAbsence;
        continue;
      }
      const absl::int128 coefficient = c.datum.value().coefficient();
      if (coefficient < 0) flags_ |= kSigned;
      // One bit is left for the sign.
      is_wide_ = is_wide_ || coefficient >= std::numeric_limits<std::int64_t>::max() ||
                 coefficient <= std::numeric_limits<std::int64_t>::min();
    }
  }

  template <typename Put>
  void Column(std::uint8_t flag, const Put& put) {
    if (!(flags_ & flag)) return;
    for (const PartByPeriods::Located& at : slice_) put(cells_[at.cell]);
  }

  template <typename Bits>
  void PutCoefficients() {
    std::vector<Bits> coefficients;
    coefficients.reserve(slice_.size());
    for (const PartByPeriods::Located& at : slice_) {
      const Datum& datum = cells_[at.cell].datum;
      if (!datum.has_value()) {
        coefficients.push_back(0);
        continue;
      }
      const bool is_negative = datum.value().is_negative();
      const auto bits = static_cast<Bits>(datum.value().coefficient());
      coefficients.push_back(flags_ & kSigned ? bits << 1 ^ (is_negative ? ~Bits{0} : Bits{0}) : bits);
    }
    PutPlanes(coefficients, &out_);
  }

  const std::vector<CodedCell>& cells_;
  const std::span<const PartByPeriods::Located> slice_;
  std::string& out_;
  std::uint8_t flags_ = 0;
  bool is_wide_ = false;
};

FlatPart Flatten(const ReleasePart& part) {
  FlatPart flat;
  std::vector<CodedCell> cells;
  for (const SeriesStatements& group : part) {
    cells.clear();
    for (const Cell& c : group.cells) cells.push_back({c.period, c.datum, c.attributes, c.source, c.note});
    flat.Add(group.section, group.series, cells);
  }
  return flat;
}

// ---- Reading

// Walks over the bytes of one slice. Its columns are read side by side, a reader each.
class SliceReader {
 public:
  SliceReader(std::string_view bytes, std::uint32_t cells, Period period)
      : cells_(cells), period_(period), reader_(bytes) {
    flags_ = reader_.Byte();
    groups_ = Varints(true);
    scale_ = flags_ & kScale ? 0 : reader_.Byte();
    scales_ = Bytes(kScale);
    absences_ = Bytes(kAbsence);
    coarser_ = Varints(flags_ & kCoarser);
    statuses_ = Bytes(kStatus);
    confs_ = Bytes(kConf);
    sources_ = Varints(flags_ & kSource);
    notes_ = Varints(flags_ & kNote);
    FindPlanes();
  }

  // The number of the next cell's group; ascending. May be called ahead of Next().
  ByteReader groups() const { return ByteReader(groups_); }
  Cell Next() {
    Cell cell;
    cell.period = period_;
    const std::uint8_t absence = flags_ & kAbsence ? At(absences_) : 0;
    const std::uint8_t scale = flags_ & kScale ? At(scales_) : scale_;
    const int coarser = flags_ & kCoarser ? static_cast<int>(Pop(&coarser_)) : 0;
    const absl::int128 coefficient = Coefficient();
    if (flags_ & kStatus) cell.attributes.status = static_cast<char>(At(statuses_));
    if (flags_ & kConf) cell.attributes.conf = static_cast<char>(At(confs_));
    if (flags_ & kSource) cell.source = PopText(&sources_);
    if (flags_ & kNote) cell.note = PopText(&notes_);
    ++at_;
    if (absence != 0) {
      good_ = good_ && absence <= static_cast<std::uint8_t>(Absence::kNotYetDue) && coefficient == 0 &&
              coarser == 0;
      cell.datum = Datum::Absent(static_cast<Absence>(absence));
    } else {
      good_ = good_ && IsValid(coefficient, scale, coarser);
      if (good_)
        cell.datum = Datum::ValueUnchecked(Decimal::FromValidParts(coefficient, scale), coarser - scale);
    }
    if (flags_ & (kStatus | kConf)) {
      good_ = good_ && ValidateStatus(cell.attributes.status).ok() && ValidateConf(cell.attributes.conf).ok();
    }
    return cell;
  }
  bool ok() const { return good_ && reader_.ok(); }

 private:
  static bool IsValid(const absl::int128& coefficient, std::uint8_t scale, int coarser) {
    if (scale > limits::kMaxScale || coarser < 0 || coarser - scale > limits::kMaxStepExponent) return false;
    if (coarser > 0 && coefficient % PowerOfTen(coarser) != 0) return false;
    if (absl::Int128High64(coefficient) == 0) return true;
    static const absl::int128 kLimit = PowerOfTen(limits::kMaxCoefficientDigits);
    return coefficient < kLimit && coefficient > -kLimit;
  }

  std::string_view Bytes(std::uint8_t flag) {
    return flags_ & flag ? reader_.Bytes(cells_) : std::string_view();
  }
  // The bytes of a column of varints.
  std::string_view Varints(bool given) {
    const std::string_view from = *reader_.rest();
    for (std::uint32_t i = 0; given && i < cells_ && reader_.ok(); ++i) reader_.Varint();
    return from.substr(0, from.size() - reader_.rest()->size());
  }
  std::uint8_t At(std::string_view column) const { return static_cast<std::uint8_t>(column[at_]); }
  std::uint64_t Pop(std::string_view* column) {
    ByteReader reader(*column);
    const std::uint64_t value = reader.Varint();
    *column = *reader.rest();
    return value;
  }
  TextId PopText(std::string_view* column) {
    const std::uint64_t id = Pop(column);
    good_ = good_ && id <= std::numeric_limits<TextId>::max();
    return static_cast<TextId>(id);
  }

  std::size_t WidthAt(std::size_t i) const {
    return static_cast<std::uint8_t>(widths_[i / 2]) >> (i % 2 * 4) & 15;
  }
  void FindPlanes() {
    widths_ = reader_.Bytes((cells_ + 1) / 2);
    if (!reader_.ok()) return;
    std::array<std::size_t, 16> of_width{};
    for (std::size_t i = 0; i < cells_; ++i) ++of_width[WidthAt(i)];
    for (std::size_t width = kMaxWidth + 1; width < of_width.size(); ++width)
      good_ = good_ && of_width[width] == 0;
    std::size_t wide_enough = cells_;
    for (std::size_t i = 0; i < kMaxWidth; ++i) {
      wide_enough -= of_width[i];
      planes_[i] = reader_.Bytes(wide_enough).data();
    }
    good_ = good_ && reader_.at_end();
  }
  absl::int128 Coefficient() {
    const std::size_t width = WidthAt(at_);
    std::uint64_t low = 0, high = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(width, 8); ++i) low |= NextByte(i) << 8 * i;
    for (std::size_t i = 8; i < width; ++i) high |= NextByte(i) << 8 * (i - 8);
    if (!(flags_ & kSigned)) return absl::MakeInt128(static_cast<std::int64_t>(high), low);
    const std::uint64_t sign = ~(low & 1) + 1;
    return absl::MakeInt128(static_cast<std::int64_t>(high >> 1 ^ sign), (low >> 1 | high << 63) ^ sign);
  }
  std::uint64_t NextByte(std::size_t plane) { return static_cast<std::uint8_t>(*planes_[plane]++); }

  const std::uint32_t cells_;
  const Period period_;
  ByteReader reader_;
  bool good_ = true;
  std::uint8_t flags_ = 0;
  std::uint8_t scale_ = 0;
  std::string_view groups_, scales_, absences_, coarser_, statuses_, confs_, sources_, notes_, widths_;
  std::array<const char*, kMaxWidth> planes_{};
  std::size_t at_ = 0;
};

ReleasePart ReadGroups(ByteReader* reader) {
  ReleasePart part;
  const std::uint64_t groups = reader->VarintUpTo(reader->rest()->size());
  part.reserve(groups);
  std::uint32_t section = 0;
  std::int64_t series = 0;
  for (std::uint64_t i = 0; i < groups && reader->ok(); ++i) {
    const std::uint64_t head = reader->Varint();
    if (head & 1) section = reader->Varint32();
    const std::uint64_t step = head >> 1;
    series += static_cast<std::int64_t>(step >> 1 ^ (~(step & 1) + 1));
    if (series <= 0 || series > std::numeric_limits<std::uint32_t>::max()) reader->Fail();
    part.push_back({section, SeriesId{static_cast<std::uint32_t>(series)}, {}});
  }
  return part;
}

// Calls fn(number of the group) for each cell of a slice; false if a group is beyond the last.
template <typename Fn>
bool ForEachGroup(const SliceReader& slice, std::uint32_t cells, std::size_t groups, Fn fn) {
  ByteReader reader = slice.groups();
  std::uint64_t next = 0;
  for (std::uint32_t i = 0; i < cells; ++i) {
    const std::uint64_t step = reader.Varint();
    if (step >= groups || next + step >= groups) return false;
    fn(next + step);
    next += step + 1;
  }
  return true;
}

}  // namespace

PartByPeriods::PartByPeriods(const FlatPart& part) : part_(part) {
  PeriodNumbers numbers;
  std::vector<std::uint32_t> number_of_cell(part.cells.size());
  std::vector<std::uint64_t> sections_of;
  std::vector<std::uint32_t> cells_of;
  std::size_t cell = 0;
  for (const FlatPart::Group& group : part.groups) {
    for (const std::size_t end = cell + group.cells; cell < end; ++cell) {
      const std::uint32_t number = numbers.Of(part.cells[cell].period);
      if (number == cells_of.size()) {
        cells_of.push_back(0);
        sections_of.push_back(0);
      }
      number_of_cell[cell] = number;
      ++cells_of[number];
      sections_of[number] |= std::uint64_t{1} << group.section % limits::kMaxSectionsPerRelease;
    }
  }
  for (std::size_t i = 0; i < numbers.periods().size(); ++i) {
    periods_.push_back({numbers.periods()[i], sections_of[i]});
  }
  Arrange(number_of_cell, cells_of);
}

// Sorts by counting. `number_of_cell`: of its period, in the order of periods_ as they came.
void PartByPeriods::Arrange(const std::vector<std::uint32_t>& number_of_cell,
                            const std::vector<std::uint32_t>& cells_of) {
  std::vector<std::uint32_t> by_period(periods_.size());
  for (std::uint32_t i = 0; i < by_period.size(); ++i) by_period[i] = i;
  std::sort(by_period.begin(), by_period.end(),
            [this](std::uint32_t a, std::uint32_t b) { return periods_[a].period < periods_[b].period; });
  std::vector<StatedPeriod> sorted;
  std::vector<std::uint32_t> next(periods_.size());
  begins_.push_back(0);
  for (const std::uint32_t number : by_period) {
    sorted.push_back(periods_[number]);
    next[number] = begins_.back();
    begins_.push_back(begins_.back() + cells_of[number]);
  }
  periods_ = std::move(sorted);
  located_.resize(number_of_cell.size());
  std::uint32_t cell = 0;
  for (std::uint32_t g = 0; g < part_.groups.size(); ++g) {
    for (const std::uint32_t end = cell + part_.groups[g].cells; cell < end; ++cell) {
      located_[next[number_of_cell[cell]]++] = {g, cell};
    }
  }
}

bool PartByPeriods::pays() const {
  const std::size_t cells = part_.cells.size();
  return cells >= kMinCells && periods_.size() * kMinCellsPerPeriod <= cells;
}

void PartByPeriods::Encode(std::string* out) const {
  PutVarint(out, part_.groups.size());
  std::int64_t series = 0;
  for (std::size_t g = 0; g < part_.groups.size(); ++g) {
    const FlatPart::Group& group = part_.groups[g];
    const bool names_section = g == 0 || group.section != part_.groups[g - 1].section;
    const std::int64_t step = static_cast<std::int64_t>(group.series) - series;
    series += step;
    PutVarint(out, (static_cast<std::uint64_t>(step) << 1 ^ static_cast<std::uint64_t>(step >> 63)) << 1 |
                       (names_section ? 1 : 0));
    if (names_section) PutVarint(out, group.section);
  }
  PutVarint(out, periods_.size());
  std::string bytes;
  std::int32_t start = kOrigin;
  for (std::size_t i = 0; i < periods_.size(); ++i) {
    const Period period = periods_[i].period;
    const std::size_t begin = bytes.size();
    SliceWriter(part_, SliceOf(i), &bytes).Write();
    PutSigned(out, period.start().index() - start);
    start = period.start().index();
    PutVarint(out, static_cast<std::uint64_t>(period.months() - 1));
    PutVarint(out, SliceOf(i).size() - 1);
    PutVarint(out, bytes.size() - begin);
  }
  out->append(bytes);
}

void EncodeByPeriod(const ReleasePart& part, std::string* out) {
  const FlatPart flat = Flatten(part);
  PartByPeriods(flat).Encode(out);
}

ReleasePart DecodeByPeriod(ByteReader* reader) {
  ReleasePart part = ReadGroups(reader);
  const std::vector<period_chunk::DirectoryEntry> directory = period_chunk::ReadDirectory(reader);
  std::vector<SliceReader> slices;
  slices.reserve(directory.size());
  std::vector<std::uint32_t> cells(part.size());
  for (const period_chunk::DirectoryEntry& entry : directory) {
    if (!reader->ok()) return {};
    const SliceReader& slice = slices.emplace_back(entry.slice, entry.cells, entry.period);
    const bool good =
        slice.ok() && ForEachGroup(slice, entry.cells, part.size(), [&](std::size_t g) { ++cells[g]; });
    if (!good) reader->Fail();
  }
  if (std::find(cells.begin(), cells.end(), 0u) != cells.end()) reader->Fail();
  if (!reader->ok()) return {};
  for (std::size_t g = 0; g < part.size(); ++g) part[g].cells.reserve(cells[g]);
  for (std::size_t i = 0; i < slices.size(); ++i) {
    ForEachGroup(slices[i], directory[i].cells, part.size(),
                 [&](std::size_t g) { part[g].cells.push_back(slices[i].Next()); });
    if (!slices[i].ok()) reader->Fail();
  }
  return part;
}

}  // namespace tidewaiter::storage
