// Aggregates as users ask for them, and as they are answered: what of which series, and the figure with all
// that belongs to it. Pure words; the engine computes, proto/convert writes them to the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/aggregate.h"
#include "domain/code_group.h"
#include "domain/decimal.h"
#include "domain/instant.h"
#include "domain/interval.h"
#include "domain/month.h"
#include "domain/observation.h"
#include "domain/period.h"
#include "domain/print_rounding.h"
#include "domain/vintage.h"

namespace tidewaiter {

// Series joined across the FLOW dimension.
enum class Combine : std::uint8_t {
  kNone = 0,
  kBalance = 1,   // X - M, under the flow B
  kTurnover = 2,  // X + M, under the flow T
};

// What is to be computed of which series. Field by field as AggregateQuery on the wire, whose comments say
// more.
struct AggregateQuery {
  std::string dataset = {};
  std::vector<std::string> keys = {};       // SDMX selectors; none: every series
  Window window = {.year_start_month = 0};  // year_start_month 0: the dataset's
  Transform transform = Transform::kLevel;
  std::optional<int> lag_months = {};           // none: 12
  std::optional<int> decimals = {};             // none: DefaultDecimals()
  std::optional<Period> base = {};              // with kIndex
  std::optional<Derivation> derivation = {};    // none: the best there is
  std::optional<Composition> composition = {};  // none: as published; complete with `combine`
  Combine combine = Combine::kNone;
  bool sum = false;
  std::vector<std::string> group_by = {};  // dimension ids
  std::vector<CodeGroup> groups = {};
  std::string total = {};                      // key with empty places, or "*", of shares and contributions
  std::string numerator = {};                  // code, of ratios and unit values
  std::vector<std::string> denominators = {};  // codes
  std::optional<PrintRounding> rounding = {};  // none: to the nearest
  friend bool operator==(const AggregateQuery&, const AggregateQuery&) = default;
};

// Digits after the point of a result that is divided, unless asked otherwise.
int DefaultDecimals(Transform transform);
// The specification that a query makes in a dataset whose years start with `year_start_month`.
AggregateSpec SpecOf(const AggregateQuery& query, int year_start_month);

// "level", "change", "yoy", "mom", "growth", "annualised", "magnitude", "contribution", "share", "ratio",
// "run-rate", "index", "unit-value", "balance", "turnover", as the command line has them; sets transform, lag
// and combine. The error lists them.
absl::Status ParseTransform(std::string_view text, AggregateQuery* query);

// Which print of each figure.
enum class Maturity : std::uint8_t {
  kLatest = 1,  // as known at the vintage
  kFirst = 2,   // the first print of each month
  kNth = 3,     // the n-th print of each month
  kAfter = 4,   // as known a number of months after the first print
};
struct RealTime {
  Maturity maturity = Maturity::kLatest;
  int n = 1;                  // with kNth, from 1
  int age_months = 0;         // with kAfter, 1..limits::kMaxAgeMonths
  bool each_operand = false;  // each operand as its own print; else all operands at one vintage
  friend bool operator==(const RealTime&, const RealTime&) = default;
};

// A cross-section at one month.
struct Ranking {
  std::uint32_t top = 0;  // ranks up to this one, ties included; 0: all
  bool by_magnitude = false;
  std::optional<Month> month = {};  // none: the latest
  friend bool operator==(const Ranking&, const Ranking&) = default;
};

// How a query is answered.
struct AggregateView {
  PeriodRange months = {};  // with which windows end; not with a ranking
  RealTime real_time = {};
  std::optional<Ranking> ranking = {};
  bool explain = false;
  bool with_published_rates = false;
};

// The publisher's own rate for the same run.
struct PublishedRate {
  std::string series;
  Datum datum;
  Sequence sequence = 0;
  PublishedAt published_at;
};

// A published run on a path.
struct FigureOperand {
  Period period;
  bool subtracted = false;
  Datum datum;
  Sequence sequence = 0;
  PublishedAt published_at;
};
// One way to the value of a run, or why there is none.
struct FigurePath {
  std::optional<Decimal> value;
  std::optional<Decimal> bound;  // value +- bound
  Derivation derivation = Derivation::kPublished;
  std::vector<FigureOperand> operands;
  Undefined reason = Undefined::kMissingMonths;
  std::vector<Month> months;
  bool across_releases = false;
};
// A run that a figure needs, and what it took there.
struct FigureTerm {
  struct Part {
    std::string series;
    bool subtracted = false;
    FigurePath path;
    std::vector<FigurePath> others;
  };
  bool below = false;
  Period run;
  std::vector<Part> parts;
};

// A figure with all that belongs to it.
struct AggregateFigure {
  std::string series;  // output key
  Period period;       // the run of the window
  std::string unit;
  AggregateValue value;
  PublishedAt published_at;        // of value.sequence; the engine leaves the day to whoever looks it up
  std::uint32_t rank = 0;          // 0: not ranked
  std::optional<Vintage> vintage;  // its own, if it is not the answer's
  std::optional<PublishedRate> published_rate;
  std::vector<FigureTerm> terms;
};

// What a figure is worth. On the wire as an enum of the same names.
enum class AggregateStatus : std::uint8_t { kOk = 1, kPartial = 2, kExtrapolated = 3, kUndefined = 4 };
std::string_view AggregateStatusName(AggregateStatus status);  // "PARTIAL"
AggregateStatus StatusOf(const AggregateValue& value);

}  // namespace tidewaiter
