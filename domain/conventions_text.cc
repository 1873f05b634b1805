#include "domain/conventions_text.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/field_line.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::string_view kEvery = "*";
constexpr std::string_view kGroupPrefix = "group:";
constexpr std::string_view kMonthsHelp =
    " is no range of months: write 1973-01..2020-01, 1995-01.. or ..2020-01";

absl::StatusOr<std::optional<Month>> ParseEnd(const Field& field, std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto month = Month::Parse(text);
  if (!month.ok()) return At(field, month.status());
  return std::optional<Month>(*month);
}

absl::StatusOr<PeriodRange> ParseMonths(const Field& field) {
  const std::size_t dots = field.text.find("..");
  if (dots == std::string_view::npos || field.text == "..") {
    return At(field, absl::StrCat(Quoted(field.text), ToAbsl(kMonthsHelp)));
  }
  PeriodRange range;
  TW_ASSIGN_OR_RETURN(range.from, ParseEnd(field, field.text.substr(0, dots)));
  TW_ASSIGN_OR_RETURN(range.to, ParseEnd(field, field.text.substr(dots + 2)));
  if (!range.Validate().ok()) return At(field, "the first month comes first");
  return range;
}

class Parser {
 public:
  Parser(const DatasetDefinition& dataset, const HasCodeAt& has_code)
      : dataset_(dataset), has_code_(has_code) {}

  absl::Status Take(std::size_t number, std::string_view text) {
    number_ = number;
    if (text.empty() || text.front() == '#') return absl::OkStatus();
    FieldLine line(text);
    const Field word = line.Next();
    if (word.text == "group") return TakeGroup(line);
    if (word.text == "total") return TakeTotal(line);
    if (word.text == "rounding") return TakeRounding(word, line);
    return At(word, absl::StrCat(Quoted(word.text),
                                 " does not begin a line; use group, total, rounding, or # for a comment"));
  }

  // What no single line shows.
  absl::StatusOr<Conventions> Finish() {
    Violations violations;
    for (const GroupUse& use : uses_) {
      const CodeGroup* const group = FindGroup(conventions_, use.name);
      const std::string field = absl::StrCat("line ", use.line, ", column ", use.column);
      if (group == nullptr) {
        violations.Add(field, absl::StrCat("there is no group ", Quoted(use.name), "; ", GroupNames()));
      } else if (group->dimension != use.dimension) {
        violations.Add(field, absl::StrCat(Quoted(use.name), " is a group of ", group->dimension, ", not of ",
                                           use.dimension));
      }
    }
    TW_RETURN_IF_ERROR(violations.ToStatus());
    return std::move(conventions_);
  }

 private:
  struct GroupUse {
    std::string name;
    std::string dimension;
    std::size_t line;
    std::size_t column;
  };

  std::string GroupNames() const {
    if (conventions_.groups.empty()) return "no line begins with group";
    return absl::StrCat(
        "there are ", absl::StrJoin(conventions_.groups, ", ", [](std::string* out, const CodeGroup& group) {
          out->append(group.name);
        }));
  }

  absl::StatusOr<std::string> TakeDimension(FieldLine& line) {
    TW_ASSIGN_OR_RETURN(const Field field, line.Require("the dimension"));
    for (const Dimension& dimension : dataset_.dimensions) {
      if (dimension.id == field.text) return dimension.id;
    }
    return At(field,
              absl::StrCat(dataset_.id, " has no dimension ", Quoted(field.text), "; it has ",
                           absl::StrJoin(dataset_.dimensions, ", ",
                                         [](std::string* out, const Dimension& d) { out->append(d.id); })));
  }

  absl::Status CheckCode(const Field& field, std::string_view dimension) const {
    if (const absl::Status status = ValidateCode(field.text); !status.ok()) return At(field, status);
    if (has_code_ == nullptr || has_code_(dimension, field.text)) return absl::OkStatus();
    return At(field,
              absl::StrCat("no series of ", dataset_.id, " has the ", ToAbsl(dimension), " ",
                           Quoted(field.text), "; mend it, or allow codes that have not been published yet"));
  }

  absl::StatusOr<std::vector<Field>> TakeCodes(const Field& field, std::string_view dimension) const {
    std::vector<Field> codes = SplitField(field, '+');
    for (const Field& code : codes) TW_RETURN_IF_ERROR(CheckCode(code, dimension));
    return codes;
  }

