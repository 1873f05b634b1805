// How findings lie beside the log.
//
//   table "findings"; numbers are 4 bytes, big-endian
//   'a' about rules found_by ordinal            -> ""        a re-check's finding about an earlier release
//   'd' dataset                                 -> reference month, newest publication (DatasetSeen)
//   'e' rules sequence                          -> why the release could not be checked
//   'f' rules found_by ordinal                  -> EncodeFinding
//   'm' sequence dataset                        -> the reference month with which it was checked
//   'o' series period rules found_by ordinal    -> ""        an OPEN finding made from this cell
//   's' rules settled_by found_by ordinal       -> ""        a finding that left OPEN
//   'z'                                         -> how far the checks have come (FindingsState)
//
// `found_by` is the entry of the log whose check found it: the release that it is about, or a backfill or
// retraction that made an earlier release inconsistent. So findings are only ever added at the end, whatever
// they are about; `ordinal` is 0, 1, 2 ... in the order of CompareFindings.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "daemon/engine/pending_records.h"
#include "domain/finding.h"
#include "domain/instant.h"
#include "domain/month.h"
#include "storage/store.h"

namespace tidewaiter::engine {

inline constexpr std::string_view kFindingTable = "findings";

// Which finding.
struct FindingPlace {
  std::uint32_t rules = 0;
  Sequence found_by = 0;
  std::uint32_t ordinal = 0;
  friend auto operator<=>(const FindingPlace&, const FindingPlace&) = default;
};

struct PlacedFinding {
  FindingPlace place;
  Finding finding;
};

// How far the checks have come, and what they came to over all rules.
struct FindingsState {
  std::uint32_t rules = 0;
  Sequence position = 0;  // every entry up to this one has been checked
  std::uint64_t findings = 0;
  std::uint64_t settled = 0;
  std::uint64_t dropped = 0;  // beyond limits::kMaxFindingsPerRelease
  std::uint64_t errors = 0;   // entries that could not be checked
  friend bool operator==(const FindingsState&, const FindingsState&) = default;
};

// What the releases of a dataset that have been checked spoke of.
struct DatasetSeen {
  std::optional<Month> reference_month;  // the last month of any of them
  Instant newest = Instant::FromMicros(std::numeric_limits<std::int64_t>::min());  // publication
};

std::string FindingKey(const FindingPlace& place);
std::string FindingKeyPrefix(std::uint32_t rules);
// The place in a key of 'a', 'f', 'o' or 's': its last bytes. Error: kCorruption.
absl::StatusOr<FindingPlace> PlaceOf(std::string_view key);
absl::StatusOr<PlacedFinding> DecodePlaced(std::string_view key, std::string_view value);
std::string StateKey();
std::string EncodeState(const FindingsState& state);
absl::StatusOr<FindingsState> DecodeState(std::string_view bytes);

// Reads and writes of the checks. Functions that read return the store's errors, and kCorruption.
class FindingTable {
 public:
  explicit FindingTable(PendingRecords* records) : records_(*records) {}

  absl::StatusOr<FindingsState> State() const;  // zeros at first
  absl::StatusOr<DatasetSeen> Seen(std::string_view dataset) const;
  absl::StatusOr<std::optional<Month>> ReferenceMonth(Sequence sequence, std::string_view dataset) const;
  absl::StatusOr<std::optional<Finding>> Get(const FindingPlace& place) const;
  // What has been found about a release under these rules.
  absl::StatusOr<std::vector<PlacedFinding>> About(std::uint32_t rules, Sequence sequence) const;
  // What is as it is because of an entry.
  absl::StatusOr<std::vector<PlacedFinding>> SettledBy(std::uint32_t rules, Sequence sequence) const;
  struct OpenHit {
    Period period;
    FindingPlace place;
  };
  // The OPEN findings that were made from cells of this series.
  absl::StatusOr<std::vector<OpenHit>> OpenOn(storage::SeriesId series) const;
  // The series that OpenOn() has something to say of; nothing if more than `most` cells have OPEN findings.
  using SeriesSet = absl::flat_hash_set<storage::SeriesId>;
  absl::StatusOr<std::optional<SeriesSet>> OpenSeries(std::size_t most) const;

  void PutState(const FindingsState& state);
  void PutSeen(std::string_view dataset, const DatasetSeen& seen);
  void PutReferenceMonth(Sequence sequence, std::string_view dataset, Month month);
  void PutError(std::uint32_t rules, Sequence sequence, std::string_view why);
  void Put(const PlacedFinding& placed);
  struct Cell {
    storage::SeriesId series{};
    Period period;
  };
  // Whether a later release settles the finding is looked up by these cells.
  void PutOpen(const FindingPlace& place, const std::vector<Cell>& cells);
  // It left OPEN.
  void PutSettled(const PlacedFinding& placed, const std::vector<Cell>& cells);
  // It is OPEN again, by an entry.
  void PutReopened(const PlacedFinding& placed, const std::vector<Cell>& cells, Sequence by);

 private:
  PendingRecords& records_;
};

}  // namespace tidewaiter::engine
