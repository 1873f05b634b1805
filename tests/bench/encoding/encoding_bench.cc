// Measures the candidate encodings of the store against each other: bytes per observation, ingest rate, as-of
// read of one series, cross-section, replay of a release, write amplification.
// docs/decisions/0001-series-encoding.md says what was found.
//
//   encoding_bench [--workload=revisions|snapshots] [--runs=N] [--only=NAME,NAME] [--dir=DIR]
//   [--json=FILE]
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/encoding/bytes.h"
#include "tests/bench/encoding/candidates.h"
#include "tests/bench/encoding/workload.h"

namespace tidewaiter::bench {
namespace {

using rocksdb::Slice;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kQueries = 20'000, kCrossSections = 6, kFirstQueried = 24;
// Small, so that a small data set passes through as many levels as a large one would.
constexpr std::size_t kWriteBufferBytes = 4u << 20, kLevelBaseBytes = 16u << 20, kCacheBytes = 1u << 30;
constexpr double kThroughputSeconds = .4;

double Seconds(Clock::time_point since) {
  return std::chrono::duration<double>(Clock::now() - since).count();
}
// CPU seconds: what counts where a shared machine would spoil the wall clock.
double Cpu(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
double ThreadCpu() { return Cpu(CLOCK_THREAD_CPUTIME_ID); }
double ProcessCpu() { return Cpu(CLOCK_PROCESS_CPUTIME_ID); }

void Check(const rocksdb::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}
void Require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::exit(1);
}
std::string_view View(const Slice& slice) { return {slice.data(), slice.size()}; }
double Median(std::vector<double> values, double quantile = .5) {
  const std::size_t at =
      std::min(values.size() - 1, static_cast<std::size_t>(quantile * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

struct Candidate {
  SeriesKind series = SeriesKind::kMerged;
  ChunkKind chunk = ChunkKind::kCells;
  bool period_index = false;
  bool tables = false;  // ingested as sorted tables, not as a batch
  bool zstd = true;     // at the bottom; LZ4 above, and LZ4 throughout if not
  std::size_t block_bytes = 16u << 10;

  std::string Name() const {
    return absl::StrCat(std::string(NameOf(series)), "/", std::string(NameOf(chunk)),
                        period_index ? "+periods" : "", tables ? " tables" : "", zstd ? "" : " lz4",
                        block_bytes == 16u << 10 ? "" : absl::StrCat(" ", block_bytes >> 10, "K"));
  }
};

const Candidate kCandidates[] = {
    {},
    {.series = SeriesKind::kBlock},
    {.series = SeriesKind::kCell},
    {.series = SeriesKind::kDelta},
    {.chunk = ChunkKind::kColumns},
    {.chunk = ChunkKind::kByPeriod},
    {.chunk = ChunkKind::kStored},
    {.period_index = true},
    {.tables = true},
    {.zstd = false},
    {.block_bytes = 4u << 10},
    {.block_bytes = 64u << 10},
    {.series = SeriesKind::kRepacked, .chunk = ChunkKind::kColumns},
    {.series = SeriesKind::kRepacked, .chunk = ChunkKind::kByPeriod},
};

class Append : public rocksdb::AssociativeMergeOperator {
 public:
  const char* Name() const override { return "append"; }
  bool Merge(const Slice&, const Slice* existing, const Slice& value, std::string* out,
             rocksdb::Logger*) const override {
    out->clear();
    out->reserve((existing ? existing->size() : 0) + value.size());
    if (existing) out->append(existing->data(), existing->size());
    out->append(value.data(), value.size());
    return true;
  }
};

class Repack : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "repack"; }
  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    std::vector<Placed> statements;
    if (in.existing_value) statements = Unpack(View(*in.existing_value));
    for (const Slice& operand : in.operand_list) {
      const std::vector<Placed> more = PlacedOf(View(operand));
      statements.insert(statements.end(), more.begin(), more.end());
    }
    out->new_value.clear();
    Pack(&statements, &out->new_value);
    return true;
  }
  bool PartialMerge(const Slice&, const Slice& left, const Slice& right, std::string* out,
                    rocksdb::Logger*) const override {
    out->assign(left.data(), left.size());
    out->append(right.data(), right.size());
    return true;
  }
};

// What must come out, whatever the encoding.
struct Answer {
  std::uint64_t n = 0, sum = 0;
  friend bool operator==(const Answer&, const Answer&) = default;
};
Answer& operator+=(Answer& a, const Answer& b) {
  a.n += b.n;
  a.sum += b.sum;
  return a;
}

struct Query {
  std::uint32_t series, release;
};

class Questions {
 public:
  explicit Questions(const Workload& workload) {
    Random random(7);
    const auto last = static_cast<std::uint32_t>(workload.releases.size());
    const auto release = [&] { return kFirstQueried + random.Below(last - kFirstQueried + 1); };
    for (std::uint32_t i = 0; i < kQueries; ++i) {
      const std::uint32_t series = 1 + random.Below(workload.series);
      as_of.push_back({series, release()});
    }
    for (std::uint32_t i = 0; i < kCrossSections; ++i) cross.push_back(release());
    Solve(workload);
  }
  std::vector<Query> as_of;
  std::vector<std::uint32_t> cross;
  Answer as_of_answer, cross_answer;

