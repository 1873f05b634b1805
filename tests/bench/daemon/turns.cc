#include "tests/bench/daemon/turns.h"

#include <cstdlib>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tidewaiter::bench {

double CpuWith(const char* server_pid) {
  const char* pid = std::getenv(server_pid);
  return CpuSeconds() + (pid == nullptr ? 0 : CpuSecondsOf(pid));
}

void Settle(const char* server_pid) {
  const char* pid = std::getenv(server_pid);
  if (pid == nullptr) return;
  constexpr int kLooks = 600;
  constexpr double kIdleSeconds = 0.005;  // in 100 ms
  double before = CpuSecondsOf(pid);
  for (int look = 0; look < kLooks; ++look) {
    absl::SleepFor(absl::Milliseconds(100));
    const double now = CpuSecondsOf(pid);
    if (now - before <= kIdleSeconds) return;
    before = now;
  }
}

void TakeTurn(const ChannelPtr& channel, const UnaryLoad& load, const char* server_pid, Side* side) {
  const double cpu = CpuWith(server_pid);
  const UnaryRun run = RunUnary(channel, load);
  Settle(server_pid);
  side->cpu_seconds += CpuWith(server_pid) - cpu;
  side->run.calls += run.calls;
  side->run.seconds += run.seconds;
  side->run.answer_bytes += run.answer_bytes;
  side->run.p50_us += run.p50_us / kTurns;
  side->run.p99_us += run.p99_us / kTurns;
}

void Report(const Side& ours, const Side& ceiling, Line* line) {
  line->Set("ours", ours.run.rate())
      .Set("ceiling", ceiling.run.rate())
      .Set("p50_us", ours.run.p50_us)
      .Set("p99_us", ours.run.p99_us)
      .Set("ceiling_p50_us", ceiling.run.p50_us)
      .Set("cpu_us", ours.cpu_us())
      .Set("ceiling_cpu_us", ceiling.cpu_us())
      .Set("answer_bytes", ours.run.mean_answer_bytes());
}

}  // namespace tidewaiter::bench
