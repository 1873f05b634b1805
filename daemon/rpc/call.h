// One call: its request id, its metrics, its line in the log.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "daemon/rpc/backend.h"
#include "daemon/rpc/methods.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"

namespace tidewaiter::rpc {

// Of a unary call it lives until Finish(), of others as long as their reactor. Close() once, before Finish().
class Call {
 public:
  // Takes the caller's x-request-id; where there is none, one is drawn if it is needed.
  Call(Backend& backend, grpc::CallbackServerContext* context, Method method);

  Backend& backend() const { return backend_; }
  // The caller hung up, or its deadline has passed.
  bool cancelled() const { return context_->IsCancelled(); }
  // OK, or why there is nobody to answer: CANCELLED or DEADLINE_EXCEEDED.
  absl::Status CheckAlive() const;
  absl::Time start() const { return start_; }
  absl::Duration elapsed() const;
  // When it was closed.
  absl::Time end() const { return end_; }
  // Breaks the call off: its reactor's next step fails.
  void Abort() { context_->TryCancel(); }

  // Fields of the answer as they stand on the wire, beside those of its message; of unary calls.
  std::string& more_fields() { return more_fields_; }

  // What to give to Finish(). Counts and logs, and sends the request id back in the trailing metadata: the
  // caller's own, or with an error.
  grpc::Status Close(const absl::Status& status);

 private:
  const std::string& RequestId();
  void LogEnd(const grpc::Status& status, telemetry::LogLevel level);

  Backend& backend_;
  grpc::CallbackServerContext* const context_;
  const Method method_;
  const absl::Time start_;
  absl::Time end_;
  std::string request_id_;  // "": not drawn yet
  const bool is_id_given_;
  std::string more_fields_;
};

}  // namespace tidewaiter::rpc
