#include "storage/rocks/period_index.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "storage/rocks/coding.h"

namespace tidewaiter::storage {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr int kMonths = 12;
constexpr int kMonthBits = 4;
constexpr std::string_view kWhat = "the index of periods";

// Dataset, start and length in one number that sorts as they do, in this order.
constexpr int kLengthBits = 11, kStartBits = 16;
static_assert(limits::kMaxPeriodMonths < 1 << kLengthBits);
static_assert((limits::kMaxYear + 1) * kMonths < 1 << kStartBits);

std::uint64_t CodeOf(std::uint32_t dataset, const Period& period) {
  return (std::uint64_t{dataset} << kStartBits | static_cast<std::uint64_t>(period.start().index()))
             << kLengthBits |
         static_cast<std::uint64_t>(period.months());
}
std::uint32_t DatasetOf(std::uint64_t code) {
  return static_cast<std::uint32_t>(code >> (kStartBits + kLengthBits));
}
Period PeriodOf(std::uint64_t code) {
  const auto start = static_cast<std::int32_t>(code >> kLengthBits & ((1u << kStartBits) - 1));
  const auto months = static_cast<std::int32_t>(code & ((1u << kLengthBits) - 1));
  return Period::FromValid(Month::FromIndex(start), months);
}
std::int32_t YearOf(const Period& period) { return period.start().index() / kMonths; }

std::string KeyOf(std::uint32_t dataset, std::int32_t year, std::uint64_t position) {
  std::string key;
  key.reserve(kKeyBytes);
  PutKey32(&key, dataset);
  PutKey32(&key, static_cast<std::uint32_t>(year));
  PutKey64(&key, position);
  return key;
}

// Fails unless periods start in `year` and ascend.
void ReadPeriods(ByteReader* reader, YearOfChunk* stated) {
  while (!reader->at_end()) {
    const std::uint64_t code = reader->VarintUpTo(std::uint64_t{limits::kMaxPeriodMonths} << kMonthBits);
    const auto month = static_cast<std::int32_t>(code & ((1u << kMonthBits) - 1));
    const auto months = static_cast<std::int32_t>(code >> kMonthBits) + 1;
    const std::int32_t start = stated->year * kMonths + month;
    if (month >= kMonths || start + months > (limits::kMaxYear + 1) * kMonths) reader->Fail();
    if (!reader->ok()) return;
    const Period period = Period::FromValid(Month::FromIndex(start), months);
    if (!stated->periods.empty() && period <= stated->periods.back()) return reader->Fail();
    stated->periods.push_back(period);
  }
  if (stated->periods.empty()) reader->Fail();
}

}  // namespace

absl::StatusOr<ChunkPeriods> PeriodsOf(std::span<const StatedPeriod> stated,
                                       std::span<const std::uint32_t> datasets) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sorted;  // dataset and period, one section
  sorted.reserve(stated.size());
  for (const StatedPeriod& of : stated) {
    for (std::uint64_t left = of.sections; left != 0; left &= left - 1) {
      const auto section = static_cast<std::size_t>(std::countr_zero(left));
      if (section >= datasets.size()) {
        return CorruptionError("a chunk names a section that its release has not");
      }
      sorted.emplace_back(CodeOf(datasets[section], of.period), std::uint64_t{1} << section);
    }
  }
  std::sort(sorted.begin(), sorted.end());
  ChunkPeriods periods;
  for (const auto& [code, section] : sorted) {
    const std::uint32_t dataset = DatasetOf(code);
    const Period period = PeriodOf(code);
    if (periods.empty() || periods.back().dataset != dataset || periods.back().year != YearOf(period)) {
      periods.push_back({dataset, YearOf(period), 0, {}});
    }
    YearOfChunk& year = periods.back();
    year.sections |= section;
    if (year.periods.empty() || year.periods.back() != period) year.periods.push_back(period);
  }
  return periods;
}

absl::StatusOr<ChunkPeriods> PeriodsOf(const ReleasePart& chunk, std::span<const std::uint32_t> datasets) {
  absl::flat_hash_map<std::uint64_t, std::uint64_t> sections_of;  // by period, as of dataset 0
  for (const SeriesStatements& group : chunk) {
    if (group.section >= limits::kMaxSectionsPerRelease) {
      return CorruptionError("a chunk names a section that no release has");
    }
    for (const SeriesStatements::Cell& cell : group.cells) {
      sections_of[CodeOf(0, cell.period)] |= std::uint64_t{1} << group.section;
    }
  }
  std::vector<StatedPeriod> stated;
  stated.reserve(sections_of.size());
  for (const auto& [code, sections] : sections_of) stated.push_back({PeriodOf(code), sections});
  return PeriodsOf(stated, datasets);
}

std::string PeriodRecordKey(const PeriodRecord& record) {
  return KeyOf(record.stated.dataset, record.stated.year, record.position);
}

std::string EncodePeriodRecord(const PeriodRecord& record) {
  std::string out;
  PutVarint(&out, record.position - record.begin_position);
  PutVarint(&out, record.stated.sections);
  for (const Period& period : record.stated.periods) {
    const std::int32_t month = period.start().index() - record.stated.year * kMonths;
    PutVarint(&out, static_cast<std::uint64_t>(period.months() - 1) << kMonthBits |
                        static_cast<std::uint64_t>(month));
  }
  return out;
}

absl::StatusOr<PeriodRecord> DecodePeriodRecord(std::string_view key, std::string_view sealed) {
  if (key.size() != kKeyBytes) return CorruptionError("a key of the index of periods is malformed");
  TW_ASSIGN_OR_RETURN(const std::string_view bytes, Unseal(kWhat, key, sealed));
  PeriodRecord record;
  record.stated.dataset = GetKey32(key.substr(0, 4));
  const std::uint32_t year = GetKey32(key.substr(4, 4));
  record.position = GetKey64(key.substr(8));
  ByteReader reader(bytes);
  record.begin_position = record.position - reader.VarintUpTo(record.position);
  record.stated.sections = reader.Varint();
  if (year < limits::kMinYear || year > limits::kMaxYear) reader.Fail();
  record.stated.year = static_cast<std::int32_t>(year);
  if (reader.ok()) ReadPeriods(&reader, &record.stated);
  if (!reader.ok()) return CorruptionError("a record of the index of periods cannot be decoded");
  return record;
}

absl::Status ScanPeriodRecords(const Database& database, std::uint32_t dataset, const PeriodRange& range,
                               absl::FunctionRef<bool(const PeriodRecord&)> fn) {
  const std::int32_t first = range.from ? range.from->index() / kMonths : limits::kMinYear;
  const std::int32_t last = range.to ? range.to->index() / kMonths : limits::kMaxYear;
  const std::string end = KeyOf(dataset, last, std::numeric_limits<std::uint64_t>::max());
  const auto it = database.NewIterator(Family::kPeriods);
  for (it->Seek(KeyOf(dataset, first, 0)); it->Valid() && ToView(it->key()) <= end; it->Next()) {
    TW_ASSIGN_OR_RETURN(const PeriodRecord record,
                        DecodePeriodRecord(ToView(it->key()), ToView(it->value())));
    if (!fn(record)) return absl::OkStatus();
  }
  return FromRocks(it->status(), kWhat);
}

}  // namespace tidewaiter::storage
