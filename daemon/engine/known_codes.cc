#include "daemon/engine/known_codes.h"

#include <vector>

#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/selector.h"
#include "domain/series_key.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

// There are some ten flows; a place with more codes than this is not asked about.
constexpr std::size_t kMostCodes = 1'000;
constexpr std::size_t kMostDatasets = 1'000;

}  // namespace

void KnownCodes::Renew() { series_ = catalogue_->CountSeries(); }

absl::StatusOr<bool> KnownCodes::May(const std::string& dataset, std::size_t place, std::string_view code) {
  if (kept_.size() > kMostDatasets) kept_.clear();
  Codes& codes = kept_[{dataset, place}];
  if (codes.series != series_) {
    codes = Codes{};
    TW_RETURN_IF_ERROR(Collect(dataset, place, &codes));
    codes.series = series_;
  }
  return codes.too_many || codes.codes.contains(ToAbsl(code));
}

absl::Status KnownCodes::Collect(const std::string& dataset, std::size_t place, Codes* codes) const {
  std::string after;
  for (;;) {
    TW_ASSIGN_OR_RETURN(const std::vector<storage::SeriesEntry> page,
                        catalogue_->ListSeries(dataset, Selector(), after, limits::kMaxPageSize));
    for (const storage::SeriesEntry& entry : page) {
      const SeriesKey key = SeriesKey::FromValid(entry.key);
      if (place < key.dimensions()) codes->codes.insert(std::string(key.code(place)));
    }
    codes->too_many = codes->codes.size() > kMostCodes;
    if (codes->too_many || page.size() < limits::kMaxPageSize) return absl::OkStatus();
    after = page.back().key;
  }
}

}  // namespace tidewaiter::engine
