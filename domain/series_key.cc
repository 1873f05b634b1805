#include "domain/series_key.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

constexpr auto kCodeBytes = [] {
  std::array<bool, 256> allowed{};
  for (const char c :
       std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-@$")) {
    allowed[static_cast<unsigned char>(c)] = true;
  }
  return allowed;
}();

bool IsCodeByte(char c) { return kCodeBytes[static_cast<unsigned char>(c)]; }

// The first index at which a and b differ, or the shorter one's size. Keys of one dataset share long fronts,
// so they are compared eight bytes at a time.
std::size_t FirstDifference(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  std::size_t i = 0;
  for (; i + sizeof(std::uint64_t) <= size; i += sizeof(std::uint64_t)) {
    std::uint64_t left;
    std::uint64_t right;
    std::memcpy(&left, a.data() + i, sizeof left);
    std::memcpy(&right, b.data() + i, sizeof right);
    if (left != right) break;
  }
  while (i < size && a[i] == b[i]) ++i;
  return i;
}

// Order of a byte within a key: the point ends a code, and a code that ends comes before one that goes on.
int Rank(char c) { return c == '.' ? 0 : static_cast<unsigned char>(c); }

absl::Status CheckDimensions(std::size_t dimensions) {
  if (dimensions <= limits::kMaxDimensions) return absl::OkStatus();
  return InvalidField(
      "", absl::StrCat("a series key has at most ", limits::kMaxDimensions, " codes, not ", dimensions));
}

absl::Status CheckPlace(std::size_t place, std::string_view code) {
  const absl::Status status = ValidateCode(code);
  if (status.ok()) return status;
  return InvalidField("", absl::StrCat("place ", place + 1, " of the series key: ", status.message()));
}

}  // namespace

absl::Status ValidateCode(std::string_view code) {
  if (code.empty()) {
    return InvalidField("", "the code is empty; codes are SDMX identifiers: letters, digits and _ - @ $");
  }
  if (code.size() > limits::kMaxCodeBytes) {
    return InvalidField("", absl::StrCat("the code ", Quoted(code), " has ", code.size(), " bytes; at most ",
                                         limits::kMaxCodeBytes, " are allowed"));
  }
  const auto wrong = std::find_if_not(code.begin(), code.end(), IsCodeByte);
  if (wrong == code.end()) return absl::OkStatus();
  const std::size_t at = static_cast<std::size_t>(wrong - code.begin());
  return InvalidField(
      "", absl::StrCat("the code ", Quoted(code), " has ", QuotedCharacter(code, at), " at byte ", at + 1,
                       "; codes are SDMX identifiers: letters, digits and _ - @ $"));
}

absl::StatusOr<SeriesKey> SeriesKey::Parse(std::string_view text) {
  std::size_t place = 0;
  for (std::size_t begin = 0; begin <= text.size(); ++place) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    TW_RETURN_IF_ERROR(CheckPlace(place, text.substr(begin, end - begin)));
    begin = end + 1;
  }
  TW_RETURN_IF_ERROR(CheckDimensions(place));
  return SeriesKey(std::string(text));
}

absl::StatusOr<SeriesKey> SeriesKey::FromCodes(const std::vector<std::string>& codes) {
  TW_RETURN_IF_ERROR(CheckDimensions(codes.size()));
  if (codes.empty()) return InvalidField("", "a series key has at least one code");
  std::string text;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    TW_RETURN_IF_ERROR(CheckPlace(i, codes[i]));
    absl::StrAppend(&text, i == 0 ? "" : ".", codes[i]);
  }
  return SeriesKey(std::move(text));
}

std::size_t SeriesKey::dimensions() const {
  if (text_.empty()) return 0;
  return static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '.')) + 1;
}

std::string_view SeriesKey::code(std::size_t i) const {
  std::size_t begin = 0;
  for (; i > 0; --i) begin = text_.find('.', begin) + 1;
  return std::string_view(text_).substr(begin, text_.find('.', begin) - begin);
}

std::vector<std::string_view> SeriesKey::codes() const {
  std::vector<std::string_view> codes;
  const std::size_t count = dimensions();
  codes.reserve(count);
  const std::string_view text = text_;
  for (std::size_t i = 0, begin = 0; i < count; ++i) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    codes.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return codes;
}

std::strong_ordering operator<=>(const SeriesKey& a, const SeriesKey& b) {
  return CompareSeriesKeys(a.text_, b.text_);
}

std::strong_ordering CompareSeriesKeys(std::string_view a, std::string_view b) {
  const std::size_t i = FirstDifference(a, b);
  if (i == a.size() || i == b.size()) return a.size() <=> b.size();
  return Rank(a[i]) <=> Rank(b[i]);
}

}  // namespace tidewaiter
