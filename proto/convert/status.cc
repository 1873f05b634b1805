#include "proto/convert/status.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace tidewaiter::convert {
namespace {

// Trailing metadata beyond 8 KiB make a client fail the call with an error of its own; the details travel in
// base64 (4/3), and beside them the message, of which a byte can take three.
constexpr std::size_t kMaxDetailsBytes = 3'500;
constexpr std::size_t kMaxMessageBytes = 700;
constexpr char kViolationsFound[] = "violations_found";
constexpr char kRetryDelayMs[] = "retry_delay_ms";
constexpr char kRequestId[] = "request_id";

struct ReasonCode {
  Reason reason;
  absl::StatusCode code;
};
constexpr ReasonCode kCodes[] = {
    {Reason::kInvalidArgument, absl::StatusCode::kInvalidArgument},
    {Reason::kDatasetNotFound, absl::StatusCode::kNotFound},
    {Reason::kSeriesNotFound, absl::StatusCode::kNotFound},
    {Reason::kReleaseNotFound, absl::StatusCode::kNotFound},
    {Reason::kDatasetConflict, absl::StatusCode::kAlreadyExists},
    {Reason::kReleaseConflict, absl::StatusCode::kAlreadyExists},
    {Reason::kReleaseRetracted, absl::StatusCode::kFailedPrecondition},
    {Reason::kPublishedInFuture, absl::StatusCode::kInvalidArgument},
    {Reason::kDuplicateCell, absl::StatusCode::kInvalidArgument},
    {Reason::kNotSorted, absl::StatusCode::kInvalidArgument},
    {Reason::kSequenceAhead, absl::StatusCode::kOutOfRange},
    {Reason::kForeignToken, absl::StatusCode::kDataLoss},
    {Reason::kForkedToken, absl::StatusCode::kDataLoss},
    {Reason::kTokenAhead, absl::StatusCode::kDataLoss},
    {Reason::kMalformedToken, absl::StatusCode::kInvalidArgument},
    {Reason::kDiskReserve, absl::StatusCode::kResourceExhausted},
    {Reason::kCorruption, absl::StatusCode::kDataLoss},
    {Reason::kStoreFailed, absl::StatusCode::kUnavailable},
    {Reason::kFormatVersion, absl::StatusCode::kFailedPrecondition},
    {Reason::kLocked, absl::StatusCode::kFailedPrecondition},
    {Reason::kShuttingDown, absl::StatusCode::kUnavailable},
    {Reason::kOverflow, absl::StatusCode::kOutOfRange},
};

void AddDetail(const google::protobuf::Message& detail, google::rpc::Status* status) {
  google::protobuf::Any* any = status->add_details();
  any->set_type_url(absl::StrCat("type.googleapis.com/", detail.GetTypeName()));
  any->set_value(detail.SerializeAsString());
}

google::rpc::ErrorInfo InfoOf(const ErrorDetails& details) {
  google::rpc::ErrorInfo info;
  info.set_domain(kErrorDomain);
  info.set_reason(std::string(ReasonName(details.reason)));
  for (const auto& [key, value] : details.metadata) (*info.mutable_metadata())[key] = value;
  return info;
}

// At most `bytes` of `text`, no character cut in two.
std::string Shortened(std::string text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
  return absl::StrCat(text, " ...");
}

// As many violations as `bytes` hold; true if that is all of them.
bool FillViolations(const std::vector<FieldViolation>& violations, std::size_t bytes,
                    google::rpc::BadRequest* request) {
  for (const FieldViolation& violation : violations) {
    const std::size_t size = violation.field.size() + violation.description.size() + 8;
    if (size > bytes) return false;
    bytes -= size;
    google::rpc::BadRequest::FieldViolation* v = request->add_field_violations();
    v->set_field(violation.field);
    v->set_description(violation.description);
  }
  return true;
}

google::rpc::Status DetailsMessage(const ErrorDetails& error, absl::StatusCode code,
                                   const std::string& request_id) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info = InfoOf(error);
  google::rpc::BadRequest bad_request;
  const std::size_t used = std::min(info.ByteSizeLong() + request_id.size() + 300, kMaxDetailsBytes);
  if (!FillViolations(error.violations, kMaxDetailsBytes - used, &bad_request)) {
    (*info.mutable_metadata()).insert({kViolationsFound, absl::StrCat(error.violations.size())});
  }
  AddDetail(info, &status);
  if (bad_request.field_violations_size() > 0) AddDetail(bad_request, &status);
  if (const std::optional<absl::Duration> delay = RetryDelayOf(code, error.reason)) {
    google::rpc::RetryInfo retry;
    const std::int64_t ms = absl::ToInt64Milliseconds(*delay);
    retry.mutable_retry_delay()->set_seconds(ms / 1000);
    retry.mutable_retry_delay()->set_nanos(static_cast<std::int32_t>(ms % 1000 * 1'000'000));
    AddDetail(retry, &status);
  }
  if (!request_id.empty()) {
    google::rpc::RequestInfo request;
    request.set_request_id(request_id);
    AddDetail(request, &status);
  }
  return status;
}

