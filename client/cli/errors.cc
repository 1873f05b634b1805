#include "client/cli/errors.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/exit_code.h"
#include "client/cli/option_words.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

// Violations are listed one a line when there are several; one stands in the message already.
constexpr std::size_t kFewestListed = 2;

// gRPC tells of every layer; the last one knows.
//   "failed to connect to all addresses; last error: UNKNOWN: ipv4:...: Connection refused"
std::string LastErrorOf(std::string_view message) {
  for (const std::string_view layer : {"last error: ", "UNKNOWN: ", "UNAVAILABLE: "}) {
    const std::size_t at = message.rfind(layer);
    if (at != std::string_view::npos) message.remove_prefix(at + layer.size());
  }
  return std::string(message);
}

std::string Headline(const absl::Status& status, const ErrorDetails& details, std::string_view address) {
  const std::string message(status.message());
  if (status.code() == absl::StatusCode::kDeadlineExceeded) {
    return absl::StrCat("the daemon at ", ToAbsl(address), " did not answer in time");
  }
  if (status.code() == absl::StatusCode::kUnavailable && details.reason == Reason::kUnknown) {
    return absl::StrCat("the daemon at ", ToAbsl(address), " cannot be reached (", LastErrorOf(message), ")");
  }
  if (details.violations.size() >= kFewestListed) {
    const auto found = details.metadata.find("violations_found");
    return absl::StrCat(
        found != details.metadata.end() ? found->second : absl::StrCat(details.violations.size()),
        " problems:");
  }
  return message.empty() ? std::string(absl::StatusCodeToString(status.code())) : message;
}

std::string_view Remedy(const absl::Status& status, const ErrorDetails& details) {
  switch (details.reason) {
    case Reason::kDatasetNotFound:
      return "`tidewaiter datasets` lists what there is";
    case Reason::kSeriesNotFound:
      return "`tidewaiter series DATASET` lists what there is";
    case Reason::kReleaseNotFound:
      return "`tidewaiter releases` lists what there is";
    case Reason::kDatasetConflict:
      return "use the dataset as it is, or another --dataset";
    case Reason::kReleaseConflict:
      return "a release is never overwritten: the other content needs an id of its own. A table of one's own "
             "gives it in the column `release`; other formats make it of --published-at, and most of the "
             "file's "
             "name. Say --kind correction if it is one";
    case Reason::kSequenceAhead:
      return "`tidewaiter status` shows the head";
    case Reason::kForeignToken:
    case Reason::kForkedToken:
    case Reason::kTokenAhead:
      return "begin anew: --snapshot, or --from-sequence 0";
    case Reason::kDiskReserve:
      return "free space on the daemon's disk; reads go on meanwhile, and pushes resume by themselves";
    case Reason::kShuttingDown:
      return "try again when it is back; a push that was cut short is recognised";
    default:
      break;
  }
  if (status.code() == absl::StatusCode::kDeadlineExceeded) {
    return "allow more with --timeout, or ask for less";
  }
  if (status.code() == absl::StatusCode::kUnavailable) {
    return "is tidewaiterd running? --server or TIDEWAITER_SERVER says where";
  }
  return "";
}

}  // namespace

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kNotPermitted;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnavailable;
    case absl::StatusCode::kResourceExhausted:
      return DetailsOf(status).reason == Reason::kDiskReserve ? kUnavailable : kInvalid;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return kInvalid;
    case absl::StatusCode::kDataLoss: {
      const Reason reason = DetailsOf(status).reason;
      const bool token =
          reason == Reason::kForeignToken || reason == Reason::kForkedToken || reason == Reason::kTokenAhead;
      return token ? kInvalid : kFailure;
    }
    default:
      return kFailure;
  }
}

std::string Explain(const absl::Status& told, std::string_view address) {
  const absl::Status status = InWordsOfOptions(told);
  const ErrorDetails details = DetailsOf(status);
  std::string out = absl::StrCat("tidewaiter: ", Headline(status, details, address), "\n");
  if (details.violations.size() >= kFewestListed) {
    for (const FieldViolation& violation : details.violations) {
      absl::StrAppend(&out, "  ", violation.field, violation.field.empty() ? "" : ": ", violation.description,
                      "\n");
    }
  }
  // Who has to look into it needs the request's id; who has to write something else does not.
  const bool ours = ExitCodeOf(status) == kFailure || ExitCodeOf(status) == kUnavailable;
  for (const auto& [key, value] : details.metadata) {
    const bool told = key == "violations_found" || key == "retry_delay_ms" ||
                      (key == "request_id" && !ours) || absl::StrContains(status.message(), value);
    if (!told) absl::StrAppend(&out, "  ", key, "=", value, "\n");
  }
  const std::string_view remedy = Remedy(status, details);
  const bool said = absl::StrContains(status.message(), "`tidewaiter ");
  if (!remedy.empty() && !said) absl::StrAppend(&out, "Hint: ", ToAbsl(remedy), "\n");
  return out;
}

}  // namespace tidewaiter::cli
