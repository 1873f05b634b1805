#include "domain/release.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/limits.h"
#include "tests/domain/releases.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Section = Release::Section;

std::vector<std::string> Cells(const Section& section) {
  std::vector<std::string> cells;
  for (const Observation& o : section.observations) {
    cells.push_back(o.series.text() + " " + o.period.ToString() + " " + o.datum.ToString());
  }
  return cells;
}

absl::StatusOr<Release> Create(std::vector<Section> sections) {
  return Release::Create(AHeader(), std::move(sections), TwoDatasets);
}

TEST(ReleaseTest, StandsInCanonicalOrderHoweverItCame) {
  const Release release =
      Must(Create({Merge("PRESS", {Obs("CN.RU.X", "2025-02", "4"), Obs("CN.R-U.X", "2025-01", "1"),
                                   Obs("CN.RU.M", "2025-01/P2M", "3"), Obs("CN.RU.M", "2025-01", "2"),
                                   Obs("CN.R.X", "2025-01", "0")}),
                   Merge("PRESS", {Obs("CN.BY.X", "2025-02", "5")})}));
  EXPECT_THAT(Cells(release.sections()[0]),
              ElementsAre("CN.R.X 2025-01 0", "CN.R-U.X 2025-01 1", "CN.RU.M 2025-01 2",
                          "CN.RU.M 2025-01/P2M 3", "CN.RU.X 2025-02 4"));
  EXPECT_THAT(Cells(release.sections()[1]), ElementsAre("CN.BY.X 2025-02 5")) << "sections keep their order";
  EXPECT_EQ(release.observation_count(), 6u);
  EXPECT_EQ(release.header(), AHeader());
}

TEST(ReleaseTest, OrderOfArrivalDoesNotMatter) {
  Randomness random;
  std::vector<Observation> observations;
  for (const char* series : {"CN.RU.X", "CN.R-U.X", "CN.RU.M"}) {
    for (const char* period : {"2025-01", "2025-01/P2M", "2025-02"})
      observations.push_back(Obs(series, period, "1"));
  }
  const Release first = Must(Create({Merge("PRESS", observations)}));
  for (int i = 0; i < 50; ++i) {
    random.Shuffle(observations);
    ASSERT_EQ(Must(Create({Merge("PRESS", observations)})).sections(), first.sections());
  }
}

TEST(ReleaseTest, EveryViolationIsNamedAtOnceWithTheCallersIndexes) {
  Observation bad = Obs("CN.RU", "2025-01", "1");
  bad.attributes = {'C', 'Z'};
  bad.source = std::string(limits::kMaxSourceBytes + 1, 's');
  bad.note = "\xff";
  Observation unsorted = Obs("AA.AA.AA", "2025-01", "1");
  unsorted.datum = Datum::ValueUnchecked(D("15"), 1);
  ReleaseHeader header = AHeader();
  header.agency = "";
  const auto release = Release::Create(header,
                                       {Merge("PRESS", {Obs("CN.RU.X", "2025-01", "1"), bad, unsorted}),
                                        Section{{"TABLES", Action::kReplace, std::nullopt}, {}},
                                        Section{{"", Action::kMerge, std::nullopt}, {}}},
                                       TwoDatasets);
  ExpectRefused(release, "9 problems");
  EXPECT_THAT(FieldsOf(release.status()),
              ElementsAre("header.agency", "sections[0].observations[1].series",
                          "sections[0].observations[1].attributes.status",
                          "sections[0].observations[1].attributes.conf", "sections[0].observations[1].source",
                          "sections[0].observations[1].note", "sections[0].observations[2].datum",
                          "sections[1].scope", "sections[2].dataset"));
}

TEST(ReleaseTest, ManyViolationsAreCounted) {
  std::vector<Observation> observations(250, Obs("CN.RU", "2025-01", "1"));
  const auto release = Create({Merge("PRESS", observations)});
  EXPECT_EQ(DetailsOf(release.status()).violations.size(), limits::kMaxFieldViolations);
  EXPECT_THAT(Message(release.status()), HasSubstr("499 problems")) << "250 short keys and 249 repeats";
}

TEST(ReleaseTest, ACellIsStatedOnce) {
  const auto release =
      Create({Merge("PRESS", {Obs("CN.RU.X", "2025-02", "1"), Obs("CN.RU.X", "2025-01", "1"),
                              Obs("CN.RU.M", "2025-02", "1"), Obs("CN.RU.X", "2025-02", "1")})});
  EXPECT_EQ(release.status().code(), absl::StatusCode::kInvalidArgument);
  const ErrorDetails details = DetailsOf(release.status());
  EXPECT_EQ(details.reason, Reason::kDuplicateCell);
  EXPECT_EQ(details.metadata.at("dataset"), "PRESS");
  EXPECT_EQ(details.metadata.at("series"), "CN.RU.X");
  EXPECT_EQ(details.metadata.at("period"), "2025-02");
  ASSERT_EQ(details.violations.size(), 1u);
  EXPECT_EQ(details.violations[0].field, "sections[0].observations[3]");
  EXPECT_THAT(details.violations[0].description, HasSubstr("sections[0].observations[0]"));
}

