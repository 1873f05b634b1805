#include "tests/bench/daemon/tables_alone.h"

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>

#include <filesystem>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "storage/rocks/database.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"
#include "tests/bench/daemon/report.h"

namespace tidewaiter::bench {
namespace {

using storage::Database;
using storage::Family;

struct ReleaseBytes {
  std::vector<std::pair<std::string, std::string>> operands;  // by key
  std::vector<std::pair<std::string, std::string>> records;   // by key
};
using Releases = std::map<std::uint64_t, ReleaseBytes>;  // by begin position

std::unique_ptr<Database> Open(const std::string& directory) {
  storage::RocksOptions options;
  options.directory = directory;
  auto database = Database::Open(options);
  Check(database.ok(), database.status().ToString());
  return *std::move(database);
}

void Check(const rocksdb::Status& status) { bench::Check(status.ok(), status.ToString()); }

Releases ReadReleases(const Database& database) {
  Releases releases;
  const auto series = database.NewIterator(Family::kSeries);
  for (series->SeekToFirst(); series->Valid(); series->Next()) {
    storage::OperandReader reader(storage::ToView(series->value()));
    storage::Operand operand;
    while (reader.Next(&operand)) {
      std::string value;
      storage::PutOperandHeader(&value, operand.begin_position, operand.section, operand.cells.size());
      value.append(operand.cells);
      releases[operand.begin_position].operands.emplace_back(series->key().ToString(), std::move(value));
    }
  }
  const auto log = database.NewIterator(Family::kLog);
  for (log->SeekToFirst(); log->Valid(); log->Next()) {
    std::uint64_t position = 0;
    for (const char c : storage::ToView(log->key())) position = position << 8 | static_cast<unsigned char>(c);
    auto after = releases.upper_bound(position);
    if (after != releases.begin()) {
      std::prev(after)->second.records.emplace_back(log->key().ToString(), log->value().ToString());
    }
  }
  return releases;
}

// One table of a release; the bytes in it.
std::uint64_t WriteTable(const Database& database, Family family, const std::string& path,
                         const std::vector<std::pair<std::string, std::string>>& entries) {
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), database.TableOptions(family), database.family(family),
                                /*invalidate_page_cache=*/false);
  Check(writer.Open(path));
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : entries) {
    Check(family == Family::kSeries ? writer.Merge(key, value) : writer.Put(key, value));
    bytes += key.size() + value.size();
  }
  Check(writer.Finish());
  return bytes;
}

std::uint64_t TakeIn(Database& database, const ReleaseBytes& release, std::size_t number) {
  const std::string stem = database.incoming_directory() + "/" + std::to_string(number);
  std::vector<Database::Table> tables;
  std::uint64_t bytes = 0;
  for (const auto& [family, entries] :
       {std::pair(Family::kLog, &release.records), std::pair(Family::kSeries, &release.operands)}) {
    if (entries->empty()) continue;
    tables.push_back({family, stem + (family == Family::kLog ? "-log.sst" : "-series.sst")});
    bytes += WriteTable(database, family, tables.back().path, *entries);
  }
  const absl::Status status = database.Ingest(tables);
  bench::Check(status.ok(), status.ToString());
  return bytes;
}

std::uint64_t Property(const Database& database, Family family, const std::string& name) {
  std::uint64_t value = 0;
  database.db()->GetIntProperty(database.family(family), name, &value);
  return value;
}

}  // namespace

void TablesAlone(const std::string& directory, const std::string& scratch, int repetitions) {
  const Releases releases = ReadReleases(*Open(directory));
  bench::Check(!releases.empty(), "the store has no releases");
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    std::filesystem::remove_all(scratch);
    const std::unique_ptr<Database> database = Open(scratch);
    std::uint64_t bytes = 0;
    std::size_t number = 0;
    const double cpu = CpuSeconds();
    const Stopwatch watch;
    for (const auto& [position, release] : releases) bytes += TakeIn(*database, release, ++number);
    Line("tables", "alone")
        .Set("seconds", watch.seconds())
        .Set("cpu_seconds", CpuSeconds() - cpu)
        .Set("bytes", static_cast<double>(bytes))
        .Set("releases", static_cast<double>(releases.size()));
  }
  std::filesystem::remove_all(scratch);
}

void CompactAndCount(const std::string& directory, double observations) {
  constexpr std::pair<Family, const char*> kFamilies[] = {{Family::kMeta, "meta"},
                                                          {Family::kLog, "log"},
                                                          {Family::kSeries, "series"},
                                                          {Family::kCatalogue, "catalogue"},
                                                          {Family::kReleases, "releases"}};
  Line line("disk", "compacted");
  {
    const std::unique_ptr<Database> database = Open(directory);
    const Stopwatch watch;
    for (const auto& [family, name] : kFamilies) {
      Check(database->db()->Flush(rocksdb::FlushOptions(), database->family(family)));
      rocksdb::CompactRangeOptions options;
      options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
      Check(database->db()->CompactRange(options, database->family(family), nullptr, nullptr));
    }
    line.Set("compaction_seconds", watch.seconds());
    for (const auto& [family, name] : kFamilies) {
      line.Set(
          std::string(name) + "_bytes_per_observation",
          static_cast<double>(Property(*database, family, "rocksdb.total-sst-files-size")) / observations);
    }
  }
  const auto bytes = static_cast<double>(Open(directory)->DiskBytes());
  line.Set("disk_bytes", bytes).Set("observations", observations).Set("ours", bytes / observations);
}

}  // namespace tidewaiter::bench
