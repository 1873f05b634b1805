#include "domain/finding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "domain/finding_encoding.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::HasSubstr;

// January to July 2025, turnover with Russia.
Finding ImpliedTurnover() {
  Finding finding;
  finding.kind = FindingKind::kImpliedRevision;
  finding.dataset = "GACC_PRESS";
  finding.series = {K("CN.RU.T.VALUE.USD.BN"), K("CN.RU.T.YOY.USD.PCT")};
  finding.period = P("2025-01/P7M");
  finding.held_period = P("2024-01/P7M");
  finding.sequence = 87;
  finding.published_at = PublishedAt::OnDay(absl::CivilDay(2025, 8, 7), absl::UTCTimeZone());
  finding.printed = V("125.8");
  finding.rate = V("-8.1");
  finding.held = V("136.67");
  finding.held_sequence = 70;
  finding.implied_low = D("136.759");
  finding.implied_high = D("137.017");
  finding.amount = D("0.089");
  return finding;
}

Finding BrokenTurnover() {
  Finding finding;
  finding.kind = FindingKind::kBrokenIdentity;
  finding.identity = Identity::kTurnover;
  finding.dataset = "GACC_PRESS";
  finding.series = {K("CN.W00.T.VALUE.USD.BN"), K("CN.W00.X.VALUE.USD.BN"), K("CN.W00.M.VALUE.USD.BN")};
  finding.period = finding.held_period = P("2023-01/P5M");
  finding.sequence = 56;
  finding.published_at = PublishedAt::At(T("2023-06-07T03:00:00Z"));
  finding.printed = Must(Datum::ValueWithStep(D("2400"), 1));
  finding.held = V("2440");
  finding.implied_low = D("2425");
  finding.implied_high = D("2455");
  finding.amount = D("40");
  return finding;
}

Finding SilentRevision() {
  Finding finding;
  finding.kind = FindingKind::kUnannouncedRevision;
  finding.dataset = "GACC_PRESS";
  finding.series = {K("CN.W00.X.VALUE.USD.BN")};
  finding.period = finding.held_period = P("2023-03");
  finding.sequence = 59;
  finding.published_at = PublishedAt::OnDay(absl::CivilDay(2023, 8, 11), absl::UTCTimeZone());
  finding.printed = V("305.04");
  finding.held = V("315.589337");
  finding.held_sequence = 53;
  finding.amount = D("-10.549337");
  return finding;
}

TEST(FindingTest, SaysWhatIsInconsistentAndWhatMayBeBehindIt) {
  EXPECT_EQ(
      Explain(ImpliedTurnover()),
      "CN.RU.T.VALUE.USD.BN: 125.8 for 2025-01/P7M with a printed rate of -8.1 % is inconsistent with what "
      "was held: 136.67 for 2024-01/P7M, where the rate implies 136.759 to 137.017 (+0.089 at least). "
      "Possible causes: a silent revision of the base, press rounding, truncation, another base.");
  EXPECT_EQ(
      Explain(BrokenTurnover()),
      "CN.W00.T.VALUE.USD.BN: X + M = T does not hold for 2023-01/P5M: the terms add to 2440, the total is "
      "2400 (+40), more than rounding explains. Possible causes: operands of different vintages, a silent "
      "revision, press rounding or truncation, a misprint.");
  EXPECT_EQ(
      Explain(SilentRevision()),
      "CN.W00.X.VALUE.USD.BN: 2023-03 changed from 315.589337 to 305.04 (-10.549337) in a regular release: "
      "inconsistent with what was held, and no revision was announced for that day. Possible causes: a "
      "silent revision, another source's rounding or definition.");
  Finding withdrawn = SilentRevision();
  withdrawn.printed = Datum::Absent(Absence::kWithdrawn);
  withdrawn.amount.reset();
  EXPECT_THAT(Explain(withdrawn), HasSubstr("changed from 315.589337 to (WITHDRAWN) in a regular release"));
}

TEST(FindingTest, ALaterBaseSettlesAnImpliedRevision) {
  Finding confirmed = ImpliedTurnover();
  EXPECT_TRUE(Settle(confirmed, V("136.9"), 91));
  EXPECT_EQ(confirmed.status, FindingStatus::kConfirmed);
  EXPECT_EQ(confirmed.settled_by, 91u);
  EXPECT_THAT(Explain(confirmed), HasSubstr("Release 91 has since revised the base into that range."));
  EXPECT_FALSE(Settle(confirmed, V("150"), 92)) << "settled once";

  Finding superseded = ImpliedTurnover();
  EXPECT_TRUE(Settle(superseded, V("140.00"), 91));
  EXPECT_EQ(superseded.status, FindingStatus::kSuperseded);
  EXPECT_THAT(Explain(superseded), HasSubstr("but not into that range"));
}

