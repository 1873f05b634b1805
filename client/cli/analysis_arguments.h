// What findings, revisions, mirror and calendar are asked for on the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/types.h"
#include "domain/finding.h"
#include "domain/print_rounding.h"
#include "domain/vintage.h"

namespace tidewaiter::cli {

struct FindingsArguments {
  std::vector<FindingKind> kinds;
  std::vector<FindingStatus> statuses;
  std::optional<Sequence> from_sequence;
  std::optional<Sequence> until_sequence;
  bool tally = false;  // count how the rates compare, instead of listing
  bool year_to_date = false;
  std::optional<PrintRounding> rounding;
};

struct RevisionsArguments {
  client::PrintChoice first;
  client::PrintChoice later = {.age = client::PrintChoice::Age::kAfter};
  client::RevisionQuery::Of of = client::RevisionQuery::Of::kLevel;
  int lag_months = 12;
  int period_months = 0;
  std::optional<int> hac_lag;
  bool pooled = false;
  bool computed = false;  // the figures of AggregateArguments::query, not published ones
};

struct MirrorArguments {
  client::MirrorSide a;
  client::MirrorSide b;
  bool has_vintage_b = false;  // of its own
  int window_months = 0;
  std::optional<int> decimals;
};

struct ConventionsArguments {
  std::string file;  // to set; "-" is the standard input; empty: nothing is set
  bool allow_unknown_codes = false;
};

struct CalendarArguments {
  std::string file;  // to set; "-" is the standard input; empty: nothing is set
  bool show = false;
};

}  // namespace tidewaiter::cli
