// convert.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/converters.h"
#include "client/cli/feeding.h"
#include "client/cli/records.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

using feeders::FedRelease;
using feeders::ReleaseSorter;

// The releases, one a line.
void ListReleases(const ReleaseSorter& sorter, const FeedArguments& arguments, Output& out) {
  static const Schema schema = {
      {.name = "release"},
      {.name = "published_at", .header = "published"},
      {.name = "dataset"},
      {.name = "sections", .kind = FieldKind::kInteger, .plain_text = "1"},
      {.name = "observations", .kind = FieldKind::kInteger},
      {.name = "stage"},
      {.name = "title", .kind = FieldKind::kProse},
  };
  RecordWriter writer(Format::kTable, schema, "releases", &out);
  for (const FedRelease& release : sorter.releases()) {
    const client::ReleaseDraft draft = DraftOf(release, arguments);
    std::vector<std::string> datasets;
    for (const FedRelease::Section& section : release.sections) {
      const std::string& id = section.header.dataset;
      if (std::find(datasets.begin(), datasets.end(), id) == datasets.end()) datasets.push_back(id);
    }
    writer.Add({release.release_id, release.published_at.ToString(), absl::StrJoin(datasets, ", "),
                absl::StrCat(release.sections.size()), absl::StrCat(release.cells), draft.stage,
                draft.title});
  }
  writer.Finish();
}

}  // namespace

absl::Status RunConvert(Session& session) {
  const FeedArguments& arguments = session.options.feed;
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<ReleaseSorter> sorter,
                      ReadFiles(session, arguments,
                                [](const DatasetDefinition& profile) -> absl::StatusOr<DatasetDefinition> {
                                  TW_RETURN_IF_ERROR(CheckTimeZone(profile));
                                  return profile;
                                }));
  if (session.options.format == Format::kTable && !arguments.protobuf) {
    ListReleases(*sorter, arguments, session.out);
    return absl::OkStatus();
  }
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<Converter> converter,
                      NewConverter(session.options.format, arguments, *sorter, &session.out));
  for (std::size_t i = 0; i < sorter->releases().size(); ++i) {
    TW_RETURN_IF_ERROR(converter->BeginRelease(sorter->releases()[i]));
    TW_RETURN_IF_ERROR(sorter->Visit(i, *converter));
    TW_RETURN_IF_ERROR(converter->EndRelease());
  }
  converter->Finish();
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
