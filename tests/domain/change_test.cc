#include "domain/change.h"

#include <gtest/gtest.h>

#include "tests/domain/big_number.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

const Datum kWithdrawn = Datum::Absent(Absence::kWithdrawn);
const Datum kMissing = Datum::Absent(Absence::kMissing);
const Datum kSuppressed = Datum::Absent(Absence::kSuppressed);
constexpr Attributes kNormal{'A', 'F'};
constexpr Attributes kProvisional{'P', 'F'};
constexpr Attributes kConfidential{'A', 'C'};

Datum WithStep(std::string_view value, std::string_view step) {
  return Must(Datum::ValueWithStep(D(value), Must(ParseStep(step))));
}

Change Classify(const Datum& before, Attributes was, const Datum& after, Attributes is) {
  CellState held;
  held.datum = before;
  held.attributes = was;
  return ClassifyChange(&held, after, is);
}

// One line a rule: what was held, what is stated, what that is.
TEST(ClassifyChangeTest, Table) {
  const Change revised{ChangeClass::kRevised};
  const Change reprinted{ChangeClass::kRevised, /*within_rounding=*/true};
  const Change status_only{ChangeClass::kRevised, false, /*status_only=*/true};
  const struct {
    const char* what;
    Datum before;
    Attributes was;
    Datum after;
    Attributes is;
    Change expected;
  } kTable[] = {
      {"same", V("5.0"), kNormal, V("5.0"), kNormal, {ChangeClass::kConfirmed}},
      {"finer zeros", V("5.0"), kNormal, V("5.000"), kNormal, {ChangeClass::kConfirmed}},
      {"other step", V("6480"), kNormal, WithStep("6480", "10"), kNormal, {ChangeClass::kConfirmed}},
      {"same absence", kMissing, kNormal, kMissing, kNormal, {ChangeClass::kConfirmed}},
      {"status", V("5.0"), kProvisional, V("5.00"), kNormal, status_only},
      {"confidentiality", V("5.0"), kNormal, V("5.0"), kConfidential, status_only},
      {"status of an absence", kMissing, kNormal, kMissing, kConfidential, status_only},
      {"value", V("5.0"), kNormal, V("5.2"), kNormal, revised},
      {"value and status", V("5.0"), kProvisional, V("5.2"), kNormal, revised},
      {"sign", V("5"), kNormal, V("-5"), kNormal, revised},
      {"absence", kMissing, kNormal, kSuppressed, kNormal, revised},
      {"absence to zero", Datum::Absent(Absence::kNil), kNormal, V("0"), kNormal, revised},
      {"value to absence", V("0"), kNormal, kMissing, kNormal, revised},
      {"finer print", V("6.4"), kNormal, V("6.38"), kNormal, reprinted},
      {"coarser print", V("6.38"), kNormal, V("6.4"), kNormal, reprinted},
      {"finer print, other status", V("6.4"), kProvisional, V("6.38"), kNormal, reprinted},
      {"withdrawal", V("5.0"), kNormal, kWithdrawn, kNormal, {ChangeClass::kWithdrawn}},
      {"withdrawal of an absence", kMissing, kNormal, kWithdrawn, kNormal, {ChangeClass::kWithdrawn}},
      {"withdrawn again", kWithdrawn, kNormal, kWithdrawn, kNormal, {ChangeClass::kConfirmed}},
      {"withdrawn again, other status",
       kWithdrawn,
       kNormal,
       kWithdrawn,
       kProvisional,
       {ChangeClass::kConfirmed}},
      {"restoration", kWithdrawn, kNormal, V("5.0"), kNormal, {ChangeClass::kRestored}},
      {"restoration as an absence", kWithdrawn, kNormal, kMissing, kProvisional, {ChangeClass::kRestored}},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(Classify(row.before, row.was, row.after, row.is), row.expected) << row.what;
  }
}

TEST(ClassifyChangeTest, TheFirstStatementIsNewWhateverItSays) {
  EXPECT_EQ(ClassifyChange(nullptr, V("5"), kNormal), Change{ChangeClass::kNew});
  EXPECT_EQ(ClassifyChange(nullptr, kMissing, kNormal), Change{ChangeClass::kNew});
  EXPECT_EQ(ClassifyChange(nullptr, kWithdrawn, kNormal), Change{ChangeClass::kNew});
}

bool IsReprint(const Datum& a, const Datum& b) {
  const Change change = Classify(a, kNormal, b, kNormal);
  EXPECT_EQ(change, Classify(b, kNormal, a, kNormal)) << "it must not matter which came first";
  return change.within_rounding;
}

TEST(WithinRoundingTest, ReachesAsFarAsBothHalfStepsAndNoFurther) {
  EXPECT_TRUE(IsReprint(V("6.4"), V("6.45")));    // 0.05 <= 0.05 + 0.005
  EXPECT_FALSE(IsReprint(V("6.4"), V("6.46")));   // 0.06 > 0.05 + 0.005
  EXPECT_FALSE(IsReprint(V("6.4"), V("6.455")));  // 0.055 > 0.05 + 0.0005
  EXPECT_TRUE(IsReprint(V("5"), V("5.5")));       // 0.5 <= 0.5 + 0.05
  EXPECT_FALSE(IsReprint(V("5"), V("5.6")));      // 0.6 > 0.5 + 0.05
  EXPECT_TRUE(IsReprint(V("-0.4"), V("0")));
}

