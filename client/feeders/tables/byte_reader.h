// Little-endian numbers in bytes that may be shorter than they should.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tidewaiter::feeders {

// The number of `size` bytes (1, 2, 4 or 8) at `at`; 0 if the bytes do not reach so far, which callers that
// must know ask Reaches for.
inline std::uint64_t LittleEndian(std::string_view bytes, std::size_t at, std::size_t size) {
  if (at > bytes.size() || bytes.size() - at < size) return 0;
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

inline bool Reaches(std::string_view bytes, std::size_t at, std::size_t size) {
  return at <= bytes.size() && bytes.size() - at >= size;
}

}  // namespace tidewaiter::feeders
