#include "tests/bench/encoding/candidates.h"

#include <algorithm>
#include <array>
#include <map>

#include "domain/decimal.h"
#include "storage/rocks/coding.h"
#include "storage/rocks/period_chunk.h"
#include "tests/bench/encoding/bytes.h"

namespace tidewaiter::bench {
namespace {

using storage::CellReader;
using storage::CodedCell;

constexpr int kMaxWidth = 8;
constexpr std::uint8_t kMixedScales = 255;

// The part of `statements` that starts at `begin` and is of one series.
std::span<const Statement> SeriesAt(std::span<const Statement> statements, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < statements.size() && statements[end].series == statements[begin].series) ++end;
  return statements.subspan(begin, end - begin);
}

bool HasNegative(std::span<const Statement> statements) {
  return std::any_of(statements.begin(), statements.end(),
                     [](const Statement& s) { return s.coefficient < 0; });
}
bool HasMixedScales(std::span<const Statement> statements) {
  return std::any_of(statements.begin(), statements.end(),
                     [&](const Statement& s) { return s.scale != statements[0].scale; });
}
std::uint64_t ToUnsigned(std::int64_t v, bool is_signed) {
  return is_signed ? ZigZag(v) : static_cast<std::uint64_t>(v);
}
std::int64_t FromUnsigned(std::uint64_t v, bool is_signed) {
  return is_signed ? UnZigZag(v) : static_cast<std::int64_t>(v);
}

// Numbers by byte planes: all lowest bytes, then the second bytes of those that are wide enough, and so on.
class PlaneWriter {
 public:
  void Put(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i)
      planes_[static_cast<std::size_t>(i)].push_back(static_cast<char>(value >> 8 * i));
  }
  void Finish(std::string* out) const {
    for (const std::string& plane : planes_) out->append(plane);
  }

 private:
  std::array<std::string, kMaxWidth> planes_;
};
class PlaneReader {
 public:
  // `sizes[i]` bytes are in plane i.
  PlaneReader(const char* p, const std::array<std::size_t, kMaxWidth>& sizes) {
    for (std::size_t i = 0; i < kMaxWidth; p += sizes[i++]) planes_[i] = p;
    end_ = p;
  }
  std::uint64_t Get(int width) {
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(*planes_[static_cast<std::size_t>(i)]++))
               << 8 * i;
    }
    return value;
  }
  const char* end() const { return end_; }

 private:
  std::array<const char*, kMaxWidth> planes_;
  const char* end_;
};
void CountPlanes(int width, std::size_t values, std::array<std::size_t, kMaxWidth>* sizes) {
  for (int i = 0; i < width; ++i) (*sizes)[static_cast<std::size_t>(i)] += values;
}

void PutColumn(const std::string& column, std::string* out) {
  PutVarint(column.size(), out);
  out->append(column);
}
const char* GetColumn(const char*& p) {
  const std::uint64_t size = GetVarint(p);
  const char* column = p;
  p += size;
  return column;
}

// ---- Chunks

void EncodeCellsChunk(std::span<const Statement> statements, std::string* out) {
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < statements.size();) {
    const auto group = SeriesAt(statements, i);
    PutVarint(group[0].series - last, out);
    last = group[0].series;
    EncodeBlock(group, false, out);
    i += group.size();
  }
}

std::vector<Statement> DecodeCellsChunk(std::string_view chunk) {
  std::vector<Statement> statements;
  std::uint32_t series = 0;
  CodedCell cell;
  while (!chunk.empty()) {
    const char* p = chunk.data();
    series += static_cast<std::uint32_t>(GetVarint(p));
    chunk.remove_prefix(static_cast<std::size_t>(p - chunk.data()));
    CellReader reader(&chunk);
    while (reader.Next(&cell)) {
      const Decimal& value = cell.datum.value();
      statements.push_back({series, CodeOf(cell.period.start().index(), cell.period.months()),
                            static_cast<std::int64_t>(absl::Int128Low64(value.coefficient())),
                            static_cast<std::uint32_t>(value.scale())});
    }
  }
  return statements;
}

