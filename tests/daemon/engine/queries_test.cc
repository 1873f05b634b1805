// Reading at a vintage: what is resolved, which series are read and in what order, and what is refused.
#include "daemon/engine/queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/engine/series_listing.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "tests/daemon/engine/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class QueriesTest : public ::testing::Test {
 protected:
  QueriesTest() {
    DatasetDefinition trade = support::MakeDataset("TRADE", "reporter partner flow");
    trade.time_zone = "Asia/Shanghai";
    EXPECT_TRUE(store_->PutDataset(trade).ok());
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("EMPTY", "flow")).ok());
    Push(
        "release GACC r1 2025-02-07T03:00:00Z\nmerge TRADE\nCN.RU.X 2025-01 1.0\nCN.RU.M 2025-01 "
        "2.0\nCN.BY.X 2025-01 3.0");
    // The last moment of that day in Beijing, and the first of the next.
    Push(
        "release GACC r2 2025-03-07T15:59:59.999999Z\nmerge TRADE\nCN.RU.X 2025-01 1.1\nCN.RU.X 2025-02 "
        "4.0\nRU.CN.M 2025-02 5.0");
    Push("release GACC r3 2025-03-07T16:00:00Z\nmerge TRADE\nCN.RU.X 2025-01 1.2");
  }

  void Push(const std::string& text) {
    const auto outcome = support::Push(*store_, text);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  static ReadInput Read(std::vector<std::string> keys) {
    ReadInput input;
    input.dataset = "TRADE";
    input.keys = std::move(keys);
    return input;
  }

  // The keys of the series that are read.
  std::vector<std::string> Keys(const ReadInput& input, std::string_view after = "") {
    std::vector<std::string> keys;
    auto reader = queries_.Open(input, after);
    if (!reader.ok()) return {reader.status().ToString()};
    while (reader->Next().value()) keys.push_back(reader->series().key);
    EXPECT_FALSE(reader->Next().value()) << "the end stays the end";
    return keys;
  }

  // "CN.RU.X 2025-01 1.0"
  std::vector<std::string> Cells(const ReadInput& input) {
    std::vector<std::string> lines;
    auto reader = queries_.Open(input);
    if (!reader.ok()) return {reader.status().ToString()};
    while (reader->Next().value()) {
      for (const CellState& cell : **reader->Cells()) {
        lines.push_back(
            absl::StrCat(reader->series().key, " ", cell.period.ToString(), " ", cell.datum.ToString()));
      }
    }
    return lines;
  }

  ErrorDetails Refused(const ReadInput& input) {
    const absl::Status status = queries_.Open(input).status();
    EXPECT_FALSE(status.ok());
    code_ = status.code();
    message_ = std::string(status.message());
    return DetailsOf(status);
  }
  static std::vector<std::string> Fields(const ErrorDetails& details) {
    std::vector<std::string> fields;
    for (const FieldViolation& violation : details.violations) fields.push_back(violation.field);
    return fields;
  }

  std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore({1});
  Queries queries_{store_.get()};
  absl::StatusCode code_ = absl::StatusCode::kOk;  // of the last refusal
  std::string message_;
};

// ---- Vintages

TEST_F(QueriesTest, UnsetIsEverythingKnownNow) {
  const auto reader = queries_.Open(Read({})).value();
  EXPECT_EQ(reader.vintage(), (Vintage{Instant::Max(), 3}));
  EXPECT_EQ(reader.dataset().id, "TRADE");
}

TEST_F(QueriesTest, ADayIsIncludedToItsEndWhereThePublisherIs) {
  ReadInput input = Read({"CN.RU.X"});
  input.vintage.as_of_date = absl::CivilDay(2025, 3, 7);
  EXPECT_THAT(Cells(input), ElementsAre("CN.RU.X 2025-01 1.1", "CN.RU.X 2025-02 4.0"));
  EXPECT_EQ(queries_.Open(input)->vintage().as_of, Instant::Parse("2025-03-07T15:59:59.999999Z").value());
  input.vintage.as_of_date = absl::CivilDay(2025, 3, 8);
  EXPECT_THAT(Cells(input), ElementsAre("CN.RU.X 2025-01 1.2", "CN.RU.X 2025-02 4.0"));
}

