#include "client/cli/converters.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/feeding.h"
#include "client/feeders/text/csv_reader.h"
#include "client/upload_file.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

using feeders::CsvField;
using feeders::FedRelease;
using feeders::ReleaseSorter;

std::string ValueText(const Datum& datum) { return datum.ToString(); }

// Tidy CSV, as `push` takes it.
class ToTidy : public Converter {
 public:
  ToTidy(const DatasetDefinition& dataset, bool by_day, Output* out) : out_(out) {
    std::string line = by_day ? "published_on,release" : "published_at,release";
    for (const Dimension& dimension : dataset.dimensions) absl::StrAppend(&line, ",", CsvField(dimension.id));
    out_->Write(absl::StrCat(line, ",period,value,step,status,conf,source,note\n"));
  }

  absl::Status BeginRelease(const FedRelease& release) override {
    release_ = absl::StrCat(release.published_at.ToString(), ",", CsvField(release.release_id), ",");
    return absl::OkStatus();
  }
  absl::Status BeginSection(const SectionHeader&) override { return absl::OkStatus(); }
  absl::Status BeginSeries(std::string_view key) override {
    codes_ = key;
    std::replace(codes_.begin(), codes_.end(), '.', ',');  // no code holds a comma or a quote
    return absl::OkStatus();
  }
  absl::Status Add(const StatedCell& cell) override {
    out_->Write(absl::StrCat(release_, codes_, ",", cell.period.ToString(), ",", ValueText(cell.datum), ",",
                             cell.datum.StepText(), ",", std::string(1, cell.attributes.status), ",",
                             std::string(1, cell.attributes.conf), ",", CsvField(cell.source), ",",
                             CsvField(cell.note), "\n"));
    return out_->status();
  }
  absl::Status EndRelease() override { return absl::OkStatus(); }

 private:
  Output* out_;
  std::string release_;
  std::string codes_;
};

Record ObservationRecord(std::string_view series, const StatedCell& cell) {
  return {std::string(series),
          cell.period.ToString(),
          ValueText(cell.datum),
          cell.datum.StepText(),
          std::string(1, cell.attributes.status),
          std::string(1, cell.attributes.conf),
          std::string(cell.source),
          std::string(cell.note)};
}

Schema ObservationSchema() {
  return {{.name = "series"}, {.name = "period"}, {.name = "value", .kind = FieldKind::kDatum},
          {.name = "step"},   {.name = "status"}, {.name = "conf"},
          {.name = "source"}, {.name = "note"}};
}

// An absence is null in JSON, and says which it is beside it.
std::string ObservationJson(const Schema& schema, std::string_view series, const StatedCell& cell,
                            std::string_view first = {}) {
  std::string json = JsonObject(schema, ObservationRecord(series, cell), first);
  if (cell.datum.has_value()) return json;
  json.pop_back();
  return absl::StrCat(json, ",\"absence\":", JsonString(AbsenceName(cell.datum.absence())), "}");
}

// Everything that is known of the releases, as one document.
class ToJson : public Converter {
 public:
  ToJson(const FeedArguments& arguments, Output* out) : arguments_(arguments), out_(out) {
    out_->Write("{\"releases\":[");
  }
  absl::Status BeginRelease(const FedRelease& release) override {
    const client::ReleaseDraft draft = DraftOf(release, arguments_);
    static const Schema schema = {{.name = "agency"}, {.name = "release"}, {.name = "published_at"},
                                  {.name = "stage"},  {.name = "kind"},    {.name = "title"}};
    std::string json =
        JsonObject(schema, {draft.agency, draft.release_id, release.published_at.ToString(), draft.stage,
                            std::string(ReleaseKindName(draft.kind)), draft.title});
    json.pop_back();
    out_->Write(absl::StrCat(any_release_ ? ",\n" : "\n", json, ",\"sections\":["));
    any_release_ = true;
    any_section_ = false;
    return absl::OkStatus();
  }
  absl::Status BeginSection(const SectionHeader& header) override {
    static const Schema schema = {
        {.name = "dataset"}, {.name = "action"}, {.name = "scope"}, {.name = "from"}, {.name = "to"}};
    const auto month = [](const std::optional<Month>& m) { return m ? m->ToString() : std::string(); };
    std::string scope, from, to;
    if (header.scope) {
      scope = header.scope->selector.selects_all() ? "*" : header.scope->selector.ToString();
      from = month(header.scope->periods.from);
      to = month(header.scope->periods.to);
    }
    std::string json =
        JsonObject(schema, {header.dataset, std::string(ActionName(header.action)), scope, from, to});
    json.pop_back();
    out_->Write(absl::StrCat(any_section_ ? "]}," : "", "\n ", json, ",\"observations\":["));
    any_section_ = true;
    any_cell_ = false;
    return absl::OkStatus();
  }
  absl::Status BeginSeries(std::string_view key) override {
    series_ = key;
    return absl::OkStatus();
  }
  absl::Status Add(const StatedCell& cell) override {
    out_->Write(absl::StrCat(any_cell_ ? ",\n  " : "\n  ", ObservationJson(schema_, series_, cell)));
    any_cell_ = true;
    return out_->status();
  }
  absl::Status EndRelease() override {
    out_->Write(any_section_ ? "]}]}" : "]}");
    return absl::OkStatus();
  }
  void Finish() override { out_->Write("\n]}\n"); }

