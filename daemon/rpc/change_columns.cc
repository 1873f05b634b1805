#include "daemon/rpc/change_columns.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "daemon/rpc/change_blocks.h"
#include "domain/errors.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {
namespace {

using google::protobuf::io::CodedOutputStream;
using Wire = google::protobuf::internal::WireFormatLite;

// What comes along with every message that takes anything of a block: before it is longer, another block
// begins.
constexpr std::size_t kWholeBytes = 256;
// What comes along and is no longer than this is not counted.
constexpr std::size_t kUncountedBytes = 64;
// A release in a block's dictionary, some.
constexpr std::size_t kReleaseBytes = 24;

std::uint32_t TagOf(std::uint32_t field) { return field << 3 | Wire::WIRETYPE_LENGTH_DELIMITED; }

// A field of so many bytes, its tag and length included; nothing if there are none.
std::size_t FieldBytes(std::uint32_t field, std::size_t bytes) {
  if (bytes == 0) return 0;
  return CodedOutputStream::VarintSize32(TagOf(field)) +
         CodedOutputStream::VarintSize32(static_cast<std::uint32_t>(bytes)) + bytes;
}

std::uint8_t* WriteHead(std::uint32_t field, std::size_t bytes, std::uint8_t* at) {
  at = CodedOutputStream::WriteVarint32ToArray(TagOf(field), at);
  return CodedOutputStream::WriteVarint32ToArray(static_cast<std::uint32_t>(bytes), at);
}

std::uint8_t* WriteBytes(const char* from, std::size_t bytes, std::uint8_t* at) {
  std::memcpy(at, from, bytes);
  return at + bytes;
}

void AppendVarint(std::uint64_t value, std::string* bytes) {
  std::uint8_t text[10];
  const std::uint8_t* const end = CodedOutputStream::WriteVarint64ToArray(value, text);
  bytes->append(reinterpret_cast<const char*>(text), static_cast<std::size_t>(end - text));
}

std::uint64_t Plain(std::uint64_t value) { return value; }
std::uint64_t ZigZag32(std::int32_t value) { return Wire::ZigZagEncode32(value); }
std::uint64_t ZigZag64(std::int64_t value) { return Wire::ZigZagEncode64(value); }

// Whether a number of the series needs more than 64 bits: those are listed by their index in the block.
bool HasWideNumber(const engine::SeriesChanges& series) {
  const auto is_wide = [](const Datum& datum) {
    using Narrow = std::numeric_limits<std::int64_t>;
    return datum.has_value() &&
           (datum.value().coefficient() > Narrow::max() || datum.value().coefficient() < Narrow::min());
  };
  return std::any_of(series.cells.begin(), series.cells.end(), [&](const engine::SeriesChanges::Cell& cell) {
    return is_wide(cell.state.datum) || (cell.before && is_wide(*cell.before));
  });
}

// How long the dictionaries of the block under way are.
class Dictionaries {
 public:
  explicit Dictionaries(const convert::Lookup* lookup) : lookup_(*lookup) {}
  void Clear() {
    bytes_ = 0;
    texts_.clear();
    releases_.clear();
  }
  absl::Status Add(const engine::SeriesChanges& series) {
    for (const engine::SeriesChanges::Cell& cell : series.cells) {
      for (const TextId text : {cell.state.source, cell.state.note}) {
        if (text == 0 || !texts_.insert(text).second) continue;
        TW_ASSIGN_OR_RETURN(const std::string content, lookup_.Text(text));
        bytes_ += content.size();
      }
      if (releases_.insert(cell.state.sequence).second) bytes_ += kReleaseBytes;
    }
    return absl::OkStatus();
  }
  std::size_t bytes() const { return bytes_; }

 private:
  const convert::Lookup& lookup_;
  std::size_t bytes_ = 0;
  absl::flat_hash_set<TextId> texts_;
  absl::flat_hash_set<Sequence> releases_;
};

}  // namespace

