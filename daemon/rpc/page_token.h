// Page tokens: where a paged read goes on, and at which vintage. Opaque to callers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/vintage.h"
#include "google/protobuf/message.h"

namespace tidewaiter::rpc {

struct PageToken {
  Vintage vintage;
  std::string after;       // the key that the next page comes after
  std::string split;       // a series that the last page held in part, or empty
  std::uint32_t skip = 0;  // how much of it
};

// What must not change from page to page: a hash of the request without its page size and token, the same on
// every machine.
std::uint64_t Fingerprint(const google::protobuf::Message& request);

std::string EncodePageToken(const PageToken& token, std::uint64_t fingerprint);
// Errors: kMalformedToken, field "page_token": not a token, or of another request.
absl::StatusOr<PageToken> DecodePageToken(std::string_view text, std::uint64_t fingerprint);

}  // namespace tidewaiter::rpc
