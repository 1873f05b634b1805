// From the cells of a release, in canonical order, to what is written of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/digest.h"
#include "storage/rocks/cell_codec.h"
#include "storage/rocks/chunk_codec.h"
#include "storage/rocks/dataset_table.h"
#include "storage/rocks/name_table.h"
#include "storage/rocks/period_index.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// Operands that wait for the position at which their release begins.
struct OperandBuffer {
  struct Ref {
    std::uint32_t series = 0;
    std::uint32_t section = 0;
    std::size_t offset = 0;
    std::size_t bytes = 0;
  };
  std::string cells;
  std::vector<Ref> refs;

  std::string_view CellsOf(const Ref& ref) const {
    return std::string_view(cells).substr(ref.offset, ref.bytes);
  }
  std::size_t bytes() const { return cells.size() + refs.size() * sizeof(Ref); }
  void Clear() {
    cells.clear();
    refs.clear();
  }
};

// A release that is ready to be written, or what is left of it when a part went to disk before.
struct PreparedRelease {
  LogEntry entry;                       // without sequence, chain, parts
  std::vector<std::uint32_t> datasets;  // numbers, one a section
  OperandBuffer operands;
  std::vector<std::string> chunks;
  std::vector<ChunkPeriods> chunk_periods;  // of each of `chunks`
  std::size_t chunk_bytes = 0;
  // Series that nothing was said of when they came; in any order, some more than once.
  std::vector<std::uint32_t> first_stated;
  // Of what is on disk already; 0 and empty if nothing is.
  std::uint64_t begin_position = 0;
  std::vector<std::uint64_t> chunk_positions;

  std::size_t buffered_bytes() const { return operands.bytes() + chunk_bytes; }
};

// Encodes cells and takes their digest as they pass; checks nothing but that datasets exist. Not thread-safe.
class ReleaseBuilder {
 public:
  ReleaseBuilder(const DatasetTable* datasets, NameTable* names, const ReleaseHeader& header,
                 Instant accepted_at);

  // kDatasetNotFound.
  absl::StatusOr<DatasetTable::Held> BeginSection(const SectionHeader& header);
  // The cells that follow are of this series; the same one again continues. `number`: of the series, 0 if it
  // is to be looked up.
  absl::Status BeginSeries(std::string_view series_key, std::uint32_t number = 0);
  absl::Status Add(Period period, const Datum& datum, Attributes attributes, std::string_view source,
                   std::string_view note);
  // Closes the last block and chunk and takes the digest. Nothing may follow.
  absl::Status Finish();

  std::uint32_t series() const { return series_; }
  std::uint64_t section_observations() const { return release_.entry.sections.back().observations; }
  PreparedRelease& release() { return release_; }
  // Everything that was added is in release() after this, the block that was open included.
  absl::Status CloseAll();

 private:
  absl::Status CloseBlock();
  absl::Status CloseChunk();

  // An operand holds at most this many cells of a series, so that chunks can be cut between them.
  static constexpr std::size_t kMaxBlockCells = 4096;
  struct LastText {
    std::string text;
    TextId id = 0;
  };
  absl::StatusOr<TextId> Intern(std::string_view text, LastText* last);

  const DatasetTable* const datasets_;
  NameTable* const names_;
  DigestBuilder digest_;
  PreparedRelease release_;
  ChunkBuilder chunk_;
  std::string series_key_;
  std::uint32_t series_ = 0;
  std::vector<CodedCell> block_;
  LastText last_source_;
  LastText last_note_;
};

// A whole release at once.
absl::StatusOr<PreparedRelease> Prepare(const Release& release, Instant accepted_at,
                                        const DatasetTable& datasets, NameTable* names);

}  // namespace tidewaiter::storage
