// What a command works with.
#pragma once

#include <functional>

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/client.h"

namespace tidewaiter::cli {

struct Session {
  const Options& options;
  client::Client& client;
  Output& out;
  Output& err;

  // A remark beside the answer; nothing with --quiet.
  void Say(std::string_view line) const {
    if (options.quiet) return;
    err.Write(line);
    err.Write("\n");
    err.Flush();
  }
};

// Each runs one command and returns what went wrong.
absl::Status RunPush(Session& session);
absl::Status RunFeedFolder(Session& session);
absl::Status RunConvert(Session& session);
absl::Status RunFormats(Session& session);
absl::Status RunDatasets(Session& session);
absl::Status RunSeries(Session& session);
absl::Status RunReleases(Session& session);
absl::Status RunRetract(Session& session);
absl::Status RunGet(Session& session);
absl::Status RunHistory(Session& session);
absl::Status RunAggregate(Session& session);
absl::Status RunDiff(Session& session);
absl::Status RunTriangle(Session& session);
absl::Status RunPlot(Session& session);
absl::Status RunWatch(Session& session);
absl::Status RunFindings(Session& session);
absl::Status RunRevisions(Session& session);
absl::Status RunMirror(Session& session);
absl::Status RunCalendar(Session& session);
absl::Status RunConventions(Session& session);
absl::Status RunStatus(Session& session);

// The whole program, but for signals: `connected` is told of the client as soon as there is one, and of
// nullptr before it goes. Returns the exit code.
int RunProgram(int argc, const char* const* argv, Output* out, Output* err,
               const std::function<void(client::Client*)>& connected);

}  // namespace tidewaiter::cli