absl::StatusOr<ChangeColumns> ChangeColumns::Encode(const engine::ChangesPart& part,
                                                    const convert::Lookup& lookup, bool omit_confirmed) {
  ChangeBlocks blocks(&lookup);
  Dictionaries dictionaries(&lookup);
  std::vector<std::uint32_t> cells;  // of each series
  for (std::size_t i = 0; i < part.series.size(); ++i) {
    const engine::SeriesChanges& series = part.series[i];
    const bool wide = HasWideNumber(series);
    // The same key again would go on in the same series.
    const bool again = i > 0 && part.series[i - 1].key == series.key;
    TW_RETURN_IF_ERROR(dictionaries.Add(series));
    if (wide || again || dictionaries.bytes() > kWholeBytes) {
      TW_RETURN_IF_ERROR(blocks.EndBlock());
      dictionaries.Clear();
      TW_RETURN_IF_ERROR(dictionaries.Add(series));
    }
    const std::size_t before = blocks.cells();
    TW_RETURN_IF_ERROR(blocks.Add(series, omit_confirmed));
    cells.push_back(static_cast<std::uint32_t>(blocks.cells() - before));
    if (wide) TW_RETURN_IF_ERROR(blocks.EndBlock());
  }
  TW_ASSIGN_OR_RETURN(const std::vector<v1::ChangeBlock> messages, blocks.Finish());

  ChangeColumns columns;
  columns.totals_.resize(part.series.size() + 1);
  std::uint32_t first = 0;
  std::uint32_t taken = 0;  // cells of it that are in blocks before
  for (const v1::ChangeBlock& message : messages) {
    std::vector<std::uint32_t> within;
    auto left = static_cast<std::uint32_t>(message.classes_size());
    std::uint32_t series = first;
    while (left > 0) {
      const std::uint32_t here = std::min(left, cells[series] - taken);
      within.push_back(here);
      left -= here;
      taken += here;
      if (taken < cells[series]) break;
      taken = 0;
      ++series;
    }
    columns.blocks_.push_back(MakeBlock(message, first, within));
    const Group& group = columns.blocks_.back().changes;
    columns.AddTotals(group, first);
    if (const std::size_t whole = WholeBytesOf(group); whole > kUncountedBytes) {
      for (std::size_t i = 0; i < within.size(); ++i)
        columns.totals_[first + i + 1] += within[i] > 0 ? whole : 0;
    }
    first = series;
  }
  for (std::size_t i = 1; i < columns.totals_.size(); ++i) columns.totals_[i] += columns.totals_[i - 1];
  return columns;
}

namespace {

// Adds columns of one block to its groups. Each is left out if the message has none.
class ColumnMaker {
 public:
  explicit ColumnMaker(std::span<const std::uint32_t> cells) : cells_(cells) {}

  template <typename Column, typename Values, typename Coding>
  void AddNumbers(std::uint32_t field, const Values& values, Coding coding,
                  std::vector<Column>* columns) const {
    if (values.empty()) return;
    Column column;
    column.field = field;
    int at = 0;
    for (const std::uint32_t count : cells_) {
      column.begins.push_back(static_cast<std::uint32_t>(column.bytes.size()));
      for (std::uint32_t i = 0; i < count; ++i)
        AppendVarint(static_cast<std::uint64_t>(coding(values.Get(at++))), &column.bytes);
    }
    Keep(std::move(column), columns);
  }

  template <typename Column>
  void AddLetters(std::uint32_t field, const std::string& letters, std::vector<Column>* columns) const {
    if (letters.empty()) return;
    Column column;
    column.field = field;
    column.bytes = letters;
    std::uint32_t at = 0;
    for (const std::uint32_t count : cells_) {
      column.begins.push_back(at);
      at += count;
    }
    Keep(std::move(column), columns);
  }

  template <typename Column>
  void Keep(Column column, std::vector<Column>* columns) const {
    column.begins.push_back(static_cast<std::uint32_t>(column.bytes.size()));
    column.uniform = column.bytes.find_first_not_of(column.bytes.front()) == std::string::npos;
    columns->push_back(std::move(column));
  }

  template <typename Group>
  Group MakeData(std::uint32_t field, const v1::DatumColumn& data) const {
    using Data = v1::DatumColumn;
    Group group;
    group.field = field;
    Data whole;
    whole.set_scale(data.scale());
    *whole.mutable_wide() = data.wide();
    group.whole = whole.SerializeAsString();
    AddNumbers(Data::kCoefficientsFieldNumber, data.coefficients(), ZigZag64, &group.columns);
    AddNumbers(Data::kScalesFieldNumber, data.scales(), Plain, &group.columns);
    AddNumbers(Data::kStepExponentsFieldNumber, data.step_exponents(), ZigZag32, &group.columns);
    AddNumbers(Data::kAbsencesFieldNumber, data.absences(), Plain, &group.columns);
    return group;
  }

 private:
  const std::span<const std::uint32_t> cells_;  // of each series
};

}  // namespace

