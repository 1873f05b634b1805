// The figures of one dataset as the checks of a release see them, out of the store.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "domain/period.h"
#include "domain/release_check.h"
#include "domain/series_fold.h"
#include "domain/statement.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// A release, and when in published order it stands.
struct ReleasePlace {
  Instant published_at;
  Sequence sequence = 0;
  friend auto operator<=>(const ReleasePlace&, const ReleasePlace&) = default;
};

// What a release stated, and what was held before it, as it was when it came: at its published_at, and one
// sequence earlier. Keeps what it read of some series, in bounded memory. Not thread-safe.
class ArrivalFigures final : public ReleaseFigures {
 public:
  ArrivalFigures(const storage::Store* store, std::string dataset, ReleasePlace release)
      : store_(store), dataset_(std::move(dataset)), release_(release) {}
  absl::StatusOr<std::optional<Datum>> Stated(const SeriesKey& series, Period period) override;
  absl::StatusOr<std::optional<CellState>> Held(const SeriesKey& series, Period period) override;
  absl::StatusOr<std::vector<SeriesKey>> Find(const Selector& selector) override;

 private:
  struct Cells {
    std::vector<CellState> after;  // those that the release states or withdraws have its sequence
    std::vector<CellState> before;
  };
  absl::StatusOr<const Cells*> CellsOf(const SeriesKey& series);
  const storage::Store* const store_;
  const std::string dataset_;
  const ReleasePlace release_;
  absl::flat_hash_map<std::string, Cells> kept_;
  std::size_t kept_cells_ = 0;
  SeriesFold fold_;
};

// The same for a release whose past another entry of the log has changed: what was held before it by
// published order, of all that is known at `horizon`. Periods within `range` only. Reads each series once for
// many releases. Not thread-safe.
class HindsightFigures final : public ReleaseFigures {
 public:
  HindsightFigures(const storage::Store* store, std::string dataset, Sequence horizon, PeriodRange range)
      : store_(store), dataset_(std::move(dataset)), horizon_(horizon), range_(range) {}
  // The release that the answers are about from now on.
  void SetRelease(ReleasePlace release);
  // Of a series; none if there is no such series. Valid until the figures go.
  absl::StatusOr<const std::vector<SeriesStatement>*> StatementsOf(const SeriesKey& series);

  absl::StatusOr<std::optional<Datum>> Stated(const SeriesKey& series, Period period) override;
  absl::StatusOr<std::optional<CellState>> Held(const SeriesKey& series, Period period) override;
  absl::StatusOr<std::vector<SeriesKey>> Find(const Selector& selector) override;

 private:
  const storage::Store* const store_;
  const std::string dataset_;
  const Sequence horizon_;
  const PeriodRange range_;
  ReleasePlace release_;
  // Values are held by pointer: they stay where they are while others come.
  absl::flat_hash_map<std::string, std::unique_ptr<std::vector<SeriesStatement>>> statements_;
  absl::flat_hash_map<std::string, std::vector<CellState>> held_;  // before release_
};

// The series of a dataset that a selector matches.
absl::StatusOr<std::vector<SeriesKey>> FindSeriesKeys(const storage::Catalogue& catalogue,
                                                      std::string_view dataset, const Selector& selector);

// Folds the statements before `end` in published order into what was known then.
std::vector<CellState> FoldBefore(const std::vector<SeriesStatement>& statements, ReleasePlace end);

}  // namespace tidewaiter::engine
