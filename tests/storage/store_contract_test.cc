// What storage/store.h promises, told as stories; every implementation must pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "storage/digest.h"
#include "tests/storage/stores_under_test.h"
#include "tests/support/release_text.h"
#include "tests/support/store_text.h"

namespace tidewaiter::storage {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

using support::Cells;
using support::Entries;
using support::History;
using support::Lines;
using support::MakeDataset;
using support::MakeRelease;
using support::Observations;
using support::SeriesKeys;
using support::Statements;

Instant At(const std::string& text) { return Instant::Parse(text).value(); }
Instant EndOf(const std::string& day) {
  return PublishedAt::OnDay(ParseDay(day).value(), absl::UTCTimeZone()).instant;
}
Month MonthOf(const std::string& text) { return Month::Parse(text).value(); }
Reason ReasonOf(const absl::Status& status) { return DetailsOf(status).reason; }

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    under_test_ = GetParam().make();
    ASSERT_TRUE(store().PutDataset(MakeDataset("TRADE", "reporter partner flow")).ok());
    ASSERT_TRUE(store().PutDataset(MakeDataset("PRICES", "commodity unit")).ok());
  }
  Store& store() { return under_test_->store(); }

  // Pushes what must be accepted.
  PushOutcome Push(const std::string& text) {
    absl::StatusOr<PushOutcome> outcome = support::Push(store(), text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(PushOutcome{});
  }
  LogEntry Retract(const std::string& release_id) {
    absl::StatusOr<LogEntry> entry = store().Retract("GACC", release_id, "wrong file", Instant());
    EXPECT_TRUE(entry.ok()) << entry.status();
    return entry.value_or(LogEntry{});
  }
  Lines Read(const std::string& key) { return Cells(store(), "TRADE", key); }
  Lines Read(const std::string& key, Instant as_of, Sequence sequence) {
    return Cells(store(), "TRADE", key, {as_of, sequence});
  }
  std::unique_ptr<Upload> BeginUpload(const std::string& header) {
    auto upload = store().BeginUpload(support::ParseRelease(header).header, Instant());
    EXPECT_TRUE(upload.ok()) << upload.status();
    return upload.ok() ? *std::move(upload) : nullptr;
  }

  std::unique_ptr<StoreUnderTest> under_test_;
};

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::ValuesIn(AllStores()),
                         [](const auto& info) { return info.param.name; });

const SectionHeader& Merge() {
  static const auto* header = new SectionHeader{"TRADE", Action::kMerge, std::nullopt};
  return *header;
}

StatedCell Cell(const std::string& period, const std::string& value) {
  return {Period::Parse(period).value(), Datum::Value(Decimal::Parse(value).value()), {}, "", ""};
}

constexpr char kJuly[] = R"(
    release GACC july 2025-08-07T03:00:00Z stage=flash kind=correction title=July
    merge TRADE
    CN.RU.X 2025-07 6.10 status=P source=page-1 note=flash
    CN.RU.X 2025-01/P7M 40.5
    CN.BY.X 2025-07 (SUPPRESSED) conf=C)";

// ---- Pushing

TEST_P(StoreContract, AnEmptyStoreHasNothing) {
  EXPECT_EQ(store().head(), 0u);
  EXPECT_THAT(Entries(store()), IsEmpty());
  EXPECT_FALSE(store().GetEntry(0).ok());
  EXPECT_EQ(ReasonOf(store().GetEntry(1).status()), Reason::kSequenceAhead);
  EXPECT_EQ(ReasonOf(store().FindRelease("GACC", "july").status()), Reason::kReleaseNotFound);
  EXPECT_THAT(SeriesKeys(store(), "TRADE"), IsEmpty());
  EXPECT_TRUE(store().VerifyAll().ok());
}

TEST_P(StoreContract, APushIsAnsweredWithItsEntryAndVisible) {
  const Release release = MakeRelease(store(), kJuly);
  const absl::StatusOr<PushOutcome> outcome = store().Push(release, At("2025-08-08T00:00:00Z"));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  const LogEntry& entry = outcome->entry;
  EXPECT_FALSE(outcome->replayed);
  EXPECT_EQ(outcome->twin, "");
  EXPECT_EQ(entry.sequence, 1u);
  EXPECT_EQ(entry.retracts, 0u);
  EXPECT_EQ(entry.retracted_by, 0u);
  EXPECT_EQ(entry.header, release.header());
  ASSERT_THAT(entry.sections, SizeIs(1));
  EXPECT_EQ(entry.sections[0].header, release.sections()[0].header);
  EXPECT_EQ(entry.sections[0].dataset_version, 1u);
  EXPECT_EQ(entry.observations(), 3u);
  EXPECT_EQ(entry.digest, DigestOf(release));
  EXPECT_EQ(entry.chain, NextChain({}, 1, 0, "GACC", "july", entry.digest));
  EXPECT_EQ(entry.accepted_at, At("2025-08-08T00:00:00Z"));

  EXPECT_EQ(store().head(), 1u);
  EXPECT_EQ(support::ToText(*store().GetEntry(1)), support::ToText(entry));
  EXPECT_EQ(store().GetEntry(1)->accepted_at, entry.accepted_at);
  EXPECT_EQ(support::ToText(*store().FindRelease("GACC", "july")), support::ToText(entry));
  EXPECT_THAT(Read("CN.RU.X"),
              ElementsAre("2025-01/P7M 40.5 step 0.1 A/F seq 1 at 2025-08-07T03:00:00Z since "
                          "2025-08-07T03:00:00Z",
                          "2025-07 6.10 step 0.01 P/F [page-1|flash] seq 1 at "
                          "2025-08-07T03:00:00Z since 2025-08-07T03:00:00Z"));
  EXPECT_THAT(Read("CN.BY.X"), ElementsAre(StartsWith("2025-07 (SUPPRESSED) A/C seq 1")));
}

