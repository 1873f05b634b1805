// What a misspelt word was meant to be. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidewaiter {

// The one of `known` that `word` most likely was meant to be, the first of several that are as near; "" if
// none is: a third of its letters, and one at least, may be wrong, missing, too many, or swapped with the
// next.
std::string NearestWord(std::string_view word, const std::vector<std::string>& known);

}  // namespace tidewaiter
