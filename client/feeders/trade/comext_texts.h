// How Eurostat writes codes with labels, frequencies and times in its SDMX-CSV of trade.
#pragma once

#include <optional>
#include <string_view>

#include "client/feeders/publication.h"

namespace tidewaiter::feeders {

// Are a dataflow's products those of the Combined Nomenclature, or its chapters, headings and subheadings,
// which are the Harmonized System's? "DS-045409".
bool IsHsDataflow(std::string_view id);

// Capitals, digits and marks: what all of Eurostat's codes of trade are made of.
bool IsComextCode(std::string_view text);

// "AT: Austria" is "AT"; a text that begins with no code is given back whole.
std::string_view ComextIdOf(std::string_view text);

// Months of a frequency, by its code or label (M, Q, A); 0 if unknown.
int ComextMonthsOf(std::string_view text);

// "17/02/25 11:00:00", or the day alone. None for another text.
std::optional<Publication> ParseLastUpdate(std::string_view text);

}  // namespace tidewaiter::feeders
