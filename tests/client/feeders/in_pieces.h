// An input that comes as a pipe's may.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "client/feeders/text/input.h"

namespace tidewaiter::feeders {

// Gives at most `piece` bytes at a time.
class InPieces : public Input {
 public:
  InPieces(std::string_view text, std::size_t piece) : text_(text), piece_(piece) {}
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override {
    return text_.Read(buffer, std::min(size, piece_));
  }

 private:
  TextInput text_;
  std::size_t piece_;
};

}  // namespace tidewaiter::feeders
