// The words of a request: windows, transforms, compositions, and what may be asked for together.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/aggregate.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::array kTransforms = {
    Transform::kLevel,           Transform::kChange,       Transform::kGrowth,   Transform::kAnnualisedGrowth,
    Transform::kMagnitudeGrowth, Transform::kContribution, Transform::kShare,    Transform::kRatio,
    Transform::kRunRate,         Transform::kIndex,        Transform::kUnitValue};
constexpr std::array kCompositions = {Composition::kAsPublished, Composition::kConstant,
                                      Composition::kComplete};

template <typename Enum, std::size_t kCount>
absl::StatusOr<Enum> ParseName(std::string_view name, const std::array<Enum, kCount>& all,
                               std::string_view (*name_of)(Enum), std::string_view what) {
  for (const Enum one : all) {
    if (absl::EqualsIgnoreCase(ToAbsl(name_of(one)), ToAbsl(name))) return one;
  }
  const std::string names = absl::StrJoin(
      all, ", ", [&](std::string* out, Enum one) { absl::StrAppend(out, ToAbsl(name_of(one))); });
  return InvalidField("", absl::StrCat(Quoted(name), " is not a ", ToAbsl(what), "; use one of ", names));
}

absl::Status NotAWindow(std::string_view text) {
  return InvalidField("",
                      absl::StrCat(Quoted(text),
                                   " is not a window; use month, qtd, ytd, year, t3m, t6m, t12m, or a number "
                                   "of months from 1m to ",
                                   limits::kMaxWindowMonths, "m"));
}

// "t12m" -> 12, "7m" -> 7.
std::optional<int> ParseWindowMonths(std::string_view text) {
  if (!text.empty() && (text.front() == 't' || text.front() == 'T')) text.remove_prefix(1);
  if (text.empty() || (text.back() != 'm' && text.back() != 'M')) return std::nullopt;
  text.remove_suffix(1);
  const auto months = ParseDigits(text);
  if (!months || *months < 1 || *months > limits::kMaxWindowMonths) return std::nullopt;
  return months;
}

bool InCalendar(std::int32_t index) { return Month::FromIndexChecked(index).ok(); }

bool Compares(Transform transform) {
  switch (transform) {
    case Transform::kChange:
    case Transform::kGrowth:
    case Transform::kAnnualisedGrowth:
    case Transform::kMagnitudeGrowth:
    case Transform::kContribution:
      return true;
    default:
      return false;
  }
}

template <typename Enum, std::size_t kCount>
bool IsOneOf(Enum value, const std::array<Enum, kCount>& all) {
  return std::ranges::find(all, value) != all.end();
}

void CheckWindow(const Window& window, Violations& violations) {
  constexpr std::array kKinds = {Window::Kind::kMonths, Window::Kind::kQuarterToDate,
                                 Window::Kind::kYearToDate, Window::Kind::kYear};
  if (!IsOneOf(window.kind, kKinds)) violations.Add("window.kind", "unknown; use a kind of the list");
  if (window.kind == Window::Kind::kMonths &&
      (window.months < 1 || window.months > limits::kMaxWindowMonths)) {
    violations.Add("window.months",
                   absl::StrCat("must be 1 to ", limits::kMaxWindowMonths, ", not ", window.months));
  }
  if (window.year_start_month < 1 || window.year_start_month > 12) {
    violations.Add("window.year_start_month", absl::StrCat("must be 1 to 12, not ", window.year_start_month,
                                                           "; 4 for years from April"));
  }
}

void CheckLag(const AggregateSpec& spec, Violations& violations) {
  if (!Compares(spec.transform)) return;
  const int lag = spec.lag_months;
  if (lag < 1 || lag > limits::kMaxLagMonths) {
    violations.Add("lag_months", absl::StrCat("must be 1 to ", limits::kMaxLagMonths, ", not ", lag));
  } else if (spec.transform == Transform::kAnnualisedGrowth && 12 % lag != 0) {
    violations.Add("lag_months",
                   absl::StrCat("must divide 12 for annualised growth (1, 2, 3, 4, 6 or 12), not ", lag,
                                "; use growth for other lags"));
  } else if (spec.window.kind == Window::Kind::kYear && lag % 12 != 0) {
    violations.Add("lag_months",
                   absl::StrCat("must be a multiple of 12 for windows of a year, not ", lag, "; use 12"));
  }
}

// Months of the longest window of the kind.
int LongestWindow(const Window& window) {
  switch (window.kind) {
    case Window::Kind::kMonths:
      return window.months;
    case Window::Kind::kQuarterToDate:
      return 3;
    default:
      return 12;
  }
}

void CheckBase(const AggregateSpec& spec, Violations& violations) {
  if (spec.transform != Transform::kIndex) {
    if (spec.base) violations.Add("base", "is for the index only; leave it out, or ask for the index");
    return;
  }
  if (!spec.base) {
    violations.Add("base", "is needed by the index; give the period that is 100, as in 2024-01/P12M");
    return;
  }
  const int longest = LongestWindow(spec.window);
  const bool fixed = spec.window.kind == Window::Kind::kMonths || spec.window.kind == Window::Kind::kYear;
  const int months = spec.base->months();
  if (spec.window.mean || (fixed ? months == longest : months <= longest)) return;
  violations.Add("base", absl::StrCat("has ", months, months == 1 ? " month" : " months", " and the window ",
                                      fixed ? "" : "at most ", longest,
                                      "; take a base as long as the window, or compare means (window.mean)"));
}

