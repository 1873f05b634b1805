// Grammar: period_chunk_format.h.
#include "storage/rocks/period_chunk.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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

std::uint8_t ScaleOf(const Cell& c) {
  return c.datum.has_value() ? static_cast<std::uint8_t>(c.datum.value().scale()) : 0;
}
std::uint8_t CoarserOf(const Cell& c) {
  return c.datum.has_value() ? static_cast<std::uint8_t>(c.datum.step_exponent() + c.datum.value().scale())
                             : 0;
}
std::uint8_t AbsenceOf(const Cell& c) {
  return c.datum.has_value() ? 0 : static_cast<std::uint8_t>(c.datum.absence());
}

// ---- Writing

// The coefficients of a slice, byte by byte.
class PlaneWriter {
 public:
  explicit PlaneWriter(bool is_signed) : is_signed_(is_signed) {}

  void Add(const Datum& datum) {
    absl::uint128 bits = 0;
    if (datum.has_value()) bits = static_cast<absl::uint128>(datum.value().coefficient());
    if (is_signed_) bits = bits << 1 ^ (absl::Uint128High64(bits) >> 63 != 0 ? absl::Uint128Max() : 0);
    std::size_t width = 0;
    for (; bits != 0; bits >>= 8, ++width)
      planes_[width].push_back(static_cast<char>(absl::Uint128Low64(bits)));
    if (count_++ % 2 == 0) {
      widths_.push_back(static_cast<char>(width));
    } else {
      widths_.back() = static_cast<char>(static_cast<std::uint8_t>(widths_.back()) | width << 4);
    }
  }
  void Finish(std::string* out) const {
    out->append(widths_);
    for (const std::string& plane : planes_) out->append(plane);
  }

 private:
  const bool is_signed_;
  std::size_t count_ = 0;
  std::string widths_;
  std::array<std::string, kMaxWidth> planes_;
};

struct Located {
  std::uint32_t group;
  const Cell* cell;
};
using Slice = std::vector<Located>;

// Sorts as Period does.
std::int64_t CodeOf(const Period& period) {
  return static_cast<std::int64_t>(period.start().index()) << 32 | period.months();
}

// The cells by period, and within a period by group.
std::vector<Slice> Arrange(const ReleasePart& part) {
  std::vector<Slice> slices;
  absl::flat_hash_map<std::int64_t, std::size_t> slice_of;
  for (std::uint32_t g = 0; g < part.size(); ++g) {
    for (const Cell& cell : part[g].cells) {
      const auto [found, is_new] = slice_of.try_emplace(CodeOf(cell.period), slices.size());
      if (is_new) slices.emplace_back();
      slices[found->second].push_back({g, &cell});
    }
  }
  std::sort(slices.begin(), slices.end(),
            [](const Slice& a, const Slice& b) { return a[0].cell->period < b[0].cell->period; });
  return slices;
}

std::uint8_t FlagsOf(const Slice& slice) {
  std::uint8_t flags = 0;
  const std::uint8_t scale = ScaleOf(*slice[0].cell);
  for (const Located& at : slice) {
    const Cell& c = *at.cell;
    if (ScaleOf(c) != scale) flags |= kScale;
    if (!c.datum.has_value()) flags |= kAbsence;
    if (CoarserOf(c) != 0) flags |= kCoarser;
    if (c.attributes.status != Attributes().status) flags |= kStatus;
    if (c.attributes.conf != Attributes().conf) flags |= kConf;
    if (c.source != 0) flags |= kSource;
    if (c.note != 0) flags |= kNote;
    if (c.datum.has_value() && c.datum.value().is_negative()) flags |= kSigned;
  }
  return flags;
}

void PutSlice(const Slice& slice, std::string* out) {
  const std::uint8_t flags = FlagsOf(slice);
  PutByte(out, flags);
  std::uint32_t next = 0;
  for (const Located& at : slice) {
    PutVarint(out, at.group - next);
    next = at.group + 1;
  }
  const auto column = [&](std::uint8_t flag, const auto& put) {
    if (flags & flag) std::for_each(slice.begin(), slice.end(), [&](const Located& at) { put(*at.cell); });
  };
  if (!(flags & kScale)) PutByte(out, ScaleOf(*slice[0].cell));
  column(kScale, [out](const Cell& c) { PutByte(out, ScaleOf(c)); });
  column(kAbsence, [out](const Cell& c) { PutByte(out, AbsenceOf(c)); });
  column(kCoarser, [out](const Cell& c) { PutVarint(out, CoarserOf(c)); });
  column(kStatus, [out](const Cell& c) { out->push_back(c.attributes.status); });
  column(kConf, [out](const Cell& c) { out->push_back(c.attributes.conf); });
  column(kSource, [out](const Cell& c) { PutVarint(out, c.source); });
  column(kNote, [out](const Cell& c) { PutVarint(out, c.note); });
  PlaneWriter planes((flags & kSigned) != 0);
  for (const Located& at : slice) planes.Add(at.cell->datum);
  planes.Finish(out);
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

bool PrefersPeriods(const ReleasePart& part) {
  std::size_t cells = 0;
  for (const SeriesStatements& group : part) cells += group.cells.size();
  if (cells < kMinCells) return false;
  absl::flat_hash_set<std::int64_t> periods;
  for (const SeriesStatements& group : part) {
    for (const Cell& cell : group.cells) periods.insert(CodeOf(cell.period));
    if (periods.size() * kMinCellsPerPeriod > cells) return false;
  }
  return true;
}

void EncodeByPeriod(const ReleasePart& part, std::string* out) {
  PutVarint(out, part.size());
  std::int64_t series = 0;
  for (std::uint32_t g = 0; g < part.size(); ++g) {
    const bool names_section = g == 0 || part[g].section != part[g - 1].section;
    const std::int64_t step = static_cast<std::int64_t>(part[g].series) - series;
    series += step;
    PutVarint(out, (static_cast<std::uint64_t>(step) << 1 ^ static_cast<std::uint64_t>(step >> 63)) << 1 |
                       (names_section ? 1 : 0));
    if (names_section) PutVarint(out, part[g].section);
  }
  const std::vector<Slice> slices = Arrange(part);
  PutVarint(out, slices.size());
  std::string bytes;
  std::int32_t start = kOrigin;
  for (const Slice& slice : slices) {
    const Period period = slice[0].cell->period;
    const std::size_t begin = bytes.size();
    PutSlice(slice, &bytes);
    PutSigned(out, period.start().index() - start);
    start = period.start().index();
    PutVarint(out, static_cast<std::uint64_t>(period.months() - 1));
    PutVarint(out, slice.size() - 1);
    PutVarint(out, bytes.size() - begin);
  }
  out->append(bytes);
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