TEST_P(StoreContract, TheSameReleaseAgainGivesTheFirstAnswer) {
  const absl::StatusOr<PushOutcome> first =
      store().Push(MakeRelease(store(), kJuly), At("2025-08-08T00:00:00Z"));
  ASSERT_TRUE(first.ok());
  Push("release GACC august 2025-09-07\n merge TRADE\n CN.RU.X 2025-08 1");
  const absl::StatusOr<PushOutcome> again =
      store().Push(MakeRelease(store(), kJuly), At("2025-12-01T00:00:00Z"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(support::ToText(again->entry), support::ToText(first->entry));
  EXPECT_EQ(again->entry.accepted_at, At("2025-08-08T00:00:00Z"));
  EXPECT_EQ(again->entry.parts, first->entry.parts);
  EXPECT_EQ(store().head(), 2u);
}

TEST_P(StoreContract, TheOrderOfObservationsIsNotContent) {
  Push("release GACC r 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1\n CN.BY.X 2025-06 2\n CN.BY.X 2025-05 3");
  EXPECT_TRUE(Push("release GACC r 2025-08-07\n merge TRADE\n CN.BY.X 2025-05 3\n CN.BY.X 2025-06 2\n "
                   "CN.RU.X 2025-07 1")
                  .replayed);
}

TEST_P(StoreContract, OtherContentUnderTheSameIdIsRefusedAndBothDigestsNamed) {
  const PushOutcome held = Push(kJuly);
  const char kOther[] = "release GACC july 2025-08-07T03:00:00Z\n merge TRADE\n CN.RU.X 2025-07 6.2";
  const absl::Status refused = support::Push(store(), kOther).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(refused), Reason::kReleaseConflict);
  const auto metadata = DetailsOf(refused).metadata;
  EXPECT_EQ(metadata.at("held_digest"), ToHex(held.entry.digest));
  EXPECT_EQ(metadata.at("given_digest"), ToHex(DigestOf(MakeRelease(store(), kOther))));
  EXPECT_EQ(store().head(), 1u);
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-01/P7M 40.5"), StartsWith("2025-07 6.10")));
  // Another agency may use the id.
  EXPECT_EQ(Push("release ROSSTAT july 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6.2").entry.sequence, 2u);
}

TEST_P(StoreContract, EqualContentUnderAnotherIdNamesItsTwin) {
  const auto release = [](const std::string& id) {
    return "release GACC " + id + " 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6.1";
  };
  EXPECT_EQ(Push(release("a")).twin, "");
  EXPECT_EQ(Push(release("b")).twin, "GACC/a");
  const PushOutcome third = Push(release("c"));
  EXPECT_THAT(third.twin, ::testing::AnyOf("GACC/a", "GACC/b"));
  EXPECT_EQ(third.entry.sequence, 3u);
  // For ever.
  EXPECT_EQ(Push(release("a")).twin, "");
  EXPECT_EQ(Push(release("b")).twin, "GACC/a");
  EXPECT_EQ(Push(release("c")).twin, third.twin);
}

TEST_P(StoreContract, AnUnknownDatasetIsRefused) {
  const std::unique_ptr<Store> elsewhere = NewMemoryStore({});
  ASSERT_TRUE(elsewhere->PutDataset(MakeDataset("UNKNOWN", "a b")).ok());
  const Release release =
      MakeRelease(*elsewhere, "release GACC r 2025-08-07\n merge UNKNOWN\n A.B 2025-07 1");
  EXPECT_EQ(ReasonOf(store().Push(release, Instant()).status()), Reason::kDatasetNotFound);
  EXPECT_EQ(store().head(), 0u);
}

TEST_P(StoreContract, SequencesHaveNoGaps) {
  EXPECT_EQ(Push("release GACC a 2025-01-01\n merge TRADE\n CN.RU.X 2025-01 1").entry.sequence, 1u);
  EXPECT_FALSE(support::Push(store(), "release GACC a 2025-01-01\n merge TRADE\n CN.RU.X 2025-01 2").ok());
  EXPECT_TRUE(Push("release GACC a 2025-01-01\n merge TRADE\n CN.RU.X 2025-01 1").replayed);
  {
    auto abandoned = BeginUpload("release GACC u 2025-01-01");
    ASSERT_TRUE(abandoned->BeginSection(Merge()).ok());
    ASSERT_TRUE(abandoned->Add("CN.RU.X", {{Cell("2025-01", "9")}}).ok());
  }
  EXPECT_FALSE(store().Retract("GACC", "nobody", "", Instant()).ok());
  EXPECT_EQ(Retract("a").sequence, 2u);
  EXPECT_FALSE(store().Retract("GACC", "a", "", Instant()).ok());
  EXPECT_EQ(Push("release GACC b 2025-01-01\n merge TRADE\n CN.RU.X 2025-01 1").entry.sequence, 3u);
  EXPECT_EQ(store().head(), 3u);
  EXPECT_TRUE(store().VerifyAll().ok());
}

TEST_P(StoreContract, EveryKindOfDatumComesBackAsItWasGiven) {
  const std::string nines(27, '9');
  Push(
      "release GACC r 1600-01-01\n merge TRADE\n"
      "A.A.X 1600-01 " +
      nines + "\n A.A.X 2999-12 -" + nines +
      "\n A.A.X 1999-01/P1200M 0.000000000000000001\n"
      "A.A.X 2000-01 0\n A.A.X 2000-02 0.00\n A.A.X 2000-03 6480 step=10\n A.A.X 2000-04 1000000000000000000 "
      "step=1000000000000000000\n A.A.X 2000-05 1.50 step=0.1\n A.A.X 2000-05/P2M -0.5\n"
      "A.A.Y 2000-01 (MISSING) status=O\n A.A.Y 2000-02 (NIL) status=M\n A.A.Y 2000-03 (SUPPRESSED) conf=N\n"
      "A.A.Y 2000-04 (WITHDRAWN)\n A.A.Y 2000-05 (NOT_YET_DUE) status=L conf=D note=later");
  const std::string tail = " A/F seq 1 at 1600-01-01T23:59:59.999999Z since 1600-01-01T23:59:59.999999Z";
  EXPECT_THAT(
      Read("A.A.X"),
      ElementsAre("1600-01 " + nines + " step 1" + tail,
                  "1999-01/P1200M 0.000000000000000001 step 0.000000000000000001" + tail,
                  "2000-01 0 step 1" + tail, "2000-02 0.00 step 0.01" + tail, "2000-03 6480 step 10" + tail,
                  "2000-04 1000000000000000000 step 1000000000000000000" + tail,
                  "2000-05 1.50 step 0.1" + tail, "2000-05/P2M -0.5 step 0.1" + tail,
                  "2999-12 -" + nines + " step 1" + tail));
  EXPECT_THAT(Read("A.A.Y"),
              ElementsAre(StartsWith("2000-01 (MISSING) O/F"), StartsWith("2000-02 (NIL) M/F"),
                          StartsWith("2000-03 (SUPPRESSED) A/N"), StartsWith("2000-04 (WITHDRAWN) A/F"),
                          StartsWith("2000-05 (NOT_YET_DUE) L/D [|later]")));
}

// ---- Reading at a vintage

TEST_P(StoreContract, ReadsAreAsOfEitherClock) {
  Push("release GACC a 2025-08-07T03:00:00Z\n merge TRADE\n CN.RU.X 2025-07 6.0");  // sequence 1
  Push("release GACC b 2025-09-07T03:00:00Z\n merge TRADE\n CN.RU.X 2025-07 6.2\n CN.RU.X 2025-08 7");
  EXPECT_THAT(Read("CN.RU.X", At("2025-08-07T02:59:59Z"), 2), IsEmpty());
  EXPECT_THAT(Read("CN.RU.X", At("2025-08-07T03:00:00Z"), 2), ElementsAre(StartsWith("2025-07 6.0")));
  EXPECT_THAT(Read("CN.RU.X", At("2025-09-07T02:59:59.999999Z"), 2), ElementsAre(StartsWith("2025-07 6.0")));
  EXPECT_THAT(Read("CN.RU.X", At("2025-09-07T03:00:00Z"), 2),
              ElementsAre(StartsWith("2025-07 6.2"), StartsWith("2025-08 7")));
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 0), IsEmpty());
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 1), ElementsAre(StartsWith("2025-07 6.0")));
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 2), SizeIs(2));
}

TEST_P(StoreContract, ABackfillTakesItsPlaceInPublishedOrder) {
  Push("release GACC b 2025-09-07\n merge TRADE\n CN.RU.X 2025-07 6.2");
  Push("release GACC a 2025-08-07 kind=backfill\n merge TRADE\n CN.RU.X 2025-07 6.0\n CN.RU.X 2025-06 5");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-06 5 step 1 A/F seq 2"),
                                           StartsWith("2025-07 6.2 step 0.1 A/F seq 1")));
  EXPECT_THAT(Read("CN.RU.X", EndOf("2025-08-31"), 2),
              ElementsAre(StartsWith("2025-06 5"), StartsWith("2025-07 6.0 step 0.1 A/F seq 2")));
  EXPECT_THAT(Read("CN.RU.X", EndOf("2025-08-31"), 1), IsEmpty());
}

TEST_P(StoreContract, AtOneInstantTheLaterSequenceSpeaks) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6.0");
  Push("release GACC a2 2025-08-07 kind=correction\n merge TRADE\n CN.RU.X 2025-07 6.1");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 6.1")));
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 1), ElementsAre(StartsWith("2025-07 6.0")));
}

TEST_P(StoreContract, AValueStandsSinceItWasFirstStated) {
  Push("release GACC a 2025-08-07T00:00:00Z\n merge TRADE\n CN.RU.X 2025-07 6.0");
  Push("release GACC b 2025-09-07T00:00:00Z\n merge TRADE\n CN.RU.X 2025-07 6.00 status=E");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre("2025-07 6.00 step 0.01 E/F seq 2 at 2025-09-07T00:00:00Z since "
                                           "2025-08-07T00:00:00Z"));
  Push("release GACC c 2025-08-20T00:00:00Z\n merge TRADE\n CN.RU.X 2025-07 9");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(HasSubstr("since 2025-09-07T00:00:00Z")));
}

TEST_P(StoreContract, ARangeKeepsThePeriodsThatLieWithinIt) {
  Push(
      "release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-01 1\n CN.RU.X 2025-01/P2M 3\n CN.RU.X "
      "2025-01/P3M 6\n"
      "CN.RU.X 2025-02 2\n CN.RU.X 2025-03 3");
  const Vintage head{Instant::Max(), 1};
  const auto read = [&](PeriodRange range) { return Cells(store(), "TRADE", "CN.RU.X", head, range); };
  EXPECT_THAT(read({MonthOf("2025-01"), MonthOf("2025-02")}),
              ElementsAre(StartsWith("2025-01 "), StartsWith("2025-01/P2M"), StartsWith("2025-02")));
  EXPECT_THAT(read({MonthOf("2025-02"), std::nullopt}),
              ElementsAre(StartsWith("2025-02"), StartsWith("2025-03")));
  EXPECT_THAT(read({std::nullopt, MonthOf("2025-01")}), ElementsAre(StartsWith("2025-01 ")));
  EXPECT_THAT(read({MonthOf("2026-01"), std::nullopt}), IsEmpty());
}

