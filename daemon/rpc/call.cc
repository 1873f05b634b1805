#include "daemon/rpc/call.h"

#include <algorithm>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/telemetry/log.h"
#include "domain/errors.h"
#include "proto/convert/status.h"

namespace tidewaiter::rpc {
namespace {

constexpr char kRequestIdKey[] = "x-request-id";
constexpr std::size_t kMaxRequestIdBytes = 128;

// Sixteen hexadecimal digits; nobody has to be unable to guess them.
std::string DrawRequestId() {
  thread_local absl::InsecureBitGen random;
  auto number = absl::Uniform<std::uint64_t>(random);
  std::string id(16, '0');
  for (char& digit : id) {
    digit = "0123456789abcdef"[number & 15];
    number >>= 4;
  }
  return id;
}

// The caller's own, if it is fit to be written down; else "".
std::string GivenRequestId(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find(kRequestIdKey);
  if (it == metadata.end()) return "";
  const std::string id(it->second.data(), it->second.size());
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  return id.size() > kMaxRequestIdBytes || !printable ? "" : id;
}

std::string_view CodeName(grpc::StatusCode code) {
  static constexpr std::string_view kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto i = static_cast<std::size_t>(code);
  return i < std::size(kNames) ? kNames[i] : kNames[2];
}

// What the operator must see; the rest is between the caller and us.
telemetry::LogLevel LevelOf(grpc::StatusCode code, Reason reason) {
  switch (code) {
    case grpc::StatusCode::DATA_LOSS:
      // Of the store, or of a caller that comes with the token of another one.
      return reason == Reason::kCorruption || reason == Reason::kUnknown ? telemetry::LogLevel::kError
                                                                         : telemetry::LogLevel::kInfo;
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
      return telemetry::LogLevel::kError;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return telemetry::LogLevel::kWarning;
    case grpc::StatusCode::UNAVAILABLE:
      return reason == Reason::kShuttingDown ? telemetry::LogLevel::kDebug : telemetry::LogLevel::kError;
    case grpc::StatusCode::OK:
    case grpc::StatusCode::CANCELLED:
      return telemetry::LogLevel::kDebug;
    default:
      return telemetry::LogLevel::kInfo;
  }
}

}  // namespace

Call::Call(Backend& backend, grpc::CallbackServerContext* context, Method method)
    : backend_(backend),
      context_(context),
      method_(method),
      start_(absl::Now()),
      request_id_(GivenRequestId(*context)),
      is_id_given_(!request_id_.empty()) {
  backend_.method_metrics[static_cast<std::size_t>(method)]->Started();
}

absl::Status Call::CheckAlive() const {
  if (!cancelled()) return absl::OkStatus();
  if (absl::FromChrono(context_->deadline()) <= absl::Now()) {
    return absl::DeadlineExceededError("the caller's deadline has passed");
  }
  return absl::CancelledError("the caller hung up");
}

absl::Duration Call::elapsed() const { return absl::Now() - start_; }

const std::string& Call::RequestId() {
  if (request_id_.empty()) request_id_ = DrawRequestId();
  return request_id_;
}

grpc::Status Call::Close(const absl::Status& status) {
  grpc::Status result = status.ok() ? grpc::Status() : convert::ToGrpc(status, RequestId());
  // One that was drawn says nothing about a call that went well, and costs both sides a microsecond.
  if (is_id_given_ || !status.ok()) context_->AddTrailingMetadata(kRequestIdKey, RequestId());
  const Reason reason = status.ok() ? Reason::kUnknown : DetailsOf(status).reason;
  if (reason == Reason::kStoreFailed) backend_.on_store_failure();
  end_ = absl::Now();
  backend_.method_metrics[static_cast<std::size_t>(method_)]->Handled(result.error_code(),
                                                                      absl::ToDoubleSeconds(end_ - start_));
  LogEnd(result, LevelOf(result.error_code(), reason));
  return result;
}

void Call::LogEnd(const grpc::Status& status, telemetry::LogLevel level) {
  if (!backend_.log->enabled(level)) return;
  const MethodInfo& info = InfoOf(method_);
  backend_.log->Write(level, status.ok() ? "call" : "call failed",
                      {{"method", absl::StrCat(absl::string_view(info.service.data(), info.service.size()),
                                               "/", absl::string_view(info.name.data(), info.name.size()))},
                       {"code", std::string(CodeName(status.error_code()))},
                       {"ms", absl::StrFormat("%.3f", absl::ToDoubleMilliseconds(end_ - start_))},
                       {"request_id", RequestId()},
                       {"peer", context_->peer()},
                       {"error", status.error_message()}});
}

}  // namespace tidewaiter::rpc