 private:
  void Solve(const Workload& workload) {
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_release;
    for (const Query& q : as_of) by_release[q.release].push_back(q.series);
    std::vector<std::map<PeriodCode, std::int64_t>> known(workload.series + 1);
    for (std::uint32_t r = 1; r <= workload.releases.size(); ++r) {
      for (const Statement& s : workload.releases[r - 1]) known[s.series][s.period] = s.coefficient;
      for (const std::uint32_t series : by_release[r]) {
        for (const auto& [period, value] : known[series])
          as_of_answer += {1, static_cast<std::uint64_t>(value)};
      }
      for (auto left = std::count(cross.begin(), cross.end(), r); left > 0; --left) {
        for (const auto& cells : known) {
          const auto now = cells.find(Workload::NewestMonth(r)),
                     then = cells.find(Workload::NewestMonth(r, 12));
          if (now == cells.end() || then == cells.end()) continue;
          cross_answer += {1, static_cast<std::uint64_t>(now->second - then->second)};
        }
      }
    }
  }
};

using Metrics = std::map<std::string, double>;

// One candidate with one workload in one fresh database.
class Trial {
 public:
  Trial(const Candidate& candidate, const Workload& workload, const Questions& questions,
        std::string directory)
      : candidate_(candidate), workload_(workload), questions_(questions), directory_(std::move(directory)) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    Open();
  }
  ~Trial() {
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    db_.reset();
    std::filesystem::remove_all(directory_);
  }

  Metrics Run() {
    RawPuts();
    Ingest();
    MeasureWrites();
    AsOf("_fresh");
    Compact();
    MeasureSizes();
    AsOf("");
    Throughput();
    Cross();
    Replay();
    return metrics_;
  }

 private:
  enum Family { kRaw, kLog, kSeries, kPeriods, kFamilies };
  struct Entry {
    std::string key, value;
  };
  struct Entries {
    std::vector<Entry> log, series, periods;
  };

  rocksdb::Options OptionsFor(Family family) const {
    rocksdb::Options options;
    options.create_if_missing = options.create_missing_column_families = true;
    options.statistics = statistics_;
    options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
    options.max_background_jobs = 2;
    options.write_buffer_size = kWriteBufferBytes;
    options.max_bytes_for_level_base = kLevelBaseBytes;
    options.target_file_size_base = kWriteBufferBytes;
    options.level_compaction_dynamic_level_bytes = true;
    options.compression = rocksdb::kLZ4Compression;
    options.bottommost_compression = candidate_.zstd ? rocksdb::kZSTD : rocksdb::kLZ4Compression;
    rocksdb::BlockBasedTableOptions table;
    table.format_version = 5;
    table.block_size = family == kSeries ? candidate_.block_bytes : 16u << 10;
    table.block_cache = cache_;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    if (family == kSeries && candidate_.series == SeriesKind::kRepacked) {
      options.merge_operator = std::make_shared<Repack>();
    } else if (family == kSeries) {
      options.merge_operator = std::make_shared<Append>();
    }
    return options;
  }

  void Open() {
    const std::string names[kFamilies] = {"default", "log", "series", "periods"};
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (int i = 0; i < kFamilies; ++i) {
      families.emplace_back(names[i], rocksdb::ColumnFamilyOptions(OptionsFor(static_cast<Family>(i))));
    }
    rocksdb::DB* db;
    Check(rocksdb::DB::Open(OptionsFor(kRaw), directory_, families, &handles_, &db));
    db_.reset(db);
  }

  bool merges() const {
    return candidate_.series != SeriesKind::kBlock && candidate_.series != SeriesKind::kCell;
  }
  bool is_delta() const { return candidate_.series == SeriesKind::kDelta; }

  // ---- Writing

