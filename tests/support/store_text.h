// What a store knows, as lines of text: to compare two stores, whose series and text ids differ, and to read
// when they disagree.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/store.h"

namespace tidewaiter::support {

using Lines = std::vector<std::string>;

// "2025-07 6.10 step 0.01 A/F [source|note] seq 3 at 2025-08-07T03:00:00Z since 2025-08-07T03:00:00Z"
std::string ToText(const storage::Catalogue& catalogue, const CellState& cell);
std::string ToText(const storage::Catalogue& catalogue, const HistoryEntry& entry);
std::string ToText(const storage::Catalogue& catalogue, const SeriesStatement& statement);
// Everything but the number of parts, which is each store's own, and the time of acceptance.
std::string ToText(const storage::LogEntry& entry);

// Each below gives the error instead, as its one line.

// The cells of a series at a vintage; no line for a series that the store does not know.
Lines Cells(const storage::Store& store, std::string_view dataset, std::string_view key,
            const Vintage& vintage, const PeriodRange& range = {});
// At the head.
Lines Cells(const storage::Store& store, std::string_view dataset, std::string_view key);
// The slices of a dataset, by period and key: "2025-07 KEY 6.10 step 0.01 A/F seq 3".
Lines Slices(const storage::Store& store, std::string_view dataset, const Vintage& vintage,
             const PeriodRange& range = {});
// The statements about a series, less the scopes that touch no period of `range`.
Lines Statements(const storage::Store& store, std::string_view dataset, std::string_view key,
                 Sequence sequence, const PeriodRange& range = {});
Lines History(const storage::Store& store, std::string_view dataset, std::string_view key,
              const Vintage& vintage, HistoryType type, int n = 1, const PeriodRange& range = {});
Lines Entries(const storage::Store& store, std::string_view dataset = "", Sequence after = 0,
              std::size_t limit = 1'000'000);
Lines SeriesKeys(const storage::Store& store, std::string_view dataset, std::string_view selector = "",
                 std::string_view after = "", std::size_t limit = 1'000'000);
// All observations of an entry, part by part: "section KEY 2025-07 6.1 A/F [source|note]".
Lines Observations(const storage::Store& store, Sequence sequence);

}  // namespace tidewaiter::support
