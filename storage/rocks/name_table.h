// The numbers of series and texts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "domain/change.h"
#include "domain/strings.h"
#include "storage/rocks/bounded_cache.h"
#include "storage/rocks/database.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/records.h"
#include "storage/rocks/stated_series.h"

namespace tidewaiter::storage {

// Hands out numbers to series and texts, densely from 1. A new name is *pending* until a write carries it;
// every commit carries all pending names, so that a name is durable no later than what uses it.
// Self-synchronised.
class NameTable {
 public:
  explicit NameTable(Database* database);
  absl::Status Load();

  // The number of a series or text, a new one if need be. "" is text 0.
  absl::StatusOr<std::uint32_t> InternSeries(std::uint32_t dataset, std::string_view series_key);
  absl::StatusOr<TextId> InternText(std::string_view text);

  // The number of a series that was written and is remembered; 0: perhaps it has one all the same. Reads
  // nothing.
  std::uint32_t RememberedSeries(std::uint32_t dataset, std::string_view series_key) const {
    if (!CanBeNamed(series_key)) return 0;
    return ids_.Find(ToAbsl(SeriesNameKey(dataset, series_key))).value_or(0);
  }
  // Of what has been written only, stated or not. 0: none.
  absl::StatusOr<std::uint32_t> FindSeries(std::uint32_t dataset, std::string_view series_key) const;
  // The dataset and key of a number. NOT_FOUND kSeriesNotFound if it was never handed out.
  absl::StatusOr<std::shared_ptr<const Name>> SeriesName(std::uint32_t series) const;
  // The same, from disk whatever is remembered.
  absl::StatusOr<Name> ReadSeriesName(std::uint32_t series) const;
  absl::StatusOr<std::string> Text(TextId text) const;

  std::size_t pending_bytes() const { return pending_bytes_.load(std::memory_order_relaxed); }
  // For the committing thread: what the next write is to carry, and that it was written.
  std::vector<Name> TakePending();
  void Written(const std::vector<Name>& names);
  static void AppendCatalogueRecords(const Database& database, const std::vector<Name>& names,
                                     rocksdb::WriteBatch* batch);

  // Which of the series exist for those who ask. Added to by the committing thread.
  StatedSeries& stated() { return stated_; }
  const StatedSeries& stated() const { return stated_; }

 private:
  // Not with the character that stands for a point in a key of the catalogue: it would pass for another key.
  static bool CanBeNamed(std::string_view series_key) {
    return series_key.find(kOrderedPoint) == std::string_view::npos;
  }
  static std::string KeyOf(const Name& name);
  absl::StatusOr<std::uint32_t> Intern(Name name);
  absl::StatusOr<std::uint32_t> FindWritten(std::string_view key) const;
  std::uint32_t FindPending(std::string_view key) const;
  absl::StatusOr<std::uint32_t> LastId(char tag) const;

  Database* const database_;
  // Of what has been written.
  mutable BoundedCache<std::string, std::uint32_t> ids_;
  mutable BoundedCache<std::uint32_t, std::shared_ptr<const Name>> series_names_;
  std::atomic<std::size_t> pending_bytes_{0};
  StatedSeries stated_;
  // Taken alone, or under no other lock than the committer's turn.
  mutable absl::Mutex mutex_;
  std::vector<Name> pending_ ABSL_GUARDED_BY(mutex_);
  // Pending, or carried by a write that is under way: by catalogue key.
  absl::flat_hash_map<std::string, std::uint32_t> unwritten_ ABSL_GUARDED_BY(mutex_);
  std::uint32_t last_series_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint32_t last_text_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tidewaiter::storage
