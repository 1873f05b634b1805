#include "storage/rocks/coding.h"

#include <xxhash.h>

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::storage {
namespace {

constexpr std::size_t kChecksumBytes = 8;

std::uint64_t Checksum(std::string_view key, std::string_view record) {
  return XXH3_64bits_withSeed(record.data(), record.size(), XXH3_64bits(key.data(), key.size()));
}

template <typename Unsigned>
void PutBigEndian(std::string* out, Unsigned value) {
  for (int shift = 8 * (sizeof value - 1); shift >= 0; shift -= 8)
    out->push_back(static_cast<char>(value >> shift));
}

template <typename Unsigned>
Unsigned GetBigEndian(std::string_view bytes) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

}  // namespace

void PutVarint(std::string* out, std::uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

void PutSigned(std::string* out, std::int64_t value) {
  PutVarint(out, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

void PutText(std::string* out, std::string_view text) {
  PutVarint(out, text.size());
  out->append(text);
}

void PutBytes(std::string* out, std::span<const std::uint8_t> bytes) {
  out->append(bytes.begin(), bytes.end());
}
void PutKey32(std::string* out, std::uint32_t value) { PutBigEndian(out, value); }
void PutKey64(std::string* out, std::uint64_t value) { PutBigEndian(out, value); }
std::uint32_t GetKey32(std::string_view bytes) { return GetBigEndian<std::uint32_t>(bytes); }
std::uint64_t GetKey64(std::string_view bytes) { return GetBigEndian<std::uint64_t>(bytes); }

void ByteReader::Fail() {
  ok_ = false;
  input_ = {};
}

std::uint8_t ByteReader::Byte() {
  const std::string_view byte = Bytes(1);
  return byte.empty() ? 0 : static_cast<std::uint8_t>(byte[0]);
}

std::uint64_t ByteReader::LongVarint() {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < input_.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint8_t>(input_[i]);
    if (i == 9 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      input_.remove_prefix(i + 1);
      return value;
    }
  }
  Fail();
  return 0;
}

std::uint64_t ByteReader::VarintUpTo(std::uint64_t limit) {
  const std::uint64_t value = Varint();
  if (value <= limit) return value;
  Fail();
  return 0;
}

std::uint32_t ByteReader::Varint32() {
  return static_cast<std::uint32_t>(VarintUpTo(std::numeric_limits<std::uint32_t>::max()));
}

std::int64_t ByteReader::Signed() {
  const std::uint64_t value = Varint();
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

void ByteReader::Copy(std::span<std::uint8_t> to) {
  const std::string_view bytes = Bytes(to.size());
  if (bytes.size() == to.size()) std::copy(bytes.begin(), bytes.end(), to.begin());
}

void Seal(std::string_view key, std::string* record) {
  const std::uint64_t checksum = Checksum(key, *record);
  for (std::size_t i = 0; i < kChecksumBytes; ++i)
    PutByte(record, static_cast<std::uint8_t>(checksum >> (8 * i)));
}

absl::StatusOr<std::string_view> Unseal(std::string_view what, std::string_view key,
                                        std::string_view sealed) {
  if (sealed.size() < kChecksumBytes)
    return CorruptionError(absl::StrCat(ToAbsl(what), ": the record is too short"));
  const std::string_view record = sealed.substr(0, sealed.size() - kChecksumBytes);
  std::uint64_t checksum = 0;
  for (std::size_t i = 0; i < kChecksumBytes; ++i) {
    checksum |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(sealed[record.size() + i])) << (8 * i);
  }
  if (checksum != Checksum(key, record)) {
    return CorruptionError(absl::StrCat(ToAbsl(what), ": the record fails its checksum"));
  }
  return record;
}

absl::Status CorruptionError(std::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption,
                   absl::StrCat("the store is damaged: ", ToAbsl(what)));
}

}  // namespace tidewaiter::storage
