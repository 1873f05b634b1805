// From the files that publishers put out to releases: what every format's parser is, and what it tells.
//
//   Input (bytes) -> Feeder::Parse -> FeedSink (datasets, releases, sections, cells; refused rows)
//
// A feeder is a pure function of the bytes, the file's name and the options: it keeps nothing between two
// calls, opens no file, asks no clock, and does no more than a pass over the bytes. Sorting the cells,
// finding those that are stated twice, checking against what the daemon holds, and pushing are the sink's. So
// adding a format is one pair of files here and one line in formats.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/publication.h"
#include "client/feeders/text/input.h"
#include "domain/dataset.h"
#include "domain/release.h"
#include "domain/stated_cell.h"

namespace tidewaiter::feeders {

// What the user says beside the file. Immutable while files are parsed.
struct FeedOptions {
  std::string file;     // its name without folders, as publication times and release ids may be read from it
  std::string dataset;  // put in place of the profile's id; empty: the profile's. One dataset a file then
  std::string publisher;                 // the same of DatasetDefinition::publisher
  std::string time_zone;                 // the same of DatasetDefinition::time_zone
  std::optional<Publication> published;  // --published-at or --published-on
  // A publication after it is a slip of the pen: a row that says so itself is refused. None: whatever it says.
  std::optional<Instant> latest;

  // For formats whose FormatInfo says that they take them.
  std::map<std::string, std::string> columns;    // the format's own name of a column -> its name in the file
  std::map<std::string, std::string> constants;  // dimension -> the code that it has in every row
  char separator = 0;                            // of columns; 0: guessed
  char decimal_mark = 0;                         // of numbers, "." or ","; 0: not said, see numbers.h
};

// What a file says of one of its releases.
struct SourceRelease {
  std::string agency;      // empty: the publisher of the first section's dataset
  std::string release_id;  // empty: DATASET:PUBLISHED, as in COMEXT:2025-08-07
  Publication published;
  std::string stage;
  ReleaseKind kind = ReleaseKind::kRegular;
  std::string title;
  friend bool operator==(const SourceRelease&, const SourceRelease&) = default;
};

// A cell as a file states it. Everything it points to need only live as long as the call.
struct SourceCell {
  const std::vector<std::string_view>& codes;  // one a dimension of the section's dataset, in its order
  StatedCell stated;
  std::string_view date_basis;  // how the day of publication is known: "official", "article"; or empty
  std::uint64_t line = 0;       // of the file, from 1; 0: not known
  std::uint64_t record = 0;     // of the file, from 1, where a line may hold many; 0: the line tells
};

// Something in a file that is wrong.
struct Problem {
  std::uint64_t line = 0;  // from 1; 0: of the file as a whole
  std::string column;      // its name ("value"), a cell ("C7") or a path ("dataSets[0].series"); may be empty
  std::string
      description;  // what stands there, quoted, and what was expected: a sentence that ends in no dot
};

// Takes what a feeder reads. Indices count from 0 in the order of the calls that made them. An error that is
// returned here ends the parse and is returned by it: the disk is full, the dataset has other dimensions.
class FeedSink {
 public:
  virtual ~FeedSink() = default;

  // A dataset as the format's profile declares it, options applied. The same id again: the same index.
  virtual absl::StatusOr<std::size_t> AddDataset(const DatasetDefinition& profile) = 0;
  // An equal release again: the same index. Releases may be added, and given cells, in any order.
  virtual absl::StatusOr<std::size_t> AddRelease(const SourceRelease& release) = 0;
  // One more section of that release, after those that it has. `scope`: codes in the order of the profile.
  virtual absl::StatusOr<std::size_t> AddSection(std::size_t release, std::size_t dataset, Action action,
                                                 const std::optional<Scope>& scope) = 0;
  // In any order. Codes that are no SDMX identifiers are refused by the sink, which names the dimension.
  virtual absl::Status AddCell(std::size_t section, const SourceCell& cell) = 0;

  // `rows` more were read: every row that holds data, whatever becomes of it.
  virtual void CountRows(std::uint64_t rows) = 0;
  // A row that is right and gives no cell, and why, in few words that are the same for all its like:
  // "breakdown by mode of transport". Never for what a user could miss without being told.
  virtual void PassOver(std::string_view why) = 0;
  // A row that is wrong: everything that is, and the row as it stands ("" if it has no text of its own). By
  // default one such row refuses the whole file; what else is wrong in it is still wanted.
  virtual void Refuse(std::vector<Problem> problems, std::string_view row) = 0;
};

struct FormatInfo {
  std::string_view name;         // "gacc-bycountry": as the command line names it
  std::string_view summary;      // one line: whose file, what is in it
  std::string_view example;      // some lines of a file of this format, invented
  bool takes_columns = false;    // FeedOptions::columns, separator, decimal_mark
  bool takes_constants = false;  // FeedOptions::constants
};

// One file format. Stateless; thread-safe.
class Feeder {
 public:
  virtual ~Feeder() = default;
  virtual FormatInfo info() const = 0;
  // Is a file that begins with these bytes (some 64 KiB, or all of it) certainly of this format? Of two
  // feeders at most one should say so; the name may decide where the content cannot.
  virtual bool Recognises(std::string_view head, std::string_view file) const = 0;
  // Reads a whole file. Rows that are wrong go to the sink, and OK is returned; an error says that the file
  // cannot be read as this format at all (what was found, what was expected, at which line), that the input
  // failed, or what the sink returned. Memory: bounded, whatever the file's length, for formats of rows;
  // others have a named limit on the file's size in limits.h of this folder.
  virtual absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const = 0;
};

}  // namespace tidewaiter::feeders
