#include "client/feeders/text/csv_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "client/feeders/limits.h"
#include "client/feeders/text/byte_marks.h"
#include "client/feeders/text/other_kind.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kReadBytes = 256u << 10;

bool StartsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

bool HasQuote(const char* begin, const char* end) {
  return begin != end && std::memchr(begin, '"', static_cast<std::size_t>(end - begin)) != nullptr;
}

}  // namespace

CsvReader::CsvReader(Input* input, char separator) : input_(input), separator_(separator) {}

// Makes room behind what is left, and reads more into it.
absl::Status CsvReader::Fill() {
  if (at_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
    filled_ -= at_;
    at_ = 0;
  }
  const std::size_t wanted = filled_ + kReadBytes + kMarkedBytes;
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  TW_ASSIGN_OR_RETURN(const std::size_t count,
                      input_->Read(buffer_.data() + filled_, buffer_.size() - kMarkedBytes - filled_));
  filled_ += count;
  input_ended_ = count == 0;
  return absl::OkStatus();
}

absl::Status CsvReader::Begin() {
  begun_ = true;
  while (!input_ended_ && filled_ < kReadBytes) TW_RETURN_IF_ERROR(Fill());
  const std::string_view head(buffer_.data(), filled_);
  if (head.substr(0, kByteOrderMark.size()) == kByteOrderMark) at_ = kByteOrderMark.size();
  if (const std::string_view kind = KindOtherThanTable(head.substr(at_)); !kind.empty()) {
    return InvalidField("", absl::StrCat("line 1: ", ToAbsl(kind)));
  }
  if (separator_ == 0) separator_ = GuessSeparator(head.substr(at_));
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::Next() {
  if (!begun_) TW_RETURN_IF_ERROR(Begin());
  line_ = next_line_;
  fields_.clear();
  if (const std::size_t end = TakePlain(); end != 0 && fields_.size() <= kMaxFields) {
    ++next_line_;
    at_ = end;
    return true;
  }
  fields_.clear();
  unescaped_.clear();
  TW_ASSIGN_OR_RETURN(const std::size_t end, RecordEnd());
  if (end == at_) return false;
  const bool ended = buffer_[end - 1] == '\n';
  row_ = std::string_view(buffer_).substr(at_, end - at_ - (ended ? 1 : 0));
  if (ended && !row_.empty() && row_.back() == '\r') row_.remove_suffix(1);
  if (has_quotes_) {
    TW_RETURN_IF_ERROR(SplitQuoted());
    next_line_ += static_cast<std::uint64_t>(std::count(row_.begin(), row_.end(), '\n'));
  } else {
    if (const std::size_t bare = row_.find('\r'); bare != std::string_view::npos) {
      return ErrorAt(bare, "a carriage return without a line feed; end lines in LF or CRLF");
    }
    SplitPlain();
  }
  if (fields_.size() > kMaxFields) {
    return ErrorAt(
        0, absl::StrCat("the record has ", fields_.size(), " fields; at most ", kMaxFields, " are taken"));
  }
  ++next_line_;
  at_ = end;
  return true;
}

// Almost every record: it lies in the buffer whole, without a quote. Its fields are found in one pass over
// its bytes. The place behind its line end; 0 if it is another one, with fields_ in no state.
std::size_t CsvReader::TakePlain() {
  const char* const begin = buffer_.data() + at_;
  const std::size_t left = filled_ - at_;
  const char* field = begin;
  for (std::size_t from = 0; from < left; from += kMarkedBytes) {
    std::uint64_t marks = MarksOf(begin + from, separator_, '\n', '"', '\r');
    if (left - from < kMarkedBytes) marks &= (std::uint64_t{1} << (left - from)) - 1;
    for (; marks != 0; marks &= marks - 1) {
      const char* const mark = begin + from + std::countr_zero(marks);
      if (*mark == separator_) {
        fields_.emplace_back(field, static_cast<std::size_t>(mark - field));
        field = mark + 1;
        continue;
      }
      if (*mark != '\n') {
        if (*mark == '\r' && mark + 1 < begin + left && mark[1] == '\n') continue;
        return 0;
      }
      const bool two_bytes = mark > begin && mark[-1] == '\r';
      const char* const end = mark - (two_bytes ? 1 : 0);
      fields_.emplace_back(field, static_cast<std::size_t>(end - field));
      row_ = std::string_view(begin, static_cast<std::size_t>(end - begin));
      return at_ + static_cast<std::size_t>(mark - begin) + 1;
    }
  }
  return 0;
}

// Behind the line end of the record at at_, which then lies in the buffer whole; at_ at the end of the input.
absl::StatusOr<std::size_t> CsvReader::RecordEnd() {
  has_quotes_ = false;
  bool in_quotes = false;
  for (std::size_t seen = 0;;) {  // bytes of the record looked at
    const char* const begin = buffer_.data() + at_ + seen;
    const char* const end = buffer_.data() + filled_;
    const void* newline =
        begin == end ? nullptr : std::memchr(begin, '\n', static_cast<std::size_t>(end - begin));
    const char* const stop = newline == nullptr ? end : static_cast<const char*>(newline);
    if (HasQuote(begin, stop)) {
      has_quotes_ = true;
      in_quotes ^= (std::count(begin, stop, '"') & 1) != 0;
    }
    seen += static_cast<std::size_t>(stop - begin);
    if (newline != nullptr) {
      ++seen;
      if (!in_quotes) return at_ + seen;
      continue;
    }
    if (seen > kMaxRecordBytes) {
      row_ = std::string_view(buffer_).substr(at_, seen);
      if (has_quotes_) TW_RETURN_IF_ERROR(SplitQuoted());
      return ErrorAt(
          0, absl::StrCat("a record of more than ", kMaxRecordBytes, " bytes; is this a table of lines?"));
    }
    if (input_ended_) return at_ + seen;
    TW_RETURN_IF_ERROR(Fill());
  }
}

void CsvReader::SplitPlain() {
  const char* field = row_.data();
  const char* const end = field + row_.size();
  for (const char* c = field; c != end; ++c) {
    if (*c != separator_) continue;
    fields_.emplace_back(field, static_cast<std::size_t>(c - field));
    field = c + 1;
  }
  fields_.emplace_back(field, static_cast<std::size_t>(end - field));
}

absl::Status CsvReader::SplitQuoted() {
  fields_.clear();
  for (std::size_t at = 0;; ++at) {
    if (at < row_.size() && row_[at] == '"') {
      TW_ASSIGN_OR_RETURN(const std::string_view field, QuotedField(at));
      fields_.push_back(field);
    } else {
      const std::size_t end = std::min(row_.find(separator_, at), row_.size());
      const std::string_view field = row_.substr(at, end - at);
      if (const std::size_t quote = field.find('"'); quote != std::string_view::npos) {
        return ErrorAt(at + quote,
                       "a quote inside a field that does not start with one; put the whole field in quotes "
                       "and write the quote twice");
      }
      if (const std::size_t bare = field.find('\r'); bare != std::string_view::npos) {
        return ErrorAt(at + bare, "a carriage return without a line feed; end lines in LF or CRLF");
      }
      fields_.push_back(field);
      at = end;
    }
    if (at == row_.size()) return absl::OkStatus();
    if (row_[at] != separator_) {
      return ErrorAt(at, absl::StrCat(QuotedCharacter(row_, at),
                                      " after a closing quote; a field in quotes must "
                                      "be followed by a separator or the end of the line"));
    }
  }
}

// The field whose opening quote stands at `at`, which then is behind the closing one.
absl::StatusOr<std::string_view> CsvReader::QuotedField(std::size_t& at) {
  const std::size_t open = at;
  std::size_t start = ++at;
  std::string* joined = nullptr;  // once a doubled quote was met
  for (;;) {
    const std::size_t quote = row_.find('"', at);
    if (quote == std::string_view::npos) return ErrorAt(open, "a quote is opened here and never closed");
    at = quote + 1;
    const bool doubled = at < row_.size() && row_[at] == '"';
    if (!doubled && joined == nullptr) return row_.substr(start, quote - start);
    if (joined == nullptr) joined = &unescaped_.emplace_back();
    joined->append(row_, start, (doubled ? quote + 1 : quote) - start);
    if (!doubled) return std::string_view(*joined);
    start = ++at;
  }
}

// `at` counts within the record.
absl::Status CsvReader::ErrorAt(std::size_t at, std::string_view what) const {
  const std::string_view before = row_.substr(0, at);
  const auto lines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t newline = before.rfind('\n');
  const std::string_view line = before.substr(newline == std::string_view::npos ? 0 : newline + 1);
  const auto column = 1 + std::count_if(line.begin(), line.end(), StartsCharacter);
  return InvalidField("", absl::StrCat("line ", line_ + lines, ", column ", column, ": ", ToAbsl(what)));
}

char GuessSeparator(std::string_view text) {
  std::size_t commas = 0, semicolons = 0, tabs = 0;
  bool in_quotes = false;
  for (const char c : text) {
    if (c == '"') in_quotes = !in_quotes;
    if (in_quotes) continue;
    if (c == '\n') break;
    commas += c == ',';
    semicolons += c == ';';
    tabs += c == '\t';
  }
  if (semicolons > commas && semicolons >= tabs) return ';';
  if (tabs > commas) return '\t';
  return ',';
}

std::string CsvField(std::string_view field, char separator) {
  const bool plain = std::none_of(field.begin(), field.end(), [separator](char c) {
    return c == separator || c == '"' || c == '\n' || c == '\r';
  });
  if (plain) return std::string(field);
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace tidewaiter::feeders
