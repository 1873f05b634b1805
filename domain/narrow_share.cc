#include "domain/narrow_share.h"

#include <algorithm>
#include <limits>

#include "domain/decimal.h"
#include "domain/limits.h"
#include "domain/narrow_division.h"

namespace tidewaiter {

using narrow::Ceiling;
using narrow::FitsInt64;
using narrow::Floor;
using narrow::HalfEven;
using narrow::TenToThe;
using narrow::Wide;

namespace {

// Digits: four per cent with its decimals, two of the bound, one for doubling; with these a product stays
// below 10^38.
constexpr int kMostTotalDigits = 32;
constexpr int kMostDigits = 19;
constexpr int kMostProductDigits = 37;
constexpr int kMostDecimals = 6;
// Sums beyond this are left to Evaluate().
constexpr std::int64_t kMostSum = std::int64_t{1} << 58;

// number * 10^digits, if that is not negative and below 10^kMostTotalDigits.
std::optional<Wide> Scaled(const Decimal& number, int digits) {
  const Wide most = TenToThe(kMostTotalDigits);
  const auto coefficient = static_cast<Wide>(number.coefficient());
  if (coefficient < 0 || digits > kMostTotalDigits || coefficient > most / TenToThe(digits)) {
    return std::nullopt;
  }
  return coefficient * TenToThe(digits);
}

}  // namespace

bool NarrowShare::Fits(const AggregateSpec& spec) {
  return !spec.window.mean && !spec.derivation && spec.composition == Composition::kAsPublished &&
         spec.decimals <= kMostDecimals &&
         (spec.transform == Transform::kShare || spec.transform == Transform::kContribution);
}

std::optional<NarrowShare> NarrowShare::Create(const AggregateSpec& spec, int scale, int step_exponent,
                                               Period now, std::optional<Period> then, const Bounded& total) {
  // What is cut off may lie a whole step away: as far as two roundings.
  const int roundings = spec.rounding == PrintRounding::kTruncated ? 2 : 1;
  const int digits = std::max({scale, total.value.scale(), total.unit.scale()});
  const int step_digits = step_exponent + digits;  // of a step, in units of the last digit
  const auto value = Scaled(total.value, digits - total.value.scale());
  const auto unit = Scaled(total.unit, digits - total.unit.scale());
  if (!value || !unit || *value <= 0 || step_digits < 0 || step_digits >= kMostDigits - 4 ||
      digits - scale >= kMostDigits) {
    return std::nullopt;
  }
  NarrowShare share;
  share.decimals_ = spec.decimals;
  share.is_share_ = spec.transform == Transform::kShare;
  share.factor_ = static_cast<std::int64_t>(TenToThe(digits - scale));
  share.unit_ = static_cast<std::int64_t>(TenToThe(step_digits)) * roundings *
                (now.months() + (then ? then->months() : 0));
  share.total_ = *value;
  share.total_unit_ = *unit * roundings;
  share.per_cent_ = static_cast<std::int64_t>(100 * TenToThe(spec.decimals));
  share.most_quick_ = std::numeric_limits<std::int64_t>::max() / 100 / share.per_cent_ / 16;
  share.quick_ = share.unit_ <= share.most_quick_ &&
                 share.total_ < std::numeric_limits<std::int64_t>::max() / 16 &&
                 share.total_unit_ < std::numeric_limits<std::int64_t>::max() / 16;
  return share;
}

bool NarrowShare::Compute(std::int64_t now, std::int64_t then, NarrowFigure* figure) const {
  if (is_share_ && now < 0) return false;  // MIXED_SIGNS
  if (std::max(now, then) >= kMostSum || std::min(now, then) <= -kMostSum) return false;
  const Wide numerator = static_cast<Wide>(now - then) * factor_;
  if (quick_ && numerator <= most_quick_ && numerator >= -most_quick_) {
    return Divide<std::int64_t>(static_cast<std::int64_t>(numerator), figure);
  }
  const Wide most = TenToThe(kMostProductDigits) / 100 / per_cent_ / 4;
  return numerator <= most && numerator >= -most && unit_ <= most && Divide<Wide>(numerator, figure);
}

// In halves the numerator lies in [2 numerator - unit, 2 numerator + unit], and so does the total. Ends are
// divided by whichever end of the total leads further out.
template <typename Int>
bool NarrowShare::Divide(Int numerator, NarrowFigure* figure) const {
  const auto total = static_cast<Int>(total_);
  const Int low = 2 * numerator - unit_;
  const Int high = 2 * numerator + unit_;
  const Int total_low = 2 * total - static_cast<Int>(total_unit_);
  const Int total_high = 2 * total + static_cast<Int>(total_unit_);
  const Int rounded = HalfEven<Int>(per_cent_ * numerator, total);
  Int bound = 0;
  if (total_low > 0) {
    // Two decimals more than the value has.
    const Int most = Ceiling<Int>(Int(100) * per_cent_ * high, high < 0 ? total_high : total_low);
    const Int least = Floor<Int>(Int(100) * per_cent_ * low, low < 0 ? total_low : total_high);
    bound = std::max(most - 100 * rounded, 100 * rounded - least);
  }
  if (!FitsInt64(rounded) || !FitsInt64(bound)) return false;
  figure->coefficient = static_cast<std::int64_t>(rounded);
  figure->bound = static_cast<std::int64_t>(bound);
  figure->defined = true;
  figure->bounded = total_low > 0;
  return true;
}

}  // namespace tidewaiter
