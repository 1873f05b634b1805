// What the codes of a series say about its numbers: whether they may be summed, in what unit figures made of
// them are, and where the publisher's own rates stand.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/aggregate.h"
#include "domain/dataset.h"

namespace tidewaiter::engine {

// The place of the first dimension of that role, or of that id; none if there is none.
std::optional<std::size_t> PlaceOf(const DatasetDefinition& dataset, Role role);
std::optional<std::size_t> PlaceOf(const DatasetDefinition& dataset, std::string_view dimension_id);

// Values, weights and quantities are summed; rates, prices and indices are not: the code of the MEASURE or of
// the UNIT dimension tells. What is unknown is taken for additive.
bool IsAdditive(const DatasetDefinition& dataset, const std::vector<std::string_view>& codes);

// Whether the codes of such a dimension say what is counted and how: flow, measure, currency, unit,
// adjustment.
bool IsOfTotalClass(Role role);
// What series must have in common to stand in one total: those codes, a point after each.
std::string TotalClass(const DatasetDefinition& dataset, const std::vector<std::string_view>& codes);

// The unit of a figure whose operands have these: "PCT", "PP" (percentage points), "2019-01/P12M=100", "USD
// BN/T".
std::string FigureUnit(const AggregateSpec& spec, std::string_view above, std::string_view below);

// The key under which a publisher's year-on-year rates of that series stand: measure YOY, unit PCT. None if
// the dataset has no such dimensions.
std::optional<std::string> RateKey(const DatasetDefinition& dataset, std::string_view series_key);

}  // namespace tidewaiter::engine
