// Taking in: what a header's words become, what is refused and how it is named, and what a dry run foretells.
#include "daemon/engine/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/engine/zones.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "tests/daemon/engine/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class IntakeTest : public ::testing::Test {
 protected:
  IntakeTest() {
    DatasetDefinition trade = support::MakeDataset("TRADE", "partner flow");
    trade.time_zone = "Asia/Shanghai";
    EXPECT_TRUE(intake_.PutDataset(trade).ok());
    DatasetDefinition other = support::MakeDataset("OTHER", "flow");
    other.publisher = "FCS";
    EXPECT_TRUE(intake_.PutDataset(other).ok());
  }

  static HeaderInput On(std::string_view day, std::string id = "r1") {
    HeaderInput header;
    header.release_id = std::move(id);
    header.published_on = ParseDay(day).value();
    return header;
  }
  static HeaderInput At(std::string_view instant, std::string id = "r1") {
    HeaderInput header;
    header.release_id = std::move(id);
    header.published_at = Instant::Parse(instant).value();
    return header;
  }
  static std::vector<Release::Section> Sections(std::string_view text) {
    return support::ParseRelease(text).sections;
  }
  static std::vector<Release::Section> One() { return Sections("merge TRADE\nRU.X 2025-07 6.1"); }

  std::vector<std::string> Refused(const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    details_ = DetailsOf(status);
    code_ = status.code();
    message_ = std::string(status.message());
    std::vector<std::string> fields;
    for (const FieldViolation& violation : details_.violations) fields.push_back(violation.field);
    return fields;
  }
  // Push and DryRun refuse alike.
  std::vector<std::string> Refused(const HeaderInput& header, const std::vector<Release::Section>& sections) {
    const absl::Status pushed = intake_.Push(header, sections).status();
    EXPECT_EQ(pushed, intake_.DryRun(header, sections).status());
    EXPECT_EQ(store_->head(), head_) << "what is refused changes nothing";
    return Refused(pushed);
  }
  storage::PushOutcome Accepted(const HeaderInput& header, const std::vector<Release::Section>& sections) {
    auto outcome = intake_.Push(header, sections);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    head_ = store_->head();
    return *std::move(outcome);
  }

  std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore({1});
  FakeClock clock_{"2025-08-07T04:00:00Z"};
  Intake intake_{store_.get(), &clock_};
  Sequence head_ = 0;
  ErrorDetails details_;  // of the last refusal
  absl::StatusCode code_ = absl::StatusCode::kOk;
  std::string message_;
};

// ---- Headers

TEST_F(IntakeTest, ADayEndsWhereThePublisherIs) {
  const auto outcome = Accepted(On("2025-08-07"), One());
  EXPECT_EQ(outcome.entry.header.published_at.instant.ToString(), "2025-08-07T15:59:59.999999Z");
  EXPECT_EQ(outcome.entry.header.published_at.day, absl::CivilDay(2025, 8, 7));
  EXPECT_EQ(outcome.entry.accepted_at, clock_.Now());
}

TEST_F(IntakeTest, AnInstantIsTakenAsItIs) {
  const auto outcome = Accepted(At("2025-08-07T11:00:00+08:00"), One());
  EXPECT_EQ(outcome.entry.header.published_at,
            PublishedAt::At(Instant::Parse("2025-08-07T03:00:00Z").value()));
}

TEST_F(IntakeTest, TheAgencyIsByDefaultWhoPublishesTheFirstDataset) {
  EXPECT_EQ(
      Accepted(On("2025-08-07", "a"), Sections("merge OTHER\nX 2025-07 1\nmerge TRADE\nRU.X 2025-07 6.1"))
          .entry.header.agency,
      "FCS");
  EXPECT_EQ(Accepted(On("2025-08-07", "b"), One()).entry.header.agency, "GACC");
  HeaderInput named = On("2025-08-07", "c");
  named.agency = "PRESS";
  EXPECT_EQ(Accepted(named, One()).entry.header.agency, "PRESS");
}

