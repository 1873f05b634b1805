// Reads of one series at a vintage.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/series_fold.h"
#include "domain/statement.h"
#include "storage/rocks/requests.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// OUT_OF_RANGE kSequenceAhead if the sequence is beyond the head.
absl::Status CheckSequence(Sequence sequence, Sequence head);

// Thread-safe; owns nothing.
class SeriesReader {
 public:
  explicit SeriesReader(const StoreParts* store) : store_(store) {}
  // As VintageStore; `asked`: ReadAskedCells.
  absl::Status ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range, bool asked,
                         SeriesFold* fold) const;
  // As VintageStore's ReadAskedColumns.
  absl::StatusOr<bool> ReadColumns(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                                   PlainCells* columns, SeriesFold* fold) const;
  absl::StatusOr<std::vector<SeriesStatement>> ReadStatements(SeriesId series, Sequence sequence,
                                                              const PeriodRange& range) const;

 private:
  // An operand, or a scope that covers the series (cells is null then).
  struct Piece {
    Instant published_at;
    Sequence sequence = 0;
    Sequence retracted_by = 0;
    std::uint32_t section = 0;
    bool is_scope = false;
    std::string_view cells;
    PeriodRange scope;
  };
  // The series out of memory, or decoded and remembered; null: its cells have been folded.
  absl::StatusOr<std::shared_ptr<const DecodedSeries>> FindOrFold(SeriesId series, const Vintage& vintage,
                                                                  const PeriodRange& range, bool asked,
                                                                  SeriesFold* fold) const;
  absl::Status Fold(SeriesId series, std::string_view operands, const Vintage& vintage,
                    const PeriodRange& range, SeriesFold* fold) const;
  // The pieces with a sequence up to `sequence`, in visibility order.
  absl::Status CollectPieces(SeriesId series, std::string_view operands, Sequence sequence,
                             std::vector<Piece>* pieces) const;
  // Decodes the operands, as they were read after `mark` at or after `head`, for later reads; null: they are
  // to be folded.
  absl::StatusOr<std::shared_ptr<const DecodedSeries>> Remember(SeriesId series, std::string_view operands,
                                                                Sequence head,
                                                                SeriesMemory::MarkValue mark) const;
  absl::StatusOr<bool> HasScopes(std::uint32_t series) const;
  absl::Status CollectScopes(SeriesId series, Sequence sequence, std::vector<Piece>* pieces) const;
  absl::Status FoldPieces(SeriesId series, std::string_view operands, const Vintage& vintage,
                          const PeriodRange& range, SeriesFold* fold) const;

  const StoreParts* const store_;
};

}  // namespace tidewaiter::storage
