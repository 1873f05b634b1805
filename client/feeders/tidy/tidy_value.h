// What the value, step, status and conf columns of a tidy CSV row say together.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/observation.h"

namespace tidewaiter::feeders {

struct TidyValueTexts {
  std::string_view value;   // "244.819", "(SUPPRESSED)", "suppressed" or empty
  std::string_view step;    // "0.01" or empty
  std::string_view status;  // "A" or empty
  std::string_view conf;    // "F" or empty
};

struct TidyValue {
  Datum datum;
  Attributes attributes;
};

// By the rules of tidy.h. `mark`: FeedOptions::decimal_mark. Every violation at once, its field the column's
// name.
absl::StatusOr<TidyValue> ParseTidyValue(const TidyValueTexts& texts, char mark = 0);

// What a parser of the domain says of `text`, and the text itself where that does not show it.
std::string WhatIsWrong(std::string_view text, const absl::Status& why);

}  // namespace tidewaiter::feeders
