// The name of a series: one code per dimension, written as an SDMX key.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidewaiter {

// OK if `code` is an SDMX identifier: 1..limits::kMaxCodeBytes of A-Z a-z 0-9 _ - @ $. The error says which
// character is wrong and that codes are SDMX identifiers.
absl::Status ValidateCode(std::string_view code);

// "CN.RU.X.VALUE.USD.BN". Immutable value type; holds the text once. Ordered code by code (which is not the
// order of the text: '-' < '.'), the canonical order of series everywhere.
class SeriesKey {
 public:
  SeriesKey() = default;  // no dimension; not a valid key of any dataset
  // Error: empty code, wrong character, more than limits::kMaxDimensions places.
  static absl::StatusOr<SeriesKey> Parse(std::string_view text);
  static absl::StatusOr<SeriesKey> FromCodes(const std::vector<std::string>& codes);
  // REQUIRES: `text` was a SeriesKey's text.
  static SeriesKey FromValid(std::string text) { return SeriesKey(std::move(text)); }

  const std::string& text() const { return text_; }
  std::size_t dimensions() const;
  // The code at place `i`, 0-based. REQUIRES: i < dimensions().
  std::string_view code(std::size_t i) const;
  std::vector<std::string_view> codes() const;

  friend bool operator==(const SeriesKey&, const SeriesKey&) = default;
  friend std::strong_ordering operator<=>(const SeriesKey& a, const SeriesKey& b);

 private:
  explicit SeriesKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Canonical order on key texts, without building keys.
std::strong_ordering CompareSeriesKeys(std::string_view a, std::string_view b);

}  // namespace tidewaiter
