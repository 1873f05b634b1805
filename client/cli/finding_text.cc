#include "client/cli/finding_text.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tidewaiter::cli {
namespace {

std::string OptionalText(const std::optional<Decimal>& value) { return value ? value->ToString() : ""; }
std::string UnlessZero(Sequence sequence) { return sequence == 0 ? "" : absl::StrCat(sequence); }

}  // namespace

const Schema& FindingSchema() {
  static const Schema* const schema = new Schema{
      {.name = "kind"},
      {.name = "series", .kind = FieldKind::kText},
      {.name = "period"},
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "published_at", .header = "published"},
      {.name = "printed", .kind = FieldKind::kDatum},
      {.name = "held", .kind = FieldKind::kDatum},
      {.name = "implied_low", .kind = FieldKind::kDatum, .header = "implied from"},
      {.name = "implied_high", .kind = FieldKind::kDatum, .header = "to"},
      {.name = "amount", .kind = FieldKind::kDatum},
      {.name = "status"},
      {.name = "id", .shown = kInJson},
      {.name = "dataset", .shown = kInJson},
      {.name = "all_series", .kind = FieldKind::kList, .shown = kInJson},
      {.name = "held_period", .shown = kInJson},
      {.name = "held_sequence", .kind = FieldKind::kInteger, .shown = kInJson},
      {.name = "rate", .kind = FieldKind::kDatum, .shown = kInJson},
      {.name = "identity", .shown = kInJson},
      {.name = "rules", .kind = FieldKind::kInteger, .shown = kInJson},
      {.name = "found_by", .kind = FieldKind::kInteger, .shown = kInJson},
      {.name = "settled_by", .kind = FieldKind::kInteger, .shown = kInJson},
      {.name = "explanation", .shown = kInJson | kInTable, .header = "inconsistent with what was held"},
  };
  return *schema;
}

Record FindingRecord(const client::FindingInfo& info) {
  const Finding& f = info.finding;
  const std::string all =
      absl::StrJoin(f.series, ",", [](std::string* out, const SeriesKey& key) { out->append(key.text()); });
  return {
      std::string(FindingKindName(f.kind)),
      f.series.empty() ? "" : f.series.front().text(),
      f.period.ToString(),
      absl::StrCat(f.sequence),
      f.published_at.ToString(),
      f.printed.ToString(),
      f.held.ToString(),
      OptionalText(f.implied_low),
      OptionalText(f.implied_high),
      OptionalText(f.amount),
      std::string(FindingStatusName(f.status)),
      info.id,
      f.dataset,
      all,
      f.held_period.ToString(),
      UnlessZero(f.held_sequence),
      f.rate ? f.rate->ToString() : "",
      f.identity ? std::string(IdentityFormula(*f.identity)) : "",
      absl::StrCat(f.rules),
      absl::StrCat(info.found_by),
      UnlessZero(f.settled_by),
      info.explanation,
  };
}

}  // namespace tidewaiter::cli
