// Aggregates: windows over runs of months, sums over series, transforms over both. The words of a request and
// the exact answer to it. Pure. Definitions and their sources: docs/aggregates.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/decimal.h"
#include "domain/instant.h"
#include "domain/interval.h"
#include "domain/month.h"
#include "domain/month_sums.h"
#include "domain/period.h"
#include "domain/print_rounding.h"
#include "domain/vintage.h"

namespace tidewaiter {

// Which run of months ends with a given month.
struct Window {
  enum class Kind : std::uint8_t { kMonths = 1, kQuarterToDate = 2, kYearToDate = 3, kYear = 4 };
  Kind kind = Kind::kMonths;
  int months = 1;            // with kMonths: 1..limits::kMaxWindowMonths
  int year_start_month = 1;  // 1..12, for all but kMonths; quarters count from it. 4: years start in April
  bool mean = false;         // the sum divided by the number of its months

  // "month", "qtd", "ytd", "t3m", "t6m", "t12m", "year", or any number of months: "7m". The error lists them.
  static absl::StatusOr<Window> Parse(std::string_view text);
  std::string ToString() const;  // canonical: "t12m" for twelve months, "7m"
  // None: no window of this kind ends with `last` (a year ends with its last month only).
  std::optional<Period> RunEnding(Month last) const;
  friend bool operator==(const Window&, const Window&) = default;
};

enum class Transform : std::uint8_t {
  kLevel = 1,             // w(m), exact
  kChange = 2,            // w(m) - w(m - lag), exact
  kGrowth = 3,            // 100 (w(m) / w(m - lag) - 1), per cent; undefined unless the base is > 0
  kAnnualisedGrowth = 4,  // 100 ((w(m) / w(m - lag))^(12 / lag) - 1); the lag divides 12
  kMagnitudeGrowth = 5,   // 100 (|w(m)| / |w(m - lag)| - 1), for values of one sign: balances
  kContribution = 6,      // 100 (c(m) - c(m - lag)) / t(m - lag), percentage points; the total's base is > 0
  kShare = 7,             // 100 c(m) / t(m), per cent; the total is > 0, the part >= 0
  kRatio = 8,             // n(m) / d(m), as exports over imports; d is > 0
  kRunRate = 9,     // YTD(m) * 12 / months so far: an extrapolation, said to be one. Window: kYearToDate
  kIndex = 10,      // 100 w(m) / w(base); the base is > 0
  kUnitValue = 11,  // value(m) / quantity(m); the quantity is > 0
};
std::string_view TransformName(Transform transform);  // "ANNUALISED_GROWTH"
// The error lists the names.
absl::StatusOr<Transform> ParseTransform(std::string_view name);

// How members whose data are incomplete enter a sum.
enum class Composition : std::uint8_t {
  kAsPublished = 1,  // each run sums the members that have a value for it; the others are counted
  kConstant = 2,     // only members that have a value for every run that the figure needs
  kComplete = 3,     // undefined unless every member has a value
};

std::string_view CompositionName(Composition composition);  // "AS_PUBLISHED"
absl::StatusOr<Composition> ParseComposition(std::string_view name);

struct AggregateSpec {
  Window window = {};
  Transform transform = Transform::kLevel;
  int lag_months = 12;              // 1..limits::kMaxLagMonths; of transforms that compare
  int decimals = 1;                 // 0..12, of results that are divided; levels and changes are exact
  std::optional<Period> base = {};  // with kIndex, and only there
  std::optional<Derivation> derivation = {};  // this derivation, or undefined
  Composition composition = Composition::kAsPublished;
  PrintRounding rounding = PrintRounding::kNearest;  // how the operands were printed, so what the bound is
  friend bool operator==(const AggregateSpec&, const AggregateSpec&) = default;
};
// Every violation at once, fields named as in the struct ("lag_months", "window.months", "base").
absl::Status Validate(const AggregateSpec& spec);

// One series within a sum. Refers to its cells, does not own them.
struct Member {
  IntervalAlgebra* cells = nullptr;
  int sign = 1;                   // -1: subtracted, as imports in a balance
  std::vector<PeriodRange> when;  // the months in which it belongs to the group; empty: always
};

// What a figure is computed from. `below` is the total of shares and contributions, the denominator of
// ratios, the quantities of unit values; empty for every other transform.
struct AggregateInput {
  std::vector<Member> above;
  std::vector<Member> below;
  // Further members, summed beforehand. REQUIRES: Composition::kAsPublished, no wish for a derivation.
  const MonthSums* above_months = nullptr;
  const MonthSums* below_months = nullptr;
};

// Which run of which side a figure took, member by member; for those who ask.
struct AggregateTerm {
  bool below = false;
  Period run;
  struct Part {
    std::uint32_t member = 0;  // index in its side
    Period run;                // the months of the run in which the member belongs to the group
    RunValue value;
  };
  std::vector<Part> parts;  // of the members that belong to the group within the run, also those left out
};

// A figure, or why there is none.
struct AggregateValue {
  std::optional<Decimal> value;  // divided results are rounded half-even, once
  // The true figure lies within value +- bound, given how the operands were printed: half a step each, or a
  // whole one under kTruncated; rounded up to two more decimals than `value`, exact for levels and changes.
  // None where there is no value, and where the printed steps let the denominator reach zero.
  std::optional<Decimal> bound;
  Derivation derivation = Derivation::kPublished;  // the least direct of all operands'; if there is a value
  Undefined reason = Undefined::kMissingMonths;    // if there is none
  std::vector<Month> months;                       // if there is none: the months at fault
  std::uint32_t members = 0;                       // of the numerator's run, those that were summed
  std::uint32_t left_out = 0;                      // and those that were not, having no value
  bool across_releases = false;                    // operands were stated by different releases
  bool extrapolated = false;                       // a run-rate
  // The newest statement among the operands: when the figure became what it is.
  Instant published_at;
  Sequence sequence = 0;
};

// The figure of the window that ends with `last`, by a valid `spec`. Never fails: what cannot be computed
// says why. `terms`, if given, receives what was taken.
AggregateValue Evaluate(const AggregateSpec& spec, const AggregateInput& input, Month last,
                        std::vector<AggregateTerm>* terms = nullptr);

}  // namespace tidewaiter