  absl::Status AddMember(CodeGroup& group, const Field& code, const PeriodRange& when) {
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      const CodeGroup::Member& member = group.members[i];
      if (member.code != code.text || !Overlap(member.when, when)) continue;
      const std::string months = RangeText(member.when);
      return At(code, absl::StrCat(Quoted(code.text), " belongs to ", group.name, " ",
                                   months.empty() ? "always" : "in " + months,
                                   " already; months of one code do not overlap"));
    }
    if (++members_ > limits::kMaxKeptMembers) {
      return At(code, absl::StrCat("at most ", limits::kMaxKeptMembers, " members are kept of all groups"));
    }
    group.members.push_back({std::string(code.text), when});
    return absl::OkStatus();
  }

  absl::Status TakeGroup(FieldLine& line) {
    TW_ASSIGN_OR_RETURN(const Field name, line.Require("the name of the group"));
    if (const absl::Status status = ValidateCode(name.text); !status.ok()) return At(name, status);
    for (const Dimension& dimension : dataset_.dimensions) {
      if (dimension.id == name.text) return At(name, "is a dimension; give the group another name");
    }
    TW_ASSIGN_OR_RETURN(const std::string dimension, TakeDimension(line));
    TW_ASSIGN_OR_RETURN(const Field codes_field, line.Require("the codes"));
    TW_ASSIGN_OR_RETURN(const std::vector<Field> codes, TakeCodes(codes_field, dimension));
    PeriodRange when;
    if (!line.done()) {
      TW_ASSIGN_OR_RETURN(when, ParseMonths(line.Next()));
    }
    if (!line.done()) return At(line.Next(), "a group ends with its months");
    CodeGroup* group = const_cast<CodeGroup*>(FindGroup(conventions_, name.text));
    if (group == nullptr) {
      if (conventions_.groups.size() == limits::kMaxKeptGroups) {
        return At(name, absl::StrCat("at most ", limits::kMaxKeptGroups, " groups are kept"));
      }
      conventions_.groups.push_back(
          {.name = std::string(name.text), .dimension = dimension, .members = {}, .kept = true});
      group = &conventions_.groups.back();
    }
    if (group->dimension != dimension) {
      return At(name, absl::StrCat(Quoted(name.text), " is a group of ", group->dimension,
                                   " already; a group has codes of one dimension"));
    }
    for (const Field& code : codes) TW_RETURN_IF_ERROR(AddMember(*group, code, when));
    return absl::OkStatus();
  }

  absl::Status TakeTerms(const Field& field, TotalRule& rule) {
    if (field.text == kEvery) {
      rule.terms = TotalRule::Terms::kEvery;
      return absl::OkStatus();
    }
    if (field.text.substr(0, kGroupPrefix.size()) == kGroupPrefix) {
      rule.terms = TotalRule::Terms::kGroup;
      rule.group = field.text.substr(kGroupPrefix.size());
      uses_.push_back({rule.group, rule.dimension, number_, field.column + kGroupPrefix.size()});
      return absl::OkStatus();
    }
    rule.terms = TotalRule::Terms::kCodes;
    TW_ASSIGN_OR_RETURN(const std::vector<Field> codes, TakeCodes(field, rule.dimension));
    return AddCodes(codes, rule);
  }

  static absl::Status AddCodes(const std::vector<Field>& codes, TotalRule& rule) {
    for (const Field& code : codes) {
      if (code.text == rule.total) return At(code, "is the total itself");
      if (std::find(rule.codes.begin(), rule.codes.end(), code.text) != rule.codes.end()) {
        return At(code, absl::StrCat(Quoted(code.text), " stands twice"));
      }
      rule.codes.emplace_back(code.text);
    }
    return absl::OkStatus();
  }

  absl::Status TakeTotalOption(const FieldOptions::Option& option, TotalRule& rule) {
    if (option.name == "except" && rule.terms == TotalRule::Terms::kEvery) {
      TW_ASSIGN_OR_RETURN(const std::vector<Field> codes, TakeCodes(option.value, rule.dimension));
      return AddCodes(codes, rule);
    }
    if (option.name == "except") return At(option.field, "except goes with * only");
    if (option.name != "from" && option.name != "to") {
      return At(option.field,
                absl::StrCat(Quoted(option.name), " is not an option of a total; use except, from, to"));
    }
    const auto month = Month::Parse(option.value.text);
    if (!month.ok()) return At(option.value, month.status());
    (option.name == "from" ? rule.when.from : rule.when.to) = *month;
    return rule.when.Validate().ok() ? absl::OkStatus() : At(option.field, "from is after to");
  }

  absl::Status TakeTotal(FieldLine& line) {
    TotalRule rule;
    TW_ASSIGN_OR_RETURN(rule.dimension, TakeDimension(line));
    TW_ASSIGN_OR_RETURN(const Field total, line.Require("the code of the total"));
    TW_RETURN_IF_ERROR(CheckCode(total, rule.dimension));
    rule.total = total.text;
    TW_ASSIGN_OR_RETURN(const Field terms, line.Require("what is summed: *, codes, or group:NAME"));
    TW_RETURN_IF_ERROR(TakeTerms(terms, rule));
    for (FieldOptions options; !line.done();) {
      TW_ASSIGN_OR_RETURN(const FieldOptions::Option option, options.Split(line.Next()));
      TW_RETURN_IF_ERROR(TakeTotalOption(option, rule));
    }
    for (const TotalRule& other : conventions_.totals) {
      if (other.dimension == rule.dimension && other.total == rule.total && Overlap(other.when, rule.when)) {
        return At(total, absl::StrCat(Quoted(rule.total),
                                      " is a total of these months already; give from= and to="));
      }
    }
    if (conventions_.totals.size() == limits::kMaxTotals) {
      return At(total, absl::StrCat("at most ", limits::kMaxTotals, " totals are kept"));
    }
    conventions_.totals.push_back(std::move(rule));
    return absl::OkStatus();
  }

  absl::Status TakeRounding(const Field& word, FieldLine& line) {
    if (std::exchange(has_rounding_, true)) return At(word, "rounding stands twice");
    TW_ASSIGN_OR_RETURN(const Field field, line.Require("nearest or truncated"));
    for (const PrintRounding rounding : {PrintRounding::kNearest, PrintRounding::kTruncated}) {
      if (field.text != PrintRoundingName(rounding)) continue;
      conventions_.rounding = rounding;
      return line.done() ? absl::OkStatus() : At(line.Next(), "nothing follows the rounding");
    }
    return At(field, absl::StrCat(Quoted(field.text), " is no rounding; use nearest or truncated"));
  }

  const DatasetDefinition& dataset_;
  const HasCodeAt& has_code_;
  Conventions conventions_;
  std::size_t number_ = 0;  // of the line
  std::size_t members_ = 0;
  bool has_rounding_ = false;
  std::vector<GroupUse> uses_;
};

