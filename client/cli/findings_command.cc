// findings.
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/finding_text.h"
#include "client/cli/reading.h"
#include "client/cli/session.h"
#include "client/cli/tally_text.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

std::string TextOfTarget(const Target& target) {
  return target.key.empty() ? target.dataset : absl::StrCat(target.dataset, "/", target.key);
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
  if (asked.tally) return RunTally(session);
  client::FindingQuery query;
  query.dataset = options.target.dataset;
  if (!options.target.key.empty()) query.keys = {options.target.key};
  query.kinds = asked.kinds;
  query.statuses = asked.statuses;
  query.periods = options.periods;
  query.after_sequence = asked.from_sequence.value_or(0);
  query.until_sequence = asked.until_sequence.value_or(0);
  TW_ASSIGN_OR_RETURN(client::FindingPage page, session.client.ListFindings(query));
  const bool any = !page.findings.empty() || !page.next_page_token.empty();
  if (any && !query.dataset.empty()) TW_RETURN_IF_ERROR(SayWhose(session, query.dataset));
  const Sequence position = page.position;
  TW_RETURN_IF_ERROR(CheckSomethingMatches(session, any ? 1 : 0));
  RecordWriter writer(options.format, FindingSchema(), "findings", &session.out);
  for (;;) {
    for (const client::FindingInfo& finding : page.findings) writer.Add(FindingRecord(finding));
    if (page.next_page_token.empty() || session.out.closed()) break;
    TW_ASSIGN_OR_RETURN(page, session.client.ListFindings(query, 0, page.next_page_token));
  }
  writer.Finish(absl::StrCat("\"position\":", position));
  const std::string count = writer.records() == 0 ? "no findings" : Counted(writer.records(), "finding");
  const std::string whose = query.dataset.empty() ? "" : absl::StrCat(" of ", TextOfTarget(options.target));
  session.Say(
      absl::StrCat(count, any ? "" : whose, "; releases up to sequence ", position, " have been checked"));
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
