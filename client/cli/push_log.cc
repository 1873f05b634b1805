#include "client/cli/push_log.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"

namespace tidewaiter::cli {
namespace {

const Schema& PushSchema() {
  static const Schema schema = {
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "published_at", .header = "published"},
      {.name = "release"},
      {.name = "observations", .kind = FieldKind::kInteger},
      {.name = "outcome"},
      {.name = "twin", .header = "equal to"},
      {.name = "digest", .shown = kInCsv | kInJson},
      {.name = "file", .shown = kInCsv | kInJson},
  };
  return schema;
}

std::string OutcomeOf(const client::PushResult& result) {
  if (!result.replayed) return "accepted";
  const Sequence retracted_by = result.release.retracted_by;
  return retracted_by == 0 ? "held already" : absl::StrCat("held, but retracted by sequence ", retracted_by);
}

}  // namespace

std::string PushedName(const feeders::FedRelease& release, const FeedArguments& arguments,
                       const std::vector<DatasetDefinition>& datasets) {
  std::string agency = arguments.agency.empty() ? release.agency : arguments.agency;
  if (agency.empty()) {
    const std::string& first = release.sections.front().header.dataset;
    agency = std::find_if(datasets.begin(), datasets.end(), [&first](const DatasetDefinition& d) {
               return d.id == first;
             })->publisher;
  }
  return absl::StrCat(agency, "/", release.release_id);
}

PushLog::PushLog(Session& session, bool listed) : session_(session) {
  if (listed) writer_.emplace(session.options.format, PushSchema(), "releases", &session.out);
}

void PushLog::Add(const feeders::FedRelease& release, const std::string& name,
                  const client::PushResult& result) {
  const client::ReleaseInfo& kept = result.release;
  (result.replayed ? outcome_.held : outcome_.accepted) += 1;
  if (result.replayed && kept.retracted_by != 0) ++retracted_;
  outcome_.observations += result.replayed ? 0 : kept.observations;
  if (!writer_) return;
  writer_->Add({absl::StrCat(kept.sequence), kept.header.published_at.ToString(), name,
                absl::StrCat(kept.observations), OutcomeOf(result), result.twin, kept.digest,
                absl::StrJoin(release.files, ", ")});
}

void PushLog::Close() {
  if (writer_) writer_->Finish();
  session_.out.Flush();
}

PushOutcome PushLog::Finish() {
  Close();
  session_.Say(absl::StrCat(Counted(outcome_.accepted, "release"), " accepted with ",
                            Counted(outcome_.observations, "observation"), ", ", outcome_.held,
                            " held already"));
  if (retracted_ > 0) {
    session_.Say(
        absl::StrCat(retracted_, " of those held ", retracted_ == 1 ? "is" : "are",
                     " retracted and count nowhere; push what is right as a release with another id"));
  }
  return outcome_;
}

}  // namespace tidewaiter::cli
