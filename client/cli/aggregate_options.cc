#include "client/cli/aggregate_options.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

// The value that a word stands for.
template <typename T, std::size_t n>
absl::Status TakeWord(std::string_view text, const std::array<std::pair<std::string_view, T>, n>& words,
                      std::optional<T>* value) {
  std::string all;
  for (const auto& [word, meaning] : words) {
    if (word == text) {
      *value = meaning;
      return absl::OkStatus();
    }
    absl::StrAppend(&all, all.empty() ? "" : ", ", ToAbsl(word));
  }
  return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is none of ", all));
}

// "2020-02..2025-01", either side open.
absl::Status TakeRange(std::string_view text, PeriodRange* range) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " is not a run of months; write 2020-02..2025-01, either side open"));
  }
  const auto take = [](std::string_view month, std::optional<Month>* to) -> absl::Status {
    if (month.empty()) return absl::OkStatus();
    TW_ASSIGN_OR_RETURN(*to, Month::Parse(month));
    return absl::OkStatus();
  };
  TW_RETURN_IF_ERROR(take(text.substr(0, dots), &range->from));
  TW_RETURN_IF_ERROR(take(text.substr(dots + 2), &range->to));
  return range->Validate();
}

// "DE+FR@2020-02..": codes, and when they belong.
absl::Status TakeMembers(std::string_view text, CodeGroup* group) {
  const std::size_t at = text.find('@');
  PeriodRange when;
  if (at != std::string_view::npos) TW_RETURN_IF_ERROR(TakeRange(text.substr(at + 1), &when));
  for (const absl::string_view code : absl::StrSplit(ToAbsl(text.substr(0, at)), '+')) {
    TW_RETURN_IF_ERROR(ValidateCode(ToStd(code)));
    group->members.push_back({std::string(code), when});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status TakeWindow(std::string_view text, AggregateQuery* query) {
  TW_ASSIGN_OR_RETURN(const Window window, Window::Parse(text));
  query->window.kind = window.kind;
  query->window.months = window.months;
  return absl::OkStatus();
}

absl::Status TakeBase(std::string_view text, AggregateQuery* query) {
  if (text.size() == 4 && ParseDigits(text)) {
    TW_ASSIGN_OR_RETURN(const Month january, Month::FromYearMonth(*ParseDigits(text), 1));
    query->base = Period::FromValid(january, 12);
    return absl::OkStatus();
  }
  TW_ASSIGN_OR_RETURN(const Period base, Period::Parse(text));
  query->base = base;
  return absl::OkStatus();
}

absl::Status TakeComposition(std::string_view text, AggregateQuery* query) {
  static constexpr std::array<std::pair<std::string_view, Composition>, 3> kWords = {
      {{"as-published", Composition::kAsPublished},
       {"constant", Composition::kConstant},
       {"complete", Composition::kComplete}}};
  return TakeWord(text, kWords, &query->composition);
}

absl::Status TakeDerivation(std::string_view text, AggregateQuery* query) {
  static constexpr std::array<std::pair<std::string_view, Derivation>, 3> kWords = {
      {{"published", Derivation::kPublished},
       {"summed", Derivation::kSummed},
       {"differenced", Derivation::kDifferenced}}};
  return TakeWord(text, kWords, &query->derivation);
}

absl::Status TakeRounding(std::string_view text, AggregateQuery* query) {
  static constexpr std::array<std::pair<std::string_view, PrintRounding>, 2> kWords = {
      {{"nearest", PrintRounding::kNearest}, {"truncated", PrintRounding::kTruncated}}};
  return TakeWord(text, kWords, &query->rounding);
}

absl::Status TakeCombine(std::string_view text, AggregateQuery* query) {
  static constexpr std::array<std::pair<std::string_view, Combine>, 2> kWords = {
      {{"balance", Combine::kBalance}, {"turnover", Combine::kTurnover}}};
  std::optional<Combine> combine;
  TW_RETURN_IF_ERROR(TakeWord(text, kWords, &combine));
  query->combine = *combine;
  return absl::OkStatus();
}

absl::Status TakeGroupBy(std::string_view text, AggregateQuery* query) {
  query->group_by = absl::StrSplit(ToAbsl(text), ',');
  return absl::OkStatus();
}

absl::Status TakeGroup(std::string_view text, AggregateQuery* query) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos && ValidateCode(text).ok()) {  // kept with the dataset
    query->groups.push_back({.name = std::string(text)});
    return absl::OkStatus();
  }
  const std::size_t colon = text.find(':');
  if (equals == std::string_view::npos || colon == std::string_view::npos || colon < equals) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(text),
        " is not a group; write NAME=DIMENSION:CODE+CODE, as in EU=partner:DE+FR, or "
        "EU=partner:DE+FR,GB@..2020-01 with the months in which a code belongs, or the name of a "
        "group that is kept with the dataset"));
  }
  CodeGroup group;
  group.name = text.substr(0, equals);
  group.dimension = text.substr(equals + 1, colon - equals - 1);
  TW_RETURN_IF_ERROR(ValidateCode(group.name));
  for (const absl::string_view part : absl::StrSplit(ToAbsl(text.substr(colon + 1)), ',')) {
    TW_RETURN_IF_ERROR(TakeMembers(ToStd(part), &group));
  }
  query->groups.push_back(std::move(group));
  return absl::OkStatus();
}

absl::Status TakeRealTime(std::string_view text, RealTime* real_time) {
  const std::size_t colon = text.find(':');
  const std::string_view word = text.substr(0, colon);
  std::string_view number = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (word == "latest" && number.empty()) {
    real_time->maturity = Maturity::kLatest;
    return absl::OkStatus();
  }
  if (word == "first" && number.empty()) {
    real_time->maturity = Maturity::kFirst;
    return absl::OkStatus();
  }
  if (word == "after" && !number.empty() && number.back() == 'm') number.remove_suffix(1);
  const std::optional<int> n = ParseDigits(number);
  if (word == "nth" && n && *n >= 1) {
    real_time->maturity = Maturity::kNth;
    real_time->n = *n;
    return absl::OkStatus();
  }
  if (word == "after" && n && *n >= 1 && *n <= limits::kMaxAgeMonths) {
    real_time->maturity = Maturity::kAfter;
    real_time->age_months = *n;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(text), " is none of latest, first, nth:N (from 1), after:Nm (months, 1 to ",
                   limits::kMaxAgeMonths, ")"));
}

absl::Status TakeFollowed(std::string_view text, std::vector<AggregateQuery>* followed) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " is not WINDOW:TRANSFORM, as in t12m:yoy or month:level"));
  }
  AggregateQuery query;
  TW_RETURN_IF_ERROR(TakeWindow(text.substr(0, colon), &query));
  TW_RETURN_IF_ERROR(ParseTransform(text.substr(colon + 1), &query));
  if (query.transform == Transform::kShare || query.transform == Transform::kContribution) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(text),
        " needs a total, which cannot be said here; follow the levels, or ask `tidewaiter aggregate`"));
  }
  followed->push_back(std::move(query));
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
