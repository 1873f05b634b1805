// How printed rates of growth compare with what was held, over all releases: those that fit, too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/engine/kept_conventions.h"
#include "domain/period.h"
#include "domain/print_rounding.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::engine {

struct TallyInput {
  std::string dataset = {};
  std::vector<std::string> keys = {};          // selectors of levels; none: every series
  std::optional<PrintRounding> rounding = {};  // none: as the conventions say
  PeriodRange periods = {};
  bool year_to_date = false;  // only runs of several months from the start of the statistical year
};

struct ImpliedTally {
  struct Series {
    std::string level;
    std::uint64_t fit = 0;
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    std::uint64_t not_testable = 0;
  };
  std::vector<Series> series;  // in key order; those of which anything was checked
  std::uint64_t periods = 0;   // with a rate that could be tested
  std::uint64_t inconsistent_periods = 0;
  PrintRounding rounding = PrintRounding::kNearest;
  Sequence sequence = 0;  // releases up to this one
};

// Checks every release that speaks of the selected trade once more, each against what was held before it in
// published order, by all that is known now (HindsightFigures): so the order in which releases were pushed
// does not matter. Errors: kDatasetNotFound, kSeriesNotFound, kLimitExceeded for more than
// limits::kMaxCheckedSeries series, fields "keys[i]", "periods"; what `check_alive`, asked between releases,
// says.
absl::StatusOr<ImpliedTally> TallyImpliedRevisions(const storage::Store& store,
                                                   const KeptConventions& conventions,
                                                   const TallyInput& input,
                                                   const std::function<absl::Status()>& check_alive);

}  // namespace tidewaiter::engine
