#include "domain/calendar_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "domain/errors.h"
#include "domain/field_line.h"
#include "domain/instant.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr int kMonths = 12;
constexpr std::uint16_t kAllMonths = (1u << kMonths) - 1;
// Months that a revision revises, where the rule does not say.
constexpr int kYear = 12;
constexpr std::string_view kUnknown = "unknown";

absl::StatusOr<int> ParseNumber(const Field& field, std::string_view text, int low, int high,
                                std::string_view what) {
  const auto number = ParseDigits(text);
  if (number && *number >= low && *number <= high) return *number;
  return At(field, absl::StrCat(Quoted(text), " is not ", ToAbsl(what), ": write ", low, " to ", high));
}

absl::StatusOr<int> ParseTime(const Field& field) {
  const std::string_view text = field.text;
  if (text.size() == 5 && text[2] == ':') {
    const auto hour = ParseDigits(text.substr(0, 2));
    const auto minute = ParseDigits(text.substr(3, 2));
    if (hour && minute && *hour < 24 && *minute < 60) return *hour * 60 + *minute;
  }
  return At(field, absl::StrCat(Quoted(text), " is not a time of day: write HH:MM, as in 11:00"));
}

absl::Status ParseDays(const Field& field, CalendarRule& rule) {
  const std::size_t dash = std::min(field.text.find('-'), field.text.size());
  TW_ASSIGN_OR_RETURN(rule.first_day,
                      ParseNumber(field, field.text.substr(0, dash), 1, 31, "a day of the month"));
  rule.last_day = rule.first_day;
  if (dash == field.text.size()) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(rule.last_day,
                      ParseNumber(field, field.text.substr(dash + 1), 1, 31, "a day of the month"));
  if (rule.last_day < rule.first_day) return At(field, "the last day is before the first");
  return absl::OkStatus();
}

// "01+02" -> {1, 2}
absl::StatusOr<std::vector<int>> ParseMonths(const Field& field, std::string_view text) {
  std::vector<int> months;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('+', begin), text.size());
    TW_ASSIGN_OR_RETURN(const int month, ParseNumber(field, text.substr(begin, end - begin), 1, kMonths,
                                                     "a month of the year"));
    months.push_back(month);
    begin = end + 1;
  }
  return months;
}

absl::Status ParseNone(const Field& field, std::string_view text, CalendarRule& rule) {
  TW_ASSIGN_OR_RETURN(const std::vector<int> months, ParseMonths(field, text));
  for (const int month : months) rule.none_in_months |= static_cast<std::uint16_t>(1u << (month - 1));
  if (rule.none_in_months == kAllMonths) return At(field, "a rule leaves out some months, not all");
  return absl::OkStatus();
}

// The only months: all others are none.
absl::Status ParseIn(const Field& field, std::string_view text, CalendarRule& rule) {
  TW_ASSIGN_OR_RETURN(const std::vector<int> months, ParseMonths(field, text));
  rule.none_in_months = kAllMonths;
  for (const int month : months) rule.none_in_months &= static_cast<std::uint16_t>(~(1u << (month - 1)));
  return absl::OkStatus();
}

absl::StatusOr<ExpectedKind> ParseKind(const Field& field, std::string_view text) {
  for (const ExpectedKind kind : {ExpectedKind::kRegular, ExpectedKind::kRevision}) {
    if (text == ExpectedKindName(kind)) return kind;
  }
  return At(field, absl::StrCat(Quoted(text), " is not a kind; use REGULAR or REVISION"));
}

absl::Status ParseCombined(const Field& field, std::string_view text, CalendarRule& rule) {
  TW_ASSIGN_OR_RETURN(const std::vector<int> months, ParseMonths(field, text));
  bool consecutive = months.size() >= 2 && months.size() <= kMonths;
  for (std::size_t i = 1; i < months.size(); ++i) {
    consecutive = consecutive && months[i] == months[i - 1] % kMonths + 1;
  }
  if (!consecutive) return At(field, "combined months follow one another: write combined=01+02");
  rule.combined_first = months.front();
  rule.combined_months = static_cast<int>(months.size());
  return absl::OkStatus();
}

absl::Status ParseStage(const Field& field, std::string_view text, std::string& stage) {
  if (const absl::Status status = ValidateCode(text); !status.ok()) return At(field, status);
  stage = text;
  return absl::OkStatus();
}

absl::Status ParseBound(const Field& field, std::string_view text, std::optional<Month>& bound) {
  const auto month = Month::Parse(text);
  if (!month.ok()) return At(field, month.status());
  bound = *month;
  return absl::OkStatus();
}

