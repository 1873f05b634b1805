// What the tests of the domain share: short names for values, a printed seed, and a look into errors.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/errors.h"
#include "domain/instant.h"
#include "domain/observation.h"
#include "domain/period.h"
#include "domain/selector.h"

namespace tidewaiter {

// Random numbers whose seed is shown when a test fails; TIDEWAITER_SEED repeats a run.
class Randomness {
 public:
  Randomness() : seed_(Seed()), engine_(seed_), trace_(__FILE__, __LINE__, Message()) {}
  // Uniform in [low, high].
  int Int(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  bool OneIn(int n) { return Int(1, n) == 1; }
  template <typename T>
  const T& Pick(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(Int(0, static_cast<int>(values.size()) - 1))];
  }
  template <typename T>
  void Shuffle(std::vector<T>& values) {
    std::shuffle(values.begin(), values.end(), engine_);
  }

 private:
  static std::uint32_t Seed() {
    const char* given = std::getenv("TIDEWAITER_SEED");
    return given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  }
  std::string Message() const { return "repeat with TIDEWAITER_SEED=" + std::to_string(seed_); }

  std::uint32_t seed_;
  std::mt19937 engine_;
  ::testing::ScopedTrace trace_;
};

// The value, or a failed test that says why there is none.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) {
    ADD_FAILURE() << value.status().ToString();
    std::abort();
  }
  return *std::move(value);
}

inline Decimal D(std::string_view text) { return Must(Decimal::Parse(text)); }
inline Datum V(std::string_view text) { return Datum::Value(D(text)); }
inline Month M(std::string_view text) { return Must(Month::Parse(text)); }
inline Period P(std::string_view text) { return Must(Period::Parse(text)); }
inline SeriesKey K(std::string_view text) { return Must(SeriesKey::Parse(text)); }
inline Selector S(std::string_view text) { return Must(Selector::Parse(text)); }
inline Instant T(std::string_view text) { return Must(Instant::Parse(text)); }
inline PeriodRange Range(std::string_view from, std::string_view to) { return {M(from), M(to)}; }

inline std::string Message(const absl::Status& status) { return std::string(status.message()); }

// The fields at fault, in order.
inline std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : DetailsOf(status).violations) fields.push_back(violation.field);
  return fields;
}

// A refusal of what a user sent, whose message has `words` in it.
template <typename Result>
void ExpectRefused(const Result& result, std::string_view words) {
  absl::Status status;
  if constexpr (std::is_same_v<Result, absl::Status>) {
    status = result;
  } else {
    status = result.status();
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status.ToString();
  EXPECT_EQ(DetailsOf(status).reason, Reason::kInvalidArgument);
  EXPECT_FALSE(DetailsOf(status).violations.empty());
  EXPECT_THAT(Message(status), ::testing::HasSubstr(std::string(words)));
}

}  // namespace tidewaiter
