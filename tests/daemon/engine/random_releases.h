// Random releases and retractions over a small world, so that everything meets: backfills, scopes over
// scopes, several sections, replays, withdrawals by name and by scope.
#pragma once

#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {

// Datasets T and U of two dimensions; 2 x 3 series each; months of 2024 and a few longer runs.
class RandomReleases {
 public:
  explicit RandomReleases(std::uint32_t seed, bool scopes = true) : scopes_(scopes), random_(seed) {}

  static std::vector<std::string> Datasets() { return {"T", "U"}; }
  static std::vector<std::string> Series() { return {"CN.B", "CN.M", "CN.X", "RU.B", "RU.M", "RU.X"}; }

  int Pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool Chance(int percent) { return Pick(100) < percent; }

  // A valid release of that id, as text for support::ParseRelease.
  std::string Next(std::string_view id) {
    std::set<std::string> stated;
    std::string text = absl::StrCat("release A ", std::string(id), " 2025-01-1", Pick(10), "\n");
    for (int sections = 1 + Pick(3); sections > 0; --sections) AddSection(text, stated);
    return text;
  }

 private:
  std::string Month() { return absl::StrCat("2024-0", 1 + Pick(6)); }
  std::string Range() {
    switch (Pick(4)) {
      case 0:
        return "..";
      case 1:
        return absl::StrCat(Month(), "..");
      case 2:
        return absl::StrCat("..", Month());
      default:
        return absl::StrCat("2024-0", 1 + Pick(3), "..2024-0", 4 + Pick(3));
    }
  }
  std::string Selector() {
    static const std::vector<std::string> kAll = {"*", "CN.", ".X", "RU.X+M", "CN+RU.B", "CN.X", "RU.M"};
    return kAll[Pick(static_cast<int>(kAll.size()))];
  }
  std::string Datum() {
    static const std::vector<std::string> kAll = {
        "1.0", "1.00",         "2.0",        "2.04", "(WITHDRAWN)", "(SUPPRESSED)",
        "3.0", "1.0 status=P", "2.0 note=n", "3.1",  "(MISSING)",   "(WITHDRAWN) note=n"};
    return kAll[Pick(static_cast<int>(kAll.size()))];
  }

  void AddSection(std::string& text, std::set<std::string>& stated) {
    static const std::vector<std::string> kActions = {"merge", "merge", "replace", "delete"};
    const std::string action = scopes_ ? kActions[Pick(4)] : kActions[0];
    const std::string dataset = Datasets()[Pick(2)];
    absl::StrAppend(&text, action, " ", dataset);
    if (action != "merge") absl::StrAppend(&text, " ", Selector(), " ", Range());
    absl::StrAppend(&text, "\n");
    for (int cells = Pick(9); cells > 0; --cells) {
      const std::string period = Chance(20) ? absl::StrCat(Month(), "/P2M") : Month();
      const std::string cell = absl::StrCat(Series()[Pick(6)], " ", period);
      if (!stated.insert(absl::StrCat(dataset, " ", cell)).second) continue;
      absl::StrAppend(&text, cell, " ", Datum(), "\n");
    }
  }

  const bool scopes_;  // sections that replace and delete
  std::mt19937 random_;
};

}  // namespace tidewaiter::engine
