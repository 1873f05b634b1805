// What can be committed: a release, a retraction, the definition of a dataset, the begin of an upload that
// spills, names alone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rocks/chunk_index.h"
#include "storage/rocks/committer.h"
#include "storage/rocks/database.h"
#include "storage/rocks/dataset_table.h"
#include "storage/rocks/entry_reader.h"
#include "storage/rocks/name_table.h"
#include "storage/rocks/period_index.h"
#include "storage/rocks/release_builder.h"
#include "storage/rocks/release_table.h"
#include "storage/rocks/scope_index.h"
#include "storage/rocks/series_memory.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// The parts of a store that commits work on; all outlive every commit.
struct StoreParts {
  Database* database = nullptr;
  EntryReader* entries = nullptr;
  NameTable* names = nullptr;
  DatasetTable* datasets = nullptr;
  ScopeIndex* scopes = nullptr;
  ReleaseTable* releases = nullptr;
  Committer* committer = nullptr;
  std::atomic<std::uint64_t>* observations = nullptr;  // accepted, all releases
  const bool* has_period_index = nullptr;              // set before the first call
  SeriesMemory* memory = nullptr;
  ChunkIndexes* chunk_indexes = nullptr;
};

// The outcome if the release has been accepted before; nothing if not; kReleaseConflict if it was other
// content.
absl::StatusOr<std::optional<PushOutcome>> FindReplay(const StoreParts& store, const ReleaseHeader& header,
                                                      const Digest& digest);

class ReleaseCommit : public CommitRequest {
 public:
  // `release` must outlive it.
  ReleaseCommit(const StoreParts* store, PreparedRelease* release);
  std::size_t bytes() const override;
  std::span<const std::uint64_t> exclusive() const override { return exclusive_; }
  absl::Status Append(CommitGroup* group) override;
  void Publish() override;
  // After a commit that was OK.
  PushOutcome TakeOutcome() { return std::move(outcome_); }

 private:
  void AppendChunks(CommitGroup* group);
  void AppendEntry(CommitGroup* group);
  void AppendPeriods(CommitGroup* group);
  void AppendStated(CommitGroup* group);
  void AppendOperands(CommitGroup* group);
  void AppendIndex(CommitGroup* group, bool is_first_of_content);

  const StoreParts* const store_;
  PreparedRelease* const release_;
  const std::array<std::uint64_t, 2> exclusive_;  // hashes of its id and of its content
  StoredEntry stored_;
  std::uint64_t commit_position_ = 0;
  PushOutcome outcome_;
};

// Commits a release. One that has been accepted before is answered from the log even when nothing can be
// written.
absl::StatusOr<PushOutcome> CommitRelease(const StoreParts& store, PreparedRelease* release);

class RetractionCommit : public CommitRequest {
 public:
  RetractionCommit(const StoreParts* store, std::string_view agency, std::string_view release_id,
                   std::string_view reason, Instant accepted_at);
  bool alone() const override { return true; }
  absl::Status Append(CommitGroup* group) override;
  void Publish() override;
  LogEntry TakeEntry() { return std::move(stored_.entry); }

 private:
  const StoreParts* const store_;
  StoredEntry stored_;
  std::uint64_t commit_position_ = 0;
};

class DatasetCommit : public CommitRequest {
 public:
  DatasetCommit(const StoreParts* store, const DatasetDefinition* definition)
      : store_(store), definition_(definition) {}
  bool alone() const override { return true; }
  absl::Status Append(CommitGroup* group) override;
  void Publish() override;
  DatasetInfo TakeInfo() { return std::move(record_.info); }

 private:
  const StoreParts* const store_;
  const DatasetDefinition* const definition_;
  DatasetRecord record_;
};

// Takes the position at which an upload begins. Once its record is durable it can never mean another release.
class BeginCommit : public CommitRequest {
 public:
  explicit BeginCommit(const ReleaseHeader* header) : header_(header) {}
  bool durable() const override { return false; }
  absl::Status Append(CommitGroup* group) override;
  void Publish() override {}
  std::uint64_t position() const { return position_; }

 private:
  const ReleaseHeader* const header_;
  std::uint64_t position_ = 0;
};

// Carries the index of the periods of chunks that went to disk by sorted tables: it stands in the write-ahead
// log before the commit that makes them visible.
class PeriodsCommit : public CommitRequest {
 public:
  // `chunks` stand at the positions from `first_position` on.
  PeriodsCommit(std::uint64_t begin_position, std::uint64_t first_position,
                const std::vector<ChunkPeriods>* chunks)
      : begin_position_(begin_position), first_position_(first_position), chunks_(chunks) {}
  std::size_t bytes() const override;
  bool durable() const override { return false; }
  absl::Status Append(CommitGroup* group) override;
  void Publish() override {}

 private:
  const std::uint64_t begin_position_;
  const std::uint64_t first_position_;
  const std::vector<ChunkPeriods>* const chunks_;
};

// Carries pending names to the log, so that they do not heap up in memory.
class NamesCommit : public CommitRequest {
 public:
  bool durable() const override { return false; }
  absl::Status Append(CommitGroup* group) override { return absl::OkStatus(); }
  void Publish() override {}
};

}  // namespace tidewaiter::storage
