#include "daemon/rpc/push_content.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "proto/convert/block.h"
#include "proto/convert/row.h"

namespace tidewaiter::rpc {
namespace {

std::string SectionField(std::size_t i, absl::string_view member) {
  return absl::StrCat("sections[", i, "].", member);
}

std::size_t CountObservations(const v1::PushReleaseRequest& request) {
  std::size_t count = 0;
  for (const v1::Section& section : request.sections()) {
    count += static_cast<std::size_t>(section.observations_size());
    for (const v1::ObservationBlock& block : section.blocks()) {
      count += static_cast<std::size_t>(block.period_start_deltas_size());
    }
  }
  return count;
}

absl::Status TooMany(std::size_t count) {
  const std::string what = absl::StrCat("a push has at most ", limits::kMaxUnaryObservations,
                                        " observations, not ", count, "; upload the release instead");
  return MakeError(
      absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded, "sections: " + what,
      {{"limit", "kMaxUnaryObservations"}, {"maximum", absl::StrCat(limits::kMaxUnaryObservations)}},
      {{"sections", what}});
}

// Takes "name[17]" off the front of `path`, and the point after it.
bool TakeIndexed(absl::string_view* path, absl::string_view name, std::size_t* index) {
  absl::string_view rest = *path;
  if (!absl::ConsumePrefix(&rest, name) || !absl::ConsumePrefix(&rest, "[")) return false;
  const std::size_t end = rest.find(']');
  if (end == absl::string_view::npos || !absl::SimpleAtoi(rest.substr(0, end), index)) return false;
  rest.remove_prefix(end + 1);
  absl::ConsumePrefix(&rest, ".");
  *path = rest;
  return true;
}

// The intake speaks of the domain's fields, the caller of the row's.
absl::string_view RowField(absl::string_view field) {
  if (field == "datum") return "value";
  absl::ConsumePrefix(&field, "attributes.");
  return field;
}

}  // namespace

engine::HeaderInput ToInput(convert::HeaderFields fields) {
  return {.agency = std::move(fields.agency),
          .release_id = std::move(fields.release_id),
          .published_at = fields.published_at,
          .published_on = fields.published_on,
          .stage = std::move(fields.stage),
          .kind = fields.kind,
          .title = std::move(fields.title)};
}

absl::StatusOr<PushContent> PushContent::Read(const v1::PushReleaseRequest& request) {
  const std::size_t count = CountObservations(request);
  if (count > limits::kMaxUnaryObservations) return TooMany(count);
  PushContent content;
  absl::StatusOr<convert::HeaderFields> header = convert::FromWire(request.header());
  content.unreadable_.Add("header", header.status());
  if (header.ok()) content.header = ToInput(*std::move(header));
  for (int i = 0; i < request.sections_size(); ++i) {
    content.ReadSection(static_cast<std::size_t>(i), request.sections(i));
  }
  return content;
}

void PushContent::ReadSection(std::size_t i, const v1::Section& section) {
  origins_.emplace_back();
  sections.emplace_back();
  absl::StatusOr<SectionHeader> header = convert::FromWire(section);
  unreadable_.Add(absl::StrCat("sections[", i, "]"), header.status());
  if (header.ok()) {
    sections.back().header = *std::move(header);
  } else {
    sections.back().header.dataset = section.dataset();
    origins_.back().left_out = true;
  }
  const bool data_optional = section.action() == v1::ACTION_DELETE;
  if (!section.observations().empty() && !section.blocks().empty()) {
    unreadable_.Add(SectionField(i, "blocks"),
                    "`observations` are given too; state the cells once, as rows or as blocks");
  }
  if (section.blocks().empty()) {
    ReadRows(i, section, data_optional);
  } else {
    ReadBlocks(i, section, data_optional);
  }
}

void PushContent::ReadRows(std::size_t i, const v1::Section& section, bool data_optional) {
  Origin& origin = origins_.back();
  std::vector<Observation>& out = sections.back().observations;
  out.reserve(static_cast<std::size_t>(section.observations_size()));
  origin.rows.reserve(out.capacity());
  for (int j = 0; j < section.observations_size(); ++j) {
    absl::StatusOr<Observation> observation = convert::FromWire(section.observations(j), data_optional);
    if (!observation.ok()) {
      unreadable_.Add(SectionField(i, absl::StrCat("observations[", j, "]")), observation.status());
      origin.left_out = true;
      continue;
    }
    out.push_back(*std::move(observation));
    origin.rows.push_back(static_cast<std::uint32_t>(j));
  }
}

void PushContent::ReadBlocks(std::size_t i, const v1::Section& section, bool data_optional) {
  Origin& origin = origins_.back();
  std::vector<Observation>& out = sections.back().observations;
  origin.blocks = true;
  convert::DecodedBlock block;
  for (int b = 0; b < section.blocks_size(); ++b) {
    origin.begins.push_back(out.size());
    const convert::BlockUse use = data_optional ? convert::BlockUse::kCells : convert::BlockUse::kStatements;
    const absl::Status status = convert::DecodeBlock(section.blocks(b), use, &block);
    if (!status.ok()) {
      unreadable_.Add(SectionField(i, absl::StrCat("blocks[", b, "]")), status);
      origin.left_out = true;
      continue;
    }
    out.reserve(out.size() + block.cells.size());
    for (const convert::DecodedBlock::Series& series : block.series) {
      const SeriesKey key = SeriesKey::FromValid(std::string(series.key));  // DecodeBlock has checked it
      for (const StatedCell& cell : block.CellsOf(series)) {
        out.push_back({key, cell.period, cell.datum, cell.attributes, std::string(cell.source),
                       std::string(cell.note)});
      }
    }
  }
}

absl::Status PushContent::Translate(const absl::Status& error) const {
  ErrorDetails details = DetailsOf(error);
  const bool judged = error.code() == absl::StatusCode::kInvalidArgument && !details.violations.empty();
  if (!judged && unreadable_.empty()) return error;
  Violations all = unreadable_;
  if (judged) {
    for (FieldViolation violation : details.violations) {
      if (Translate(&violation)) all.Add(violation.field, violation.description);
    }
  }
  const absl::Status status = all.ToStatus(unreadable_.empty() ? details.reason : Reason::kInvalidArgument);
  const ErrorDetails merged = DetailsOf(status);
  details.metadata.insert(merged.metadata.begin(), merged.metadata.end());
  if (!judged) details.metadata = merged.metadata;
  return MakeError(status.code(), merged.reason, ToStd(status.message()), details.metadata,
                   merged.violations);
}

bool PushContent::Translate(FieldViolation* violation) const {
  absl::string_view path = violation->field;
  std::size_t i = 0;
  if (!TakeIndexed(&path, "sections", &i) || i >= origins_.size()) return true;
  const Origin& origin = origins_[i];
  std::size_t j = 0;
  if (!TakeIndexed(&path, "observations", &j)) return !origin.left_out;
  if (!origin.blocks) {
    if (j >= origin.rows.size()) return true;
    violation->field = SectionField(
        i, absl::StrCat("observations[", origin.rows[j], "]", path.empty() ? "" : ".", RowField(path)));
    return true;
  }
  const auto next = std::upper_bound(origin.begins.begin(), origin.begins.end(), j);
  const std::size_t b = static_cast<std::size_t>(next - origin.begins.begin()) - 1;
  violation->description = absl::StrCat("cell ", j - origin.begins[b], path.empty() ? "" : ", ",
                                        RowField(path), ": ", violation->description);
  violation->field = SectionField(i, absl::StrCat("blocks[", b, "]"));
  return true;
}

}  // namespace tidewaiter::rpc