TEST_F(IntakeTest, ExactlyOneTimeOfPublication) {
  HeaderInput header = On("2025-08-07");
  header.published_at = Instant();
  EXPECT_THAT(Refused(header, One()), ElementsAre("header.published_at"));
  header.published_at.reset();
  header.published_on.reset();
  EXPECT_THAT(Refused(header, One()), ElementsAre("header.published_at"));
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

TEST_F(IntakeTest, ThePresentReachesADayIntoTheFuture) {
  Accepted(At("2025-08-08T04:00:00Z", "a"), One());
  EXPECT_THAT(Refused(At("2025-08-08T04:00:00.000001Z", "b"), One()), ElementsAre("header.published_at"));
  EXPECT_EQ(details_.reason, Reason::kPublishedInFuture);
  EXPECT_EQ(details_.metadata.at("published_at"), "2025-08-08T04:00:00.000001Z");
  EXPECT_EQ(details_.metadata.at("now"), "2025-08-07T04:00:00Z");
  EXPECT_THAT(message_, HasSubstr("2025-08-07T04:00:00Z"));
  // The ninth ends at 16:00 UTC.
  EXPECT_THAT(Refused(On("2025-08-09", "b"), One()), ElementsAre("header.published_on"));
  EXPECT_EQ(details_.reason, Reason::kPublishedInFuture);
  clock_.Set("2025-08-08T16:00:00Z");
  Accepted(On("2025-08-09", "b"), One());
}

TEST_F(IntakeTest, ADayThatHasBegunIsNotInTheFutureHoweverLongItIs) {
  DatasetDefinition berlin = support::MakeDataset("BERLIN", "flow");
  berlin.time_zone = "Europe/Berlin";
  ASSERT_TRUE(intake_.PutDataset(berlin).ok());
  clock_.Set("2025-10-25T22:00:01Z");  // one second into a day of 25 hours
  Accepted(On("2025-10-26"), Sections("merge BERLIN\nX 2025-07 1"));
}

TEST_F(IntakeTest, NamesEverythingThatIsWrongAtOnce) {
  HeaderInput header = At("2026-08-08T04:00:00Z", "");
  header.stage = "no stage";
  EXPECT_THAT(
      Refused(header, Sections("merge TRADE\nRU.X 2025-07 6.1\nX 2025-07 1\nreplace OTHER\nX 2025-07 1")),
      UnorderedElementsAre("header.release_id", "header.stage", "header.published_at",
                           "sections[0].observations[1].series", "sections[1].scope"));
  EXPECT_EQ(details_.reason, Reason::kInvalidArgument) << "the future is one thing of many";
  header = HeaderInput();
  header.release_id = "r";
  EXPECT_THAT(Refused(header, {}), UnorderedElementsAre("header.published_at", "sections"));
  EXPECT_THAT(Refused(On("2025-08-07"), {}), ElementsAre("sections"));
  HeaderInput late = On("2025-08-07");
  late.published_on = absl::CivilDay(99999, 8, 7);
  EXPECT_THAT(Refused(late, One()), ElementsAre("header.published_on"));
  HeaderInput old = On("2025-08-07");
  old.published_on.reset();
  old.published_at = Instant::FromMicros(std::numeric_limits<std::int64_t>::min());
  EXPECT_THAT(Refused(old, One()), ElementsAre("header.published_at"));
}

TEST_F(IntakeTest, ADatasetThatIsNotThereComesFirst) {
  HeaderInput header = On("2025-08-07");
  header.stage = "no stage";
  EXPECT_THAT(Refused(header, Sections("merge TRADE\nRU.X 2025-07 6.1\nmerge NONE\nX 2025-07 1")),
              ElementsAre("sections[1].dataset"));
  EXPECT_EQ(details_.reason, Reason::kDatasetNotFound);
  EXPECT_EQ(code_, absl::StatusCode::kNotFound);
  EXPECT_THAT(Refused(header, Sections("merge NONE\nX 2025-07 1")), ElementsAre("sections[0].dataset"));
}

TEST_F(IntakeTest, ACellIsStatedOnce) {
  EXPECT_THAT(Refused(On("2025-08-07"), Sections("merge TRADE\nRU.X 2025-07 6.1\nRU.X 2025-07 6.1")),
              ElementsAre("sections[0].observations[1]"));
  EXPECT_EQ(details_.reason, Reason::kDuplicateCell);
}

TEST_F(IntakeTest, APushIsLimited) {
  std::vector<Release::Section> sections = One();
  sections[0].observations.resize(limits::kMaxUnaryObservations + 1, sections[0].observations[0]);
  EXPECT_THAT(Refused(On("2025-08-07"), sections), ElementsAre("sections"));
  EXPECT_EQ(details_.reason, Reason::kLimitExceeded);
  EXPECT_EQ(details_.metadata.at("limit"), "kMaxUnaryObservations");
}

TEST_F(IntakeTest, TheSameAgainIsAnsweredAgain) {
  Accepted(On("2025-08-07"), One());
  const auto again = Accepted(On("2025-08-07"), One());
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.entry.sequence, 1u);
  EXPECT_EQ(store_->head(), 1u);
}

