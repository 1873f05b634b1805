// How publishers make a printed number out of the number they hold.
#pragma once

#include <cstdint>

namespace tidewaiter {

// How far the number behind a print may lie from it.
enum class PrintRounding : std::uint8_t {
  kNearest = 1,    // rounded to the nearest step: by half a step at most
  kTruncated = 2,  // cut off towards zero, as some of the press does: by a whole step; either side is
                   // allowed, for who cuts is seldom said
};

}  // namespace tidewaiter