TEST(ReleaseTest, ACellIsStatedOnceWhateverTheSection) {
  const auto release = Create(
      {Merge("PRESS", {Obs("CN.RU.X", "2025-01", "1")}), Merge("TABLES", {Obs("CN.RU.X", "2025-01", "1")}),
       Merge("PRESS", {Obs("CN.RU.M", "2025-01", "1"), Obs("CN.RU.X", "2025-01", "2")})});
  const ErrorDetails details = DetailsOf(release.status());
  EXPECT_EQ(details.reason, Reason::kDuplicateCell);
  ASSERT_EQ(details.violations.size(), 1u) << "another dataset has cells of its own";
  EXPECT_EQ(details.violations[0].field, "sections[2].observations[1]");
  EXPECT_THAT(details.violations[0].description,
              AllOf(HasSubstr("sections[0].observations[0]"), HasSubstr("PRESS CN.RU.X 2025-01")));
}

TEST(ReleaseTest, PeriodsThatOverlapAreCellsOfTheirOwn) {
  EXPECT_TRUE(
      Create({Merge("PRESS", {Obs("CN.RU.X", "2025-01", "1"), Obs("CN.RU.X", "2025-01/P2M", "1")})}).ok());
}

TEST(ReleaseTest, UnderDeleteTheDataAreIgnored) {
  Observation observation = Obs("CN.RU.X", "2025-01", "5");
  observation.attributes = {'!', '!'};
  observation.note = "withheld";
  const Release release = Must(Create({Section{{"PRESS", Action::kDelete, std::nullopt}, {observation}}}));
  const Observation& kept = release.sections()[0].observations[0];
  EXPECT_EQ(kept.datum, Datum::Absent(Absence::kWithdrawn));
  EXPECT_EQ(kept.attributes, Attributes{});
  EXPECT_EQ(kept.note, "withheld");
}

