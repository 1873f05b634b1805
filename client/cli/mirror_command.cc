// mirror.
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

const Schema& MirrorSchema() {
  static const Schema* const schema = new Schema{
      {.name = "period"},
      {.name = "a", .kind = FieldKind::kDatum},
      {.name = "b", .kind = FieldKind::kDatum},
      {.name = "gap", .kind = FieldKind::kDatum, .header = "a - b"},
      {.name = "ratio", .kind = FieldKind::kDatum, .header = "a / b"},
      {.name = "reason", .header = "undefined because"},
      {.name = "how_a", .header = "how a", .plain_text = "PUBLISHED"},
      {.name = "how_b", .header = "how b", .plain_text = "PUBLISHED"},
  };
  return *schema;
}

std::string HeadLine(std::string_view name, const client::MirrorSide& side, const std::string& unit,
                     const Vintage& vintage) {
  return absl::StrCat(
      std::string(name), ": ", side.dataset, "/", side.key, "  ", unit.empty() ? "(no unit)" : unit,
      side.valuation.empty() ? "" : "  ", side.valuation,
      vintage.as_of == Instant::Max() ? std::string() : absl::StrCat("  as of ", vintage.as_of.ToString()),
      "  at sequence ", vintage.sequence);
}

}  // namespace

absl::Status RunMirror(Session& session) {
  const Options& options = session.options;
  client::MirrorQuery query;
  query.a = options.mirror.a;
  query.b = options.mirror.b;
  query.a.vintage = options.vintage;
  if (!options.mirror.has_vintage_b) query.b.vintage = options.vintage;
  query.b.vintage.sequence = options.vintage.sequence;
  query.periods = options.periods;
  query.window_months = options.mirror.window_months;
  query.decimals = options.mirror.decimals;
  TW_ASSIGN_OR_RETURN(const client::MirrorAnswer answer, session.client.CompareMirror(query));
  const std::string heads[] = {HeadLine("a", query.a, answer.unit_a, answer.vintage_a),
                               HeadLine("b", query.b, answer.unit_b, answer.vintage_b)};
  for (const std::string& head : heads) {
    if (options.format == Format::kTable) {
      session.out.Write(absl::StrCat(head, "\n"));
    } else {
      session.Say(head);
    }
  }
  RecordWriter writer(options.format, MirrorSchema(), "mirror", &session.out);
  for (const client::MirrorRow& row : answer.rows) {
    writer.Add({row.period.ToString(), row.a ? row.a->ToString() : "", row.b ? row.b->ToString() : "",
                row.gap, row.ratio, row.reason, row.how_a, row.how_b});
  }
  writer.Finish(absl::StrCat("\"unit_a\":", JsonString(answer.unit_a), ",\"unit_b\":",
                             JsonString(answer.unit_b), ",\"exponent_b\":", answer.exponent_b));
  session.Say(Counted(writer.records(), "period"));
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
