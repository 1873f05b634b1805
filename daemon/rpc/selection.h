// What a subscriber follows, and finding it among what a release changed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "daemon/engine/release_changes.h"
#include "daemon/rpc/indexed_part.h"
#include "daemon/rpc/series_bits.h"
#include "domain/selector.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "storage/store.h"
#include "tidewaiter/v1/observation.pb.h"

namespace tidewaiter::rpc {

// Selectors over datasets. Immutable; safe to share.
class Selection {
 public:
  struct Item {
    std::string dataset;
    Selector selector;
    friend bool operator==(const Item&, const Item&) = default;
  };
  // No items: every series of every dataset.
  explicit Selection(const std::vector<Item>& items);

  bool everything() const { return datasets_.empty(); }
  bool Touches(std::string_view dataset) const;
  bool MatchesKey(std::string_view dataset, std::string_view key) const;
  // The series that match, ascending; no two runs touch.
  std::vector<SeriesRun> Match(const IndexedPart& part) const;
  // The selectors of a dataset as keys for a read; {} for every series. REQUIRES: Touches(dataset).
  std::vector<std::string> KeysOf(std::string_view dataset) const;
  std::vector<std::string> datasets() const;  // by id
  // The same for selections that select the same by the same words, in whatever order.
  const std::string& canonical() const { return canonical_; }

 private:
  struct Dataset {
    bool all = false;
    absl::flat_hash_set<std::string> singles;  // keys
    std::vector<Selector> patterns;
  };
  void Scan(const engine::ChangesPart& part, SeriesBits* found) const;

  absl::flat_hash_map<std::string, Dataset> datasets_;
  std::string canonical_;
};

// The selectors of a request, checked against their datasets. Errors: DATASET_NOT_FOUND; fields "selectors",
// "selectors[i].dataset", "selectors[i].key", all at once.
absl::StatusOr<std::vector<Selection::Item>> ReadSelectors(
    const storage::Store& store, const google::protobuf::RepeatedPtrField<v1::SeriesSelector>& selectors);

}  // namespace tidewaiter::rpc
