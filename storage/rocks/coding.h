// The integers, texts and checksums that every record of the store is made of.
//
//   varint   seven bits a byte, low first, the high bit set on all but the last
//   signed   zigzag varint
//   text     varint(bytes) bytes
//   key32/64 four or eight bytes, big-endian, so that keys sort as numbers
//   sealed   bytes u64(XXH3-64 of the bytes, seeded with XXH3-64 of the record's key), little-endian:
//            damage is found, and so is a sound record under the wrong key
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidewaiter::storage {

inline void PutByte(std::string* out, std::uint8_t byte) { out->push_back(static_cast<char>(byte)); }
void PutVarint(std::string* out, std::uint64_t value);
void PutSigned(std::string* out, std::int64_t value);
void PutText(std::string* out, std::string_view text);
void PutBytes(std::string* out, std::span<const std::uint8_t> bytes);
void PutKey32(std::string* out, std::uint32_t value);
void PutKey64(std::string* out, std::uint64_t value);
// REQUIRES: four or eight bytes.
std::uint32_t GetKey32(std::string_view bytes);
std::uint64_t GetKey64(std::string_view bytes);

// Reads what the functions above wrote, never beyond the input. After the first failure ok() is false and
// everything read is zero or empty. Not thread-safe; the input must outlive it.
class ByteReader {
 public:
  explicit ByteReader(std::string_view input) : input_(input) {}

  std::uint8_t Byte();
  std::uint64_t Varint() {
    if (!input_.empty() && static_cast<std::uint8_t>(input_.front()) < 0x80) {
      const auto value = static_cast<std::uint8_t>(input_.front());
      input_.remove_prefix(1);
      return value;
    }
    return LongVarint();
  }
  // Fails beyond `limit`.
  std::uint64_t VarintUpTo(std::uint64_t limit);
  std::uint32_t Varint32();
  std::int64_t Signed();
  std::string_view Text() { return Bytes(Varint()); }
  std::string_view Bytes(std::size_t count) {
    if (count > input_.size()) {
      Fail();
      return {};
    }
    const std::string_view bytes = input_.substr(0, count);
    input_.remove_prefix(count);
    return bytes;
  }
  void Copy(std::span<std::uint8_t> to);

  bool ok() const { return ok_; }
  bool at_end() const { return input_.empty(); }
  // What has not been read; may be advanced by another reader.
  std::string_view* rest() { return &input_; }
  void Fail();

 private:
  std::uint64_t LongVarint();
  std::string_view input_;
  bool ok_ = true;
};

// Appends the checksum of a record that will stand under `key`.
void Seal(std::string_view key, std::string* record);
// The record without its checksum, or an error that names `what`.
absl::StatusOr<std::string_view> Unseal(std::string_view what, std::string_view key, std::string_view sealed);

// DATA_LOSS kCorruption.
absl::Status CorruptionError(std::string_view what);

}  // namespace tidewaiter::storage