template <typename Message>
bool Unpack(const google::protobuf::Any& any, Message* message) {
  return any.Is<Message>() && any.UnpackTo(message);
}

void ReadDetail(const google::protobuf::Any& any, ErrorDetails* details) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  google::rpc::RequestInfo request;
  if (Unpack(any, &info)) {
    if (info.domain() == kErrorDomain) details->reason = ReasonFromName(info.reason());
    for (const auto& [key, value] : info.metadata()) details->metadata[key] = value;
  } else if (Unpack(any, &bad_request)) {
    for (const auto& v : bad_request.field_violations())
      details->violations.push_back({v.field(), v.description()});
  } else if (Unpack(any, &retry)) {
    const auto& delay = retry.retry_delay();
    details->metadata[kRetryDelayMs] = absl::StrCat(delay.seconds() * 1000 + delay.nanos() / 1'000'000);
  } else if (Unpack(any, &request)) {
    details->metadata[kRequestId] = request.request_id();
  }
}

}  // namespace

std::optional<absl::StatusCode> CodeOf(Reason reason) {
  for (const ReasonCode& row : kCodes) {
    if (row.reason == reason) return row.code;
  }
  return std::nullopt;
}

std::optional<absl::Duration> RetryDelayOf(absl::StatusCode code, Reason reason) {
  switch (reason) {
    case Reason::kShuttingDown:
      return absl::Seconds(1);
    case Reason::kStoreFailed:
      return absl::Seconds(5);
    case Reason::kDiskReserve:
      return absl::Seconds(30);
    case Reason::kLimitExceeded:
      if (code == absl::StatusCode::kResourceExhausted) return absl::Seconds(1);
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

grpc::Status ToGrpc(const absl::Status& status, const std::string& request_id) {
  if (status.ok()) return grpc::Status::OK;
  const ErrorDetails details = DetailsOf(status);
  const absl::StatusCode code = CodeOf(details.reason).value_or(status.code());
  const std::string message = Shortened(std::string(status.message()), kMaxMessageBytes);
  google::rpc::Status rich = DetailsMessage(details, code, request_id);
  rich.set_code(static_cast<int>(code));
  rich.set_message(message);
  return grpc::Status(static_cast<grpc::StatusCode>(code), message, rich.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status rich;
  if (status.error_details().empty() || !rich.ParseFromString(status.error_details())) {
    return absl::Status(code, status.error_message());
  }
  ErrorDetails details;
  for (const google::protobuf::Any& any : rich.details()) ReadDetail(any, &details);
  return MakeError(code, details.reason, status.error_message(), std::move(details.metadata),
                   std::move(details.violations));
}

}  // namespace tidewaiter::convert
