#include "daemon/engine/calendars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "daemon/engine/findings.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/engine/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRule[] = "rule,7-9,11:00,1,combined=01+02\n";

class CalendarsTest : public ::testing::Test {
 protected:
  CalendarsTest()
      : store_(storage::NewMemoryStore({})),
        queries_(store_.get()),
        clock_("2025-05-20T00:00:00Z"),
        calendars_(store_.get(), &queries_, &clock_) {
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "flow")).ok());
  }
  void Push(std::string_view text) {
    const auto outcome = support::Push(*store_, text);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
  }
  std::vector<std::string> States(std::string_view from, std::string_view to, VintageInput vintage = {}) {
    const auto listed = calendars_.List("T", {Month::Parse(from).value(), Month::Parse(to).value()}, vintage);
    EXPECT_TRUE(listed.ok()) << listed.status();
    std::vector<std::string> lines;
    if (!listed.ok()) return lines;
    for (const CalendarEntry& entry : listed->entries) {
      lines.push_back(absl::StrCat(entry.expected.period.ToString(), " ",
                                   ToAbsl(CalendarStateName(entry.state)), " ", entry.sequence));
    }
    return lines;
  }

  std::unique_ptr<storage::Store> store_;
  Queries queries_;
  FakeClock clock_;
  Calendars calendars_;
};

TEST_F(CalendarsTest, IsKeptWithTheDataset) {
  EXPECT_EQ(calendars_.Get("T").value(), nullptr);
  EXPECT_EQ(calendars_.Set("T", absl::StrCat("# GACC\n", kRule)).value(), kRule);
  EXPECT_EQ(calendars_.Get("T").value()->rules.size(), 1u);
  Calendars reopened(store_.get(), &queries_, &clock_);
  EXPECT_EQ(reopened.Get("T").value()->rules.size(), 1u);
  EXPECT_EQ(calendars_.Set("T", "").value(), "");
  EXPECT_EQ(calendars_.Get("T").value(), nullptr);
}

TEST_F(CalendarsTest, BadCalendarsChangeNothing) {
  ASSERT_TRUE(calendars_.Set("T", kRule).ok());
  EXPECT_EQ(DetailsOf(calendars_.Set("T", "rule,nonsense\n").status()).violations.at(0).field.substr(0, 6),
            "line 1");
  EXPECT_EQ(DetailsOf(calendars_.Set("U", kRule).status()).reason, Reason::kDatasetNotFound);
  EXPECT_EQ(calendars_.Get("T").value()->rules.size(), 1u);
}

TEST_F(CalendarsTest, WhatCameAndWhatDidNot) {
  ASSERT_TRUE(calendars_.Set("T", kRule).ok());
  Push("release GACC feb 2025-03-07\nmerge T\nX 2025-01/P2M 1\n");
  Push("release GACC mar 2025-04-14\nmerge T\nX 2025-03 1\n");
  EXPECT_THAT(States("2025-01", "2025-05"), ElementsAre("2025-01/P2M PUBLISHED 1", "2025-03 LATE 2",
                                                        "2025-04 OVERDUE 0", "2025-05 EXPECTED 0"));
  EXPECT_FALSE(calendars_.Overdue()->releases.empty());
  EXPECT_THAT(
      States("2025-03", "2025-03", {.as_of = {}, .as_of_date = absl::CivilDay(2025, 4, 8), .sequence = {}}),
      ElementsAre("2025-03 EXPECTED 0"));
  ASSERT_TRUE(store_->Retract("GACC", "mar", "wrong", Instant()).ok());
  EXPECT_THAT(States("2025-03", "2025-03"), ElementsAre("2025-03 OVERDUE 0"));
}

TEST_F(CalendarsTest, MonthsAreNamed) {
  EXPECT_EQ(DetailsOf(calendars_.List("T", {}, {}).status()).violations.at(0).field, "months.from");
}

