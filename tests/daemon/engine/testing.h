// What the engine's tests share: a clock that is set, and changes as lines of text.
#pragma once

#include <atomic>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/release_changes.h"
#include "domain/strings.h"
#include "storage/memory/memory_store.h"
#include "storage/store.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {

// Stands still until it is set.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::string_view now) : FakeClock(Instant::Parse(now).value()) {}
  explicit FakeClock(Instant now) : micros_(now.micros()) {}
  void Set(std::string_view now) { micros_ = Instant::Parse(now).value().micros(); }
  Instant Now() const override { return Instant::FromMicros(micros_); }

 private:
  std::atomic<std::int64_t> micros_;
};

inline std::string ChangeText(const Change& change) {
  return absl::StrCat(ToAbsl(ChangeClassName(change.change)), change.within_rounding ? "~" : "",
                      change.status_only ? "*" : "");
}

// "X 2025-07: 6.0 -> 6.1 REVISED"
inline std::string ToText(const SeriesChanges& series, const SeriesChanges::Cell& cell) {
  return absl::StrCat(series.key, " ", cell.state.period.ToString(), ": ",
                      cell.before ? cell.before->ToString() : "none", " -> ", cell.state.datum.ToString(),
                      " ", ChangeText(cell.change));
}

inline std::vector<std::string> ToLines(const std::vector<SeriesChanges>& all) {
  std::vector<std::string> lines;
  for (const SeriesChanges& series : all) {
    for (const SeriesChanges::Cell& cell : series.cells) lines.push_back(ToText(series, cell));
  }
  return lines;
}

// All parts of an entry, each computed without knowing where it begins. An error is a line.
inline std::vector<std::string> ChangesOf(const storage::Store& store, Sequence sequence) {
  std::vector<std::string> lines;
  for (std::uint32_t part = 0;; ++part) {
    const auto changes = ComputeChanges(store, sequence, part);
    if (!changes.ok()) {
      lines.push_back(changes.status().ToString());
      return lines;
    }
    for (std::string& line : ToLines((*changes)->series)) lines.push_back(std::move(line));
    if ((*changes)->last) return lines;
  }
}

// The seed of a random test: TIDEWAITER_TEST_SEED if that is set. Print it with the failure.
inline std::uint32_t TestSeed() {
  if (const char* text = std::getenv("TIDEWAITER_TEST_SEED")) {
    return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
  }
  return std::random_device{}();
}

}  // namespace tidewaiter::engine
