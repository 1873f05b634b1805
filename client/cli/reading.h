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
// Ends the answer: says at which vintage it was read, and how to ask for the same again.
void TellVintage(Session& session, RecordWriter& writer, const CellTexts& texts, const Vintage& vintage,
                 std::uint64_t count, std::string_view noun);

}  // namespace tidewaiter::cli
