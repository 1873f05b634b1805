#include "tests/bench/daemon/rpc_client.h"

#include <cstring>
#include <utility>

#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "tests/bench/daemon/report.h"

namespace tidewaiter::bench {
namespace {

struct PendingCall {
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  grpc::ByteBuffer answer;
  grpc::Status status;
  std::uint64_t number = 0;
  std::int64_t started = 0;
};

// The calls of one run. Single-threaded.
class UnaryRunner {
 public:
  UnaryRunner(const std::shared_ptr<grpc::Channel>& channel, const UnaryLoad& load)
      : load_(load), stub_(channel), calls_(static_cast<std::size_t>(load.outstanding)) {}

  UnaryRun Run() {
    const Stopwatch watch;
    for (PendingCall& call : calls_) Start(&call);
    void* tag = nullptr;
    bool ok = false;
    while (under_way_ > 0 && queue_.Next(&tag, &ok)) {
      auto* call = static_cast<PendingCall*>(tag);
      --under_way_;
      End(*call);
      if (watch.seconds() < load_.seconds) Start(call);
    }
    run_.seconds = watch.seconds();
    run_.p50_us = Percentile(&micros_, 0.5);
    run_.p99_us = Percentile(&micros_, 0.99);
    return run_;
  }

 private:
  void Start(PendingCall* call) {
    if (started_ == load_.max_calls) return;
    call->number = started_++;
    call->context = std::make_unique<grpc::ClientContext>();
    call->answer.Clear();
    call->started = NowNanos();
    const grpc::ByteBuffer request = load_.request(call->number);
    call->reader = stub_.PrepareUnaryCall(call->context.get(), load_.method, request, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->answer, &call->status, call);
    ++under_way_;
  }

  void End(const PendingCall& call) {
    Check(call.status.ok(), load_.method + ": " + call.status.error_message());
    micros_.push_back(static_cast<double>(NowNanos() - call.started) / 1e3);
    ++run_.calls;
    run_.answer_bytes += call.answer.Length();
    if (load_.answer) load_.answer(call.number, call.answer);
  }

  const UnaryLoad& load_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::vector<PendingCall> calls_;
  std::uint64_t started_ = 0;
  int under_way_ = 0;
  std::vector<double> micros_;
  UnaryRun run_;
};

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  auto channel = grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(10);
  Check(channel->WaitForConnected(deadline), "nobody answers at " + address);
  return channel;
}

grpc::ByteBuffer ToBytes(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return {&slice, 1};
}

std::string ToText(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  Check(bytes.Dump(&slices).ok(), "bytes that cannot be read");
  std::string text;
  for (const grpc::Slice& slice : slices)
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

void ParseBytes(const grpc::ByteBuffer& bytes, google::protobuf::Message* message) {
  grpc::Slice slice;
  if (bytes.TrySingleSlice(&slice).ok()) {
    Check(message->ParseFromArray(slice.begin(), static_cast<int>(slice.size())),
          "an answer that cannot be read");
    return;
  }
  Check(message->ParseFromString(ToText(bytes)), "an answer that cannot be read");
}

grpc::ByteBuffer CeilingRequest(std::uint32_t answer_bytes, std::uint32_t commit_bytes,
                                std::size_t request_bytes) {
  std::string text(std::max(request_bytes, 2 * sizeof(std::uint32_t)), 'r');
  std::memcpy(text.data(), &answer_bytes, sizeof(answer_bytes));
  std::memcpy(text.data() + sizeof(answer_bytes), &commit_bytes, sizeof(commit_bytes));
  grpc::Slice slice(text);
  return {&slice, 1};
}

UnaryRun RunUnary(const std::shared_ptr<grpc::Channel>& channel, const UnaryLoad& load) {
  return UnaryRunner(channel, load).Run();
}

grpc::ByteBuffer CallOnce(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                          const grpc::ByteBuffer& request) {
  grpc::ByteBuffer result;
  UnaryLoad load;
  load.method = method;
  load.outstanding = 1;
  load.max_calls = 1;
  load.request = [&request](std::uint64_t) { return request; };
  load.answer = [&result](std::uint64_t, const grpc::ByteBuffer& answer) { result = answer; };
  RunUnary(channel, load);
  return result;
}

}  // namespace tidewaiter::bench