TEST(WithinRoundingTest, NeverHoldsBetweenPrintsToTheSameStep) {
  EXPECT_FALSE(IsReprint(V("5"), V("6")));  // 1 = 0.5 + 0.5, and yet a revision by one unit
  EXPECT_FALSE(IsReprint(WithStep("6480", "10"), WithStep("6490", "10")));
}

TEST(WithinRoundingTest, TheStepAndNotTheLastDigitCounts) {
  EXPECT_TRUE(IsReprint(WithStep("6480", "10"), V("6484.9")));
  EXPECT_FALSE(IsReprint(V("6480"), V("6484.9")));
}

TEST(WithinRoundingTest, IsExactAtTheLimits) {
  const char kMost[] = "999999999999999999999999999";
  EXPECT_FALSE(IsReprint(V(kMost), V("-999999999.999999999999999999")));
  EXPECT_FALSE(IsReprint(V(kMost), V("999999999.999999999999999999")));
  EXPECT_FALSE(IsReprint(V(kMost), WithStep("999999999999999999999999990", "10")));  // 9 > 0.5 + 5
  EXPECT_TRUE(IsReprint(V("999999999999999999999999994"), WithStep("999999999999999999999999990", "10")));
  // A step of 10^18 against one of 10^-18.
  EXPECT_TRUE(IsReprint(WithStep("0", "1000000000000000000"), V("999999999.999999999999999999")));
  EXPECT_TRUE(IsReprint(WithStep("1000000000000000000", "1000000000000000000"), V("500000000000000000.0")));
  EXPECT_FALSE(IsReprint(WithStep("1000000000000000000", "1000000000000000000"), V("499999999999999999.9")));
}

// Different steps, and 2 * |a - b| <= step a + step b, in long numbers.
bool WithinRoundingOnPaper(const Datum& a, const Datum& b) {
  if (a.step_exponent() == b.step_exponent()) return false;
  const BigNumber distance = BigNumber(a.value()).Plus(BigNumber(b.value()).Negated()).Magnitude();
  const BigNumber steps =
      BigNumber::PowerOfTen(a.step_exponent()).Plus(BigNumber::PowerOfTen(b.step_exponent()));
  return distance.Plus(distance).Compare(steps) <= 0;
}

Datum AnyDatum(Randomness& random) {
  const int scale = random.Int(0, 18);
  const int step = random.Int(-scale, 18);
  const int zeros = step + scale;  // of the coefficient
  absl::int128 coefficient = 0;
  for (int digits = random.Int(0, std::max(0, 27 - zeros)); digits > 0; --digits) {
    coefficient = coefficient * 10 + random.Int(0, 9);
  }
  if (zeros > 26) coefficient = 0;
  coefficient = coefficient * PowerOfTen(coefficient == 0 ? 0 : zeros) * (random.OneIn(2) ? 1 : -1);
  return Must(Datum::ValueWithStep(Must(Decimal::FromParts(coefficient, scale)), step));
}

// A print of the same number with fewer decimals, perhaps off by a few of its last digit.
Datum Reprint(const Datum& datum, Randomness& random) {
  const auto rounded = datum.value().RoundHalfEven(random.Int(0, 18));
  if (!rounded.ok()) return datum;
  const auto moved = Decimal::FromParts(rounded->coefficient() + random.Int(-6, 6), rounded->scale());
  return moved.ok() ? Datum::Value(*moved) : datum;
}

TEST(WithinRoundingTest, AgreesWithLongNumbersOnPaper) {
  Randomness random;
  int within = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Datum a = AnyDatum(random);
    const Datum b = random.OneIn(3) ? AnyDatum(random) : Reprint(a, random);
    SCOPED_TRACE(a.ToString() + " step " + a.StepText() + ", " + b.ToString() + " step " + b.StepText());
    const bool same = BigNumber(a.value()).Compare(BigNumber(b.value())) == 0;
    ASSERT_EQ(SameValue(a, b), same);
    ASSERT_EQ(IsReprint(a, b), !same && WithinRoundingOnPaper(a, b));
    within += !same && WithinRoundingOnPaper(a, b);
  }
  EXPECT_GT(within, 1000) << "too few pairs lie near each other for this test to say anything";
}

TEST(ClassifyEventTest, StrictlyOlderThanWhatIsHeldIsBackfilled) {
  CellState held;
  held.datum = V("5");
  held.published_at = T("2025-08-07T03:00:00Z");
  const Change backfilled{ChangeClass::kBackfilled};
  EXPECT_EQ(ClassifyEvent(&held, T("2025-08-07T02:59:59.999999Z"), V("6"), kNormal), backfilled);
  EXPECT_EQ(ClassifyEvent(&held, T("2025-08-07T02:59:59Z"), V("5"), kNormal), backfilled);
  EXPECT_EQ(ClassifyEvent(&held, held.published_at, V("7"), kNormal), Change{ChangeClass::kRevised});
  EXPECT_EQ(ClassifyEvent(&held, T("2026-01-01T00:00:00Z"), V("5"), kNormal),
            Change{ChangeClass::kConfirmed});
  EXPECT_EQ(ClassifyEvent(nullptr, Instant(), V("5"), kNormal), Change{ChangeClass::kNew});
}

TEST(ChangeClassTest, Names) {
  EXPECT_EQ(ChangeClassName(ChangeClass::kRevised), "REVISED");
  EXPECT_EQ(ChangeClassName(ChangeClass::kBackfilled), "BACKFILLED");
  EXPECT_EQ(ChangeClassName(static_cast<ChangeClass>(99)), "UNKNOWN");
}

}  // namespace
}  // namespace tidewaiter
