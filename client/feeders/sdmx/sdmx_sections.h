// The sections of a release as the actions of an SDMX message make them, in order.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Of each (release, dataset): what is stated between two deletions is one section, and what is deleted
// between two statements is one section of cells and as few scopes as it takes. A section between two
// datasets has no meaning, so they do not divide each other's. Not thread-safe.
//
//   D A.B.* | D A.C.* | M .. | M .. | D A.B.2025-01
//   =>  DELETE scope A.B+C ; MERGE ; DELETE one cell
class SdmxSections {
 public:
  explicit SdmxSections(FeedSink* sink) : sink_(sink) {}

  // The section for one more cell that is stated, or deleted. Error: more sections than a release may have,
  // or what the sink says.
  absl::StatusOr<std::size_t> ForStatement(std::size_t release, std::size_t dataset);
  absl::StatusOr<std::size_t> ForDeletion(std::size_t release, std::size_t dataset);
  // Deletes every cell of the series with these codes (one place a dimension, none in a place: every code),
  // whose period lies in `periods`. Told to the sink when the run of deletions ends.
  absl::Status DeleteScope(std::size_t release, std::size_t dataset,
                           std::vector<std::vector<std::string>> codes, const PeriodRange& periods);
  // Tells the sink of deletions that are left.
  absl::Status Finish();

 private:
  struct PendingScope {
    std::vector<std::vector<std::string>> codes;
    PeriodRange periods;
  };
  struct Open {
    std::optional<std::size_t> statements;
    std::optional<std::size_t> deletions;
    std::vector<PendingScope> scopes;
    std::size_t sections = 0;
  };
  using Key = std::pair<std::size_t, std::size_t>;

  absl::StatusOr<std::size_t> Add(const Key& key, Open& open, Action action,
                                  const std::optional<Scope>& scope);
  absl::Status Flush(const Key& key, Open& open);
  static bool Join(PendingScope& kept, const PendingScope& other);

  FeedSink* sink_;
  std::map<Key, Open> open_;
  Key last_key_{};
  Open* last_ = nullptr;
  Open& At(const Key& key);
};

}  // namespace tidewaiter::feeders
