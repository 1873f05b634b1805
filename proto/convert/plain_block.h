// Blocks of plain cells, written as they go over the wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "domain/plain_cells.h"
#include "proto/convert/byte_column.h"
#include "proto/convert/lookup.h"

namespace tidewaiter::convert {

// Writes cells to the bytes of a v1::ObservationBlock, the same that BlockEncoder's message has, without
// making the message: a read of one series is mostly that.
//
// Not thread-safe. Keeps its memory from block to block. Does not own the lookup.
class PlainBlockEncoder {
 public:
  explicit PlainBlockEncoder(const Lookup* lookup) : lookup_(*lookup) {}
  PlainBlockEncoder(const PlainBlockEncoder&) = delete;

  // Adds the cells of a series; series come in order, each once a block. False, and nothing is added, if they
  // are of another scale than those before.
  bool Add(std::string_view key, const PlainCells& cells);

  std::size_t cells() const { return cells_; }
  std::size_t bytes() const;
  // Appends the block as field `number` of a message, and starts a new one.
  absl::Status FinishField(int number, std::string* out);

 private:
  struct Known {
    Sequence sequence = 0;
    std::uint32_t place = 0;  // in the dictionary, plus 1; 0: free
  };
  std::uint32_t IndexOf(Sequence sequence, Instant published_at);
  void AddRelease(Sequence sequence, Instant published_at);
  void AddAges(const PlainCells& cells);
  void Clear();

  const Lookup& lookup_;
  std::size_t cells_ = 0;
  int scale_ = 0;
  std::int32_t previous_start_ = 0;
  // Fields as they stand in the block, and columns without their heads.
  ByteColumn series_;
  ByteColumn counts_;
  ByteColumn starts_;
  ByteColumn coefficients_;
  ByteColumn releases_;
  ByteColumn indexes_;
  ByteColumn ages_;  // empty: all 0 so far
  // Which place a release has: a table that is probed, while it is not half full; then a map.
  std::array<Known, 256> known_{};
  std::uint32_t releases_known_ = 0;
  absl::flat_hash_map<Sequence, std::uint32_t> many_;
  absl::Status status_;
};

}  // namespace tidewaiter::convert