TEST_P(StoreContract, ReadingClearsTheFoldFirst) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1\n CN.BY.X 2025-07 2\n CN.BY.X 2025-08 2");
  SeriesFold fold;
  for (const char* key : {"CN.BY.X", "CN.RU.X", "CN.BY.X"}) {
    ASSERT_TRUE(store().ReadCells(store().FindSeries("TRADE", key)->id, {Instant::Max(), 1}, {}, &fold).ok());
    EXPECT_THAT(fold.cells(), SizeIs(std::string(key) == "CN.BY.X" ? 2 : 1));
  }
}

// ---- Replace and delete

TEST_P(StoreContract, ReplaceWithdrawsEveryOtherCellOfItsScope) {
  Push(
      "release GACC a 2025-08-07T00:00:00Z\n merge TRADE\n CN.RU.X 2025-06 5\n CN.RU.X 2025-07 6\n CN.RU.M "
      "2025-07 4\n"
      "CN.BY.X 2025-07 1");
  Push(
      "release GACC b 2025-09-07T00:00:00Z\n replace TRADE CN.RU. 2025-07..2025-12\n CN.RU.X 2025-07 6\n"
      "CN.RU.X 2025-08 7");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-06 5 step 1 A/F seq 1"),
                                           // Stated again: it has not been away.
                                           "2025-07 6 step 1 A/F seq 2 at 2025-09-07T00:00:00Z since "
                                           "2025-08-07T00:00:00Z",
                                           StartsWith("2025-08 7 step 1 A/F seq 2")));
  EXPECT_THAT(Read("CN.RU.M"), ElementsAre("2025-07 (WITHDRAWN) A/F seq 2 at 2025-09-07T00:00:00Z since "
                                           "2025-09-07T00:00:00Z"));
  EXPECT_THAT(Read("CN.BY.X"), ElementsAre(StartsWith("2025-07 1 step 1 A/F seq 1")));
  EXPECT_THAT(Read("CN.RU.M", Instant::Max(), 1), ElementsAre(StartsWith("2025-07 4")));
  EXPECT_THAT(Read("CN.RU.M", EndOf("2025-08-31"), 2), ElementsAre(StartsWith("2025-07 4")));
}

TEST_P(StoreContract, DeleteWithdrawsAScopeOrListedCells) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-06 5\n CN.RU.X 2025-07 6\n CN.BY.X 2025-07 1");
  Push("release GACC b 2025-09-07\n delete TRADE CN.RU.X ..2025-06");
  Push("release GACC c 2025-10-07\n delete TRADE\n CN.BY.X 2025-07 123 note=gone");
  EXPECT_THAT(Read("CN.RU.X"),
              ElementsAre(StartsWith("2025-06 (WITHDRAWN) A/F seq 2"), StartsWith("2025-07 6")));
  EXPECT_THAT(Read("CN.BY.X"), ElementsAre(StartsWith("2025-07 (WITHDRAWN) A/F [|gone] seq 3")));
}

TEST_P(StoreContract, AScopeStandsInPublishedOrderNotInThatOfArrival) {
  Push("release GACC c 2025-10-07\n merge TRADE\n CN.RU.X 2025-07 7");
  Push("release GACC b 2025-09-07\n delete TRADE *");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 7")));
  EXPECT_THAT(Read("CN.RU.X", EndOf("2025-09-30"), 2), IsEmpty());
  // Of a value that arrives last, published before the scope, the scope holds.
  Push(
      "release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-06 5\n CN.RU.X 2025-07 6\n NEW.RU.X 2025-07 1");
  EXPECT_THAT(Read("CN.RU.X"),
              ElementsAre(StartsWith("2025-06 (WITHDRAWN) A/F seq 2"), StartsWith("2025-07 7")));
  EXPECT_THAT(Read("NEW.RU.X"), ElementsAre(StartsWith("2025-07 (WITHDRAWN) A/F seq 2")));
  EXPECT_THAT(Read("CN.RU.X", EndOf("2025-08-31"), 3),
              ElementsAre(StartsWith("2025-06 5"), StartsWith("2025-07 6")));
}

TEST_P(StoreContract, AScopeConcernsItsDatasetOnly) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6\n merge PRICES\n OIL.T 2025-07 500");
  Push("release GACC b 2025-09-07\n delete PRICES *");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 6")));
  EXPECT_THAT(Cells(store(), "PRICES", "OIL.T"), ElementsAre(StartsWith("2025-07 (WITHDRAWN)")));
}

TEST_P(StoreContract, WithdrawingAgainMovesTheStatementNotTheTime) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  Push("release GACC b 2025-09-07T00:00:00Z\n delete TRADE *");
  Push("release GACC c 2025-10-07T00:00:00Z\n delete TRADE *");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre("2025-07 (WITHDRAWN) A/F seq 3 at 2025-10-07T00:00:00Z since "
                                           "2025-09-07T00:00:00Z"));
}

TEST_P(StoreContract, SectionsSpeakInTheirOrder) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6\n CN.BY.X 2025-07 6\n CN.KZ.X 2025-07 6");
  Push(
      "release GACC b 2025-09-07\n merge TRADE\n CN.BY.X 2025-07 7\n delete TRADE CN.RU+BY.\n merge TRADE\n"
      "CN.RU.X 2025-07 8");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 8")));
  EXPECT_THAT(Read("CN.BY.X"), ElementsAre(StartsWith("2025-07 (WITHDRAWN)")));
  EXPECT_THAT(Read("CN.KZ.X"), ElementsAre(StartsWith("2025-07 6")));
}

// ---- Retraction

TEST_P(StoreContract, ARetractedReleaseCountsNowhereFromThereOn) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  const PushOutcome wrong =
      Push("release GACC b 2025-09-07\n merge TRADE\n CN.RU.X 2025-07 600\n CN.RU.X 2025-08 7");
  const LogEntry retraction = Retract("b");
  EXPECT_EQ(retraction.sequence, 3u);
  EXPECT_EQ(retraction.retracts, 2u);
  EXPECT_EQ(retraction.header.agency, "GACC");
  EXPECT_EQ(retraction.header.release_id, "b");
  EXPECT_EQ(retraction.header.title, "wrong file");
  EXPECT_EQ(retraction.header.published_at, wrong.entry.header.published_at);
  EXPECT_EQ(retraction.parts, 0u);
  EXPECT_EQ(store().GetEntry(2)->retracted_by, 3u);
  EXPECT_EQ(store().FindRelease("GACC", "b")->sequence, 2u);
  EXPECT_EQ(support::ToText(*store().GetEntry(3)), support::ToText(retraction));

  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 6 ")));
  EXPECT_THAT(Read("CN.RU.X", EndOf("2025-12-31"), 3), ElementsAre(StartsWith("2025-07 6 ")));
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 2),
              ElementsAre(StartsWith("2025-07 600"), StartsWith("2025-08 7")));
  EXPECT_THAT(Observations(store(), 2), SizeIs(2));
  EXPECT_TRUE(store().VerifyAll().ok());
}

TEST_P(StoreContract, ARetractedScopeCountsNowhereEither) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  Push("release GACC b 2025-09-07\n delete TRADE *");
  Retract("b");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 6")));
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 2), ElementsAre(StartsWith("2025-07 (WITHDRAWN)")));
  Retract("a");
  EXPECT_THAT(Read("CN.RU.X"), IsEmpty());
}

TEST_P(StoreContract, RetractionsAreRefusedWhereThereIsNothingToRetract) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  const absl::Status unknown = store().Retract("GACC", "b", "", Instant()).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(unknown), Reason::kReleaseNotFound);
  Retract("a");
  // Twice; and so is the retraction itself, which goes by the same name.
  const absl::Status twice = store().Retract("GACC", "a", "", Instant()).status();
  EXPECT_EQ(twice.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(twice), Reason::kReleaseRetracted);
  EXPECT_EQ(DetailsOf(twice).metadata.at("retracted_by"), "2");
  EXPECT_EQ(store().head(), 2u);
}

TEST_P(StoreContract, ARetractedReleaseIsStillKnownByItsId) {
  const std::string text = "release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6";
  Push(text);
  Retract("a");
  EXPECT_TRUE(Push(text).replayed);
  EXPECT_EQ(store().head(), 2u);
  EXPECT_THAT(Read("CN.RU.X"), IsEmpty());
  EXPECT_EQ(
      ReasonOf(
          support::Push(store(), "release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 7").status()),
      Reason::kReleaseConflict);
  // Under another id it counts again.
  EXPECT_EQ(Push("release GACC a-again 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6").twin, "GACC/a");
  EXPECT_THAT(Read("CN.RU.X"), SizeIs(1));
}

