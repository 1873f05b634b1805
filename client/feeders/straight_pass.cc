#include "client/feeders/straight_pass.h"

#include <utility>

namespace tidewaiter::feeders {

StraightPass::StraightPass(DraftOptions options, Begin begin)
    : ReleaseDrafts(std::move(options)), begin_(std::move(begin)) {}

absl::Status StraightPass::Leave() {
  straight_ = false;
  return absl::AbortedError("the file has to be sorted before it can be pushed");
}

absl::StatusOr<std::size_t> StraightPass::AddRelease(const SourceRelease& release) {
  TW_ASSIGN_OR_RETURN(const std::size_t index, ReleaseDrafts::AddRelease(release));
  if (index > 0) return Leave();
  return index;
}

void StraightPass::Refuse(std::vector<Problem>, std::string_view) { straight_ = false; }

absl::Status StraightPass::BeginRelease() {
  release_ = Settled(drafts_.front());
  if (LiesInTheFuture(release_)) return Leave();
  TW_ASSIGN_OR_RETURN(visitor_, begin_(release_));
  return absl::OkStatus();
}

absl::Status StraightPass::BeginSections(std::size_t end) {
  for (; sections_begun_ < end; ++sections_begun_) {
    const DraftSection& section = sections_[sections_begun_];
    if (section.states_something()) TW_RETURN_IF_ERROR(visitor_->BeginSection(section.header));
  }
  return absl::OkStatus();
}

absl::Status StraightPass::Keep(const RunCell& cell) {
  const bool one_basis = drafts_.front().one_basis;  // else every cell has a note of its own
  if (!straight_ || !in_order_ || !one_basis) return Leave();
  if (visitor_ == nullptr) TW_RETURN_IF_ERROR(BeginRelease());
  const bool new_section = cell.section >= sections_begun_;
  if (new_section) TW_RETURN_IF_ERROR(BeginSections(cell.section + 1));
  if (new_section || series_ != cell.key) {
    series_ = cell.key;
    TW_RETURN_IF_ERROR(visitor_->BeginSeries(SdmxKey(series_)));
  }
  visitor_->At(files_.front().name, cell.place.line());
  return visitor_->Add(cell.stated);
}

absl::Status StraightPass::Finish() {
  // A file without a cell is small, whatever its size: the sorter has the words for it.
  if (!straight_ || visitor_ == nullptr) return Leave();
  TW_RETURN_IF_ERROR(BeginSections(sections_.size()));
  release_ = Settled(drafts_.front());
  return absl::OkStatus();
}

}  // namespace tidewaiter::feeders
