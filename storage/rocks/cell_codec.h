// The bytes of some cells of one series: what the merge operands of the series column family and the chunks of
// the release log are made of. Grammar: at the top of cell_codec.cc and in docs/storage-format.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "domain/change.h"
#include "domain/observation.h"
#include "domain/period.h"

namespace tidewaiter::storage {

struct CodedCell {
  Period period;
  Datum datum;
  Attributes attributes;
  TextId source = 0;
  TextId note = 0;
  friend bool operator==(const CodedCell&, const CodedCell&) = default;
};

// Appends the encoding of `cells` (1 or more, periods strictly ascending) to `out`. Self-delimiting.
void EncodeCells(std::span<const CodedCell> cells, std::string* out);

// Reads what EncodeCells wrote, cell by cell:
//   CellReader reader(&input);            // input is advanced past the encoding as it is read
//   while (reader.Next(&cell)) ...;
//   if (!reader.ok()) corruption
// Never reads beyond the input, whatever the bytes.
class CellReader {
 public:
  explicit CellReader(std::string_view* input);
  bool Next(CodedCell* cell);
  bool ok() const { return ok_; }
  std::uint32_t remaining() const { return remaining_; }

 private:
  std::string_view* input_;
  std::uint32_t remaining_ = 0;
  bool ok_ = true;
  // Shape of the block; see the grammar.
  std::uint8_t shape_ = 0;
  std::uint8_t scale_ = 0;
  std::int32_t next_start_ = 0;
};

}  // namespace tidewaiter::storage