ChangeColumns::Block ChangeColumns::MakeBlock(const v1::ChangeBlock& message, std::uint32_t first,
                                              std::span<const std::uint32_t> cells) {
  using Changes = v1::ChangeBlock;
  using Cells = v1::ObservationBlock;
  const ColumnMaker maker(cells);
  const Cells& from = message.cells();
  Group group;
  group.field = Changes::kCellsFieldNumber;
  Cells whole;
  *whole.mutable_texts() = from.texts();
  *whole.mutable_releases() = from.releases();
  group.whole = whole.SerializeAsString();

  Column keys, counts, starts;
  keys.field = Cells::kSeriesFieldNumber;
  keys.tagged = true;
  counts.field = Cells::kCellCountsFieldNumber;
  starts.field = Cells::kPeriodStartDeltasFieldNumber;
  int named = 0;
  int cell = 0;
  std::int32_t start = 0;
  for (const std::uint32_t count : cells) {
    keys.begins.push_back(static_cast<std::uint32_t>(keys.bytes.size()));
    counts.begins.push_back(static_cast<std::uint32_t>(counts.bytes.size()));
    starts.begins.push_back(static_cast<std::uint32_t>(starts.bytes.size()));
    Starts& of_series = starts.starts.emplace_back();
    if (count == 0) continue;
    const std::string& key = from.series(named++);
    AppendVarint(TagOf(keys.field), &keys.bytes);
    AppendVarint(key.size(), &keys.bytes);
    keys.bytes += key;
    AppendVarint(count, &counts.bytes);
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::int32_t delta = from.period_start_deltas(cell++);
      start += delta;
      AppendVarint(ZigZag32(delta), &starts.bytes);
      if (i > 0) continue;
      of_series.first = start;
      of_series.rest = static_cast<std::uint32_t>(starts.bytes.size());
    }
    of_series.last = start;
  }
  maker.Keep(std::move(keys), &group.columns);
  maker.Keep(std::move(counts), &group.columns);
  maker.Keep(std::move(starts), &group.columns);
  maker.AddNumbers(Cells::kPeriodMonthsFieldNumber, from.period_months(), Plain, &group.columns);
  maker.AddLetters(Cells::kStatusesFieldNumber, from.statuses(), &group.columns);
  maker.AddLetters(Cells::kConfsFieldNumber, from.confs(), &group.columns);
  maker.AddNumbers(Cells::kSourcesFieldNumber, from.sources(), Plain, &group.columns);
  maker.AddNumbers(Cells::kNotesFieldNumber, from.notes(), Plain, &group.columns);
  maker.AddNumbers(Cells::kReleaseIndexesFieldNumber, from.release_indexes(), Plain, &group.columns);
  maker.AddNumbers(Cells::kValueAgeMicrosFieldNumber, from.value_age_micros(), Plain, &group.columns);
  group.groups.push_back(maker.MakeData<Group>(Cells::kDataFieldNumber, from.data()));

  Block block;
  block.first = first;
  block.end = first + static_cast<std::uint32_t>(cells.size());
  block.changes.field = v1::SubscribeResponse::ReleasePart::kChangesFieldNumber;
  Changes named_once;
  named_once.set_dataset(message.dataset());
  block.changes.whole = named_once.SerializeAsString();
  maker.AddNumbers(Changes::kClassesFieldNumber, message.classes(), Plain, &block.changes.columns);
  maker.AddNumbers(Changes::kFlagsFieldNumber, message.flags(), Plain, &block.changes.columns);
  block.changes.groups.push_back(std::move(group));
  block.changes.groups.push_back(maker.MakeData<Group>(Changes::kBeforeFieldNumber, message.before()));
  return block;
}

std::size_t ChangeColumns::WholeBytesOf(const Group& group) {
  std::size_t bytes = group.whole.size();
  for (const Group& inner : group.groups) bytes += WholeBytesOf(inner);
  return bytes;
}

void ChangeColumns::AddTotals(const Group& group, std::uint32_t first) {
  for (const Column& column : group.columns) {
    for (std::size_t i = 0; i + 1 < column.begins.size(); ++i)
      totals_[first + i + 1] += column.begins[i + 1] - column.begins[i];
  }
  for (const Group& inner : group.groups) AddTotals(inner, first);
}

std::uint32_t ChangeColumns::EndWithin(const SeriesRun& run, std::size_t bytes) const {
  if (BytesOf(run) < bytes) return run.end;
  const auto from = totals_.begin() + run.begin;
  const auto to = totals_.begin() + run.end;
  const auto end = std::lower_bound(from + 1, to, *from + bytes);
  return static_cast<std::uint32_t>(end - totals_.begin());
}

