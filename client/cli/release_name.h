// Which release a person means.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
#include "client/types.h"

namespace tidewaiter::cli {

// `text` is a sequence number, AGENCY/ID, or the id alone, with or without the "DATASET:" that `push` puts
// before it; an id alone is looked for among all releases, and must fit one. Errors: kReleaseNotFound; field
// "RELEASE" for an id that fits several, which it lists.
absl::StatusOr<client::ReleaseInfo> FindRelease(Session& session, const std::string& text);

}  // namespace tidewaiter::cli
