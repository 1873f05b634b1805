#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/cli/options_parts.h"
#include "domain/limits.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

constexpr char kFindingsFooter[] = R"(
Every release is checked shortly after it has been accepted, against what was held immediately before it.
  IMPLIED_REVISION       a printed rate of growth cannot follow from the printed level and the held base
  BROKEN_IDENTITY        X + M = T, X - M = B, YTD(m-1) + m = YTD(m), or a total of the dataset's conventions is off
                         by more than rounding
  UNANNOUNCED_REVISION   a regular release changed what had been published for an earlier period
A finding says that figures are inconsistent with what was held; a silent revision is one possible cause of several.
Status: OPEN; CONFIRMED once the base was revised into the implied interval; SUPERSEDED once it was revised elsewhere,
or the release was retracted.

CSV columns: kind,series,period,sequence,published_at,printed,held,implied_low,implied_high,amount,status
With --tally: series,fit,up,down,not_testable
Also: --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter findings GACC_PRESS/CN.RU..VALUE.USD.BN --tally --year-to-date --rounding truncated
  tidewaiter findings GACC_PRESS/CN.RU..VALUE.USD. --kind implied_revision --from 2025-01
  tidewaiter findings GACC_PRESS --kind unannounced_revision -o csv
  tidewaiter findings --from-sequence 80 --status open)";

constexpr char kRevisionsFooter[] = R"(
Prints: first; nth:2 (the second distinct value); after:12m (what was known 12 months after the first print); latest.
No clock is asked: a print after 12 months is there once the dataset has a release that late, or --as-of names a day.
With --window, --transform and the like (see tidewaiter aggregate --help) computed figures are compared, each from all
that was known when it was first printed: a T12M, its growth. --pooled adds one line of statistics for all series of a
unit together, without those that need one series in order of time.
Compare figures of one age: latest mixes ages. Revisions of levels trend with the levels; for regressions use growth.
CSV columns: series,months,unit,statistic,value,standard_error,t,p,reason; one statistic a line.
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter revisions FT900/US.W00.X.VALUE.USD_MN --later latest
  tidewaiter revisions FT900/US.W00.X+M.VALUE.USD_MN --first first --later nth:2 --of growth --lag 1
  tidewaiter revisions FT900/US.W00.X+M.VALUE.USD_MN --later latest --pooled
  tidewaiter revisions GACC_PRESS/CN.RU.T.VALUE.USD.BN --window t12m --transform yoy --later latest)";

constexpr char kMirrorFooter[] = R"(
CSV columns: period,a,b,gap,ratio,reason,how_a,how_b
The gap is a - b, in the unit of a; the ratio a / b. Units may differ by a known power of ten; nothing is converted.
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Example
  tidewaiter mirror CN/CN.KR.X.VALUE.USD.MN KR/KR.CN.M.VALUE.USD.MN --valuation FOB,CIF --months 12)";

absl::Status TakePrint(const std::string& text, client::PrintChoice* choice) {
  using Age = client::PrintChoice::Age;
  const absl::Status wrong = absl::InvalidArgumentError(
      absl::StrCat(Quoted(text), " is no print; write first, nth:2, after:12m or latest"));
  if (text == "first") {
    choice->age = Age::kFirst;
  } else if (text == "latest") {
    choice->age = Age::kLatest;
  } else if (absl::StartsWith(text, "nth:")) {
    choice->age = Age::kNth;
    if (!absl::SimpleAtoi(text.substr(4), &choice->n) || choice->n < 1) return wrong;
  } else if (absl::StartsWith(text, "after:")) {
    choice->age = Age::kAfter;
    const std::string months(absl::StripSuffix(text.substr(6), "m"));
    if (!absl::SimpleAtoi(months, &choice->months) || choice->months < 1) return wrong;
  } else {
    return wrong;
  }
  return absl::OkStatus();
}

// "FOB,CIF": both or none, for to know one is to know the other.
absl::Status TakeValuations(const std::string& text, MirrorArguments* mirror) {
  const std::vector<std::string> words = absl::StrSplit(text, ',');
  if (words.size() != 2 || words[0].empty() || words[1].empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " does not say how both sides are valued; write FOB,CIF, or CIF,CIF"));
  }
  mirror->a.valuation = words[0];
  mirror->b.valuation = words[1];
  return absl::OkStatus();
}

absl::Status TakeSide(const std::string& text, client::MirrorSide* side) {
  Target target;
  if (const absl::Status s = TakeTarget(text, &target); !s.ok()) return s;
  if (target.key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " names no series; write DATASET/KEY"));
  }
  side->dataset = target.dataset;
  side->key = target.key;
  return absl::OkStatus();
}

}  // namespace

