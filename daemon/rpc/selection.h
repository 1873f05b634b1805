// What a subscriber follows, and finding it among what a release changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "daemon/engine/release_changes.h"
#include "daemon/rpc/fragments.h"
#include "daemon/rpc/series_bits.h"
#include "domain/selector.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "proto/convert/lookup.h"
#include "storage/store.h"
#include "tidewaiter/v1/observation.pb.h"

namespace tidewaiter::rpc {

// The series of a part of a release, findable by key and by code per place, so that a thousand subscribers of
// a few series each need not look at all of them; and encoded one by one, so that they need not each encode
// the same again. Both are made when enough have asked. Thread-safe.
class IndexedPart {
 public:
  // `many_ask`: it is known already that enough will.
  explicit IndexedPart(std::shared_ptr<const engine::ChangesPart> part, bool many_ask = false)
      : part_(std::move(part)), asked_(many_ask ? kAskersForIndex : 0) {}
  // From this many askers on the index pays: it costs some ten looks at every series.
  static constexpr int kAskersForIndex = 8;
  const engine::ChangesPart& part() const { return *part_; }
  // nullptr while few have asked. Blocks the first time.
  absl::StatusOr<const Fragments*> FragmentsOf(const convert::Lookup& lookup, bool omit_confirmed) const;

 private:
  friend class Selection;
  using Postings = std::vector<std::uint32_t>;  // indexes into part().series, ascending
  // The series that have a code in a place; those that are many also a bit each.
  struct Code {
    Postings series;
    std::optional<SeriesBits> bits;
  };
  struct Dataset {
    absl::flat_hash_map<std::string, Postings> by_key;
    std::vector<absl::flat_hash_map<std::string, Code>> by_place;
  };
  // Counts who asks; nullptr while looking at every series is cheaper.
  const absl::flat_hash_map<std::string, Dataset>* Index() const;
  void Build() const;
  struct Encoded {
    std::atomic<const Fragments*> made{nullptr};
    absl::Mutex mutex;                   // held while it is made; an error is not kept
    std::optional<Fragments> fragments;  // never changed once made
  };

  const std::shared_ptr<const engine::ChangesPart> part_;
  mutable std::atomic<int> asked_;
  mutable std::once_flag built_;
  mutable absl::flat_hash_map<std::string, Dataset> index_;
  mutable Encoded encoded_[2];  // [omit_confirmed]
};

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
  static void FindPattern(const IndexedPart& part, const IndexedPart::Dataset& index, const Selector& pattern,
                          SeriesBits* found);
  static void MeetPlaces(const IndexedPart& part, const IndexedPart::Dataset& index, const Selector& pattern,
                         SeriesBits* found);

  absl::flat_hash_map<std::string, Dataset> datasets_;
  std::string canonical_;
};

// The selectors of a request, checked against their datasets. Errors: DATASET_NOT_FOUND; fields "selectors",
// "selectors[i].dataset", "selectors[i].key", all at once.
absl::StatusOr<std::vector<Selection::Item>> ReadSelectors(
    const storage::Store& store, const google::protobuf::RepeatedPtrField<v1::SeriesSelector>& selectors);

}  // namespace tidewaiter::rpc