TEST_F(CalendarsTest, AScheduledRevisionIsNoFinding) {
  ASSERT_TRUE(calendars_.Set("T", "date,2024-12,2025-04-07,11:00,kind=REVISION\n").ok());
  UpdateFeed feed(store_.get());
  CheckingRules checking;
  checking.due = [this](const DatasetDefinition& dataset, Instant published_at) {
    return calendars_.RevisionsDueAt(dataset, published_at);
  };
  Findings findings(store_.get(), &feed, checking);
  findings.Start();
  Push("release GACC a 2025-03-07\nmerge T\nX 2024-12 1\nX 2025-01 1\n");
  Push("release GACC b 2025-04-07\nmerge T\nX 2024-12 2\nX 2025-02 1\n");
  ASSERT_TRUE(findings.WaitFor(2));
  EXPECT_THAT(findings.List({}, std::nullopt, 10)->findings, IsEmpty());
  Push("release GACC c 2025-05-07\nmerge T\nX 2024-12 3\nX 2025-03 1\n");
  ASSERT_TRUE(findings.WaitFor(3));
  EXPECT_EQ(findings.List({}, std::nullopt, 10)->findings.size(), 1u);
}

TEST_F(CalendarsTest, ARecurringRevisionIsNoFinding) {
  // Each April, on the 7th to the 9th, the year before; a date moves that of 2026.
  ASSERT_TRUE(calendars_
                  .Set("T",
                       "rule,7-9,11:00,4,kind=REVISION,months=12,in=04\n"
                       "postponed,2025-01/P12M,2026-05-20,11:00,kind=REVISION\n")
                  .ok());
  UpdateFeed feed(store_.get());
  CheckingRules checking;
  checking.due = [this](const DatasetDefinition& dataset, Instant published_at) {
    return calendars_.RevisionsDueAt(dataset, published_at);
  };
  Findings findings(store_.get(), &feed, checking);
  findings.Start();
  const auto found = [&](Sequence sequence) {
    EXPECT_TRUE(findings.WaitFor(sequence));
    return findings.List({}, std::nullopt, 10)->findings.size();
  };
  Push("release GACC a 2025-03-07\nmerge T\nX 2023-12 1\nX 2024-12 1\nX 2025-01 1\n");
  Push("release GACC b 2025-04-08\nmerge T\nX 2024-12 2\nX 2025-02 1\n");
  EXPECT_EQ(found(2), 0u) << "it was due";
  Push("release GACC c 2025-04-10\nmerge T\nX 2024-12 3\n");
  EXPECT_EQ(found(3), 1u) << "a day late";
  Push("release GACC d 2025-04-09\nmerge T\nX 2023-12 3\nX 2025-02 1\n");
  EXPECT_EQ(found(4), 2u) << "due, but not for 2023";
  Push("release GACC e 2026-04-08\nmerge T\nX 2025-01 4\nX 2026-02 1\n");
  EXPECT_EQ(found(5), 3u) << "postponed";
  Push("release GACC f 2026-05-20\nmerge T\nX 2025-01 5\nX 2026-03 1\n");
  EXPECT_EQ(found(6), 3u);
}

TEST_F(CalendarsTest, WhatIsOverdueFollowsTheClock) {
  ASSERT_TRUE(calendars_.Set("T", "rule,7-9,11:00,1,from=2025-04\n").ok());
  const auto periods = [&] {
    std::vector<std::string> lines;
    for (const OverdueReleases::Release& release : calendars_.Overdue()->releases)
      lines.push_back(release.identity);
    return lines;
  };
  EXPECT_THAT(periods(), ElementsAre("T 2025-04 REGULAR  2025-05-09"));
  Push("release GACC apr 2025-05-08\nmerge T\nX 2025-04 1\n");
  EXPECT_THAT(periods(), ElementsAre("T 2025-04 REGULAR  2025-05-09"))
      << "what was found is kept for a second";
  clock_.Set("2025-05-20T00:00:02Z");
  EXPECT_THAT(periods(), IsEmpty());
  clock_.Set("2025-06-10T00:00:00Z");
  EXPECT_THAT(periods(), ElementsAre("T 2025-05 REGULAR  2025-06-09"));
  ASSERT_TRUE(
      calendars_.Set("T", "rule,7-9,11:00,1,from=2025-04\npostponed,2025-05,2025-06-20,11:00\n").ok());
  EXPECT_THAT(periods(), IsEmpty()) << "a calendar that was set is looked at at once";
  clock_.Set("2025-06-21T00:00:00Z");
  EXPECT_THAT(periods(), ElementsAre("T 2025-05 REGULAR  2025-06-20"));
}

}  // namespace
}  // namespace tidewaiter::engine
