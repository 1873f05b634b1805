// What would make a page a burden to parse, seen before it is.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidewaiter::feeders {

// At least the depth to which a browser's tree of the page may grow, by its tags alone: an element that is
// never closed counts to the end, unless HTML closes its kind by itself (cells, rows, paragraphs, items) or
// it has no content. Stops counting beyond `enough`.
std::size_t HtmlDepth(std::string_view page, std::size_t enough);

// Has a tag more attributes than kMaxTagAttributes, or a name beyond kMaxTagNameBytes? Looks at whatever
// could be a tag, also within scripts and comments, so that it does not matter what a browser takes for one.
bool HasMonstrousTag(std::string_view page);

}  // namespace tidewaiter::feeders
