// The plain store: the definitions of storage/store.h, followed to the letter, in memory.
#pragma once

#include <memory>

#include "storage/store.h"

namespace tidewaiter::storage {

// A store that keeps the accepted releases in a vector and answers every question by going through them. It
// is the model that the durable store is tested against, and the store of tests that need no disk: it shares
// no logic with either SeriesFold or storage/rocks. Nothing survives it.
std::unique_ptr<Store> NewMemoryStore(const LogId& id);

}  // namespace tidewaiter::storage
