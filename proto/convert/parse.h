// Parsing what strangers send.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace tidewaiter::convert {

// What one message may make the parser build. Numbers are bounded by the message's size; these are not: two
// bytes on the wire can become an object of 200.
struct ParseLimits {
  std::size_t messages;  // sub-messages, at all depths
  std::size_t texts;     // strings, at all depths, and fields that the schema does not know
};
// For requests that carry no observations.
inline constexpr ParseLimits kSmallRequest = {.messages = 1'000, .texts = 25'000};

// Counts before it parses. Errors: INVALID_ARGUMENT for bytes that are no such message, kLimitExceeded.
absl::Status ParseBounded(std::string_view bytes, const ParseLimits& limits,
                          google::protobuf::Message* message);

}  // namespace tidewaiter::convert
