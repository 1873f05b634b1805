#include "client/feeders/trade/comext_texts.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kHsDataflows[] = {"DS-016890", "DS-016893", "DS-016894", "DS-045409",
                                             "DS-058213", "DS-059322", "DS-059341"};

bool IsUpper(char c) { return absl::ascii_isupper(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

}  // namespace

bool IsHsDataflow(std::string_view id) {
  return std::find(std::begin(kHsDataflows), std::end(kHsDataflows), id) != std::end(kHsDataflows);
}

bool IsComextCode(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsUpper(c) || IsDigit(c) || c == '_' || c == '-'; });
}

std::string_view ComextIdOf(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || !IsComextCode(text.substr(0, colon))) return text;
  return text.substr(0, colon);
}

int ComextMonthsOf(std::string_view text) {
  if (text == "M" || absl::EqualsIgnoreCase(ToAbsl(text), "monthly")) return 1;
  if (text == "Q" || absl::EqualsIgnoreCase(ToAbsl(text), "quarterly")) return 3;
  if (text == "A" || absl::EqualsIgnoreCase(ToAbsl(text), "annual")) return 12;
  return 0;
}

std::optional<Publication> ParseLastUpdate(std::string_view text) {
  const bool clock = text.size() == 17;
  if (!clock && text.size() != 8) return std::nullopt;
  int parts[6] = {};
  constexpr std::string_view kForm = "00/00/00 00:00:00";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == '0' ? !IsDigit(text[i]) : text[i] != kForm[i]) return std::nullopt;
    if (kForm[i] == '0') parts[i / 3] = parts[i / 3] * 10 + (text[i] - '0');
  }
  const absl::CivilDay day(2000 + parts[2], parts[1], parts[0]);
  if (day.day() != parts[0] || day.month() != parts[1] || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) {
    return std::nullopt;
  }
  Publication publication;
  if (clock) {
    publication.local = absl::CivilSecond(day.year(), day.month(), day.day(), parts[3], parts[4], parts[5]);
  } else {
    publication.on = day;
  }
  return publication;
}

}  // namespace tidewaiter::feeders
