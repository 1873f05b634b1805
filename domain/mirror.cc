#include "domain/mirror.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/ratio.h"
#include "domain/strings.h"

namespace tidewaiter {
namespace {

struct Multiplier {
  std::string_view code;
  int exponent;
};

// As publishers write CL_UNIT_MULT in unit codes.
constexpr std::array<Multiplier, 17> kMultipliers = {{{"ONE", 0},
                                                      {"UNITS", 0},
                                                      {"TH", 3},
                                                      {"THS", 3},
                                                      {"K", 3},
                                                      {"1K", 3},
                                                      {"10K", 4},
                                                      {"MN", 6},
                                                      {"MIO", 6},
                                                      {"M", 6},
                                                      {"MLN", 6},
                                                      {"100M", 8},
                                                      {"100MN", 8},
                                                      {"BN", 9},
                                                      {"BLN", 9},
                                                      {"TN", 12},
                                                      {"TRN", 12}}};

struct ReadUnit {
  std::string what;  // all but the multiplier: "USD"
  int exponent = 0;
};

ReadUnit Read(std::string_view unit) {
  std::vector<std::string> words = absl::StrSplit(ToAbsl(unit), absl::ByAnyChar(" _"), absl::SkipEmpty());
  ReadUnit read;
  if (words.size() > 1) {
    for (const Multiplier& multiplier : kMultipliers) {
      if (words.back() != multiplier.code) continue;
      read.exponent = multiplier.exponent;
      words.pop_back();
      break;
    }
  }
  read.what = absl::StrJoin(words, " ");
  return read;
}

}  // namespace

absl::StatusOr<int> UnitExponent(std::string_view unit, std::string_view other) {
  if (unit == other) return 0;
  const ReadUnit to = Read(unit);
  const ReadUnit from = Read(other);
  if (to.what == from.what) return from.exponent - to.exponent;
  return absl::InvalidArgumentError(
      absl::StrCat("the units ", ToAbsl(unit), " and ", ToAbsl(other),
                   " cannot be compared: they differ by more than a power of ten; nothing is converted"));
}

absl::StatusOr<Decimal> TimesPowerOfTen(const Decimal& value, int exponent) {
  const int scale = value.scale() - exponent;
  if (scale >= 0) return Decimal::FromParts(value.coefficient(), scale);
  if (-scale > limits::kMaxCoefficientDigits) {
    return MakeError(absl::StatusCode::kOutOfRange, Reason::kOverflow, "the figure does not fit");
  }
  // 10^27 * 10^27 does not fit 128 bits.
  const absl::int128 power = PowerOfTen(-scale);
  const absl::int128 most = PowerOfTen(limits::kMaxCoefficientDigits) / power;
  if (value.coefficient() > most || value.coefficient() < -most) {
    return MakeError(absl::StatusCode::kOutOfRange, Reason::kOverflow, "the figure does not fit");
  }
  return Decimal::FromParts(value.coefficient() * power, 0);
}

std::string_view MirrorUndefinedName(MirrorUndefined why) {
  switch (why) {
    case MirrorUndefined::kDefined:
      return "";
    case MirrorUndefined::kNoA:
      return "NO_A";
    case MirrorUndefined::kNoB:
      return "NO_B";
    case MirrorUndefined::kAAbsent:
      return "A_ABSENT";
    case MirrorUndefined::kBAbsent:
      return "B_ABSENT";
    case MirrorUndefined::kBNotPositive:
      return "B_NOT_POSITIVE";
    case MirrorUndefined::kOverflow:
      return "OVERFLOW";
  }
  return "";
}

MirrorGap CompareMirror(const std::optional<Datum>& a, const std::optional<Datum>& b, int exponent,
                        int decimals) {
  MirrorGap result;
  if (!a || !b) {
    result.why = !a ? MirrorUndefined::kNoA : MirrorUndefined::kNoB;
    return result;
  }
  if (!a->has_value() || !b->has_value()) {
    result.why = !a->has_value() ? MirrorUndefined::kAAbsent : MirrorUndefined::kBAbsent;
    return result;
  }
  const auto in_unit_of_a = TimesPowerOfTen(b->value(), exponent);
  const auto gap = in_unit_of_a.ok() ? Decimal::Subtract(a->value(), *in_unit_of_a) : in_unit_of_a;
  if (!gap.ok()) {
    result.why = MirrorUndefined::kOverflow;
    return result;
  }
  result.gap = *gap;
  if (in_unit_of_a->coefficient() <= 0) {
    result.why = MirrorUndefined::kBNotPositive;
    return result;
  }
  const auto ratio = DivideHalfEven(a->value(), *in_unit_of_a, decimals);
  if (ratio.ok()) {
    result.ratio = *ratio;
  } else {
    result.why = MirrorUndefined::kOverflow;
  }
  return result;
}

}  // namespace tidewaiter
