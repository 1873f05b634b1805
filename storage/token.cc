// Resume tokens, and bytes as text.
//
//   token := base64url(u8(1) log[16] u32(sequence) chain[8] u32(checksum))      44 characters, no padding
//
// Integers are big-endian; the checksum is the low half of XXH3-64 of what stands before it, so that a token
// that was cut or mistyped is told from one of another store.

#include <xxhash.h>

#include <algorithm>
#include <string>

#include "absl/strings/escaping.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "storage/store.h"

namespace tidewaiter::storage {
namespace {

constexpr std::uint8_t kTokenVersion = 1;
constexpr std::size_t kBodyBytes = 1 + 16 + 4 + 8;
constexpr std::size_t kTokenBytes = kBodyBytes + 4;
constexpr std::size_t kTokenCharacters = 44;

void PutUint32(std::string* out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out->push_back(static_cast<char>(number >> shift));
}

std::uint32_t GetUint32(std::string_view bytes) {
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<std::uint8_t>(bytes[i]);
  return number;
}

std::uint32_t Checksum(std::string_view body) {
  return static_cast<std::uint32_t>(XXH3_64bits(body.data(), body.size()));
}

absl::Status Malformed(std::string_view why) {
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kMalformedToken, why, {},
                   {{"resume_token", std::string(why)}});
}

}  // namespace

std::string ToHex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string EncodeToken(const ResumePoint& point) {
  std::string bytes;
  bytes.push_back(static_cast<char>(kTokenVersion));
  bytes.append(point.log.begin(), point.log.end());
  PutUint32(&bytes, point.sequence);
  bytes.append(point.chain.begin(), point.chain.end());
  PutUint32(&bytes, Checksum(bytes));
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<ResumePoint> DecodeToken(std::string_view token) {
  std::string bytes;
  if (token.size() != kTokenCharacters || !absl::WebSafeBase64Unescape(ToAbsl(token), &bytes) ||
      bytes.size() != kTokenBytes) {
    return Malformed("not a resume token: give it back exactly as it was received");
  }
  const std::string_view view = bytes;
  if (Checksum(view.substr(0, kBodyBytes)) != GetUint32(view.substr(kBodyBytes))) {
    return Malformed("the resume token is damaged: give it back exactly as it was received");
  }
  if (static_cast<std::uint8_t>(view[0]) != kTokenVersion) {
    return Malformed("the resume token has a version that is not known here");
  }
  ResumePoint point;
  std::copy_n(view.begin() + 1, point.log.size(), point.log.begin());
  point.sequence = GetUint32(view.substr(17));
  std::copy_n(view.begin() + 21, point.chain.size(), point.chain.begin());
  return point;
}

}  // namespace tidewaiter::storage
