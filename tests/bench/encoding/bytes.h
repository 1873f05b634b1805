// Byte helpers shared by the candidate encodings. The input is trusted: this is a study, not a codec.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tidewaiter::bench {

inline void PutVarint(std::uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}
inline std::uint64_t GetVarint(const char*& p) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(*p++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
inline std::uint64_t ZigZag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
inline std::int64_t UnZigZag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}
inline int ByteWidth(std::uint64_t v) { return (std::bit_width(v | 1) + 7) / 8; }

inline void PutKey32(std::uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(value >> shift));
}
inline std::uint32_t GetKey32(const char* p) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(p[i]);
  return value;
}

// Bit fields of up to 56 bits, lowest first. The reader may look 8 bytes beyond the last field.
class BitWriter {
 public:
  explicit BitWriter(std::string* out) : out_(*out) {}
  void Put(std::uint64_t value, int bits) {
    word_ |= value << used_;
    used_ += bits;
    for (; used_ >= 8; used_ -= 8, word_ >>= 8) out_.push_back(static_cast<char>(word_));
  }
  void Finish() {
    if (used_ > 0) out_.push_back(static_cast<char>(word_));
    used_ = 0;
    word_ = 0;
  }

 private:
  std::string& out_;
  std::uint64_t word_ = 0;
  int used_ = 0;
};
class BitReader {
 public:
  explicit BitReader(const char* p) : p_(p) {}
  std::uint64_t Get(int bits) {
    std::uint64_t word;
    std::memcpy(&word, p_ + at_ / 8, sizeof word);
    word = (word >> (at_ % 8)) & ((std::uint64_t{1} << bits) - 1);
    at_ += static_cast<std::size_t>(bits);
    return word;
  }

 private:
  const char* p_;
  std::size_t at_ = 0;
};

}  // namespace tidewaiter::bench
