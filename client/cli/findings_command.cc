// findings.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"
#include "client/cli/session.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

constexpr unsigned kData = kInCsv | kInJson;

// The CSV columns are stable: new fields come in JSON.
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

std::string OptionalText(const std::optional<Decimal>& value) { return value ? value->ToString() : ""; }
std::string UnlessZero(Sequence sequence) { return sequence == 0 ? "" : absl::StrCat(sequence); }

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

// Whose figures they are: findings in the press's report of figures may be slips of the press.
absl::Status SayWhose(Session& session, const std::string& dataset) {
  TW_ASSIGN_OR_RETURN(const client::DatasetInfo info, session.client.GetDataset(dataset));
  const DatasetDefinition& d = info.definition;
  std::string line = dataset;
  if (!d.title.empty()) absl::StrAppend(&line, ": ", d.title);
  if (!d.description.empty()) absl::StrAppend(&line, ". ", d.description);
  if (session.options.format != Format::kTable) {
    session.Say(line);
  } else {
    session.out.Write(absl::StrCat(Coloured(line, Colour::kBold, session.out.wants_colour()), "\n"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunFindings(Session& session) {
  const Options& options = session.options;
  const FindingsArguments& asked = options.findings;
  client::FindingQuery query;
  query.dataset = options.target.dataset;
  if (!options.target.key.empty()) query.keys = {options.target.key};
  query.kinds = asked.kinds;
  query.statuses = asked.statuses;
  query.periods = options.periods;
  query.after_sequence = asked.from_sequence.value_or(0);
  query.until_sequence = asked.until_sequence.value_or(0);
  TW_ASSIGN_OR_RETURN(client::FindingPage page, session.client.ListFindings(query));
  if (!query.dataset.empty()) TW_RETURN_IF_ERROR(SayWhose(session, query.dataset));
  const Sequence position = page.position;
  RecordWriter writer(options.format, FindingSchema(), "findings", &session.out);
  for (;;) {
    for (const client::FindingInfo& finding : page.findings) writer.Add(FindingRecord(finding));
    if (page.next_page_token.empty() || session.out.closed()) break;
    TW_ASSIGN_OR_RETURN(page, session.client.ListFindings(query, 0, page.next_page_token));
  }
  writer.Finish(absl::StrCat("\"position\":", position));
  session.Say(absl::StrCat(Counted(writer.records(), "finding"), "; releases up to sequence ", position,
                           " have been checked"));
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
