// conventions.
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/session.h"
#include "client/cli/text_file.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::cli {
namespace {

absl::Status SetFrom(Session& session, const ConventionsArguments& asked) {
  const std::string& dataset = session.options.target.dataset;
  TW_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(asked.file, limits::kMaxConventionsBytes));
  TW_ASSIGN_OR_RETURN(const std::string kept,
                      session.client.SetConventions(dataset, text, asked.allow_unknown_codes));
  if (kept.empty()) {
    session.Say(absl::StrCat(dataset, " has no conventions now"));
  } else {
    session.out.Write(kept);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunConventions(Session& session) {
  const std::string& dataset = session.options.target.dataset;
  if (!session.options.conventions.file.empty()) return SetFrom(session, session.options.conventions);
  TW_ASSIGN_OR_RETURN(const client::ConventionsInfo kept, session.client.GetConventions(dataset));
  session.out.Write(kept.text);
  if (kept.text.empty()) session.Say(absl::StrCat(dataset, " has no conventions: set them with --set FILE"));
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