void EncodeColumnsChunk(std::span<const Statement> statements, std::string* out) {
  std::string ids, counts, firsts, lengths, steps, scales, widths;
  PlaneWriter planes;
  const bool is_signed = HasNegative(statements), mixed = HasMixedScales(statements);
  std::uint32_t last_series = 0, groups = 0;
  int last_start = 0;
  for (std::size_t i = 0; i < statements.size(); ++groups) {
    const auto group = SeriesAt(statements, i);
    i += group.size();
    PutVarint(group[0].series - last_series - 1, &ids);
    last_series = group[0].series;
    PutVarint(group.size() - 1, &counts);
    PutVarint(ZigZag(StartOf(group[0].period) - last_start), &firsts);
    last_start = StartOf(group[0].period);
    PutVarint(static_cast<std::uint64_t>(MonthsOf(group[0].period) - 1), &lengths);
    int width = 1;
    for (const Statement& s : group) width = std::max(width, ByteWidth(ToUnsigned(s.coefficient, is_signed)));
    widths.push_back(static_cast<char>(width));
    for (std::size_t k = 0; k < group.size(); ++k) {
      planes.Put(ToUnsigned(group[k].coefficient, is_signed), width);
      if (mixed) scales.push_back(static_cast<char>(group[k].scale));
      if (k == 0) continue;
      const int later = StartOf(group[k].period) - StartOf(group[k - 1].period);
      const int longer = MonthsOf(group[k].period) - MonthsOf(group[k - 1].period);
      PutVarint(static_cast<std::uint64_t>(later) << 1 | (longer != 0 ? 1 : 0), &steps);
      if (longer != 0) PutVarint(static_cast<std::uint64_t>(MonthsOf(group[k].period) - 1), &steps);
    }
  }
  PutVarint(groups, out);
  PutVarint(statements.size(), out);
  out->push_back(is_signed ? 1 : 0);
  out->push_back(static_cast<char>(mixed ? kMixedScales : statements[0].scale));
  for (const std::string* column : {&ids, &counts, &firsts, &lengths, &steps, &scales, &widths}) {
    PutColumn(*column, out);
  }
  planes.Finish(out);
}

std::vector<Statement> DecodeColumnsChunk(std::string_view chunk) {
  const char* p = chunk.data();
  const std::uint64_t groups = GetVarint(p), n = GetVarint(p);
  const bool is_signed = *p++ != 0;
  const auto scale = static_cast<std::uint8_t>(*p++);
  const char *ids = GetColumn(p), *counts = GetColumn(p), *firsts = GetColumn(p), *lengths = GetColumn(p),
             *steps = GetColumn(p), *scales = GetColumn(p), *widths = GetColumn(p);
  std::array<std::size_t, kMaxWidth> sizes{};
  const char* peek = counts;
  for (std::uint64_t g = 0; g < groups; ++g) CountPlanes(widths[g], GetVarint(peek) + 1, &sizes);
  PlaneReader planes(p, sizes);
  std::vector<Statement> statements;
  statements.reserve(n);
  std::uint32_t series = 0;
  int first = 0;
  for (std::uint64_t g = 0; g < groups; ++g) {
    series += static_cast<std::uint32_t>(GetVarint(ids)) + 1;
    first += static_cast<int>(UnZigZag(GetVarint(firsts)));
    int start = first, months = static_cast<int>(GetVarint(lengths)) + 1;
    for (std::uint64_t k = 0, count = GetVarint(counts); k <= count; ++k) {
      if (k > 0) {
        const std::uint64_t step = GetVarint(steps);
        start += static_cast<int>(step >> 1);
        if (step & 1) months = static_cast<int>(GetVarint(steps)) + 1;
      }
      statements.push_back({series, CodeOf(start, months), FromUnsigned(planes.Get(widths[g]), is_signed),
                            scale == kMixedScales ? static_cast<std::uint8_t>(*scales++) : scale});
    }
  }
  return statements;
}

void EncodeByPeriodChunk(std::span<const Statement> statements, std::string* out) {
  std::map<PeriodCode, std::vector<Statement>> periods;
  for (const Statement& s : statements) periods[s.period].push_back(s);
  std::string slices;
  PutVarint(periods.size(), out);
  for (const auto& [period, cells] : periods) {
    const std::size_t begin = slices.size();
    EncodeSlice(cells, &slices);
    PutVarint(period, out);
    PutVarint(slices.size() - begin, out);
  }
  out->append(slices);
}

