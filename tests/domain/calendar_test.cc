#include "domain/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/calendar_match.h"
#include "domain/calendar_text.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Calendar C(std::string_view text) { return Must(ParseCalendar(text)); }

std::string Shown(const std::optional<ReleaseWindow>& window) {
  if (!window) return "unknown";
  return absl::StrCat(DayToString(window->first_day), "..", DayToString(window->last_day), " ",
                      window->minute_of_day);
}

// "2025-07 2025-08-07..2025-08-09 660"
std::vector<std::string> Expanded(std::string_view calendar, std::string_view from, std::string_view to) {
  std::vector<std::string> lines;
  for (const ExpectedRelease& release : Must(ExpandCalendar(C(calendar), M(from), M(to)))) {
    lines.push_back(absl::StrCat(release.period.ToString(), " ", Shown(release.window),
                                 release.kind == ExpectedKind::kRevision ? " REVISION" : "",
                                 release.stage.empty() ? "" : absl::StrCat(" ", release.stage)));
  }
  return lines;
}

constexpr std::string_view kGacc = "rule,7-9,11:00,1,combined=01+02\n";

TEST(CalendarTest, GaccsRuleCombinesJanuaryAndFebruary) {
  EXPECT_THAT(Expanded(kGacc, "2024-12", "2025-04"),
              ElementsAre("2024-12 2025-01-07..2025-01-09 660", "2025-01/P2M 2025-03-07..2025-03-09 660",
                          "2025-03 2025-04-07..2025-04-09 660", "2025-04 2025-05-07..2025-05-09 660"))
      << "nothing in February";
}

TEST(CalendarTest, MonthsOfPublicationMayBeLeftOut) {
  EXPECT_THAT(Expanded("rule,10,08:50,1,none=02+08", "2025-01", "2025-03"),
              ElementsAre("2025-02 2025-03-10..2025-03-10 530", "2025-03 2025-04-10..2025-04-10 530"));
}

TEST(CalendarTest, DaysBeyondAMonthsEndAreItsLast) {
  EXPECT_THAT(Expanded("rule,30-31,00:00,0", "2024-02", "2024-02"),
              ElementsAre("2024-02 2024-02-29..2024-02-29 0"));
  EXPECT_THAT(Expanded("rule,31,23:59,2", "2025-04", "2025-04"),
              ElementsAre("2025-04 2025-06-30..2025-06-30 1439"));
}

TEST(CalendarTest, StagesAreReleasesOfTheirOwn) {
  EXPECT_THAT(
      Expanded("rule,7-9,11:00,1,stage=flash\nrule,18,15:00,1,stage=bulletin\n", "2025-07", "2025-07"),
      ElementsAre("2025-07 2025-08-18..2025-08-18 900 bulletin", "2025-07 2025-08-07..2025-08-09 660 flash"));
}

TEST(CalendarTest, RulesHoldForTheirMonths) {
  EXPECT_THAT(Expanded("rule,8,10:00,1,to=2019-12\nrule,7-9,11:00,1,from=2020-01,combined=01+02", "2019-11",
                       "2020-03"),
              ElementsAre("2019-11 2019-12-08..2019-12-08 600", "2019-12 2020-01-08..2020-01-08 600",
                          "2020-01/P2M 2020-03-07..2020-03-09 660", "2020-03 2020-04-07..2020-04-09 660"));
}

TEST(CalendarTest, DatesComeBeforeRules) {
  EXPECT_THAT(
      Expanded(absl::StrCat(std::string(kGacc), "date,2025-09,2025-10-13,11:00\n",
                            "date,2024-01/P12M,2025-06-05,08:30,kind=REVISION\n"),
               "2024-12", "2024-12"),
      ElementsAre("2024-01/P12M 2025-06-05..2025-06-05 510 REVISION", "2024-12 2025-01-07..2025-01-09 660"));
  EXPECT_THAT(
      Expanded(absl::StrCat(std::string(kGacc), "date,2025-09,2025-10-13,11:00\n"), "2025-09", "2025-09"),
      ElementsAre("2025-09 2025-10-13..2025-10-13 660"));
}

