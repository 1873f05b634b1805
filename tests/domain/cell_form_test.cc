#include "domain/cell_form.h"

#include <gtest/gtest.h>

#include <string_view>

#include "domain/limits.h"

namespace tidewaiter {
namespace {

constexpr std::string_view kStatuses = "ABDEFGHIJKLMNOPQSUVWXYZ", kConfs = "ABCDEFGIMNOPQRSTU";

void ExpectKept(const Datum& datum, Attributes attributes) {
  const CellForm form = CellForm::Of(datum, attributes);
  EXPECT_EQ(form.has_value(), datum.has_value());
  EXPECT_EQ(form.DatumOf(datum.has_value() ? datum.value().coefficient() : 0), datum) << datum.ToString();
  EXPECT_EQ(form.attributes(), attributes);
}

TEST(CellForm, KeepsEveryValue) {
  for (int scale = 0; scale <= limits::kMaxScale; ++scale) {
    const Decimal zero = Decimal::FromValidParts(0, scale);
    for (int exponent = -scale; exponent <= limits::kMaxStepExponent; ++exponent) {
      ExpectKept(*Datum::ValueWithStep(zero, exponent), {'P', 'C'});
    }
    EXPECT_EQ(CellForm::Of(Datum::Value(zero), {}), CellForm::Plain(scale));
    EXPECT_TRUE(CellForm::Plain(scale).is_plain());
  }
}

TEST(CellForm, KeepsAbsencesAndAttributes) {
  for (const char status : kStatuses) {
    for (const char conf : kConfs) {
      const Attributes attributes{status, conf};
      for (int absence = 1; absence <= 5; ++absence) {
        ExpectKept(Datum::Absent(static_cast<Absence>(absence)), attributes);
      }
      ExpectKept(Datum::Value(Decimal::FromValidParts(-7, 1)), attributes);
      EXPECT_EQ(CellForm::Of(Datum::Value(Decimal()), attributes).is_plain(), attributes == Attributes());
    }
  }
}

TEST(CellForm, SaysWhatDoesNotFit64Bits) {
  const absl::int128 most = std::numeric_limits<std::int64_t>::max();
  for (const absl::int128 c : {most, -most - 1}) {
    EXPECT_FALSE(CellForm::Of(Datum::Value(Decimal::FromValidParts(c, 3)), {}).is_wide());
  }
  for (const absl::int128 c : {most + 1, -most - 2}) {
    const Datum datum = Datum::Value(Decimal::FromValidParts(c, 3));
    const CellForm form = CellForm::Of(datum, {});
    EXPECT_TRUE(form.is_wide());
    EXPECT_FALSE(form.is_plain());
    EXPECT_EQ(form, CellForm::Plain(3).Wide());
    EXPECT_EQ(form.DatumOf(c), datum);
  }
}

}  // namespace
}  // namespace tidewaiter
