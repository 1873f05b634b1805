#include "domain/observation.h"

#include <gtest/gtest.h>

#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

TEST(DatumTest, TheStepIsTheLastDigitUnlessPrintedCoarser) {
  EXPECT_EQ(V("1.50").step_exponent(), -2);
  EXPECT_EQ(V("1.50").StepText(), "0.01");
  EXPECT_EQ(V("6480").StepText(), "1");
  const Datum trillions = Must(Datum::ValueWithStep(D("6480"), 1));
  EXPECT_EQ(trillions.StepText(), "10");
  EXPECT_EQ(trillions.ToString(), "6480");
  EXPECT_NE(trillions, V("6480")) << "the step is part of what was printed";
  EXPECT_EQ(Must(Datum::ValueWithStep(D("1.50"), -1)).StepText(), "0.1");
  EXPECT_EQ(Must(Datum::ValueWithStep(D("0"), 18)).StepText(), "1000000000000000000");
  EXPECT_EQ(V("0.000000000000000001").StepText(), "0.000000000000000001");
}

TEST(DatumTest, RefusesAStepThatTheValueCannotHave) {
  ExpectRefused(Datum::ValueWithStep(D("6485"), 1), "6485 is not a multiple of its step 10");
  ExpectRefused(Datum::ValueWithStep(D("-0.5"), 18), "not a multiple");
  ExpectRefused(Datum::ValueWithStep(D("6480"), -1), "finer than the last digit");
  ExpectRefused(Datum::ValueWithStep(D("0"), 19), "coarser than 10^18");
  ExpectRefused(Datum::ValueWithStep(D("0"), 1'000'000'000), "coarser than 10^18");
  ExpectRefused(Datum::ValueWithStep(D("0"), -1'000'000'000), "finer");
}

TEST(DatumTest, AnAbsenceIsNoNumber) {
  EXPECT_EQ(Datum(), Datum::Absent(Absence::kMissing));
  EXPECT_FALSE(Datum::Absent(Absence::kNil).has_value());
  EXPECT_EQ(Datum::Absent(Absence::kSuppressed).ToString(), "(SUPPRESSED)");
  EXPECT_EQ(Datum::Absent(Absence::kSuppressed).StepText(), "");
  EXPECT_NE(Datum::Absent(Absence::kNil), Datum::Absent(Absence::kMissing));
  EXPECT_NE(Datum::Absent(Absence::kNil), V("0"));
}

TEST(DatumTest, HasThe32BytesThatItsHeaderPromises) { EXPECT_EQ(sizeof(Datum), 32u); }

TEST(DatumTest, AssignmentKeepsTheFieldsThatShareTheValuesPadding) {
  Datum datum = Datum::Absent(Absence::kNil);
  datum = Must(Datum::ValueWithStep(D("-12.00"), 0));
  EXPECT_TRUE(datum.has_value());
  EXPECT_EQ(datum.step_exponent(), 0);
  EXPECT_EQ(datum.value(), D("-12.00"));
  const Datum copy = datum;
  datum = Datum::Absent(Absence::kNotYetDue);
  EXPECT_EQ(datum.absence(), Absence::kNotYetDue);
  EXPECT_EQ(copy.step_exponent(), 0);
  EXPECT_EQ(copy.ToString(), "-12.00");
}

TEST(AbsenceTest, NamesReadBack) {
  for (int i = 1; i <= 5; ++i) {
    const auto absence = static_cast<Absence>(i);
    EXPECT_EQ(Must(ParseAbsence(AbsenceName(absence))), absence);
  }
  EXPECT_EQ(Must(ParseAbsence("not_yet_due")), Absence::kNotYetDue);
  ExpectRefused(ParseAbsence("GONE"), "\"GONE\" is not an absence; use one of MISSING, NIL");
  ExpectRefused(ParseAbsence(""), "is not an absence");
}

TEST(StepTest, IsAPowerOfTen) {
  EXPECT_EQ(Must(ParseStep("0.01")), -2);
  EXPECT_EQ(Must(ParseStep("1")), 0);
  EXPECT_EQ(Must(ParseStep("1.0")), 0);
  EXPECT_EQ(Must(ParseStep("10")), 1);
  EXPECT_EQ(Must(ParseStep("1000000000000000000")), 18);
  EXPECT_EQ(Must(ParseStep("0.000000000000000001")), -18);
  for (const char* text : {"0", "0.00", "2", "-1", "-0.1", "11", "0.5", "10000000000000000000"}) {
    ExpectRefused(ParseStep(text), "is not a step: write a power of ten");
  }
  ExpectRefused(ParseStep("ten"), "is not a number");
}

TEST(StepTest, WhatIsWrittenReadsBack) {
  for (int exponent = -18; exponent <= 18; ++exponent) {
    const Datum datum = Must(Datum::ValueWithStep(Decimal::FromValidParts(0, 18), exponent));
    EXPECT_EQ(Must(ParseStep(datum.StepText())), exponent);
  }
}

TEST(AttributesTest, AreTheLettersOfTheSdmxLists) {
  std::string statuses;
  std::string confs;
  for (int c = 0; c < 256; ++c) {
    if (ValidateStatus(static_cast<char>(c)).ok()) statuses += static_cast<char>(c);
    if (ValidateConf(static_cast<char>(c)).ok()) confs += static_cast<char>(c);
  }
  EXPECT_EQ(statuses, "ABDEFGHIJKLMNOPQSUVWXYZ");
  EXPECT_EQ(confs, "ABCDEFGIMNOPQRSTU");
  ExpectRefused(ValidateStatus('C'), "\"C\" is not an SDMX observation status");
  ExpectRefused(ValidateConf('\xff'), "is not an SDMX confidentiality status");
  ExpectRefused(ValidateConf('\0'), "is not an SDMX confidentiality status");
}

TEST(CleanUtf8Test, TakesTextAndTab) {
  for (const char* text : {"", "plain", "a\tb", "中俄贸易", "é", "€", "😀", "\xF4\x8F\xBF\xBF", "\xC2\xA0"}) {
    EXPECT_TRUE(IsCleanUtf8(text)) << text;
  }
}

TEST(CleanUtf8Test, RefusesControlsAndIllFormedBytes) {
  for (const std::string_view text :
       {std::string_view("a\nb"), std::string_view("\r"), std::string_view("\x1b[0m"),
        std::string_view("\x7f"), std::string_view("\0", 1), std::string_view("\xC2\x85"),  // C1 control
        std::string_view("\x80"), std::string_view("\xC3"),              // stray, cut short
        std::string_view("\xE4\xB8"), std::string_view("\xF0\x9F\x98"),  // cut short
        std::string_view("\xC0\xAF"), std::string_view("\xE0\x80\xAF"),  // not the shortest form
        std::string_view("\xF0\x80\x80\xAF"), std::string_view("\xC1\xBF"), std::string_view("\xED\xA0\x80"),
        std::string_view("\xF4\x90\x80\x80"),  // surrogate, beyond Unicode
        std::string_view("\xF8\x88\x80\x80\x80"), std::string_view("\xFF"),
        std::string_view("\xE4\x41\x41")}) {
    EXPECT_FALSE(IsCleanUtf8(text)) << testing::PrintToString(text);
    EXPECT_FALSE(IsCleanUtf8("ok " + std::string(text)));
  }
}

}  // namespace
}  // namespace tidewaiter
