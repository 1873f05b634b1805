// The form of a part that stands period by period: its grammar, and what all who read it need.
//
// varint and zigzag as in coding.h; a group is what one section states about one series.
//
//   part      := varint(groups) group* varint(periods) period* slice*      a slice per period, in that order
//   group     := varint(zigzag(id - id of the group before) * 2 + n) [varint(section)]
//                n is 1, and the section follows, on the first group and wherever the section changes
//   period    := zigzag(start - start of the period before; first: - 2000-01) varint(months - 1)
//                varint(cells - 1) varint(bytes of its slice)              periods ascend
//   slice     := byte flags, then a column each of
//     groups     varint(number of the group, from 0 - number of the one before - 1), first: - -1
//     scale      byte
//     absence    byte: 0 a value, else the Absence
//     coarser    varint(step exponent + scale)
//     status     letter
//     conf       letter
//     source     varint
//     note       varint
//     widths     4 bits a cell, low first: bytes of the coefficient, 0..12; 0 if it is 0, or an absence
//     planes     the lowest bytes of all coefficients that have one, then all second bytes, and so on
//   flags     bits 0-6: scale..note is given for each cell. Bit clear: scale is given once, the others not at
//             all, and are those of a plain value (status A, confidentiality F).
//             Bit 7: coefficients are zigzag, else they are unsigned.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/period.h"
#include "storage/rocks/coding.h"

namespace tidewaiter::storage::period_chunk {

enum SliceFlag : std::uint8_t {
  kScale = 1,
  kAbsence = 2,
  kCoarser = 4,
  kStatus = 8,
  kConf = 16,
  kSource = 32,
  kNote = 64,
  kSigned = 128,
};

inline constexpr std::int32_t kOrigin = 2000 * 12;
inline constexpr std::size_t kMaxWidth = 12;

// Where a period stands in a part.
struct DirectoryEntry {
  Period period;
  std::uint32_t cells = 0;
  std::string_view slice;
};

// Reads `varint(periods) period* slice*`, which is the rest of the input. The reader fails if it is anything
// else, or if a slice has fewer bytes than cells.
std::vector<DirectoryEntry> ReadDirectory(ByteReader* reader);

}  // namespace tidewaiter::storage::period_chunk