TEST_F(QueriesTest, BothClocksCount) {
  ReadInput input = Read({"CN.RU.X"});
  input.vintage.sequence = 2;
  EXPECT_THAT(Cells(input), ElementsAre("CN.RU.X 2025-01 1.1", "CN.RU.X 2025-02 4.0"));
  input.vintage.as_of = Instant::Parse("2025-02-07T03:00:00Z").value();
  EXPECT_THAT(Cells(input), ElementsAre("CN.RU.X 2025-01 1.0"));
  input.vintage.sequence = 0;
  EXPECT_THAT(Cells(input), IsEmpty()) << "before the first release nothing was known";
  EXPECT_THAT(Keys(input), ElementsAre("CN.RU.X")) << "but the series is there";
}

TEST_F(QueriesTest, TheVintageStandsWhileReleasesCome) {
  auto reader = queries_.Open(Read({"CN.RU.X"})).value();
  Push("release GACC r4 2025-04-07\nmerge TRADE\nCN.RU.X 2025-01 9.9");
  ASSERT_TRUE(reader.Next().value());
  EXPECT_EQ((*reader.Cells().value())[0].datum.ToString(), "1.2");
}

TEST_F(QueriesTest, RefusesASequenceBeyondTheHead) {
  ReadInput input = Read({});
  input.vintage.sequence = 3;
  EXPECT_TRUE(queries_.Open(input).ok());
  input.vintage.sequence = 4;
  const ErrorDetails details = Refused(input);
  EXPECT_EQ(code_, absl::StatusCode::kOutOfRange);
  EXPECT_EQ(details.reason, Reason::kSequenceAhead);
  EXPECT_THAT(details.metadata, UnorderedElementsAre(Pair("asked", "4"), Pair("head", "3")));
  EXPECT_THAT(Fields(details), ElementsAre("vintage.sequence"));
}

TEST_F(QueriesTest, NamesEverythingThatIsWrongAtOnce) {
  ReadInput input = Read({"CN.RU.X", "CN.RU", "C N.RU.X", "A.B.C.D"});
  input.vintage.as_of = Instant();
  input.vintage.as_of_date = absl::CivilDay(2025, 3, 7);
  input.periods = {Month::Parse("2025-02").value(), Month::Parse("2025-01").value()};
  EXPECT_THAT(Fields(Refused(input)),
              ElementsAre("keys[1]", "keys[2]", "keys[3]", "vintage.as_of_date", "periods.from"));
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
  input = Read({});
  input.vintage.as_of_date = absl::CivilDay(20250, 3, 7);
  EXPECT_THAT(Fields(Refused(input)), ElementsAre("vintage.as_of_date"));
}

// ---- Series

TEST_F(QueriesTest, NoKeysReadEverything) {
  EXPECT_THAT(Keys(Read({})), ElementsAre("CN.BY.X", "CN.RU.M", "CN.RU.X", "RU.CN.M"));
  EXPECT_THAT(Keys(Read({""})), ElementsAre("CN.BY.X", "CN.RU.M", "CN.RU.X", "RU.CN.M"));
  ReadInput empty = Read({});
  empty.dataset = "EMPTY";
  EXPECT_THAT(Keys(empty), IsEmpty());
}

TEST_F(QueriesTest, NamedSeriesAreReadInKeyOrderEachOnce) {
  EXPECT_THAT(Keys(Read({"RU.CN.M", "CN.RU.X", "CN.BY.X", "CN.RU.X"})),
              ElementsAre("CN.BY.X", "CN.RU.X", "RU.CN.M"));
  EXPECT_THAT(Keys(Read({"RU.CN.M", "CN.RU.X", "CN.BY.X"}), "CN.RU.M"), ElementsAre("CN.RU.X", "RU.CN.M"));
}

