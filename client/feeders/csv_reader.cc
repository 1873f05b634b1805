#include "client/feeders/csv_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  return text;
}

bool StartsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

CsvReader::CsvReader(std::string_view text, char separator)
    : text_(WithoutByteOrderMark(text)), separator_(separator) {}

absl::StatusOr<bool> CsvReader::Next() {
  if (at_ >= text_.size()) return false;
  fields_.clear();
  unescaped_.clear();
  record_line_ = line_;
  record_ended_ = false;
  const bool quoted_first = text_[at_] == '"';
  while (!record_ended_) {
    const bool quoted = at_ < text_.size() && text_[at_] == '"';
    TW_ASSIGN_OR_RETURN(const std::string_view field, quoted ? QuotedField() : PlainField());
    fields_.push_back(field);
    TW_RETURN_IF_ERROR(EndOfField());
  }
  blank_ = fields_.size() == 1 && fields_[0].empty() && !quoted_first;
  return true;
}

absl::StatusOr<std::string_view> CsvReader::PlainField() {
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == separator_ || c == '\n' || c == '\r') break;
    if (c == '"') {
      return ErrorAt(at_,
                     "a quote inside a field that does not start with one; put the whole field in quotes "
                     "and write the quote twice");
    }
    ++at_;
  }
  return text_.substr(start, at_ - start);
}

absl::StatusOr<std::string_view> CsvReader::QuotedField() {
  const std::size_t open = at_;
  const std::size_t open_line = line_;
  std::size_t start = ++at_;
  std::string* joined = nullptr;  // once a doubled quote was met
  for (;;) {
    const std::size_t quote = text_.find('"', at_);
    if (quote == std::string_view::npos) {
      line_ = open_line;
      return ErrorAt(open, "a quote is opened here and never closed");
    }
    line_ += static_cast<std::size_t>(std::count(text_.begin() + at_, text_.begin() + quote, '\n'));
    at_ = quote + 1;
    const bool doubled = at_ < text_.size() && text_[at_] == '"';
    if (!doubled && joined == nullptr) return text_.substr(start, quote - start);
    if (joined == nullptr) joined = &unescaped_.emplace_back();
    joined->append(text_, start, (doubled ? quote + 1 : quote) - start);
    if (!doubled) return std::string_view(*joined);
    start = ++at_;
  }
}

// What follows a field: a separator, the end of the line or the end of the text.
absl::Status CsvReader::EndOfField() {
  if (at_ == text_.size()) {
    record_ended_ = true;
    return absl::OkStatus();
  }
  const char c = text_[at_];
  if (c == separator_) {
    ++at_;
    return absl::OkStatus();
  }
  const std::size_t line_end = c == '\r' ? at_ + 1 : at_;
  if (line_end < text_.size() && text_[line_end] == '\n') {
    at_ = line_end + 1;
    ++line_;
    record_ended_ = true;
    return absl::OkStatus();
  }
  if (c == '\r') return ErrorAt(at_, "a carriage return without a line feed; end lines in LF or CRLF");
  return ErrorAt(at_, absl::StrCat(QuotedCharacter(text_, at_),
                                   " after a closing quote; a field in quotes must "
                                   "be followed by a separator or the end of the line"));
}

absl::Status CsvReader::ErrorAt(std::size_t at, std::string_view what) const {
  const std::size_t newline = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
  const std::size_t line_start = newline == std::string_view::npos ? 0 : newline + 1;
  const auto column = 1 + std::count_if(text_.begin() + line_start, text_.begin() + at, StartsCharacter);
  return InvalidField("", absl::StrCat("line ", line_, ", column ", column, ": ", ToAbsl(what)));
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