struct DirectoryEntry {
  PeriodCode period;
  const char* slice;
};
std::vector<DirectoryEntry> Directory(std::string_view chunk) {
  const char* p = chunk.data();
  std::vector<DirectoryEntry> directory(GetVarint(p));
  std::vector<std::uint64_t> sizes;
  for (DirectoryEntry& entry : directory) {
    entry.period = static_cast<PeriodCode>(GetVarint(p));
    sizes.push_back(GetVarint(p));
  }
  for (std::size_t i = 0; i < sizes.size(); p += sizes[i++]) directory[i].slice = p;
  return directory;
}

std::vector<Statement> DecodeByPeriodChunk(std::string_view chunk) {
  std::vector<Statement> statements;
  for (const auto& [period, slice] : Directory(chunk)) {
    DecodeSlice(slice,
                [&, period = period](std::uint32_t series, std::int64_t coefficient, std::uint32_t scale) {
                  statements.push_back({series, period, coefficient, scale});
                });
  }
  std::sort(statements.begin(), statements.end(), [](const Statement& a, const Statement& b) {
    return a.series != b.series ? a.series < b.series : a.period < b.period;
  });
  return statements;
}

void EncodeStoredChunk(std::span<const Statement> statements, std::string* out) {
  storage::ReleasePart part;
  for (std::size_t i = 0; i < statements.size();) {
    const auto group = SeriesAt(statements, i);
    storage::SeriesStatements& series = part.emplace_back();
    series.series = storage::SeriesId{group[0].series};
    for (const Statement& s : group) {
      const CodedCell cell = CellOf(s);
      series.cells.push_back({cell.period, cell.datum, cell.attributes, 0, 0});
    }
    i += group.size();
  }
  storage::EncodeByPeriod(part, out);
}

std::vector<Statement> DecodeStoredChunk(std::string_view chunk) {
  std::vector<Statement> statements;
  storage::ByteReader reader(chunk);
  for (const storage::SeriesStatements& group : storage::DecodeByPeriod(&reader)) {
    for (const auto& cell : group.cells) {
      const Decimal& value = cell.datum.value();
      statements.push_back({static_cast<std::uint32_t>(group.series),
                            CodeOf(cell.period.start().index(), cell.period.months()),
                            static_cast<std::int64_t>(absl::Int128Low64(value.coefficient())),
                            static_cast<std::uint32_t>(value.scale())});
    }
  }
  return statements;
}

}  // namespace

void Fold::State(PeriodCode period, std::int64_t coefficient) {
  if (hint_ < cells_.size() && cells_[hint_].period == period) {
    cells_[hint_++].coefficient = coefficient;
    return;
  }
  if (cells_.empty() || cells_.back().period < period) {
    hint_ = cells_.size();
    cells_.push_back({period, coefficient});
    return;
  }
  auto at = std::lower_bound(cells_.begin(), cells_.end(), period,
                             [](const Cell& cell, PeriodCode code) { return cell.period < code; });
  hint_ = static_cast<std::size_t>(at - cells_.begin()) + 1;
  if (at != cells_.end() && at->period == period) {
    at->coefficient = coefficient;
  } else {
    cells_.insert(at, {period, coefficient});
  }
}

CodedCell CellOf(const Statement& statement) {
  CodedCell cell;
  cell.period = Period::FromValid(Month::FromIndex(StartOf(statement.period)), MonthsOf(statement.period));
  cell.datum =
      Datum::Value(Decimal::FromValidParts(statement.coefficient, static_cast<int>(statement.scale)));
  return cell;
}

std::string_view NameOf(ChunkKind kind) {
  constexpr std::string_view kNames[] = {"cells", "columns", "by-period", "stored"};
  return kNames[static_cast<std::size_t>(kind)];
}
std::string_view NameOf(SeriesKind kind) {
  constexpr std::string_view kNames[] = {"merged", "merged-delta", "block", "cell", "repacked"};
  return kNames[static_cast<std::size_t>(kind)];
}

void EncodeChunk(ChunkKind kind, std::span<const Statement> statements, std::string* out) {
  switch (kind) {
    case ChunkKind::kCells:
      return EncodeCellsChunk(statements, out);
    case ChunkKind::kColumns:
      return EncodeColumnsChunk(statements, out);
    case ChunkKind::kByPeriod:
      return EncodeByPeriodChunk(statements, out);
    case ChunkKind::kStored:
      return EncodeStoredChunk(statements, out);
  }
}

