#include "daemon/config_sources.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/nearest_word.h"

namespace tidewaiter::daemon {

ConfigSources::ConfigSources(std::vector<KnownOption> known, FaultOf fault_of, std::vector<std::string> words)
    : known_(std::move(known)), fault_of_(std::move(fault_of)), words_(std::move(words)) {
  for (const KnownOption& option : known_) {
    const bool given = std::any_of(words_.begin(), words_.end(), [&option](const std::string& word) {
      return word == option.name || absl::StartsWith(word, absl::StrCat(option.name, "="));
    });
    if (given) taken_.insert(option.name);
  }
}

void ConfigSources::AddEnvironment() {
  for (const KnownOption& option : known_) {
    const char* const value = option.variable.empty() ? nullptr : std::getenv(option.variable.c_str());
    if (value == nullptr || *value == '\0' || taken_.contains(option.name)) continue;
    Take(option.name, option.variable, {absl::StrCat(option.name, "=", value)});
  }
}

void ConfigSources::AddFile(const std::string& path) {
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(path, error);
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (file && !is_folder) text << file.rdbuf();
  if (!file || is_folder) {
    faults_.push_back(absl::StrCat("--config ", path,
                                   " cannot be read: ", is_folder ? "it is a folder" : std::strerror(errno)));
    return;
  }
  const ConfigFile read = ParseConfigFile(text.str());
  std::map<std::string, int> lines;
  auto unread = read.faults.begin();
  const auto tell_unread = [&](int before) {
    for (; unread != read.faults.end() && unread->line < before; ++unread) {
      faults_.push_back(absl::StrCat(path, " line ", unread->line, ": ", unread->what));
    }
  };
  for (const ConfigLine& line : read.lines) {
    tell_unread(line.line);
    const std::string where = absl::StrCat(path, " line ", line.line, ": ", line.key);
    const auto [first, is_new] = lines.try_emplace(line.key, line.line);
    if (!IsKey(line.key)) {
      faults_.push_back(absl::StrCat(where, ": there is no such option", Suggestion(line.key)));
    } else if (!is_new) {
      faults_.push_back(absl::StrCat(where, ": stands in line ", first->second, " already"));
    } else {
      TakeLine(line, where);
    }
  }
  tell_unread(std::numeric_limits<int>::max());
}

bool ConfigSources::IsKey(const std::string& key) const {
  return std::any_of(known_.begin(), known_.end(), [&key](const KnownOption& option) {
    return option.in_file && option.name == absl::StrCat("--", key);
  });
}

std::string ConfigSources::Suggestion(const std::string& key) const {
  std::vector<std::string> keys;
  for (const KnownOption& option : known_) {
    if (option.in_file) keys.push_back(option.name.substr(2));
  }
  const std::string nearest = NearestWord(key, keys);
  return nearest.empty() ? "; --check-config without a file prints all"
                         : absl::StrCat("; did you mean ", nearest, "?");
}

void ConfigSources::TakeLine(const ConfigLine& line, const std::string& where) {
  const std::string option = absl::StrCat("--", line.key);
  std::vector<std::string> words;
  for (const std::string& value : line.values) {
    if (!value.empty()) words.push_back(absl::StrCat(option, "=", value));
  }
  if (words.empty()) return;
  if (!taken_.contains(option)) return Take(option, where, words);
  // What is said elsewhere counts, but a fault is a fault.
  if (const std::string fault = fault_of_(option, words); !fault.empty()) {
    faults_.push_back(absl::StrCat(where, ": ", fault));
  }
}

void ConfigSources::Take(const std::string& option, const std::string& where,
                         const std::vector<std::string>& words) {
  if (const std::string fault = fault_of_(option, words); !fault.empty()) {
    faults_.push_back(absl::StrCat(where, ": ", fault));
    return;
  }
  taken_.insert(option);
  origins_[option] = where;
  words_.insert(words_.end(), words.begin(), words.end());
}

}  // namespace tidewaiter::daemon
