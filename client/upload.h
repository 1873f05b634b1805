// A release of any size on its way to the daemon.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/client.h"
#include "domain/stated_cell.h"

namespace tidewaiter::client {

// Made by Client::StartUpload. Holds one block in memory (some 64 Ki cells, at most about 1 MiB); when the
// daemon is slower than the caller, Add() waits. All or nothing: an upload that is destroyed before Finish()
// returned OK leaves nothing. The first error sticks: every later call returns it. Thread-compatible.
//
//   auto upload = client->StartUpload(draft);
//   (*upload)->BeginSection({.dataset = "TRADE"});
//   for each series, ascending code by code:   (*upload)->BeginSeries("CN.RU.X");
//     for each period, ascending:              (*upload)->Add({.period = p, .datum = d});
//   absl::StatusOr<PushResult> result = (*upload)->Finish();
class Upload {
 public:
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

  absl::Status BeginSection(const SectionHeader& header);
  // REQUIRES: a section was begun. Series ascend within it (CompareSeriesKeys); the daemon checks it.
  absl::Status BeginSeries(std::string_view key);
  // REQUIRES: a series was begun. Periods ascend within it.
  absl::Status Add(const StatedCell& cell);
  // Sends the end and waits for the answer.
  absl::StatusOr<PushResult> Finish();

  std::uint64_t observations() const;  // added so far

 private:
  friend class Client;
  struct Call;
  explicit Upload(std::unique_ptr<Call> call);
  std::unique_ptr<Call> call_;
};

}  // namespace tidewaiter::client