// ---- Statements and histories

TEST_P(StoreContract, StatementsComeInVisibilityOrderWithScopesAndWhatWasRetracted) {
  Push(
      "release GACC b 2025-09-07T00:00:00Z\n merge TRADE\n CN.RU.X 2025-06 1\n replace TRADE CN.. "
      "2025-07..2025-08\n"
      "CN.RU.X 2025-07 2\n CN.RU.X 2025-08 3");
  Push(
      "release GACC a 2025-08-07T00:00:00Z\n merge TRADE\n CN.RU.X 2025-07 1 source=s note=n\n CN.BY.X "
      "2025-07 1");
  Push("release GACC c 2025-08-07T00:00:00Z\n delete TRADE US..");
  Retract("b");
  const Lines all = {"2025-08-07T00:00:00Z seq 2 section 0: 2025-07 1 step 1 A/F [s|n]",
                     "2025-09-07T00:00:00Z seq 1 section 0 retracted by 4: 2025-06 1 step 1 A/F",
                     "2025-09-07T00:00:00Z seq 1 section 1 retracted by 4: scope 2025-07..2025-08",
                     "2025-09-07T00:00:00Z seq 1 section 1 retracted by 4: 2025-07 2 step 1 A/F",
                     "2025-09-07T00:00:00Z seq 1 section 1 retracted by 4: 2025-08 3 step 1 A/F"};
  EXPECT_EQ(Statements(store(), "TRADE", "CN.RU.X", 4), all);
  EXPECT_THAT(Statements(store(), "TRADE", "CN.RU.X", 3), SizeIs(5));
  EXPECT_THAT(Statements(store(), "TRADE", "CN.RU.X", 3)[1], Not(HasSubstr("retracted")));
  EXPECT_THAT(Statements(store(), "TRADE", "CN.RU.X", 1), SizeIs(4));
  EXPECT_THAT(Statements(store(), "TRADE", "CN.RU.X", 0), IsEmpty());
  EXPECT_THAT(Statements(store(), "TRADE", "CN.RU.X", 4, {MonthOf("2025-08"), std::nullopt}),
              ElementsAre(all[2], all[4]));
}

TEST_P(StoreContract, AHistoryTellsBothKindsOfChange) {
  Push("release GACC b 2025-09-07T00:00:00Z\n merge TRADE\n CN.RU.X 2025-07 9");
  Push("release GACC a 2025-08-07T00:00:00Z\n merge TRADE\n CN.RU.X 2025-07 6");
  EXPECT_THAT(History(store(), "TRADE", "CN.RU.X", {Instant::Max(), 2}, HistoryType::kAll),
              ElementsAre(AllOf(StartsWith("2025-07 6"), HasSubstr("NEW/BACKFILLED")),
                          AllOf(StartsWith("2025-07 9"), HasSubstr("REVISED/NEW"))));
}

// ---- The log

TEST_P(StoreContract, EntriesAreListedByDatasetAndInPages) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  Push("release GACC b 2025-08-07\n merge PRICES\n OIL.T 2025-07 6");
  Push("release GACC c 2025-08-07\n merge PRICES\n OIL.T 2025-08 6\n delete TRADE US..");
  Retract("b");
  const auto sequences = [&](std::string_view dataset, Sequence after, std::size_t limit) {
    const absl::StatusOr<std::vector<LogEntry>> entries = store().ListEntries(dataset, after, limit);
    EXPECT_TRUE(entries.ok()) << entries.status();
    std::vector<Sequence> result;
    for (const LogEntry& e : *entries) {
      EXPECT_EQ(support::ToText(e), support::ToText(*store().GetEntry(e.sequence)));
      result.push_back(e.sequence);
    }
    return result;
  };
  EXPECT_THAT(sequences("", 0, 100), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(sequences("", 1, 2), ElementsAre(2, 3));
  EXPECT_THAT(sequences("", 4, 2), IsEmpty());
  EXPECT_THAT(sequences("TRADE", 0, 100), ElementsAre(1, 3));
  EXPECT_THAT(sequences("PRICES", 0, 100), ElementsAre(2, 3, 4));  // the retraction with what it retracts
  EXPECT_THAT(sequences("PRICES", 2, 1), ElementsAre(3));
  EXPECT_THAT(sequences("PRICES", 3, 1), ElementsAre(4));
}

TEST_P(StoreContract, PartsGiveEverythingInCanonicalOrder) {
  // '-' sorts before '.', but codes are compared one by one.
  std::string text = "release GACC big 2025-08-07\n merge TRADE\n";
  Lines first, second;
  for (const std::string key : {"CN-1.A.X", "CN.B.X", "CN.RU.X"}) {
    for (int year = 1900; year < 2000; ++year) {
      for (const char* month : {"-01", "-02", "-03", "-04", "-05", "-06", "-07", "-08", "-09", "-10"}) {
        text += key + " " + std::to_string(year) + month + " 1." + std::to_string(year) + "\n";
      }
    }
  }
  text += "replace PRICES *\n OIL.T 2025-02 2\n OIL.T 2025-01 1 source=s note=n\n GAS.T 2025-02 2\n";
  const PushOutcome outcome = Push(text);
  EXPECT_EQ(outcome.entry.observations(), 3003u);
  const Lines all = Observations(store(), 1);
  ASSERT_THAT(all, SizeIs(3003));
  EXPECT_EQ(all[0], "0 CN.B.X 1900-01 1.1900 step 0.0001 A/F");
  EXPECT_EQ(all[1], "0 CN.B.X 1900-02 1.1900 step 0.0001 A/F");
  EXPECT_EQ(all[1000], "0 CN.RU.X 1900-01 1.1900 step 0.0001 A/F");
  EXPECT_EQ(all[2000], "0 CN-1.A.X 1900-01 1.1900 step 0.0001 A/F");
  EXPECT_EQ(all[2999], "0 CN-1.A.X 1999-10 1.1999 step 0.0001 A/F");
  EXPECT_THAT(Lines(all.begin() + 3000, all.end()),
              ElementsAre("1 GAS.T 2025-02 2 step 1 A/F", "1 OIL.T 2025-01 1 step 1 A/F [s|n]",
                          "1 OIL.T 2025-02 2 step 1 A/F"));
  EXPECT_FALSE(store().ReadPart(1, outcome.entry.parts).ok());
  EXPECT_EQ(ReasonOf(store().ReadPart(2, 0).status()), Reason::kSequenceAhead);
  EXPECT_THAT(Read("CN.RU.X"), SizeIs(1000));
}

TEST_P(StoreContract, TokensAreVerified) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  Push("release GACC b 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 7");
  for (Sequence sequence : {0, 1, 2}) {
    const absl::StatusOr<ResumePoint> point = store().PointAt(sequence);
    ASSERT_TRUE(point.ok()) << point.status();
    EXPECT_EQ(point->sequence, sequence);
    EXPECT_EQ(point->log, store().log_id());
    EXPECT_TRUE(store().Verify(*point).ok());
    EXPECT_EQ(*DecodeToken(EncodeToken(*point)), *point);
    if (sequence > 0) {
      const Digest chain = store().GetEntry(sequence)->chain;
      EXPECT_TRUE(std::equal(point->chain.begin(), point->chain.end(), chain.begin()));
    }
  }
  EXPECT_FALSE(store().PointAt(3).ok());
  const ResumePoint good = *store().PointAt(2);
  const auto verify = [&](ResumePoint point) {
    const absl::Status status = store().Verify(point);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    return ReasonOf(status);
  };
  ResumePoint foreign = good, ahead = good, forked = good, forked_origin = *store().PointAt(0);
  foreign.log[15] ^= 1;
  ahead.sequence = 3;
  forked.chain[7] ^= 1;
  forked_origin.chain[0] ^= 1;
  EXPECT_EQ(verify(foreign), Reason::kForeignToken);
  EXPECT_EQ(verify(ahead), Reason::kTokenAhead);
  EXPECT_EQ(verify(forked), Reason::kForkedToken);
  EXPECT_EQ(verify(forked_origin), Reason::kForkedToken);
  // Of another history: the same ids in another order.
  const std::unique_ptr<Store> other = NewMemoryStore(store().log_id());
  ASSERT_TRUE(other->PutDataset(MakeDataset("TRADE", "reporter partner flow")).ok());
  ASSERT_TRUE(support::Push(*other, "release GACC b 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 7").ok());
  ASSERT_TRUE(support::Push(*other, "release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6").ok());
  EXPECT_EQ(verify(*other->PointAt(2)), Reason::kForkedToken);
}