TEST(CalendarTest, RevisionsRecur) {
  EXPECT_THAT(Expanded("rule,25-31,08:30,8,kind=REVISION,months=36,in=08", "2023-01", "2025-12"),
              ElementsAre("2021-01/P36M 2024-08-25..2024-08-31 510 REVISION",
                          "2022-01/P36M 2025-08-25..2025-08-31 510 REVISION",
                          "2023-01/P36M 2026-08-25..2026-08-31 510 REVISION"));
  EXPECT_THAT(
      Expanded("rule,1,00:00,2,kind=REVISION,months=1", "2025-01", "2025-02"),
      ElementsAre("2025-01 2025-03-01..2025-03-01 0 REVISION", "2025-02 2025-04-01..2025-04-01 0 REVISION"))
      << "each month the one before the newest";
  EXPECT_EQ(CalendarToText(C("rule,25-31,08:30,8,in=08,kind=REVISION")),
            "rule,25-31,08:30,8,kind=REVISION,months=12,in=08\n");
  EXPECT_EQ(CalendarToText(C("rule,7,08:30,1,in=01+02+03+04+05+06+07+08+09+10+11")),
            "rule,7,08:30,1,none=12\n");
}

TEST(CalendarTest, RecurringRevisionsGiveWayToDates) {
  const std::string yearly = "rule,25-31,08:30,8,kind=REVISION,months=12,in=08\n";
  EXPECT_THAT(
      Expanded(absl::StrCat(yearly, "cancelled,2024-01/P12M,kind=REVISION\n"), "2023-12", "2024-12"),
      ElementsAre("2023-01/P12M 2024-08-25..2024-08-31 510 REVISION", "2024-01/P12M unknown REVISION"));
}

TEST(CalendarTest, RevisionRulesSayWhatTheyRevise) {
  for (const auto& [line, what] : std::vector<std::pair<std::string, std::string>>{
           {"rule,7,08:30,1,months=3", "months goes with kind=REVISION only"},
           {"rule,7,08:30,1,kind=REVISION,combined=01+02", "a revision has no combined months"},
           {"rule,7,08:30,1,in=08,none=01", "do not go together"},
           {"rule,7,08:30,1,kind=REVISION,months=0", "is not a number of months: write 1 to 1200"},
           {"rule,7,08:30,1,kind=yearly", "use REGULAR or REVISION"}}) {
    ExpectRefused(ParseCalendar(line), what);
  }
}

TEST(CalendarTest, AtTheCalendarsEndsNothingIsExpected) {
  EXPECT_THAT(Expanded(kGacc, "2999-12", "2999-12"), IsEmpty());
  EXPECT_THAT(Expanded("rule,1,00:00,0,combined=11+12+01", "1600-01", "1600-01"), IsEmpty());
}

TEST(CalendarTest, RefusesWhatIsNoCalendar) {
  Calendar calendar;
  CalendarRule& rule = calendar.rules.emplace_back();
  rule.first_day = 9;
  rule.last_day = 7;
  rule.minute_of_day = 1440;
  rule.lag_months = -1;
  rule.none_in_months = 0xFFF;
  rule.combined_first = 13;
  rule.combined_months = 1;
  rule.stage = "a b";
  calendar.dates.emplace_back().note = "a, b";
  CalendarDate& cancelled = calendar.dates.emplace_back();
  cancelled.event = DateEvent::kCancelled;
  cancelled.window = ReleaseWindow{};
  EXPECT_THAT(FieldsOf(Validate(calendar)),
              ElementsAre("rules[0].last_day", "rules[0].minute_of_day", "rules[0].lag_months",
                          "rules[0].none_in_months", "rules[0].combined_first", "rules[0].combined_months",
                          "rules[0].stage", "dates[0].window", "dates[0].note", "dates[1].window"));
  EXPECT_FALSE(ExpandCalendar(calendar, M("2025-01"), M("2025-01")).ok());
  ExpectRefused(ExpandCalendar({}, M("2025-02"), M("2025-01")), "after the range's end");
  ExpectRefused(ExpandCalendar({}, M("1600-01"), M("2999-12")), "at most 1200 months");
}

// --- What came ---

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

PublishedRelease Published(Sequence sequence, std::string_view at, std::vector<Period> periods,
                           ReleaseKind kind = ReleaseKind::kRegular) {
  PublishedRelease release;
  release.sequence = sequence;
  release.published_at = PublishedAt::At(T(at));
  release.kind = kind;
  release.periods = std::move(periods);
  return release;
}

