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

// Binds the token to its request: all of it but page_size and page_token.
std::string EncodePageToken(const PageToken& token, const google::protobuf::Message& request);
// Errors: kMalformedToken, field "page_token": not a token, or of another request.
absl::StatusOr<PageToken> DecodePageToken(std::string_view text, const google::protobuf::Message& request);

}  // namespace tidewaiter::rpc
