#include "domain/nearest_word.h"

#include <algorithm>

namespace tidewaiter {
namespace {

// No word of ours is so long, and the table stays small whatever is typed.
constexpr std::size_t kLongest = 40;

// How many letters must be changed, put in, left out, or swapped with their neighbour, each at most once
// (optimal string alignment).
std::size_t Distance(std::string_view a, std::string_view b) {
  std::size_t at[kLongest + 1][kLongest + 1];
  for (std::size_t i = 0; i <= a.size(); ++i) at[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) at[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      at[i][j] = std::min({at[i - 1][j] + 1, at[i][j - 1] + 1, at[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) at[i][j] = std::min(at[i][j], at[i - 2][j - 2] + 1);
    }
  }
  return at[a.size()][b.size()];
}

}  // namespace

std::string NearestWord(std::string_view word, const std::vector<std::string>& known) {
  std::string nearest;
  if (word.empty() || word.size() > kLongest) return nearest;
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongest) continue;
    const std::size_t distance = Distance(word, candidate);
    // Of two letters one is half of the word.
    if (distance >= best || distance >= std::max(word.size(), candidate.size())) continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

}  // namespace tidewaiter
