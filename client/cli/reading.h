// What the commands that read have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/cell_text.h"
#include "client/cli/records.h"
#include "client/cli/session.h"
#include "domain/vintage.h"

namespace tidewaiter::cli {

// The texts of the dataset that the command names.
absl::StatusOr<CellTexts> TextsOf(Session& session);
// The selectors of a target; none: every series.
std::vector<std::string> KeysOf(const Target& target);
// Of an answer with `count` records: NOT_FOUND if there are none because no series matches the target's key, which
// is a slip of the pen; an empty answer about series that there are is one.
absl::Status CheckSomethingMatches(Session& session, std::uint64_t count);
// Ends the answer: says at which vintage it was read, and how to ask for the same again.
void TellVintage(Session& session, RecordWriter& writer, const CellTexts& texts, const Vintage& vintage,
                 std::uint64_t count, std::string_view noun);

}  // namespace tidewaiter::cli
