#include "daemon/rpc/health_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "daemon/rpc/bytes.h"
#include "daemon/rpc/call.h"
#include "daemon/rpc/methods.h"
#include "daemon/rpc/unary.h"
#include "domain/errors.h"

namespace tidewaiter::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

bool IsKnown(std::string_view service) {
  if (service.empty()) return true;
  for (const MethodInfo& method : kMethodTable) {
    if (method.service == service) return true;
  }
  return false;
}

HealthCheckResponse::ServingStatus StatusOf(bool serving) {
  return serving ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

}  // namespace

// One watch: writes the state when it changes, the newest one only. The service owns it until OnDone.
class HealthService::Watcher final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                                     public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(HealthService* service, grpc::CallbackServerContext* context)
      : service_(*service), call_(service->backend_, context, Method::kHealthWatch) {}

  void Start(const grpc::ByteBuffer& request) {
    const bool ended = !service_.Add(shared_from_this());
    HealthCheckRequest message;
    const absl::Status status = Parse(request, convert::kSmallRequest, &message);
    absl::MutexLock lock(&mutex_);
    if (!status.ok()) {
      finished_ = true;
      return Finish(call_.Close(status));
    }
    known_ = IsKnown(message.service());
    ending_ = ending_ || ended;
    started_ = true;
    Step();
  }
  // The state may have changed; with `end`, it is the last.
  void Notify(bool end) {
    absl::MutexLock lock(&mutex_);
    ending_ = ending_ || end;
    Step();
  }
  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    ending_ = ending_ || !ok;
    broken_ = broken_ || !ok;
    Step();
  }
  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
    broken_ = true;
    Step();
  }
  void OnDone() override { service_.Remove(this); }

 private:
  // The one place that writes and finishes.
  void Step() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!started_ || writing_ || finished_) return;
    const HealthCheckResponse::ServingStatus now =
        known_ ? StatusOf(service_.serving()) : HealthCheckResponse::SERVICE_UNKNOWN;
    if (now != told_ && !broken_) {
      told_ = now;
      HealthCheckResponse response;
      response.set_status(now);
      message_ = Serialize(response);
      writing_ = true;
      StartWrite(&message_);
    } else if (ending_) {
      finished_ = true;
      Finish(call_.Close(broken_ ? absl::CancelledError("the caller hung up")
                                 : MakeError(absl::StatusCode::kUnavailable, Reason::kShuttingDown,
                                             "the daemon is shutting down")));
    }
  }

  HealthService& service_;
  Call call_;
  absl::Mutex mutex_;  // taken before the service's
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool known_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<HealthCheckResponse::ServingStatus> told_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer message_ ABSL_GUARDED_BY(mutex_);
};

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  const auto handle = [this](Call& call, const HealthCheckRequest& check,
                             HealthCheckResponse* answer) -> absl::Status {
    if (!IsKnown(check.service())) return absl::NotFoundError("there is no such service");
    answer->set_status(StatusOf(serving()));
    return absl::OkStatus();
  };
  return ServeUnary<HealthCheckRequest, HealthCheckResponse>(backend_, context, Method::kHealthCheck, request,
                                                             response, handle);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* HealthService::Watch(grpc::CallbackServerContext* context,
                                                                 const grpc::ByteBuffer* request) {
  const auto watcher = std::make_shared<Watcher>(this, context);
  watcher->Start(*request);
  return watcher.get();
}

void HealthService::SetServing(bool serving) {
  {
    absl::MutexLock lock(&mutex_);
    serving_ = serving;
  }
  NotifyAll(/*end=*/false);
}

void HealthService::EndWatches() {
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  NotifyAll(/*end=*/true);
}

void HealthService::NotifyAll(bool end) {
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [pointer, watcher] : watchers_) watchers.push_back(watcher);
  }
  for (const std::shared_ptr<Watcher>& watcher : watchers) watcher->Notify(end);
}

bool HealthService::Add(std::shared_ptr<Watcher> watcher) {
  absl::MutexLock lock(&mutex_);
  Watcher* const key = watcher.get();
  watchers_.emplace(key, std::move(watcher));
  return !ended_;
}

void HealthService::Remove(Watcher* watcher) {
  std::shared_ptr<Watcher> last;  // destroyed without the lock
  absl::MutexLock lock(&mutex_);
  const auto it = watchers_.find(watcher);
  if (it == watchers_.end()) return;
  last = std::move(it->second);
  watchers_.erase(it);
}

bool HealthService::serving() const {
  absl::MutexLock lock(&mutex_);
  return serving_;
}

}  // namespace tidewaiter::rpc
