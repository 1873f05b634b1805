#include "client/feeders/tables/html_depth.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "client/feeders/limits.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

// Without content, or closed by the next of their kind: outside of SVG and MathML they do not nest.
constexpr auto kFlat = std::to_array<std::string_view>(
    {"area", "base",  "br", "col",    "dd",    "dt", "embed", "hr", "img",   "input", "li",    "link",
     "meta", "param", "p",  "source", "tbody", "td", "tfoot", "th", "thead", "tr",    "track", "wbr"});
// Their content is text, whatever stands in it.
constexpr auto kRaw = std::to_array<std::string_view>({"script", "style", "textarea", "title"});

constexpr std::size_t kMaxNames = 4096;  // of elements in one page: HTML has some 140

template <typename List>
bool Has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::string TagName(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < 64 && text[end] != '>' && text[end] != '/' && text[end] != '<' &&
         !absl::ascii_isspace(static_cast<unsigned char>(text[end]))) {
    ++end;
  }
  return absl::AsciiStrToLower(ToAbsl(text.substr(0, end)));
}

// Behind the end tag of an element whose content is text.
std::size_t SkipRaw(std::string_view page, std::size_t at, std::string_view name) {
  for (; (at = page.find("</", at)) != std::string_view::npos; at += 2) {
    if (absl::EqualsIgnoreCase(ToAbsl(page.substr(at + 2, name.size())), ToAbsl(name))) return at;
  }
  return page.size();
}

bool IsBlank(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }

// The first of `ends` or blank in `text` from `at` on, or its end.
std::size_t Until(std::string_view text, std::size_t at, std::string_view ends) {
  while (at < text.size() && !IsBlank(text[at]) && ends.find(text[at]) == std::string_view::npos) ++at;
  return at;
}

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && IsBlank(text[at])) ++at;
  return at;
}

// Behind the value whose "=" stands before `at`.
std::size_t SkipValue(std::string_view tag, std::size_t at) {
  at = SkipBlanks(tag, at);
  if (at == tag.size() || tag[at] == '>') return at;
  if (tag[at] != '"' && tag[at] != '\'') return Until(tag, at, ">");
  const std::size_t end = tag.find(tag[at], at + 1);
  return end == std::string_view::npos ? tag.size() : end + 1;
}

// `tag` begins with a tag's name, and is taken apart as HTML says.
bool IsMonstrous(std::string_view tag) {
  std::size_t at = Until(tag, 0, "/>");
  if (at > kMaxTagNameBytes) return true;
  for (std::size_t attributes = 0; attributes <= kMaxTagAttributes; ++attributes) {
    while (at < tag.size() && (IsBlank(tag[at]) || tag[at] == '/')) ++at;
    if (at == tag.size() || tag[at] == '>') return false;
    at = SkipBlanks(tag, Until(tag, at + 1, "/>="));
    if (at < tag.size() && tag[at] == '=') at = SkipValue(tag, at + 1);
  }
  return true;
}

}  // namespace

std::size_t HtmlDepth(std::string_view page, std::size_t enough) {
  absl::flat_hash_map<std::string, std::size_t> open;
  std::size_t depth = 0, deepest = 0;
  bool foreign = false;
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string_view::npos && deepest <= enough;) {
    ++at;
    if (page.substr(at, 3) == "!--") {
      const std::size_t end = page.find("-->", at);
      at = end == std::string_view::npos ? page.size() : end;
      continue;
    }
    const bool closes = at < page.size() && page[at] == '/';
    const std::string name = TagName(page.substr(at + (closes ? 1 : 0)));
    if (name.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(name[0]))) continue;
    if (closes) {
      const auto found = open.find(name);
      if (found != open.end() && found->second > 0) --found->second, --depth;
      continue;
    }
    foreign |= name == "svg" || name == "math";
    if (!foreign && Has(kFlat, name)) continue;
    if (!foreign && Has(kRaw, name)) {
      at = SkipRaw(page, at, name);
      continue;
    }
    if (open.size() > kMaxNames) return enough + 1;
    ++open[name];
    deepest = std::max(deepest, ++depth);
  }
  return deepest;
}

bool HasMonstrousTag(std::string_view page) {
  for (std::size_t at = 0; (at = page.find('<', at)) != std::string_view::npos;) {
    ++at;
    const std::size_t name = at + (at < page.size() && page[at] == '/' ? 1 : 0);
    if (name < page.size() && IsLetter(page[name]) && IsMonstrous(page.substr(name))) return true;
  }
  return false;
}

}  // namespace tidewaiter::feeders