std::string GroupText(const CodeGroup& group) {
  std::string text;
  for (std::size_t i = 0; i < group.members.size();) {
    const PeriodRange& when = group.members[i].when;
    absl::StrAppend(&text, "group,", group.name, ",", group.dimension, ",", group.members[i].code);
    for (++i; i < group.members.size() && group.members[i].when == when; ++i) {
      absl::StrAppend(&text, "+", group.members[i].code);
    }
    const std::string months = RangeText(when);
    absl::StrAppend(&text, months.empty() ? "" : ",", months, "\n");
  }
  return text;
}

std::string TotalText(const TotalRule& rule) {
  std::string text = absl::StrCat("total,", rule.dimension, ",", rule.total, ",");
  switch (rule.terms) {
    case TotalRule::Terms::kEvery:
      absl::StrAppend(&text, ToAbsl(kEvery));
      if (!rule.codes.empty()) absl::StrAppend(&text, ",except=", absl::StrJoin(rule.codes, "+"));
      break;
    case TotalRule::Terms::kCodes:
      absl::StrAppend(&text, absl::StrJoin(rule.codes, "+"));
      break;
    case TotalRule::Terms::kGroup:
      absl::StrAppend(&text, ToAbsl(kGroupPrefix), rule.group);
      break;
  }
  if (rule.when.from) absl::StrAppend(&text, ",from=", rule.when.from->ToString());
  if (rule.when.to) absl::StrAppend(&text, ",to=", rule.when.to->ToString());
  return absl::StrCat(text, "\n");
}

}  // namespace

absl::StatusOr<Conventions> ParseConventions(std::string_view text, const DatasetDefinition& dataset,
                                             const HasCodeAt& has_code) {
  if (text.size() > limits::kMaxConventionsBytes) {
    return InvalidField("line 1, column 1", absl::StrCat("the text has ", text.size(), " bytes; at most ",
                                                         limits::kMaxConventionsBytes, " are allowed"));
  }
  Parser parser(dataset, has_code);
  const absl::Status lines =
      ForEachLine(text, [&](std::size_t number, std::string_view line) { return parser.Take(number, line); });
  TW_RETURN_IF_ERROR(lines);
  return parser.Finish();
}

std::string ConventionsToText(const Conventions& conventions) {
  std::string text;
  if (conventions.rounding != PrintRounding::kNearest) {
    absl::StrAppend(&text, "rounding,", ToAbsl(PrintRoundingName(conventions.rounding)), "\n");
  }
  for (const CodeGroup& group : conventions.groups) absl::StrAppend(&text, GroupText(group));
  for (const TotalRule& rule : conventions.totals) absl::StrAppend(&text, TotalText(rule));
  return text;
}

}  // namespace tidewaiter