  // The log positions of a release: its chunks, then its commit.
  static std::size_t Chunks(std::size_t statements) {
    return (statements + kStatementsPerChunk - 1) / kStatementsPerChunk;
  }

  Entries Encode(const std::vector<Statement>& release, std::uint32_t position) const {
    Entries entries;
    const std::span<const Statement> all(release);
    for (std::size_t i = 0; i < all.size(); i += kStatementsPerChunk) {
      const auto part = all.subspan(i, std::min(kStatementsPerChunk, all.size() - i));
      const auto at = position + static_cast<std::uint32_t>(i / kStatementsPerChunk);
      Entry& entry = entries.log.emplace_back();
      PutKey32(at, &entry.key);
      EncodeChunk(candidate_.chunk, part, &entry.value);
    }
    for (std::size_t i = 0; i < all.size();) {
      std::size_t end = i + 1;
      while (end < all.size() && all[end].series == all[i].series) ++end;
      EncodeSeries(all.subspan(i, end - i), position, &entries.series);
      i = end;
    }
    EncodePeriods(all, position, &entries.periods);
    return entries;
  }

  void EncodeSeries(std::span<const Statement> statements, std::uint32_t position,
                    std::vector<Entry>* entries) const {
    if (candidate_.series == SeriesKind::kCell) {
      for (const Statement& s : statements) {
        Entry& entry = entries->emplace_back();
        PutKey32(s.series, &entry.key);
        PutKey32(s.period, &entry.key);
        PutKey32(~position, &entry.key);
        entry.value.push_back(static_cast<char>(s.scale));
        PutVarint(ZigZag(s.coefficient), &entry.value);
      }
      return;
    }
    Entry& entry = entries->emplace_back();
    PutKey32(statements[0].series, &entry.key);
    if (candidate_.series == SeriesKind::kBlock) {
      PutKey32(position, &entry.key);
      EncodeBlock(statements, false, &entry.value);
      return;
    }
    std::string cells;
    EncodeBlock(statements, is_delta(), &cells);
    PutOperand(position, cells, &entry.value);
  }

  // A slice per (period, chunk); nothing but the key if the log itself holds the slices.
  void EncodePeriods(std::span<const Statement> all, std::uint32_t position,
                     std::vector<Entry>* entries) const {
    const bool in_log = candidate_.chunk == ChunkKind::kByPeriod;
    if (!in_log && !candidate_.period_index) return;
    std::map<std::pair<PeriodCode, std::uint32_t>, std::vector<Statement>> slices;
    for (std::size_t i = 0; i < all.size(); ++i) {
      slices[{all[i].period, ~(position + static_cast<std::uint32_t>(i / kStatementsPerChunk))}].push_back(
          all[i]);
    }
    for (const auto& [at, cells] : slices) {
      Entry& entry = entries->emplace_back();
      PutKey32(at.first, &entry.key);
      PutKey32(at.second, &entry.key);
      if (!in_log) EncodeSlice(cells, &entry.value);
    }
  }

  void WriteBatch(const Entries& entries) {
    rocksdb::WriteBatch batch;
    for (const Entry& e : entries.log) Check(batch.Put(handles_[kLog], e.key, e.value));
    for (const Entry& e : entries.series) {
      Check(merges() ? batch.Merge(handles_[kSeries], e.key, e.value)
                     : batch.Put(handles_[kSeries], e.key, e.value));
    }
    for (const Entry& e : entries.periods) Check(batch.Put(handles_[kPeriods], e.key, e.value));
    rocksdb::WriteOptions options;
    options.sync = true;
    Check(db_->Write(options, &batch));
  }

