// Both sides of a ratio, by turns, so that what else the machine does strikes both.
#pragma once

#include <memory>

#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/rpc_client.h"

namespace tidewaiter::bench {

using ChannelPtr = std::shared_ptr<grpc::Channel>;

// Names of the environment's variables with the process ids of the servers.
inline constexpr char kDaemonPid[] = "TIDEWAITER_BENCH_DAEMON_PID";
inline constexpr char kCeilingPid[] = "TIDEWAITER_BENCH_CEILING_PID";
// Processor time of this client and of the server that it loads. On a shared machine it says more than the
// clock: two processes that keep both cores busy go as fast as they are cheap.
double CpuWith(const char* server_pid);
// Waits, a minute at most, until the server has nothing left to do: what was put off (checks, compaction) would
// slow down whoever has the next turn.
void Settle(const char* server_pid);

inline constexpr int kTurns = 4;
struct Side {
  UnaryRun run;
  double cpu_seconds = 0;
  double cpu_us() const { return 1e6 * cpu_seconds / static_cast<double>(run.calls); }
};
// Settles after it; the processor time of that is part of what the calls cost.
void TakeTurn(const ChannelPtr& channel, const UnaryLoad& load, const char* server_pid, Side* side);
void Report(const Side& ours, const Side& ceiling, Line* line);

}  // namespace tidewaiter::bench
