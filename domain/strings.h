// The one seam between std::string_view and absl::string_view, which are two types in some builds of
// Abseil (Debian's among them) and one type in others. Code compiles both ways.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace tidewaiter {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace tidewaiter
