#include "storage/rocks/dataset_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"
#include "storage/rocks/keys.h"

namespace tidewaiter::storage {

absl::Status DatasetTable::Load(const Database& database) {
  const auto it = database.NewIterator(Family::kCatalogue);
  // Versions of a dataset ascend, so the newest stays.
  for (it->Seek("D"); it->Valid() && ToView(it->key()).starts_with('D'); it->Next()) {
    TW_ASSIGN_OR_RETURN(const std::string_view record,
                        Unseal("the definition of a dataset", ToView(it->key()), ToView(it->value())));
    TW_ASSIGN_OR_RETURN(const DatasetRecord dataset, DecodeDataset(record));
    Put(dataset);
  }
  return FromRocks(it->status(), "reading the datasets");
}

absl::StatusOr<DatasetTable::Held> DatasetTable::Find(std::string_view id) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = by_id_.find(id);
  if (it != by_id_.end()) return it->second;
  return MakeError(absl::StatusCode::kNotFound, Reason::kDatasetNotFound,
                   absl::StrCat("there is no dataset ", Quoted(id)), {{"dataset", std::string(id)}});
}

std::vector<DatasetInfo> DatasetTable::List() const {
  absl::ReaderMutexLock lock(&mutex_);
  std::vector<DatasetInfo> datasets;
  for (const auto& [id, held] : by_id_) datasets.push_back(held->info);
  return datasets;
}

absl::StatusOr<DatasetRecord> DatasetTable::Next(const DatasetDefinition& definition, bool* changed) const {
  *changed = true;
  absl::ReaderMutexLock lock(&mutex_);
  const auto it = by_id_.find(definition.id);
  if (it == by_id_.end()) {
    return DatasetRecord{static_cast<std::uint32_t>(by_id_.size() + 1), {definition, 1}};
  }
  const DatasetRecord& held = *it->second;
  TW_RETURN_IF_ERROR(CheckEvolution(held.info.definition, definition));
  *changed = !(held.info.definition == definition);
  if (!*changed) return held;
  return DatasetRecord{held.number, {definition, held.info.version + 1}};
}

void DatasetTable::Put(const DatasetRecord& record) {
  auto held = std::make_shared<const DatasetRecord>(record);
  absl::MutexLock lock(&mutex_);
  by_id_[record.info.definition.id] = std::move(held);
}

}  // namespace tidewaiter::storage
