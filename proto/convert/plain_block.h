// Blocks of plain cells, written as they go over the wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "domain/change.h"
#include "proto/convert/lookup.h"

namespace tidewaiter::convert {

// Writes cells to the bytes of a v1::ObservationBlock, the same that BlockEncoder's message has, without
// making the message: a read of one series is mostly that. Only of cells as nearly all are: single months,
// numbers of 64 bits and of one scale whose step is the last digit, status A, confidentiality F, without
// texts.
//
// Not thread-safe. Keeps its memory from block to block. Does not own the lookup.
class PlainBlockEncoder {
 public:
  // With `omit_texts` texts are no hindrance.
  PlainBlockEncoder(const Lookup* lookup, bool omit_texts) : lookup_(*lookup), omit_texts_(omit_texts) {}
  PlainBlockEncoder(const PlainBlockEncoder&) = delete;

  // Adds the cells of a series; series come in order, each once a block. False, and nothing is added, if some
  // cell is not plain, or of another scale than those before.
  bool Add(std::string_view key, const std::vector<CellState>& cells);

  std::size_t cells() const { return cells_; }
  std::size_t bytes() const;
  // Appends the block as field `number` of a message, and starts a new one.
  absl::Status FinishField(int number, std::string* out);

 private:
  struct Known {
    Sequence sequence = 0;
    std::uint32_t place = 0;  // in the dictionary, plus 1; 0: free
  };
  bool ArePlain(const std::vector<CellState>& cells) const;
  std::uint32_t IndexOf(const CellState& cell);
  void AddRelease(const CellState& cell);
  void AddAges(const std::vector<CellState>& cells);
  void Clear();

  const Lookup& lookup_;
  const bool omit_texts_;
  std::size_t cells_ = 0;
  int scale_ = 0;
  std::int32_t previous_start_ = 0;
  // Fields as they stand in the block, and columns without their heads.
  std::string series_;
  std::string counts_;
  std::string starts_;
  std::string coefficients_;
  std::string releases_;
  std::string indexes_;
  std::string ages_;  // empty: all 0 so far
  // Which place a release has: a table that is probed, while it is not half full; then a map.
  std::array<Known, 256> known_{};
  std::uint32_t releases_known_ = 0;
  absl::flat_hash_map<Sequence, std::uint32_t> many_;
  absl::Status status_;
};

}  // namespace tidewaiter::convert
