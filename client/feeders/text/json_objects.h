// The objects of one array of a JSON document, one after the other, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/feeders/text/input.h"

namespace tidewaiter::feeders {

// Looks through a document for the array that is the value of `member` of the outermost object, or is the
// document itself, and cuts it at its braces; what an object holds is for a parser of JSON to say.
//
//   {"count": 2, "data": [{"a": 1}, {"a": 2}], "error": ""}   member "data"
//   =>  {"a": 1}   {"a": 2}
//
// The rest of the document is looked through for balance only. Not thread-safe.
class JsonObjects {
 public:
  // Both must outlive it.
  JsonObjects(Input* input, std::string_view member) : input_(input), member_(member) {}
  JsonObjects(const JsonObjects&) = delete;
  JsonObjects& operator=(const JsonObjects&) = delete;

  // Goes to the next object; false behind the last. INVALID_ARGUMENT if the document is not of this form, is
  // cut short, or an object is longer than kMaxJsonObjectBytes; the message starts with "line 3: ". The
  // input's error as it is.
  absl::StatusOr<bool> Next();

  // The object, braces and all; valid until the next call. kJsonPadding bytes behind it may be read.
  std::string_view object() const { return std::string_view(buffer_).substr(begin_, at_ - begin_); }
  // The outermost members so far whose values are no objects and no arrays, as they stand without quotes; at
  // most 64, of at most 256 bytes. Those before the array after the first Next(), all once it gave false;
  // also after an error, as far as they were read.
  const std::map<std::string, std::string>& members() const { return members_; }
  // The line on which it begins, from 1, and its place in the array, from 0.
  std::uint64_t line() const { return object_line_; }
  std::uint64_t index() const { return count_ - 1; }
  // Objects so far.
  std::uint64_t count() const { return count_; }

 private:
  absl::Status Begin();
  absl::Status EnterMember();
  absl::Status SkipRest();
  // The value's text if it is no object and no array, cut after 256 bytes; else empty.
  absl::StatusOr<std::string> SkipValue();
  absl::Status SkipNested();
  absl::StatusOr<std::string> String();
  absl::Status Expect(char c, std::string_view where);
  // The next character that is no white space, without taking it; 0 at the end.
  absl::StatusOr<char> Peek();
  absl::StatusOr<bool> More();  // makes sure that a byte is at at_
  void Take();
  absl::Status Error(std::string_view what) const;

  Input* input_;
  std::string_view member_;
  std::map<std::string, std::string> members_;
  std::string buffer_;
  std::size_t begin_ = 0;   // of what must be kept
  std::size_t at_ = 0;      // of the next byte
  std::size_t filled_ = 0;  // bytes of the input in the buffer
  bool keeping_ = false;    // what lies from begin_ on is wanted
  bool begun_ = false;
  bool ended_ = false;
  bool bare_ = false;  // the document is the array itself
  std::uint64_t line_ = 1;
  std::uint64_t object_line_ = 0;
  std::uint64_t count_ = 0;
};

inline constexpr std::size_t kJsonPadding = 64;

}  // namespace tidewaiter::feeders