  void WriteTables(const Entries& entries) {
    std::vector<rocksdb::IngestExternalFileArg> tables;
    const std::vector<Entry>* columns[] = {&entries.log, &entries.series, &entries.periods};
    for (int i = 0; i < 3; ++i) {
      if (columns[i]->empty()) continue;
      const auto family = static_cast<Family>(kLog + i);
      rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), OptionsFor(family), handles_[family], false);
      const std::string path = absl::StrCat(directory_, "/incoming", i, ".sst");
      Check(writer.Open(path));
      for (const Entry& e : *columns[i]) {
        Check(family == kSeries && merges() ? writer.Merge(e.key, e.value) : writer.Put(e.key, e.value));
      }
      rocksdb::ExternalSstFileInfo info;
      Check(writer.Finish(&info));
      table_bytes_ += info.file_size;
      auto& table = tables.emplace_back();
      table.column_family = handles_[family];
      table.external_files = {path};
      table.options.move_files = true;
    }
    Check(db_->IngestExternalFiles(tables));
    rocksdb::WriteOptions options;
    options.sync = true;
    Check(db_->Put(options, handles_[kRaw], "commit", "as large as a commit record, more or less"));
  }

  void Ingest() {
    statistics_->Reset();
    std::uint32_t position = 1;
    double encode = 0;
    const auto start = Clock::now();
    const double start_cpu = ProcessCpu();
    for (const auto& release : workload_.releases) {
      begins_.push_back(position);
      const double encode_start = ThreadCpu();
      const Entries entries = Encode(release, position);
      encode += ThreadCpu() - encode_start;
      candidate_.tables ? WriteTables(entries) : WriteBatch(entries);
      position += static_cast<std::uint32_t>(Chunks(release.size())) + 1;
    }
    const auto n = static_cast<double>(workload_.statements());
    metrics_["ingest_per_s"] = n / Seconds(start);
    WaitForCompactions();
    // Background work included: what a core has to do for an observation.
    metrics_["ingest_cpu_ns"] = 1e9 * (ProcessCpu() - start_cpu) / n;
    metrics_["encode_cpu_ns"] = 1e9 * encode / n;
    metrics_["ingest_to_raw"] = metrics_["raw_put_cpu_ns"] / metrics_["ingest_cpu_ns"];
  }

  // The ceiling: the very entries of this candidate, encoded before, each put as a key of its own, synced.
  void RawPuts() {
    double cpu = 0, n = 0, bytes = 0;
    std::uint32_t position = 1;
    for (std::size_t r = 0; r < workload_.releases.size(); r += 8) {
      const Entries entries = Encode(workload_.releases[r], position);
      const double start = ProcessCpu();
      rocksdb::WriteBatch batch;
      for (const auto* column : {&entries.log, &entries.series, &entries.periods}) {
        for (const Entry& e : *column) Check(batch.Put(handles_[kRaw], e.key + std::to_string(r), e.value));
      }
      rocksdb::WriteOptions options;
      options.sync = true;
      bytes += static_cast<double>(batch.GetDataSize());
      Check(db_->Write(options, &batch));
      cpu += ProcessCpu() - start;
      n += static_cast<double>(workload_.releases[r].size());
      position += 3;
    }
    const double start = ProcessCpu();
    WaitForCompactions();
    cpu += ProcessCpu() - start;
    metrics_["raw_put_cpu_ns"] = 1e9 * cpu / n;
    metrics_["batch_bytes"] = bytes / n;
    Check(db_->DeleteRange({}, handles_[kRaw], "", "\xff"));
    Check(db_->Flush({}, handles_[kRaw]));
    Check(db_->CompactRange({}, handles_[kRaw], nullptr, nullptr));
  }

  void WaitForCompactions() {
    Check(db_->Flush({}, handles_));
    for (auto* handle : handles_) {
      std::uint64_t running = 1, pending = 1;
      while (running + pending > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        Require(db_->GetIntProperty(handle, "rocksdb.num-running-compactions", &running), "property");
        Require(db_->GetIntProperty(handle, "rocksdb.compaction-pending", &pending), "property");
      }
    }
  }

  void MeasureWrites() {
    const auto n = static_cast<double>(workload_.statements());
    const auto ticker = [&](rocksdb::Tickers t) {
      return static_cast<double>(statistics_->getTickerCount(t)) / n;
    };
    metrics_["written_wal"] = ticker(rocksdb::WAL_FILE_BYTES);
    metrics_["written_flush"] = ticker(rocksdb::FLUSH_WRITE_BYTES) + static_cast<double>(table_bytes_) / n;
    metrics_["written_compaction"] = ticker(rocksdb::COMPACT_WRITE_BYTES);
    metrics_["written"] =
        metrics_["written_wal"] + metrics_["written_flush"] + metrics_["written_compaction"];
    metrics_["written_to_batch"] = metrics_["written"] / metrics_["batch_bytes"];
  }

  void Compact() {
    const double start = ProcessCpu();
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    for (auto* handle : handles_) Check(db_->CompactRange(options, handle, nullptr, nullptr));
    metrics_["compact_cpu_s"] = ProcessCpu() - start;
  }

  void MeasureSizes() {
    const auto n = static_cast<double>(workload_.statements());
    double all = 0;
    const char* names[kFamilies] = {"", "bytes_log", "bytes_series", "bytes_periods"};
    for (int i = kLog; i < kFamilies; ++i) {
      std::uint64_t bytes = 0;
      Require(
          db_->GetIntProperty(handles_[static_cast<std::size_t>(i)], "rocksdb.total-sst-files-size", &bytes),
          "property");
      all += metrics_[names[i]] = static_cast<double>(bytes) / n;
    }
    metrics_["bytes"] = all;
  }

  // ---- Reading

  // Reads what is stored of a series up to a position. Not shared between threads.
  class Reader {
   public:
    explicit Reader(const Trial& trial) : trial_(trial) {}

    // The state at the position; returns the number of statements decoded.
    std::uint32_t AsOf(std::uint32_t series, std::uint32_t position, Fold* fold) {
      fold->Clear();
      if (trial_.merges()) {
        Touch(series);
        return trial_.FoldValue(View(value_), position, fold);
      }
      std::uint32_t n = 0;
      const bool cells = trial_.candidate_.series == SeriesKind::kCell;
      Seek(series, cells ? UINT32_MAX : position);
      PeriodCode last = 0;
      for (; iterator_->Valid(); iterator_->Next()) n += trial_.FoldEntry(*iterator_, position, &last, fold);
      return n;
    }
    // The same reads, nothing decoded.
    std::uint32_t Touch(std::uint32_t series, std::uint32_t position) {
      if (trial_.merges()) {
        Touch(series);
        return static_cast<std::uint32_t>(value_.size());
      }
      std::uint32_t bytes = 0;
      Seek(series, trial_.candidate_.series == SeriesKind::kCell ? UINT32_MAX : position);
      for (; iterator_->Valid(); iterator_->Next())
        bytes += static_cast<std::uint32_t>(iterator_->value().size());
      return bytes;
    }

   private:
    void Touch(std::uint32_t series) {
      std::string key;
      PutKey32(series, &key);
      value_.Reset();
      Check(trial_.db_->Get({}, trial_.handles_[kSeries], key, &value_));
    }
    void Seek(std::uint32_t series, std::uint32_t position) {
      std::string key;
      PutKey32(series, &key);
      bound_.clear();
      PutKey32(position == UINT32_MAX ? series + 1 : series, &bound_);
      if (position != UINT32_MAX) PutKey32(position + 1, &bound_);
      bound_slice_ = bound_;
      rocksdb::ReadOptions options;
      options.iterate_upper_bound = &bound_slice_;
      iterator_.reset(trial_.db_->NewIterator(options, trial_.handles_[kSeries]));
      iterator_->Seek(key);
    }
    const Trial& trial_;
    rocksdb::PinnableSlice value_;
    std::string bound_;
    Slice bound_slice_;
    std::unique_ptr<rocksdb::Iterator> iterator_;
  };

  std::uint32_t FoldValue(std::string_view value, std::uint32_t position, Fold* fold) const {
    if (candidate_.series == SeriesKind::kRepacked) return FoldPacked(value, position, fold);
    return FoldMerged(value, is_delta(), position, fold);
  }
  // One entry of a block or cell index.
  std::uint32_t FoldEntry(const rocksdb::Iterator& entry, std::uint32_t position, PeriodCode* last,
                          Fold* fold) const {
    const char* key = entry.key().data();
    std::string_view value = View(entry.value());
    if (candidate_.series == SeriesKind::kBlock) {
      return GetKey32(key + 4) <= position ? FoldBlock(&value, false, fold) : 0;
    }
    const PeriodCode period = GetKey32(key + 4);
    if (~GetKey32(key + 8) > position || period == *last) return 1;
    const char* p = value.data() + 1;
    fold->Append(*last = period, UnZigZag(GetVarint(p)));
    return 1;
  }

  void AsOf(const std::string& suffix) {
    Reader reader(*this);
    Fold fold;
    Answer answer;
    for (const Query& q : questions_.as_of) {  // the first pass warms the cache and checks
      reader.AsOf(q.series, begins_[q.release - 1], &fold);
      for (const Fold::Cell& cell : fold.cells()) answer += {1, static_cast<std::uint64_t>(cell.coefficient)};
    }
    Require(answer == questions_.as_of_answer, "as-of answers");
    std::vector<double> read_us, touch_us;
    std::uint64_t sink = 0;
    for (const Query& q : questions_.as_of) {
      const auto start = Clock::now();
      sink += reader.AsOf(q.series, begins_[q.release - 1], &fold);
      const auto read = Clock::now();
      sink += reader.Touch(q.series, begins_[q.release - 1]);
      touch_us.push_back(1e6 * Seconds(read));
      read_us.push_back(1e6 * std::chrono::duration<double>(read - start).count());
    }
    Require(sink > 0, "reads");
    metrics_["asof_us" + suffix] = Median(read_us);
    metrics_["asof_p99_us" + suffix] = Median(read_us, .99);
    metrics_["asof_bare_us" + suffix] = Median(touch_us);
  }

  // Statements decoded and folded in a second of CPU time, on two threads at once: with the read, and from
  // values in memory.
  void Throughput() {
    metrics_["asof_cells_per_s"] = OnTwoThreads([this](std::size_t i, Reader& reader, Fold& fold) {
      const Query& q = questions_.as_of[i % kQueries];
      return reader.AsOf(q.series, begins_[q.release - 1], &fold);
    });
    if (!merges()) return;
    std::vector<std::string> values;
    for (std::uint32_t i = 0; i < 500; ++i) {
      std::string key;
      PutKey32(questions_.as_of[i].series, &key);
      Check(db_->Get({}, handles_[kSeries], key, &values.emplace_back()));
    }
    metrics_["decode_cells_per_s"] = OnTwoThreads([&](std::size_t i, Reader&, Fold& fold) {
      fold.Clear();
      return FoldValue(values[i % values.size()], UINT32_MAX, &fold);
    });
  }
  template <typename Fn>
  double OnTwoThreads(Fn fn) const {
    double rates[2] = {0, 0};
    const auto work = [&](std::size_t thread) {
      Reader reader(*this);
      Fold fold;
      std::uint64_t n = 0;
      const double start = ThreadCpu();
      for (std::size_t i = thread * 997; i % 64 != 0 || ThreadCpu() - start < kThroughputSeconds; ++i) {
        n += fn(i, reader, fold);
      }
      rates[thread] = static_cast<double>(n) / (ThreadCpu() - start);
    };
    std::thread other(work, 1);
    work(0);
    other.join();
    return rates[0] + rates[1];
  }

  // Value of the newest month and of the one a year before, of all series, as of a release.
  void Cross() {
    metrics_["cross_scan_ms"] = CrossBy([this](std::uint32_t r) { return CrossByScan(r); });
    metrics_["scan_bare_ms"] = CrossBy([this](std::uint32_t r) { return BareScan(); }, false);
    if (candidate_.chunk == ChunkKind::kByPeriod || candidate_.period_index) {
      metrics_["cross_period_ms"] = CrossBy([this](std::uint32_t r) { return CrossByPeriod(r); });
    }
  }
  template <typename Fn>
  double CrossBy(Fn fn, bool check = true) {
    Answer answer;
    std::vector<double> ms;
    for (const bool timed : {false, true}) {
      for (const std::uint32_t r : questions_.cross) {
        const double start = ThreadCpu();
        const Answer part = fn(r);
        if (timed) ms.push_back(1e3 * (ThreadCpu() - start));
        if (timed) answer += part;
      }
    }
    Require(!check || answer == questions_.cross_answer, "cross-sections");
    return Median(ms);
  }

  Answer Difference(const Fold& fold, std::uint32_t r) const {
    const auto find = [&](PeriodCode period) {
      return std::lower_bound(fold.cells().begin(), fold.cells().end(), period,
                              [](const Fold::Cell& cell, PeriodCode code) { return cell.period < code; });
    };
    const PeriodCode now = Workload::NewestMonth(r), then = Workload::NewestMonth(r, 12);
    const auto a = find(now), b = find(then), end = fold.cells().end();
    if (a == end || b == end || a->period != now || b->period != then) return {};
    return {1, static_cast<std::uint64_t>(a->coefficient - b->coefficient)};
  }
  Answer CrossByScan(std::uint32_t r) const {
    Answer answer;
    Fold fold;
    const std::uint32_t position = begins_[r - 1];
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, handles_[kSeries]));
    std::uint32_t series = 0;
    PeriodCode last = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const std::uint32_t next = GetKey32(it->key().data());
      if (next != series) {
        answer += Difference(fold, r);
        fold.Clear();
        last = 0;
        series = next;
      }
      if (merges()) {
        FoldValue(View(it->value()), position, &fold);
      } else {
        FoldEntry(*it, position, &last, &fold);
      }
    }
    return answer += Difference(fold, r);
  }
  Answer BareScan() const {
    Answer answer;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, handles_[kSeries]));
    for (it->SeekToFirst(); it->Valid(); it->Next()) answer += {1, it->value().size()};
    return answer;
  }

  // A column of one period as of a position, newest first, from the index or from the log.
  void ReadColumn(PeriodCode period, std::uint32_t position, std::vector<std::int64_t>* column,
                  std::vector<char>* stated) const {
    std::string from, bound;
    PutKey32(period, &from);
    // All chunks of a release: those before the next release begins.
    PutKey32(~position, &from);
    PutKey32(period + 1, &bound);
    const Slice bound_slice(bound);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound_slice;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, handles_[kPeriods]));
    for (it->Seek(from); it->Valid(); it->Next()) {
      if (candidate_.chunk != ChunkKind::kByPeriod) {
        FillColumn(it->value().data(), column, stated);
        continue;
      }
      std::string key;
      PutKey32(~GetKey32(it->key().data() + 4), &key);
      rocksdb::PinnableSlice chunk;
      Check(db_->Get({}, handles_[kLog], key, &chunk));
      const char* slice = FindSlice(View(chunk), period);
      Require(slice != nullptr, "period directory");
      FillColumn(slice, column, stated);
    }
  }
  Answer CrossByPeriod(std::uint32_t r) const {
    const std::size_t n = workload_.series + 1;
    std::vector<std::int64_t> now(n), then(n);
    std::vector<char> has_now(n), has_then(n);
    const std::uint32_t last =
        begins_[r - 1] + static_cast<std::uint32_t>(Chunks(workload_.releases[r - 1].size())) - 1;
    ReadColumn(Workload::NewestMonth(r), last, &now, &has_now);
    ReadColumn(Workload::NewestMonth(r, 12), last, &then, &has_then);
    Answer answer;
    for (std::size_t i = 0; i < n; ++i) {
      if (has_now[i] && has_then[i]) answer += {1, static_cast<std::uint64_t>(now[i] - then[i])};
    }
    return answer;
  }

  // Every release in canonical order.
  void Replay() {
    std::vector<double> rates, bare;
    for (std::size_t r = 0; r < workload_.releases.size(); ++r) {
      const std::vector<Statement>& release = workload_.releases[r];
      double seconds = 0, bare_seconds = 0;
      std::size_t n = 0;
      for (std::size_t part = 0; part < Chunks(release.size()); ++part) {
        std::string key;
        PutKey32(begins_[r] + static_cast<std::uint32_t>(part), &key);
        rocksdb::PinnableSlice chunk;
        const double start = ThreadCpu();
        Check(db_->Get({}, handles_[kLog], key, &chunk));
        bare_seconds += ThreadCpu() - start;
        const std::vector<Statement> statements = DecodeChunk(candidate_.chunk, View(chunk));
        seconds += ThreadCpu() - start;
        const auto same = [](const Statement& a, const Statement& b) {
          return a.series == b.series && a.period == b.period && a.coefficient == b.coefficient &&
                 a.scale == b.scale;
        };
        Require(n + statements.size() <= release.size() &&
                    std::equal(statements.begin(), statements.end(),
                               release.begin() + static_cast<std::ptrdiff_t>(n), same),
                "replay");
        n += statements.size();
      }
      Require(n == release.size(), "replay");
      rates.push_back(static_cast<double>(n) / seconds);
      bare.push_back(static_cast<double>(n) / bare_seconds);
    }
    metrics_["replay_per_s"] = Median(rates);
    metrics_["replay_bare_per_s"] = Median(bare);
  }

  const Candidate candidate_;
  const Workload& workload_;
  const Questions& questions_;
  const std::string directory_;
  const std::shared_ptr<rocksdb::Statistics> statistics_ = rocksdb::CreateDBStatistics();
  const std::shared_ptr<rocksdb::Cache> cache_ = rocksdb::NewLRUCache(kCacheBytes);
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::vector<std::uint32_t> begins_;  // first position of each release
  std::uint64_t table_bytes_ = 0;
  Metrics metrics_;
};

