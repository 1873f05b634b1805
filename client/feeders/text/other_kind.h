// Files that are of quite another kind than their reader expects.
#pragma once

#include <string_view>

namespace tidewaiter::feeders {

// What a file that begins so is, and what to do with it: "the file is compressed by gzip; unpack it first".
// For files that no format takes: compressed ones, documents. Empty for any other.
std::string_view CompressedKind(std::string_view head);
// The same, and for archives and workbooks.
std::string_view PackedKind(std::string_view head);
// The same, and for XML and HTML as well: for readers of tables.
std::string_view KindOtherThanTable(std::string_view head);

}  // namespace tidewaiter::feeders