TEST(ReleaseTest, AnUnknownDatasetIsNotFound) {
  const auto release = Create({Merge("PRESS", {}), Merge("NONE", {}), Merge("NIL", {})});
  EXPECT_EQ(release.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(DetailsOf(release.status()).reason, Reason::kDatasetNotFound);
  EXPECT_EQ(DetailsOf(release.status()).metadata.at("dataset"), "NONE");
  EXPECT_THAT(FieldsOf(release.status()), ElementsAre("sections[1].dataset", "sections[2].dataset"));
}

TEST(ReleaseTest, AFailureOfTheLookupIsPassedOn) {
  const auto release = Release::Create(AHeader(), {Merge("PRESS", {})}, [](std::string_view) {
    return absl::StatusOr<DatasetDefinition>(absl::DataLossError("checksum"));
  });
  EXPECT_EQ(release.status().code(), absl::StatusCode::kDataLoss);
}

TEST(ReleaseTest, HoldsItsLimits) {
  ExpectRefused(Create({}), "sections: a release has at least one section");
  const std::vector<Section> most(limits::kMaxSectionsPerRelease, Merge("PRESS", {}));
  EXPECT_TRUE(Create(most).ok());
  std::vector<Section> more = most;
  more.push_back(Merge("PRESS", {}));
  const auto release = Create(more);
  EXPECT_EQ(DetailsOf(release.status()).reason, Reason::kLimitExceeded);
  EXPECT_EQ(DetailsOf(release.status()).metadata.at("limit"), "kMaxSectionsPerRelease");
  EXPECT_THAT(FieldsOf(release.status()), ElementsAre("sections"));
}

TEST(ReleaseTest, AScopeOfEverythingHasOneForm) {
  const Scope scope{S(".."), {}};
  const Release release = Must(Create({Section{{"PRESS", Action::kReplace, scope}, {}}}));
  EXPECT_EQ(release.sections()[0].header.scope->selector, Selector());
}

TEST(ReleaseHeaderTest, EveryViolationIsNamed) {
  EXPECT_TRUE(Validate(AHeader()).ok());
  ReleaseHeader header;
  header.agency = "a b";
  header.release_id = "";
  header.published_at = PublishedAt::At(Instant::Max());
  header.stage = "first print";
  header.kind = static_cast<ReleaseKind>(9);
  header.title = std::string(limits::kMaxTitleBytes + 1, 't');
  EXPECT_THAT(FieldsOf(Validate(header)),
              ElementsAre("agency", "release_id", "published_at", "stage", "kind", "title"));
}

TEST(ReleaseHeaderTest, HoldsItsLimits) {
  ReleaseHeader header = AHeader();
  header.stage = "";
  header.release_id = std::string(limits::kMaxReleaseIdBytes, 'r');
  header.title = std::string(limits::kMaxTitleBytes, 't');
  EXPECT_TRUE(Validate(header).ok());
  header.release_id += "r";
  EXPECT_THAT(FieldsOf(Validate(header)), ElementsAre("release_id"));
  header.release_id = "a\nb";
  EXPECT_THAT(FieldsOf(Validate(header)), ElementsAre("release_id"));
}

TEST(ReleaseHeaderTest, ADayAndItsInstantMustAgree) {
  ReleaseHeader header = AHeader();
  for (const int hours : {-12, 0, 14}) {
    header.published_at = PublishedAt::OnDay(absl::CivilDay(2025, 8, 7), absl::FixedTimeZone(hours * 3600));
    EXPECT_TRUE(Validate(header).ok()) << hours;
  }
  header.published_at.day = absl::CivilDay(2025, 8, 10);
  ExpectRefused(Validate(header), "published_at: the instant");
}

TEST(SectionHeaderTest, TheActionSaysWhetherThereIsAScope) {
  const DatasetDefinition press = ThreeDimensions("PRESS");
  const Scope scope{S("CN.."), Range("2025-01", "2025-12")};
  const auto fields = [&](Action action, std::optional<Scope> with, bool lists_cells) {
    return FieldsOf(Validate(SectionHeader{"PRESS", action, std::move(with)}, press, lists_cells));
  };
  EXPECT_THAT(fields(Action::kMerge, std::nullopt, true), ElementsAre());
  EXPECT_THAT(fields(Action::kMerge, scope, true), ElementsAre("scope"));
  EXPECT_THAT(fields(Action::kReplace, scope, false), ElementsAre());
  EXPECT_THAT(fields(Action::kReplace, std::nullopt, true), ElementsAre("scope"));
  EXPECT_THAT(fields(Action::kDelete, scope, false), ElementsAre());
  EXPECT_THAT(fields(Action::kDelete, std::nullopt, true), ElementsAre());
  EXPECT_THAT(fields(Action::kDelete, std::nullopt, false), ElementsAre("scope"));
  EXPECT_THAT(fields(static_cast<Action>(0), std::nullopt, true), ElementsAre("action"));
}

TEST(SectionHeaderTest, TheScopeMustFitTheDataset) {
  const Scope scope{S("CN."), Range("2025-12", "2025-01")};
  const absl::Status status =
      Validate(SectionHeader{"PRESS", Action::kReplace, scope}, ThreeDimensions("PRESS"), true);
  EXPECT_THAT(FieldsOf(status), ElementsAre("scope.selector", "scope.periods.from"));
  EXPECT_THAT(FieldsOf(Validate(SectionHeader{"PRESS", Action::kMerge, {}}, ThreeDimensions("TABLES"), true)),
              ElementsAre("dataset"));
}

TEST(ObservationTest, IsCheckedWhateverItWasBuiltFrom) {
  const DatasetDefinition press = ThreeDimensions("PRESS");
  const auto fields = [&](auto change) {
    Observation observation = Obs("CN.RU.X", "2025-01", "1");
    change(observation);
    return FieldsOf(Validate(observation, press));
  };
  EXPECT_THAT(fields([](Observation&) {}), ElementsAre());
  EXPECT_THAT(fields([](Observation& o) { o.series = SeriesKey(); }), ElementsAre("series"));
  EXPECT_THAT(fields([](Observation& o) { o.series = K("CN.RU.X.Y"); }), ElementsAre("series"));
  EXPECT_THAT(fields([](Observation& o) { o.series = SeriesKey::FromValid("CN..X"); }),
              ElementsAre("series"));
  EXPECT_THAT(fields([](Observation& o) { o.period = Period::FromValid(M("2025-01"), 0); }),
              ElementsAre("period"));
  EXPECT_THAT(fields([](Observation& o) { o.datum = Datum::Absent(static_cast<Absence>(9)); }),
              ElementsAre("datum"));
  EXPECT_THAT(fields([](Observation& o) { o.datum = Datum::ValueUnchecked(D("1.5"), -3); }),
              ElementsAre("datum"));
  EXPECT_THAT(
      fields([](Observation& o) { o.datum = Datum::Value(Decimal::FromValidParts(PowerOfTen(27), 0)); }),
      ElementsAre("datum"));
  EXPECT_THAT(fields([](Observation& o) { o.note = std::string(limits::kMaxNoteBytes, 'n'); }),
              ElementsAre());
  EXPECT_THAT(fields([](Observation& o) { o.note = std::string(limits::kMaxNoteBytes + 1, 'n'); }),
              ElementsAre("note"));
}

TEST(ReleaseNamesTest, ReadBack) {
  for (const auto kind : {ReleaseKind::kRegular, ReleaseKind::kCorrection, ReleaseKind::kBackfill}) {
    EXPECT_EQ(Must(ParseReleaseKind(ReleaseKindName(kind))), kind);
  }
  for (const auto action : {Action::kMerge, Action::kReplace, Action::kDelete}) {
    EXPECT_EQ(Must(ParseAction(ActionName(action))), action);
  }
  ExpectRefused(ParseReleaseKind("FIRST"), "use one of REGULAR, CORRECTION, BACKFILL");
  ExpectRefused(ParseAction("UPSERT"), "use one of MERGE, REPLACE, DELETE");
}

}  // namespace
}  // namespace tidewaiter
