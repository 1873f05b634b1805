// The stores that the suites run against.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "storage/memory/memory_store.h"
#include "storage/rocks/rocks_store.h"
#include "storage/store.h"
#include "tests/support/temporary_directory.h"

namespace tidewaiter::storage {

// A store of a test's own, empty when made. A durable one can be closed and opened again.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;
  // Whether everything accepted outlives Reopen().
  virtual bool durable() const { return false; }
  // Closes the store and opens what it left; references to the old one are void.
  virtual void Reopen() {}
};

class MemoryStoreUnderTest final : public StoreUnderTest {
 public:
  explicit MemoryStoreUnderTest(const LogId& id) : store_(NewMemoryStore(id)) {}
  Store& store() override { return *store_; }

 private:
  std::unique_ptr<Store> store_;
};

class RocksStoreUnderTest final : public StoreUnderTest {
 public:
  // `threshold_bytes`: from where uploads spill to disk and enter as sorted tables; 0: as built.
  // `series_memory_bytes`: for decoded series.
  explicit RocksStoreUnderTest(std::size_t threshold_bytes, std::uint64_t series_memory_bytes = 8u << 20) {
    options_.directory = directory_.path() + "/store";
    options_.cache_bytes = 8u << 20;
    options_.disk_reserve_bytes = 1u << 20;
    options_.series_memory_bytes = series_memory_bytes;
    options_.upload_buffer_bytes = threshold_bytes;
    options_.ingest_threshold_bytes = threshold_bytes;
    options_.chunk_table_bytes = threshold_bytes;
    if (threshold_bytes != 0) options_.slice_table_bytes = 100'000;  // six periods at a time
    Open();
  }
  Store& store() override { return *store_; }
  bool durable() const override { return true; }
  void Reopen() override {
    store_.reset();
    Open();
  }

 private:
  void Open() {
    absl::StatusOr<std::unique_ptr<Store>> store = OpenRocksStore(options_);
    if (!store.ok()) {
      std::fprintf(stderr, "cannot open the store: %s\n", store.status().ToString().c_str());
      std::abort();
    }
    store_ = *std::move(store);
  }
  support::TemporaryDirectory directory_;
  RocksOptions options_;
  std::unique_ptr<Store> store_;
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  friend std::ostream& operator<<(std::ostream& out, const StoreKind& kind) { return out << kind.name; }
};

// The durable store as it is, with thresholds so low that every path of an upload is walked, without a memory
// of decoded series, and with one in which there is room for hardly any.
inline std::vector<StoreKind> DurableStores() {
  return {{"Rocks", [] { return std::make_unique<RocksStoreUnderTest>(0); }},
          {"RocksSpilling", [] { return std::make_unique<RocksStoreUnderTest>(512); }},
          {"RocksForgetful", [] { return std::make_unique<RocksStoreUnderTest>(0, 0); }},
          {"RocksCramped", [] { return std::make_unique<RocksStoreUnderTest>(512, 14u << 10); }}};
}

inline std::vector<StoreKind> AllStores() {
  std::vector<StoreKind> all = DurableStores();
  all.push_back({"Memory", [] { return std::make_unique<MemoryStoreUnderTest>(LogId{1, 2, 3}); }});
  return all;
}

}  // namespace tidewaiter::storage
