#include "domain/finding.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/change.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr std::array<FindingKind, 3> kKinds = {FindingKind::kImpliedRevision, FindingKind::kBrokenIdentity,
                                               FindingKind::kUnannouncedRevision};

std::string SeriesText(const Finding& finding, std::size_t i) {
  return i < finding.series.size() ? finding.series[i].text() : std::string("?");
}

std::string DecimalText(const std::optional<Decimal>& decimal) {
  return decimal ? decimal->ToString() : std::string("?");
}

std::string Signed(const std::optional<Decimal>& decimal) {
  if (!decimal) return "?";
  return absl::StrCat(decimal->is_negative() || decimal->is_zero() ? "" : "+", decimal->ToString());
}

// " Release 61 has since revised the base into that range."
std::string StatusClause(const Finding& finding) {
  switch (finding.status) {
    case FindingStatus::kConfirmed:
      return absl::StrCat(" Release ", finding.settled_by, " has since revised the base into that range.");
    case FindingStatus::kSuperseded:
      return absl::StrCat(
          " Entry ", finding.settled_by, " of the log has since superseded it: ",
          finding.kind == FindingKind::kImpliedRevision
              ? "the base was revised, but not into that range, or the level or the rate was, or "
                "the release was retracted."
              : "the release was retracted.");
    case FindingStatus::kOpen:
      break;
  }
  return "";
}

std::string ExplainImplied(const Finding& finding) {
  return absl::StrCat(
      SeriesText(finding, 0), ": ", finding.printed.ToString(), " for ", finding.period.ToString(),
      " with a printed rate of ", finding.rate ? finding.rate->ToString() : "?",
      " % is inconsistent with what was held: ", finding.held.ToString(), " for ",
      finding.held_period.ToString(), ", where the rate implies ", DecimalText(finding.implied_low), " to ",
      DecimalText(finding.implied_high), " (", Signed(finding.amount),
      " at least). Possible causes: a silent revision of the base, press rounding, "
      "truncation, another base.",
      StatusClause(finding));
}

std::string ExplainIdentity(const Finding& finding) {
  const std::string_view formula = finding.identity ? IdentityFormula(*finding.identity) : "the sum";
  return absl::StrCat(SeriesText(finding, 0), ": ", ToAbsl(formula), " does not hold for ",
                      finding.period.ToString(), ": the terms add to ", finding.held.ToString(),
                      ", the total is ", finding.printed.ToString(), " (", Signed(finding.amount),
                      "), more than rounding explains. Possible causes: operands of different vintages, a "
                      "silent revision, press rounding or truncation, a misprint.");
}

std::string ExplainUnannounced(const Finding& finding) {
  return absl::StrCat(SeriesText(finding, 0), ": ", finding.period.ToString(), " changed from ",
                      finding.held.ToString(), " to ", finding.printed.ToString(),
                      finding.amount ? absl::StrCat(" (", Signed(finding.amount), ")") : "",
                      " in a regular release: inconsistent with what was held, and no revision was announced "
                      "for that day. Possible causes: a silent revision, another source's rounding or "
                      "definition.");
}

std::strong_ordering CompareSeries(const std::vector<SeriesKey>& a, const std::vector<SeriesKey>& b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

int IdentityNumber(const Finding& finding) {
  return finding.identity ? static_cast<int>(*finding.identity) : 0;
}

bool AtLeast(const Decimal& a, const Decimal& b) { return Decimal::Compare(a, b) >= 0; }

// Whether all that `base` may stand for touches [low, high]: base + half step >= low, base - half step <=
// high, or whole steps where it may have been cut off. Doubled, so that no half is needed; what overflows is
// too far away to touch.
bool Touches(const Datum& base, const Decimal& low, const Decimal& high, PrintRounding rounding) {
  const int exponent = base.step_exponent();
  auto step = exponent >= 0 ? Decimal::FromParts(PowerOfTen(exponent), 0) : Decimal::FromParts(1, -exponent);
  if (step.ok() && rounding == PrintRounding::kTruncated) step = Decimal::Add(*step, *step);
  if (!step.ok()) return false;
  const auto twice = Decimal::Add(base.value(), base.value());
  const auto twice_low = Decimal::Add(low, low);
  const auto twice_high = Decimal::Add(high, high);
  if (!twice.ok() || !twice_low.ok() || !twice_high.ok()) return false;
  const auto top = Decimal::Add(*twice, *step);
  const auto bottom = Decimal::Subtract(*twice, *step);
  return top.ok() && bottom.ok() && AtLeast(*top, *twice_low) && AtLeast(*twice_high, *bottom);
}

bool CanSettle(const Finding& finding, Sequence by) {
  return finding.kind == FindingKind::kImpliedRevision && finding.status == FindingStatus::kOpen &&
         by > finding.sequence;
}

}  // namespace

