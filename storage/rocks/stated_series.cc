#include "storage/rocks/stated_series.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "domain/errors.h"
#include "storage/rocks/coding.h"
#include "storage/rocks/keys.h"

namespace tidewaiter::storage {
namespace {

constexpr std::size_t kSeriesPerRecord = 1u << 16;
constexpr std::size_t kBatchBytes = 1u << 20;

// varint(count), then the first number and the steps to the next ones. Sealed.
std::string EncodeRecord(std::string_view key, std::span<const std::uint32_t> series) {
  std::string record;
  PutVarint(&record, series.size());
  std::uint32_t last = 0;
  for (const std::uint32_t number : series) {
    PutVarint(&record, number - last);
    last = number;
  }
  Seal(key, &record);
  return record;
}

absl::Status DecodeRecord(std::string_view key, std::string_view sealed, std::vector<std::uint32_t>* series) {
  TW_ASSIGN_OR_RETURN(const std::string_view record, Unseal("which series are stated", key, sealed));
  ByteReader reader(record);
  series->clear();
  std::uint64_t last = 0;
  for (std::uint64_t left = reader.VarintUpTo(kSeriesPerRecord); left > 0 && reader.ok(); --left) {
    last += reader.Varint32();
    if (last > std::numeric_limits<std::uint32_t>::max()) break;
    series->push_back(static_cast<std::uint32_t>(last));
  }
  if (!reader.ok() || !reader.at_end()) {
    return CorruptionError("a record of which series are stated cannot be decoded");
  }
  return absl::OkStatus();
}

}  // namespace

StatedSeries::StatedSeries() : pages_(kPages) {}
StatedSeries::~StatedSeries() = default;

absl::Status StatedSeries::Load(Database* database) {
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const std::string_view mark,
                      database->GetSealed(Family::kMeta, "the mark of stated series", kStatedKey, &value));
  if (mark.data() == nullptr) return LookThrough(database);
  const auto it = database->NewIterator(Family::kCatalogue, nullptr, /*fill_cache=*/false);
  std::vector<std::uint32_t> series;
  for (it->Seek(rocksdb::Slice(&kStatedTag, 1)); it->Valid() && ToView(it->key()).starts_with(kStatedTag);
       it->Next()) {
    TW_RETURN_IF_ERROR(DecodeRecord(ToView(it->key()), ToView(it->value()), &series));
    Add(series);
  }
  return FromRocks(it->status(), "reading which series are stated");
}

absl::Status StatedSeries::LookThrough(Database* database) {
  std::vector<std::uint32_t> series;
  const auto it = database->NewIterator(Family::kSeries, nullptr, /*fill_cache=*/false);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    if (it->key().size() != 4) return CorruptionError("a key of the statements of series is malformed");
    series.push_back(GetKey32(ToView(it->key())));
  }
  TW_RETURN_IF_ERROR(FromRocks(it->status(), "looking through the series"));
  Add(series);
  rocksdb::WriteBatch batch;
  AppendRecords(*database, 0, series, &batch);
  std::string mark;
  Seal(kStatedKey, &mark);
  batch.Put(database->family(Family::kMeta), ToSlice(kStatedKey), mark);
  // Where nothing can be written now, it is looked through again when the store is opened next: nothing has
  // been accepted until then.
  if (!database->CheckWritable(batch.GetDataSize()).ok()) return absl::OkStatus();
  return database->Write(&batch, /*sync=*/true);
}

void StatedSeries::AppendRecords(const Database& database, std::uint64_t position,
                                 std::span<const std::uint32_t> series, rocksdb::WriteBatch* batch) {
  while (!series.empty()) {
    const std::span<const std::uint32_t> some = series.first(std::min(series.size(), kSeriesPerRecord));
    const std::string key = StatedRecordKey(some.front(), position);
    batch->Put(database.family(Family::kCatalogue), key, EncodeRecord(key, some));
    series = series.subspan(some.size());
  }
}

void StatedSeries::Add(std::span<const std::uint32_t> series) {
  std::uint64_t added = 0;
  for (const std::uint32_t number : series) {
    std::atomic<std::uint64_t>& word = PageOf(number)[number % kPageBits / 64];
    const std::uint64_t bit = std::uint64_t{1} << number % 64;
    if ((word.fetch_or(bit, std::memory_order_acq_rel) & bit) == 0) ++added;
  }
  count_.fetch_add(added, std::memory_order_acq_rel);
}

StatedSeries::Page& StatedSeries::PageOf(std::uint32_t series) {
  std::atomic<Page*>& place = pages_[series / kPageBits];
  if (Page* const page = place.load(std::memory_order_relaxed); page != nullptr) return *page;
  owned_.push_back(std::make_unique<Page>());
  place.store(owned_.back().get(), std::memory_order_release);
  return *owned_.back();
}

}  // namespace tidewaiter::storage
