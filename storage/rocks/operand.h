// What the series column family holds under a series: operands, one after the other, in the order of arrival.
//
//   operand := varint(begin position) varint(section) varint(bytes) cells        cells as in cell_codec.h
//
// The begin position is that of the first record of the release in the log. It counts only once a commit has
// given it a sequence (release_table.h); until then, and for ever if the upload was abandoned, the operand is
// invisible. Operands are joined by appending, so that folding them twice or in another grouping is the same.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "storage/rocks/coding.h"

namespace rocksdb {
class MergeOperator;
}

namespace tidewaiter::storage {

struct Operand {
  std::uint64_t begin_position = 0;
  std::uint32_t section = 0;
  std::string_view cells;
};

inline void PutOperandHeader(std::string* out, std::uint64_t begin_position, std::uint32_t section,
                             std::size_t bytes) {
  PutVarint(out, begin_position);
  PutVarint(out, section);
  PutVarint(out, bytes);
}

// Walks over the operands of a series. Not thread-safe; the bytes must outlive it.
//   while (reader.Next(&operand)) ...;
//   if (!reader.ok()) corruption
class OperandReader {
 public:
  explicit OperandReader(std::string_view bytes) : reader_(bytes) {}
  bool Next(Operand* operand) {
    if (reader_.at_end()) return false;
    operand->begin_position = reader_.Varint();
    operand->section = static_cast<std::uint32_t>(reader_.Varint());
    operand->cells = reader_.Text();
    return reader_.ok();
  }
  bool ok() const { return reader_.ok(); }

 private:
  ByteReader reader_;
};

// Appends. Stateless.
std::shared_ptr<rocksdb::MergeOperator> NewAppendOperator();

}  // namespace tidewaiter::storage