TEST_F(QueriesTest, SelectorsAreReadAsTheirUnion) {
  EXPECT_THAT(Keys(Read({"CN..X", "CN.RU."})), ElementsAre("CN.BY.X", "CN.RU.M", "CN.RU.X"));
  EXPECT_THAT(Keys(Read({"RU.CN.M", "CN.BY+RU.X"})), ElementsAre("CN.BY.X", "CN.RU.X", "RU.CN.M"));
  EXPECT_THAT(Keys(Read({"RU.CN.M", "CN.BY+RU.X"}), "CN.BY.X"), ElementsAre("CN.RU.X", "RU.CN.M"));
  EXPECT_THAT(Keys(Read({"CN..X", "*"})), ElementsAre("CN.BY.X", "CN.RU.M", "CN.RU.X", "RU.CN.M"));
  EXPECT_THAT(Keys(Read({"JP..", "CN..B"})), IsEmpty()) << "a selector may match nothing";
  // The hull of these two matches CN.RU.X as well.
  EXPECT_THAT(Keys(Read({"CN.BY.", "RU.CN+RU."})), ElementsAre("CN.BY.X", "RU.CN.M"));
}

TEST_F(QueriesTest, ASeriesThatDoesNotExistIsNamed) {
  for (const auto& keys : std::vector<std::vector<std::string>>{{"CN.RU.X", "CN.RU.Z", "CN.RU.Y"},
                                                                {"CN..", "CN.RU.Z", "CN.RU.Y"}}) {
    const ErrorDetails details = Refused(Read(keys));
    EXPECT_EQ(code_, absl::StatusCode::kNotFound);
    EXPECT_EQ(details.reason, Reason::kSeriesNotFound);
    EXPECT_EQ(details.metadata.at("series"), "CN.RU.Z");
    EXPECT_EQ(details.metadata.at("dataset"), "TRADE");
    EXPECT_THAT(Fields(details), ElementsAre("keys[1]", "keys[2]"));
    EXPECT_THAT(message_, HasSubstr("tidewaiter series TRADE"));
  }
}

TEST_F(QueriesTest, ADatasetThatDoesNotExistIsNamed) {
  ReadInput input = Read({});
  input.dataset = "NONE";
  EXPECT_EQ(Refused(input).reason, Reason::kDatasetNotFound);
  EXPECT_EQ(code_, absl::StatusCode::kNotFound);
}

TEST_F(QueriesTest, KeysAreLimited) {
  EXPECT_EQ(
      Refused(Read(std::vector<std::string>(limits::kMaxSeriesPerCall + 1, "CN.RU.X"))).metadata.at("limit"),
      "kMaxSeriesPerCall");
  EXPECT_EQ(Refused(Read(std::vector<std::string>(limits::kMaxSelectorsPerRequest + 1, "CN.RU.")))
                .metadata.at("limit"),
            "kMaxSelectorsPerRequest");
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Keys(Read(std::vector<std::string>(limits::kMaxSeriesPerCall, "CN.RU.X"))),
              ElementsAre("CN.RU.X"));
}

TEST_F(QueriesTest, ADimensionAloneMayHaveTheCodeAll) {
  Push("release GACC e 2025-04-07\nmerge EMPTY\nall 2025-01 1\nX 2025-01 2");
  ReadInput input = Read({"all+all"});
  input.dataset = "EMPTY";
  EXPECT_THAT(Keys(input), ElementsAre("all"));
  input.keys = {"all"};
  EXPECT_THAT(Keys(input), ElementsAre("X", "all"));
}

