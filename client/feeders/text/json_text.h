// Values of a JSON file as texts: numbers digit for digit, strings without their escapes.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidewaiter::feeders {

using JsonValue = simdjson::ondemand::value;
using JsonObject = simdjson::ondemand::object;
using JsonArray = simdjson::ondemand::array;

// INVALID_ARGUMENT: the file is no JSON, or not of the form expected, and what simdjson says.
absl::Status BadJson(simdjson::error_code error);

// A string without quotes and escapes; a number, true or false, an array or an object as it stands; "" for
// null.
absl::StatusOr<std::string> JsonText(JsonValue& value);

// Calls body(key, value) for each field, body(value) for each element; an error of theirs ends it. A value
// that is left unread is passed over. `value` must be an object, or an array; null is an empty one.
template <typename Body>
absl::Status ForEachField(JsonObject& object, const Body& body) {
  for (auto result : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(result).get(field)) return BadJson(error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return BadJson(error);
    if (absl::Status status = body(key, field.value()); !status.ok()) return status;
  }
  return absl::OkStatus();
}

template <typename Body>
absl::Status ForEachField(JsonValue& value, const Body& body) {
  if (bool null = false; !value.is_null().get(null) && null) return absl::OkStatus();
  JsonObject object;
  if (const auto error = value.get_object().get(object)) return BadJson(error);
  return ForEachField(object, body);
}

template <typename Body>
absl::Status ForEachElement(JsonValue& value, const Body& body) {
  if (bool null = false; !value.is_null().get(null) && null) return absl::OkStatus();
  JsonArray array;
  if (const auto error = value.get_array().get(array)) return BadJson(error);
  for (auto result : array) {
    JsonValue element;
    if (const auto error = std::move(result).get(element)) return BadJson(error);
    if (absl::Status status = body(element); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::feeders
