// Which measures may be added up over months and partners.
#pragma once

#include <string_view>

namespace tidewaiter {

// True for what adds up: values, weights, quantities, numbers of things. False for rates, prices, indices,
// shares and means, of which a sum over months has no meaning. `code` is a code of a MEASURE or a UNIT
// dimension; a series is additive if both of its codes are. A code is not additive if one of its words, as
// separated by "_" or "-", is one of
//
//   YOY MOM QOQ GROWTH RATE CHG CHANGE PCT PC PERCENT PERCENTAGE PT PP PPT  rates and points
//   INDEX IX IDX                                                            indices (SDMX CL_UNIT: IX)
//   PRICE PRICES UV UNITVALUE DEFLATOR                                      prices
//   SHARE WEIGHTING RATIO AVG AVERAGE MEAN                                  shares, means
//
// or if it holds the words UNIT VALUE in this order. Upper and lower case are the same. Unknown codes add up.
bool IsAdditive(std::string_view code);

}  // namespace tidewaiter