std::vector<Statement> DecodeChunk(ChunkKind kind, std::string_view chunk) {
  switch (kind) {
    case ChunkKind::kCells:
      return DecodeCellsChunk(chunk);
    case ChunkKind::kColumns:
      return DecodeColumnsChunk(chunk);
    case ChunkKind::kByPeriod:
      return DecodeByPeriodChunk(chunk);
    case ChunkKind::kStored:
      return DecodeStoredChunk(chunk);
  }
  return {};
}

void EncodeSlice(std::span<const Statement> statements, std::string* out) {
  const bool is_signed = HasNegative(statements), mixed = HasMixedScales(statements);
  PutVarint(statements.size(), out);
  out->push_back(static_cast<char>(mixed ? kMixedScales : statements[0].scale));
  out->push_back(is_signed ? 1 : 0);
  std::uint32_t last = 0;
  for (const Statement& s : statements) {
    PutVarint(s.series - last - 1, out);
    last = s.series;
  }
  if (mixed) {
    for (const Statement& s : statements) out->push_back(static_cast<char>(s.scale));
  }
  PlaneWriter planes;
  int pending = 0;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const std::uint64_t value = ToUnsigned(statements[i].coefficient, is_signed);
    const int width = ByteWidth(value);
    planes.Put(value, width);
    pending |= i % 2 == 0 ? width : width << 4;
    if (i % 2 == 0 && i + 1 < statements.size()) continue;
    out->push_back(static_cast<char>(pending));
    pending = 0;
  }
  planes.Finish(out);
}

namespace {

template <typename Fn>
const char* ReadSlice(const char* p, Fn fn) {
  const std::uint64_t n = GetVarint(p);
  const auto scale = static_cast<std::uint8_t>(*p++);
  const bool is_signed = *p++ != 0;
  const char* ids = p;
  for (std::uint64_t i = 0; i < n; ++i) GetVarint(p);
  const char* scales = p;
  if (scale == kMixedScales) p += n;
  const char* widths = p;
  p += (n + 1) / 2;
  const auto width_at = [widths](std::uint64_t i) { return widths[i / 2] >> (i % 2 * 4) & 15; };
  std::array<std::size_t, kMaxWidth> sizes{};
  for (std::uint64_t i = 0; i < n; ++i) CountPlanes(width_at(i), 1, &sizes);
  PlaneReader planes(p, sizes);
  std::uint32_t series = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    series += static_cast<std::uint32_t>(GetVarint(ids)) + 1;
    fn(series, FromUnsigned(planes.Get(width_at(i)), is_signed),
       scale == kMixedScales ? static_cast<std::uint32_t>(scales[i]) : scale);
  }
  return planes.end();
}

}  // namespace

const char* DecodeSlice(const char* p,
                        const std::function<void(std::uint32_t, std::int64_t, std::uint32_t)>& fn) {
  return ReadSlice(p, fn);
}

const char* FillColumn(const char* p, std::vector<std::int64_t>* column, std::vector<char>* stated) {
  return ReadSlice(p, [&](std::uint32_t series, std::int64_t coefficient, std::uint32_t) {
    if ((*stated)[series]) return;
    (*stated)[series] = 1;
    (*column)[series] = coefficient;
  });
}

const char* FindSlice(std::string_view chunk, PeriodCode period) {
  for (const DirectoryEntry& entry : Directory(chunk)) {
    if (entry.period == period) return entry.slice;
  }
  return nullptr;
}

// ---- Series

void EncodeBlock(std::span<const Statement> statements, bool delta, std::string* out) {
  thread_local std::vector<CodedCell> cells;
  cells.clear();
  std::int64_t last = 0;
  for (Statement s : statements) {
    const std::int64_t coefficient = s.coefficient;
    if (delta) s.coefficient -= last;
    last = coefficient;
    cells.push_back(CellOf(s));
  }
  storage::EncodeCells(cells, out);
}

