// A release of any size, straight into an upload.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "client/feeders/release_drafts.h"
#include "client/upload.h"

namespace tidewaiter::cli {

class Uploader : public feeders::ReleaseVisitor {
 public:
  // `on_progress` is told now and then how many observations have gone; may be empty.
  explicit Uploader(client::Upload* upload, std::function<void(std::uint64_t done)> on_progress = {})
      : upload_(upload), on_progress_(std::move(on_progress)) {}
  absl::Status BeginSection(const SectionHeader& header) override { return upload_->BeginSection(header); }
  absl::Status BeginSeries(std::string_view key) override { return upload_->BeginSeries(key); }
  absl::Status Add(const StatedCell& cell) override {
    if (done_++ % 10'000 == 0 && on_progress_) on_progress_(done_);
    return upload_->Add(cell);
  }

 private:
  client::Upload* upload_;
  std::function<void(std::uint64_t)> on_progress_;
  std::uint64_t done_ = 0;
};

}  // namespace tidewaiter::cli