void AddFindings(CLI::App* app, Options* o) {
  CLI::App* findings = app->add_subcommand("findings", "List what releases say against what was held");
  AddTarget(findings, o, "Which series; none: all datasets");
  const auto upper = [](std::string text) {
    absl::AsciiStrToUpper(&text);
    return text;
  };
  findings
      ->add_option_function<std::vector<std::string>>(
          "--kind",
          [o, upper](const std::vector<std::string>& names) {
            for (const std::string& name : names) {
              o->findings.kinds.push_back(ParseFindingKind(upper(name)).value());
            }
          },
          "implied_revision, broken_identity, unannounced_revision; may be given more than once")
      ->check(Checked([upper](const std::string& name) { return ParseFindingKind(upper(name)).status(); }))
      ->type_name("KIND");
  findings
      ->add_option_function<std::vector<std::string>>(
          "--status",
          [o](const std::vector<std::string>& names) {
            static const std::map<std::string, FindingStatus> kStatuses = {
                {"open", FindingStatus::kOpen},
                {"confirmed", FindingStatus::kConfirmed},
                {"superseded", FindingStatus::kSuperseded}};
            for (const std::string& name : names) o->findings.statuses.push_back(kStatuses.at(name));
          },
          "open, confirmed, superseded; may be given more than once")
      ->check(CLI::IsMember({"open", "confirmed", "superseded"}))
      ->type_name("STATUS");
  AddText(
      findings, "--from-sequence",
      [o](const std::string& t) { return TakeSequence(t, &o->findings.from_sequence); },
      "Only what was found after this sequence")
      ->type_name("N");
  AddText(
      findings, "--until-sequence",
      [o](const std::string& t) { return TakeSequence(t, &o->findings.until_sequence); },
      "Only what was found up to this sequence")
      ->type_name("N");
  findings->add_flag("--tally", o->findings.tally,
                     "Count how the printed rates compare with what was held, those that fit, too");
  findings->add_flag("--year-to-date", o->findings.year_to_date, "With --tally: only years to date");
  findings
      ->add_option_function<std::string>(
          "--rounding",
          [o](const std::string& name) {
            o->findings.rounding = name == "truncated" ? PrintRounding::kTruncated : PrintRounding::kNearest;
          },
          "With --tally: nearest or truncated. Default: as the dataset's conventions say")
      ->check(CLI::IsMember({"nearest", "truncated"}))
      ->type_name("HOW");
  findings->footer(kFindingsFooter);
  findings->callback([o] { o->command = Options::Command::kFindings; });
}

void AddRevisions(CLI::App* app, Options* o) {
  CLI::App* revisions = app->add_subcommand("revisions", "How far later figures lie from earlier ones");
  AddTarget(revisions, o, "Which series, as in FT900/US.W00.X.VALUE.USD_MN")->required();
  AddText(
      revisions, "--first", [o](const std::string& t) { return TakePrint(t, &o->revisions.first); },
      "The earlier print. Default first")
      ->type_name("PRINT");
  AddText(
      revisions, "--later", [o](const std::string& t) { return TakePrint(t, &o->revisions.later); },
      "The later print. Default after:12m")
      ->type_name("PRINT");
  revisions
      ->add_option_function<std::string>(
          "--of",
          [o](const std::string& name) {
            using Of = client::RevisionQuery::Of;
            o->revisions.of = name == "level" ? Of::kLevel : name == "percent" ? Of::kPercent : Of::kGrowth;
          },
          "level, percent (of the first print) or growth (in percentage points)")
      ->check(CLI::IsMember({"level", "percent", "growth"}))
      ->type_name("WHAT");
  revisions->add_option("--lag", o->revisions.lag_months, "With --of growth: months back. Default 12")
      ->check(Whole(1, limits::kMaxLagMonths))
      ->type_name("N");
  revisions->add_option("--period-months", o->revisions.period_months, "Only periods of so many months")
      ->check(Whole(1, limits::kMaxPeriodMonths))
      ->type_name("N");
  revisions->add_option("--hac-lag", o->revisions.hac_lag, "Lag of the HAC covariance. Default: by rule")
      ->check(Whole(0, limits::kMaxHacLag))
      ->type_name("N");
  revisions->add_flag("--pooled", o->revisions.pooled, "Also all series together");
  AddFigureWords(revisions, o);
  revisions->footer(kRevisionsFooter);
  revisions->callback([o, revisions] {
    o->command = Options::Command::kRevisions;
    // --lag alone is of --of growth.
    const bool has_lag = revisions->get_option("--lag")->count() > 0;
    o->revisions.computed = NamesFigures(*revisions, /*but_lag=*/true);
    if (o->revisions.computed && has_lag) o->aggregate.query.lag_months = o->revisions.lag_months;
  });
}

void AddMirror(CLI::App* app, Options* o) {
  CLI::App* mirror = app->add_subcommand("mirror", "The same trade as two sides report it");
  const auto ignore = [](const std::string&) {};
  mirror->add_option_function<std::string>("A", ignore, "DATASET/KEY of the one side")
      ->check(Checked([o](const std::string& t) { return TakeSide(t, &o->mirror.a); }))
      ->required();
  mirror->add_option_function<std::string>("B", ignore, "DATASET/KEY of the other")
      ->check(Checked([o](const std::string& t) { return TakeSide(t, &o->mirror.b); }))
      ->required();
  AddText(
      mirror, "--valuation", [o](const std::string& t) { return TakeValuations(t, &o->mirror); },
      "How the two are valued, A first, for the heading: FOB,CIF")
      ->type_name("A,B");
  AddText(
      mirror, "--as-of-b",
      [o](const std::string& t) {
        o->mirror.has_vintage_b = true;
        return TakeAsOf(t, &o->mirror.b.vintage);
      },
      "The day of the other side, where it differs from --as-of")
      ->type_name("DATE");
  mirror
      ->add_option(
          "--months", o->mirror.window_months,
          "Runs of so many months, computed where they are not published. Default: published periods")
      ->check(Whole(1, limits::kMaxWindowMonths))
      ->type_name("N");
  mirror->add_option("--decimals", o->mirror.decimals, "Of the ratio. Default 3")
      ->check(Whole(0, limits::kMaxResultDecimals))
      ->type_name("N");
  mirror->footer(kMirrorFooter);
  mirror->callback([o] { o->command = Options::Command::kMirror; });
}

}  // namespace tidewaiter::cli
