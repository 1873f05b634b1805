// The datasets of the store, in memory: they are few.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "storage/rocks/database.h"
#include "storage/rocks/records.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// Self-synchronised. What it hands out is immutable.
class DatasetTable {
 public:
  using Held = std::shared_ptr<const DatasetRecord>;

  absl::Status Load(const Database& database);
  // NOT_FOUND kDatasetNotFound.
  absl::StatusOr<Held> Find(std::string_view id) const;
  std::vector<DatasetInfo> List() const;
  // The record that takes `definition` in: what is held if nothing differs (`changed` is false then), a new
  // version, or a new dataset. Errors of Catalogue::PutDataset.
  absl::StatusOr<DatasetRecord> Next(const DatasetDefinition& definition, bool* changed) const;
  // Makes `record` the newest version.
  void Put(const DatasetRecord& record);

 private:
  mutable absl::Mutex mutex_;  // a leaf
  std::map<std::string, Held, std::less<>> by_id_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tidewaiter::storage
