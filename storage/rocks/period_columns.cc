#include "storage/rocks/period_columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "domain/decimal.h"
#include "domain/limits.h"
#include "domain/observation.h"

namespace tidewaiter::storage {
namespace {

using period_chunk::DirectoryEntry;
using period_chunk::kMaxWidth;
using enum period_chunk::SliceFlag;

static_assert(std::endian::native == std::endian::little);
constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kEighth = 0x0101010101010101;
// The head of a group whose series follows that of the one before, in the same section; and eight of them.
constexpr std::uint8_t kNextSeries = 1 << 2;
constexpr std::uint64_t kEightNextSeries = kEighth * kNextSeries;
// Of eight varints of one byte each no high bit is set.
constexpr std::uint64_t kHighBits = kEighth << 7;
constexpr std::size_t kWidthOfInt64 = 8;

std::uint64_t Word(std::string_view bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes.data(), sizeof word);
  return word;
}

// The column of groups: each cell's place. Mostly all groups state the period, or most do: eight at a time.
bool ReadPlaces(ByteReader* reader, std::span<const std::uint32_t> places, std::span<std::uint32_t> out) {
  std::size_t next = 0;
  std::size_t i = 0;
  while (i < out.size()) {
    std::string_view& rest = *reader->rest();
    if (out.size() - i >= kWord && rest.size() >= kWord && places.size() - next >= kWord) {
      std::uint64_t word = Word(rest);
      if (word == 0) {
        std::copy_n(places.begin() + static_cast<std::ptrdiff_t>(next), kWord,
                    out.begin() + static_cast<std::ptrdiff_t>(i));
        next += kWord;
        i += kWord;
        rest.remove_prefix(kWord);
        continue;
      }
      if ((word & kHighBits) == 0) {
        for (const std::size_t end = i + kWord; i < end; ++i, word >>= 8) {
          next += word & 0xff;
          if (next >= places.size()) return false;
          out[i] = places[next++];
        }
        rest.remove_prefix(kWord);
        continue;
      }
    }
    const std::uint64_t step = reader->Varint();
    if (!reader->ok() || step >= places.size() - next) return false;
    next += step;
    out[i++] = places[next++];
  }
  return true;
}

// ---- Coefficients

std::size_t WidthAt(std::string_view widths, std::size_t i) {
  return static_cast<std::uint8_t>(widths[i / 2]) >> (i % 2 * 4) & 15;
}

// How many coefficients have a given width. Four tables by turns: an addition need not wait for the one
// before.
std::array<std::uint32_t, 16> CountWidths(std::string_view widths, std::size_t cells) {
  std::array<std::array<std::uint32_t, 16>, 4> counts{};
  std::size_t i = 0;
  for (; i + 4 <= cells; i += 4) {
    const auto a = static_cast<std::uint8_t>(widths[i / 2]), b = static_cast<std::uint8_t>(widths[i / 2 + 1]);
    ++counts[0][a & 15];
    ++counts[1][a >> 4];
    ++counts[2][b & 15];
    ++counts[3][b >> 4];
  }
  for (; i < cells; ++i) ++counts[0][WidthAt(widths, i)];
  for (std::size_t w = 0; w < 16; ++w) counts[0][w] += counts[1][w] + counts[2][w] + counts[3][w];
  return counts[0];
}

using Planes = std::array<const std::uint8_t*, kMaxWidth>;

// Puts coefficients of at most kPlanes < 8 bytes together. Reads one byte of every plane for each cell,
// whether it is the cell's or not, and drops what is not: no branch, which would be mispredicted.
//
//   widths 2 1 2 -> planes 0: a c d   1: b e     reads ab, cb -> c, de
template <std::size_t kPlanes>
void JoinPlanes(std::string_view widths, Planes planes, std::span<std::int64_t> out) {
  const auto join = [&planes](std::size_t width) {
    std::uint64_t bits = 0;
    for (std::size_t k = 0; k < kPlanes; ++k) {
      bits |= std::uint64_t{*planes[k]} << 8 * k;
      planes[k] += width > k;
    }
    return static_cast<std::int64_t>(bits & ((std::uint64_t{1} << 8 * width) - 1));
  };
  std::size_t i = 0;
  for (; i + 2 <= out.size(); i += 2) {
    const auto pair = static_cast<std::uint8_t>(widths[i / 2]);
    out[i] = join(pair & 15);
    out[i + 1] = join(pair >> 4);
  }
  if (i < out.size()) out[i] = join(WidthAt(widths, i));
}

absl::int128 UnZigZag(absl::uint128 bits) {
  const absl::uint128 sign = (bits & 1) != 0 ? absl::Uint128Max() : absl::uint128(0);
  const absl::uint128 value = bits >> 1 ^ sign;
  return absl::MakeInt128(static_cast<std::int64_t>(absl::Uint128High64(value)), absl::Uint128Low64(value));
}

bool FitsDecimal(const absl::int128& coefficient) {
  static const absl::int128 kLimit = PowerOfTen(limits::kMaxCoefficientDigits);
  return coefficient < kLimit && coefficient > -kLimit;
}

// Coefficients of any width. False if one is beyond what a decimal holds. Rows that are wide are marked by
// their forms, which must be given for each row then.
class WideJoiner {
 public:
  WideJoiner(std::string_view widths, const Planes& planes, bool is_signed)
      : widths_(widths), planes_(planes), is_signed_(is_signed) {}

