// The sink behind every feeder: cells in any order go in, releases in canonical order come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "client/feeders/cell_run.h"
#include "client/feeders/limits.h"
#include "client/feeders/release_drafts.h"

namespace tidewaiter::feeders {

struct SorterOptions : DraftOptions {
  std::size_t memory_bytes = kSortedInMemoryBytes;  // cells held before they go to disk
  std::string temporary_folder = "/tmp";
};

// As ReleaseDrafts; then Finish; then releases and Visit. Memory: SorterOptions::memory_bytes, as much again
// while they are put in order, and some 100 KiB for each spill; beside it, tables of releases and sections.
// Not thread-safe.
class ReleaseSorter : public ReleaseDrafts {
 public:
  explicit ReleaseSorter(SorterOptions options);
  ~ReleaseSorter() override;

  // Of a file that could not be read at all.
  void Fail(const absl::Status& status);

  // Puts everything in order and looks for cells that are stated twice. The error holds everything that is
  // wrong in all files (up to limits::kMaxFieldViolations, the rest counted), each with file, line and
  // column; with keep_going only what concerns whole files.
  //
  // A cell may be stated once in a release. One exception, because it is how press reports come: rows that
  // agree in everything but source, note and date_basis, and name different sources, are one print with
  // several sources; their sources are joined by " ; " and their notes by " | ".
  absl::Status Finish();

  // By published_at, then as they came. REQUIRES: Finish() returned OK.
  const std::vector<FedRelease>& releases() const { return releases_; }
  // May be called again. The visitor's error ends it and is returned.
  absl::Status Visit(std::size_t release, ReleaseVisitor& visitor) const;

 private:
  class Joiner;

  absl::Status Keep(const RunCell& cell) override;
  absl::StatusOr<std::unique_ptr<RunCursor>> NewCursor(std::uint32_t draft) const;
  absl::Status CheckCells(std::uint32_t draft);
  void Settle(std::uint32_t draft);
  template <typename NextCell>
  absl::Status VisitCells(const Draft& draft, ReleaseVisitor& visitor, NextCell next) const;

  const std::size_t memory_bytes_;
  const std::string temporary_folder_;
  MemoryRun memory_;
  std::vector<std::unique_ptr<DiskRun>> disk_;
  Reason reason_ = Reason::kInvalidArgument;
  std::vector<FedRelease> releases_;
  std::vector<std::uint32_t> draft_of_;  // of each release
};

}  // namespace tidewaiter::feeders
