// Everything a publisher puts out at one moment; accepted whole or not at all.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/dataset.h"
#include "domain/instant.h"
#include "domain/observation.h"
#include "domain/selector.h"

namespace tidewaiter {

// A label; it changes nothing in how the release is read. Stored as numbers: never renumber.
enum class ReleaseKind : std::uint8_t { kRegular = 1, kCorrection = 2, kBackfill = 3 };
std::string_view ReleaseKindName(ReleaseKind kind);  // "REGULAR"
absl::StatusOr<ReleaseKind> ParseReleaseKind(std::string_view name);

// SDMX dataset actions. Stored as numbers: never renumber.
//   MERGE    the section's observations are stated; everything else stands.
//   REPLACE  as MERGE, and every other cell within `scope` is withdrawn.
//   DELETE   every cell within `scope`, and every cell listed (their data are ignored), is withdrawn.
enum class Action : std::uint8_t { kMerge = 1, kReplace = 2, kDelete = 3 };
std::string_view ActionName(Action action);  // "MERGE"
absl::StatusOr<Action> ParseAction(std::string_view name);

// Which cells a REPLACE or DELETE speaks for. Kept as a statement, never expanded.
struct Scope {
  Selector selector;
  PeriodRange periods;
  friend bool operator==(const Scope&, const Scope&) = default;
};

struct SectionHeader {
  std::string dataset;
  Action action = Action::kMerge;
  std::optional<Scope> scope;  // REPLACE: required. DELETE: required unless cells are listed. MERGE: none.
  friend bool operator==(const SectionHeader&, const SectionHeader&) = default;
};

struct ReleaseHeader {
  std::string agency;      // SDMX identifier of who published: "GACC"
  std::string release_id;  // unique within the agency; clean UTF-8, 1..limits::kMaxReleaseIdBytes
  PublishedAt published_at;
  std::string stage;       // SDMX identifier or empty: "flash", "bulletin", "yearbook"
  ReleaseKind kind = ReleaseKind::kRegular;
  std::string title;       // free text
  friend bool operator==(const ReleaseHeader&, const ReleaseHeader&) = default;
};
// Every violation at once; fields named as in the struct.
absl::Status Validate(const ReleaseHeader& header);
// Checks a section header by itself and against its dataset. `lists_cells`: has it any observation?
absl::Status Validate(const SectionHeader& header, const DatasetDefinition& dataset, bool lists_cells);

// Checks one observation against its dataset: number of dimensions, codes, status, clean texts. Fields named
// as in Observation.
absl::Status Validate(const Observation& observation, const DatasetDefinition& dataset);

// A whole release, valid by construction, its observations in canonical order: by section, then by series
// key code by code, then by period. Immutable. For releases that fit in memory; larger ones are uploaded.
class Release {
 public:
  struct Section {
    SectionHeader header;
    std::vector<Observation> observations;
    friend bool operator==(const Section&, const Section&) = default;
  };
  // Finds a dataset's definition, or says NOT_FOUND.
  using DatasetLookup = std::function<absl::StatusOr<DatasetDefinition>(std::string_view id)>;

  // Sorts and checks everything; every violation at once, fields named "sections[i].observations[j].period"
  // with i, j as given by the caller. A cell (dataset, series, period) may be stated once in a release,
  // whatever the section. Under DELETE, data become WITHDRAWN.
  static absl::StatusOr<Release> Create(ReleaseHeader header, std::vector<Section> sections,
                                        const DatasetLookup& datasets);

  const ReleaseHeader& header() const { return header_; }
  const std::vector<Section>& sections() const { return sections_; }
  std::uint64_t observation_count() const;

 private:
  Release(ReleaseHeader header, std::vector<Section> sections)
      : header_(std::move(header)), sections_(std::move(sections)) {}
  ReleaseHeader header_;
  std::vector<Section> sections_;
};

// Writes the canonical form of a release, piece by piece, as its observations pass: the bytes that the digest
// is taken over. The same release gives the same bytes however it arrived. The grammar stands in
// canonical.cc and in docs/storage-format.md. Not thread-safe.
class CanonicalWriter {
 public:
  using Sink = std::function<void(std::string_view bytes)>;
  explicit CanonicalWriter(Sink sink) : sink_(std::move(sink)) {}
  void Header(const ReleaseHeader& header);
  void BeginSection(const SectionHeader& header);
  // In canonical order within the section.
  void Add(std::string_view series, Period period, const Datum& datum, Attributes attributes,
           std::string_view source, std::string_view note);
  void Finish();  // flushes; writes the counts

 private:
  void EndSection();  // if one is open
  void Flush();
  Sink sink_;
  std::string buffer_;
  std::string series_;  // of the last cell: written only when it changes
  std::uint64_t cells_in_section_ = 0;
  std::uint32_t sections_ = 0;
};

}  // namespace tidewaiter
