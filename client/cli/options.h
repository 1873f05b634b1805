// The command line, parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "client/aggregates.h"
#include "client/cli/analysis_arguments.h"
#include "client/cli/feed_arguments.h"
#include "client/cli/output.h"
#include "client/cli/records.h"
#include "client/client.h"
#include "domain/release.h"
#include "domain/statement.h"

namespace tidewaiter::cli {

// "DATASET/KEY", or "DATASET" alone for every series of it.
struct Target {
  std::string dataset;
  std::string key;
};

struct WatchArguments {
  std::optional<Sequence> from_sequence;
  std::optional<Sequence> until_sequence;
  std::string token;
  bool snapshot = false;
  bool omit_confirmed = false;
  bool findings = false;
  bool overdue = false;
  bool progress = false;
  std::vector<AggregateQuery> aggregates;  // without dataset and keys
};

struct AggregateArguments {
  AggregateQuery query;  // without dataset and keys
  AggregateView view;    // without months, but for a ranking's
};

struct DiffArguments {
  enum class Sort { kPercent, kAmount, kSeries };
  Sort sort = Sort::kPercent;
  bool all = false;     // CONFIRMED, too
  std::size_t top = 0;  // 0: no end
};

struct TriangleArguments {
  bool changes_only = false;
  std::size_t last = 0;  // newest vintages; 0: all
};

struct PlotArguments {
  std::vector<client::VintageQuery> vintages;  // as --as-of lists them; none: one, now
  bool ascii = false;
  bool computed = false;  // the figures of AggregateArguments::query, not published ones
  std::size_t width = 0;  // 0: what fits
  std::size_t height = 0;
};

struct Options {
  enum class Command {
    kPush,
    kFeed,
    kFeedFolder,
    kConvert,
    kFormats,
    kDatasets,
    kSeries,
    kReleases,
    kRetract,
    kGet,
    kHistory,
    kAggregate,
    kDiff,
    kTriangle,
    kPlot,
    kWatch,
    kFindings,
    kRevisions,
    kMirror,
    kCalendar,
    kConventions,
    kStatus,
    kVersion,
  };
  Command command = Command::kVersion;

  client::ConnectOptions connect;
  std::optional<absl::Duration> timeout;  // as given
  Format format = Format::kTable;
  bool quiet = false;

  client::VintageQuery vintage;
  PeriodRange periods;
  std::optional<Month> month;  // aggregate: stands for both ends of `periods`
  HistoryType history_type = HistoryType::kAll;
  int nth = 1;
  int period_months = 0;  // triangle, plot: only periods of that length; 0: any

  Target target;        // series, get, history, watch (dataset empty: everything), releases
  std::string release;  // retract, diff: ID, AGENCY/ID or a sequence
  std::string reason;
  FeedArguments feed;  // push, feed, convert
  WatchArguments watch;
  AggregateArguments aggregate;
  DiffArguments diff;
  TriangleArguments triangle;
  PlotArguments plot;
  FindingsArguments findings;
  RevisionsArguments revisions;
  MirrorArguments mirror;
  CalendarArguments calendar;
  ConventionsArguments conventions;
};

// What the command line asks for, or the code to exit with at once: 0 after --help, 2 (after a message to
// `err`) for a command line that cannot be understood.
struct ParsedCommandLine {
  std::optional<Options> options;
  int exit_code = 0;
};
ParsedCommandLine ParseCommandLine(int argc, const char* const* argv, Output* out, Output* err);

}  // namespace tidewaiter::cli
