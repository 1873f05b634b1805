#include "client/feeders/tables/xls_records.h"

#include <algorithm>
#include <utility>

#include "client/feeders/tables/byte_reader.h"

namespace tidewaiter::feeders {
namespace {

constexpr unsigned kWide = 1, kFarEast = 4, kRuns = 8;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void AppendUtf8(std::uint32_t c, std::string& text) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | c >> 6);
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | c >> 12);
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | c >> 18);
    text += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  }
}

std::string ToUtf8(const std::u16string& wide) {
  std::string text;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const std::uint32_t c = wide[i];
    const bool high = c >= 0xD800 && c < 0xDC00;
    const bool paired = high && i + 1 < wide.size() && wide[i + 1] >= 0xDC00 && wide[i + 1] < 0xE000;
    if (paired) {
      AppendUtf8(0x10000 + ((c - 0xD800) << 10) + (wide[++i] - 0xDC00u), text);
    } else if (c >= 0xD800 && c < 0xE000) {
      text += kReplacement;
    } else {
      AppendUtf8(c, text);
    }
  }
  return text;
}

}  // namespace

std::optional<XlsRecord> NextXlsRecord(std::string_view stream, std::size_t& at) {
  if (!Reaches(stream, at, 4)) return std::nullopt;
  const auto size = static_cast<std::size_t>(LittleEndian(stream, at + 2, 2));
  if (!Reaches(stream, at + 4, size)) return std::nullopt;
  const XlsRecord record = {static_cast<std::uint16_t>(LittleEndian(stream, at, 2)),
                            stream.substr(at + 4, size)};
  at += 4 + size;
  return record;
}

// Goes on to the next part where one has ended.
bool XlsStrings::AtEnd() {
  while (part_ < parts_.size() && at_ >= parts_[part_].size()) ++part_, at_ = 0;
  return part_ == parts_.size();
}

void XlsStrings::Skip(std::size_t bytes) {
  while (bytes > 0 && !AtEnd()) {
    const std::size_t step = std::min(bytes, parts_[part_].size() - at_);
    at_ += step;
    bytes -= step;
  }
  cut_ |= bytes > 0;
}

std::uint64_t XlsStrings::Number(std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (AtEnd()) return cut_ = true, 0;
    value |= std::uint64_t{static_cast<unsigned char>(parts_[part_][at_++])} << (8 * i);
  }
  return value;
}

std::optional<std::string> XlsStrings::Next(std::size_t length_bytes) {
  auto left = static_cast<std::size_t>(Number(length_bytes));
  auto flags = static_cast<unsigned>(Number(1));
  const auto runs = (flags & kRuns) != 0 ? static_cast<std::size_t>(Number(2)) : 0;
  const auto far_east = (flags & kFarEast) != 0 ? static_cast<std::size_t>(Number(4)) : 0;
  std::u16string wide;
  while (left > 0 && !cut_) {
    if (part_ < parts_.size() && at_ >= parts_[part_].size()) {
      if (AtEnd()) break;
      flags = static_cast<unsigned>(Number(1));
      continue;
    }
    if (part_ >= parts_.size()) break;
    wide += static_cast<char16_t>(Number((flags & kWide) != 0 ? 2 : 1));
    --left;
  }
  Skip(4 * runs);
  Skip(far_east);
  if (cut_ || left > 0) return std::nullopt;
  return ToUtf8(wide);
}

}  // namespace tidewaiter::feeders