absl::Status ParseRuleOption(const FieldOptions::Option& option, CalendarRule& rule) {
  if (option.name == "none" || option.name == "in") {
    if (rule.none_in_months != 0) return At(option.field, "none and in do not go together; keep one of them");
    return option.name == "none" ? ParseNone(option.field, option.value.text, rule)
                                 : ParseIn(option.field, option.value.text, rule);
  }
  if (option.name == "kind") {
    TW_ASSIGN_OR_RETURN(rule.kind, ParseKind(option.field, option.value.text));
    return absl::OkStatus();
  }
  if (option.name == "months") {
    TW_ASSIGN_OR_RETURN(rule.revised_months, ParseNumber(option.value, option.value.text, 1,
                                                         limits::kMaxPeriodMonths, "a number of months"));
    return absl::OkStatus();
  }
  if (option.name == "combined") return ParseCombined(option.field, option.value.text, rule);
  if (option.name == "stage") return ParseStage(option.field, option.value.text, rule.stage);
  if (option.name == "from") return ParseBound(option.field, option.value.text, rule.from);
  if (option.name == "to") return ParseBound(option.field, option.value.text, rule.to);
  return At(
      option.field,
      absl::StrCat(Quoted(option.name),
                   " is not an option of a rule; use none, in, combined, kind, months, stage, from, to"));
}

absl::StatusOr<CalendarRule> ParseRule(FieldLine& line) {
  CalendarRule rule;
  TW_ASSIGN_OR_RETURN(const Field days, line.Require("the day or days of the month"));
  TW_RETURN_IF_ERROR(ParseDays(days, rule));
  TW_ASSIGN_OR_RETURN(const Field time, line.Require("the time of day"));
  TW_ASSIGN_OR_RETURN(rule.minute_of_day, ParseTime(time));
  TW_ASSIGN_OR_RETURN(const Field lag, line.Require("the lag in months"));
  TW_ASSIGN_OR_RETURN(rule.lag_months, ParseNumber(lag, lag.text, 0, 24, "a lag in months"));
  for (FieldOptions options; !line.done();) {
    const Field field = line.Next();
    TW_ASSIGN_OR_RETURN(const FieldOptions::Option option, options.Split(field));
    TW_RETURN_IF_ERROR(ParseRuleOption(option, rule));
    if (rule.from && rule.to && *rule.from > *rule.to) return At(field, "from is after to");
  }
  if (rule.kind == ExpectedKind::kRevision) {
    if (rule.revised_months == 0) rule.revised_months = kYear;
    if (rule.combined_months != 0) return At(days, "a revision has no combined months; months=36 says which");
  } else if (rule.revised_months != 0) {
    return At(days, "months goes with kind=REVISION only");
  }
  return rule;
}

absl::StatusOr<absl::CivilDay> ParseDate(const Field& field, std::string_view text) {
  const auto day = ParseDay(text);
  if (!day.ok()) return At(field, day.status());
  return *day;
}

absl::StatusOr<ReleaseWindow> ParseWindow(const Field& dates, FieldLine& line) {
  ReleaseWindow window;
  const std::size_t dots = std::min(dates.text.find(".."), dates.text.size());
  TW_ASSIGN_OR_RETURN(window.first_day, ParseDate(dates, dates.text.substr(0, dots)));
  window.last_day = window.first_day;
  if (dots != dates.text.size()) {
    TW_ASSIGN_OR_RETURN(window.last_day, ParseDate(dates, dates.text.substr(dots + 2)));
    if (window.last_day < window.first_day) return At(dates, "the last day is before the first");
  }
  TW_ASSIGN_OR_RETURN(const Field time, line.Require("the time of day"));
  TW_ASSIGN_OR_RETURN(window.minute_of_day, ParseTime(time));
  return window;
}

absl::Status ParseDetail(const FieldOptions::Option& option, CalendarDate& date) {
  if (option.name == "stage") return ParseStage(option.field, option.value.text, date.stage);
  if (option.name == "note") {
    if (!IsCleanUtf8(option.value.text))
      return At(option.field, "the note must be UTF-8 without control characters");
    if (option.value.text.size() > limits::kMaxNoteBytes) {
      return At(option.field, absl::StrCat("the note has more than ", limits::kMaxNoteBytes, " bytes"));
    }
    date.note = option.value.text;
    return absl::OkStatus();
  }
  if (option.name != "kind") {
    return At(option.field,
              absl::StrCat(Quoted(option.name), " is not a detail of a date; use kind, stage, note"));
  }
  TW_ASSIGN_OR_RETURN(date.kind, ParseKind(option.field, option.value.text));
  return absl::OkStatus();
}

absl::StatusOr<CalendarDate> ParseCalendarDate(DateEvent event, FieldLine& line) {
  CalendarDate date;
  date.event = event;
  TW_ASSIGN_OR_RETURN(const Field period_field, line.Require("the period"));
  const auto period = Period::Parse(period_field.text);
  if (!period.ok()) return At(period_field, period.status());
  date.period = *period;
  if (event != DateEvent::kCancelled) {
    TW_ASSIGN_OR_RETURN(const Field dates, line.Require("the day or days"));
    if (event == DateEvent::kScheduled || dates.text != kUnknown) {
      TW_ASSIGN_OR_RETURN(date.window, ParseWindow(dates, line));
    }
  }
  for (FieldOptions options; !line.done();) {
    TW_ASSIGN_OR_RETURN(const FieldOptions::Option option, options.Split(line.Next()));
    TW_RETURN_IF_ERROR(ParseDetail(option, date));
  }
  return date;
}