// "2025-07 PUBLISHED 12"
std::vector<std::string> Matched(std::string_view calendar, std::string_view from, std::string_view to,
                                 const std::vector<PublishedRelease>& published, const char* zone,
                                 std::string_view now) {
  std::vector<std::string> lines;
  const auto expected = Must(ExpandCalendar(C(calendar), M(from), M(to)));
  for (const CalendarEntry& entry : MatchCalendar(expected, published, Zone(zone), T(now))) {
    lines.push_back(absl::StrCat(entry.expected.period.ToString(), " ",
                                 std::string(CalendarStateName(entry.state)), " ", entry.sequence));
    EXPECT_EQ(entry.published_at.has_value(), entry.sequence != 0);
  }
  return lines;
}

TEST(CalendarMatchTest, GaccsYear) {
  const std::vector<PublishedRelease> published = {
      // Year to date; on the Friday evening before the window even opens.
      Published(3, "2025-05-06T11:00:00+08:00", {P("2025-01/P4M"), P("2025-04")}),
      Published(1, "2025-03-07T11:02:00+08:00", {P("2025-01/P2M")}),
      // In the last minute of the 9th in Beijing; and eight hours later.
      Published(2, "2025-04-09T23:59:59+08:00", {P("2025-03"), P("2025-01/P3M")}),
      Published(4, "2025-06-10T00:00:00+08:00", {P("2025-01/P5M")}),
      // A year later it states the base again: that is not June's release.
      Published(5, "2026-07-14T11:00:00+08:00", {P("2025-01/P6M"), P("2026-01/P6M")}),
  };
  EXPECT_THAT(Matched(kGacc, "2025-01", "2025-08", published, "Asia/Shanghai", "2025-09-07T02:59:00Z"),
              ElementsAre("2025-01/P2M PUBLISHED 1", "2025-03 PUBLISHED 2", "2025-04 PUBLISHED 3",
                          "2025-05 LATE 4", "2025-06 OVERDUE 0", "2025-07 OVERDUE 0", "2025-08 EXPECTED 0"));
}

TEST(CalendarMatchTest, OverdueBeginsWhenTheLastDayIsOverInTheZone) {
  const auto at = [](std::string_view now) {
    return Matched(kGacc, "2025-07", "2025-07", {}, "Asia/Shanghai", now);
  };
  EXPECT_THAT(at("2025-08-09T15:59:59Z"), ElementsAre("2025-07 EXPECTED 0"));
  EXPECT_THAT(at("2025-08-09T16:00:00Z"), ElementsAre("2025-07 OVERDUE 0"));
  const ReleaseWindow window = *Must(ExpandCalendar(C(kGacc), M("2025-07"), M("2025-07")))[0].window;
  EXPECT_EQ(EarliestOf(window, Zone("Asia/Shanghai")), T("2025-08-07T11:00:00+08:00"));
  EXPECT_EQ(LatestOf(window, Zone("Asia/Shanghai")), T("2025-08-09T23:59:59.999999+08:00"));
}

// The United States' government was shut down: Statistics Canada did not publish September on 4 November
// 2025, and gave no new day; September came on 11 December.
TEST(CalendarMatchTest, StatisticsCanadasMissedNovember2025) {
  const std::string planned =
      "date,2025-08,2025-10-07,08:30\n"
      "date,2025-09,2025-11-04,08:30\n";
  const std::vector<PublishedRelease> august = {Published(1, "2025-10-07T08:30:00-04:00", {P("2025-08")})};
  const auto matched = [&](const std::string& calendar, const std::vector<PublishedRelease>& published,
                           std::string_view now) {
    return Matched(calendar, "2025-08", "2025-09", published, "America/Toronto", now);
  };
  // Nobody had told the calendar.
  EXPECT_THAT(matched(planned, august, "2025-11-05T08:30:00-05:00"),
              ElementsAre("2025-08 PUBLISHED 1", "2025-09 OVERDUE 0"));
  const std::string postponed = planned + "postponed,2025-09,unknown,note=US government shutdown\n";
  EXPECT_THAT(matched(postponed, august, "2025-11-05T08:30:00-05:00"),
              ElementsAre("2025-08 PUBLISHED 1", "2025-09 POSTPONED 0"));
  const std::string dated = postponed + "postponed,2025-09,2025-12-11,08:30\n";
  EXPECT_THAT(matched(dated, august, "2025-12-11T08:29:00-05:00"),
              ElementsAre("2025-08 PUBLISHED 1", "2025-09 POSTPONED 0"));
  EXPECT_THAT(matched(dated, august, "2025-12-12T00:00:00-05:00"),
              ElementsAre("2025-08 PUBLISHED 1", "2025-09 OVERDUE 0"));
  auto both = august;
  both.push_back(Published(2, "2025-12-11T08:30:00-05:00", {P("2025-08"), P("2025-09")}));
  EXPECT_THAT(matched(dated, both, "2025-12-11T08:31:00-05:00"),
              ElementsAre("2025-08 PUBLISHED 1", "2025-09 PUBLISHED 2"));
  EXPECT_THAT(matched(planned, both, "2025-12-11T08:31:00-05:00"),
              ElementsAre("2025-08 PUBLISHED 1", "2025-09 LATE 2"));
  // What was planned at first is kept.
  const auto expected = Must(ExpandCalendar(C(dated), M("2025-09"), M("2025-09")));
  ASSERT_EQ(expected.size(), 1u);
  EXPECT_EQ(expected[0].plan, DateEvent::kPostponed);
  EXPECT_EQ(Shown(expected[0].original), "2025-11-04..2025-11-04 510");
  EXPECT_EQ(Shown(expected[0].window), "2025-12-11..2025-12-11 510");
}