TEST_P(StoreContract, TheListenerHearsEveryHeadInOrder) {
  std::vector<Sequence> heard;
  store().SetHeadListener([&](Sequence head) { heard.push_back(head); });
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");  // again
  Retract("a");
  auto upload = BeginUpload("release GACC u 2025-08-07");
  ASSERT_TRUE(upload->BeginSection(Merge()).ok());
  ASSERT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-07", "6")}}).ok());
  ASSERT_TRUE(upload->Commit().ok());
  store().SetHeadListener(nullptr);
  Push("release GACC b 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 6");
  EXPECT_THAT(heard, ElementsAre(1, 2, 3));
}

TEST_P(StoreContract, ConcurrentPushesAreAllAcceptedOneAfterTheOther) {
  constexpr int kThreads = 4;
  constexpr int kPushes = 25;
  std::mutex mutex;
  std::vector<Sequence> heard, answered;
  store().SetHeadListener([&](Sequence head) {
    const std::lock_guard lock(mutex);
    heard.push_back(head);
  });
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kPushes; ++i) {
        const std::string number = std::to_string(thread * kPushes + i);
        const absl::StatusOr<PushOutcome> outcome = support::Push(
            store(), "release GACC r" + number + " 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 " + number +
                         "\n CN.T" + std::to_string(thread) + ".X 2025-07 " + number);
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        // What is acknowledged is visible to whoever got the answer.
        EXPECT_GE(store().head(), outcome->entry.sequence);
        EXPECT_THAT(Read("CN.RU.X", Instant::Max(), outcome->entry.sequence),
                    ElementsAre(StartsWith("2025-07 " + number + " ")));
        const std::lock_guard lock(mutex);
        answered.push_back(outcome->entry.sequence);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  store().SetHeadListener(nullptr);
  std::vector<Sequence> dense;
  for (Sequence s = 1; s <= kThreads * kPushes; ++s) dense.push_back(s);
  std::sort(answered.begin(), answered.end());
  EXPECT_EQ(answered, dense);
  EXPECT_EQ(store().head(), dense.back());
  // A head that stands for several is no fault: heads are a state, not an event. But they ascend to the last.
  EXPECT_TRUE(std::is_sorted(heard.begin(), heard.end()));
  EXPECT_EQ(heard, dense);
  EXPECT_THAT(SeriesKeys(store(), "TRADE"), SizeIs(kThreads + 1));
  EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
}

TEST_P(StoreContract, ConcurrentPushesOfOneReleaseAreAcceptedOnce) {
  std::mutex mutex;
  int first_answers = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) {
        const absl::StatusOr<PushOutcome> outcome = support::Push(
            store(), "release GACC r" + std::to_string(i) + " 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1");
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        const std::lock_guard lock(mutex);
        first_answers += outcome->replayed ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(first_answers, 10);
  EXPECT_EQ(store().head(), 10u);
}

TEST_P(StoreContract, AReaderSeesWholeReleasesWhileOthersWrite) {
  // Every release states one number in two series; no reader may ever see two numbers.
  constexpr int kReleases = 60;
  const std::string numbers_of[] = {"CN.BY.X", "CN.RU.X"};
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&] {
      std::map<Sequence, Lines> seen;
      Sequence last = 0;
      while (!done) {
        const Sequence head = store().head();
        EXPECT_GE(head, last);
        last = head;
        if (head == 0) continue;
        const Lines one = Read(numbers_of[0], Instant::Max(), head);
        EXPECT_EQ(one, Read(numbers_of[1], Instant::Max(), head));
        EXPECT_THAT(one, SizeIs(1));
        // Asked again there, the same.
        EXPECT_EQ(seen.try_emplace(head, one).first->second, one);
        const auto& [earlier, then] = *seen.begin();
        EXPECT_EQ(Read(numbers_of[0], Instant::Max(), earlier), then);
      }
    });
  }
  const auto write = [&](int writer) {
    for (int i = 0; i < kReleases; ++i) {
      const std::string number = std::to_string(writer * kReleases + i);
      const Release release = MakeRelease(
          store(), absl::StrCat("release GACC r", number, " 2025-08-07\n merge TRADE\n CN.BY.X 2025-07 ",
                                number, " note=n", number, "\n CN.RU.X 2025-07 ", number, " note=n", number));
      const absl::StatusOr<PushOutcome> outcome =
          i % 3 == 0 ? support::UploadRelease(store(), release) : store().Push(release, Instant());
      EXPECT_TRUE(outcome.ok()) << outcome.status();
      if (i % 10 == 9) {
        EXPECT_TRUE(store().Retract("GACC", "r" + number, "", Instant()).ok());
      }
    }
  };
  std::thread other([&] { write(1); });
  write(0);
  other.join();
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(store().head(), 2u * (kReleases + kReleases / 10));
  EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
}

// ---- The catalogue

TEST_P(StoreContract, SeriesAreListedInCanonicalOrderBySelectorAndInPages) {
  Push(
      "release GACC a 2025-08-07\n merge TRADE\n CN-1.RU.X 2025-07 1\n CN.RU.X 2025-07 1\n CN.RU.M 2025-07 "
      "1\n"
      "CN.BY.X 2025-07 1\n US.RU.X 2025-07 1\n merge PRICES\n OIL.T 2025-07 1");
  EXPECT_THAT(SeriesKeys(store(), "TRADE"),
              ElementsAre("CN.BY.X", "CN.RU.M", "CN.RU.X", "CN-1.RU.X", "US.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "PRICES"), ElementsAre("OIL.T"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "CN.."), ElementsAre("CN.BY.X", "CN.RU.M", "CN.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", ".RU."),
              ElementsAre("CN.RU.M", "CN.RU.X", "CN-1.RU.X", "US.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "CN+US.RU.X"), ElementsAre("CN.RU.X", "US.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "CN.RU.X"), ElementsAre("CN.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "CN.KZ.X"), IsEmpty());
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "", "", 2), ElementsAre("CN.BY.X", "CN.RU.M"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "", "CN.RU.M", 2), ElementsAre("CN.RU.X", "CN-1.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "", "CN-1.RU.X", 2), ElementsAre("US.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "", "CN.RU.N", 1),
              ElementsAre("CN.RU.X"));  // a key that is not there
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "..X", "CN.RU.X", 9), ElementsAre("CN-1.RU.X", "US.RU.X"));
  EXPECT_THAT(SeriesKeys(store(), "TRADE", "", "US.RU.X", 2), IsEmpty());
  EXPECT_THAT(SeriesKeys(store(), "NOBODY"), ElementsAre(HasSubstr("DATASET_NOT_FOUND")));
}

TEST_P(StoreContract, SeriesIdsAreDenseStableAndGoBackToTheirKeys) {
  Push(
      "release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1\n CN.BY.X 2025-07 1\n merge PRICES\n "
      "OIL.T 2025-07 1");
  const SeriesEntry first = *store().FindSeries("TRADE", "CN.RU.X");
  EXPECT_EQ(first.key, "CN.RU.X");
  Push("release GACC b 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1\n CN.AA.X 2025-07 1");
  EXPECT_EQ(store().FindSeries("TRADE", "CN.RU.X")->id, first.id);
  std::vector<std::uint32_t> ids;
  for (const auto& [dataset, key] : std::vector<std::pair<std::string, std::string>>{
           {"TRADE", "CN.RU.X"}, {"TRADE", "CN.BY.X"}, {"TRADE", "CN.AA.X"}, {"PRICES", "OIL.T"}}) {
    const absl::StatusOr<SeriesEntry> series = store().FindSeries(dataset, key);
    ASSERT_TRUE(series.ok()) << series.status();
    ids.push_back(static_cast<std::uint32_t>(series->id));
    EXPECT_EQ(*store().KeyOf(series->id), key);
  }
  EXPECT_THAT(ids, UnorderedElementsAre(1, 2, 3, 4));
  EXPECT_EQ(ReasonOf(store().FindSeries("TRADE", "CN.KZ.X").status()), Reason::kSeriesNotFound);
  EXPECT_EQ(ReasonOf(store().FindSeries("PRICES", "CN.RU.X").status()), Reason::kSeriesNotFound);
  EXPECT_FALSE(store().FindSeries("NOBODY", "CN.RU.X").ok());
  EXPECT_FALSE(store().KeyOf(SeriesId{0}).ok());
  EXPECT_FALSE(store().KeyOf(SeriesId{5}).ok());
}

