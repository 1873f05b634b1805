#include "daemon/config_file.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::daemon {
namespace {

absl::string_view Trimmed(absl::string_view text) { return absl::StripAsciiWhitespace(text); }

// Up to a # that stands outside of quotes.
absl::string_view WithoutComment(absl::string_view text) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '#') {
      return Trimmed(text.substr(0, i));
    }
  }
  return Trimmed(text);
}

// "a", 'a' or a. None: a quote is opened and not closed, or something follows it.
std::optional<std::string> Unquoted(absl::string_view text) {
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return std::string(text);
  const std::size_t end = text.find(text.front(), 1);
  if (end != text.size() - 1) return std::nullopt;
  return std::string(text.substr(1, text.size() - 2));
}

// The items of "a, "b", c", commas within quotes being none between items.
std::vector<absl::string_view> ItemsOf(absl::string_view text) {
  std::vector<absl::string_view> items;
  char quote = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const bool ends = i == text.size() || (quote == 0 && text[i] == ',');
    if (!ends) {
      if (quote == 0 && (text[i] == '"' || text[i] == '\'')) {
        quote = text[i];
      } else if (text[i] == quote) {
        quote = 0;
      }
      continue;
    }
    const absl::string_view item = Trimmed(text.substr(begin, i - begin));
    if (!item.empty()) items.push_back(item);
    begin = i + 1;
  }
  return items;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(absl::StrSplit(ToAbsl(text), '\n')) {}

  ConfigFile Parse() {
    for (next_ = 0; next_ < lines_.size();) {
      const int number = static_cast<int>(next_) + 1;
      const absl::string_view line = Trimmed(lines_[next_++]);
      if (line.empty() || line.front() == '#' || line.front() == ';') continue;
      TakeLine(number, WithoutComment(line));
    }
    return std::move(file_);
  }

 private:
  void Fault(int number, absl::string_view what) { file_.faults.push_back({number, std::string(what)}); }

  void TakeLine(int number, absl::string_view line) {
    if (line.front() == '[') {
      return Fault(number,
                   absl::StrCat(Quoted(ToStd(line)), " begins a section; there are none, only KEY=VALUE"));
    }
    const std::size_t equals = line.find('=');
    const absl::string_view key = Trimmed(line.substr(0, equals));
    if (equals == absl::string_view::npos || key.empty()) {
      return Fault(number, absl::StrCat(Quoted(ToStd(line)), " is not KEY=VALUE"));
    }
    std::string value(Trimmed(line.substr(equals + 1)));
    const bool is_list = absl::StartsWith(value, "[");
    if (is_list) {
      while (!absl::EndsWith(value, "]") && next_ < lines_.size()) {
        absl::StrAppend(&value, " ", WithoutComment(Trimmed(lines_[next_++])));
      }
      if (!absl::EndsWith(value, "]"))
        return Fault(number, absl::StrCat(key, ": the list has no end; write ]"));
      value = value.substr(1, value.size() - 2);
    }
    ConfigLine read{.line = number, .key = std::string(key), .values = {}};
    const std::vector<absl::string_view> items =
        is_list ? ItemsOf(value) : std::vector<absl::string_view>{value};
    for (const absl::string_view item : items) {
      std::optional<std::string> text = Unquoted(item);
      if (!text) {
        return Fault(number, absl::StrCat(key, ": ", Quoted(ToStd(item)), " is not in quotes as a whole"));
      }
      read.values.push_back(*std::move(text));
    }
    file_.lines.push_back(std::move(read));
  }

  std::vector<absl::string_view> lines_;
  std::size_t next_ = 0;
  ConfigFile file_;
};

}  // namespace

ConfigFile ParseConfigFile(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) text.remove_prefix(kByteOrderMark.size());
  return Parser(text).Parse();
}

}  // namespace tidewaiter::daemon