// ---- Report

struct Arguments {
  std::string workload, only, json;
  std::string directory = std::filesystem::temp_directory_path() / "tidewaiter-encoding-bench";
  int runs = 3;
};
Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = [&](const char* name) { return argument.substr(std::string(name).size()); };
    if (absl::StartsWith(argument, "--workload=")) {
      arguments.workload = value("--workload=");
    } else if (absl::StartsWith(argument, "--only=")) {
      arguments.only = value("--only=");
    } else if (absl::StartsWith(argument, "--json=")) {
      arguments.json = value("--json=");
    } else if (absl::StartsWith(argument, "--dir=")) {
      arguments.directory = value("--dir=");
    } else if (absl::StartsWith(argument, "--runs=")) {
      arguments.runs = std::atoi(value("--runs=").c_str());
    } else {
      std::fprintf(stderr, "unknown argument: %s\n", argument.c_str());
      std::exit(2);
    }
  }
  return arguments;
}

bool IsAskedFor(const Candidate& candidate, const Arguments& arguments) {
  return arguments.only.empty() ||
         absl::StrContains(absl::StrCat(",", arguments.only, ","), absl::StrCat(",", candidate.Name(), ","));
}

void PrintHead(const Workload& workload) {
  std::printf("%s: %u series, %zu releases, %llu statements\n", workload.name.c_str(), workload.series,
              workload.releases.size(), static_cast<unsigned long long>(workload.statements()));
  std::printf("%-22s|%24s|%23s|%11s|%17s|%11s|%23s|%10s|%12s\n", "", "bytes per observation", "ingest",
              "written", "as-of read, us", "M cells/s", "cross-section, cpu ms", "replay M/s", "fresh as-of");
  std::printf(
      "%-22s|%5s %5s %6s %5s|%5s %6s %4s %5s|%5s %5s|%5s %5s %5s|%5s %5s|%7s %7s %7s|%5s %4s|%6s %5s\n",
      "series/log", "log", "index", "period", "all", "M/s", "cpu ns", "enc.", "/raw", "B/obs", "x", "p50",
      "p99", "bare", "read", "mem", "scan", "bare", "period", "", "bare", "p50", "bare");
}
void PrintRow(const std::string& name, Metrics m) {
  std::printf(
      "%-22s|%5.2f %5.2f %6.2f %5.2f|%5.2f %6.0f %4.0f %5.2f|%5.1f %5.2f|%5.1f %5.1f %5.1f|%5.0f %5.0f|%7.1f "
      "%7.1f "
      "%7.2f|%5.1f %4.0f|%6.1f %5.1f\n",
      name.c_str(), m["bytes_log"], m["bytes_series"], m["bytes_periods"], m["bytes"],
      m["ingest_per_s"] / 1e6, m["ingest_cpu_ns"], m["encode_cpu_ns"], m["ingest_to_raw"], m["written"],
      m["written_to_batch"], m["asof_us"], m["asof_p99_us"], m["asof_bare_us"], m["asof_cells_per_s"] / 1e6,
      m["decode_cells_per_s"] / 1e6, m["cross_scan_ms"], m["scan_bare_ms"], m["cross_period_ms"],
      m["replay_per_s"] / 1e6, m["replay_bare_per_s"] / 1e6, m["asof_us_fresh"], m["asof_bare_us_fresh"]);
  std::fflush(stdout);
}

