#include "daemon/engine/zones.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::engine {
namespace {

constexpr std::size_t kMaxNameBytes = 64;  // the longest IANA name has 32

bool IsNameByte(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
         c == '-' || c == '+';
}

// The loader opens files: a name must not lead out of the tables ("/", ".", "file:"), and must mean the same
// on every machine ("localtime" does not).
bool IsZoneName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name.front() != '/' && name != "localtime" &&
         name.substr(0, 6) != "Fixed/" && std::all_of(name.begin(), name.end(), IsNameByte);
}

}  // namespace

absl::StatusOr<absl::TimeZone> FindZone(std::string_view name) {
  absl::TimeZone zone;
  // The loader keeps what it has loaded.
  if (IsZoneName(name) && absl::LoadTimeZone(ToAbsl(name), &zone)) return zone;
  return InvalidField("time_zone", absl::StrCat("there is no time zone ", Quoted(name),
                                                " in the server's tables; write an IANA name such as "
                                                "Asia/Shanghai or UTC"));
}

}  // namespace tidewaiter::engine
