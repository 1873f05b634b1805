// Blocks of cells: v1::ObservationBlock and v1::ChangeBlock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/change.h"
#include "domain/stated_cell.h"
#include "proto/convert/datum_column.h"
#include "proto/convert/lookup.h"
#include "proto/convert/sequence_index.h"
#include "tidewaiter/v1/observation.pb.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::convert {

// A block, decoded and checked. Keys and texts are views into the message, which must outlive it.
struct DecodedBlock {
  struct Series {
    std::string_view key;
    std::size_t begin = 0;  // of its cells
    std::size_t end = 0;
  };
  struct Release {
    Sequence sequence = 0;
    PublishedAt published_at;
  };
  // Where a cell of an answer comes from.
  struct Origin {
    std::uint32_t release = 0;  // index into `releases`
    Instant value_since;
  };
  std::vector<Series> series;
  std::vector<StatedCell> cells;
  std::vector<Release> releases;  // of answers only
  std::vector<Origin> origins;    // one a cell; of answers only

  std::span<const StatedCell> CellsOf(const Series& s) const {
    return std::span<const StatedCell>(cells).subspan(s.begin, s.end - s.begin);
  }
};

enum class BlockUse {
  kStatements,  // what a feeder states: the columns for output are not looked at
  kCells,       // what a feeder deletes: as kStatements, and the data may be left out (then WITHDRAWN)
  kAnswer,      // what the daemon answers: releases and value ages are decoded too
};

// Everything is checked that can be without a dataset: keys are SDMX keys, the columns agree in length,
// indexes point into their dictionaries, periods, numbers, letters and texts are within limits. Not checked:
// the order of series and periods, and that no cell comes twice. Errors name fields as in the message,
// "period_months[17]", several at once. Reuses the memory of `block`.
absl::Status DecodeBlock(const v1::ObservationBlock& message, BlockUse use, DecodedBlock* block);

// Writes cells to a block. Series come in order, each once a block. Finish() reports what a lookup failed at.
// Not thread-safe. Does not own the lookup.
class BlockEncoder {
 public:
  // `lookup` is asked for the texts and days of CellStates; nullptr for StatedCells only. With `omit_texts`
  // no source and no note is written.
  explicit BlockEncoder(const Lookup* lookup = nullptr, bool omit_texts = false);
  BlockEncoder(const BlockEncoder&) = delete;
  // The cells that follow are of this series.
  void BeginSeries(std::string_view key);
  void Add(const CellState& cell);
  void Add(const StatedCell& cell);

  std::size_t cells() const { return data_.size(); }
  // Of the message, about; rather more than less.
  std::size_t bytes() const { return bytes_ + 10 * data_.size(); }
  // Moves the block out and starts a new one.
  absl::StatusOr<v1::ObservationBlock> Finish();

  // The same without a move: the next block is written to `block`, which is empty, until Done().
  void WriteTo(v1::ObservationBlock* block);
  absl::Status Done();
  // So many cells follow.
  void Reserve(std::size_t cells);

 private:
  void AddCommon(Period period, const Datum& datum, Attributes attributes);
  void AddTexts(std::uint32_t source, std::uint32_t note);
  std::uint32_t IndexOf(TextId id);
  std::uint32_t IndexOf(std::string_view text);
  std::uint32_t AddText(std::string text);
  std::uint32_t IndexOfRelease(Sequence sequence, Instant published_at);
  void Reset(v1::ObservationBlock* block);

  const Lookup* const lookup_;
  const bool omit_texts_;
  v1::ObservationBlock own_;
  v1::ObservationBlock* message_ = &own_;
  DatumColumnWriter data_;
  std::int32_t previous_start_ = 0;
  std::size_t bytes_ = 0;
  absl::flat_hash_map<TextId, std::uint32_t> ids_;
  absl::flat_hash_map<std::string, std::uint32_t> texts_;
  SequenceIndex releases_;
  Sequence last_release_ = 0;
  std::uint32_t last_release_index_ = 0;
  absl::Status status_;
};

// Writes changes to a block of one dataset.
class ChangeBlockEncoder {
 public:
  explicit ChangeBlockEncoder(const Lookup* lookup) : cells_(lookup), before_(&before_column_) {}
  ChangeBlockEncoder(const ChangeBlockEncoder&) = delete;
  void BeginSeries(std::string_view key) { cells_.BeginSeries(key); }
  // `before`: what was held, or nullptr.
  void Add(const CellState& state, const Change& change, const Datum* before);
  std::size_t cells() const { return cells_.cells(); }
  std::size_t bytes() const { return cells_.bytes() + 8 * cells_.cells(); }
  // Moves the block out and starts a new one.
  absl::StatusOr<v1::ChangeBlock> Finish(std::string_view dataset);

 private:
  BlockEncoder cells_;
  v1::ChangeBlock message_;
  v1::DatumColumn before_column_;
  DatumColumnWriter before_;
};

// A change block, decoded and checked; views as in DecodedBlock.
struct DecodedChanges {
  std::string_view dataset;
  DecodedBlock block;
  std::vector<Change> changes;  // one a cell
  std::vector<Datum> before;    // one a cell; meaningless where the change is NEW
};
absl::Status DecodeChangeBlock(const v1::ChangeBlock& message, DecodedChanges* changes);

}  // namespace tidewaiter::convert
