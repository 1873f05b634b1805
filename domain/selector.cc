#include "domain/selector.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

// As a whole text this word selects everything; as a code in one place it is a code.
constexpr std::string_view kAll = "all";
// Listing fewer codes than this, a look at each is cheaper than halving.
constexpr std::size_t kFewCodes = 8;

bool IsEverything(std::string_view text) { return text.empty() || text == "*" || text == kAll; }

absl::Status PlaceError(std::size_t place, std::string_view text, std::string_view why) {
  return InvalidField(
      "", absl::StrCat("place ", place + 1, " of the selector (", Quoted(text), "): ", ToAbsl(why)));
}

// "RU+BY" -> {"BY", "RU"}; "" and "*" -> {}, every code. Adds what it read to `listed`.
absl::StatusOr<std::vector<std::string>> ParsePlace(std::size_t place, std::string_view text,
                                                    std::size_t& listed) {
  std::vector<std::string> codes;
  if (text.empty() || text == "*") return codes;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('+', begin), text.size());
    const std::string_view code = text.substr(begin, end - begin);
    if (code == "*") return PlaceError(place, text, "\"*\" means every code and stands alone");
    if (code.empty()) return PlaceError(place, text, "a code is missing beside \"+\"");
    if (absl::Status s = ValidateCode(code); !s.ok()) return PlaceError(place, text, ToStd(s.message()));
    if (++listed > limits::kMaxSelectorCodes) {
      return PlaceError(place, text,
                        absl::StrCat("a selector lists at most ", limits::kMaxSelectorCodes,
                                     " codes; leave the place empty, or ask in parts"));
    }
    codes.emplace_back(code);
    begin = end + 1;
  }
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

bool HasCode(const std::vector<std::string>& codes, std::string_view code) {
  if (codes.empty()) return true;
  if (codes.size() <= kFewCodes) return std::find(codes.begin(), codes.end(), code) != codes.end();
  return std::binary_search(codes.begin(), codes.end(), code, std::less<>());
}

}  // namespace

absl::StatusOr<Selector> Selector::Parse(std::string_view text) {
  Selector selector;
  if (IsEverything(text)) return selector;
  const auto places = static_cast<std::size_t>(std::count(text.begin(), text.end(), '.')) + 1;
  if (places > limits::kMaxDimensions) {
    return InvalidField("", absl::StrCat("the selector ", Quoted(text), " has ", Numbered(places, "place"),
                                         "; a series key has at most ", limits::kMaxDimensions));
  }
  std::size_t listed = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    TW_ASSIGN_OR_RETURN(auto codes,
                        ParsePlace(selector.places_.size(), text.substr(begin, end - begin), listed));
    selector.places_.push_back(std::move(codes));
    begin = end + 1;
  }
  return selector;
}

absl::Status Selector::Validate(std::size_t dimensions) const {
  if (places_.empty() || places_.size() == dimensions) return absl::OkStatus();
  const std::string text =
      absl::StrJoin(places_, ".", [](std::string* out, const std::vector<std::string>& codes) {
        absl::StrAppend(out, absl::StrJoin(codes, "+"));
      });
  return InvalidField("",
                      absl::StrCat("the selector ", Quoted(text), " has ", Numbered(places_.size(), "place"),
                                   ", but the dataset has ", Numbered(dimensions, "dimension"),
                                   "; write one place for each, empty for every code"));
}

bool Selector::MatchesText(std::string_view key_text) const {
  if (places_.empty()) return true;
  std::size_t begin = 0;
  for (const std::vector<std::string>& codes : places_) {
    if (begin > key_text.size()) return false;  // the key has fewer codes
    // Codes are a few bytes: looking at each is cheaper than a call that searches.
    std::size_t end = begin;
    while (end < key_text.size() && key_text[end] != '.') ++end;
    if (!HasCode(codes, key_text.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return begin == key_text.size() + 1;  // else the key has more codes
}

bool Selector::selects_all() const {
  return std::all_of(places_.begin(), places_.end(), [](const auto& codes) { return codes.empty(); });
}

bool Selector::is_single_series() const {
  return !places_.empty() &&
         std::all_of(places_.begin(), places_.end(), [](const auto& codes) { return codes.size() == 1; });
}

std::string Selector::ToString() const {
  if (selects_all()) return "";
  std::string text;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ".", absl::StrJoin(places_[i], "+"));
  }
  // The one code whose name would read back as "everything".
  return text == kAll ? "all+all" : text;
}

}  // namespace tidewaiter
