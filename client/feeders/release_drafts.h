// What files say of their datasets, releases and sections, and what became of each of their rows: the part
// of every sink that does not depend on where the cells go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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

struct DraftOptions {
  // The definition that is in force for a profile: of the dataset that the daemon holds, or the profile
  // itself.
  std::function<absl::StatusOr<DatasetDefinition>(const DatasetDefinition& profile)> resolve;
  std::function<void(const RefusedRow&)> on_refused;  // none: only kept
  // A release published after it is refused; none: none is.
  std::optional<Instant> latest;
  // A row that is wrong leaves the others standing.
  bool keep_going = false;
};

// BeginFile, then one Feeder::Parse, for each file. Two files that state an equal release make one. Not
// thread-safe.
class ReleaseDrafts : public FeedSink {
 public:
  void BeginFile(std::string name) { files_.emplace_back().name = std::move(name); }

  absl::StatusOr<std::size_t> AddDataset(const DatasetDefinition& profile) override;
  absl::StatusOr<std::size_t> AddRelease(const SourceRelease& release) override;
  absl::StatusOr<std::size_t> AddSection(std::size_t release, std::size_t dataset, Action action,
                                         const std::optional<Scope>& scope) override;
  absl::Status AddCell(std::size_t section, const SourceCell& cell) override;
  void CountRows(std::uint64_t rows) override { files_.back().rows += rows; }
  void PassOver(std::string_view why) override { ++files_.back().passed_over[std::string(why)]; }
  void Refuse(std::vector<Problem> problems, std::string_view row) override;

  const std::vector<DatasetDefinition>& datasets() const { return datasets_; }
  const std::vector<FileTally>& files() const { return files_; }

 protected:
  struct Draft {
    SourceRelease source;
    std::vector<std::uint32_t> sections;
    std::vector<std::uint32_t> files;
    std::uint64_t cells = 0;
    std::string date_basis;  // of its first cell
    bool one_basis = true;   // all cells have it
  };
  struct DraftSection {
    std::uint32_t release = 0;
    std::uint32_t dataset = 0;
    SectionHeader header;
    std::uint64_t cells = 0;
    bool states_something() const { return cells > 0 || header.scope.has_value(); }
  };

  explicit ReleaseDrafts(DraftOptions options) : options_(std::move(options)) {}

  // Takes a cell that is well formed. Its texts live until the call returns.
  virtual absl::Status Keep(const RunCell& cell) = 0;
  void Report(std::vector<Problem> problems, std::uint32_t file, std::string_view row);
  // What is known of a release so far; without sections if it states nothing.
  FedRelease Settled(const Draft& draft) const;
  bool LiesInTheFuture(const FedRelease& release) const;

  const DraftOptions options_;
  std::vector<FileTally> files_;
  std::vector<DatasetDefinition> datasets_;
  std::vector<Draft> drafts_;
  std::vector<DraftSection> sections_;
  // All cells so far, with the one that Keep() is given, came in canonical order, none twice: most large
  // files are written so. Then nothing has to be sorted, merged or looked for.
  bool in_order_ = true;
  Violations violations_;

 private:
  bool CheckKey(const DatasetDefinition& dataset, const SourceCell& cell);

  std::vector<DatasetDefinition> profiles_;
  std::vector<std::vector<std::size_t>> places_;  // of each dimension in force, its place in the profile
  absl::flat_hash_map<std::string, std::size_t> draft_index_;
  std::string key_;       // scratch
  std::string last_key_;  // of the last cell that was kept
  bool any_cell_ = false;
  std::uint32_t last_release_ = 0;
  std::uint32_t last_section_ = 0;
  Period last_period_;
};

// "prints.csv line 12, column value".
std::string Where(std::string_view file, const Problem& problem);
// The codes of a key of cell_run.h, joined by dots.
std::string SdmxKey(std::string_view key);
// How a release or a note says on what its day of publication rests.
std::string DateBasisNote(std::string_view basis);

}  // namespace tidewaiter::feeders
