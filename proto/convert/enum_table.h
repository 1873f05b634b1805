// Tables of enums, each with its number on the wire. For the .cc files of this room.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "domain/errors.h"

namespace tidewaiter::convert {

template <typename Domain, typename Wire, std::size_t n>
using Table = std::array<std::pair<Domain, Wire>, n>;

// UNSPECIFIED for a value that the table does not have.
template <typename Domain, typename Wire, std::size_t n>
Wire WireOf(const Table<Domain, Wire, n>& table, Domain value) {
  for (const auto& [domain, wire] : table) {
    if (domain == value) return wire;
  }
  return Wire{};
}

// Error: a number that the table does not have, UNSPECIFIED included; `what` names the enum.
template <typename Domain, typename Wire, std::size_t n>
absl::StatusOr<Domain> DomainOf(const Table<Domain, Wire, n>& table, Wire value, absl::string_view what) {
  for (const auto& [domain, wire] : table) {
    if (wire == value) return domain;
  }
  return InvalidField("", absl::StrCat("there is no ", what, " number ", static_cast<int>(value),
                                       "; the numbers stand in the proto"));
}

}  // namespace tidewaiter::convert
