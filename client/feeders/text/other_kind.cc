#include "client/feeders/text/other_kind.h"

#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

using Kind = std::pair<std::string_view, std::string_view>;

constexpr Kind kCompressed[] = {
    {"\x1F\x8B", "the file is compressed by gzip; unpack it first: gunzip"},
    {"\x28\xB5\x2F\xFD", "the file is compressed by zstd; unpack it first: unzstd"},
    {"\xFD\x37zXZ", "the file is compressed by xz; unpack it first: unxz"},
    {"BZh91AY", "the file is compressed by bzip2; unpack it first: bunzip2"},
    {"%PDF", "the file is a PDF document, which holds no table that could be read"},
};

constexpr Kind kArchives[] = {
    {"PK\x03\x04", "the file is a zip archive or a workbook; unpack it, or save the sheet as CSV"},
    {"\xD0\xCF\x11\xE0", "the file is a workbook of Excel; save the sheet as CSV"},
};

constexpr Kind kMarkedUp[] = {
    {"<?xml", "the file is XML, not a table of lines; is it of the format sdmx-ml?"},
    {"<!doctype html",
     "the file is a page of HTML, not a table of lines; was an error saved in place of the data?"},
    {"<html", "the file is a page of HTML, not a table of lines; was an error saved in place of the data?"},
};

template <std::size_t kCount>
std::string_view KindAmong(const Kind (&kinds)[kCount], std::string_view head) {
  for (const auto& [beginning, what] : kinds) {
    if (absl::StartsWith(ToAbsl(head), ToAbsl(beginning))) return what;
  }
  return "";
}

}  // namespace

std::string_view CompressedKind(std::string_view head) { return KindAmong(kCompressed, head); }

std::string_view PackedKind(std::string_view head) {
  const std::string_view compressed = CompressedKind(head);
  return compressed.empty() ? KindAmong(kArchives, head) : compressed;
}

std::string_view KindOtherThanTable(std::string_view head) {
  if (const std::string_view packed = PackedKind(head); !packed.empty()) return packed;
  const std::size_t begin = head.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  for (const auto& [beginning, what] : kMarkedUp) {
    if (absl::StartsWithIgnoreCase(ToAbsl(head.substr(begin)), ToAbsl(beginning))) return what;
  }
  return "";
}

}  // namespace tidewaiter::feeders
