#include "client/feeders/trade_release.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {

DatasetDefinition WithOptions(DatasetDefinition profile, const FeedOptions& options) {
  if (!options.dataset.empty()) profile.id = options.dataset;
  if (!options.publisher.empty()) profile.publisher = options.publisher;
  if (!options.time_zone.empty()) profile.time_zone = options.time_zone;
  return profile;
}

std::string PartialReleaseId(const DatasetDefinition& dataset, const Publication& published,
                             std::string_view part) {
  constexpr std::size_t kMaxPartBytes = 120;
  std::string day = published.ToString();
  day = day.substr(0, day.find(' '));  // "2025-02-17T11:00:00 local time"
  std::string id = absl::StrCat(dataset.id, ":", day);
  if (part.empty()) return id;
  id += ':';
  for (const char c : part.substr(0, kMaxPartBytes)) {
    const bool fit = absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
    id += fit ? c : '_';
  }
  return id;
}

std::string_view StemOf(std::string_view file) {
  const std::size_t dot = file.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? file : file.substr(0, dot);
}

absl::StatusOr<std::size_t> OpenSection(const DatasetDefinition& dataset, const Publication& published,
                                        const FeedOptions& options, FeedSink& sink) {
  TW_ASSIGN_OR_RETURN(const std::size_t index, sink.AddDataset(dataset));
  SourceRelease release;
  release.published = published;
  release.release_id = PartialReleaseId(dataset, published, options.file == "-" ? "" : StemOf(options.file));
  TW_ASSIGN_OR_RETURN(const std::size_t at, sink.AddRelease(release));
  return sink.AddSection(at, index, Action::kMerge, std::nullopt);
}

void RowProblems::Start(std::uint64_t line, std::string_view prefix) {
  line_ = line;
  prefix_ = prefix;
  problems_.clear();
}

void RowProblems::Add(std::string_view column, std::string_view description) {
  std::string place = absl::StrCat(prefix_, ToAbsl(column));
  if (!place.empty() && place.back() == '.') place.pop_back();
  problems_.push_back({line_, std::move(place), std::string(description)});
}

void RowProblems::Add(std::string_view column, std::string_view text, const absl::Status& why) {
  const std::string quoted = Quoted(text);
  const bool shown = absl::StrContains(why.message(), quoted);
  Add(column, shown ? std::string(why.message()) : absl::StrCat(quoted, ": ", why.message()));
}

void RowProblems::Refuse(std::string_view row, FeedSink& sink) {
  sink.Refuse(std::exchange(problems_, {}), row);
}

std::string_view Trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace tidewaiter::feeders
