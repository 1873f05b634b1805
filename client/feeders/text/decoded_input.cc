#include "client/feeders/text/decoded_input.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/feeders/text/other_kind.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::size_t kUndecodable = 0;

unsigned char Byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool IsTail(unsigned char byte) { return (byte & 0xC0) == 0x80; }

// Bytes of the UTF-8 character at the front of `text`; 0 if none starts so; more than there are if it is cut.
std::size_t Utf8Length(std::string_view text) {
  const unsigned char first = Byte(text, 0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  for (std::size_t i = 1; i < std::min(length, text.size()); ++i) {
    const unsigned char byte = Byte(text, i);
    if (!IsTail(byte)) return 0;
    if (i > 1) continue;
    const bool overlong = (first == 0xE0 && byte < 0xA0) || (first == 0xF0 && byte < 0x90);
    const bool surrogate = first == 0xED && byte > 0x9F;
    if (overlong || surrogate || (first == 0xF4 && byte > 0x8F)) return 0;
  }
  return length;
}

// Well-formed but for a character that is cut at the end.
bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    if (length == 0) return false;
    text.remove_prefix(std::min(length, text.size()));
  }
  return true;
}

// Bytes of the GB18030 character at the front by its first bytes; 0 if none starts so.
std::size_t Gb18030Length(std::string_view text) {
  const unsigned char first = Byte(text, 0);
  if (first < 0x80) return 1;
  if (first == 0x80 || first == 0xFF) return 0;
  if (text.size() < 2) return 2;
  return Byte(text, 1) >= 0x30 && Byte(text, 1) <= 0x39 ? 4 : 2;
}

