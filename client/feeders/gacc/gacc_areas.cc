#include "client/feeders/gacc/gacc_areas.h"

#include <array>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/feeders/gacc/gacc_area_table.h"
#include "client/feeders/gacc/printed_number.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kNumbers = 1000;
constexpr std::size_t kMaxNameBytes = 200;

// Abbreviations that stand in parentheses behind a name, and say nothing that the name does not.
constexpr std::array<std::string_view, 9> kAbbreviations = {"(us)",  "(usa)",  "(uk)",   "(eu)",   "(uae)",
                                                            "(sar)", "(rcep)", "(apec)", "(asean)"};

// Punctuation that is no ASCII.
const std::array<std::pair<std::string_view, std::string_view>, 9>& WidePunctuation() {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kMarks = {{
      {"（", "("},
      {"）", ")"},
      {"“", ""},
      {"”", ""},
      {"’", ""},
      {"‘", ""},
      {"·", ""},
      {"、", ""},
      {"\xC2\xA0", ""},
  }};
  return kMarks;
}

// What of a name is compared: letters and digits of any script, in lower case, "and" for "&".
std::string Bare(std::string_view name) {
  std::string text = absl::AsciiStrToLower(ToAbsl(name));
  for (const auto& [wide, plain] : WidePunctuation()) {
    absl::StrReplaceAll({{ToAbsl(wide), ToAbsl(plain)}}, &text);
  }
  absl::StrReplaceAll({{"&", " and "}}, &text);
  std::string bare;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || absl::ascii_isalnum(byte)) bare += c;
  }
  return bare;
}

// The name behind "of which:", which stands before the first member of a group.
std::string_view WithoutLead(std::string_view name) {
  for (const std::string_view lead : {std::string_view("of which"), std::string_view("其中")}) {
    if (!absl::StartsWithIgnoreCase(ToAbsl(name), ToAbsl(lead))) continue;
    name.remove_prefix(lead.size());
    for (const std::string_view colon : {std::string_view(":"), std::string_view("：")}) {
      if (name.substr(0, colon.size()) == colon) name.remove_prefix(colon.size());
    }
    return TrimBlanks(name);
  }
  return name;
}

std::string WithoutAbbreviation(std::string_view name) {
  const std::string text = absl::AsciiStrToLower(ToAbsl(name));
  for (const std::string_view abbreviation : kAbbreviations) {
    const std::size_t at = text.rfind(abbreviation);
    if (at != std::string::npos && at > 0) return std::string(name.substr(0, at));
  }
  return std::string(name);
}

using Names = absl::flat_hash_map<std::string, std::string_view>;

Names MakeNames() {
  Names names;
  const auto add = [&names](std::string_view list, std::string_view code) {
    for (const absl::string_view name : absl::StrSplit(ToAbsl(list), '|')) {
      names.emplace(Bare(ToStd(name)), code);
    }
  };
  for (const GaccArea& area : kGaccAreaTable) {
    add(area.english, area.code);
    add(area.chinese, area.code);
  }
  for (const GaccGroup& group : kGaccGroupTable) add(group.names, group.code);
  return names;
}

const Names& AllNames() {
  static const auto* const names = new Names(MakeNames());
  return *names;
}

std::optional<std::string_view> Find(std::string_view name) {
  const auto found = AllNames().find(Bare(name));
  if (found == AllNames().end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<std::string_view> AreaOfGaccCode(std::string_view digits) {
  static const auto* const codes = [] {
    auto* const made = new std::array<std::string_view, kNumbers>{};
    for (const GaccArea& area : kGaccAreaTable) (*made)[static_cast<std::size_t>(area.number)] = area.code;
    return made;
  }();
  const auto number = ParseDigits(digits);
  if (!number || digits.size() != 3) return std::nullopt;
  const std::string_view code = (*codes)[static_cast<std::size_t>(*number)];
  if (code.empty()) return std::nullopt;
  return code;
}

std::optional<std::string_view> AreaOfGaccName(std::string_view name) {
  if (name.size() > kMaxNameBytes) return std::nullopt;
  name = WithoutLead(TrimBlanks(name));
  if (const auto code = Find(name)) return code;
  if (const auto code = Find(WithoutAbbreviation(name))) return code;
  const std::string bare = Bare(name);
  if (absl::StrContains(bare, "beltandroad")) return "BRI";
  if (absl::StrContains(bare, "regionalcomprehensiveeconomicpartnership")) return "RCEP";
  return std::nullopt;
}

}  // namespace tidewaiter::feeders