 private:
  const FeedArguments& arguments_;
  Output* out_;
  const Schema schema_ = ObservationSchema();
  std::string series_;
  bool any_release_ = false;
  bool any_section_ = false;
  bool any_cell_ = false;
};

// One observation a line, with its release.
class ToLines : public Converter {
 public:
  explicit ToLines(Output* out) : out_(out) {}
  absl::Status BeginRelease(const FedRelease& release) override {
    release_ = absl::StrCat("\"release\":", JsonString(release.release_id),
                            ",\"published_at\":", JsonString(release.published_at.ToString()), ",");
    return absl::OkStatus();
  }
  absl::Status BeginSection(const SectionHeader& header) override {
    section_ = absl::StrCat(release_, "\"dataset\":", JsonString(header.dataset),
                            ",\"action\":", JsonString(ActionName(header.action)), ",");
    if (header.scope) {
      out_->Write(
          absl::StrCat("{", section_, "\"scope\":", JsonString(header.scope->selector.ToString()), "}\n"));
    }
    return absl::OkStatus();
  }
  absl::Status BeginSeries(std::string_view key) override {
    series_ = key;
    return absl::OkStatus();
  }
  absl::Status Add(const StatedCell& cell) override {
    out_->Write(absl::StrCat(ObservationJson(schema_, series_, cell, section_), "\n"));
    return out_->status();
  }
  absl::Status EndRelease() override { return absl::OkStatus(); }

 private:
  Output* out_;
  const Schema schema_ = ObservationSchema();
  std::string release_;
  std::string section_;
  std::string series_;
};

// What an upload would send.
class ToMessages : public Converter {
 public:
  ToMessages(const FeedArguments& arguments, Output* out)
      : arguments_(arguments), file_([out](std::string_view bytes) {
          out->Write(bytes);
          return out->status();
        }) {}
  absl::Status BeginRelease(const FedRelease& release) override {
    return file_.Begin(DraftOf(release, arguments_));
  }
  absl::Status BeginSection(const SectionHeader& header) override { return file_.BeginSection(header); }
  absl::Status BeginSeries(std::string_view key) override { return file_.BeginSeries(key); }
  absl::Status Add(const StatedCell& cell) override { return file_.Add(cell); }
  absl::Status EndRelease() override { return file_.End(); }

 private:
  const FeedArguments& arguments_;
  client::UploadFile file_;
};

absl::Status CheckTidy(const ReleaseSorter& sorter) {
  const auto unfit = [](std::string_view why) {
    return InvalidField("--output",
                        absl::StrCat("csv does not fit: ", ToAbsl(why), "; use json, ndjson or pb"));
  };
  if (sorter.datasets().size() != 1) {
    return unfit(absl::StrCat("the files speak of ", sorter.datasets().size(), " datasets"));
  }
  const auto is_day = [](const FedRelease& release) { return release.published_at.day.has_value(); };
  const auto& releases = sorter.releases();
  const auto days = std::count_if(releases.begin(), releases.end(), is_day);
  if (days != 0 && static_cast<std::size_t>(days) != releases.size()) {
    return unfit("of some releases the day of publication is known, of others the instant");
  }
  for (const FedRelease& release : releases) {
    for (const FedRelease::Section& section : release.sections) {
      if (section.header.action == Action::kMerge) continue;
      return unfit(absl::StrCat("release ", release.release_id, " has a section with the action ",
                                ToAbsl(ActionName(section.header.action))));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Converter>> NewConverter(Format format, const FeedArguments& arguments,
                                                        const ReleaseSorter& sorter, Output* out) {
  if (arguments.protobuf) return std::make_unique<ToMessages>(arguments, out);
  if (format == Format::kJson) return std::make_unique<ToJson>(arguments, out);
  if (format == Format::kNdjson) return std::make_unique<ToLines>(out);
  TW_RETURN_IF_ERROR(CheckTidy(sorter));
  const auto& releases = sorter.releases();
  const bool by_day = !releases.empty() && releases.front().published_at.day.has_value();
  return std::make_unique<ToTidy>(sorter.datasets().front(), by_day, out);
}

}  // namespace tidewaiter::cli
