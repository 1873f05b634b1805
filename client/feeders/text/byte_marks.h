// Finding a few bytes among many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tidewaiter::feeders {

inline constexpr std::size_t kMarkedBytes = 64;

// A bit for each of 64 bytes, the first the lowest: set where the byte is one of the four. Reads 64 bytes.
inline std::uint64_t MarksOf(const char* bytes, char a, char b, char c, char d) {
  std::uint64_t marks = 0;
#if defined(__SSE2__)
  for (int block = 0; block < 4; ++block) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * block));
    const __m128i ab =
        _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8(a)), _mm_cmpeq_epi8(text, _mm_set1_epi8(b)));
    const __m128i cd =
        _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8(c)), _mm_cmpeq_epi8(text, _mm_set1_epi8(d)));
    const auto found = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(ab, cd)));
    marks |= std::uint64_t{found} << (16 * block);
  }
#else
  for (std::size_t i = 0; i < kMarkedBytes; ++i) {
    const char byte = bytes[i];
    marks |= std::uint64_t{byte == a || byte == b || byte == c || byte == d} << i;
  }
#endif
  return marks;
}

}  // namespace tidewaiter::feeders
