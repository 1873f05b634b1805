#include "tests/bench/daemon/fan_out.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "grpcpp/generic/generic_stub.h"
#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/rpc_client.h"

namespace tidewaiter::bench {
namespace {

// One stream: opened, asked, greeted with one message, then counted.
struct Stream {
  enum class Step { kOpen, kAsk, kGreeting, kMessages, kEnd };
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call;
  grpc::ByteBuffer message;
  grpc::Status status;
  Step step = Step::kOpen;
  int index = 0;
  int messages = 0;
  int parts = 0;  // of the message under way
};

class FanOutRun {
 public:
  explicit FanOutRun(const FanOut& fan) : fan_(fan), acknowledged_(static_cast<std::size_t>(fan.messages)) {}

  FanOutResult Run() {
    Open();
    std::vector<std::thread> publishers;
    void* tag = nullptr;
    bool ok = false;
    while (under_way_ > 0 && queue_.Next(&tag, &ok)) {
      Step(static_cast<Stream*>(tag), ok);
      if (greeted_ == fan_.subscribers && publishers.empty()) publishers = StartPublishing();
      if (delivered_ == Expected() && !std::exchange(ending_, true)) {
        last_delivery_ = NowNanos();
        for (const auto& stream : streams_) stream->context.TryCancel();
      }
    }
    for (std::thread& publisher : publishers) publisher.join();
    Check(delivered_ == Expected(), "subscribers ended before they had every message");
    return Result();
  }

 private:
  std::int64_t Expected() const { return std::int64_t{fan_.messages} * fan_.subscribers; }

  void Open() {
    for (int i = 0; i < fan_.connections; ++i)
      stubs_.push_back(std::make_unique<grpc::GenericStub>(Connect(fan_.address)));
    for (int i = 0; i < fan_.subscribers; ++i) {
      Stream& stream = *streams_.emplace_back(std::make_unique<Stream>());
      stream.index = i;
      stream.call = stubs_[static_cast<std::size_t>(i % fan_.connections)]->PrepareCall(&stream.context,
                                                                                        kSubscribe, &queue_);
      stream.call->StartCall(&stream);
      ++under_way_;
    }
  }

  void Step(Stream* stream, bool ok) {
    if (!ok && stream->step != Stream::Step::kEnd) {
      stream->step = Stream::Step::kEnd;
      stream->call->Finish(&stream->status, stream);
      return;
    }
    switch (stream->step) {
      case Stream::Step::kOpen:
        stream->step = Stream::Step::kAsk;
        stream->call->WriteLast(fan_.request(stream->index), grpc::WriteOptions(), stream);
        return;
      case Stream::Step::kAsk:
        stream->step = Stream::Step::kGreeting;
        break;
      case Stream::Step::kGreeting:
        stream->step = Stream::Step::kMessages;
        ++greeted_;
        break;
      case Stream::Step::kMessages:
        Count(stream);
        break;
      case Stream::Step::kEnd:
        --under_way_;
        Check(ending_, "a subscription ended: " + stream->status.error_message());
        return;
    }
    stream->call->Read(&stream->message, stream);
  }

  void Count(Stream* stream) {
    bytes_ += stream->message.Length();
    if (stream->index == 0) {
      if (stream->parts == 0) result_.sample.clear();
      result_.sample += ToText(stream->message);
    }
    if (++stream->parts < fan_.parts) return;
    stream->parts = 0;
    ++delivered_;
    if (fan_.gap_seconds > 0) {
      // Zero while the acknowledgement is still on its way: then the delivery overtook it.
      const std::int64_t acknowledged = acknowledged_[static_cast<std::size_t>(stream->messages)].load();
      millis_.push_back(acknowledged == 0 ? 0 : static_cast<double>(NowNanos() - acknowledged) / 1e6);
    }
    ++stream->messages;
  }

  std::vector<std::thread> StartPublishing() {
    first_publication_ = NowNanos();
    std::vector<std::thread> threads;
    for (int i = 0; i < (fan_.gap_seconds > 0 ? 1 : fan_.publishers); ++i)
      threads.emplace_back([this] { Publish(); });
    return threads;
  }

  void Publish() {
    for (int message = next_++; message < fan_.messages; message = next_++) {
      if (fan_.gap_seconds > 0) std::this_thread::sleep_for(std::chrono::duration<double>(fan_.gap_seconds));
      fan_.publish(message);
      acknowledged_[static_cast<std::size_t>(message)].store(NowNanos());
    }
  }

  FanOutResult Result() {
    result_.deliveries_per_second =
        static_cast<double>(delivered_) / (static_cast<double>(last_delivery_ - first_publication_) / 1e9);
    result_.message_bytes = static_cast<double>(bytes_) / static_cast<double>(delivered_);
    result_.p50_ms = Percentile(&millis_, 0.5);
    result_.p99_ms = Percentile(&millis_, 0.99);
    result_.max_ms = Percentile(&millis_, 1);
    return result_;
  }

  const FanOut& fan_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::atomic<std::int64_t>> acknowledged_;
  std::atomic<int> next_{0};
  std::vector<double> millis_;
  int under_way_ = 0;
  int greeted_ = 0;
  bool ending_ = false;
  std::int64_t delivered_ = 0;
  std::uint64_t bytes_ = 0;
  std::int64_t first_publication_ = 0;
  std::int64_t last_delivery_ = 0;
  FanOutResult result_;
};

}  // namespace

FanOutResult RunFanOut(const FanOut& fan) { return FanOutRun(fan).Run(); }

}  // namespace tidewaiter::bench
