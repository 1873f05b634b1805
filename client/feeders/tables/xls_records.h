// BIFF8: the records of which a workbook's stream consists, and the strings in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidewaiter::feeders {

// u16 type, u16 size, that many bytes.
struct XlsRecord {
  std::uint16_t type = 0;
  std::string_view data;
};

// The record at `at`, which then is behind it. None at the end, and if the stream ends within.
std::optional<XlsRecord> NextXlsRecord(std::string_view stream, std::size_t& at);

// Reads strings that may run over from a record into those that continue it. A run of characters that is cut
// by the end of a record goes on after one more byte of flags, which may change the width of its characters.
//
//   u16 characters, u8 flags (1: two bytes each, 4: far-eastern data, 8: formatted), [u16 runs], [u32 bytes],
//   characters, [4 bytes a run], [far-eastern data]
class XlsStrings {
 public:
  // `parts`: the data of the record and of those that continue it.
  explicit XlsStrings(std::vector<std::string_view> parts) : parts_(std::move(parts)) {}

  void Skip(std::size_t bytes);
  std::uint64_t Number(std::size_t bytes);
  // The next string as UTF-8; none if the record ends within. `length_bytes`: of the count of characters.
  std::optional<std::string> Next(std::size_t length_bytes);

 private:
  bool AtEnd();
  std::vector<std::string_view> parts_;
  std::size_t part_ = 0, at_ = 0;
  bool cut_ = false;  // the bytes ended within something
};

}  // namespace tidewaiter::feeders
