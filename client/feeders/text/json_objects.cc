#include "client/feeders/text/json_objects.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "client/feeders/text/other_kind.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kReadBytes = 128u << 10;
constexpr std::size_t kMaxMembers = 64;
constexpr std::size_t kMaxMemberBytes = 256;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

absl::StatusOr<bool> JsonObjects::Next() {
  if (ended_) return false;
  begin_ = at_;
  if (!begun_) TW_RETURN_IF_ERROR(Begin());
  TW_ASSIGN_OR_RETURN(char c, Peek());
  if (count_ > 0 && c == ',') {
    Take();
    TW_ASSIGN_OR_RETURN(c, Peek());
    if (c == ']') return Error("a comma stands before the end of the array; an object is expected behind it");
  } else if (count_ > 0 && c != ']' && c != 0) {
    return Error(absl::StrCat(QuotedCharacter(std::string_view(buffer_).substr(0, filled_), at_),
                              " stands between two objects; expected ',' or ']'"));
  }
  if (c == ']') {
    Take();
    TW_RETURN_IF_ERROR(SkipRest());
    ended_ = true;
    return false;
  }
  if (c == 0) return Error("the file ends within the array; it was cut short");
  if (c != '{')
    return Error(absl::StrCat(QuotedCharacter(std::string_view(buffer_).substr(0, filled_), at_),
                              " stands where an object begins; expected '{'"));
  object_line_ = line_;
  begin_ = at_;
  keeping_ = true;
  const absl::Status skipped = SkipNested();
  keeping_ = false;
  TW_RETURN_IF_ERROR(skipped);
  if (buffer_.size() < at_ + kJsonPadding) buffer_.resize(at_ + kJsonPadding);
  ++count_;
  return true;
}

absl::Status JsonObjects::Begin() {
  begun_ = true;
  TW_ASSIGN_OR_RETURN(const bool more, More());
  if (!more) return Error("the file is empty; expected JSON");
  if (std::string_view(buffer_).substr(0, kByteOrderMark.size()) == kByteOrderMark)
    at_ += kByteOrderMark.size();
  const std::string_view kind = PackedKind(std::string_view(buffer_).substr(0, filled_));
  if (!kind.empty()) return Error(kind);
  TW_ASSIGN_OR_RETURN(const char c, Peek());
  bare_ = c == '[';
  if (!bare_ && c != '{') return Error("the file does not begin with '{' or '['; expected JSON");
  Take();
  return bare_ ? absl::OkStatus() : EnterMember();
}

// Passes members over until behind the '[' of the wanted one.
absl::Status JsonObjects::EnterMember() {
  for (bool first = true;; first = false) {
    TW_ASSIGN_OR_RETURN(char c, Peek());
    if (c == '}') {
      return Error(absl::StrCat("the document has no member ", Quoted(member_), " that is an array"));
    }
    if (!first) TW_RETURN_IF_ERROR(Expect(',', "between two members"));
    TW_ASSIGN_OR_RETURN(c, Peek());
    TW_ASSIGN_OR_RETURN(const std::string name, String());
    TW_RETURN_IF_ERROR(Expect(':', "behind the name of a member"));
    TW_ASSIGN_OR_RETURN(c, Peek());
    if (name != member_) {
      TW_ASSIGN_OR_RETURN(std::string value, SkipValue());
      if (members_.size() < kMaxMembers) members_.emplace(name, std::move(value));
    } else if (c == '[') {
      Take();
      return absl::OkStatus();
    } else {
      return Error(absl::StrCat("the member ", Quoted(member_), " is no array"));
    }
  }
}

// What follows the array: other members, and nothing behind the document.
absl::Status JsonObjects::SkipRest() {
  for (;;) {
    TW_ASSIGN_OR_RETURN(const char c, Peek());
    if (bare_ && c == 0) return absl::OkStatus();
    if (bare_) return Error("something follows the array; expected the end of the file");
    if (c == '}') break;
    TW_RETURN_IF_ERROR(Expect(',', "between two members"));
    TW_RETURN_IF_ERROR(Peek().status());
    TW_ASSIGN_OR_RETURN(const std::string name, String());
    if (name == member_) return Error(absl::StrCat("the member ", Quoted(name), " stands twice"));
    TW_RETURN_IF_ERROR(Expect(':', "behind the name of a member"));
    TW_RETURN_IF_ERROR(Peek().status());
    TW_ASSIGN_OR_RETURN(std::string value, SkipValue());
    if (members_.size() < kMaxMembers) members_.emplace(name, std::move(value));
  }
  Take();
  TW_ASSIGN_OR_RETURN(const char c, Peek());
  if (c != 0) return Error("something follows the document; expected the end of the file");
  return absl::OkStatus();
}

