// Rows: v1::Observation and v1::HistoryEntry.
#pragma once

#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/change.h"
#include "domain/observation.h"
#include "domain/statement.h"
#include "proto/convert/lookup.h"
#include "tidewaiter/v1/observation.pb.h"
#include "tidewaiter/v1/observation_service.pb.h"

namespace tidewaiter::convert {

// A statement as a row; the output-only fields stay empty.
v1::Observation ToWire(const Observation& observation);
// Every violation at once, fields named as in the message. Output-only fields are not looked at. With
// `data_optional` (a section that deletes) a row may name its cell only, and is WITHDRAWN.
absl::StatusOr<Observation> FromWire(const v1::Observation& row, bool data_optional = false);

// A cell of an answer, into `row`. `series` is its key.
absl::Status FillRow(std::string_view series, const CellState& cell, const Lookup& lookup, bool omit_texts,
                     v1::Observation* row);
absl::Status FillHistoryRow(std::string_view series, const HistoryEntry& entry, const Lookup& lookup,
                            v1::HistoryEntry* row);

// A row of an answer.
struct AnswerRow {
  Observation observation;
  Sequence sequence = 0;
  PublishedAt published_at;
  Instant value_since;
};
absl::StatusOr<AnswerRow> AnswerFromWire(const v1::Observation& row);

// A row of a history.
struct HistoryRow {
  AnswerRow row;
  std::optional<PublishedAt> published_to;  // none: it stands
  Change vintage_change;
  Change event_change;
};
absl::StatusOr<HistoryRow> FromWire(const v1::HistoryEntry& entry);

}  // namespace tidewaiter::convert
