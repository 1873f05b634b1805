// Conventions as text, for people and for keeping.
//
//   # the European Union, by month
//   group,EU,partner,AT+BE+DE+FR,1995-01..
//   group,EU,partner,GB,1973-01..2020-01
//   total,partner,W00,*,except=EU
//   total,partner,EU27,group:EU
//   rounding,truncated
//
// One statement a line; fields are separated by commas, and there are no quotes:
//
//   conventions := (line "\n")*                the last line end may be missing; "\r\n" will do
//   line        := "" | "#" anything | group | total | rounding
//   group       := "group," name "," dimension "," codes ["," months]
//   codes       := code ("+" code)*
//   months      := YYYY-MM ".." | ".." YYYY-MM | YYYY-MM ".." YYYY-MM     left out: always
//   total       := "total," dimension "," code "," terms ("," option)*
//   terms       := "*" | codes | "group:" name
//   option      := "except=" codes             with "*" only
//                | "from=" YYYY-MM | "to=" YYYY-MM
//   rounding    := "rounding," ("nearest" | "truncated")
//
// Lines of one group's name add to it; they have one dimension. A code may come again with other months,
// which do not overlap. A group that a total names may stand on a later line.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/conventions.h"
#include "domain/dataset.h"

namespace tidewaiter {

// Whether some series of the dataset has `code` at the dimension's place.
using HasCodeAt = std::function<bool(std::string_view dimension, std::string_view code)>;

// Every wrong line at once; the field of each violation is "line 3, column 8" (1-based; columns are bytes).
// Dimensions must be the dataset's. `has_code`: asked of the codes of groups and totals; nullptr: any code
// will do.
absl::StatusOr<Conventions> ParseConventions(std::string_view text, const DatasetDefinition& dataset,
                                             const HasCodeAt& has_code = nullptr);

// The canonical text: rounding unless it is nearest, groups, totals, each in its order; no comments; every
// line ends. ParseConventions gives the same conventions back. Empty for conventions that say nothing.
std::string ConventionsToText(const Conventions& conventions);

}  // namespace tidewaiter