TEST_P(StoreContract, WhileNoSeriesComesInTheirNumberStands) {
  EXPECT_EQ(store().CountSeries(), 0u);
  Push("release GACC r1 2025-02-07\nmerge TRADE\nCN.RU.X 2025-01 1.0\nCN.RU.M 2025-01 2.0");
  EXPECT_EQ(store().CountSeries(), 2u);
  Push("release GACC r2 2025-03-07\nmerge TRADE\nCN.RU.X 2025-01 1.1");
  EXPECT_EQ(store().CountSeries(), 2u);
  Push("release GACC r3 2025-03-08\nmerge PRICES\nOIL.USD 2025-01 70.5");
  EXPECT_EQ(store().CountSeries(), 3u);
}

TEST_P(StoreContract, AnEntryTellsWhenItWasPublished) {
  Push("release GACC r1 2025-02-07T03:00:00Z\nmerge TRADE\nCN.RU.X 2025-01 1.0");
  Push("release GACC r2 2025-01-07\nmerge TRADE\nCN.RU.X 2025-01 1.1");
  EXPECT_EQ(store().PublishedAt(1).value(), At("2025-02-07T03:00:00Z"));
  EXPECT_EQ(store().PublishedAt(2).value(), EndOf("2025-01-07"));
  Retract("r1");
  EXPECT_EQ(store().PublishedAt(3).value(), store().GetEntry(3)->header.published_at.instant);
  EXPECT_EQ(store().PublishedAt(4).status().code(), store().GetEntry(4).status().code());
}

TEST_P(StoreContract, TextsAreInternedAndComeBack) {
  const std::string long_note(limits::kMaxNoteBytes, 'n');
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-05 1 source=http://a/b?c note=" + long_note +
       "\n CN.RU.X 2025-06 1 source=http://a/b?c\n CN.RU.X 2025-07 1 note=\xE4\xB8\xAD\xE5\x9B\xBD");
  EXPECT_EQ(*store().Text(0), "");
  SeriesFold fold;
  ASSERT_TRUE(
      store().ReadCells(store().FindSeries("TRADE", "CN.RU.X")->id, {Instant::Max(), 1}, {}, &fold).ok());
  const std::vector<CellState>& cells = fold.cells();
  ASSERT_THAT(cells, SizeIs(3));
  EXPECT_EQ(*store().Text(cells[0].source), "http://a/b?c");
  EXPECT_EQ(*store().Text(cells[0].note), long_note);
  EXPECT_EQ(cells[1].source, cells[0].source);
  EXPECT_EQ(cells[1].note, 0u);
  EXPECT_EQ(cells[2].source, 0u);
  EXPECT_EQ(*store().Text(cells[2].note), "\xE4\xB8\xAD\xE5\x9B\xBD");
  EXPECT_FALSE(store().Text(1'000'000).ok());
}

TEST_P(StoreContract, ADatasetIsPutAgainEvolvesOrConflicts) {
  const DatasetDefinition trade = MakeDataset("TRADE", "reporter partner flow");
  const absl::StatusOr<DatasetInfo> again = store().PutDataset(trade);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->version, 1u);

  DatasetDefinition retitled = trade;
  retitled.title = "Trade of China";
  const absl::StatusOr<DatasetInfo> second = store().PutDataset(retitled);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->version, 2u);
  EXPECT_EQ(store().GetDataset("TRADE")->version, 2u);
  EXPECT_EQ(store().GetDataset("TRADE")->definition, retitled);
  EXPECT_EQ(Push(kJuly).entry.sections[0].dataset_version, 2u);

  const absl::Status conflict = store().PutDataset(MakeDataset("TRADE", "reporter partner")).status();
  EXPECT_EQ(conflict.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(conflict), Reason::kDatasetConflict);
  EXPECT_THAT(DetailsOf(conflict).violations, Not(IsEmpty()));
  EXPECT_EQ(store().GetDataset("TRADE")->definition, retitled);

  DatasetDefinition invalid = trade;
  invalid.id = "NOT VALID";
  EXPECT_EQ(store().PutDataset(invalid).status().code(), absl::StatusCode::kInvalidArgument);

  EXPECT_EQ(ReasonOf(store().GetDataset("NOBODY").status()), Reason::kDatasetNotFound);
  std::vector<std::string> ids;
  for (const DatasetInfo& info : store().ListDatasets()) ids.push_back(info.definition.id);
  EXPECT_THAT(ids, ElementsAre("PRICES", "TRADE"));
  EXPECT_EQ(store().head(), 1u);  // definitions have no sequence
}

// ---- Uploads

TEST_P(StoreContract, AnUploadIsARelease) {
  const Release release = MakeRelease(store(), R"(
      release GACC up 2025-08-07 stage=flash title=T
      merge TRADE
      CN.RU.X 2025-05 1 source=s note=n
      CN.RU.X 2025-06 2 status=P
      CN.RU.X 2025-06/P2M 3
      CN.RU.X 2025-07 4
      US.RU.X 2025-07 5
      replace PRICES *
      OIL.T 2025-07 (NIL)
      delete TRADE CN.BY.
      CN.BY.M 2025-07 77 status=P)");
  const absl::StatusOr<PushOutcome> outcome = support::UploadRelease(store(), release);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->entry.sequence, 1u);
  EXPECT_EQ(outcome->entry.digest, DigestOf(release));
  EXPECT_EQ(outcome->entry.observations(), 7u);
  EXPECT_THAT(Read("CN.RU.X"), SizeIs(4));
  EXPECT_THAT(Read("CN.BY.M"), ElementsAre(StartsWith("2025-07 (WITHDRAWN) A/F")));
  EXPECT_THAT(Cells(store(), "PRICES", "OIL.T"), ElementsAre(StartsWith("2025-07 (NIL)")));
  // The same by Push is the same release.
  const absl::StatusOr<PushOutcome> pushed = store().Push(release, Instant());
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_TRUE(pushed->replayed);
  // And again by an upload.
  EXPECT_TRUE(support::UploadRelease(store(), release, 1)->replayed);
  EXPECT_EQ(store().head(), 1u);
  EXPECT_THAT(Observations(store(), 1), SizeIs(7));
  EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
}

TEST_P(StoreContract, AnUploadUnderAHeldIdConflicts) {
  Push(kJuly);
  auto upload = BeginUpload("release GACC july 2025-08-07");
  ASSERT_TRUE(upload->BeginSection(Merge()).ok());
  ASSERT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-07", "99")}}).ok());
  const absl::Status refused = upload->Commit().status();
  EXPECT_EQ(ReasonOf(refused), Reason::kReleaseConflict);
  EXPECT_THAT(DetailsOf(refused).metadata, SizeIs(::testing::Ge(2)));
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-01/P7M"), StartsWith("2025-07 6.10")));
  EXPECT_EQ(store().head(), 1u);
}

TEST_P(StoreContract, AnUploadOfManySeriesComesBackWhole) {
  std::string text = "release GACC up 2025-08-07\n merge TRADE\n";
  for (int series = 1000; series < 1100; ++series) {
    for (int month = 10; month <= 12; ++month) {
      absl::StrAppend(&text, "S", series, ".RU.X 2025-", month, " ", series * month, " note=n", series, "\n");
    }
  }
  const Release release = MakeRelease(store(), text);
  const absl::StatusOr<PushOutcome> outcome = support::UploadRelease(store(), release, 2);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->entry.digest, DigestOf(release));
  const Lines all = Observations(store(), 1);
  ASSERT_THAT(all, SizeIs(300));
  EXPECT_EQ(all[299], "0 S1099.RU.X 2025-12 13188 step 1 A/F [|n1099]");
  EXPECT_THAT(SeriesKeys(store(), "TRADE"), SizeIs(100));
  for (int series = 1000; series < 1100; ++series) {
    EXPECT_THAT(Read(absl::StrCat("S", series, ".RU.X")), SizeIs(3));
  }
  EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
}

