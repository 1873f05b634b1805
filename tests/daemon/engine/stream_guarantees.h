// The six guarantees of a stream, each with a checker that reads what a subscriber was given.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/vintage.h"

namespace tidewaiter::engine {

// What a subscriber saw, one thing after the other.
struct StreamEvent {
  enum Kind { kResume, kPart, kProgress } kind = kPart;
  Sequence sequence = 0;  // kResume, kProgress: the position; kPart: of the release
  std::uint32_t part = 0;
  bool last = false;
  std::vector<std::string> cells;  // the changes that match, as text
};
using StreamLog = std::vector<StreamEvent>;

// What it should have seen: the changes that match, by sequence; releases without any are not there.
using StreamTruth = std::map<Sequence, std::vector<std::string>>;

// Each gives "" or the first violation. A log begins with a kResume at `start`. A release that was cut off by
// a kResume was not received, and is sent again.

inline std::string CheckOrdered(const StreamLog& log) {
  Sequence position = 0, open = 0;
  std::uint32_t next_part = 0;
  for (const StreamEvent& event : log) {
    if (event.kind == StreamEvent::kResume) {
      position = event.sequence;
      open = 0;
      continue;
    }
    const bool goes_on = open != 0 && event.kind == StreamEvent::kPart && event.sequence == open;
    if (event.kind == StreamEvent::kPart && event.part != (goes_on ? next_part : 0)) {
      return absl::StrCat("part ", event.part, " of ", event.sequence, " out of order");
    }
    if (!goes_on &&
        (event.sequence < position || (event.kind == StreamEvent::kPart && event.sequence == position))) {
      return absl::StrCat(event.sequence, " after ", position);
    }
    next_part = event.part + 1;
    position = event.sequence;
    open = event.kind == StreamEvent::kPart && !event.last ? event.sequence : 0;
  }
  return "";
}

inline std::string CheckUnique(const StreamLog& log) {
  std::set<Sequence> complete;
  for (const StreamEvent& event : log) {
    if (event.kind != StreamEvent::kPart) continue;
    if (complete.contains(event.sequence)) return absl::StrCat(event.sequence, " again");
    if (event.last) complete.insert(event.sequence);
  }
  return "";
}

inline std::string CheckAtomic(const StreamLog& log, const StreamTruth& truth) {
  std::vector<std::string> cells;
  Sequence open = 0;
  for (const StreamEvent& event : log) {
    if (event.kind == StreamEvent::kResume) {
      open = 0;
      cells.clear();
      continue;
    }
    if (open != 0 && (event.kind != StreamEvent::kPart || event.sequence != open)) {
      return absl::StrCat(open, " in part");
    }
    if (event.kind != StreamEvent::kPart) continue;
    cells.insert(cells.end(), event.cells.begin(), event.cells.end());
    open = event.last ? 0 : event.sequence;
    if (!event.last) continue;
    const auto it = truth.find(event.sequence);
    if (it == truth.end()) return absl::StrCat(event.sequence, " that does not match");
    if (cells != it->second) return absl::StrCat(event.sequence, " with other cells");
    cells.clear();
  }
  return "";
}

// Up to `end`, which the subscriber said it reached.
inline std::string CheckReliable(const StreamLog& log, const StreamTruth& truth, Sequence end) {
  std::set<Sequence> complete;
  for (const StreamEvent& event : log) {
    if (event.kind == StreamEvent::kPart && event.last) complete.insert(event.sequence);
  }
  for (const auto& [sequence, cells] : truth) {
    if (sequence > log.front().sequence && sequence <= end && !complete.contains(sequence)) {
      return absl::StrCat(sequence, " is missing");
    }
  }
  return "";
}

// It goes on exactly where it was: after the last complete release or progress.
inline std::string CheckResumable(const StreamLog& log) {
  Sequence reached = log.front().sequence;
  for (const StreamEvent& event : log) {
    if (event.kind == StreamEvent::kResume && event.sequence != reached) {
      return absl::StrCat("resumed at ", event.sequence, ", not ", reached);
    }
    if (event.kind == StreamEvent::kPart && event.sequence <= reached) {
      return absl::StrCat(event.sequence, ", though it had ", reached);
    }
    if (event.kind == StreamEvent::kProgress || event.last) reached = event.sequence;
  }
  return "";
}

// Progress never precedes what it covers.
inline std::string CheckBookmarkable(const StreamLog& log, const StreamTruth& truth) {
  std::set<Sequence> complete;
  for (const StreamEvent& event : log) {
    if (event.kind == StreamEvent::kPart && event.last) complete.insert(event.sequence);
    if (event.kind != StreamEvent::kProgress) continue;
    for (const auto& [sequence, cells] : truth) {
      if (sequence > log.front().sequence && sequence <= event.sequence && !complete.contains(sequence)) {
        return absl::StrCat("progress ", event.sequence, " before ", sequence);
      }
    }
  }
  return "";
}

// All six: "" or the name of the guarantee and what is wrong.
inline std::string CheckGuarantees(const StreamLog& log, const StreamTruth& truth, Sequence end) {
  const std::vector<std::pair<std::string, std::string>> all = {
      {"ordered", CheckOrdered(log)},      {"unique", CheckUnique(log)},
      {"atomic", CheckAtomic(log, truth)}, {"reliable", CheckReliable(log, truth, end)},
      {"resumable", CheckResumable(log)},  {"bookmarkable", CheckBookmarkable(log, truth)},
  };
  std::string violations;
  for (const auto& [name, violation] : all) {
    if (!violation.empty()) absl::StrAppend(&violations, name, ": ", violation, "; ");
  }
  return violations;
}

}  // namespace tidewaiter::engine
