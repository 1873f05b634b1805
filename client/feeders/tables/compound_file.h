// OLE compound files, the little file system in which Excel 97 keeps a workbook.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidewaiter::feeders {

//   sector 0: header (sizes, where the tables are)     FAT: the next sector of each sector
//   directory: entries of 128 bytes (name, first sector, size)
//   streams below 4096 bytes lie in sectors of 64 bytes, with a FAT of their own, inside the root's stream
//
// The stream of that name (ASCII, case does not count). NOT_FOUND if there is none; INVALID_ARGUMENT if the
// file is damaged: chains that leave the file, run in circles or are shorter than their stream.
absl::StatusOr<std::string> ReadCompoundStream(std::string_view file, std::string_view name);

}  // namespace tidewaiter::feeders
