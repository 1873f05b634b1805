#include "client/cli/relative_size.h"

#include "absl/numeric/int128.h"

namespace tidewaiter::cli {
namespace {

using Wide = absl::uint128;

// Below 10^27 over anything.
struct Fraction {
  Wide numerator;
  Wide denominator;  // > 0
};

Wide Magnitude(absl::int128 n) { return n < 0 ? Wide(-n) : Wide(n); }

// `magnitude` * 10^digits, or the largest number there is.
Wide Widened(Wide magnitude, int digits) {
  for (; digits > 0; --digits) {
    if (magnitude > absl::Uint128Max() / 10) return absl::Uint128Max();
    magnitude *= 10;
  }
  return magnitude;
}

// A denominator that does not fit 128 bits is over 10^11 times the numerator: cut off, it leaves a quotient
// that is next to nothing next to nothing.
Fraction FractionOf(const Revision& revision) {
  return {
      Magnitude(revision.amount.coefficient()),
      Widened(Magnitude(revision.before.coefficient()), revision.amount.scale() - revision.before.scale())};
}

// 1000 * numerator / denominator, rounded half-even. Nothing overflows: 10^30 fits.
Wide PerMille(const Fraction& f) {
  const Wide thousandfold = f.numerator * 1000;
  const Wide result = thousandfold / f.denominator;
  const Wide rest = thousandfold % f.denominator;
  const Wide left = f.denominator - rest;
  const bool up = rest > left || (rest == left && result % 2 == 1);
  return up ? result + 1 : result;
}

}  // namespace

std::optional<Decimal> PercentOf(const Revision& revision) {
  if (revision.before.is_zero()) return std::nullopt;
  const absl::int128 size(PerMille(FractionOf(revision)));
  const absl::StatusOr<Decimal> percent = Decimal::FromParts(revision.amount.is_negative() ? -size : size, 1);
  return percent.ok() ? std::optional<Decimal>(*percent) : std::nullopt;
}

// By Euclid: whole parts first, then the reciprocals of what is left over, the other way round.
std::strong_ordering CompareSizes(const Revision& a, const Revision& b) {
  Fraction x = FractionOf(a);
  Fraction y = FractionOf(b);
  while (true) {
    const Wide whole_x = x.numerator / x.denominator;
    const Wide whole_y = y.numerator / y.denominator;
    if (whole_x != whole_y)
      return whole_x < whole_y ? std::strong_ordering::less : std::strong_ordering::greater;
    const Wide rest_x = x.numerator % x.denominator;
    const Wide rest_y = y.numerator % y.denominator;
    if (rest_x == 0 || rest_y == 0) {
      if (rest_x == rest_y) return std::strong_ordering::equal;
      return rest_x == 0 ? std::strong_ordering::less : std::strong_ordering::greater;
    }
    const Fraction next_x = {y.denominator, rest_y};
    y = {x.denominator, rest_x};
    x = next_x;
  }
}

}  // namespace tidewaiter::cli
