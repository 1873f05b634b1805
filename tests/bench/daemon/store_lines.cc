// The lines that need no daemon: the store in process.
//   store_lines generate WORK [SERIES [RELEASES]]     writes a workload
//   store_lines load STORE WORK                       uploads it to a store in process
//   store_lines read STORE WORK SECONDS               as-of reads of 100 series a time, on two threads
//   store_lines scan STORE WORK                       the whole dataset as of a release, on one thread
//   store_lines cross STORE WORK SECONDS              every series, few periods, as of a release, on one thread
//   store_lines tables STORE SCRATCH REPETITIONS      RocksDB alone, the same bytes
//   store_lines compact STORE OBSERVATIONS            full compaction; bytes on disk
//   store_lines evict STORE                           drops the store's files from the page cache
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/engine/queries.h"
#include "storage/rocks/rocks_store.h"
#include "tests/bench/daemon/cross_sections.h"
#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/tables_alone.h"
#include "tests/bench/daemon/workload.h"

namespace tidewaiter::bench {
namespace {

constexpr std::size_t kSeriesPerRead = 100;
constexpr int kReaders = 2;

std::unique_ptr<storage::Store> OpenStore(const std::string& directory) {
  storage::RocksOptions options;
  options.directory = directory;
  auto store = storage::OpenRocksStore(options);
  Check(store.ok(), store.status().ToString());
  return *std::move(store);
}

void Check(const absl::Status& status) { bench::Check(status.ok(), status.ToString()); }

Instant PublishedAtOf(std::uint32_t release) {
  return Instant::FromMicros(PublishedSeconds(release) * 1'000'000);
}

StatedCell ToCell(const Row& row) {
  StatedCell cell;
  cell.period = Period::FromValid(Month() + (kFirstPeriod + static_cast<int>(row.period)), 1);
  cell.datum = Datum::Value(Decimal::FromValidParts(row.value, 2));
  return cell;
}

void UploadRelease(storage::Store& store, std::uint32_t release, const Rows& rows) {
  ReleaseHeader header;
  header.agency = "BENCH";
  header.release_id = absl::StrCat("R", release);
  header.published_at = PublishedAt::At(PublishedAtOf(release));
  auto upload = store.BeginUpload(header, Instant());
  Check(upload.status());
  SectionHeader section;
  section.dataset = std::string(kDataset);
  Check((*upload)->BeginSection(section));
  std::vector<StatedCell> cells;
  for (std::size_t i = 0; i < rows.size();) {
    const std::uint32_t series = rows[i].series;
    cells.clear();
    for (; i < rows.size() && rows[i].series == series; ++i) cells.push_back(ToCell(rows[i]));
    Check((*upload)->Add(SeriesName(series), cells));
  }
  Check((*upload)->Commit().status());
}

void Load(const std::string& directory, const std::string& folder) {
  const WorkFolder work = LoadWork(folder);
  const auto store = OpenStore(directory);
  DatasetDefinition definition;
  definition.id = std::string(kDataset);
  definition.publisher = "BENCH";
  definition.dimensions = {{"commodity", Role::kCommodity}, {"flow", Role::kFlow}};
  Check(store->PutDataset(definition).status());
  const double cpu = CpuSeconds();
  const Stopwatch watch;
  for (std::uint32_t r = 1; r <= work.releases.size(); ++r) UploadRelease(*store, r, work.releases[r - 1]);
  const auto rows = static_cast<double>(work.rows);
  Line("ingest", "store")
      .Set("ours", rows / watch.seconds())
      .Set("per_cpu_second", rows / (CpuSeconds() - cpu));
}

Sum SumOf(const std::vector<CellState>& cells) {
  Sum sum;
  for (const CellState& cell : cells) {
    sum += {1, static_cast<std::uint64_t>(static_cast<std::int64_t>(cell.datum.value().coefficient()))};
  }
  return sum;
}

Sum SumOf(const PlainCells& cells) {
  Sum sum;
  for (const std::int64_t coefficient : cells.coefficients) sum += {1, static_cast<std::uint64_t>(coefficient)};
  return sum;
}

Sum ReadAll(const engine::Queries& queries, const engine::ReadInput& input) {
  auto reader = queries.Open(input);
  Check(reader.status());
  Sum sum;
  for (auto more = reader->Next();; more = reader->Next()) {
    Check(more.status());
    if (!*more) return sum;
    const auto columns = reader->Columns();
    Check(columns.status());
    sum += *columns != nullptr ? SumOf(**columns) : SumOf(reader->read_cells());
  }
}

// Reads of 100 series as of one release, drawn uniformly; what they should give.
struct BatchRead {
  engine::ReadInput input;
  Sum expected;
};
std::vector<BatchRead> DrawBatches(const WorkFolder& work, std::size_t count) {
  const Model model(work);
  std::vector<BatchRead> batches(count);
  Random random(7);
  for (BatchRead& batch : batches) {
    const auto last = static_cast<std::uint32_t>(work.releases.size());
    const std::uint32_t release = last / 5 + random.Below(last - last / 5) + 1;
    batch.input.dataset = std::string(kDataset);
    batch.input.vintage.as_of = PublishedAtOf(std::min(release, last));
    std::map<std::uint32_t, bool> drawn;
    while (drawn.size() < kSeriesPerRead) drawn[1 + random.Below(work.series)] = true;
    for (const auto& [series, unused] : drawn) {
      batch.input.keys.push_back(SeriesName(series));
      batch.expected += model.AsOf(series, std::min(release, last));
    }
  }
  return batches;
}

void Read(const std::string& directory, const std::string& folder, double seconds) {
  const WorkFolder work = LoadWork(folder);
  const std::vector<BatchRead> batches = DrawBatches(work, 400);
  const auto store = OpenStore(directory);
  const engine::Queries queries(store.get());
  bool right = true;
  for (const BatchRead& batch : batches) right = right && ReadAll(queries, batch.input) == batch.expected;
  std::vector<std::thread> threads;
  std::vector<std::uint64_t> cells(kReaders);
  const double cpu = CpuSeconds();
  const Stopwatch watch;
  for (int t = 0; t < kReaders; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = static_cast<std::size_t>(t) * 17; watch.seconds() < seconds; ++i) {
        cells[t] += ReadAll(queries, batches[i % batches.size()].input).cells;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::uint64_t sum = 0;
  for (const std::uint64_t n : cells) sum += n;
  Line("batch_read", "store")
      .Set("ours", static_cast<double>(sum) / watch.seconds())
      .Set("per_cpu_second", static_cast<double>(sum) / (CpuSeconds() - cpu))
      .SetBool("checksum", right);
}

void Scan(const std::string& directory, const std::string& folder) {
  const WorkFolder work = LoadWork(folder);
  const Model model(work);
  const auto store = OpenStore(directory);
  const engine::Queries queries(store.get());
  engine::ReadInput input;
  input.dataset = std::string(kDataset);
  const auto release = static_cast<std::uint32_t>(work.releases.size() * 3 / 4);
  input.vintage.as_of = PublishedAtOf(release);
  const Sum expected = model.AsOf(release);
  ReadAll(queries, input);
  const double cpu = CpuSeconds();
  const Stopwatch watch;
  const Sum sum = ReadAll(queries, input);
  Line("scan", "store")
      .Set("ours", static_cast<double>(sum.cells) / watch.seconds())
      .Set("per_cpu_second", static_cast<double>(sum.cells) / (CpuSeconds() - cpu))
      .SetBool("checksum", sum == expected);
}

void Evict(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    fdatasync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
  }
}

int Main(const std::vector<std::string>& arguments) {
  const auto argument = [&arguments](std::size_t i, const char* fallback = "") {
    return i < arguments.size() ? arguments[i] : std::string(fallback);
  };
  const auto number = [&argument](std::size_t i, const char* fallback) {
    return std::atof(argument(i, fallback).c_str());
  };
  const std::map<std::string, std::function<void()>> commands = {
      {"generate",
       [&] {
         WriteWork(argument(1), static_cast<std::uint32_t>(number(2, "20000")),
                   static_cast<std::uint32_t>(number(3, "120")));
       }},
      {"load", [&] { Load(argument(1), argument(2)); }},
      {"read", [&] { Read(argument(1), argument(2), number(3, "3")); }},
      {"scan", [&] { Scan(argument(1), argument(2)); }},
      {"cross", [&] { CrossSections(argument(1), argument(2), number(3, "3")); }},
      {"tables", [&] { TablesAlone(argument(1), argument(2), static_cast<int>(number(3, "3"))); }},
      {"compact", [&] { CompactAndCount(argument(1), number(2, "1")); }},
      {"evict", [&] { Evict(argument(1)); }},
  };
  const auto command = commands.find(argument(0));
  if (command == commands.end()) Die("usage: store_lines generate|load|read|scan|cross|tables|compact|evict ...");
  command->second();
  return 0;
}

}  // namespace
}  // namespace tidewaiter::bench

int main(int argc, char** argv) { return tidewaiter::bench::Main({argv + 1, argv + argc}); }
