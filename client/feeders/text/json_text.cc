#include "client/feeders/text/json_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {

absl::Status BadJson(simdjson::error_code error) {
  return InvalidField(
      "", absl::StrCat("the file is not JSON of the form expected: ", simdjson::error_message(error)));
}

absl::StatusOr<std::string> JsonText(JsonValue& value) {
  simdjson::ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return BadJson(error);
  std::string_view text;
  switch (type) {
    case simdjson::ondemand::json_type::string:
      if (const auto error = value.get_string().get(text)) return BadJson(error);
      return std::string(text);
    case simdjson::ondemand::json_type::array: {
      JsonArray array;
      if (const auto error = value.get_array().get(array)) return BadJson(error);
      if (const auto error = array.raw_json().get(text)) return BadJson(error);
      break;
    }
    case simdjson::ondemand::json_type::object: {
      JsonObject object;
      if (const auto error = value.get_object().get(object)) return BadJson(error);
      if (const auto error = object.raw_json().get(text)) return BadJson(error);
      break;
    }
    case simdjson::ondemand::json_type::null: {
      bool null = false;
      if (const auto error = value.is_null().get(null)) return BadJson(error);
      if (!null) return BadJson(simdjson::N_ATOM_ERROR);
      return std::string();
    }
    case simdjson::ondemand::json_type::number:
    case simdjson::ondemand::json_type::boolean:
      text = value.raw_json_token();
      break;
  }
  return std::string(ToStd(absl::StripAsciiWhitespace(ToAbsl(text))));
}

}  // namespace tidewaiter::feeders
