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

void Build(const NextRows& next, Belt* belt) {
  std::uint64_t observations = 0;
  for (Rows rows = next(); !rows.empty(); rows = next()) {
    observations += rows.size();
    for (v1::UploadReleaseRequest& request : UploadBlocks(rows)) belt->Put(std::move(request));
  }
  belt->Put(UploadEnd(observations));
  belt->End();
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

void Upload(const std::shared_ptr<grpc::Channel>& channel, const std::string& release_id,
            std::int64_t published_seconds, const NextRows& next) {
  Belt belt;
  std::thread builder([&] { Build(next, &belt); });
  const auto stub = v1::ReleaseService::NewStub(channel);
  grpc::ClientContext context;
  v1::UploadReleaseResponse response;
  const auto writer = stub->UploadRelease(&context, &response);
  bool sent = writer->Write(UploadHeader(release_id, published_seconds)) && writer->Write(UploadSection());
  while (const auto request = belt.Take()) sent = sent && writer->Write(*request);
  builder.join();
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  Check(status.ok() && sent, "UploadRelease: " + status.error_message());
}

}  // namespace tidewaiter::bench