TEST_P(StoreContract, AReleaseLargerThanAChunkOfTheLogComesBackWhole) {
  // Notes that differ and do not compress to nothing: about 1 MB in all.
  support::ReleaseDraft draft = support::ParseRelease("release GACC big 2025-08-07\n merge TRADE");
  for (int i = 0; i < 3000; ++i) {
    Observation o;
    o.series = SeriesKey::Parse(absl::StrCat("S", 100 + i / 30, ".RU.X")).value();
    o.period = Period::FromValid(MonthOf("2020-01") + i % 30, 1);
    o.datum = Datum::Value(Decimal::FromValidParts(i * 7919LL, i % 5));
    for (unsigned state = static_cast<unsigned>(i) + 1; o.note.size() < 350;) {
      state = state * 1664525u + 1013904223u;
      o.note.push_back(static_cast<char>('!' + (state >> 16) % 90));
    }
    draft.sections[0].observations.push_back(std::move(o));
  }
  const Release release = MakeRelease(store(), draft);
  ASSERT_TRUE(store().Push(release, Instant()).ok());
  draft.header.release_id = "big-again";
  const absl::StatusOr<PushOutcome> twin = support::UploadRelease(store(), MakeRelease(store(), draft), 30);
  ASSERT_TRUE(twin.ok()) << twin.status();
  EXPECT_EQ(twin->twin, "GACC/big");
  under_test_->Reopen();
  for (Sequence sequence = 1; sequence <= store().head(); ++sequence) {
    const Lines all = Observations(store(), sequence);
    ASSERT_THAT(all, SizeIs(3000));
    const std::vector<Observation>& given = release.sections()[0].observations;
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_THAT(
          all[i],
          AllOf(StartsWith(absl::StrCat("0 ", given[i].series.text(), " ", given[i].period.ToString(), " ")),
                HasSubstr(given[i].datum.ToString()), HasSubstr(given[i].note)));
    }
  }
  EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
}

TEST_P(StoreContract, AnUploadMustAscend) {
  const auto reason = [&](auto add) {
    auto upload = BeginUpload("release GACC up 2025-08-07");
    EXPECT_TRUE(upload->BeginSection(Merge()).ok());
    EXPECT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-05", "1"), Cell("2025-06", "1")}}).ok());
    absl::Status status = add(*upload);
    // A cell that stands in two sections may be found out at the end only.
    if (status.ok()) status = upload->Commit().status();
    EXPECT_FALSE(status.ok());
    // There is no way on.
    EXPECT_FALSE(upload->BeginSection(Merge()).ok());
    EXPECT_FALSE(upload->Add("ZZ.ZZ.X", {{Cell("2025-07", "1")}}).ok());
    EXPECT_FALSE(upload->Commit().ok());
    return ReasonOf(status);
  };
  EXPECT_EQ(reason([](Upload& u) { return u.Add("CN.RU.X", {{Cell("2025-04", "1")}}); }), Reason::kNotSorted);
  EXPECT_EQ(reason([](Upload& u) { return u.Add("CN.RU.X", {{Cell("2025-06", "1")}}); }),
            Reason::kDuplicateCell);
  EXPECT_EQ(reason([](Upload& u) {
              return u.Add("CN.RU.X", {{Cell("2025-08", "1"), Cell("2025-07", "1")}});
            }),
            Reason::kNotSorted);
  EXPECT_EQ(reason([](Upload& u) {
              return u.Add("CN.RU.X", {{Cell("2025-08", "1"), Cell("2025-08", "2")}});
            }),
            Reason::kDuplicateCell);
  EXPECT_EQ(reason([](Upload& u) { return u.Add("CN.BY.X", {{Cell("2025-07", "1")}}); }), Reason::kNotSorted);
  EXPECT_EQ(reason([](Upload& u) {
              EXPECT_TRUE(u.Add("CN-1.RU.X", {{Cell("2025-07", "1")}}).ok());  // code by code
              return u.Add("CN.RU.X", {{Cell("2025-07", "1")}});
            }),
            Reason::kNotSorted);
  EXPECT_EQ(reason([](Upload& u) {
              EXPECT_TRUE(u.BeginSection(Merge()).ok());
              return u.Add("CN.RU.X", {{Cell("2025-06", "1")}});
            }),
            Reason::kDuplicateCell);
  EXPECT_EQ(store().head(), 0u);
}

TEST_P(StoreContract, ASectionStartsTheOrderAfreshAndASeriesMayComeAgain) {
  auto upload = BeginUpload("release GACC up 2025-08-07");
  ASSERT_TRUE(upload->BeginSection(Merge()).ok());
  ASSERT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-06", "1")}}).ok());
  ASSERT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-07", "1")}}).ok());
  ASSERT_TRUE(upload->BeginSection(Merge()).ok());
  ASSERT_TRUE(upload->Add("CN.BY.X", {{Cell("2025-06", "1")}}).ok());
  ASSERT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-05", "1"), Cell("2025-06/P2M", "1")}}).ok());
  const absl::StatusOr<PushOutcome> outcome = upload->Commit();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(Read("CN.RU.X"), SizeIs(4));
}

TEST_P(StoreContract, AnUploadIsChecked) {
  const auto fields = [&](auto use) {
    auto upload = BeginUpload("release GACC up 2025-08-07");
    const absl::Status status = use(*upload);
    EXPECT_FALSE(status.ok());
    std::vector<std::string> names;
    for (const FieldViolation& v : DetailsOf(status).violations) names.push_back(v.field);
    return names;
  };
  const auto add = [&](std::string_view key, std::vector<StatedCell> cells) {
    return fields([&](Upload& u) {
      EXPECT_TRUE(u.BeginSection(Merge()).ok());
      return u.Add(key, cells);
    });
  };
  StatedCell bad_status = Cell("2025-07", "1"), bad_note = Cell("2025-08", "1");
  bad_status.attributes.status = '?';
  bad_note.note = "\xFF";
  EXPECT_THAT(add("CN.RU", {Cell("2025-07", "1")}), ElementsAre("series"));
  EXPECT_THAT(add("CN..X", {Cell("2025-07", "1")}), ElementsAre("series"));
  EXPECT_THAT(add("CN.R U.X", {Cell("2025-07", "1")}), ElementsAre("series"));
  EXPECT_THAT(add("CN.RU.X", {Cell("2025-06", "1"), bad_status}), ElementsAre(HasSubstr("cells[1].")));
  EXPECT_THAT(add("CN.RU.X", {Cell("2025-07", "1"), bad_note}), ElementsAre("cells[1].note"));
  fields([](Upload& u) { return u.Add("CN.RU.X", {{Cell("2025-07", "1")}}); });  // no section
  fields([](Upload& u) { return u.Commit().status(); });                         // nothing at all
  fields([](Upload& u) { return u.BeginSection({"NOBODY", Action::kMerge, std::nullopt}); });
  fields([](Upload& u) { return u.BeginSection({"TRADE", Action::kReplace, std::nullopt}); });
  fields([](Upload& u) {  // DELETE without a scope lists cells
    const absl::Status begun = u.BeginSection({"TRADE", Action::kDelete, std::nullopt});
    return begun.ok() ? u.Commit().status() : begun;
  });
  ReleaseHeader nameless = support::ParseRelease("release GACC x 2025-08-07").header;
  nameless.release_id.clear();
  auto refused = store().BeginUpload(nameless, Instant());
  EXPECT_FALSE(refused.ok() && (*refused)->Commit().ok());
  EXPECT_EQ(store().head(), 0u);
}

TEST_P(StoreContract, AnAbandonedUploadLeavesNothingVisible) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1");
  {
    auto upload = BeginUpload("release GACC up 2025-09-07");
    ASSERT_TRUE(upload->BeginSection({"TRADE", Action::kReplace, Scope{}}).ok());
    for (int series = 1000; series < 1200; ++series) {
      ASSERT_TRUE(
          upload->Add(absl::StrCat("AA.S", series, ".X"), {{Cell("2025-07", "9"), Cell("2025-08", "9")}})
              .ok());
    }
    ASSERT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-07", "9"), Cell("2025-08", "9")}}).ok());
    EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 1")));
  }
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(store().head(), 1u);
    EXPECT_THAT(Entries(store()), SizeIs(1));
    EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 1")));
    EXPECT_THAT(Statements(store(), "TRADE", "CN.RU.X", 1), SizeIs(1));
    EXPECT_THAT(Read("AA.S1000.X"), IsEmpty());
    EXPECT_FALSE(store().FindRelease("GACC", "up").ok());
    EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
    under_test_->Reopen();
  }
  // The id is free, the next sequence is the next.
  EXPECT_EQ(Push("release GACC up 2025-09-07\n merge TRADE\n AA.S1000.X 2025-07 5").entry.sequence, 2u);
  EXPECT_THAT(Read("AA.S1000.X"), ElementsAre(StartsWith("2025-07 5")));
}

TEST_P(StoreContract, WhatIsNoKeyIsNoSeries) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1");
  for (const std::string key : {"CN\x01RU.X", "CN.RU\x01X", "CN.RU", "CN.RU.X.", ""}) {
    EXPECT_EQ(DetailsOf(store().FindSeries("TRADE", key).status()).reason, Reason::kSeriesNotFound);
    auto upload = BeginUpload("release GACC up 2025-09-07");
    ASSERT_TRUE(upload->BeginSection(Merge()).ok());
    EXPECT_FALSE(upload->Add(key, {{Cell("2025-07", "9")}}).ok());
  }
}

