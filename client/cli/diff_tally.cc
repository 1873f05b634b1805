#include "client/cli/diff_tally.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"

namespace tidewaiter::cli {
namespace {

// By kind.
constexpr std::array<const char*, 8> kWords = {
    "new",       "revised",  "revised within rounding",  "revised in status only",
    "withdrawn", "restored", "older than what was held", "confirmed"};
constexpr std::array<const char*, 8> kNames = {"new",       "revised",  "within_rounding", "status_only",
                                               "withdrawn", "restored", "backfilled",      "confirmed"};

// "12,345".
std::string Grouped(std::uint64_t count) {
  std::string text = Counted(count, "");
  text.resize(text.find(' '));
  return text;
}

}  // namespace

std::string_view Announced(const client::ReleaseInfo& release, const Change& change) {
  if (change.change == ChangeClass::kConfirmed || change.change == ChangeClass::kBackfilled) return "";
  if (release.retracts != 0) return "";
  if (change.change == ChangeClass::kNew || release.header.kind != ReleaseKind::kRegular) return "yes";
  return "no";
}

DiffTally::Kind DiffTally::KindOf(const Change& change) {
  switch (change.change) {
    case ChangeClass::kNew:
      return kNew;
    case ChangeClass::kRevised:
      return change.within_rounding ? kWithinRounding : change.status_only ? kStatusOnly : kRevised;
    case ChangeClass::kWithdrawn:
      return kWithdrawn;
    case ChangeClass::kRestored:
      return kRestored;
    case ChangeClass::kBackfilled:
      return kBackfilled;
    case ChangeClass::kConfirmed:
      break;
  }
  return kConfirmed;
}

std::string DiffTally::Counts(const client::ReleaseInfo& release) const {
  const bool retraction = release.retracts != 0;
  const bool announced = release.header.kind != ReleaseKind::kRegular;
  const std::string how = retraction ? "" : announced ? ", as announced" : " without announcement";
  std::vector<std::string> parts;
  for (int kind = 0; kind < kKinds; ++kind) {
    if (counts_[kind] == 0) continue;
    const bool moved = kind == kRevised || kind == kWithdrawn || kind == kRestored;
    parts.push_back(absl::StrCat(Grouped(counts_[kind]), " ", kWords[kind], moved ? how : std::string()));
  }
  return parts.empty() ? "no cell" : absl::StrJoin(parts, announced && !retraction ? "; " : ", ");
}

std::string DiffTally::ToJson() const {
  std::string out;
  for (int kind = 0; kind < kKinds; ++kind) {
    absl::StrAppend(&out, out.empty() ? "{" : ",", "\"", kNames[kind], "\":", counts_[kind]);
  }
  return out + "}";
}

std::string DiffTally::HeadLine(const client::ReleaseInfo& release) const {
  std::string line = absl::StrCat(release.header.agency, " ", release.header.published_at.ToString());
  if (release.retracts != 0) {
    absl::StrAppend(&line, ", ", release.header.release_id, " retracted by sequence ", release.sequence);
  }
  absl::StrAppend(&line, ": ", Counts(release));
  if (release.retracted_by != 0) {
    absl::StrAppend(&line, " (retracted since, by sequence ", release.retracted_by, ")");
  }
  return line;
}

}  // namespace tidewaiter::cli
