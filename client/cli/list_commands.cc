// datasets, series, releases, retract, status.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"
#include "client/cli/release_name.h"
#include "client/cli/session.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

// "1.5 GiB" for tables; exact numbers stand in the other formats.
std::string Bytes(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (amount >= 1024 && unit + 1 < std::size(kUnits)) {
    amount /= 1024;
    ++unit;
  }
  return unit == 0 ? absl::StrCat(bytes, " B") : absl::StrFormat("%.1f %s", amount, kUnits[unit]);
}

}  // namespace

absl::Status RunDatasets(Session& session) {
  static const Schema schema = {
      {.name = "dataset"},
      {.name = "publisher"},
      {.name = "time_zone", .header = "time zone"},
      {.name = "year_start_month", .kind = FieldKind::kInteger, .header = "year starts", .plain_text = "1"},
      {.name = "dimensions", .kind = FieldKind::kList},
      {.name = "title", .kind = FieldKind::kProse},
      {.name = "description", .kind = FieldKind::kProse, .shown = kInCsv | kInJson},
      {.name = "predecessor"},
      {.name = "version", .kind = FieldKind::kInteger, .shown = kInCsv | kInJson},
  };
  TW_ASSIGN_OR_RETURN(const std::vector<client::DatasetInfo> datasets, session.client.ListDatasets());
  RecordWriter writer(session.options.format, schema, "datasets", &session.out);
  for (const client::DatasetInfo& dataset : datasets) {
    const DatasetDefinition& d = dataset.definition;
    const std::string dimensions = absl::StrJoin(
        d.dimensions, ",", [](std::string* out, const Dimension& dimension) { out->append(dimension.id); });
    writer.Add({d.id, d.publisher, d.time_zone, absl::StrCat(d.year_start_month), dimensions, d.title,
                d.description, d.predecessor, absl::StrCat(dataset.version)});
  }
  writer.Finish();
  if (datasets.empty()) session.Say("no dataset yet: `tidewaiter push FILE --dataset ID` makes one");
  return absl::OkStatus();
}

absl::Status RunSeries(Session& session) {
  static const Schema schema = {{.name = "series"}, {.name = "unit"}};
  const Target& target = session.options.target;
  TW_ASSIGN_OR_RETURN(client::SeriesPage page, session.client.ListSeries(target.dataset, target.key));
  RecordWriter writer(session.options.format, schema, "series", &session.out);
  for (;;) {
    for (client::SeriesInfo& series : page.series)
      writer.Add({std::move(series.key), std::move(series.unit)});
    if (page.next_page_token.empty() || session.out.closed()) break;
    TW_ASSIGN_OR_RETURN(page, session.client.ListSeries(target.dataset, target.key, 0, page.next_page_token));
  }
  writer.Finish();
  if (writer.records() == 0) session.Say("no series of that key");
  return absl::OkStatus();
}

absl::Status RunReleases(Session& session) {
  const std::string& dataset = session.options.target.dataset;
  TW_ASSIGN_OR_RETURN(client::ReleasePage page, session.client.ListReleases(dataset));
  RecordWriter writer(session.options.format, ReleaseSchema(), "releases", &session.out);
  for (;;) {
    for (const client::ReleaseInfo& release : page.releases) writer.Add(ReleaseRecord(release));
    if (page.next_after_sequence == 0 || session.out.closed()) break;
    TW_ASSIGN_OR_RETURN(page, session.client.ListReleases(dataset, page.next_after_sequence));
  }
  writer.Finish();
  if (writer.records() == 0) session.Say("no releases");
  return absl::OkStatus();
}

absl::Status RunRetract(Session& session) {
  TW_ASSIGN_OR_RETURN(const client::ReleaseInfo release, FindRelease(session, session.options.release));
  if (release.retracts != 0) {
    return InvalidField("RELEASE", absl::StrCat("sequence ", release.sequence, " is a retraction, that of ",
                                                release.retracts, "; a retraction cannot be retracted"));
  }
  const std::string& agency = release.header.agency;
  const std::string& release_id = release.header.release_id;
  TW_ASSIGN_OR_RETURN(const client::ReleaseInfo retraction,
                      session.client.Retract(agency, release_id, session.options.reason));
  if (session.options.format == Format::kTable) {
    session.out.Write(absl::StrCat("Retracted ", agency, "/", release_id, " (sequence ", retraction.retracts,
                                   ") by sequence ", retraction.sequence, ".\n"));
  } else {
    WriteOne(session.options.format, ReleaseSchema(), ReleaseRecord(retraction), &session.out);
  }
  return absl::OkStatus();
}

absl::Status RunStatus(Session& session) {
  constexpr unsigned kData = kInCsv | kInJson;
  static const Schema schema = {
      {.name = "server"},
      {.name = "version"},
      {.name = "accepting", .kind = FieldKind::kFlag},
      {.name = "head", .kind = FieldKind::kInteger},
      {.name = "datasets", .kind = FieldKind::kInteger},
      {.name = "series", .kind = FieldKind::kInteger},
      {.name = "observations", .kind = FieldKind::kInteger},
      {.name = "subscribers", .kind = FieldKind::kInteger},
      {.name = "uploads", .kind = FieldKind::kInteger},
      {.name = "directory"},
      {.name = "disk_bytes", .kind = FieldKind::kInteger, .shown = kData},
      {.name = "free_disk_bytes", .kind = FieldKind::kInteger, .shown = kData},
      {.name = "reserve_bytes", .kind = FieldKind::kInteger, .shown = kData},
      {.name = "disk", .shown = kInTable},
      {.name = "started_at", .header = "started"},
      {.name = "format_version", .kind = FieldKind::kInteger, .header = "format"},
      {.name = "log_id", .header = "log"},
      {.name = "resume_token", .header = "token"},
  };
  TW_ASSIGN_OR_RETURN(const client::StoreStatus s, session.client.GetStatus());
  const std::string disk = absl::StrCat(Bytes(s.disk_bytes), " used, ", Bytes(s.free_disk_bytes),
                                        " free; pushes stop below ", Bytes(s.reserve_bytes));
  WriteOne(session.options.format, schema,
           {session.options.connect.address, s.version, s.accepting ? "true" : "false", absl::StrCat(s.head),
            absl::StrCat(s.datasets), absl::StrCat(s.series), absl::StrCat(s.observations),
            absl::StrCat(s.subscribers), absl::StrCat(s.uploads), s.directory, absl::StrCat(s.disk_bytes),
            absl::StrCat(s.free_disk_bytes), absl::StrCat(s.reserve_bytes), disk, s.started_at.ToString(),
            absl::StrCat(s.format_version), s.log_id, s.resume_token},
           &session.out);
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
