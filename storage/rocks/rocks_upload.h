// A release that comes in pieces.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks/release_builder.h"
#include "storage/rocks/requests.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// From which sizes on an upload goes to disk by sorted tables.
struct UploadLimits {
  std::size_t buffer_bytes = 0;            // spilled while it comes
  std::size_t ingest_threshold_bytes = 0;  // spilled at its commit; below, it commits as a push does
  std::size_t chunk_table_bytes = 0;       // chunks get a table of their own; below, they wait for the commit
};

// Checks what comes, and holds at most limits.buffer_bytes of it. Not thread-safe.
class RocksUpload : public Upload {
 public:
  // `count` is decremented when it goes.
  RocksUpload(const StoreParts* store, const UploadLimits& limits, const ReleaseHeader& header,
              Instant accepted_at, std::atomic<int>* count);
  ~RocksUpload() override;

  absl::Status BeginSection(const SectionHeader& header) override;
  absl::Status Add(std::string_view series_key, std::span<const StatedCell> cells) override;
  absl::StatusOr<PushOutcome> Commit() override;

 private:
  absl::Status Guard(absl::Status status);
  absl::Status DoBeginSection(const SectionHeader& header);
  absl::Status DoAdd(std::string_view series_key, std::span<const StatedCell> cells);
  absl::Status EndSection();
  absl::Status BeginSeries(std::string_view series_key);
  absl::Status CheckKey(std::string_view series_key) const;
  absl::Status CheckCell(const StatedCell& cell, std::size_t index);
  absl::Status CheckOrder(Period period, std::size_t index) const;
  absl::Status LoadStatedElsewhere();
  absl::Status MakeRoom();
  absl::Status SpillBuffer();

  const StoreParts* const store_;
  const UploadLimits limits_;
  std::atomic<int>* const count_;
  ReleaseBuilder builder_;
  bool over_ = false;  // after an error, or a commit
  std::uint64_t observations_ = 0;
  // Of the section under way.
  DatasetTable::Held dataset_;
  bool repeats_dataset_ = false;  // an earlier section is of the same dataset
  std::size_t earlier_refs_ = 0;  // operands in memory that are of earlier sections
  // Of the series under way.
  std::string series_key_;
  std::uint32_t series_number_ = 0;  // 0: not remembered
  bool has_period_ = false;
  Period last_period_;
  absl::flat_hash_set<std::uint64_t> stated_elsewhere_;  // its periods in earlier sections
};

}  // namespace tidewaiter::storage