namespace {

template <typename Fn>
std::uint32_t ReadBlock(std::string_view* input, bool delta, Fn fn) {
  CellReader reader(input);
  CodedCell cell;
  std::uint32_t n = 0;
  std::int64_t last = 0;
  for (; reader.Next(&cell); ++n) {
    auto coefficient = static_cast<std::int64_t>(absl::Int128Low64(cell.datum.value().coefficient()));
    if (delta) last = coefficient += last;
    fn(CodeOf(cell.period.start().index(), cell.period.months()), coefficient, cell.datum.value().scale());
  }
  return n;
}

// Calls fn(position, operand's cells) for operands with position <= `position`.
template <typename Fn>
void ReadOperands(std::string_view value, std::uint32_t position, Fn fn) {
  const char *p = value.data(), *end = p + value.size();
  while (p < end) {
    const auto at = static_cast<std::uint32_t>(GetVarint(p));
    GetVarint(p);  // section
    const std::uint64_t length = GetVarint(p);
    if (at <= position) fn(at, std::string_view(p, length));
    p += length;
  }
}

}  // namespace

std::uint32_t FoldBlock(std::string_view* input, bool delta, Fold* fold) {
  return ReadBlock(input, delta, [fold](PeriodCode period, std::int64_t coefficient, int) {
    fold->State(period, coefficient);
  });
}

void PutOperand(std::uint32_t position, std::string_view cells, std::string* out) {
  PutVarint(position, out);
  PutVarint(0, out);
  PutVarint(cells.size(), out);
  out->append(cells);
}

std::uint32_t FoldMerged(std::string_view value, bool delta, std::uint32_t position, Fold* fold) {
  std::uint32_t n = 0;
  ReadOperands(value, position,
               [&](std::uint32_t, std::string_view cells) { n += FoldBlock(&cells, delta, fold); });
  return n;
}

std::vector<Placed> PlacedOf(std::string_view merged) {
  std::vector<Placed> statements;
  ReadOperands(merged, UINT32_MAX, [&](std::uint32_t position, std::string_view cells) {
    ReadBlock(&cells, false, [&](PeriodCode period, std::int64_t coefficient, int scale) {
      statements.push_back({period, position, coefficient, static_cast<std::uint32_t>(scale)});
    });
  });
  return statements;
}

// ---- Packed

namespace {

constexpr std::int64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

// A column of bit fields, all as wide as the widest.
class BitColumn {
 public:
  void Put(std::uint64_t value) {
    values_.push_back(value);
    all_ |= value;
  }
  void Finish(std::string* out) const {
    const int bits = std::bit_width(all_);
    PutVarint(static_cast<std::uint64_t>(bits), out);
    PutVarint((values_.size() * static_cast<std::size_t>(bits) + 7) / 8, out);
    BitWriter writer(out);
    for (const std::uint64_t value : values_) writer.Put(value, bits);
    writer.Finish();
  }

 private:
  std::vector<std::uint64_t> values_;
  std::uint64_t all_ = 0;
};
class BitColumnReader {
 public:
  explicit BitColumnReader(const char*& p)
      : bits_(static_cast<int>(GetVarint(p))), size_(GetVarint(p)), reader_(p) {
    p += size_;
  }
  std::uint64_t Next() { return reader_.Get(bits_); }

 private:
  int bits_;
  std::uint64_t size_;
  BitReader reader_;
};
// The bit reader may look this far beyond the last column.
constexpr std::size_t kPadding = 8;

// Calls begin(period) for each period, then fn(position index, coefficient, scale) for its statements.
template <typename Positions, typename Begin, typename Fn>
void ReadPacked(std::string_view packed, Positions at_positions, Begin begin, Fn fn) {
  const char* p = packed.data();
  const std::uint64_t periods = GetVarint(p), positions = GetVarint(p), scale = GetVarint(p);
  std::uint32_t position = 0;
  for (std::uint64_t i = 0; i < positions; ++i)
    at_positions(position += static_cast<std::uint32_t>(GetVarint(p)));
  const char* steps = GetColumn(p);
  BitColumnReader counts(p), first_positions(p), next_positions(p), same(p), drops(p), first_values(p),
      next_values(p);
  int start = 0, months = 1;
  std::int64_t first_position = 0, first_value = 0;
  for (std::uint64_t i = 0; i < periods; ++i) {
    const std::uint64_t step = GetVarint(steps);
    start += static_cast<int>(step >> 1);
    if (step & 1) months = static_cast<int>(GetVarint(steps)) + 1;
    begin(CodeOf(start, months));
    first_position += UnZigZag(first_positions.Next());
    first_value += UnZigZag(first_values.Next());
    std::int64_t at = first_position, value = first_value;
    std::uint64_t drop = drops.Next();
    for (std::uint64_t k = 0, more = counts.Next();; ++k) {
      fn(static_cast<std::uint32_t>(at), drop == 0 ? value : value / kPowers[drop],
         static_cast<std::uint32_t>(scale - drop));
      if (k == more) break;
      at += static_cast<std::int64_t>(next_positions.Next()) + 1;
      if (same.Next() != 0) continue;
      value += UnZigZag(next_values.Next());
      drop = drops.Next();
    }
  }
}

}  // namespace