TEST(CalendarMatchTest, CancelledIsNotOverdue) {
  const std::string calendar = absl::StrCat(std::string(kGacc), "cancelled,2025-07,note=no figures\n");
  EXPECT_THAT(Matched(calendar, "2025-07", "2025-07", {}, "Asia/Shanghai", "2026-01-01T00:00:00Z"),
              ElementsAre("2025-07 CANCELLED 0"));
  EXPECT_THAT(Matched(calendar, "2025-07", "2025-07", {Published(7, "2025-08-20T00:00:00Z", {P("2025-07")})},
                      "Asia/Shanghai", "2026-01-01T00:00:00Z"),
              ElementsAre("2025-07 PUBLISHED 7"));
}

TEST(CalendarMatchTest, StagesAndBackfills) {
  const std::string calendar = "rule,7-9,11:00,1,stage=flash\nrule,18,15:00,1,stage=bulletin\n";
  PublishedRelease flash = Published(2, "2025-08-07T11:00:00+08:00", {P("2025-07")});
  flash.stage = "flash";
  PublishedRelease backfill =
      Published(1, "2025-08-01T11:00:00+08:00", {P("2025-07")}, ReleaseKind::kBackfill);
  backfill.stage = "bulletin";
  EXPECT_THAT(
      Matched(calendar, "2025-07", "2025-07", {flash, backfill}, "Asia/Shanghai", "2025-08-10T00:00:00Z"),
      ElementsAre("2025-07 EXPECTED 0", "2025-07 PUBLISHED 2"));
}

TEST(CalendarMatchTest, RevisionsAreMetByWhatRevisesTheirPeriods) {
  const std::string calendar = "date,2024-01/P12M,2025-06-05,08:30,kind=REVISION\n";
  const std::vector<PublishedRelease> published = {
      Published(1, "2025-02-05T13:30:00Z", {P("2024-12")}),
      Published(2, "2025-06-05T12:30:00Z", {P("2025-04"), P("2024-03")}),
  };
  EXPECT_THAT(Matched(calendar, "2024-12", "2024-12", published, "America/New_York", "2025-07-01T00:00:00Z"),
              ElementsAre("2024-01/P12M PUBLISHED 2"));
  const auto expected = Must(ExpandCalendar(C(calendar), M("2024-12"), M("2024-12")));
  const absl::TimeZone zone = Zone("America/New_York");
  const auto scheduled = [&](std::string_view at, std::string_view period) {
    return RevisionScheduled(expected, T(at), P(period), zone);
  };
  EXPECT_TRUE(scheduled("2025-06-05T12:30:00Z", "2024-03"));
  EXPECT_TRUE(scheduled("2025-06-05T04:00:00Z", "2024-01/P3M")) << "the day begins";
  EXPECT_FALSE(scheduled("2025-06-05T03:59:59Z", "2024-03"));
  EXPECT_FALSE(scheduled("2025-06-06T04:00:00Z", "2024-03"));
  EXPECT_FALSE(scheduled("2025-06-05T12:30:00Z", "2023-12/P2M")) << "not all within";
  const auto cancelled = Must(ExpandCalendar(
      C(absl::StrCat(calendar, "cancelled,2024-01/P12M,kind=REVISION\n")), M("2024-12"), M("2024-12")));
  EXPECT_FALSE(RevisionScheduled(cancelled, T("2025-06-05T12:30:00Z"), P("2024-03"), zone));
  EXPECT_FALSE(RevisionScheduled(Must(ExpandCalendar(C(kGacc), M("2024-03"), M("2024-03"))),
                                 T("2024-04-08T03:00:00Z"), P("2024-03"), Zone("Asia/Shanghai")))
      << "a regular release is no revision";
}