absl::Status AddDate(DateEvent event, FieldLine& line, Calendar& calendar) {
  TW_ASSIGN_OR_RETURN(CalendarDate date, ParseCalendarDate(event, line));
  calendar.dates.push_back(std::move(date));
  return absl::OkStatus();
}

absl::Status ParseLine(std::string_view text, Calendar& calendar) {
  if (text.empty() || text.front() == '#') return absl::OkStatus();
  FieldLine line(text);
  const Field word = line.Next();
  if (word.text == "date") return AddDate(DateEvent::kScheduled, line, calendar);
  if (word.text == "postponed") return AddDate(DateEvent::kPostponed, line, calendar);
  if (word.text == "cancelled") return AddDate(DateEvent::kCancelled, line, calendar);
  if (word.text != "rule") {
    return At(word, absl::StrCat(Quoted(word.text),
                                 " does not begin a line; use rule, date, postponed, cancelled, or # for a "
                                 "comment"));
  }
  TW_ASSIGN_OR_RETURN(CalendarRule rule, ParseRule(line));
  calendar.rules.push_back(std::move(rule));
  return absl::OkStatus();
}

std::string TimeText(int minute_of_day) {
  return absl::StrFormat("%02d:%02d", minute_of_day / 60, minute_of_day % 60);
}

std::string MonthsText(const std::vector<int>& months) {
  std::string text;
  for (const int month : months)
    absl::StrAppend(&text, text.empty() ? "" : "+", absl::Dec(month, absl::kZeroPad2));
  return text;
}

void AppendOption(std::string& line, std::string_view name, std::string_view value) {
  if (!value.empty()) absl::StrAppend(&line, ",", ToAbsl(name), "=", ToAbsl(value));
}

std::string RuleText(const CalendarRule& rule) {
  std::string line = absl::StrCat("rule,", rule.first_day);
  if (rule.last_day != rule.first_day) absl::StrAppend(&line, "-", rule.last_day);
  absl::StrAppend(&line, ",", TimeText(rule.minute_of_day), ",", rule.lag_months);
  std::vector<int> none;
  std::vector<int> in;
  for (int month = 1; month <= kMonths; ++month) {
    ((rule.none_in_months >> (month - 1) & 1) != 0 ? none : in).push_back(month);
  }
  std::vector<int> combined;
  for (int i = 0; i < rule.combined_months; ++i)
    combined.push_back((rule.combined_first - 1 + i) % kMonths + 1);
  const bool is_revision = rule.kind == ExpectedKind::kRevision;
  if (is_revision) {
    AppendOption(line, "kind", ExpectedKindName(rule.kind));
    AppendOption(line, "months", absl::StrCat(rule.revised_months));
  }
  const bool says_in = is_revision && !none.empty();
  AppendOption(line, says_in ? "in" : "none", MonthsText(says_in ? in : none));
  AppendOption(line, "combined", MonthsText(combined));
  AppendOption(line, "stage", rule.stage);
  AppendOption(line, "from", rule.from ? rule.from->ToString() : "");
  AppendOption(line, "to", rule.to ? rule.to->ToString() : "");
  return line;
}

std::string_view EventWord(DateEvent event) {
  switch (event) {
    case DateEvent::kScheduled:
      return "date";
    case DateEvent::kPostponed:
      return "postponed";
    case DateEvent::kCancelled:
      return "cancelled";
  }
  return "date";
}

std::string DateText(const CalendarDate& date) {
  std::string line = absl::StrCat(ToAbsl(EventWord(date.event)), ",", date.period.ToString());
  if (date.window) {
    absl::StrAppend(&line, ",", DayToString(date.window->first_day));
    if (date.window->last_day != date.window->first_day) {
      absl::StrAppend(&line, "..", DayToString(date.window->last_day));
    }
    absl::StrAppend(&line, ",", TimeText(date.window->minute_of_day));
  } else if (date.event == DateEvent::kPostponed) {
    absl::StrAppend(&line, ",", ToAbsl(kUnknown));
  }
  if (date.kind == ExpectedKind::kRevision) AppendOption(line, "kind", ExpectedKindName(date.kind));
  AppendOption(line, "stage", date.stage);
  AppendOption(line, "note", date.note);
  return line;
}

}  // namespace

absl::StatusOr<Calendar> ParseCalendar(std::string_view text) {
  if (text.size() > limits::kMaxCalendarBytes) {
    return InvalidField("line 1, column 1", absl::StrCat("the calendar has ", text.size(), " bytes; at most ",
                                                         limits::kMaxCalendarBytes, " are allowed"));
  }
  Calendar calendar;
  TW_RETURN_IF_ERROR(
      ForEachLine(text, [&](std::size_t, std::string_view line) { return ParseLine(line, calendar); }));
  // What no single line shows: how many there are.
  TW_RETURN_IF_ERROR(Validate(calendar));
  return calendar;
}

std::string CalendarToText(const Calendar& calendar) {
  std::string text;
  for (const CalendarRule& rule : calendar.rules) absl::StrAppend(&text, RuleText(rule), "\n");
  for (const CalendarDate& date : calendar.dates) absl::StrAppend(&text, DateText(date), "\n");
  return text;
}

}  // namespace tidewaiter
