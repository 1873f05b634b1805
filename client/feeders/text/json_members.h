// The members of one flat JSON object.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace tidewaiter::feeders {

// What stands behind a name.
struct JsonValue {
  std::string_view text;  // of a string, without escapes; of a number, true or false as it stands
  bool is_null = false;
  bool is_nested = false;  // an object or an array
};

// Reads objects; keeps its memory from one to the next. Not thread-safe.
class JsonMembers {
 public:
  JsonMembers();
  ~JsonMembers();
  // Calls `take` for each member in turn; the texts live until the next call. False if `object` is no object
  // of well-formed JSON, which may be found after some members were given. REQUIRES: kJsonPadding bytes
  // behind `object` may be read, as JsonObjects promises.
  bool Read(std::string_view object, const std::function<void(std::string_view, const JsonValue&)>& take);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace tidewaiter::feeders
