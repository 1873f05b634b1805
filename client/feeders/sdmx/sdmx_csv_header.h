// What the first line of an SDMX-CSV file says of its columns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/feeders/feeder.h"
#include "client/feeders/sdmx/sdmx_components.h"
#include "client/feeders/sdmx/sdmx_message.h"

namespace tidewaiter::feeders {

// The columns of one file. Components are numbered by their columns; dimensions that the user named and the
// file does not have come behind the last column. Immutable once made.
struct SdmxCsvHeader {
  int version = 2;  // 1 begins with DATAFLOW, 2 with STRUCTURE
  std::size_t size = 0;
  std::size_t structure_id = 0;
  std::optional<std::size_t> structure_kind;  // version 2
  std::optional<std::size_t> structure_name;  // labels=name
  std::optional<std::size_t> action;
  std::optional<std::size_t> series_key;
  std::vector<std::size_t>
      labelled;  // labels=both: columns whose cells are "A: Austria", the note's not among them
  bool dimensions_named = false;  // by the user, not guessed
  SdmxPlan plan;

  // Everything that is wrong at once. `problems` empty: the header can be used; else only structure and
  // action of rows can be looked at, if even those stand where they must.
  static SdmxCsvHeader FromFields(const std::vector<std::string_view>& fields, const SdmxWishes& wishes,
                                  std::vector<Problem>& problems);
};

// The separator behind the first word of an SDMX-CSV file, STRUCTURE[;] or DATAFLOW; 0 if `head` does not
// begin with one of them. `version` becomes 2 or 1.
char SdmxCsvSeparator(std::string_view head, int& version);

}  // namespace tidewaiter::feeders