// glibc's converter. Not thread-safe.
class Converter {
 public:
  Converter() : handle_(iconv_open("UTF-8", "GB18030")) {}
  ~Converter() {
    if (ok()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  bool ok() const { return handle_ != reinterpret_cast<iconv_t>(-1); }
  // The UTF-8 of one character; empty if it is none.
  std::string Convert(std::string_view character) {
    std::string in(character);
    std::array<char, 8> buffer{};
    char* from = in.data();
    char* to = buffer.data();
    std::size_t from_left = in.size(), to_left = buffer.size();
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    if (iconv(handle_, &from, &from_left, &to, &to_left) != 0 || from_left != 0) return "";
    return std::string(buffer.data(), buffer.size() - to_left);
  }

 private:
  iconv_t handle_;
};

// Every character of two bytes, looked up once: converting them one by one takes most of the time else.
class TwoByteTable {
 public:
  static const TwoByteTable& Get() {
    static const TwoByteTable* const table = new TwoByteTable();
    return *table;
  }
  bool ok() const { return ok_; }
  std::string_view Find(std::string_view pair) const {
    const Entry& entry = entries_[(Byte(pair, 0) << 8 | Byte(pair, 1)) & 0x7FFF];
    return {entry.bytes.data(), entry.size};
  }

 private:
  struct Entry {
    std::array<char, 3> bytes{};
    unsigned char size = 0;
  };
  TwoByteTable() : entries_(0x8000) {
    Converter converter;
    ok_ = converter.ok();
    for (unsigned pair = 0x8140; ok_ && pair <= 0xFEFE; ++pair) {
      const std::string text = {static_cast<char>(pair >> 8), static_cast<char>(pair & 0xFF)};
      if ((pair & 0xFF) < 0x40 || Gb18030Length(text) != 2) continue;
      const std::string utf8 = converter.Convert(text);
      Entry& entry = entries_[pair & 0x7FFF];
      if (utf8.size() > entry.bytes.size()) continue;
      entry.size = static_cast<unsigned char>(utf8.size());
      std::copy(utf8.begin(), utf8.end(), entry.bytes.begin());
    }
  }
  bool ok_ = false;
  std::vector<Entry> entries_;
};

std::size_t AsciiPrefix(std::string_view text) {
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (at < text.size() && Byte(text, at) < 0x80) ++at;
  return at;
}

}  // namespace

absl::StatusOr<std::size_t> DecodedInput::Read(char* buffer, std::size_t size) {
  while (out_at_ == out_.size() && !(ended_ && raw_.empty())) TW_RETURN_IF_ERROR(Fill());
  const std::size_t count = std::min(size, out_.size() - out_at_);
  std::memcpy(buffer, out_.data() + out_at_, count);
  out_at_ += count;
  return count;
}

// Reads on and decodes what is whole.
absl::Status DecodedInput::Fill() {
  out_.clear();
  out_at_ = 0;
  const std::size_t held = raw_.size();
  raw_.resize(held + kReadBytes);
  const auto count = ended_ ? 0 : input_->Read(raw_.data() + held, kReadBytes);
  if (!count.ok()) return raw_.resize(held), count.status();
  raw_.resize(held + *count);
  ended_ = *count == 0;
  if (encoding_ == Encoding::kUnknown) TW_RETURN_IF_ERROR(Decide());
  if (encoding_ != Encoding::kUnknown) return Decode(raw_.size());
  return Decode(AsciiPrefix(raw_));
}

absl::Status DecodedInput::Decide() {
  if (!begun_) {
    while (!ended_ && raw_.size() < kUtf8Mark.size()) {
      TW_ASSIGN_OR_RETURN(const std::string more, ReadUpTo(*input_, kReadBytes));
      ended_ = more.empty();
      raw_.append(more);
    }
    begun_ = true;
    const std::string_view raw = raw_;
    if (raw.substr(0, 2) == "\xFF\xFE" || raw.substr(0, 2) == "\xFE\xFF") {
      return InvalidField(
          "",
          "line 1: the file is UTF-16, as a spreadsheet saves it; save it as CSV in UTF-8, or take it as it "
          "was downloaded");
    }
    if (const std::string_view kind = PackedKind(raw); !kind.empty()) {
      return InvalidField("", absl::StrCat("line 1: ", ToAbsl(kind)));
    }
    if (raw.substr(0, kUtf8Mark.size()) == kUtf8Mark) {
      raw_.erase(0, kUtf8Mark.size());
      encoding_ = Encoding::kUtf8;
      return absl::OkStatus();
    }
  }
  const std::string_view beyond = std::string_view(raw_).substr(AsciiPrefix(raw_));
  if (beyond.empty() || (beyond.size() < kReadBytes && !ended_)) return absl::OkStatus();
  encoding_ = IsUtf8(beyond) ? Encoding::kUtf8 : Encoding::kGb18030;
  if (encoding_ == Encoding::kGb18030 && !TwoByteTable::Get().ok()) {
    return MakeError(
        absl::StatusCode::kFailedPrecondition, Reason::kUnknown,
        "the file is in GB18030, and this system's C library has no converter for it; install its "
        "character sets (gconv), or save the file as UTF-8");
  }
  return absl::OkStatus();
}

// Decodes raw_ up to `end`, but for a character that is cut there.
absl::Status DecodedInput::Decode(std::size_t end) {
  std::string_view rest = std::string_view(raw_).substr(0, end);
  out_.reserve(rest.size() + rest.size() / 2 + 8);
  while (!rest.empty()) {
    const std::size_t plain = AsciiPrefix(rest);
    out_.append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    TW_ASSIGN_OR_RETURN(const std::size_t length, DecodeCharacter(rest));
    if (length == kUndecodable) return ErrorAt(rest);
    if (length > rest.size()) {
      if (ended_) return ErrorAt(rest);
      break;
    }
    rest.remove_prefix(length);
  }
  line_ += static_cast<std::uint64_t>(std::count(out_.begin(), out_.end(), '\n'));
  raw_.erase(0, end - rest.size());
  return absl::OkStatus();
}

// Appends the character at the front of `text` if it is there whole. Its bytes; kUndecodable.
absl::StatusOr<std::size_t> DecodedInput::DecodeCharacter(std::string_view text) {
  if (encoding_ == Encoding::kUtf8) {
    const std::size_t length = Utf8Length(text);
    if (length <= text.size()) out_.append(text.substr(0, length));
    return length;
  }
  const std::size_t length = Gb18030Length(text);
  if (length == 0 || length > text.size()) return length;
  if (length == 2) {
    const std::string_view utf8 = TwoByteTable::Get().Find(text);
    out_.append(utf8);
    return utf8.empty() ? kUndecodable : length;
  }
  static thread_local Converter converter;
  const std::string utf8 = converter.Convert(text.substr(0, length));
  out_.append(utf8);
  return utf8.empty() ? kUndecodable : length;
}

absl::Status DecodedInput::ErrorAt(std::string_view text) const {
  const auto line = line_ + static_cast<std::uint64_t>(std::count(out_.begin(), out_.end(), '\n'));
  std::string bytes;
  for (std::size_t i = 0; i < std::min<std::size_t>(text.size(), 4); ++i) {
    absl::StrAppend(&bytes, absl::StrFormat(" %02X", Byte(text, i)));
  }
  return InvalidField("", absl::StrCat("line ", line, ": the bytes", bytes, " are not ",
                                       encoding_ == Encoding::kUtf8 ? "UTF-8" : "GB18030",
                                       ", which the rest of the file is; take the file as it was downloaded, "
                                       "or save it as UTF-8"));
}

}  // namespace tidewaiter::feeders
