#include "storage/rocks/wal_check.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/rocks/coding.h"

namespace tidewaiter::storage {
namespace {

namespace fs = std::filesystem;

// The format of RocksDB's (and LevelDB's) logs: blocks of 32 KiB, each full of records
//
//   checksum of kind and bytes, 4 bytes | length, 2 | kind, 1 | bytes
//
// and no header across two blocks. Numbers are little-endian; logs are not used again for others, so the
// kinds are the four below.
constexpr std::size_t kBlockBytes = 32u << 10;
constexpr std::size_t kHeaderBytes = 7;
constexpr std::uint8_t kFirstKind = 1, kLastKind = 4;

// CRC-32C (Castagnoli), a byte a step; state before and after is inverted.
constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}();
std::uint32_t Extend(std::uint32_t state, char byte) {
  return kCrcTable[(state ^ static_cast<std::uint8_t>(byte)) & 0xff] ^ state >> 8;
}
// As checksums stand in logs.
std::uint32_t Stored(std::uint32_t state) { return std::rotr(~state, 15) + 0xa282ead8u; }

struct Header {
  std::uint32_t checksum;
  std::size_t length;
  std::uint8_t kind;
};

Header HeaderAt(std::string_view block, std::size_t at) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(block[at + i])}; };
  return {byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24, byte(4) | byte(5) << 8,
          static_cast<std::uint8_t>(byte(6))};
}

// Whether the checksum is that of a record of this kind that begins with these bytes, however long it is.
bool IsOfSomeLength(std::uint32_t checksum, std::uint8_t kind, std::string_view bytes) {
  std::uint32_t state = Extend(~0u, static_cast<char>(kind));
  if (Stored(state) == checksum) return true;
  for (const char byte : bytes) {
    state = Extend(state, byte);
    if (Stored(state) == checksum) return true;
  }
  return false;
}

bool IsOfSomeKind(std::uint32_t checksum, std::string_view bytes) {
  for (std::uint8_t kind = kFirstKind; kind <= kLastKind; ++kind) {
    std::uint32_t state = Extend(~0u, static_cast<char>(kind));
    for (const char byte : bytes) state = Extend(state, byte);
    if (Stored(state) == checksum) return true;
  }
  return false;
}

absl::Status Damaged(const fs::path& path, std::size_t at) {
  return CorruptionError(absl::StrCat("the header of the record at byte ", at, " of the write-ahead log ",
                                      path.filename().string(),
                                      " is damaged; what follows it cannot be read"));
}

// Errors of other kinds are RocksDB's to find: all that it reads has checksums.
absl::Status CheckBlock(const fs::path& path, std::size_t offset, std::string_view block, bool last) {
  std::size_t at = 0;
  while (at + kHeaderBytes <= block.size()) {
    const Header header = HeaderAt(block, at);
    const std::string_view rest = block.substr(at + kHeaderBytes);
    if (header.kind == 0) return absl::OkStatus();  // room that was never written
    if (header.length > rest.size()) {
      const bool damaged = last && IsOfSomeLength(header.checksum, header.kind, rest);
      return damaged ? Damaged(path, offset + at) : absl::OkStatus();
    }
    if (header.kind > kLastKind && IsOfSomeKind(header.checksum, rest.substr(0, header.length)))
      return Damaged(path, offset + at);
    at += kHeaderBytes + header.length;
  }
  return absl::OkStatus();
}

absl::Status CheckLog(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string block(kBlockBytes, '\0');
  for (std::size_t offset = 0; file; offset += kBlockBytes) {
    file.read(block.data(), static_cast<std::streamsize>(kBlockBytes));
    const auto bytes = static_cast<std::size_t>(file.gcount());
    const bool last = bytes < kBlockBytes || file.peek() == std::ifstream::traits_type::eof();
    TW_RETURN_IF_ERROR(CheckBlock(path, offset, std::string_view(block).substr(0, bytes), last));
  }
  if (file.bad() || !file.eof()) {
    return MakeError(absl::StatusCode::kUnavailable, Reason::kStoreFailed,
                     absl::StrCat("cannot read the write-ahead log ", path.string()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckWriteAheadLogs(const std::string& directory) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() == ".log") TW_RETURN_IF_ERROR(CheckLog(entry.path()));
  }
  if (error) {
    return MakeError(absl::StatusCode::kUnavailable, Reason::kStoreFailed,
                     absl::StrCat("cannot list ", directory, ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::storage
