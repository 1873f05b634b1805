// The figures of one dataset as the checks of a large release see them: read period by period.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "daemon/engine/known_codes.h"
#include "daemon/engine/release_figures.h"
#include "domain/period.h"
#include "domain/release_check.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// As ArrivalFigures, which answers what slices do not have. A release that speaks of many series asks for the
// same few periods of each: a slice a period has them all, and costs what a few dozen reads of single series
// do. Held() leaves out sources, notes and since when the value stands. REQUIRES: the release has no scopes.
// Not thread-safe.
class SlicedFigures final : public ReleaseFigures {
 public:
  // A release that states more of them is not for slices.
  static constexpr std::size_t kMostPeriods = 500;
  // Nothing if slices would not pay: the release states too few cells of too many series, or they would not
  // fit the memory that a check may take. `stated`: the periods of which it speaks.
  static absl::StatusOr<std::unique_ptr<SlicedFigures>> Load(const storage::Store* store, std::string dataset,
                                                             ReleasePlace release,
                                                             const std::set<Period>& stated,
                                                             std::size_t observations, KnownCodes* codes);

  // The next questions are about this series: saves looking it up.
  void Expect(const SeriesKey& key, storage::SeriesId series);

  absl::StatusOr<std::optional<Datum>> Stated(const SeriesKey& series, Period period) override;
  absl::StatusOr<std::optional<CellState>> Held(const SeriesKey& series, Period period) override;
  absl::StatusOr<std::optional<CellState>> HeldSince(const SeriesKey& series, Period period) override {
    return rest_.HeldSince(series, period);
  }
  absl::StatusOr<bool> MayHaveCode(std::size_t place, std::string_view code) override {
    return codes_->May(dataset_, place, code);
  }
  absl::StatusOr<std::vector<SeriesKey>> Find(const Selector& selector) override {
    return rest_.Find(selector);
  }

 private:
  struct Slices {
    std::vector<storage::PeriodSlice> of;  // ascending
    std::vector<std::size_t> next;         // of each, the row where the last question was answered
  };
  SlicedFigures(const storage::Store* store, std::string dataset, ReleasePlace release,
                const std::set<Period>& stated, KnownCodes* codes);
  bool IsCovered(Period period) const;
  // False: there are more periods.
  absl::StatusOr<bool> ReadBefore(std::size_t most_periods, std::size_t most_chunks);
  absl::Status ReadAfter();
  absl::StatusOr<storage::SeriesId> IdOf(const SeriesKey& series);  // 0: there is none
  // The row of the series in the slice of the period; nullopt if it has none.
  static std::optional<std::size_t> RowOf(Slices& slices, Period period, storage::SeriesId series,
                                          const storage::PeriodSlice** slice);

  const storage::Store* const store_;
  const std::string dataset_;
  const ReleasePlace release_;
  const std::set<Period> stated_;
  PeriodRange range_;            // of stated_, and a year around it
  Slices before_;                // every period that the release states, and every longer run of months near
  std::optional<Slices> after_;  // those that the release states, once somebody asks what it states
  KnownCodes* const codes_;
  absl::flat_hash_map<std::string, storage::SeriesId>
      ids_;  // of those that were looked up, 0 if there is none
  SeriesKey last_key_;
  storage::SeriesId last_id_{};
  ArrivalFigures rest_;
};

}  // namespace tidewaiter::engine
