#include <functional>

#include "absl/strings/str_cat.h"
#include "client/cli/errors.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

absl::Status RunCommand(Session& session) {
  switch (session.options.command) {
    case Options::Command::kPush:
    case Options::Command::kFeed:
      return RunPush(session);
    case Options::Command::kFeedFolder:
      return RunFeedFolder(session);
    case Options::Command::kConvert:
      return RunConvert(session);
    case Options::Command::kFormats:
      return RunFormats(session);
    case Options::Command::kDatasets:
      return RunDatasets(session);
    case Options::Command::kSeries:
      return RunSeries(session);
    case Options::Command::kReleases:
      return RunReleases(session);
    case Options::Command::kRetract:
      return RunRetract(session);
    case Options::Command::kGet:
      return RunGet(session);
    case Options::Command::kHistory:
      return RunHistory(session);
    case Options::Command::kAggregate:
      return RunAggregate(session);
    case Options::Command::kDiff:
      return RunDiff(session);
    case Options::Command::kTriangle:
      return RunTriangle(session);
    case Options::Command::kPlot:
      return RunPlot(session);
    case Options::Command::kWatch:
      return RunWatch(session);
    case Options::Command::kFindings:
      return RunFindings(session);
    case Options::Command::kRevisions:
      return RunRevisions(session);
    case Options::Command::kMirror:
      return RunMirror(session);
    case Options::Command::kConventions:
      return RunConventions(session);
    case Options::Command::kCalendar:
      return RunCalendar(session);
    case Options::Command::kStatus:
      return RunStatus(session);
    case Options::Command::kVersion:
      break;
  }
  return absl::OkStatus();
}

int Ended(const absl::Status& status, const Options& options, Output* out, Output* err) {
  out->Flush();
  if (out->closed()) return kOk;                       // the reader has seen enough
  if (absl::IsCancelled(status)) return kInterrupted;  // who pressed Ctrl-C knows
  const absl::Status worst = status.ok() ? out->status() : status;
  if (!worst.ok()) err->Write(Explain(worst, options.connect.address));
  err->Flush();
  return ExitCodeOf(worst);
}

}  // namespace

int RunProgram(int argc, const char* const* argv, Output* out, Output* err,
               const std::function<void(client::Client*)>& connected) {
  const ParsedCommandLine parsed = ParseCommandLine(argc, argv, out, err);
  if (!parsed.options) {
    out->Flush();
    err->Flush();
    return parsed.exit_code;
  }
  const Options& options = *parsed.options;
  if (options.command == Options::Command::kVersion) {
    const Schema schema = {{.name = "program"}, {.name = "version"}};
    if (options.format == Format::kTable) {
      out->Write("tidewaiter " TIDEWAITER_VERSION "\n");
    } else {
      WriteOne(options.format, schema, {"tidewaiter", TIDEWAITER_VERSION}, out);
    }
    return Ended(absl::OkStatus(), options, out, err);
  }
  client::ConnectOptions connect = options.connect;
  connect.user_agent = "tidewaiter/" TIDEWAITER_VERSION;
  auto client = client::Client::Connect(connect);
  if (!client.ok()) {  // an address or a certificate as it was given: usage
    err->Write(Explain(client.status(), options.connect.address));
    err->Flush();
    return kUsage;
  }
  connected(client->get());
  Session session{options, **client, *out, *err};
  const absl::Status status = RunCommand(session);
  connected(nullptr);
  return Ended(status, options, out, err);
}

}  // namespace tidewaiter::cli
