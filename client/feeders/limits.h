// Limits of the feeders: files come from anywhere. Those of the domain stand in domain/limits.h.
#pragma once

#include <cstddef>

namespace tidewaiter::feeders {

// One record of a CSV file, quoted line breaks and all: it is held in memory.
inline constexpr std::size_t kMaxRecordBytes = 1u << 20;
// Fields of one record.
inline constexpr std::size_t kMaxFields = 4096;
// Cells that are sorted in memory; more go to disk in sorted runs. A file of so many bytes is worth the
// attempt to push it as it is read.
inline constexpr std::size_t kSortedInMemoryBytes = 64u << 20;
// First bytes of a file by which its format is recognised.
inline constexpr std::size_t kRecogniseBytes = 64u << 10;
// One object of a JSON array that is read object by object: it is held in memory.
inline constexpr std::size_t kMaxJsonObjectBytes = 1u << 20;
// Objects and arrays inside one another, where JSON is looked through without being parsed.
inline constexpr int kMaxJsonDepth = 32;
// Values of a file whose dates or vintages must be seen whole before the first can be told (FRED): a series
// of a century of months has a thousand, each of its vintages again as many.
inline constexpr std::size_t kMaxHeldValues = 1'000'000;

// SDMX: partial keys with attributes of their own are kept until the message ends. Their number, the bytes of
// their texts, and how many combinations of dimensions they name: each is looked up for every observation.
inline constexpr std::size_t kMaxSdmxGroups = 100'000;
inline constexpr std::size_t kMaxSdmxGroupBytes = 32u << 20;
inline constexpr std::size_t kMaxSdmxGroupLevels = 32;
// SDMX-JSON is held in memory whole, and its index takes up to four bytes a byte.
inline constexpr std::size_t kMaxSdmxJsonBytes = 32u << 20;
// Nested arrays and objects of a JSON file, nested elements of an XML file.
inline constexpr std::size_t kMaxNesting = 64;
// One tag of an XML file, or one text between two tags.
inline constexpr std::size_t kMaxXmlTokenBytes = 1u << 20;

// Rows at which GACC's online query cuts a download, and says nothing: a fact of the site, not of ours.
inline constexpr std::size_t kGaccQueryRows = 10'000;

// A table of a page or workbook: rows, columns, and places that its cells cover. GACC's longest has some 300
// rows of 10 columns.
inline constexpr std::size_t kMaxGridRows = 65'536;
inline constexpr std::size_t kMaxGridColumns = 256;
inline constexpr std::size_t kMaxGridCells = 1'000'000;
// A page: its tree takes some 60 times as much memory. GACC's have 100 KiB.
inline constexpr std::size_t kMaxPageBytes = 4u << 20;
// Elements of a page within each other: its tree is freed by recursion.
inline constexpr std::size_t kMaxPageDepth = 512;
// Attributes of one tag, of which Gumbo compares each with all before it; and bytes of a tag's name.
inline constexpr std::size_t kMaxTagAttributes = 1024;
inline constexpr std::size_t kMaxTagNameBytes = 1024;
// A workbook; and each part of one when it is unpacked, of which XML's tree takes some 15 times as much.
inline constexpr std::size_t kMaxWorkbookBytes = 16u << 20;
inline constexpr std::size_t kMaxWorkbookPartBytes = 16u << 20;
inline constexpr std::size_t kMaxWorkbookSheets = 64;
// Texts of a workbook, all together: many cells may show one of them.
inline constexpr std::size_t kMaxWorkbookTextBytes = 64u << 20;

}  // namespace tidewaiter::feeders
