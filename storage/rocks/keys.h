// Where every record stands: the column families and their keys. docs/storage-format.md has it as a page.
//
//   meta (default)  "store"                                   -> sealed format version, log id
//                   "periods"                                 -> sealed, empty: the family of that name is
//                   whole
//                   "stated"                                  -> sealed, empty: the records 'U' are whole
//   log             key64(position)                           -> sealed log record (records.h)
//   series          key32(series id)                          -> operands, appended (operand.h)
//   catalogue       'D' key32(dataset) key32(version)         -> sealed definition
//                   'S' key32(dataset) ordered series key     -> sealed series id
//                   'I' key32(series id)                      -> sealed dataset, series key
//                   'T' text                                  -> sealed text id
//                   'X' key32(text id)                        -> sealed text
//                   'U' key32(series id) key64(position)      -> sealed: series first stated there, from that one on
//   releases        'S' key32(sequence)                       -> sealed index record (records.h)
//                   'P' agency 0x00 release id                -> sealed sequence
//                   'D' digest[32]                            -> sealed sequence, the first of that content
//   periods         key32(dataset) key32(year) key64(position) -> sealed: periods of a chunk (period_index.h)
//   annexes         text(table) key                           -> sealed bytes of whoever put them there
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "domain/vintage.h"
#include "storage/rocks/coding.h"
#include "storage/store.h"

namespace tidewaiter::storage {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::string_view kStoreKey = "store";
inline constexpr std::string_view kPeriodsKey = "periods";
inline constexpr std::string_view kStatedKey = "stated";
inline constexpr char kStatedTag = 'U';

inline std::string LogKey(std::uint64_t position) {
  std::string key;
  PutKey64(&key, position);
  return key;
}

inline std::string SeriesOperandsKey(std::uint32_t series) {
  std::string key;
  PutKey32(&key, series);
  return key;
}

inline std::string TaggedKey32(char tag, std::uint32_t number) {
  std::string key(1, tag);
  PutKey32(&key, number);
  return key;
}

inline std::string DatasetKey(std::uint32_t dataset, std::uint32_t version) {
  std::string key = TaggedKey32('D', dataset);
  PutKey32(&key, version);
  return key;
}

// The point sorts before every character of a code, so that bytes sort as CompareSeriesKeys does.
inline constexpr char kOrderedPoint = '\x01';

inline std::string SeriesKeyPrefix(std::uint32_t dataset) { return TaggedKey32('S', dataset); }
inline std::string SeriesNameKey(std::uint32_t dataset, std::string_view series_key) {
  std::string key = SeriesKeyPrefix(dataset);
  key.reserve(key.size() + series_key.size());
  for (const char c : series_key) key.push_back(c == '.' ? kOrderedPoint : c);
  return key;
}
// The text of the series key that stands in a key made by SeriesNameKey.
inline std::string SeriesTextOf(std::string_view name_key) {
  std::string text(name_key.substr(5));
  for (char& c : text) {
    if (c == kOrderedPoint) c = '.';
  }
  return text;
}

inline std::string SeriesIdKey(std::uint32_t series) { return TaggedKey32('I', series); }
inline std::string TextKey(std::string_view text) {
  std::string key(1, 'T');
  key.append(text);
  return key;
}
inline std::string StatedRecordKey(std::uint32_t first_series, std::uint64_t position) {
  std::string key = TaggedKey32(kStatedTag, first_series);
  PutKey64(&key, position);
  return key;
}
inline std::string TextIdKey(TextId text) { return TaggedKey32('X', text); }

inline std::string SequenceKey(Sequence sequence) { return TaggedKey32('S', sequence); }
inline std::string PushKey(std::string_view agency, std::string_view release_id) {
  std::string key(1, 'P');
  key.append(agency);
  key.push_back('\0');
  key.append(release_id);
  return key;
}
inline std::string DigestKey(const Digest& digest) {
  std::string key(1, 'D');
  PutBytes(&key, digest);
  return key;
}

}  // namespace tidewaiter::storage
