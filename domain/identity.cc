#include "domain/identity.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::array<Identity, 4> kIdentities = {Identity::kTurnover, Identity::kBalance,
                                                 Identity::kComponents, Identity::kYearToDate};

// 10^exponent, the printed step, as a number.
absl::StatusOr<Decimal> StepOf(const Datum& print) {
  const int exponent = print.step_exponent();
  if (exponent >= 0) return Decimal::FromParts(PowerOfTen(exponent), 0);
  return Decimal::FromParts(1, -exponent);
}

// Half of a number above zero; rounded up where it would need a 19th decimal.
absl::StatusOr<Decimal> Half(const Decimal& number) {
  if (number.coefficient() % 2 == 0) return Decimal::FromParts(number.coefficient() / 2, number.scale());
  if (number.scale() == limits::kMaxScale) {
    return Decimal::FromParts((number.coefficient() + 1) / 2, number.scale());
  }
  return Decimal::FromParts(number.coefficient() * 5, number.scale() + 1);
}

Decimal Magnitude(const Decimal& number) { return number.is_negative() ? number.Negated() : number; }

// The sums of a check, or the overflow that prevented one.
absl::StatusOr<IdentityResult> Compute(absl::Span<const SignedTerm> terms, const Datum& total,
                                       PrintRounding rounding) {
  IdentityResult result;
  TW_ASSIGN_OR_RETURN(Decimal steps, StepOf(total));
  for (const SignedTerm& term : terms) {
    const Decimal& value = term.datum.value();
    TW_ASSIGN_OR_RETURN(result.sum, Decimal::Add(result.sum, term.subtracted ? value.Negated() : value));
    TW_ASSIGN_OR_RETURN(const Decimal step, StepOf(term.datum));
    TW_ASSIGN_OR_RETURN(steps, Decimal::Add(steps, step));
  }
  TW_ASSIGN_OR_RETURN(result.residual, Decimal::Subtract(result.sum, total.value()));
  const Decimal off = Magnitude(result.residual);
  if (rounding == PrintRounding::kTruncated) {
    result.bound = steps;
    result.verdict = Decimal::Compare(off, steps) > 0 ? IdentityVerdict::kBroken : IdentityVerdict::kHolds;
    return result;
  }
  TW_ASSIGN_OR_RETURN(result.bound, Half(steps));
  TW_ASSIGN_OR_RETURN(const Decimal twice, Decimal::Add(off, off));
  result.verdict = Decimal::Compare(twice, steps) > 0 ? IdentityVerdict::kBroken : IdentityVerdict::kHolds;
  return result;
}

}  // namespace

std::string_view IdentityName(Identity identity) {
  switch (identity) {
    case Identity::kTurnover:
      return "TURNOVER";
    case Identity::kBalance:
      return "BALANCE";
    case Identity::kComponents:
      return "COMPONENTS";
    case Identity::kYearToDate:
      return "YEAR_TO_DATE";
  }
  return "UNKNOWN";
}

std::string_view IdentityFormula(Identity identity) {
  switch (identity) {
    case Identity::kTurnover:
      return "X + M = T";
    case Identity::kBalance:
      return "X - M = B";
    case Identity::kComponents:
      return "components = total";
    case Identity::kYearToDate:
      return "YTD(m-1) + m = YTD(m)";
  }
  return "UNKNOWN";
}

absl::StatusOr<Identity> ParseIdentity(std::string_view name) {
  for (const Identity identity : kIdentities) {
    if (absl::EqualsIgnoreCase(ToAbsl(IdentityName(identity)), ToAbsl(name))) return identity;
  }
  return InvalidField("", absl::StrCat(Quoted(name),
                                       " is not an identity; use one of TURNOVER, BALANCE, COMPONENTS, "
                                       "YEAR_TO_DATE"));
}

std::string_view IdentityVerdictName(IdentityVerdict verdict) {
  switch (verdict) {
    case IdentityVerdict::kHolds:
      return "HOLDS";
    case IdentityVerdict::kBroken:
      return "BROKEN";
    case IdentityVerdict::kNotTestable:
      return "NOT_TESTABLE";
  }
  return "UNKNOWN";
}

IdentityResult CheckIdentity(absl::Span<const SignedTerm> terms, const Datum& total, PrintRounding rounding) {
  if (!total.has_value()) return {};
  for (const SignedTerm& term : terms) {
    if (!term.datum.has_value()) return {};
  }
  return Compute(terms, total, rounding).value_or(IdentityResult());
}

}  // namespace tidewaiter
