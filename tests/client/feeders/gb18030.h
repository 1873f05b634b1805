// Text in the encoding of China's customs, for tests.
#pragma once

#include <string>
#include <string_view>

namespace tidewaiter::feeders {

// UTF-8 as GB18030. REQUIRES: well-formed.
std::string ToGb18030(std::string_view utf8);

}  // namespace tidewaiter::feeders
