#include "storage/rocks/annex_table.h"

#include <algorithm>
#include <utility>

#include "domain/errors.h"
#include "domain/limits.h"
#include "storage/annexes.h"
#include "storage/rocks/coding.h"

namespace tidewaiter::storage {
namespace {

constexpr std::string_view kWhat = "an annex";
static_assert(limits::kMaxAnnexTableBytes < 0x80);  // a name's length is one byte

std::string KeyOf(std::string_view table, std::string_view key) {
  std::string bytes;
  bytes.reserve(1 + table.size() + key.size());
  PutText(&bytes, table);
  return bytes.append(key);
}

bool IsKey(std::string_view key) {
  ByteReader reader(key);
  const std::string_view table = reader.Text();
  return reader.ok() && !table.empty() && table.size() <= limits::kMaxAnnexTableBytes && !reader.at_end();
}

}  // namespace

absl::Status AnnexTable::Put(std::string_view table, std::span<const AnnexRecord> records) {
  TW_RETURN_IF_ERROR(ValidateAnnexes(table, records));
  if (records.empty()) return absl::OkStatus();
  rocksdb::ColumnFamilyHandle* const family = database_->family(Family::kAnnexes);
  rocksdb::WriteBatch batch;
  for (const AnnexRecord& record : records) {
    const std::string key = KeyOf(table, record.key);
    if (!record.value) {
      batch.Delete(family, key);
      continue;
    }
    std::string sealed = *record.value;
    Seal(key, &sealed);
    batch.Put(family, key, sealed);
  }
  TW_RETURN_IF_ERROR(database_->CheckWritable(batch.GetDataSize()));
  return database_->Write(&batch, /*sync=*/true);
}

absl::StatusOr<std::optional<std::string>> AnnexTable::Get(std::string_view table,
                                                           std::string_view key) const {
  TW_RETURN_IF_ERROR(ValidateAnnexKey(table, key));
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(const std::string_view record,
                      database_->GetSealed(Family::kAnnexes, kWhat, KeyOf(table, key), &value));
  if (record.data() == nullptr) return std::optional<std::string>();
  return std::optional<std::string>(record);
}

absl::StatusOr<std::vector<AnnexRecord>> AnnexTable::Scan(std::string_view table, std::string_view prefix,
                                                          std::string_view after, std::size_t limit) const {
  TW_RETURN_IF_ERROR(ValidateAnnexTable(table));
  std::vector<AnnexRecord> records;
  const std::string common = KeyOf(table, prefix), last = KeyOf(table, after);
  const std::size_t of_table = 1 + table.size();
  std::size_t bytes = 0;
  const auto it = database_->NewIterator(Family::kAnnexes);
  for (it->Seek(std::max(common, last)); it->Valid() && records.size() < limit; it->Next()) {
    const std::string_view key = ToView(it->key());
    if (key == last) continue;
    if (!key.starts_with(common) || bytes >= limits::kMaxAnnexBatchBytes) break;
    TW_ASSIGN_OR_RETURN(const std::string_view value, Unseal(kWhat, key, ToView(it->value())));
    records.push_back({std::string(key.substr(of_table)), std::string(value)});
    bytes += records.back().key.size() + value.size();
  }
  TW_RETURN_IF_ERROR(FromRocks(it->status(), "reading annexes"));
  return records;
}

absl::Status VerifyAnnexes(const Database& database, const rocksdb::Snapshot* snapshot) {
  const auto it = database.NewIterator(Family::kAnnexes, snapshot, /*fill_cache=*/false);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string_view key = ToView(it->key());
    if (!IsKey(key)) return CorruptionError("a key of the annexes is malformed");
    TW_RETURN_IF_ERROR(Unseal(kWhat, key, ToView(it->value())).status());
  }
  return FromRocks(it->status(), "reading annexes");
}

}  // namespace tidewaiter::storage
