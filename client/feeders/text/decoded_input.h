// Text in GB18030 or UTF-8, as UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/text/input.h"

namespace tidewaiter::feeders {

// Decodes as it reads, in bounded memory. China's customs writes GB18030 (of which GBK and GB2312 are parts);
// people save such files again as UTF-8. Which it is, is told by a byte order mark, else by the 64 KiB that
// begin with the first byte beyond ASCII: UTF-8 if they are that, else GB18030. A byte order mark of UTF-8 is
// left out. Bytes that are not of the encoding are an error that names their line; UTF-16 is refused. Not
// thread-safe.
class DecodedInput : public Input {
 public:
  // `input` must outlive it.
  explicit DecodedInput(Input* input) : input_(input) {}
  absl::StatusOr<std::size_t> Read(char* buffer, std::size_t size) override;

 private:
  enum class Encoding { kUnknown, kUtf8, kGb18030 };

  absl::Status Fill();
  absl::Status Decide();
  absl::Status Decode(std::size_t end);
  absl::StatusOr<std::size_t> DecodeCharacter(std::string_view text);
  absl::Status ErrorAt(std::string_view text) const;

  Input* input_;
  Encoding encoding_ = Encoding::kUnknown;
  bool begun_ = false;
  bool ended_ = false;
  std::string raw_;  // read and not yet decoded: less than one character between two calls
  std::string out_;  // decoded and, from out_at_, not yet given out
  std::size_t out_at_ = 0;
  std::uint64_t line_ = 1;
};

}  // namespace tidewaiter::feeders