  bool Join(std::span<std::int64_t> out, std::vector<absl::int128>* wide,
            std::vector<std::size_t>* wide_rows) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const absl::int128 coefficient = Next(WidthAt(widths_, i));
      if (CellForm::FitsInt64(coefficient)) {
        out[i] = static_cast<std::int64_t>(coefficient);
        continue;
      }
      if (!FitsDecimal(coefficient)) return false;
      out[i] = static_cast<std::int64_t>(wide->size());
      wide->push_back(coefficient);
      wide_rows->push_back(i);
    }
    return true;
  }

 private:
  absl::int128 Next(std::size_t width) {
    absl::uint128 bits = 0;
    for (std::size_t k = 0; k < width; ++k) bits |= absl::uint128(*planes_[k]++) << static_cast<int>(8 * k);
    if (is_signed_) return UnZigZag(bits);
    return absl::MakeInt128(static_cast<std::int64_t>(absl::Uint128High64(bits)), absl::Uint128Low64(bits));
  }
  const std::string_view widths_;
  Planes planes_;
  const bool is_signed_;
};

// ---- Forms

// The columns that say how cells were printed; where one is not given, it is that of a plain value.
struct FormColumns {
  std::uint8_t flags = 0;
  std::uint8_t scale = 0;  // unless given for each
  std::string_view scales, absences, statuses, confs;
  std::string_view coarser;  // varints

  bool uniform() const { return (flags & (kScale | kAbsence | kCoarser | kStatus | kConf)) == 0; }
};

bool IsLetter(std::uint8_t byte) { return byte >= 'A' && byte <= 'Z'; }

// Makes the form of every row. False if one is not that of a valid cell.
bool MakeForms(const FormColumns& columns, PeriodColumns* out) {
  const std::size_t cells = out->coefficients.size();
  const auto at = [](std::string_view column, std::size_t i, std::uint8_t otherwise) {
    return column.empty() ? otherwise : static_cast<std::uint8_t>(column[i]);
  };
  ByteReader coarser_reader(columns.coarser);
  out->forms.resize(cells);
  for (std::size_t i = 0; i < cells; ++i) {
    const std::uint8_t absence = at(columns.absences, i, 0);
    const std::uint8_t scale = at(columns.scales, i, columns.scale);
    const std::uint8_t status = at(columns.statuses, i, static_cast<std::uint8_t>(Attributes().status));
    const std::uint8_t conf = at(columns.confs, i, static_cast<std::uint8_t>(Attributes().conf));
    const std::uint64_t coarser = columns.flags & kCoarser ? coarser_reader.Varint() : 0;
    if (absence > static_cast<std::uint8_t>(Absence::kNotYetDue) || scale > limits::kMaxScale ||
        coarser > static_cast<std::uint64_t>(limits::kMaxStepExponent + scale) || !IsLetter(status) ||
        !IsLetter(conf) || (absence != 0 && (out->coefficients[i] != 0 || coarser != 0))) {
      return false;
    }
    const Attributes attributes{static_cast<char>(status), static_cast<char>(conf)};
    if ((columns.flags & (kStatus | kConf)) != 0 && attributes != Attributes() &&
        (!ValidateStatus(attributes.status).ok() || !ValidateConf(attributes.conf).ok())) {
      return false;
    }
    out->forms[i] =
        CellForm::FromParts(absence != 0 ? 0 : scale, static_cast<int>(coarser), absence, attributes);
  }
  return coarser_reader.ok();
}

