// Some of the series of a part, a bit each.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidewaiter::rpc {

// Series [begin, end) of a part, by index.
struct SeriesRun {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const SeriesRun&, const SeriesRun&) = default;
};

// A set of indexes below `size`. Sets that meet in one operation are of equal size. Not thread-safe.
class SeriesBits {
 public:
  explicit SeriesBits(std::size_t size) : size_(size), words_((size + kWordBits - 1) / kWordBits) {}

  void Add(std::uint32_t index) { words_[index / kWordBits] |= std::uint64_t{1} << index % kWordBits; }
  void Add(const SeriesBits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  void KeepOnly(const SeriesBits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  }

  // Ascending; no two of them touch.
  std::vector<SeriesRun> Runs() const {
    std::vector<SeriesRun> runs;
    for (std::size_t at = Find(0, false); at < size_;) {
      const std::size_t end = Find(at, true);
      runs.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
      at = Find(end, false);
    }
    return runs;
  }

 private:
  static constexpr std::size_t kWordBits = 64;

  // The first index from `from` on that is in the set (or, `missing`, that is not); `size_` if there is none.
  std::size_t Find(std::size_t from, bool missing) const {
    const std::uint64_t flip = missing ? ~std::uint64_t{0} : 0;
    for (std::size_t w = from / kWordBits; w < words_.size(); ++w) {
      std::uint64_t word = words_[w] ^ flip;
      if (w == from / kWordBits) word &= ~std::uint64_t{0} << from % kWordBits;
      if (word != 0) {
        const std::size_t found = w * kWordBits + static_cast<std::size_t>(std::countr_zero(word));
        return found < size_ ? found : size_;
      }
    }
    return size_;
  }

  std::size_t size_;
  std::vector<std::uint64_t> words_;
};

}  // namespace tidewaiter::rpc
