// The sink of a large file that needs no sorting: cells go on as they are read, and nothing is kept.
#pragma once

#include <functional>
#include <string>

#include "client/feeders/release_drafts.h"

namespace tidewaiter::feeders {

// For one file of one release whose cells stand in canonical order, none refused: as most large files are.
// BeginFile, Feeder::Parse, Finish. Memory: that of the parser. Not thread-safe.
//
// A file that turns out to be another one ends with an error, straight() is false, and what the visitor was
// given is to be thrown away. A ReleaseSorter, which may read the file from its beginning, takes it or says
// what is wrong with it.
class StraightPass : public ReleaseDrafts {
 public:
  // Called with the first cell: where the cells are to go. Of the release everything is known but the number
  // of cells and later sections.
  using Begin = std::function<absl::StatusOr<ReleaseVisitor*>(const FedRelease& release)>;
  // REQUIRES: no `on_refused`, not `keep_going`: rows are refused by the sorter.
  StraightPass(DraftOptions options, Begin begin);

  absl::StatusOr<std::size_t> AddRelease(const SourceRelease& release) override;
  void Refuse(std::vector<Problem> problems, std::string_view row) override;
  // The end of the file. The visitor has got everything when OK is returned.
  absl::Status Finish();

  bool straight() const { return straight_; }
  // REQUIRES: Finish() returned OK.
  const FedRelease& release() const { return release_; }

 private:
  absl::Status Keep(const RunCell& cell) override;
  absl::Status BeginRelease();
  // Begins the sections before `end` that were not, as far as they state something.
  absl::Status BeginSections(std::size_t end);
  absl::Status Leave();

  Begin begin_;
  ReleaseVisitor* visitor_ = nullptr;
  bool straight_ = true;
  std::size_t sections_begun_ = 0;  // or left out
  std::string series_;
  FedRelease release_;
};

}  // namespace tidewaiter::feeders