// Marks the wide rows, and checks that values are multiples of their steps.
bool FinishForms(const FormColumns& columns, const std::vector<std::size_t>& wide_rows, PeriodColumns* out) {
  if (!wide_rows.empty() && out->forms.empty()) out->forms.assign(out->coefficients.size(), out->form);
  for (const std::size_t row : wide_rows) {
    if (!out->forms[row].has_value()) return false;
    out->forms[row] = out->forms[row].Wide();
  }
  if ((columns.flags & kCoarser) == 0) return true;
  for (std::size_t i = 0; i < out->forms.size(); ++i) {
    const CellForm form = out->forms[i];
    const int coarser = form.step_exponent() + form.scale();
    if (!form.has_value() || coarser == 0) continue;
    const std::int64_t coefficient = out->coefficients[i];
    const absl::int128 value =
        form.is_wide() ? out->wide[static_cast<std::size_t>(coefficient)] : absl::int128(coefficient);
    if (value % PowerOfTen(coarser) != 0) return false;
  }
  return true;
}

// The bytes of a column of `cells` varints.
std::string_view Varints(ByteReader* reader, std::size_t cells) {
  const std::string_view from = *reader->rest();
  for (std::size_t i = 0; i < cells && reader->ok(); ++i) reader->Varint();
  return from.substr(0, from.size() - reader->rest()->size());
}

FormColumns ReadFormColumns(ByteReader* reader, std::uint8_t flags, std::size_t cells) {
  const auto bytes = [&](std::uint8_t flag) {
    return flags & flag ? reader->Bytes(cells) : std::string_view();
  };
  FormColumns columns;
  columns.flags = flags;
  if (!(flags & kScale)) columns.scale = reader->Byte();
  columns.scales = bytes(kScale);
  columns.absences = bytes(kAbsence);
  if (flags & kCoarser) columns.coarser = Varints(reader, cells);
  columns.statuses = bytes(kStatus);
  columns.confs = bytes(kConf);
  if (flags & kSource) Varints(reader, cells);
  if (flags & kNote) Varints(reader, cells);
  if (columns.scale > limits::kMaxScale) reader->Fail();
  return columns;
}

}  // namespace

bool PeriodColumnsReader::Open(std::string_view part) {
  ByteReader reader(part);
  if (!ReadRuns(&reader)) return false;
  directory_ = period_chunk::ReadDirectory(&reader);
  return reader.ok();
}

bool PeriodColumnsReader::ReadRuns(ByteReader* reader) {
  constexpr std::int64_t kMaxSeries = std::numeric_limits<std::uint32_t>::max();
  runs_.clear();
  groups_ = reader->VarintUpTo(reader->rest()->size());
  std::uint32_t section = 0;
  std::int64_t series = 0;
  for (std::size_t i = 0; i < groups_ && reader->ok();) {
    std::string_view& rest = *reader->rest();
    if (i > 0 && groups_ - i >= kWord && rest.size() >= kWord && Word(rest) == kEightNextSeries &&
        series + static_cast<std::int64_t>(kWord) <= kMaxSeries) {
      runs_.back().groups += kWord;
      series += kWord;
      i += kWord;
      rest.remove_prefix(kWord);
      continue;
    }
    const std::uint64_t head = reader->Varint();
    if (head & 1) section = reader->Varint32();
    const std::uint64_t step = head >> 1;
    series += static_cast<std::int64_t>(step >> 1 ^ (~(step & 1) + 1));
    if (series <= 0 || series > kMaxSeries) reader->Fail();
    Extend(static_cast<std::uint32_t>(series), section);
    ++i;
  }
  return reader->ok();
}