void Study(const Workload& workload, const Arguments& arguments, std::ofstream* json) {
  const Questions questions(workload);
  std::map<std::string, std::map<std::string, std::vector<double>>> all;
  for (int run = 0; run < arguments.runs; ++run) {
    for (const Candidate& candidate : kCandidates) {
      if (!IsAskedFor(candidate, arguments)) continue;
      for (const auto& [metric, value] : Trial(candidate, workload, questions, arguments.directory).Run()) {
        all[candidate.Name()][metric].push_back(value);
      }
      std::fprintf(stderr, "run %d %s\n", run + 1, candidate.Name().c_str());
    }
  }
  PrintHead(workload);
  for (const Candidate& candidate : kCandidates) {
    const auto found = all.find(candidate.Name());
    if (found == all.end()) continue;
    Metrics medians;
    for (const auto& [metric, values] : found->second) medians[metric] = Median(values);
    PrintRow(candidate.Name(), medians);
    if (!json->is_open()) continue;
    *json << "{\"workload\":\"" << workload.name << "\",\"candidate\":\"" << candidate.Name() << "\"";
    for (const auto& [metric, values] : found->second) {
      *json << absl::StrFormat(",\"%s\":{\"median\":%.6g,\"min\":%.6g,\"max\":%.6g}", metric, Median(values),
                               *std::min_element(values.begin(), values.end()),
                               *std::max_element(values.begin(), values.end()));
    }
    *json << "}\n";
  }
}

int Main(int argc, char** argv) {
  const Arguments arguments = Parse(argc, argv);
  std::ofstream json;
  if (!arguments.json.empty()) json.open(arguments.json);
  if (arguments.workload.empty() || arguments.workload == "revisions") Study(Revisions(), arguments, &json);
  if (arguments.workload.empty() || arguments.workload == "snapshots") Study(Snapshots(), arguments, &json);
  return 0;
}

}  // namespace
}  // namespace tidewaiter::bench

int main(int argc, char** argv) { return tidewaiter::bench::Main(argc, argv); }
