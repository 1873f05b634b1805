// tidewaiter: the command line for people and scripts.
#include <unistd.h>

#include "absl/synchronization/mutex.h"
#include "client/cli/exit_code.h"
#include "client/cli/interrupt.h"
#include "client/cli/session.h"

int main(int argc, char** argv) {
  using tidewaiter::cli::Output;
  absl::Mutex mutex;
  tidewaiter::client::Client* client = nullptr;  // guarded by mutex
  tidewaiter::cli::Interrupt interrupt([&] {
    absl::MutexLock lock(&mutex);
    if (client != nullptr) client->CancelAll();
  });
  Output out(STDOUT_FILENO);
  Output err(STDERR_FILENO);
  const int code = tidewaiter::cli::RunProgram(argc, argv, &out, &err, [&](tidewaiter::client::Client* now) {
    absl::MutexLock lock(&mutex);
    client = now;
    if (client != nullptr && interrupt.happened()) client->CancelAll();
  });
  return interrupt.happened() ? tidewaiter::cli::kInterrupted : code;
}