// More series than one page of the listing holds.
TEST_F(QueriesTest, ReadsMoreSeriesThanItHoldsAtOnce) {
  std::string release = "release GACC many 2025-04-07\nmerge EMPTY\n";
  for (int i = 0; i < 2500; ++i) absl::StrAppend(&release, "S", 10'000 + i, " 2025-01 ", i, "\n");
  Push(release);
  ReadInput input = Read({});
  input.dataset = "EMPTY";
  const std::vector<std::string> all = Keys(input);
  ASSERT_EQ(all.size(), 2500u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  // By pages, as a caller with page tokens does.
  std::vector<std::string> paged;
  while (true) {
    auto reader = queries_.Open(input, paged.empty() ? "" : paged.back()).value();
    int taken = 0;
    while (taken < 777 && reader.Next().value()) {
      paged.push_back(reader.series().key);
      ++taken;
    }
    if (taken < 777) break;
  }
  EXPECT_EQ(paged, all);
  // Of each page of the listing, only some match.
  input.keys = {"S10003+S11500", "S12499+S10003+NONE"};
  EXPECT_THAT(Keys(input), ElementsAre("S10003", "S11500", "S12499"));
}

// ---- Cells and histories

// The list of a dataset is kept as long as no series comes in.
TEST_F(QueriesTest, ASeriesThatHasJustComeInIsRead) {
  const std::vector<std::string> before = Keys(Read({}));
  EXPECT_EQ(Keys(Read({})), before);
  Push("release GACC r4 2025-03-08\nmerge TRADE\nAA.RU.X 2025-01 1.2\nZZ.RU.X 2025-01 1.2");
  std::vector<std::string> after = {"AA.RU.X"};
  after.insert(after.end(), before.begin(), before.end());
  after.push_back("ZZ.RU.X");
  EXPECT_EQ(Keys(Read({})), after);
  EXPECT_THAT(Keys(Read({"..X"}), "CN.RU.X"), ElementsAre("ZZ.RU.X"));
}

TEST_F(QueriesTest, WhatDoesNotFitATableIsListedPageByPage) {
  const Queries small(store_.get(), /*table_bytes=*/1);
  auto reader = small.Open(Read({"..X"}));
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(reader->listing().table(), nullptr);
  std::vector<std::string> keys;
  while (reader->Next().value()) keys.push_back(reader->series().key);
  EXPECT_EQ(keys, Keys(Read({"..X"})));
}

TEST_F(QueriesTest, PeriodsAreCut) {
  ReadInput input = Read({"CN.RU."});
  input.periods.from = Month::Parse("2025-02").value();
  EXPECT_THAT(Cells(input), ElementsAre("CN.RU.X 2025-02 4.0"));
}

TEST_F(QueriesTest, HistoriesAreOfTheVintage) {
  ReadInput input = Read({"CN.RU.X"});
  input.vintage.as_of_date = absl::CivilDay(2025, 3, 7);
  auto reader = queries_.Open(input).value();
  ASSERT_TRUE(reader.Next().value());
  std::vector<std::string> values;
  const std::vector<HistoryEntry> history = reader.History(HistoryType::kAll, 1).value();
  for (const HistoryEntry& entry : history) {
    values.push_back(absl::StrCat(entry.period.ToString(), " ", entry.datum.ToString()));
  }
  EXPECT_THAT(values, ElementsAre("2025-01 1.0", "2025-01 1.1", "2025-02 4.0"));
  EXPECT_EQ(reader.History(HistoryType::kInitial, 1)->size(), 2u);
}

TEST(HullTest, HasTheCodesOfEachPlace) {
  const auto hull = [](std::vector<std::string> texts) {
    std::vector<Selector> selectors;
    for (const std::string& text : texts) selectors.push_back(Selector::Parse(text).value());
    return Hull(selectors).ToString();
  };
  EXPECT_EQ(hull({"CN.RU.X", "CN.BY.M"}), "CN.BY+RU.M+X");
  EXPECT_EQ(hull({"CN.RU.X", "CN..M"}), "CN..M+X");
  EXPECT_EQ(hull({"CN.RU.X", "*"}), "");
  EXPECT_EQ(hull({"CN..X"}), "CN..X");
  // More codes than a selector should list: every code.
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back(absl::StrCat("CN.P", i, ".X"));
  EXPECT_EQ(hull(many), "CN..X");
}

}  // namespace
}  // namespace tidewaiter::engine
