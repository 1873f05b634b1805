// What only the durable store promises: what outlives the process, the power, a full disk and a bad one.

#include "storage/rocks/rocks_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/memory/memory_store.h"
#include "storage/rocks/abandoned_filter.h"
#include "storage/rocks/database.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"
#include "storage/rocks/records.h"
#include "tests/storage/power_cut_file_system.h"
#include "tests/support/release_text.h"
#include "tests/support/store_text.h"
#include "tests/support/temporary_directory.h"

namespace tidewaiter::storage {
namespace {

namespace fs = std::filesystem;
using support::Lines;
using support::MakeDataset;
using support::MakeRelease;

// Small releases of three kinds over ten series, so that series gather operands, scopes and texts.
std::string ReleaseTextOf(int i) {
  const int month = i % 12 + 1;
  const int year = 2020 + i / 12 % 5;
  const auto period = [year](int m) { return absl::StrCat(year, m < 10 ? "-0" : "-", m); };
  std::string text = absl::StrCat("release GACC r", i, " 2025-01-", i % 28 + 1 < 10 ? "0" : "", i % 28 + 1,
                                  "T00:00:0", i % 10, "Z title=t\n");
  absl::StrAppend(&text, i % 7 == 3 ? absl::StrCat("replace TRADE CN.P", i % 5, ".\n") : "merge TRADE\n");
  for (int s = 0; s < 1 + i % 4; ++s) {
    absl::StrAppend(&text, "CN.P", (i + s) % 5, s % 2 ? ".M " : ".X ", period(month), " ", i, ".", s,
                    " source=page-", i % 9, "\n");
  }
  return text;
}

// A release of `series` series and a year of months.
Release WideRelease(const Store& store, const std::string& id, int series) {
  support::ReleaseDraft draft =
      support::ParseRelease(absl::StrCat("release GACC ", id, " 2025-02-01T00:00:00Z\nmerge TRADE\n"));
  for (int s = 0; s < series; ++s) {
    for (int month = 0; month < 12; ++month) {
      Observation& o = draft.sections[0].observations.emplace_back();
      o.series = SeriesKey::FromValid(absl::StrCat("CN.W", s, ".X"));
      o.period = Period::FromValid(Month::FromIndex(2024 * 12 + month), 1);
      o.datum = Datum::Value(Decimal::FromValidParts(1000 * s + month, 1));
    }
  }
  return MakeRelease(store, std::move(draft));
}

// Everything that the store answers, as text.
Lines Everything(const Store& store) {
  Lines lines = support::Entries(store);
  for (Sequence s = 1; s <= store.head(); ++s) {
    for (std::string& line : support::Observations(store, s)) lines.push_back(std::move(line));
  }
  for (const std::string& key : support::SeriesKeys(store, "TRADE")) {
    const Lines cells = support::Cells(store, "TRADE", key);
    if (cells.empty()) continue;  // an upload that was never committed may have named it
    lines.push_back(key);
    lines.insert(lines.end(), cells.begin(), cells.end());
    for (std::string& line : support::Statements(store, "TRADE", key, store.head())) {
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

// Error lines of the above begin with the code.
bool IsError(const std::string& line) {
  return absl::StrContains(line, "DATA_LOSS") || absl::StrContains(line, "UNAVAILABLE");
}

class RocksStore : public ::testing::Test {
 protected:
  RocksStore() {
    options_.directory = directory_.path() + "/store";
    options_.cache_bytes = 8u << 20;
    options_.disk_reserve_bytes = 1u << 20;
  }
  absl::StatusOr<std::unique_ptr<Store>> TryOpen() { return OpenRocksStore(options_); }
  std::unique_ptr<Store> Open() {
    absl::StatusOr<std::unique_ptr<Store>> store = TryOpen();
    if (!store.ok()) {
      ADD_FAILURE() << store.status();
      std::abort();
    }
    return *std::move(store);
  }
  std::unique_ptr<Store> OpenWithDataset() {
    std::unique_ptr<Store> store = Open();
    EXPECT_TRUE(store->PutDataset(MakeDataset("TRADE", "reporter partner flow")).ok());
    return store;
  }

  support::TemporaryDirectory directory_;
  RocksOptions options_;
};

Reason ReasonOf(const absl::Status& status) { return DetailsOf(status).reason; }

TEST_F(RocksStore, IsCreatedOnlyIfAllowed) {
  options_.create_if_missing = false;
  EXPECT_TRUE(absl::IsNotFound(TryOpen().status()));
  EXPECT_FALSE(fs::exists(options_.directory));
}

TEST_F(RocksStore, KeepsItsIdentity) {
  const LogId id = Open()->log_id();
  EXPECT_EQ(Open()->log_id(), id);
  EXPECT_NE(id, LogId{});
}

TEST_F(RocksStore, IsLockedWhileOpen) {
  const std::unique_ptr<Store> store = Open();
  const absl::Status again = TryOpen().status();
  EXPECT_EQ(ReasonOf(again), Reason::kLocked) << again;
}

TEST_F(RocksStore, IsLockedAgainstAnotherProcess) {
  int ready[2], done[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(done), 0);
  fs::create_directories(options_.directory);
  const pid_t child = fork();
  if (child == 0) {
    // RocksDB's lock, without RocksDB: its threads do not survive a fork.
    const std::string path = options_.directory + "/LOCK";
    const int file = open(path.c_str(), O_RDWR | O_CREAT, 0644);
    struct flock lock = {};
    lock.l_type = F_WRLCK;
    fcntl(file, F_SETLK, &lock);
    char byte = 0;
    if (write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const absl::Status status = TryOpen().status();
  ASSERT_EQ(write(done[1], &byte, 1), 1);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(ReasonOf(status), Reason::kLocked) << status;
  EXPECT_TRUE(TryOpen().ok());
  for (const int end : {ready[0], ready[1], done[0], done[1]}) close(end);
}

TEST_F(RocksStore, RefusesAnotherFormat) {
  Open();
  {
    auto database = Database::Open(options_);
    ASSERT_TRUE(database.ok()) << database.status();
    std::string record;
    PutVarint(&record, kFormatVersion + 1);
    Seal(kStoreKey, &record);
    rocksdb::WriteBatch batch;
    batch.Put((*database)->family(Family::kMeta), ToSlice(kStoreKey), record);
    ASSERT_TRUE((*database)->Write(&batch, true).ok());
  }
  const absl::Status status = TryOpen().status();
  EXPECT_EQ(ReasonOf(status), Reason::kFormatVersion) << status;
}

TEST_F(RocksStore, AFullDiskRefusesPushesAndRecoversByItself) {
  std::atomic<std::uint64_t> free = 1u << 30;
  options_.free_disk_bytes = [&free] { return free.load(); };
  const std::unique_ptr<Store> store = OpenWithDataset();
  ASSERT_TRUE(support::Push(*store, ReleaseTextOf(1)).ok());
  const Lines before = Everything(*store);

  free = options_.disk_reserve_bytes;
  for (const absl::Status& status :
       {support::Push(*store, ReleaseTextOf(2)).status(), store->Retract("GACC", "r1", "", {}).status(),
        store->PutDataset(MakeDataset("OTHER", "a")).status(),
        support::UploadRelease(*store, WideRelease(*store, "wide", 50)).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_EQ(ReasonOf(status), Reason::kDiskReserve);
    EXPECT_EQ(DetailsOf(status).metadata["free_bytes"], absl::StrCat(options_.disk_reserve_bytes));
  }
  EXPECT_EQ(Everything(*store), before);
  // What was accepted before is answered still.
  EXPECT_TRUE(support::Push(*store, ReleaseTextOf(1))->replayed);
  EXPECT_TRUE(store->PutDataset(MakeDataset("TRADE", "reporter partner flow")).ok());
  free = options_.disk_reserve_bytes - 1;
  EXPECT_FALSE(store->Status().accepting);

  free = 1u << 30;
  EXPECT_TRUE(store->Status().accepting);
  EXPECT_EQ(support::Push(*store, ReleaseTextOf(2))->entry.sequence, 2u);
  EXPECT_TRUE(store->VerifyAll().ok());
}

TEST_F(RocksStore, AnUploadRefusedHalfwayByTheReserveLeavesNothing) {
  std::atomic<std::uint64_t> free = 1u << 30;
  options_.free_disk_bytes = [&free] { return free.load(); };
  options_.upload_buffer_bytes = 4096;
  const std::unique_ptr<Store> store = OpenWithDataset();
  auto upload = store->BeginUpload(WideRelease(*store, "wide", 1).header(), {});
  ASSERT_TRUE(upload.ok());
  ASSERT_TRUE((*upload)->BeginSection({"TRADE", Action::kMerge, {}}).ok());
  absl::Status status;
  for (int s = 0; s < 9000 && status.ok(); ++s) {
    if (s == 3000) free = 0;
    const StatedCell cell{Period(), Datum::Value(Decimal::FromValidParts(s, 0)), {}, "", ""};
    status = (*upload)->Add(absl::StrCat("CN.P", 1000 + s, ".X"), std::span(&cell, 1));
  }
  EXPECT_EQ(ReasonOf(status), Reason::kDiskReserve) << status;
  free = 1u << 30;
  EXPECT_FALSE((*upload)->Commit().ok());
  EXPECT_EQ(store->head(), 0u);
  EXPECT_TRUE(support::Push(*store, ReleaseTextOf(1)).ok());
  EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
}

// An upload that spilled and was never committed: its operands lie in the series for good, under a position
// that no release may ever have.
TEST_F(RocksStore, AnAbandonedUploadStaysInvisibleOverRestarts) {
  options_.upload_buffer_bytes = 256;
  options_.ingest_threshold_bytes = 1u << 20;
  options_.chunk_table_bytes = 1;
  const std::unique_ptr<Store> model = NewMemoryStore({});
  ASSERT_TRUE(model->PutDataset(MakeDataset("TRADE", "reporter partner flow")).ok());
  std::unique_ptr<Store> store = OpenWithDataset();
  for (int i = 0; i < 12; ++i) {
    auto upload = store->BeginUpload(WideRelease(*store, "wide", 1).header(), {});
    ASSERT_TRUE((*upload)->BeginSection({"TRADE", Action::kMerge, {}}).ok());
    for (int s = 0; s < 5; ++s) {
      const StatedCell cell{Period(), Datum::Value(Decimal::FromValidParts(-666, 0)), {}, "", ""};
      for (const char* flow : {".M", ".X"}) {
        ASSERT_TRUE((*upload)->Add(absl::StrCat("CN.P", s, flow), std::span(&cell, 1)).ok());
      }
    }
    if (i % 3 == 0) {
      upload->reset();
      store.reset();
      store = Open();
    }
    ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
    ASSERT_TRUE(support::Push(*model, ReleaseTextOf(i)).ok());
    upload->reset();
  }
  EXPECT_EQ(Everything(*store), Everything(*model));
  EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
}

// The operands and log records of a closed store.
struct Kept {
  std::size_t operands = 0;
  std::size_t records = 0;
};

Kept Compact(const RocksOptions& options, std::uint64_t below) {
  ReleaseTable releases;
  const auto abandoned = std::make_shared<AbandonedPositions>();
  const auto database = Database::Open(options, abandoned);
  EXPECT_TRUE(database.ok()) << database.status();
  const auto index = (*database)->NewIterator(Family::kReleases);
  for (index->Seek("S"); index->Valid() && index->key().starts_with("S"); index->Next()) {
    std::string_view record = ToView(index->value());
    record.remove_suffix(8);
    const absl::StatusOr<IndexRecord> entry = DecodeIndex(record);
    releases.Add(GetKey32(ToView(index->key()).substr(1)), entry->begin_position, entry->commit_position,
                 entry->published_at, entry->retracts);
  }
  abandoned->Arm(&releases, below);
  rocksdb::CompactRangeOptions all;
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  Kept kept;
  for (const Family family : {Family::kSeries, Family::kLog}) {
    EXPECT_TRUE((*database)->db()->CompactRange(all, (*database)->family(family), nullptr, nullptr).ok());
    const auto it = (*database)->NewIterator(family);
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      if (family == Family::kLog) {
        ++kept.records;
        continue;
      }
      OperandReader reader(ToView(it->value()));
      Operand operand;
      while (reader.Next(&operand)) ++kept.operands;
    }
  }
  return kept;
}

TEST_F(RocksStore, WhatWasAbandonedIsDroppedInTheEnd) {
  options_.upload_buffer_bytes = 2048;
  options_.chunk_table_bytes = 1;
  Lines before;
  {
    const std::unique_ptr<Store> store = OpenWithDataset();
    ASSERT_TRUE(support::UploadRelease(*store, WideRelease(*store, "first", 100)).ok());
    auto upload = store->BeginUpload(WideRelease(*store, "lost", 1).header(), {});
    ASSERT_TRUE((*upload)->BeginSection({"TRADE", Action::kMerge, {}}).ok());
    for (int s = 10; s < 100; ++s) {
      const StatedCell cell{Period(), Datum::Value(Decimal::FromValidParts(-666, 0)), {}, "", ""};
      ASSERT_TRUE((*upload)->Add(absl::StrCat("CN.W", s, ".X"), std::span(&cell, 1)).ok());
    }
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
    before = Everything(*store);
  }
  const Kept everything = Compact(options_, 0);
  const Kept after = Compact(options_, ReleaseTable::kMaxPosition);
  EXPECT_LT(after.operands, everything.operands);
  EXPECT_LT(after.records, everything.records);
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(Everything(*store), before);
  EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
  ASSERT_TRUE(support::Push(*store, ReleaseTextOf(20)).ok());
  EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
}

TEST_F(RocksStore, LeavesNoTemporaryTables) {
  options_.upload_buffer_bytes = 1024;
  const std::unique_ptr<Store> store = OpenWithDataset();
  ASSERT_TRUE(support::UploadRelease(*store, WideRelease(*store, "wide", 300)).ok());
  EXPECT_TRUE(fs::is_empty(options_.directory + "/incoming"));
  std::ofstream(options_.directory + "/incoming/left-over.sst") << "half a table";
}

TEST_F(RocksStore, ConcurrentPushesKeepOneOrder) {
  const std::unique_ptr<Store> store = OpenWithDataset();
  std::vector<Sequence> heads;
  store->SetHeadListener([&heads](Sequence head) { heads.push_back(head); });
  std::vector<std::thread> threads;
  std::atomic<int> accepted = 0, replayed = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 60; ++i) {
        // Every release is pushed by two threads, often at the same moment.
        const auto outcome = support::Push(*store, ReleaseTextOf(t / 2 * 60 + i));
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        ++(outcome->replayed ? replayed : accepted);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  store->SetHeadListener(nullptr);
  EXPECT_EQ(accepted, 240);
  EXPECT_EQ(replayed, 240);
  ASSERT_EQ(heads.size(), 240u);
  for (Sequence s = 1; s <= 240; ++s) EXPECT_EQ(heads[s - 1], s);
  EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
}

// Listing leaps over what cannot match; what it finds is what trying every series finds.
TEST_F(RocksStore, ListsWhatMatchesAndOnlyThat) {
  const std::unique_ptr<Store> store = OpenWithDataset();
  support::ReleaseDraft draft =
      support::ParseRelease("release GACC many 2025-02-01T00:00:00Z\nmerge TRADE\n");
  const auto code = [](const char* letter, int i) { return absl::StrCat(letter, i % 3 ? "" : "-", i); };
  for (int r = 0; r < 9; ++r) {
    for (int p = 0; p < 30; ++p) {
      for (int f = 0; f < 6; ++f) {
        Observation& o = draft.sections[0].observations.emplace_back();
        o.series = SeriesKey::FromValid(absl::StrCat(code("R", r), ".", code("P", p), ".", code("F", f)));
      }
    }
  }
  ASSERT_TRUE(store->Push(MakeRelease(*store, std::move(draft)), {}).ok());
  const Lines all = support::SeriesKeys(*store, "TRADE");
  ASSERT_EQ(all.size(), 9u * 30 * 6);
  std::random_device device;
  const std::uint32_t seed = device();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (const auto& [letter, count] : {std::pair("R", 10), std::pair("P", 33), std::pair("F", 7)}) {
      if (!text.empty() || *letter != 'R') text += ".";
      for (int codes = static_cast<int>(random() % 4); codes > 0; --codes) {
        absl::StrAppend(&text, text.empty() || text.back() == '.' ? "" : "+",
                        code(letter, static_cast<int>(random() % static_cast<unsigned>(count))));
      }
    }
    SCOPED_TRACE(text);
    const Selector selector = *Selector::Parse(text);
    const std::string after = random() % 2 ? "" : all[random() % all.size()];
    Lines expected;
    for (const std::string& key : all) {
      if (selector.MatchesText(key) && (after.empty() || CompareSeriesKeys(key, after) > 0))
        expected.push_back(key);
    }
    EXPECT_EQ(support::SeriesKeys(*store, "TRADE", text, after), expected);
  }
}

// ---- Power

struct Acknowledged {
  std::vector<std::string> releases;  // their texts, in order of sequence
  Digest chain{};
};

// Pushes, now and then by an upload that spills, until the power fails; gives what was acknowledged.
Acknowledged PushUntilOff(Store& store, const PowerCutFileSystem& disk) {
  Acknowledged acknowledged;
  for (int i = 0; i < 400 && !disk.is_off(); ++i) {
    const Release release = MakeRelease(store, ReleaseTextOf(i));
    const auto outcome = i % 5 == 4 ? support::UploadRelease(store, release) : store.Push(release, {});
    if (!outcome.ok()) break;
    acknowledged.releases.push_back(ReleaseTextOf(i));
    acknowledged.chain = outcome->entry.chain;
  }
  return acknowledged;
}

// A round costs two seconds; the seed is printed when one fails.
constexpr int kRounds = 12;

TEST_F(RocksStore, LosesNothingAcknowledgedWhenThePowerFails) {
  options_.upload_buffer_bytes = 64;
  options_.ingest_threshold_bytes = 64;
  OpenWithDataset().reset();
  std::random_device device;
  const std::uint32_t seed = device();
  std::mt19937 random(seed);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, ", round ", round));
    const std::string pristine = options_.directory;
    const std::string copy = directory_.path() + "/round";
    fs::remove_all(copy);
    fs::copy(pristine, copy, fs::copy_options::recursive);
    RocksOptions options = options_;
    options.directory = copy;
    options.chunk_table_bytes = round % 2 == 0 ? 1 : 1u << 20;  // chunks by table, or with the commit
    const auto disk = std::make_shared<PowerCutFileSystem>(100 + random() % 900, random());
    options.file_system = disk;
    Acknowledged acknowledged;
    {
      auto store = OpenRocksStore(options);
      if (store.ok()) acknowledged = PushUntilOff(**store, *disk);
    }
    disk->Forget();
    options.file_system = nullptr;
    const auto store = OpenRocksStore(options);
    ASSERT_TRUE(store.ok()) << store.status();
    const auto accepted = static_cast<Sequence>(acknowledged.releases.size());
    ASSERT_GE((*store)->head(), accepted);
    ASSERT_LE((*store)->head(), accepted + 1);  // the last may have been durable, though nobody was told
    if (accepted > 0) {
      EXPECT_EQ((*store)->GetEntry(accepted)->chain, acknowledged.chain);
    }
    ASSERT_TRUE((*store)->VerifyAll().ok()) << (*store)->VerifyAll();
    const std::unique_ptr<Store> model = NewMemoryStore({});
    ASSERT_TRUE(model->PutDataset(MakeDataset("TRADE", "reporter partner flow")).ok());
    // The rest can be pushed, and all is as if nothing had happened.
    for (int i = 0; i < static_cast<int>(accepted) + 20; ++i) {
      ASSERT_TRUE(support::Push(*model, ReleaseTextOf(i)).ok());
      ASSERT_TRUE(support::Push(**store, ReleaseTextOf(i)).ok());
    }
    ASSERT_EQ(Everything(**store), Everything(*model));
    ASSERT_TRUE((*store)->VerifyAll().ok()) << (*store)->VerifyAll();
  }
}

// After a write that failed nobody knows what is on the disk: no further push may be acknowledged, reads go
// on.
TEST_F(RocksStore, AFailedWriteStopsPushesButNotReads) {
  OpenWithDataset().reset();
  const auto disk = std::make_shared<PowerCutFileSystem>(200, 1);
  options_.file_system = disk;
  const std::unique_ptr<Store> store = Open();
  const Acknowledged acknowledged = PushUntilOff(*store, *disk);
  ASSERT_TRUE(disk->is_off());
  for (int i = 500; i < 503; ++i) {
    const absl::Status status = support::Push(*store, ReleaseTextOf(i)).status();
    EXPECT_EQ(ReasonOf(status), Reason::kStoreFailed) << status;
  }
  EXPECT_FALSE(store->Status().accepting);
  EXPECT_EQ(store->head(), acknowledged.releases.size());
  EXPECT_FALSE(support::Cells(*store, "TRADE", "CN.P1.X").empty());
}

// ---- Damage

fs::path LogOf(const std::string& directory) {
  for (const auto& file : fs::directory_iterator(directory)) {
    if (file.path().extension() == ".log" && file.file_size() > 0) return file.path();
  }
  ADD_FAILURE() << "there is no write-ahead log in " << directory;
  return {};
}

// Where the records of a log of less than a block begin, and its end.
std::vector<std::size_t> RecordsOf(const std::string& log) {
  std::vector<std::size_t> begins = {0};
  while (begins.back() + 7 <= log.size()) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(log[begins.back() + i]); };
    begins.push_back(begins.back() + 7 + byte(4) + 256u * byte(5));
  }
  EXPECT_EQ(begins.back(), log.size());
  return begins;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

// RocksDB would take some of the damaged headers for the log's torn end, and forget what was acknowledged.
TEST_F(RocksStore, ADamagedHeaderIsNoTornEnd) {
  OpenWithDataset().reset();
  {
    const std::unique_ptr<Store> store = Open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
  }
  const fs::path log = LogOf(options_.directory);
  const std::string healthy = ReadFile(log);
  const std::vector<std::size_t> records = RecordsOf(healthy);
  ASSERT_GE(records.size(), 6u);
  RocksOptions options = options_;
  options.directory = directory_.path() + "/damaged";
  const auto open_with = [&](const std::string& content) {
    fs::remove_all(options.directory);
    fs::copy(options_.directory, options.directory, fs::copy_options::recursive);
    WriteFile(fs::path(options.directory) / log.filename(), content);
    return OpenRocksStore(options);
  };
  for (std::size_t r = records.size() - 4; r + 1 < records.size(); ++r) {
    for (std::size_t bit = 4 * 8; bit < 7 * 8; ++bit) {  // of length and kind
      std::string damaged = healthy;
      damaged[records[r] + bit / 8] = static_cast<char>(damaged[records[r] + bit / 8] ^ 1 << bit % 8);
      const auto store = open_with(damaged);
      if (store.ok()) {
        EXPECT_EQ((*store)->head(), 5u) << "record " << r << " bit " << bit;
      } else {
        EXPECT_EQ(ReasonOf(store.status()), Reason::kCorruption) << store.status();
      }
    }
  }
  // A torn end is one, wherever it is torn.
  const std::size_t last = records[records.size() - 2];
  for (std::size_t end = last; end < healthy.size(); end += 1 + (end - last) / 4) {
    const auto store = open_with(healthy.substr(0, end));
    ASSERT_TRUE(store.ok()) << "torn at " << end << ": " << store.status();
    EXPECT_EQ((*store)->head(), 4u) << "torn at " << end;
  }
}

// Flips one bit of one file of a copy of the store; what is answered then is what was answered before, or an
// error.
TEST_F(RocksStore, DamageIsFoundAndNeverServed) {
  {
    const std::unique_ptr<Store> store = OpenWithDataset();
    for (int i = 0; i < 40; ++i) ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
    ASSERT_TRUE(store->Retract("GACC", "r7", "wrong", {}).ok());
  }
  // Opening again moves what was in the write-ahead log to tables; the rest stays in the new one.
  Lines healthy;
  {
    const std::unique_ptr<Store> store = Open();
    for (int i = 40; i < 60; ++i) ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
    healthy = Everything(*store);
  }
  std::random_device device;
  const std::uint32_t seed = device();
  std::mt19937 random(seed);
  int refused = 0, found = 0, harmless = 0;
  for (int round = 0; round < 150; ++round) {
    SCOPED_TRACE(absl::StrCat("seed ", seed, ", round ", round));
    RocksOptions options = options_;
    options.directory = directory_.path() + "/damaged";
    fs::remove_all(options.directory);
    fs::copy(options_.directory, options.directory, fs::copy_options::recursive);
    std::vector<fs::path> files;
    for (const auto& file : fs::directory_iterator(options.directory)) {
      const std::string extension = file.path().extension();
      if ((extension == ".sst" || extension == ".log") && file.file_size() > 0) files.push_back(file.path());
    }
    std::sort(files.begin(), files.end());
    const fs::path& file = files[random() % files.size()];
    const auto at = static_cast<std::streamoff>(random() % fs::file_size(file));
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(at);
    const char byte = static_cast<char>(bytes.get() ^ (1 << random() % 8));
    bytes.seekp(at);
    bytes.put(byte);
    bytes.close();

    const auto store = OpenRocksStore(options);
    if (!store.ok()) {
      ++refused;
      continue;
    }
    const Lines answered = Everything(**store);
    const absl::Status verified = (*store)->VerifyAll();
    if (!verified.ok()) {
      ++found;
      EXPECT_EQ(ReasonOf(verified), Reason::kCorruption) << verified;
      for (const std::string& line : answered) {
        EXPECT_TRUE(IsError(line) || std::find(healthy.begin(), healthy.end(), line) != healthy.end())
            << line;
      }
      continue;
    }
    ++harmless;
    ASSERT_EQ(answered, healthy) << file << " at " << at;
  }
  std::printf("%d refused at open, %d found, %d in bytes that say nothing\n", refused, found, harmless);
  EXPECT_GT(refused + found, 75);
}

// Every record is sealed with its key: a sound record in the wrong place is damage too.
TEST_F(RocksStore, ARecordInTheWrongPlaceIsDamage) {
  {
    const std::unique_ptr<Store> store = OpenWithDataset();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
  }
  {
    auto database = Database::Open(options_);
    ASSERT_TRUE(database.ok());
    rocksdb::PinnableSlice record;
    ASSERT_TRUE(*(*database)->Get(Family::kReleases, SequenceKey(1), &record));
    rocksdb::WriteBatch batch;
    batch.Put((*database)->family(Family::kReleases), SequenceKey(2), record);
    ASSERT_TRUE((*database)->Write(&batch, true).ok());
  }
  EXPECT_EQ(ReasonOf(TryOpen().status()), Reason::kCorruption);
}

TEST_F(RocksStore, AGapInTheSequencesIsDamage) {
  {
    const std::unique_ptr<Store> store = OpenWithDataset();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
  }
  {
    auto database = Database::Open(options_);
    ASSERT_TRUE(database.ok());
    rocksdb::WriteBatch batch;
    batch.Delete((*database)->family(Family::kReleases), SequenceKey(2));
    ASSERT_TRUE((*database)->Write(&batch, true).ok());
  }
  EXPECT_EQ(ReasonOf(TryOpen().status()), Reason::kCorruption);
}

TEST_F(RocksStore, ALostOperandIsFound) {
  {
    const std::unique_ptr<Store> store = OpenWithDataset();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(support::Push(*store, ReleaseTextOf(i)).ok());
  }
  {
    auto database = Database::Open(options_);
    ASSERT_TRUE(database.ok());
    rocksdb::WriteBatch batch;
    batch.Delete((*database)->family(Family::kSeries), SeriesOperandsKey(1));
    ASSERT_TRUE((*database)->Write(&batch, true).ok());
  }
  EXPECT_EQ(ReasonOf(Open()->VerifyAll()), Reason::kCorruption);
}

}  // namespace
}  // namespace tidewaiter::storage
