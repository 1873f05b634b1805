// The sink behind every feeder: cells in any order go in, releases in canonical order come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "client/feeders/cell_run.h"
#include "client/feeders/feeder.h"
#include "domain/errors.h"
#include "domain/instant.h"

namespace tidewaiter::feeders {

// What became of one file.
struct FileTally {
  std::string name;
  std::uint64_t rows = 0;
  std::uint64_t cells = 0;
  std::uint64_t refused = 0;  // rows
  std::uint64_t joined = 0;   // rows that print what another row prints from another source
  std::map<std::string, std::uint64_t> passed_over;  // rows, by the reason
  std::uint64_t PassedOver() const;
};

// A row that was refused, and where.
struct RefusedRow {
  std::string_view file;
  const std::vector<Problem>& problems;
  std::string_view row;
};

// A release as the files have it, ready to be pushed.
struct FedRelease {
  struct Section {
    SectionHeader header;
    std::uint64_t cells = 0;
  };
  std::string agency;  // empty: the publisher of the first section's dataset
  std::string release_id;
  Publication published;
  PublishedAt published_at;  // by the zone of the first section's dataset
  std::string stage;
  ReleaseKind kind = ReleaseKind::kRegular;
  std::string title;
  std::vector<Section> sections;  // those that state something
  std::uint64_t cells = 0;
  std::vector<std::string> files;
};

// Takes the cells of a release in canonical order; client::Upload has the same shape.
class ReleaseVisitor {
 public:
  virtual ~ReleaseVisitor() = default;
  virtual absl::Status BeginSection(const SectionHeader& header) = 0;
  virtual absl::Status BeginSeries(std::string_view key) = 0;
  virtual absl::Status Add(const StatedCell& cell) = 0;
  // Where the cell added next was read: "prints.csv line 12".
  virtual void At(std::string_view file, std::uint64_t line) { (void)file, (void)line; }
};

struct SorterOptions {
  // The definition that is in force for a profile: of the dataset that the daemon holds, or the profile
  // itself.
  std::function<absl::StatusOr<DatasetDefinition>(const DatasetDefinition& profile)> resolve;
  std::function<void(const RefusedRow&)> on_refused;  // none: only kept
  // A release published after it is refused; none: none is.
  std::optional<Instant> latest;
  // A row that is wrong leaves the others standing.
  bool keep_going = false;
  std::size_t memory_bytes = 64u << 20;  // cells held before they go to disk
  std::string temporary_folder = "/tmp";
};

// BeginFile, then one Feeder::Parse, for each file; then Finish; then releases and Visit. Two files that
// state an equal release make one. Memory: SorterOptions::memory_bytes, as much again while they are put in
// order, and some 100 KiB for each spill; beside it, tables of releases and sections. Not thread-safe.
class ReleaseSorter : public FeedSink {
 public:
  explicit ReleaseSorter(SorterOptions options);
  ~ReleaseSorter() override;

  void BeginFile(std::string name);

  absl::StatusOr<std::size_t> AddDataset(const DatasetDefinition& profile) override;
  absl::StatusOr<std::size_t> AddRelease(const SourceRelease& release) override;
  absl::StatusOr<std::size_t> AddSection(std::size_t release, std::size_t dataset, Action action,
                                         const std::optional<Scope>& scope) override;
  absl::Status AddCell(std::size_t section, const SourceCell& cell) override;
  void CountRows(std::uint64_t rows) override { files_.back().rows += rows; }
  void PassOver(std::string_view why) override;
  void Refuse(std::vector<Problem> problems, std::string_view row) override;

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
  const std::vector<DatasetDefinition>& datasets() const { return datasets_; }
  const std::vector<FileTally>& files() const { return files_; }
  // May be called again. The visitor's error ends it and is returned.
  absl::Status Visit(std::size_t release, ReleaseVisitor& visitor) const;

 private:
  struct Draft;
  struct DraftSection;
  class Joiner;

  absl::Status Spill();
  absl::StatusOr<std::unique_ptr<RunCursor>> NewCursor(std::uint32_t draft) const;
  void Report(std::vector<Problem> problems, std::uint32_t file, std::string_view row);
  bool CheckKey(const DatasetDefinition& dataset, const SourceCell& cell);
  absl::Status CheckCells(std::uint32_t draft);
  template <typename NextCell>
  absl::Status VisitCells(const Draft& draft, ReleaseVisitor& visitor, NextCell next) const;
  absl::Status Settle(std::uint32_t draft);

  SorterOptions options_;
  std::vector<FileTally> files_;
  std::vector<DatasetDefinition> datasets_;
  std::vector<DatasetDefinition> profiles_;
  std::vector<std::vector<std::size_t>> places_;  // of each dimension in force, its place in the profile
  std::vector<Draft> drafts_;
  absl::flat_hash_map<std::string, std::size_t> draft_index_;
  std::vector<DraftSection> sections_;
  MemoryRun memory_;
  std::vector<std::unique_ptr<DiskRun>> disk_;
  std::string key_;       // scratch
  std::string good_key_;  // the last that was checked
  // All cells so far came in canonical order, none twice: most large files are written so. Then nothing has
  // to be sorted, merged or looked for.
  bool in_order_ = true;
  std::uint32_t last_release_ = 0;
  std::uint32_t last_section_ = 0;
  Period last_period_;
  Violations violations_;
  Reason reason_ = Reason::kInvalidArgument;
  std::vector<FedRelease> releases_;
  std::vector<std::uint32_t> draft_of_;  // of each release
};

}  // namespace tidewaiter::feeders
