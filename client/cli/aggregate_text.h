// Figures as texts of records, and reasons in words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/aggregates.h"
#include "client/cli/cell_text.h"
#include "client/cli/records.h"

namespace tidewaiter::cli {

// series,period,window,transform,value,unit,status,reason,derivation,published_at,sequence; JSON has more:
// bound, members, months, vintage, published_rate, terms; tables have a note in words. `with_published`: CSV
// has the printed rate as one more column, the last.
Schema FigureSchema(bool with_published);
// `query`: as the daemon understood it.
Record FigureRecord(CellTexts& texts, const AggregateQuery& query, const AggregateFigure& figure);
// What a figure was computed from, as lines of the same table, indented below it.
std::vector<Record> ExplanationRecords(CellTexts& texts, const AggregateFigure& figure);

// A figure that a release moved: window, transform, before and after; `query` as it was asked.
const Schema& MoveSchema();
Record MoveRecord(Sequence sequence, const AggregateQuery& query, const client::AggregateMove& move);

// "growth lag 12", "level", "share": as `--transform` and `--lag` have it.
std::string TransformText(const AggregateQuery& query);
// "January-February 2025 is published as one"
// `wished`: the derivation that was asked for.
std::string ReasonText(const AggregateValue& value, std::optional<Derivation> wished = std::nullopt);

}  // namespace tidewaiter::cli
