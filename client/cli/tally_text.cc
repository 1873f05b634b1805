#include "client/cli/tally_text.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "domain/conventions.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

const Schema& TallySchema() {
  static const Schema* const schema = new Schema{
      {.name = "series"},
      {.name = "fit", .kind = FieldKind::kInteger},
      {.name = "up", .kind = FieldKind::kInteger},
      {.name = "down", .kind = FieldKind::kInteger},
      {.name = "not_testable", .kind = FieldKind::kInteger, .header = "not testable"},
  };
  return *schema;
}

}  // namespace

absl::Status RunTally(Session& session) {
  const Options& options = session.options;
  client::TallyQuery query;
  query.dataset = options.target.dataset;
  if (!options.target.key.empty()) query.keys = {options.target.key};
  query.rounding = options.findings.rounding;
  query.periods = options.periods;
  query.year_to_date = options.findings.year_to_date;
  TW_ASSIGN_OR_RETURN(const client::TallyAnswer answer, session.client.TallyImpliedRevisions(query));
  RecordWriter writer(options.format, TallySchema(), "series", &session.out);
  for (const client::TallyAnswer::Series& s : answer.series) {
    writer.Add({s.series, absl::StrCat(s.fit), absl::StrCat(s.up), absl::StrCat(s.down),
                absl::StrCat(s.not_testable)});
  }
  const std::string rounding(PrintRoundingName(answer.rounding));
  writer.Finish(absl::StrCat("\"periods\":", answer.periods,
                             ",\"inconsistent_periods\":", answer.inconsistent_periods,
                             ",\"rounding\":", JsonString(rounding), ",\"sequence\":", answer.sequence));
  session.Say(absl::StrCat("of ", Counted(answer.periods, "period"), " with a rate that can be tested, ",
                           answer.inconsistent_periods, " ",
                           answer.inconsistent_periods == 1 ? "has" : "have",
                           " one that cannot follow from what was held (rounding: ", rounding, ")"));
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