TEST(FindingTest, TheNewBaseIsReadWithItsOwnRounding) {
  const auto status = [](const Datum& base) {
    Finding finding = ImpliedTurnover();
    Settle(finding, base, 91);
    return finding.status;
  };
  EXPECT_EQ(status(V("136.75")), FindingStatus::kSuperseded);  // up to 136.755
  EXPECT_EQ(status(V("136.76")), FindingStatus::kConfirmed);   // from 136.755
  EXPECT_EQ(status(V("136.7")), FindingStatus::kSuperseded);   // up to 136.75
  EXPECT_EQ(status(V("136.754")), FindingStatus::kSuperseded);
  EXPECT_EQ(status(V("137.1")), FindingStatus::kSuperseded);                              // from 137.05
  EXPECT_EQ(status(V("137.02")), FindingStatus::kConfirmed);                              // from 137.015
  EXPECT_EQ(status(Must(Datum::ValueWithStep(D("140"), 1))), FindingStatus::kConfirmed);  // 135 .. 145
}

TEST(FindingTest, ANewBaseThatWasCutOffLiesWithinAWholeStep) {
  const auto status = [](const Datum& base) {
    Finding finding = ImpliedTurnover();
    Settle(finding, base, 91, PrintRounding::kTruncated);
    return finding.status;
  };
  EXPECT_EQ(status(V("136.75")), FindingStatus::kConfirmed);   // up to 136.76
  EXPECT_EQ(status(V("136.74")), FindingStatus::kSuperseded);  // up to 136.75
  EXPECT_EQ(status(V("137.1")), FindingStatus::kConfirmed);    // from 137.0
}

TEST(FindingTest, TheUpperEndOfTheNewBaseCounts) {
  Finding finding = ImpliedTurnover();
  finding.implied_low = D("136.754");
  EXPECT_TRUE(Settle(finding, V("136.75"), 91));  // up to 136.755
  EXPECT_EQ(finding.status, FindingStatus::kConfirmed);
}

TEST(FindingTest, ARevisedLevelOrRateSupersedesIt) {
  const auto status = [](const Datum& level, const Datum& rate, Sequence by) {
    Finding finding = ImpliedTurnover();
    const bool settled = SettleByPrints(finding, level, rate, by);
    EXPECT_EQ(settled, finding.status != FindingStatus::kOpen);
    EXPECT_EQ(finding.settled_by, finding.status == FindingStatus::kOpen ? 0 : by);
    return finding.status;
  };
  EXPECT_EQ(status(V("125.8"), V("-8.0"), 91), FindingStatus::kSuperseded);
  EXPECT_EQ(status(V("125.9"), V("-8.1"), 91), FindingStatus::kSuperseded);
  EXPECT_EQ(status(V("125.8"), Datum::Absent(Absence::kWithdrawn), 91), FindingStatus::kSuperseded);
  EXPECT_EQ(status(V("125.80"), V("-8.10"), 91), FindingStatus::kOpen) << "the same numbers";
  EXPECT_EQ(status(V("125.9"), V("-8.1"), 87), FindingStatus::kOpen) << "the release itself";
}

TEST(FindingTest, WhatDoesNotSpeakToItLeavesItOpen) {
  Finding finding = ImpliedTurnover();
  EXPECT_FALSE(Settle(finding, V("136.670"), 91)) << "the same number";
  EXPECT_FALSE(Settle(finding, V("136.9"), 87)) << "the release itself";
  EXPECT_FALSE(Settle(finding, V("136.9"), 12)) << "an earlier one";
  EXPECT_FALSE(Settle(finding, Datum::Absent(Absence::kWithdrawn), 91));
  EXPECT_EQ(finding, ImpliedTurnover());
  Finding identity = BrokenTurnover();
  EXPECT_FALSE(Settle(identity, V("2400"), 91));
}

TEST(FindingTest, NamesAreReadBack) {
  for (const FindingKind kind :
       {FindingKind::kImpliedRevision, FindingKind::kBrokenIdentity, FindingKind::kUnannouncedRevision}) {
    EXPECT_EQ(Must(ParseFindingKind(FindingKindName(kind))), kind);
  }
  ExpectRefused(ParseFindingKind("MIRROR_GAP"), "use one of IMPLIED_REVISION");
  EXPECT_EQ(FindingStatusName(FindingStatus::kSuperseded), "SUPERSEDED");
}

TEST(FindingEncodingTest, GoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(EncodeFinding(ImpliedTurnover())),
            "0101010a474143435f50524553530214434e2e52552e542e56414c55452e5553442e424e13434e2e52552e54"
            "2e594f592e5553442e504354ecbd0107e0bd010757ff7f4b41cf3b060001534f000000ea0400000000000000"
            "00000000000000013f0100afffffffffffffffffffffffffffffff013f006335000000000000000000000000"
            "0000023e46013716020000000000000000000000000003013917020000000000000000000000000003015900"
            "000000000000000000000000000003000100");
  EXPECT_EQ(absl::BytesToHexString(EncodeFinding(BrokenTurnover())),
            "0102010a474143435f50524553530315434e2e5730302e542e56414c55452e5553442e424e15434e2e573030"
            "2e582e56414c55452e5553442e424e15434e2e5730302e4d2e56414c55452e5553442e424ed4bd0105d4bd01"
            "0538000cde5481fd050000006009000000000000000000000000000000410000880900000000000000000000"
            "0000000000400001790900000000000000000000000000000001970900000000000000000000000000000001"
            "2800000000000000000000000000000000010100");
  EXPECT_EQ(absl::BytesToHexString(EncodeFindingKey(SilentRevision())),
            "000000010000003b0301434e0157303001580156414c55450155534401424e000000005ed60000000100005e"
            "d600000001474143435f50524553530000");
}

