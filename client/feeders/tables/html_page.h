// What of an HTML page a table reader needs: its tables as grids, and the texts around them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/feeders/tables/text_grid.h"

namespace tidewaiter::feeders {

struct HtmlPage {
  struct Block {
    std::string classes;  // the element's class attribute
    std::string text;     // in one line
    std::uint64_t line = 0;
  };
  std::string title;                // of the head, in one line
  std::vector<Block> blocks;        // elements of the classes that were asked for, in order
  std::vector<TextGrid> tables;     // every table but those that only hold another, in order
  std::vector<std::string> images;  // where the images within those elements come from
};

// Reads UTF-8, however badly formed, with Gumbo: as browsers do. `classes`: of the elements to be kept as
// blocks. Refused: pages beyond kMaxPageBytes, or elements nested beyond kMaxPageDepth.
absl::StatusOr<HtmlPage> ParseHtmlPage(std::string_view text, const std::vector<std::string_view>& classes);

}  // namespace tidewaiter::feeders
