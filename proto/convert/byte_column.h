// Bytes of a message that is written without the message.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

namespace tidewaiter::convert {

// A growing run of wire bytes. Room is asked for once for many numbers, and is not filled before they are
// written, as a std::string's would be. Not thread-safe; keeps its memory.
class ByteColumn {
 public:
  static constexpr std::size_t kMaxVarint32 = 5, kMaxVarint64 = 10;

  std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.get()), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void Clear() { size_ = 0; }

  // Where `most` bytes may be written; what was is told to EndAt().
  std::uint8_t* Room(std::size_t most) {
    if (size_ + most > capacity_) Grow(size_ + most);
    return bytes_.get() + size_;
  }
  void EndAt(const std::uint8_t* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

 private:
  void Grow(std::size_t size) {
    const std::size_t capacity = std::max(size, 2 * capacity_);
    std::unique_ptr<std::uint8_t[]> grown(new std::uint8_t[capacity]);
    std::copy_n(bytes_.get(), size_, grown.get());
    bytes_ = std::move(grown);
    capacity_ = capacity;
  }

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tidewaiter::convert