TEST(FindingEncodingTest, ReadsBackWhatItWrote) {
  Finding settled = ImpliedTurnover();
  Settle(settled, V("136.9"), 0xFFFF'FFFE);
  Finding withdrawn = SilentRevision();
  withdrawn.printed = Datum::Absent(Absence::kWithdrawn);
  withdrawn.amount.reset();
  for (const Finding& finding : {ImpliedTurnover(), BrokenTurnover(), SilentRevision(), settled, withdrawn}) {
    EXPECT_EQ(Must(DecodeFinding(EncodeFinding(finding))), finding);
  }
}

TEST(FindingEncodingTest, RefusesAnyOtherBytes) {
  const std::string bytes = EncodeFinding(ImpliedTurnover());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DetailsOf(DecodeFinding(bytes.substr(0, size)).status()).reason, Reason::kCorruption) << size;
  }
  EXPECT_EQ(DetailsOf(DecodeFinding(absl::StrCat(bytes, "x")).status()).reason, Reason::kCorruption);
  // A number in more bytes than it needs: rules 1 as 0x81 0x00.
  EXPECT_EQ(
      DetailsOf(
          DecodeFinding(absl::StrCat(bytes.substr(0, 2), std::string("\x81\0", 2), bytes.substr(3))).status())
          .reason,
      Reason::kCorruption);
  std::string later = bytes;
  later[0] = 2;
  EXPECT_EQ(DetailsOf(DecodeFinding(later).status()).reason, Reason::kFormatVersion);
  later[0] = 0;
  EXPECT_EQ(DetailsOf(DecodeFinding(later).status()).reason, Reason::kCorruption);
}

// Whatever is done to the bytes: either refused, or a finding of which they are the one encoding.
TEST(FindingEncodingTest, NoBytesAreReadAsAnythingElse) {
  Randomness random;
  const std::string original = EncodeFinding(random.OneIn(2) ? BrokenTurnover() : ImpliedTurnover());
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = original;
    for (int i = random.Int(1, 3); i > 0; --i) {
      const auto at = static_cast<std::size_t>(random.Int(0, static_cast<int>(bytes.size()) - 1));
      bytes[at] =
          static_cast<char>(random.OneIn(2) ? random.Int(0, 255) : bytes[at] ^ (1 << random.Int(0, 7)));
    }
    const auto finding = DecodeFinding(bytes);
    if (!finding.ok()) continue;
    ++read;
    ASSERT_EQ(EncodeFinding(*finding), bytes);
    ASSERT_FALSE(Explain(*finding).empty());
  }
  EXPECT_GT(read, 0);
}

TEST(FindingEncodingTest, KeysSortAsFindingsDo) {
  Randomness random;
  const std::vector<std::string> codes = {"A", "A-B", "AB", "A@", "Z", "0", "_"};
  const auto any = [&] {
    Finding finding;
    finding.rules = static_cast<std::uint32_t>(random.Int(1, 2));
    finding.sequence = random.Pick<Sequence>({1, 255, 256, 70000});
    finding.kind = static_cast<FindingKind>(random.Int(1, 3));
    for (int n = random.Int(1, 2); n > 0; --n) {
      std::string key = random.Pick(codes);
      for (int places = random.Int(0, 2); places > 0; --places)
        absl::StrAppend(&key, ".", random.Pick(codes));
      finding.series.push_back(K(key));
    }
    finding.period = P(random.Pick<std::string>({"2024-12", "2025-01", "2025-01/P7M", "1999-01"}));
    finding.held_period = P(random.Pick<std::string>({"2024-12", "2025-01"}));
    finding.dataset = random.Pick(codes);
    if (random.OneIn(2)) finding.identity = static_cast<Identity>(random.Int(1, 4));
    return finding;
  };
  for (int round = 0; round < 20'000; ++round) {
    const Finding a = any();
    const Finding b = any();
    const auto order = CompareFindings(a, b);
    ASSERT_EQ(order, EncodeFindingKey(a) <=> EncodeFindingKey(b));
    ASSERT_EQ(order, 0 <=> CompareFindings(b, a));
    ASSERT_EQ(EncodeFindingKey(a).substr(0, 8), EncodeFindingKeyPrefix(a.rules, a.sequence));
  }
}

}  // namespace
}  // namespace tidewaiter