void Pack(std::vector<Placed>* statements, std::string* out) {
  std::stable_sort(statements->begin(), statements->end(), [](const Placed& a, const Placed& b) {
    return a.period != b.period ? a.period < b.period : a.position < b.position;
  });
  std::vector<std::uint32_t> positions;
  std::uint32_t scale = 0;
  for (const Placed& s : *statements) {
    positions.push_back(s.position);
    scale = std::max(scale, s.scale);
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());

  std::string steps;
  BitColumn counts, first_positions, next_positions, same, drops, first_values, next_values;
  std::uint64_t periods = 0;
  std::int64_t first_position = 0, first_value = 0;
  const Placed* last = nullptr;
  std::int64_t last_value = 0, last_at = 0;
  std::uint64_t count = 0;
  for (const Placed& s : *statements) {
    const std::int64_t at =
        std::lower_bound(positions.begin(), positions.end(), s.position) - positions.begin();
    const std::uint64_t drop = scale - s.scale;
    const std::int64_t value = s.coefficient * kPowers[drop];
    if (last == nullptr || last->period != s.period) {
      if (last != nullptr) counts.Put(count - 1);
      count = 0;
      ++periods;
      const int later = StartOf(s.period) - (last != nullptr ? StartOf(last->period) : 0);
      const bool longer = last == nullptr || MonthsOf(s.period) != MonthsOf(last->period);
      PutVarint(static_cast<std::uint64_t>(later) << 1 | (longer ? 1 : 0), &steps);
      if (longer) PutVarint(static_cast<std::uint64_t>(MonthsOf(s.period) - 1), &steps);
      first_positions.Put(ZigZag(at - first_position));
      first_values.Put(ZigZag(value - first_value));
      drops.Put(drop);
      first_position = at;
      first_value = value;
    } else {
      next_positions.Put(static_cast<std::uint64_t>(at - last_at - 1));
      const bool is_same = s.coefficient == last->coefficient && s.scale == last->scale;
      same.Put(is_same ? 1 : 0);
      if (!is_same) {
        next_values.Put(ZigZag(value - last_value));
        drops.Put(drop);
      }
    }
    ++count;
    last = &s;
    last_at = at;
    last_value = value;
  }
  counts.Put(count - 1);

  PutVarint(periods, out);
  PutVarint(positions.size(), out);
  PutVarint(scale, out);
  std::uint32_t before = 0;
  for (const std::uint32_t position : positions) {
    PutVarint(position - before, out);
    before = position;
  }
  PutColumn(steps, out);
  for (const BitColumn* column :
       {&counts, &first_positions, &next_positions, &same, &drops, &first_values, &next_values}) {
    column->Finish(out);
  }
  out->append(kPadding, '\0');
}

std::vector<Placed> Unpack(std::string_view packed) {
  std::vector<Placed> statements;
  std::vector<std::uint32_t> positions;
  PeriodCode period = 0;
  ReadPacked(
      packed, [&](std::uint32_t position) { positions.push_back(position); },
      [&](PeriodCode code) { period = code; },
      [&](std::uint32_t at, std::int64_t coefficient, std::uint32_t scale) {
        statements.push_back({period, positions[at], coefficient, scale});
      });
  return statements;
}

std::uint32_t FoldPacked(std::string_view packed, std::uint32_t position, Fold* fold) {
  std::uint32_t visible = 0, n = 0;
  PeriodCode period = 0;
  bool known = false;
  std::int64_t last = 0;
  const auto flush = [&] {
    if (known) fold->Append(period, last);
  };
  ReadPacked(
      packed, [&](std::uint32_t at) { visible += at <= position ? 1 : 0; },
      [&](PeriodCode code) {
        flush();
        period = code;
        known = false;
      },
      [&](std::uint32_t at, std::int64_t coefficient, std::uint32_t) {
        ++n;
        if (at >= visible) return;
        known = true;
        last = coefficient;
      });
  flush();
  return n;
}

}  // namespace tidewaiter::bench
