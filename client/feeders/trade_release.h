// What the formats share that state one release of one dataset, row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// A profile with what the user says in its place: id, publisher, time zone.
DatasetDefinition WithOptions(DatasetDefinition profile, const FeedOptions& options);

// The id of a release that holds a part of what its dataset's publisher put out then, as a download does:
// "COMTRADE:2025-05-01:thailand-8542". `part` is made fit for an id; it may be empty.
std::string PartialReleaseId(const DatasetDefinition& dataset, const Publication& published,
                             std::string_view part);
// A file's name without its ending: "thailand-8542.csv" is "thailand-8542".
std::string_view StemOf(std::string_view file);

// Adds the dataset, one release of it and one MERGE section; gives the section. The release is named after
// the file: of what was published at once, people download parts.
absl::StatusOr<std::size_t> OpenSection(const DatasetDefinition& dataset, const Publication& published,
                                        const FeedOptions& options, FeedSink& sink);

// Gathers what is wrong in one row, and refuses it once. Not thread-safe.
class RowProblems {
 public:
  // `prefix` stands before every column: "data[3]." in JSON.
  void Start(std::uint64_t line, std::string_view prefix = {});
  // An empty column: the row as a whole.
  void Add(std::string_view column, std::string_view description);
  // "column: "text" is no such thing; WHAT" where an error of the domain says what is wrong with `text`.
  void Add(std::string_view column, std::string_view text, const absl::Status& why);
  bool empty() const { return problems_.empty(); }
  // Hands them to the sink, with the row as it stands.
  void Refuse(std::string_view row, FeedSink& sink);

 private:
  std::uint64_t line_ = 0;
  std::string prefix_;
  std::vector<Problem> problems_;
};

// `text` without blanks and tabs at its ends.
std::string_view Trimmed(std::string_view text);

}  // namespace tidewaiter::feeders
