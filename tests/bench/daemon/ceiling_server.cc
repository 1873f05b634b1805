// The ceilings behind a wire: tidewaiterd's methods by name, on the same callback API, with bytes instead of
// work.
//   ceiling_server ADDRESS DIRECTORY [COMMIT_THREADS]
//   GetObservations   answers with as many bytes as the request says
//   PushRelease       writes as many bytes as the request says to RocksDB, synced, on a pool of threads whose
//   writes
//                     RocksDB groups; then answers
//   Subscribe         says one small message, then whatever is published
//   RetractRelease    answers, then publishes one message of as many bytes as the request says to every
//   subscriber
#include <grpcpp/grpcpp.h>
#include <rocksdb/db.h>
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/rpc_client.h"
#include "tidewaiter/v1/observation_service.grpc.pb.h"
#include "tidewaiter/v1/release_service.grpc.pb.h"
#include "tidewaiter/v1/update_service.grpc.pb.h"

namespace tidewaiter::bench {
namespace {

class Pool {
 public:
  explicit Pool(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  void Run(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

 private:
  void Work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

struct Wish {
  std::uint32_t answer_bytes = 0;
  std::uint32_t commit_bytes = 0;
};
Wish WishOf(const grpc::ByteBuffer& request) {
  grpc::Slice slice;
  Wish wish;
  if (request.TrySingleSlice(&slice).ok() && slice.size() >= sizeof(wish)) {
    std::memcpy(&wish, slice.begin(), sizeof(wish));
  }
  return wish;
}

grpc::ByteBuffer BytesOf(std::uint32_t size) {
  grpc::Slice slice(std::string(size, 'a'));
  return {&slice, 1};
}

class Subscriber;

// What has been published, and who is to get it.
class Fan {
 public:
  void Add(Subscriber* subscriber) {
    const std::lock_guard lock(mutex_);
    subscribers_.insert(subscriber);
  }
  void Remove(Subscriber* subscriber) {
    const std::lock_guard lock(mutex_);
    subscribers_.erase(subscriber);
  }
  void Publish(std::uint32_t bytes);
  // The message after `seen` of them, or null. Stays where it is.
  const grpc::ByteBuffer* After(std::size_t seen) const {
    const std::lock_guard lock(messages_mutex_);
    return seen < messages_.size() ? &messages_[seen] : nullptr;
  }
  std::size_t size() const {
    const std::lock_guard lock(messages_mutex_);
    return messages_.size();
  }

 private:
  std::mutex mutex_;  // taken before messages_mutex_
  std::set<Subscriber*> subscribers_;
  mutable std::mutex messages_mutex_;
  std::deque<grpc::ByteBuffer> messages_;
};

class Subscriber final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit Subscriber(Fan* fan) : fan_(fan), seen_(fan->size()), hello_(BytesOf(8)) {
    fan_->Add(this);
    StartWrite(&hello_);
  }
  void Wake() {
    const std::lock_guard lock(mutex_);
    if (!busy_) WriteNext();
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    busy_ = false;
    ok ? WriteNext() : End();
  }
  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    if (!busy_) End();
  }
  void OnDone() override {
    fan_->Remove(this);
    delete this;
  }

 private:
  void WriteNext() {
    if (ended_) return;
    const grpc::ByteBuffer* message = fan_->After(seen_);
    if (message == nullptr) return;
    ++seen_;
    busy_ = true;
    StartWrite(message);
  }
  void End() {
    if (!std::exchange(ended_, true)) Finish(grpc::Status::CANCELLED);
  }
  Fan* const fan_;
  std::mutex mutex_;
  std::size_t seen_;
  bool busy_ = true;
  bool ended_ = false;
  const grpc::ByteBuffer hello_;
};

void Fan::Publish(std::uint32_t bytes) {
  const std::lock_guard lock(mutex_);
  {
    const std::lock_guard messages_lock(messages_mutex_);
    messages_.push_back(BytesOf(bytes));
  }
  for (Subscriber* subscriber : subscribers_) subscriber->Wake();
}

class Observations final
    : public v1::ObservationService::WithRawCallbackMethod_GetObservations<v1::ObservationService::Service> {
  grpc::ServerUnaryReactor* GetObservations(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* answer) override {
    *answer = BytesOf(WishOf(*request).answer_bytes);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

class Updates final : public v1::UpdateService::WithRawCallbackMethod_Subscribe<v1::UpdateService::Service> {
 public:
  explicit Updates(Fan* fan) : fan_(fan) {}
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext*,
                                                        const grpc::ByteBuffer*) override {
    return new Subscriber(fan_);
  }

 private:
  Fan* const fan_;
};

class Releases final
    : public v1::ReleaseService::WithRawCallbackMethod_PushRelease<
          v1::ReleaseService::WithRawCallbackMethod_RetractRelease<v1::ReleaseService::Service>> {
 public:
  Releases(const std::string& directory, int threads, Fan* fan)
      : fan_(fan), commits_(threads), publishing_(1) {
    std::filesystem::remove_all(directory);
    rocksdb::Options options;
    options.create_if_missing = true;
    options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options, directory, &db);
    Check(status.ok(), status.ToString());
    db_.reset(db);
  }
  grpc::ServerUnaryReactor* PushRelease(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* answer) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    commits_.Run([this, reactor, wish = WishOf(*request), answer] {
      std::uint64_t key = __builtin_bswap64(++keys_);
      rocksdb::WriteOptions options;
      options.sync = true;
      const rocksdb::Status status =
          db_->Put(options, rocksdb::Slice(reinterpret_cast<const char*>(&key), sizeof(key)),
                   std::string(wish.commit_bytes, 'v'));
      *answer = BytesOf(wish.answer_bytes);
      reactor->Finish(status.ok() ? grpc::Status::OK
                                  : grpc::Status(grpc::StatusCode::UNAVAILABLE, status.ToString()));
    });
    return reactor;
  }
  grpc::ServerUnaryReactor* RetractRelease(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request, grpc::ByteBuffer* answer) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    *answer = BytesOf(8);
    publishing_.Run([this, reactor, wish = WishOf(*request)] {
      reactor->Finish(grpc::Status::OK);
      fan_->Publish(wish.answer_bytes);
    });
    return reactor;
  }

 private:
  Fan* const fan_;
  std::unique_ptr<rocksdb::DB> db_;
  std::atomic<std::uint64_t> keys_{0};
  Pool commits_;
  Pool publishing_;
};

int Main(int argc, char** argv) {
  Check(argc >= 3, "usage: ceiling_server ADDRESS DIRECTORY [COMMIT_THREADS]");
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  Fan fan;
  Observations observations;
  Updates updates(&fan);
  Releases releases(argv[2], argc > 3 ? std::atoi(argv[3]) : 64, &fan);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  for (grpc::Service* service : std::initializer_list<grpc::Service*>{&observations, &updates, &releases}) {
    builder.RegisterService(service);
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  Check(server != nullptr, "cannot listen there");
  int signal = 0;
  sigwait(&ends, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

}  // namespace
}  // namespace tidewaiter::bench

int main(int argc, char** argv) { return tidewaiter::bench::Main(argc, argv); }
