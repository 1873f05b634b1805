// Limits of the feeders: files come from anywhere. Those of the domain stand in domain/limits.h.
#pragma once

#include <cstddef>

namespace tidewaiter::feeders {

// One record of a CSV file, quoted line breaks and all: it is held in memory.
inline constexpr std::size_t kMaxRecordBytes = 1u << 20;
// Fields of one record.
inline constexpr std::size_t kMaxFields = 4096;
// Files that are held in memory whole (pages, workbooks, JSON): a publisher's largest tables have some
// megabytes.
inline constexpr std::size_t kMaxHeldFileBytes = 64u << 20;
// First bytes of a file by which its format is recognised.
inline constexpr std::size_t kRecogniseBytes = 64u << 10;
// One object of a JSON array that is read object by object: it is held in memory.
inline constexpr std::size_t kMaxJsonObjectBytes = 1u << 20;
// Objects and arrays inside one another, where JSON is looked through without being parsed.
inline constexpr int kMaxJsonDepth = 32;
// Values of a file whose dates or vintages must be seen whole before the first can be told (FRED): a series of
// a century of months has a thousand, each of its vintages again as many.
inline constexpr std::size_t kMaxHeldValues = 1'000'000;

}  // namespace tidewaiter::feeders
