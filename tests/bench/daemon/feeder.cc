#include "tests/bench/daemon/feeder.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/requests.h"
#include "tidewaiter/v1/dataset_service.grpc.pb.h"
#include "tidewaiter/v1/release_service.grpc.pb.h"

namespace tidewaiter::bench {
namespace {

// Messages between the thread that builds them and the one that sends them.
class Belt {
 public:
  void Put(v1::UploadReleaseRequest request) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return requests_.size() < kLength; });
    requests_.push_back(std::move(request));
    changed_.notify_all();
  }
  void End() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  std::optional<v1::UploadReleaseRequest> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_ || !requests_.empty(); });
    if (requests_.empty()) return std::nullopt;
    v1::UploadReleaseRequest request = std::move(requests_.front());
    requests_.pop_front();
    changed_.notify_all();
    return request;
  }

 private:
  static constexpr std::size_t kLength = 4;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<v1::UploadReleaseRequest> requests_;
  bool ended_ = false;
};

std::uint64_t Build(const NextRows& next, Belt* belt) {
  std::uint64_t observations = 0;
  for (Rows rows = next(); !rows.empty(); rows = next()) {
    observations += rows.size();
    for (v1::UploadReleaseRequest& request : UploadBlocks(rows)) belt->Put(std::move(request));
  }
  belt->End();
  return observations;
}

}  // namespace

void CreateDataset(const std::shared_ptr<grpc::Channel>& channel, std::string_view id,
                   const std::vector<std::string>& dimensions) {
  grpc::ClientContext context;
  v1::CreateDatasetResponse response;
  const grpc::Status status =
      v1::DatasetService::NewStub(channel)->CreateDataset(&context, NewDataset(id, dimensions), &response);
  Check(status.ok(), "CreateDataset: " + status.error_message());
}

struct ReleaseUpload::Call {
  explicit Call(const std::shared_ptr<grpc::Channel>& channel)
      : stub(v1::ReleaseService::NewStub(channel)), writer(stub->UploadRelease(&context, &response)) {}

  const std::unique_ptr<v1::ReleaseService::Stub> stub;
  grpc::ClientContext context;
  v1::UploadReleaseResponse response;
  const std::unique_ptr<grpc::ClientWriter<v1::UploadReleaseRequest>> writer;
  Belt belt;
  std::uint64_t observations = 0;
  std::thread builder;
  bool sent = true;
};

ReleaseUpload::ReleaseUpload(const std::shared_ptr<grpc::Channel>& channel, const std::string& release_id,
                             std::int64_t published_seconds, NextRows next)
    : call_(std::make_unique<Call>(channel)) {
  call_->builder = std::thread(
      [call = call_.get(), next = std::move(next)] { call->observations = Build(next, &call->belt); });
  call_->sent = call_->writer->Write(UploadHeader(release_id, published_seconds)) &&
                call_->writer->Write(UploadSection());
}

ReleaseUpload::~ReleaseUpload() = default;

void ReleaseUpload::Send() {
  while (const auto request = call_->belt.Take()) call_->sent = call_->sent && call_->writer->Write(*request);
  call_->builder.join();
}

void ReleaseUpload::End() {
  call_->sent = call_->sent && call_->writer->Write(UploadEnd(call_->observations));
  call_->writer->WritesDone();
}

void ReleaseUpload::Finish() {
  const grpc::Status status = call_->writer->Finish();
  Check(status.ok() && call_->sent, "UploadRelease: " + status.error_message());
}

void Upload(const std::shared_ptr<grpc::Channel>& channel, const std::string& release_id,
            std::int64_t published_seconds, const NextRows& next) {
  ReleaseUpload upload(channel, release_id, published_seconds, next);
  upload.Send();
  upload.End();
  upload.Finish();
}

}  // namespace tidewaiter::bench