// ---- Uploads

TEST_F(IntakeTest, AnUploadsHeaderIsResolvedAlike) {
  auto upload = intake_.BeginUpload(On("2025-08-07"), "TRADE").value();
  ASSERT_TRUE(upload->BeginSection({"TRADE", Action::kMerge, std::nullopt}).ok());
  const auto outcome = upload->Commit();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->entry.header.agency, "GACC");
  EXPECT_EQ(outcome->entry.header.published_at.instant.ToString(), "2025-08-07T15:59:59.999999Z");
}

TEST_F(IntakeTest, AnUploadsHeaderIsRefusedAlike) {
  HeaderInput header = On("2025-08-12", "");
  EXPECT_THAT(Refused(intake_.BeginUpload(header, "TRADE").status()),
              UnorderedElementsAre("header.release_id", "header.published_on"));
  header.release_id = "r";
  EXPECT_THAT(Refused(intake_.BeginUpload(header, "TRADE").status()), ElementsAre("header.published_on"));
  EXPECT_EQ(details_.reason, Reason::kPublishedInFuture);
  Refused(intake_.BeginUpload(header, "NONE").status());
  EXPECT_EQ(details_.reason, Reason::kDatasetNotFound);
}

// ---- Dry runs

TEST_F(IntakeTest, ADryRunForetells) {
  Accepted(On("2025-08-01", "r1"),
           Sections("merge TRADE\nRU.X 2025-06 6.1\nRU.X 2025-07 7.1\nRU.M 2025-07 8.1"));
  const auto sections =
      Sections("replace TRADE RU. 2025-07..\nRU.X 2025-06 6.4\nRU.X 2025-07 7.10\nBY.X 2025-07 1.0");
  const auto preview = intake_.DryRun(On("2025-08-07", "r2"), sections).value();
  const std::vector<std::string> foretold = ToLines(preview.changes);
  EXPECT_THAT(foretold, ElementsAre("BY.X 2025-07: none -> 1.0 NEW", "RU.X 2025-06: 6.1 -> 6.4 REVISED",
                                    "RU.X 2025-07: 7.1 -> 7.10 CONFIRMED",
                                    "RU.M 2025-07: 8.1 -> (WITHDRAWN) WITHDRAWN"));
  EXPECT_EQ(preview.changes[0].series, storage::SeriesId{}) << "BY.X does not exist yet";
  EXPECT_FALSE(preview.replay_of);
  EXPECT_EQ(preview.header.agency, "GACC");
  ASSERT_EQ(preview.sections.size(), 1u);
  EXPECT_EQ(preview.sections[0].observations, 3u);
  EXPECT_EQ(store_->head(), 1u);
  EXPECT_FALSE(store_->FindSeries("TRADE", "BY.X").ok());

  const auto outcome = Accepted(On("2025-08-07", "r2"), sections);
  EXPECT_EQ(outcome.entry.digest, preview.digest);
  EXPECT_EQ(ChangesOf(*store_, 2), foretold);
}

TEST_F(IntakeTest, ADryRunSeesWhatANewSeriesWouldLieUnder) {
  Accepted(On("2025-08-06", "r1"), Sections("delete TRADE BY. ..2025-06"));
  const auto sections = Sections("merge TRADE\nBY.X 2025-06 1.0\nBY.X 2025-07 2.0");
  const auto foretold = ToLines(intake_.DryRun(On("2025-08-05", "r2"), sections)->changes);
  EXPECT_THAT(foretold,
              ElementsAre("BY.X 2025-06: (WITHDRAWN) -> 1.0 BACKFILLED", "BY.X 2025-07: none -> 2.0 NEW"));
  Accepted(On("2025-08-05", "r2"), sections);
  EXPECT_EQ(ChangesOf(*store_, 2), foretold);
}