namespace {

// Goes through the pieces of the column of starts: each is a difference of its own, then bytes of the column.
template <typename Column, typename Visit>
void ForEachStart(const Column& column, std::span<const SeriesRun> runs, Visit visit) {
  std::int32_t start = 0;
  for (SeriesRun run : runs) {
    while (run.begin < run.end && column.begins[run.begin] == column.begins[run.begin + 1]) ++run.begin;
    while (run.begin < run.end && column.begins[run.end - 1] == column.begins[run.end]) --run.end;
    if (run.begin == run.end) continue;
    const auto& first = column.starts[run.begin];
    visit(static_cast<std::uint32_t>(ZigZag32(first.first - start)), first.rest, column.begins[run.end]);
    start = column.starts[run.end - 1].last;
  }
}

}  // namespace

ColumnCut::ColumnCut(const ChangeColumns& columns, std::span<const SeriesRun> runs) {
  runs_.reserve(runs.size() + columns.blocks_.size());
  std::size_t run = 0;
  for (const ChangeColumns::Block& block : columns.blocks_) {
    while (run < runs.size() && runs[run].end <= block.first) ++run;
    Piece piece{&block, runs_.size(), 0, sizes_.size()};
    // The last of them may go on in the next block.
    for (std::size_t i = run; i < runs.size() && runs[i].begin < block.end; ++i) {
      runs_.push_back({std::max(runs[i].begin, block.first) - block.first,
                       std::min(runs[i].end, block.end) - block.first});
    }
    piece.end = runs_.size();
    const std::vector<std::uint32_t>& classes = block.changes.columns.front().begins;
    const bool empty = std::all_of(runs_.begin() + static_cast<std::ptrdiff_t>(piece.begin), runs_.end(),
                                   [&](const SeriesRun& r) { return classes[r.begin] == classes[r.end]; });
    if (empty) {
      runs_.resize(piece.begin);
      continue;
    }
    const std::span<const SeriesRun> within(runs_.data() + piece.begin, piece.end - piece.begin);
    bytes_ += FieldBytes(block.changes.field, Measure(block.changes, within));
    pieces_.push_back(piece);
  }
}

std::size_t ColumnCut::Measure(const Group& group, std::span<const SeriesRun> runs) {
  const std::size_t slot = sizes_.size();
  sizes_.push_back(0);
  std::size_t size = group.whole.size();
  for (const Column& column : group.columns) {
    std::size_t bytes = 0;
    if (column.starts.empty()) {
      for (const SeriesRun& run : runs) bytes += column.begins[run.end] - column.begins[run.begin];
    } else {
      ForEachStart(column, runs, [&](std::uint32_t first, std::uint32_t begin, std::uint32_t end) {
        bytes += CodedOutputStream::VarintSize32(first) + end - begin;
      });
    }
    sizes_.push_back(bytes);
    size += column.tagged ? bytes : FieldBytes(column.field, bytes);
  }
  for (const Group& inner : group.groups) size += FieldBytes(inner.field, Measure(inner, runs));
  sizes_[slot] = size;
  return size;
}

std::uint8_t* ColumnCut::WriteTo(std::uint8_t* at) const {
  for (const Piece& piece : pieces_) {
    std::size_t size = piece.sizes;
    at = Write(piece.block->changes, {runs_.data() + piece.begin, piece.end - piece.begin}, &size, at);
  }
  return at;
}

std::uint8_t* ColumnCut::Write(const Group& group, std::span<const SeriesRun> runs, std::size_t* size,
                               std::uint8_t* at) const {
  const std::size_t bytes = sizes_[(*size)++];
  if (bytes > 0) at = WriteHead(group.field, bytes, at);
  at = WriteBytes(group.whole.data(), group.whole.size(), at);
  for (const Column& column : group.columns) {
    const std::size_t wanted = sizes_[(*size)++];
    if (wanted == 0) continue;
    if (!column.tagged) at = WriteHead(column.field, wanted, at);
    if (!column.starts.empty()) {
      ForEachStart(column, runs, [&](std::uint32_t first, std::uint32_t begin, std::uint32_t end) {
        at = CodedOutputStream::WriteVarint32ToArray(first, at);
        at = WriteBytes(column.bytes.data() + begin, end - begin, at);
      });
    } else if (column.uniform) {
      std::memset(at, column.bytes.front(), wanted);
      at += wanted;
    } else {
      for (const SeriesRun& run : runs) {
        const std::uint32_t begin = column.begins[run.begin];
        at = WriteBytes(column.bytes.data() + begin, column.begins[run.end] - begin, at);
      }
    }
  }
  for (const Group& inner : group.groups) at = Write(inner, runs, size, at);
  return at;
}

}  // namespace tidewaiter::rpc
