#include "client/feeders/gacc/gacc_query_facts.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

using Column = GaccQueryColumn;

struct Word {
  std::string_view text;
  std::string_view flow;
  bool beside_digit;
};

constexpr auto kWords = std::to_array<Word>({
    {"import", "M", false},
    {"imports", "M", false},
    {"export", "X", false},
    {"exports", "X", false},
    {"in", "M", true},
    {"out", "X", true},
});

bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

void AddChineseFlows(std::string_view name, std::set<std::string_view>& flows) {
  if (absl::StrContains(ToAbsl(name), "进出口")) {
    flows.insert("T");
    return;
  }
  if (absl::StrContains(ToAbsl(name), "进口")) flows.insert("M");
  if (absl::StrContains(ToAbsl(name), "出口")) flows.insert("X");
}

// The runs of letters of a name in lower case without its ending.
void AddEnglishFlows(std::string_view name, std::set<std::string_view>& flows) {
  for (std::size_t begin = 0; begin < name.size(); ++begin) {
    if (!IsLetter(name[begin])) continue;
    std::size_t end = begin;
    while (end < name.size() && IsLetter(name[end])) ++end;
    const bool beside_digit = (begin > 0 && IsDigit(name[begin - 1])) ||
                              (end < name.size() && IsDigit(name[end])) || end - begin == name.size();
    for (const Word& word : kWords) {
      if (name.substr(begin, end - begin) == word.text && (beside_digit || !word.beside_digit)) {
        flows.insert(word.flow);
      }
    }
    begin = end;
  }
}

// A dimension that a constant may give.
struct Place {
  std::string_view name;
  Column column;
  std::string GaccQueryFacts::*code;
};
constexpr std::array<Place, 4> kPlaces = {{{"partner", Column::kPartner, &GaccQueryFacts::partner},
                                           {"commodity", Column::kCommodity, &GaccQueryFacts::commodity},
                                           {"regime", Column::kRegime, &GaccQueryFacts::regime},
                                           {"location", Column::kLocation, &GaccQueryFacts::location}}};

std::string SetOption(std::string_view name) { return absl::StrCat("--set ", ToAbsl(name)); }

void ResolveFlow(const FeedOptions& options, GaccQueryFacts& facts, Violations& violations) {
  const auto named = FlowInName(options.file);
  const auto said = options.constants.find("flow");
  if (said == options.constants.end()) {
    if (named) {
      facts.flow = *named;
      return;
    }
    violations.Add(
        SetOption("flow"),
        absl::StrCat("is needed: a download of the online query does not say which way the goods "
                     "went, nor does the name ",
                     Quoted(options.file), ". Give --set flow=X for exports, M for imports, T for both"));
    return;
  }
  facts.flow = said->second;
  if (facts.flow != "X" && facts.flow != "M" && facts.flow != "T") {
    violations.Add(SetOption("flow"), absl::StrCat(Quoted(facts.flow),
                                                   " is no flow of the online query; X exports, M imports, T "
                                                   "both"));
  } else if (named && *named != facts.flow) {
    violations.Add(SetOption("flow"),
                   absl::StrCat("says ", facts.flow, ", and the file's name ", Quoted(options.file), " says ",
                                ToAbsl(*named), "; rename the file, or give the same"));
  }
}

void ResolvePeriod(const GaccQueryColumns& columns, const FeedOptions& options, GaccQueryFacts& facts,
                   Violations& violations) {
  const auto said = options.constants.find("period");
  if (columns.Has(Column::kPeriod)) {
    if (said != options.constants.end()) {
      violations.Add(SetOption("period"), "stands beside a column of months; leave it out");
    }
    return;
  }
  if (said == options.constants.end()) {
    violations.Add(
        SetOption("period"),
        "is needed: the file has no column 数据年月 (Date of data), as a query that is not shown by "
        "month has none. Give --set period=2025-07, or --set period=2025-01/P7M for a sum of months");
    return;
  }
  const auto period = Period::Parse(said->second);
  if (!period.ok()) {
    violations.Add(SetOption("period"), absl::StrCat(Quoted(said->second), ": ", period.status().message()));
  } else {
    facts.period = *period;
  }
}

void ResolveCodes(const GaccQueryColumns& columns, const FeedOptions& options, GaccQueryFacts& facts,
                  Violations& violations) {
  for (const Place& place : kPlaces) {
    const auto said = options.constants.find(std::string(place.name));
    const bool has =
        columns.Has(place.column) || (place.column == Column::kPartner && columns.Has(Column::kPartnerName));
    if (said == options.constants.end()) {
      facts.*place.code = place.column == Column::kPartner ? "W00" : "TOTAL";
    } else if (has) {
      violations.Add(SetOption(place.name), "stands beside a column of it; leave it out");
    } else if (absl::Status s = ValidateCode(said->second); !s.ok()) {
      violations.Add(SetOption(place.name), ToStd(s.message()));
    } else {
      facts.*place.code = said->second;
    }
  }
}

void CheckNames(const FeedOptions& options, Violations& violations) {
  static constexpr auto kKnown = std::to_array<std::string_view>(
      {"flow", "period", "partner", "commodity", "regime", "location", "complete"});
  for (const auto& [name, value] : options.constants) {
    if (std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end()) continue;
    violations.Add(
        SetOption(name),
        "means nothing to this format; there are flow, period, partner, commodity, regime, location "
        "and complete");
  }
}

}  // namespace

std::optional<std::string_view> FlowInName(std::string_view file) {
  const std::string name = absl::AsciiStrToLower(ToAbsl(file.substr(0, file.rfind('.'))));
  std::set<std::string_view> flows;
  AddChineseFlows(name, flows);
  AddEnglishFlows(name, flows);
  if (flows.size() != 1) return std::nullopt;
  return *flows.begin();
}

absl::StatusOr<GaccQueryFacts> ResolveGaccQueryFacts(const GaccQueryColumns& columns,
                                                     const FeedOptions& options) {
  GaccQueryFacts facts;
  Violations violations;
  CheckNames(options, violations);
  ResolveFlow(options, facts, violations);
  ResolvePeriod(columns, options, facts, violations);
  ResolveCodes(columns, options, facts, violations);
  const auto complete = options.constants.find("complete");
  facts.complete = complete != options.constants.end() && complete->second == "yes";
  if (complete != options.constants.end() && !facts.complete) {
    violations.Add(SetOption("complete"), absl::StrCat(Quoted(complete->second), " is not \"yes\""));
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return facts;
}

}  // namespace tidewaiter::feeders
