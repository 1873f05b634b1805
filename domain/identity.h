// Sums that must hold between the figures of a table.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "domain/decimal.h"
#include "domain/observation.h"
#include "domain/print_rounding.h"

namespace tidewaiter {

// Stored as numbers: never renumber.
enum class Identity : std::uint8_t {
  kTurnover = 1,    // X + M = T
  kBalance = 2,     // X - M = B
  kComponents = 3,  // the components = the total
  kYearToDate = 4,  // YTD(m-1) + m = YTD(m)
};
std::string_view IdentityName(Identity identity);     // "TURNOVER"
std::string_view IdentityFormula(Identity identity);  // "X + M = T"
absl::StatusOr<Identity> ParseIdentity(std::string_view name);

struct SignedTerm {
  Datum datum;
  bool subtracted = false;
};

enum class IdentityVerdict : std::uint8_t {
  kHolds = 1,        // |residual| <= bound
  kBroken = 2,       // off by more than rounding can explain
  kNotTestable = 3,  // an operand is not a number, or a sum has too many digits
};
std::string_view IdentityVerdictName(IdentityVerdict verdict);  // "BROKEN"

struct IdentityResult {
  IdentityVerdict verdict = IdentityVerdict::kNotTestable;
  Decimal sum;       // of the signed terms, exact
  Decimal residual;  // sum - total, exact
  // What the rounding of the n terms and the total can make out: n + 1 half steps, or whole steps under
  // kTruncated. Exact, except that half of a step of 10^-18 is rounded up; the verdict is always exact.
  Decimal bound;
  friend bool operator==(const IdentityResult&, const IdentityResult&) = default;
};

// Sets the sum of the terms against the total.
//
//   X 8.13 + M 10.93 against T 19.07, steps 0.01: residual -0.01, bound 0.015: holds
IdentityResult CheckIdentity(absl::Span<const SignedTerm> terms, const Datum& total,
                             PrintRounding rounding = PrintRounding::kNearest);

}  // namespace tidewaiter
