// Releases of files, written in another form.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/feed_arguments.h"
#include "client/cli/output.h"
#include "client/cli/records.h"
#include "client/feeders/release_sorter.h"

namespace tidewaiter::cli {

// BeginRelease, then ReleaseSorter::Visit, then EndRelease, for each release; then Finish. Writes as it goes:
// memory does not grow with a release. Not thread-safe.
class Converter : public feeders::ReleaseVisitor {
 public:
  virtual absl::Status BeginRelease(const feeders::FedRelease& release) = 0;
  virtual absl::Status EndRelease() = 0;
  virtual void Finish() {}
};

// csv, json, ndjson, or (FeedArguments::protobuf) the messages of an upload. INVALID_ARGUMENT if the releases
// do not fit the form: tidy CSV holds one dataset and knows no deletions. The sorter and the output must
// outlive it.
absl::StatusOr<std::unique_ptr<Converter>> NewConverter(Format format, const FeedArguments& arguments,
                                                        const feeders::ReleaseSorter& sorter, Output* out);

}  // namespace tidewaiter::cli