// Numbers of its series may have been written, by the commits of others too; nobody ever sees them.
TEST_P(StoreContract, AnAbandonedUploadLeavesNoSeries) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1");
  auto upload = BeginUpload("release GACC up 2025-09-07");
  ASSERT_TRUE(upload->BeginSection(Merge()).ok());
  for (int series = 1000; series < 1200; ++series) {
    ASSERT_TRUE(upload->Add(absl::StrCat("AA.S", series, ".X"), {{Cell("2025-07", "9")}}).ok());
  }
  Push("release GACC b 2025-10-07\n merge TRADE\n CN.RU.M 2025-07 2");
  upload.reset();
  for (int round = 0; round < 2; ++round) {
    const auto listed = store().ListSeries("TRADE", Selector(), "", 1000);
    ASSERT_TRUE(listed.ok()) << listed.status();
    ASSERT_THAT(*listed, SizeIs(2));
    EXPECT_EQ(listed->front().key, "CN.RU.M");
    EXPECT_EQ(store().CountSeries(), 2u);
    EXPECT_EQ(store().Status().series, 2u);
    EXPECT_EQ(DetailsOf(store().FindSeries("TRADE", "AA.S1000.X").status()).reason, Reason::kSeriesNotFound);
    EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
    under_test_->Reopen();
  }
  // One of them comes after all; the others stay out.
  Push("release GACC up 2025-09-07\n merge TRADE\n AA.S1000.X 2025-07 5");
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(store().FindSeries("TRADE", "AA.S1000.X").ok());
    EXPECT_FALSE(store().FindSeries("TRADE", "AA.S1001.X").ok());
    EXPECT_EQ(store().CountSeries(), 3u);
    EXPECT_THAT(Read("AA.S1000.X"), ElementsAre(StartsWith("2025-07 5")));
    under_test_->Reopen();
  }
}

TEST_P(StoreContract, PushesGoOnWhileAnUploadIsUnderWay) {
  Push("release GACC a 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 1");
  auto upload = BeginUpload("release GACC up 2025-08-07");
  ASSERT_TRUE(upload->BeginSection(Merge()).ok());
  for (int series = 1000; series < 1100; ++series) {
    ASSERT_TRUE(
        upload->Add(absl::StrCat("CN.A", series, ".X"), {{Cell("2025-07", "9"), Cell("2025-08", "9")}}).ok());
  }
  Push(
      "release GACC b 2025-08-07\n merge TRADE\n CN.RU.X 2025-07 2\n CN.NEW.X 2025-07 2\n CN.A1000.X 2025-07 "
      "2");
  ASSERT_TRUE(upload->Add("CN.NEW.X", {{Cell("2025-07", "3")}}).ok());
  ASSERT_TRUE(upload->Add("CN.RU.X", {{Cell("2025-07", "3")}}).ok());
  Retract("b");
  const absl::StatusOr<PushOutcome> outcome = upload->Commit();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  // It counts as accepted when it is committed, after everything pushed meanwhile.
  EXPECT_EQ(outcome->entry.sequence, 4u);
  Push("release GACC c 2025-08-07\n merge TRADE\n CN.A1000.X 2025-08 10");
  EXPECT_THAT(Read("CN.RU.X"), ElementsAre(StartsWith("2025-07 3 step 1 A/F seq 4")));
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 2), ElementsAre(StartsWith("2025-07 2")));
  EXPECT_THAT(Read("CN.RU.X", Instant::Max(), 3), ElementsAre(StartsWith("2025-07 1")));
  EXPECT_THAT(Read("CN.NEW.X"), ElementsAre(StartsWith("2025-07 3")));
  EXPECT_THAT(Read("CN.A1000.X"), ElementsAre(StartsWith("2025-07 9"), StartsWith("2025-08 10")));
  EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
}

TEST_P(StoreContract, TwoUploadsMayNameTheSameNewSeriesAndOnlyOneCommit) {
  for (const bool first_commits : {true, false}) {
    const std::string key = first_commits ? "NEW.A.X" : "NEW.B.X";
    const std::string note = first_commits ? "text-a" : "text-b";
    auto first = BeginUpload("release GACC first-" + key + " 2025-08-07");
    auto second = BeginUpload("release GACC second-" + key + " 2025-08-07");
    for (Upload* upload : {first.get(), second.get()}) {
      StatedCell cell = Cell("2025-07", upload == first.get() ? "1" : "2");
      cell.note = note;
      ASSERT_TRUE(upload->BeginSection(Merge()).ok());
      ASSERT_TRUE(upload->Add(key, {{cell}}).ok());
      for (int i = 1000; i < 1100; ++i) {
        ASSERT_TRUE(upload->Add("NEWER.S" + std::to_string(i) + "." + note, {{cell}}).ok());
      }
    }
    (first_commits ? second : first).reset();
    const absl::StatusOr<PushOutcome> outcome = (first_commits ? first : second)->Commit();
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    for (int round = 0; round < 2; ++round) {
      const std::string expected =
          first_commits ? "2025-07 1 step 1 A/F [|text-a]" : "2025-07 2 step 1 A/F [|text-b]";
      EXPECT_THAT(Read(key), ElementsAre(StartsWith(expected)));
      EXPECT_THAT(Read("NEWER.S1099." + note), ElementsAre(StartsWith(expected)));
      EXPECT_EQ(*store().KeyOf(store().FindSeries("TRADE", key)->id), key);
      EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
      first.reset();
      second.reset();
      under_test_->Reopen();
    }
  }
}

TEST_P(StoreContract, UploadsAreFewAtATime) {
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < limits::kMaxConcurrentUploads; ++i) {
    uploads.push_back(BeginUpload("release GACC up" + std::to_string(i) + " 2025-08-07"));
  }
  const auto begin = [&] {
    return store().BeginUpload(support::ParseRelease("release GACC more 2025-08-07").header, Instant());
  };
  const absl::Status refused = begin().status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused), Reason::kLimitExceeded);
  uploads.pop_back();
  EXPECT_TRUE(begin().ok());
}

// ---- The whole

TEST_P(StoreContract, StatusCounts) {
  Push(kJuly);
  Push("release GACC b 2025-08-07\n merge PRICES\n OIL.T 2025-07 6");
  Retract("b");
  const StoreStatus status = store().Status();
  EXPECT_EQ(status.head, 3u);
  EXPECT_EQ(status.series, 3u);
  EXPECT_EQ(status.observations, 4u);
  EXPECT_TRUE(status.accepting);
}

TEST_P(StoreContract, EverythingAcceptedOutlivesTheProcess) {
  if (!under_test_->durable()) GTEST_SKIP() << "keeps nothing by design";
  Push(kJuly);
  Push("release GACC b 2025-09-07\n replace TRADE CN.. 2025-07..\n CN.RU.X 2025-07 7 note=after");
  Retract("july");
  ASSERT_TRUE(
      support::UploadRelease(
          store(),
          MakeRelease(store(), "release GACC up 2025-10-07\n merge PRICES\n OIL.T 2025-07 6 source=s"))
          .ok());
  const auto everything = [&] {
    Lines all = Entries(store());
    for (const Lines& more : {Read("CN.RU.X"), Read("CN.BY.X"), Read("CN.RU.X", Instant::Max(), 2),
                              Cells(store(), "PRICES", "OIL.T"), SeriesKeys(store(), "TRADE"),
                              Statements(store(), "TRADE", "CN.RU.X", 3), Observations(store(), 1),
                              Lines{EncodeToken(*store().PointAt(4)), ToHex(store().log_id())}}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  };
  const Lines before = everything();
  const LogEntry entry = *store().GetEntry(1);
  for (int round = 0; round < 2; ++round) {
    under_test_->Reopen();
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(store().GetEntry(1)->accepted_at, entry.accepted_at);
    EXPECT_EQ(store().GetEntry(1)->parts, entry.parts);
    EXPECT_EQ(store().head(), 4u);
    EXPECT_EQ(store().Status().observations, 5u);
    EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
    EXPECT_TRUE(Push(kJuly).replayed);
  }
  EXPECT_EQ(Push("release GACC next 2025-09-07\n merge TRADE\n CN.RU.X 2025-07 8").entry.sequence, 5u);
}

}  // namespace
}  // namespace tidewaiter::storage