TEST_F(IntakeTest, ADryRunReportsReplaysAndConflicts) {
  Accepted(On("2025-08-07"), One());
  const auto replay = intake_.DryRun(On("2025-08-07"), One()).value();
  ASSERT_TRUE(replay.replay_of);
  EXPECT_EQ(replay.replay_of->sequence, 1u);
  EXPECT_THAT(replay.changes, IsEmpty());

  const auto changed = Sections("merge TRADE\nRU.X 2025-07 6.2");
  const absl::Status foretold = intake_.DryRun(On("2025-08-07"), changed).status();
  const absl::Status happened = intake_.Push(On("2025-08-07"), changed).status();
  EXPECT_EQ(foretold.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(happened.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(DetailsOf(foretold).reason, Reason::kReleaseConflict);
  EXPECT_EQ(DetailsOf(foretold).metadata, DetailsOf(happened).metadata);
}

TEST_F(IntakeTest, ADryRunCountsWithdrawalsBeyondALimit) {
  const int series = 120, months = 900;
  for (int i = 0; i < series; ++i) {
    std::string lines = "merge TRADE\n";
    for (int month = 0; month < months; ++month) {
      const Period period = Period::FromValid(Month::FromIndex(1900 * 12 + month), 1);
      absl::StrAppend(&lines, "P", i, ".X ", period.ToString(), " 1\n");
    }
    Accepted(On("2025-08-01", absl::StrCat("r", i)), Sections(lines));
  }
  const auto preview = intake_.DryRun(On("2025-08-07", "all"), Sections("delete TRADE *")).value();
  EXPECT_EQ(ToLines(preview.changes).size(), limits::kMaxUnaryObservations);
  EXPECT_EQ(preview.omitted_withdrawals, series * months - limits::kMaxUnaryObservations);
}

// ---- Retractions

TEST_F(IntakeTest, RetractsWithTheClocksTime) {
  Accepted(On("2025-08-07"), One());
  const auto entry = intake_.Retract("GACC", "r1", "wrong file").value();
  EXPECT_EQ(entry.retracts, 1u);
  EXPECT_EQ(entry.header.title, "wrong file");
  EXPECT_EQ(entry.accepted_at, clock_.Now());
  Refused(intake_.Retract("GACC", "r1", "again").status());
  EXPECT_EQ(details_.reason, Reason::kReleaseRetracted);
  Refused(intake_.Retract("GACC", "r9", "").status());
  EXPECT_EQ(details_.reason, Reason::kReleaseNotFound);
}

TEST_F(IntakeTest, ARetractionsWordsAreChecked) {
  EXPECT_THAT(Refused(intake_.Retract("G A", "", std::string(limits::kMaxTitleBytes + 1, 'x')).status()),
              ElementsAre("agency", "release_id", "reason"));
  EXPECT_THAT(Refused(intake_.Retract("GACC", "\xff", "\n").status()), ElementsAre("release_id", "reason"));
}

// ---- Datasets and zones

TEST_F(IntakeTest, ADatasetsZoneMustExist) {
  DatasetDefinition dataset = support::MakeDataset("MARS", "flow");
  dataset.time_zone = "Mars/Olympus";
  EXPECT_THAT(Refused(intake_.PutDataset(dataset).status()), ElementsAre("time_zone"));
  EXPECT_THAT(message_, HasSubstr("Mars/Olympus"));
  dataset.year_start_month = 13;
  EXPECT_THAT(Refused(intake_.PutDataset(dataset).status()),
              UnorderedElementsAre("year_start_month", "time_zone"));
  dataset.time_zone = "/etc/localtime";
  EXPECT_THAT(Refused(intake_.PutDataset(dataset).status()),
              UnorderedElementsAre("year_start_month", "time_zone"));
}

TEST(ZonesTest, FindsNamesOfTheTablesOnly) {
  EXPECT_EQ(FindZone("Asia/Shanghai")->name(), "Asia/Shanghai");
  EXPECT_TRUE(FindZone("UTC").ok());
  EXPECT_TRUE(FindZone("Etc/GMT+8").ok());
  for (const std::string_view name :
       {"", "Mars/Olympus", "/etc/localtime", "../../etc/localtime", "localtime", "file:/etc/localtime",
        "Fixed/UTC+05:00:00", "Asia/Shanghai\n"}) {
    const absl::Status status = FindZone(name).status();
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(DetailsOf(status).violations.at(0).field, "time_zone");
  }
}

TEST(SystemClockTest, GoesOn) {
  const Instant before = SystemClock().Now();
  EXPECT_GT(before, Instant::Parse("2024-01-01T00:00:00Z").value());
  EXPECT_GE(SystemClock().Now(), before);
}

}  // namespace
}  // namespace tidewaiter::engine