std::string_view FindingKindName(FindingKind kind) {
  switch (kind) {
    case FindingKind::kImpliedRevision:
      return "IMPLIED_REVISION";
    case FindingKind::kBrokenIdentity:
      return "BROKEN_IDENTITY";
    case FindingKind::kUnannouncedRevision:
      return "UNANNOUNCED_REVISION";
  }
  return "UNKNOWN";
}

absl::StatusOr<FindingKind> ParseFindingKind(std::string_view name) {
  for (const FindingKind kind : kKinds) {
    if (absl::EqualsIgnoreCase(ToAbsl(FindingKindName(kind)), ToAbsl(name))) return kind;
  }
  return InvalidField("", absl::StrCat(Quoted(name),
                                       " is not a kind of finding; use one of IMPLIED_REVISION, "
                                       "BROKEN_IDENTITY, UNANNOUNCED_REVISION"));
}

std::string_view FindingStatusName(FindingStatus status) {
  switch (status) {
    case FindingStatus::kOpen:
      return "OPEN";
    case FindingStatus::kConfirmed:
      return "CONFIRMED";
    case FindingStatus::kSuperseded:
      return "SUPERSEDED";
  }
  return "UNKNOWN";
}

std::string Explain(const Finding& finding) {
  switch (finding.kind) {
    case FindingKind::kImpliedRevision:
      return ExplainImplied(finding);
    case FindingKind::kBrokenIdentity:
      return ExplainIdentity(finding);
    case FindingKind::kUnannouncedRevision:
      return ExplainUnannounced(finding);
  }
  return "";
}

bool Settle(Finding& finding, const Datum& base, Sequence by, PrintRounding rounding) {
  if (!CanSettle(finding, by) || !base.has_value() || !finding.held.has_value()) return false;
  if (!finding.implied_low || !finding.implied_high) return false;
  if (Decimal::NumericallyEqual(base.value(), finding.held.value())) return false;
  finding.status = Touches(base, *finding.implied_low, *finding.implied_high, rounding)
                       ? FindingStatus::kConfirmed
                       : FindingStatus::kSuperseded;
  finding.settled_by = by;
  return true;
}

bool SettleByPrints(Finding& finding, const Datum& level, const Datum& rate, Sequence by) {
  if (!CanSettle(finding, by) || !finding.rate) return false;
  if (SameValue(level, finding.printed) && SameValue(rate, *finding.rate)) return false;
  finding.status = FindingStatus::kSuperseded;
  finding.settled_by = by;
  return true;
}

std::strong_ordering CompareFindings(const Finding& a, const Finding& b) {
  if (const auto order = std::tie(a.rules, a.sequence, a.kind) <=> std::tie(b.rules, b.sequence, b.kind);
      order != 0) {
    return order;
  }
  if (const auto order = CompareSeries(a.series, b.series); order != 0) return order;
  if (const auto order = std::tie(a.period, a.held_period) <=> std::tie(b.period, b.held_period);
      order != 0) {
    return order;
  }
  if (const int order = a.dataset.compare(b.dataset); order != 0) return order <=> 0;
  return IdentityNumber(a) <=> IdentityNumber(b);
}

}  // namespace tidewaiter
