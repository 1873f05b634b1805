#include "client/feeders/text/json_members.h"

#include "client/feeders/text/json_objects.h"
#include "simdjson.h"

namespace tidewaiter::feeders {
namespace {

namespace ondemand = simdjson::ondemand;
static_assert(kJsonPadding >= simdjson::SIMDJSON_PADDING);

// Numbers end where the next mark or blank begins; what simdjson gives reaches up to the mark.
std::string_view WithoutBlanksBehind(std::string_view token) {
  const std::size_t last = token.find_last_not_of(" \n\r\t");
  return token.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool ReadValue(ondemand::value& value, JsonValue& out) {
  ondemand::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  switch (type) {
    case ondemand::json_type::null:
      return value.is_null().get(out.is_null) == simdjson::SUCCESS && out.is_null;
    case ondemand::json_type::string:
      return value.get_string().get(out.text) == simdjson::SUCCESS;
    case ondemand::json_type::boolean: {
      bool unused;
      out.text = WithoutBlanksBehind(value.raw_json_token());
      return value.get_bool().get(unused) == simdjson::SUCCESS;
    }
    case ondemand::json_type::number:
      out.text = WithoutBlanksBehind(value.raw_json_token());  // the digits as they stand
      return !out.text.empty();
    default:
      out.is_nested = true;
      return true;
  }
}

}  // namespace

class JsonMembers::Parser : public ondemand::parser {};

JsonMembers::JsonMembers() : parser_(std::make_unique<Parser>()) {}
JsonMembers::~JsonMembers() = default;

bool JsonMembers::Read(std::string_view text,
                       const std::function<void(std::string_view, const JsonValue&)>& take) {
  ondemand::document document;
  const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + kJsonPadding);
  if (parser_->iterate(padded).get(document) != simdjson::SUCCESS) return false;
  ondemand::object object;
  if (document.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto member : object) {
    ondemand::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    std::string_view name;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
    JsonValue value;
    if (!ReadValue(field.value(), value)) return false;
    take(name, value);
  }
  return true;
}

}  // namespace tidewaiter::feeders
