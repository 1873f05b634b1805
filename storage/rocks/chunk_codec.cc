#include "storage/rocks/chunk_codec.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "storage/rocks/cell_codec.h"
#include "storage/rocks/coding.h"
#include "storage/rocks/period_chunk.h"

namespace tidewaiter::storage {
namespace {

constexpr std::uint8_t kBySeries = 0, kByPeriod = 1;
constexpr std::string_view kUndecodable = "a chunk of a release cannot be decoded";

std::uint64_t ZigZag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t UnZigZag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

bool DecodeCells(ByteReader* reader, std::vector<SeriesStatements::Cell>* cells) {
  CellReader cell_reader(reader->rest());
  CodedCell cell;
  // The count is only believed as far as there are bytes for it.
  cells->reserve(std::min<std::size_t>(cell_reader.remaining(), reader->rest()->size()));
  while (cell_reader.Next(&cell)) {
    cells->push_back({cell.period, cell.datum, cell.attributes, cell.source, cell.note});
  }
  return cell_reader.ok();
}

absl::StatusOr<ReleasePart> DecodeBySeries(std::string_view chunk) {
  ReleasePart part;
  ByteReader reader(chunk);
  std::uint32_t section = 0;
  std::int64_t series = 0;
  while (!reader.at_end()) {
    const std::uint64_t head = reader.Varint();
    if (head & 1) section = reader.Varint32();
    series += UnZigZag(head >> 1);
    if (!reader.ok() || series <= 0 || series > std::numeric_limits<std::uint32_t>::max()) reader.Fail();
    SeriesStatements& statements = part.emplace_back();
    statements.section = section;
    statements.series = SeriesId{static_cast<std::uint32_t>(series)};
    if (!reader.ok() || !DecodeCells(&reader, &statements.cells)) {
      return CorruptionError(kUndecodable);
    }
  }
  if (!reader.ok()) return CorruptionError(kUndecodable);
  return part;
}

}  // namespace

void ChunkBuilder::Add(std::uint32_t section, SeriesId series, std::string_view encoded_cells,
                       std::span<const CodedCell> cells) {
  const auto id = static_cast<std::uint32_t>(series);
  const bool names_section = bytes_.empty() || section != section_;
  const std::int64_t step = static_cast<std::int64_t>(id) - static_cast<std::int64_t>(series_);
  PutVarint(&bytes_, ZigZag(step) << 1 | (names_section ? 1 : 0));
  if (names_section) PutVarint(&bytes_, section);
  bytes_.append(encoded_cells);
  section_ = section;
  series_ = id;
  part_.Add(section, series, cells);
}

std::string ChunkBuilder::Take(std::vector<StatedPeriod>* periods) {
  section_ = 0;
  series_ = 0;
  const std::string by_series = std::exchange(bytes_, {});
  std::string chunk;
  const PartByPeriods arranged(part_);
  if (arranged.pays()) {
    chunk.reserve(by_series.size());
    PutByte(&chunk, kByPeriod);
    arranged.Encode(&chunk);
  } else {
    chunk.reserve(by_series.size() + 1);
    PutByte(&chunk, kBySeries);
    chunk.append(by_series);
  }
  *periods = arranged.periods();
  part_.Clear();
  return chunk;
}

std::optional<std::string_view> PartByPeriod(std::string_view chunk) {
  if (chunk.empty() || static_cast<std::uint8_t>(chunk[0]) != kByPeriod) return std::nullopt;
  return chunk.substr(1);
}

absl::StatusOr<ReleasePart> DecodeChunk(std::string_view chunk) {
  if (chunk.empty()) return ReleasePart();
  ByteReader reader(chunk);
  const std::uint8_t form = reader.Byte();
  if (form == kBySeries) return DecodeBySeries(*reader.rest());
  if (form != kByPeriod) return CorruptionError(kUndecodable);
  ReleasePart part = DecodeByPeriod(&reader);
  if (!reader.ok()) return CorruptionError(kUndecodable);
  return part;
}

}  // namespace tidewaiter::storage