void PeriodColumnsReader::Extend(std::uint32_t series, std::uint32_t section) {
  if (!runs_.empty()) {
    Run& last = runs_.back();
    if (last.section == section && last.series + last.groups == series) {
      ++last.groups;
      return;
    }
  }
  runs_.push_back({series, section, 1});
}

bool PeriodColumnsReader::Read(const Period& period, std::span<const std::uint32_t> places,
                               PeriodColumns* columns) {
  const auto entry = std::lower_bound(directory_.begin(), directory_.end(), period,
                                      [](const DirectoryEntry& e, const Period& p) { return e.period < p; });
  if (entry == directory_.end() || entry->period != period || places.size() != groups_) {
    return false;
  }
  return ReadSlice(*entry, places, columns);
}

bool PeriodColumnsReader::ReadSlice(const DirectoryEntry& entry, std::span<const std::uint32_t> places,
                                    PeriodColumns* columns) {
  const std::size_t cells = entry.cells;
  columns->places.resize(cells);
  columns->coefficients.resize(cells);
  columns->forms.clear();
  columns->wide.clear();
  ByteReader reader(entry.slice);
  const std::uint8_t flags = reader.Byte();
  if (!reader.ok() || !ReadPlaces(&reader, places, columns->places)) return false;
  const FormColumns forms = ReadFormColumns(&reader, flags, cells);
  const std::string_view widths = reader.Bytes((cells + 1) / 2);
  columns->form = CellForm::Plain(forms.scale);
  std::vector<std::size_t> wide_rows;
  return reader.ok() && ReadCoefficients(&reader, widths, (flags & kSigned) != 0, columns, &wide_rows) &&
         (forms.uniform() || MakeForms(forms, columns)) && FinishForms(forms, wide_rows, columns);
}

bool PeriodColumnsReader::ReadCoefficients(ByteReader* reader, std::string_view widths, bool is_signed,
                                           PeriodColumns* columns, std::vector<std::size_t>* wide_rows) {
  const std::span<std::int64_t> out(columns->coefficients);
  const std::array<std::uint32_t, 16> of_width = CountWidths(widths, out.size());
  if (of_width[13] + of_width[14] + of_width[15] != 0) return false;
  Planes planes{};
  std::string_view last;
  std::size_t widest = 0;
  std::size_t wide_enough = out.size();
  for (std::size_t k = 0; k < kMaxWidth; ++k) {
    wide_enough -= of_width[k];
    const std::string_view plane = reader->Bytes(wide_enough);
    planes[k] = reinterpret_cast<const std::uint8_t*>(plane.data());
    if (wide_enough == 0) continue;
    widest = k + 1;
    last = plane;
  }
  if (!reader->ok() || !reader->at_end()) return false;
  // JoinPlanes looks at the byte behind a plane. Behind all but the last there is the next one.
  last_plane_.assign(last);
  last_plane_.push_back('\0');
  const auto* const copy = reinterpret_cast<const std::uint8_t*>(last_plane_.data());
  if (widest > 0) planes[widest - 1] = copy;
  for (std::size_t k = widest; k < kMaxWidth; ++k) planes[k] = copy + last.size();

  if (widest >= kWidthOfInt64)
    return WideJoiner(widths, planes, is_signed).Join(out, &columns->wide, wide_rows);
  if (widest <= 4) {
    JoinPlanes<4>(widths, planes, out);
  } else {
    JoinPlanes<kWidthOfInt64 - 1>(widths, planes, out);
  }
  if (is_signed) {
    for (std::int64_t& c : out) c = (c >> 1) ^ -(c & 1);  // seven bytes at most: none was negative
  }
  return true;
}

}  // namespace tidewaiter::storage