// --- The text ---

TEST(CalendarTextTest, ReadsBackWhatItWrites) {
  const std::string text =
      "rule,7-9,11:00,1,none=02+08,combined=01+02,stage=flash,from=2020-01,to=2025-12\n"
      "rule,18,09:05,0,combined=12+01\n"
      "date,2025-10,2025-11-07,11:00\n"
      "date,2020-01/P60M,2025-06-05..2025-06-06,08:30,kind=REVISION,note=annual; see the notice\n"
      "postponed,2025-09,unknown,note=shutdown\n"
      "postponed,2025-09,2025-12-11,08:30,stage=flash\n"
      "cancelled,2022-03,kind=REVISION,stage=flash\n";
  EXPECT_EQ(CalendarToText(C(text)), text);
}

TEST(CalendarTextTest, TakesCommentsBlankLinesAndAnyOrderOfOptions) {
  EXPECT_EQ(CalendarToText(C("# GACC\r\n\r\nrule,07-09,11:00,01,to=2025-12,none=08+02\r\n# end")),
            "rule,7-9,11:00,1,none=02+08,to=2025-12\n");
  EXPECT_EQ(C(""), Calendar());
}

std::string ErrorOf(std::string_view text) {
  const auto calendar = ParseCalendar(text);
  EXPECT_FALSE(calendar.ok()) << text;
  std::string errors;
  for (const FieldViolation& violation : DetailsOf(calendar.status()).violations) {
    absl::StrAppend(&errors, violation.field, ": ", violation.description, "\n");
  }
  return errors;
}

TEST(CalendarTextTest, ErrorsSayWhere) {
  EXPECT_EQ(ErrorOf("rule,9-7,11:00,1"), "line 1, column 6: the last day is before the first\n");
  EXPECT_EQ(ErrorOf("\nrule,7,24:00,1"),
            "line 2, column 8: \"24:00\" is not a time of day: write HH:MM, as in 11:00\n");
  EXPECT_EQ(ErrorOf("rule,7,11:00"), "line 1, column 13: the lag in months is missing\n");
  EXPECT_EQ(ErrorOf("rule,7,11:00,1,noon=02"),
            "line 1, column 16: \"noon\" is not an option of a rule; use none, in, combined, kind, months, stage, from, to\n");
  EXPECT_EQ(ErrorOf("rule,7,11:00,1,none=02,none=03"), "line 1, column 24: \"none\" stands twice\n");
  EXPECT_EQ(
      ErrorOf("# ok\nevery,7\ncancelled\n"),
      "line 2, column 1: \"every\" does not begin a line; use rule, date, postponed, cancelled, or # for a "
      "comment\nline 3, column 10: the period is missing\n");
  EXPECT_THAT(ErrorOf("date,2025-09,2025-02-30,08:30"),
              HasSubstr("line 1, column 14: \"2025-02-30\" is not a day"));
  EXPECT_THAT(ErrorOf("date,2025-09,unknown"), HasSubstr("line 1, column 14: \"unknown\" is not a day"));
  EXPECT_THAT(ErrorOf("rule,7,11:00,1,combined=01+03"),
              HasSubstr("column 16: combined months follow one another"));
  EXPECT_THAT(ErrorOf("rule,7,11:00,1,combined=02"), HasSubstr("follow one another"));
  EXPECT_THAT(ErrorOf("rule,0,11:00,1"), HasSubstr("\"0\" is not a day of the month: write 1 to 31"));
  EXPECT_THAT(ErrorOf("rule,7-,11:00,1"), HasSubstr("column 6: \"\" is not a day of the month"));
  EXPECT_THAT(ErrorOf("rule,7,11:00,25"), HasSubstr("column 14"));
  EXPECT_THAT(ErrorOf("rule,7,11:00,1,none=01+02+03+04+05+06+07+08+09+10+11+12"), HasSubstr("not all"));
  EXPECT_THAT(ErrorOf("rule,7,11:00,1,from=2025-02,to=2025-01"), HasSubstr("column 29: from is after to"));
  EXPECT_THAT(ErrorOf("cancelled,2025-09,kind=SECRET"), HasSubstr("use REGULAR or REVISION"));
  EXPECT_THAT(ErrorOf("cancelled,2025-09,why"), HasSubstr("write name=value"));
  EXPECT_THAT(ErrorOf("cancelled,2025-09,note=\x01"), HasSubstr("UTF-8"));
  EXPECT_THAT(ErrorOf("cancelled,2025-9"), HasSubstr("column 11: \"2025-9\" is not a period"));
  EXPECT_THAT(ErrorOf(std::string(limits::kMaxCalendarBytes + 1, '#')), HasSubstr("bytes; at most"));
}

