#include "client/cli/release_name.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/text.h"

namespace tidewaiter::cli {
namespace {

// An error lists so many.
constexpr std::size_t kMostListed = 5;

std::string NameOf(const client::ReleaseInfo& release) {
  return absl::StrCat(release.header.agency, "/", release.header.release_id);
}

// "2025-08-07" of "GACC_PRESS:2025-08-07", where GACC_PRESS is one of its datasets.
bool IsShortFor(const std::string& id, const client::ReleaseInfo& release) {
  for (const auto& section : release.sections) {
    if (release.header.release_id == absl::StrCat(section.header.dataset, ":", id)) return true;
  }
  return false;
}

struct Fitting {
  std::vector<client::ReleaseInfo> by_id;
  std::vector<client::ReleaseInfo> by_short_id;
};

absl::StatusOr<Fitting> LookFor(Session& session, const std::string& id) {
  Fitting fitting;
  Sequence after = 0;
  do {
    TW_ASSIGN_OR_RETURN(client::ReleasePage page, session.client.ListReleases("", after));
    for (client::ReleaseInfo& release : page.releases) {
      if (release.retracts != 0) continue;
      if (release.header.release_id == id) {
        fitting.by_id.push_back(std::move(release));
      } else if (IsShortFor(id, release)) {
        fitting.by_short_id.push_back(std::move(release));
      }
    }
    after = page.next_after_sequence;
  } while (after != 0);
  return fitting;
}

absl::Status FitsSeveral(const std::string& id, const std::vector<client::ReleaseInfo>& releases) {
  std::string names;
  for (std::size_t i = 0; i < releases.size() && i < kMostListed; ++i) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", NameOf(releases[i]));
  }
  if (releases.size() > kMostListed) absl::StrAppend(&names, " and ", releases.size() - kMostListed, " more");
  return InvalidField("RELEASE",
                      absl::StrCat(Quoted(id), " fits ", releases.size(), " releases; give one of ", names));
}

absl::StatusOr<client::ReleaseInfo> FindById(Session& session, const std::string& id) {
  TW_ASSIGN_OR_RETURN(Fitting fitting, LookFor(session, id));
  std::vector<client::ReleaseInfo>& releases = fitting.by_id.empty() ? fitting.by_short_id : fitting.by_id;
  if (releases.size() > 1) return FitsSeveral(id, releases);
  if (releases.size() == 1) return std::move(releases.front());
  return MakeError(absl::StatusCode::kNotFound, Reason::kReleaseNotFound,
                   absl::StrCat("no release is called ", Quoted(id)), {{"release_id", id}});
}

}  // namespace

absl::StatusOr<client::ReleaseInfo> FindRelease(Session& session, const std::string& text) {
  std::uint32_t sequence = 0;
  if (absl::SimpleAtoi(text, &sequence) && sequence > 0) {
    TW_ASSIGN_OR_RETURN(client::Client::FoundRelease found, session.client.GetRelease(sequence));
    return std::move(found.release);
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos && !text.empty()) return FindById(session, text);
  if (slash == 0 || slash + 1 >= text.size()) {
    return InvalidField("RELEASE",
                        absl::StrCat(Quoted(text), " is none; write a sequence number, AGENCY/ID or ID"));
  }
  TW_ASSIGN_OR_RETURN(client::Client::FoundRelease found,
                      session.client.GetRelease(text.substr(0, slash), text.substr(slash + 1)));
  return std::move(found.release);
}

}  // namespace tidewaiter::cli
