// Many subscribers in one process, on a few connections.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grpcpp/support/byte_buffer.h"

namespace tidewaiter::bench {

struct FanOut {
  std::string address;
  int subscribers = 1000;
  int connections = 4;
  std::function<grpc::ByteBuffer(int subscriber)> request;
  // Publishes one message to all; returns when it is acknowledged. Called from one thread at a time.
  std::function<void(int message)> publish;
  int messages = 0;
  // As which each arrives: a release with moved aggregates comes in two parts. The last one counts.
  int parts = 1;
  // 0: one right after the other, from `publishers` threads. Else one at a time, this long apart.
  double gap_seconds = 0;
  int publishers = 1;
};

struct FanOutResult {
  double deliveries_per_second = 0;  // from the first publication to the last delivery
  double message_bytes = 0;          // mean
  double p50_ms = 0;                 // from acknowledgement to delivery, of all deliveries; with a gap only
  double p99_ms = 0;
  double max_ms = 0;
  double cpu_us = 0;   // for the caller to fill in: a delivery, both processes
  std::string sample;  // the last message that the first subscriber got, its parts one after the other
};
// Exits unless every subscriber gets every message.
FanOutResult RunFanOut(const FanOut& fan);

}  // namespace tidewaiter::bench