absl::StatusOr<std::string> JsonObjects::SkipValue() {
  const char c = at_ < filled_ ? buffer_[at_] : '\0';
  if (c == '"') return String();
  std::string text;
  if (c == '{' || c == '[') {
    TW_RETURN_IF_ERROR(SkipNested());
    return text;
  }
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, More());
    if (!more || IsSpace(buffer_[at_]) || buffer_[at_] == ',' || buffer_[at_] == '}' || buffer_[at_] == ']')
      break;
    if (text.size() < kMaxMemberBytes) text += buffer_[at_];
    Take();
  }
  if (text.empty()) return Error("a member has no value");
  return text;
}

// From the brace or bracket at hand to behind its counterpart.
absl::Status JsonObjects::SkipNested() {
  std::string open;  // the closing ones that are due
  bool in_string = false;
  do {
    if (at_ == filled_) {
      TW_ASSIGN_OR_RETURN(const bool more, More());
      if (!more) return Error("the file ends within an object; it was cut short");
    }
    if (keeping_ && at_ - begin_ >= kMaxJsonObjectBytes) {
      return Error(absl::StrCat("an object of more than ", kMaxJsonObjectBytes, " bytes"));
    }
    const char c = buffer_[at_];
    Take();
    if (in_string) {
      if (c == '"') in_string = false;
      if (c != '\\') continue;
      TW_ASSIGN_OR_RETURN(const bool escaped, More());
      if (!escaped) return Error("the file ends within a string; it was cut short");
      Take();
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (open.size() >= kMaxJsonDepth) {
        return Error(
            absl::StrCat("objects and arrays stand inside one another more than ", kMaxJsonDepth, " deep"));
      }
      open += c == '{' ? '}' : ']';
    } else if (c == '}' || c == ']') {
      if (open.back() != c)
        return Error(absl::StrCat("'", std::string(1, c), "' closes what was not opened by it"));
      open.pop_back();
    }
  } while (!open.empty());
  return absl::OkStatus();
}

// The text between the quotes, escapes as they stand. Names longer than any wanted one are cut.
absl::StatusOr<std::string> JsonObjects::String() {
  TW_ASSIGN_OR_RETURN(const char quote, Peek());
  if (quote == 0) return Error("the file ends within the document; it was cut short");
  if (quote != '"')
    return Error(absl::StrCat(QuotedCharacter(std::string_view(buffer_).substr(0, filled_), at_),
                              " stands where a name in quotes is expected"));
  Take();
  std::string text;
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, More());
    if (!more) return Error("the file ends within a string; it was cut short");
    const char c = buffer_[at_];
    Take();
    if (c == '"') return text;
    if (text.size() < kMaxMemberBytes) text += c;
    if (c != '\\') continue;
    TW_ASSIGN_OR_RETURN(const bool escaped, More());
    if (!escaped) return Error("the file ends within a string; it was cut short");
    Take();
  }
}

absl::Status JsonObjects::Expect(char wanted, std::string_view where) {
  TW_ASSIGN_OR_RETURN(const char c, Peek());
  if (c == 0) return Error("the file ends within the document; it was cut short");
  if (c != wanted) {
    return Error(absl::StrCat(QuotedCharacter(std::string_view(buffer_).substr(0, filled_), at_), " stands ",
                              ToAbsl(where), "; expected '", std::string(1, wanted), "'"));
  }
  Take();
  return absl::OkStatus();
}

absl::StatusOr<char> JsonObjects::Peek() {
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, More());
    if (!more) return '\0';
    const char c = buffer_[at_];
    if (c == '\0') return Error("a zero byte; expected JSON as text");
    if (!IsSpace(c)) return c;
    Take();
  }
}

absl::StatusOr<bool> JsonObjects::More() {
  if (at_ < filled_) return true;
  const std::size_t keep = keeping_ ? begin_ : at_;
  std::memmove(buffer_.data(), buffer_.data() + keep, filled_ - keep);
  at_ -= keep;
  filled_ -= keep;
  begin_ = 0;
  if (buffer_.size() < filled_ + kReadBytes + kJsonPadding)
    buffer_.resize(filled_ + kReadBytes + kJsonPadding);
  TW_ASSIGN_OR_RETURN(const std::size_t count, input_->Read(buffer_.data() + filled_, kReadBytes));
  filled_ += count;
  return count > 0;
}

void JsonObjects::Take() { line_ += buffer_[at_++] == '\n'; }

absl::Status JsonObjects::Error(std::string_view what) const {
  return InvalidField("", absl::StrCat("line ", line_, ": ", ToAbsl(what)));
}

}  // namespace tidewaiter::feeders