TEST(CalendarTextTest, HoldsItsLimits) {
  std::string rules;
  for (std::size_t i = 0; i <= limits::kMaxCalendarRules; ++i) absl::StrAppend(&rules, "rule,7,11:00,1\n");
  EXPECT_THAT(ErrorOf(rules), HasSubstr("at most 64 rules"));
}

// Any valid calendar comes back as it was; any bytes are refused or read, and never more than that.
TEST(CalendarTextTest, RandomCalendarsComeBack) {
  Randomness random;
  const auto stage = [&] { return random.Pick<std::string>({"", "flash", "bulletin"}); };
  const auto any_rule = [&] {
    CalendarRule rule;
    rule.first_day = random.Int(1, 31);
    rule.last_day = random.Int(rule.first_day, 31);
    rule.minute_of_day = random.Int(0, 1439);
    rule.lag_months = random.Int(0, 24);
    rule.none_in_months = static_cast<std::uint16_t>(random.Int(0, 0xFFE));
    if (random.OneIn(2)) rule.combined_months = random.Int(2, 12);
    if (rule.combined_months > 0) rule.combined_first = random.Int(1, 12);
    rule.stage = stage();
    if (random.OneIn(3)) rule.from = M("2020-01") + random.Int(0, 30);
    if (random.OneIn(3)) rule.to = M("2022-07") + random.Int(0, 30);
    return rule;
  };
  const auto any_date = [&] {
    CalendarDate date;
    date.event = static_cast<DateEvent>(random.Int(1, 3));
    date.kind = static_cast<ExpectedKind>(random.Int(1, 2));
    date.period = Period::FromValid(M("2020-01") + random.Int(0, 50), random.Int(1, 13));
    const absl::CivilDay day = absl::CivilDay(2021, 1, 1) + random.Int(0, 900);
    const bool dated =
        date.event == DateEvent::kScheduled || (date.event == DateEvent::kPostponed && random.OneIn(2));
    if (dated) date.window = ReleaseWindow{day, day + random.Int(0, 3), random.Int(0, 1439)};
    date.stage = stage();
    date.note = random.Pick<std::string>({"", "a = b", " # no comment", "Ottawa (été)"});
    return date;
  };
  for (int round = 0; round < 2000; ++round) {
    Calendar calendar;
    for (int i = random.Int(0, 3); i > 0; --i) calendar.rules.push_back(any_rule());
    for (int i = random.Int(0, 4); i > 0; --i) calendar.dates.push_back(any_date());
    std::string text = CalendarToText(calendar);
    ASSERT_EQ(C(text), calendar) << text;
    // Every reference month is expected once at most by kind and stage, in order.
    const auto expected = Must(ExpandCalendar(calendar, M("2020-01"), M("2023-12")));
    for (std::size_t i = 1; i < expected.size(); ++i) {
      ASSERT_LE(expected[i - 1].period.last(), expected[i].period.last());
    }
    for (int i = random.Int(1, 4); i > 0 && !text.empty(); --i) {
      text[static_cast<std::size_t>(random.Int(0, static_cast<int>(text.size()) - 1))] =
          random.Pick<char>({',', '0', '9', '-', '=', '\n', '+', 'a', '\xFF'});
    }
    const auto garbled = ParseCalendar(text);
    if (garbled.ok()) {
      ASSERT_EQ(C(CalendarToText(*garbled)), *garbled) << text;
    }
  }
}

}  // namespace
}  // namespace tidewaiter
