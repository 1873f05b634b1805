// What the load client and the ceilings share: calls as raw bytes, so that both sides of a ratio cost the
// client the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "google/protobuf/message.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/byte_buffer.h"

namespace tidewaiter::bench {

inline constexpr char kGetObservations[] = "/tidewaiter.v1.ObservationService/GetObservations";
inline constexpr char kPushRelease[] = "/tidewaiter.v1.ReleaseService/PushRelease";
inline constexpr char kSubscribe[] = "/tidewaiter.v1.UpdateService/Subscribe";
inline constexpr char kRetractRelease[] = "/tidewaiter.v1.ReleaseService/RetractRelease";

// A connection of its own; exits if there is none within ten seconds.
std::shared_ptr<grpc::Channel> Connect(const std::string& address);

grpc::ByteBuffer ToBytes(const google::protobuf::Message& message);
std::string ToText(const grpc::ByteBuffer& bytes);
// Exits if the bytes are no such message.
void ParseBytes(const grpc::ByteBuffer& bytes, google::protobuf::Message* message);

// What the ceiling server does: answers with so many bytes, after a durable commit of so many (0: none).
grpc::ByteBuffer CeilingRequest(std::uint32_t answer_bytes, std::uint32_t commit_bytes,
                                std::size_t request_bytes);

struct UnaryRun {
  std::uint64_t calls = 0;
  double seconds = 0;
  double p50_us = 0;
  double p99_us = 0;
  std::uint64_t answer_bytes = 0;
  double rate() const { return static_cast<double>(calls) / seconds; }
  double mean_answer_bytes() const {
    return calls == 0 ? 0 : static_cast<double>(answer_bytes) / static_cast<double>(calls);
  }
};
struct UnaryLoad {
  std::string method;
  int outstanding = 64;
  double seconds = 2;  // and not more calls than:
  std::uint64_t max_calls = ~0ull;
  std::function<grpc::ByteBuffer(std::uint64_t call)> request;
  std::function<void(std::uint64_t call, const grpc::ByteBuffer& answer)> answer;  // or null
};
// Keeps `outstanding` calls under way from one thread; exits at the first call that fails.
UnaryRun RunUnary(const std::shared_ptr<grpc::Channel>& channel, const UnaryLoad& load);

// One call, for its answer.
grpc::ByteBuffer CallOnce(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                          const grpc::ByteBuffer& request);

}  // namespace tidewaiter::bench