void CheckRunRate(const AggregateSpec& spec, Violations& violations) {
  if (spec.transform != Transform::kRunRate) return;
  if (spec.window.kind != Window::Kind::kYearToDate) {
    violations.Add("window.kind", "must be the year to date for a run-rate, which extrapolates it to a year");
  }
  if (spec.window.mean) {
    violations.Add("window.mean", "must be false for a run-rate, which is a level of twelve months");
  }
}

}  // namespace

absl::StatusOr<Window> Window::Parse(std::string_view text) {
  constexpr auto kWords = std::to_array<std::pair<std::string_view, Kind>>({{"month", Kind::kMonths},
                                                                            {"qtd", Kind::kQuarterToDate},
                                                                            {"ytd", Kind::kYearToDate},
                                                                            {"year", Kind::kYear}});
  for (const auto& [word, kind] : kWords) {
    if (absl::EqualsIgnoreCase(ToAbsl(word), ToAbsl(text))) return Window{.kind = kind};
  }
  const auto months = ParseWindowMonths(text);
  if (!months) return NotAWindow(text);
  return Window{.months = *months};
}

std::string Window::ToString() const {
  switch (kind) {
    case Kind::kMonths:
      break;
    case Kind::kQuarterToDate:
      return "qtd";
    case Kind::kYearToDate:
      return "ytd";
    case Kind::kYear:
      return "year";
  }
  if (months == 1) return "month";
  return absl::StrCat(months == 3 || months == 6 || months == 12 ? "t" : "", months, "m");
}

std::optional<Period> Window::RunEnding(Month last) const {
  if (!InCalendar(last.index())) return std::nullopt;
  const int month_of_year = ((last.month() - year_start_month) % 12 + 12) % 12;  // 0: the year's first
  int length = months;
  if (kind == Kind::kQuarterToDate) length = month_of_year % 3 + 1;
  if (kind == Kind::kYearToDate || kind == Kind::kYear) length = month_of_year + 1;
  if (kind == Kind::kYear && length != 12) return std::nullopt;
  if (length < 1 || length > limits::kMaxPeriodMonths || !InCalendar(last.index() - (length - 1))) {
    return std::nullopt;
  }
  return Period::FromValid(last - (length - 1), length);
}

std::string_view TransformName(Transform transform) {
  switch (transform) {
    case Transform::kLevel:
      return "LEVEL";
    case Transform::kChange:
      return "CHANGE";
    case Transform::kGrowth:
      return "GROWTH";
    case Transform::kAnnualisedGrowth:
      return "ANNUALISED_GROWTH";
    case Transform::kMagnitudeGrowth:
      return "MAGNITUDE_GROWTH";
    case Transform::kContribution:
      return "CONTRIBUTION";
    case Transform::kShare:
      return "SHARE";
    case Transform::kRatio:
      return "RATIO";
    case Transform::kRunRate:
      return "RUN_RATE";
    case Transform::kIndex:
      return "INDEX";
    case Transform::kUnitValue:
      return "UNIT_VALUE";
  }
  return "UNKNOWN";
}

absl::StatusOr<Transform> ParseTransform(std::string_view name) {
  return ParseName(name, kTransforms, TransformName, "transform");
}

std::string_view CompositionName(Composition composition) {
  switch (composition) {
    case Composition::kAsPublished:
      return "AS_PUBLISHED";
    case Composition::kConstant:
      return "CONSTANT";
    case Composition::kComplete:
      return "COMPLETE";
  }
  return "UNKNOWN";
}

absl::StatusOr<Composition> ParseComposition(std::string_view name) {
  return ParseName(name, kCompositions, CompositionName, "composition");
}

absl::Status Validate(const AggregateSpec& spec) {
  constexpr std::array kDerivations = {Derivation::kPublished, Derivation::kSummed, Derivation::kDifferenced};
  Violations violations;
  CheckWindow(spec.window, violations);
  if (!IsOneOf(spec.transform, kTransforms)) violations.Add("transform", "unknown; use one of the list");
  CheckLag(spec, violations);
  if (spec.decimals < 0 || spec.decimals > limits::kMaxResultDecimals) {
    violations.Add("decimals",
                   absl::StrCat("must be 0 to ", limits::kMaxResultDecimals, ", not ", spec.decimals));
  }
  CheckBase(spec, violations);
  CheckRunRate(spec, violations);
  if (spec.derivation && !IsOneOf(*spec.derivation, kDerivations)) {
    violations.Add("derivation", "unknown; use PUBLISHED, SUMMED or DIFFERENCED");
  }
  if (!IsOneOf(spec.composition, kCompositions)) {
    violations.Add("composition", "unknown; use AS_PUBLISHED, CONSTANT or COMPLETE");
  }
  return violations.ToStatus();
}

}  // namespace tidewaiter
