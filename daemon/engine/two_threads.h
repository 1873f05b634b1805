// Work that is split in two where a thread is to be had.
#pragma once

#include "absl/functional/function_ref.h"

namespace tidewaiter::engine {

// Runs both, at the same time if no other call does so now: a question that comes alone is answered sooner,
// and many at once, which keep the processors busy anyway, cost nothing more. They share nothing that either
// changes. The one further thread is started by the first call, and waits for the next.
void RunBoth(absl::FunctionRef<void()> first, absl::FunctionRef<void()> second);

}  // namespace tidewaiter::engine
