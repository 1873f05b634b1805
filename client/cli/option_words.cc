#include "client/cli/option_words.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

struct Word {
  absl::string_view field;  // it, or what lies in it
  absl::string_view option;
};

// The first that fits counts.
constexpr auto kWords = std::to_array<Word>({
    {"window.year_start_month", "--year-start"},
    {"window.mean", "--mean"},
    {"window", "--window"},
    {"transform", "--transform"},
    {"lag_months", "--lag"},
    {"decimals", "--decimals"},
    {"base", "--base"},
    {"derivation", "--derivation"},
    {"composition", "--composition"},
    {"combine", "--combine or --transform balance, turnover"},
    {"group_by", "--group-by"},
    {"groups", "--group"},
    {"total", "--total"},
    {"numerator", "--numerator"},
    {"denominators", "--denominator"},
    {"rounding", "--rounding"},
    {"ranking.month", "--month"},
    {"ranking", "--top"},
    {"real_time.each_operand", "--each-operand"},
    {"real_time", "--realtime"},
    {"with_published_rates", "--with-published"},
    {"months", "--month, --from or --to"},
    {"periods.from", "--from"},
    {"periods.to", "--to"},
    {"periods", "--from or --to"},
    {"vintage.sequence", "--at-sequence"},
    {"vintage", "--as-of"},
    {"keys", "DATASET/KEY"},
    {"key", "DATASET/KEY"},
    {"dataset.id", "--dataset"},
    {"dataset.publisher", "--publisher"},
    {"dataset.time_zone", "--time-zone"},
    {"first", "--first"},
    {"later", "--later"},
    {"hac_lag", "--hac-lag"},
    {"period_months", "--period-months"},
    {"window_months", "--months"},
    {"a.key", "A"},
    {"a.keys", "A"},
    {"a.dataset", "A"},
    {"a.valuation", "--valuation"},
    {"a.vintage", "--as-of"},
    {"b.key", "B"},
    {"b.keys", "B"},
    {"b.dataset", "B"},
    {"b.valuation", "--valuation"},
    {"b.vintage", "--as-of-b"},
    {"after_sequence", "--from-sequence"},
    {"until_sequence", "--until-sequence"},
    {"resume_token", "--token"},
    {"header.agency", "--agency"},
    {"header.stage", "--stage"},
    {"header.title", "--title"},
    {"allow_unknown_codes", "--allow-unknown-codes"},
});

// Requests wrap what the command line says in one breath.
constexpr auto kWrappings = std::to_array<absl::string_view>(
    {"query.", "aggregate.", "aggregates.", "view.", "selector.", "selectors.", "n."});

// What the daemon says of other fields than the one it names.
std::string InOptions(absl::string_view description) {
  return absl::StrReplaceAll(
      description,
      {{"allow_unknown_codes", "--allow-unknown-codes"},
       {"(window.mean)", "(--mean)"},
       {"group_by and groups", "--group-by and --group"},
       {"group_by", "--group-by"},
       {"`ranking`", "--month"},
       {"`first`", "--first"},
       {"goes with RATIO and UNIT_VALUE only", "goes with --transform ratio and unit-value only"},
       {"goes with SHARE and CONTRIBUTION only", "goes with --transform share and contribution only"},
       {"goes with FIRST, NTH and AFTER only", "goes with --realtime first, nth and after only"},
       {"is needed by SHARE", "is needed by --transform share"},
       {"is needed by CONTRIBUTION", "is needed by --transform contribution"},
       {"goes with GROWTH, a lag", "goes with --transform growth, a lag"},
       {"set it with SetConventions, or state its dimension and members",
        "keep one with `tidewaiter conventions`, or write NAME=DIMENSION:CODE+CODE"},
       {"or allow codes that have not been published yet",
        "or give --allow-unknown-codes, if they have not been published yet"},
       {" or ListSeries", ""},
       {"see ListSeries for the codes", "`tidewaiter series` lists the codes"}});
}

// "groups[0].members[1].code" -> "groups.members.code"
std::string WithoutNumbers(std::string_view field) {
  std::string plain;
  bool inside = false;
  for (const char c : field) {
    if (c == '[') inside = true;
    if (!inside) plain.push_back(c);
    if (c == ']') inside = false;
  }
  return plain;
}

}  // namespace

std::string OptionOfField(std::string_view field) {
  const std::string plain = WithoutNumbers(field);
  absl::string_view rest = plain;
  for (const absl::string_view wrapping : kWrappings) {
    if (absl::StartsWith(rest, wrapping)) rest.remove_prefix(wrapping.size());
  }
  for (const Word& word : kWords) {
    if (rest == word.field || absl::StartsWith(rest, absl::StrCat(word.field, "."))) {
      return std::string(word.option);
    }
  }
  return std::string(field);
}

absl::Status InWordsOfOptions(const absl::Status& status) {
  const ErrorDetails details = DetailsOf(status);
  if (details.violations.empty()) return status;
  std::vector<FieldViolation> violations = details.violations;
  for (FieldViolation& violation : violations) {
    violation.field = OptionOfField(violation.field);
    violation.description = InOptions(violation.description);
  }
  std::string message = InOptions(ToAbsl(std::string_view(status.message().data(), status.message().size())));
  const std::string head = absl::StrCat(details.violations.front().field, ": ");
  if (!details.violations.front().field.empty() && absl::StartsWith(message, head)) {
    message = absl::StrCat(violations.front().field, ": ", message.substr(head.size()));
  }
  return MakeError(status.code(), details.reason, message, details.metadata, std::move(violations));
}

}  // namespace tidewaiter::cli
