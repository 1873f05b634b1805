// Which chunks of the log speak of a period: what makes cross-sections cheap. Derived from the log.
//
//   key    := key32(dataset number) key32(year) key64(position of the chunk)
//   record := varint(position - begin position) varint(sections) period*
//   period := varint((months - 1) << 4 | month of the year, from 0)       ascending, as Period does
//
// There is a record for every calendar year in which a period starts that the chunk states of the dataset.
// Bit i of `sections` stands for section i of the release: one that states such a period. The position is
// that of the record of the log in which the chunk stands. As everything that names a begin position, a
// record counts only once a commit has given that position a sequence (release_table.h).
//
//   a chunk at 42, begun at 41: sections 0 and 2 state dataset 1, 2024-12, 2025-07 and 2025-01/P7M
//   00000001 000007e8 000000000000002a -> 01 05 0b
//   00000001 000007e9 000000000000002a -> 01 05 60 06
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks/database.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// What a chunk states of one dataset in one year.
struct YearOfChunk {
  std::uint32_t dataset = 0;
  std::int32_t year = 0;
  std::uint64_t sections = 0;
  std::vector<Period> periods;  // ascending
  friend bool operator==(const YearOfChunk&, const YearOfChunk&) = default;
};
using ChunkPeriods = std::vector<YearOfChunk>;  // by dataset, then year

// A record of the index.
struct PeriodRecord {
  YearOfChunk stated;
  std::uint64_t position = 0;
  std::uint64_t begin_position = 0;
};

// A period that a chunk states; bit i of `sections`: section i does.
struct StatedPeriod {
  Period period;
  std::uint64_t sections = 0;
};

// What the index has to say of a chunk; `datasets` are the numbers of the sections' datasets. kCorruption if
// the chunk names a section beyond them.
absl::StatusOr<ChunkPeriods> PeriodsOf(std::span<const StatedPeriod> stated,
                                       std::span<const std::uint32_t> datasets);
absl::StatusOr<ChunkPeriods> PeriodsOf(const ReleasePart& chunk, std::span<const std::uint32_t> datasets);

std::string PeriodRecordKey(const PeriodRecord& record);
std::string EncodePeriodRecord(const PeriodRecord& record);  // not yet sealed
// Of a sealed record. kCorruption.
absl::StatusOr<PeriodRecord> DecodePeriodRecord(std::string_view key, std::string_view sealed);

// Calls fn(record) for the records of a dataset with a year in which a period within `range` may start, by
// year, then position, until it returns false.
absl::Status ScanPeriodRecords(const Database& database, std::uint32_t dataset, const PeriodRange& range,
                               absl::FunctionRef<bool(const PeriodRecord&)> fn);

}  // namespace tidewaiter::storage
