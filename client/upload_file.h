// A release of any size as the bytes of an upload, without a daemon.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "client/types.h"
#include "domain/stated_cell.h"

namespace tidewaiter::client {

// Writes the messages that an Upload would send (tidewaiter.v1.UploadReleaseRequest), each after its length
// as a varint: the form that protobuf's own helpers for delimited messages read. The calls and their order
// are those of Upload. Thread-compatible.
class UploadFile {
 public:
  using Sink = std::function<absl::Status(std::string_view bytes)>;
  explicit UploadFile(Sink sink);
  ~UploadFile();
  UploadFile(const UploadFile&) = delete;
  UploadFile& operator=(const UploadFile&) = delete;

  absl::Status Begin(const ReleaseDraft& draft);
  absl::Status BeginSection(const SectionHeader& header);
  absl::Status BeginSeries(std::string_view key);
  absl::Status Add(const StatedCell& cell);
  absl::Status End();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidewaiter::client
