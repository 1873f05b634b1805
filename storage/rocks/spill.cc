#include "storage/rocks/spill.h"

#include <rocksdb/sst_file_writer.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"

namespace tidewaiter::storage {
namespace {

// One table under construction; its file goes away with it unless it was taken in.
class TableFile {
 public:
  TableFile(const Database& database, Family family, std::string path)
      : path_(std::move(path)),
        writer_(rocksdb::EnvOptions(), database.TableOptions(family), database.family(family),
                /*invalidate_page_cache=*/false) {}
  ~TableFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  absl::Status Open() { return FromRocks(writer_.Open(path_), "writing a sorted table"); }
  absl::Status Put(std::string_view key, std::string_view value) {
    return FromRocks(writer_.Put(ToSlice(key), ToSlice(value)), "writing a sorted table");
  }
  absl::Status Merge(std::string_view key, std::string_view value) {
    return FromRocks(writer_.Merge(ToSlice(key), ToSlice(value)), "writing a sorted table");
  }
  absl::Status Finish() { return FromRocks(writer_.Finish(), "writing a sorted table"); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  rocksdb::SstFileWriter writer_;
};

// The operands of a series, one after the other under its key: a table holds a key once.
absl::Status WriteOperands(PreparedRelease* release, TableFile* table) {
  std::vector<OperandBuffer::Ref>& refs = release->operands.refs;
  const auto by_series = [](const OperandBuffer::Ref& a, const OperandBuffer::Ref& b) {
    return a.series < b.series;
  };
  if (!std::is_sorted(refs.begin(), refs.end(), by_series)) {
    std::stable_sort(refs.begin(), refs.end(), by_series);
  }
  std::string value;
  for (std::size_t i = 0; i < refs.size();) {
    value.clear();
    const std::uint32_t series = refs[i].series;
    for (; i < refs.size() && refs[i].series == series; ++i) {
      PutOperandHeader(&value, release->begin_position, refs[i].section, refs[i].bytes);
      value.append(release->operands.CellsOf(refs[i]));
    }
    TW_RETURN_IF_ERROR(table->Merge(SeriesOperandsKey(series), value));
  }
  return table->Finish();
}

absl::Status WriteChunks(const PreparedRelease& release, std::uint64_t position, TableFile* table) {
  auto part = static_cast<std::uint32_t>(release.chunk_positions.size());
  for (const std::string& chunk : release.chunks) {
    const std::string key = LogKey(position++);
    std::string record = EncodeChunkRecord({release.begin_position, part++, chunk});
    Seal(key, &record);
    TW_RETURN_IF_ERROR(table->Put(key, record));
  }
  return table->Finish();
}

// The position at which the release begins. Its record is on its way to the disk: whoever takes in a table
// that names the position makes it durable before.
absl::Status Begin(const StoreParts& store, PreparedRelease* release) {
  if (release->begin_position != 0) return absl::OkStatus();
  BeginCommit begin(&release->entry.header);
  TW_RETURN_IF_ERROR(store.committer->Commit(&begin));
  release->begin_position = begin.position();
  return absl::OkStatus();
}

// The index of the periods of chunks that went to disk by a table.
absl::Status CommitPeriods(const StoreParts& store, std::uint64_t first, PreparedRelease* release) {
  PeriodsCommit periods(release->begin_position, first, &release->chunk_periods);
  TW_RETURN_IF_ERROR(store.committer->Commit(&periods));
  for (std::size_t i = 0; i < release->chunks.size(); ++i) release->chunk_positions.push_back(first + i);
  release->chunks.clear();
  release->chunk_periods.clear();
  release->chunk_bytes = 0;
  return absl::OkStatus();
}

}  // namespace

absl::Status Spill(const StoreParts& store, std::size_t chunk_table_bytes, PreparedRelease* release) {
  if (release->operands.refs.empty()) return absl::OkStatus();
  TW_RETURN_IF_ERROR(store.database->CheckWritable(release->buffered_bytes()));
  TW_RETURN_IF_ERROR(Begin(store, release));
  const bool with_chunks = release->chunk_bytes >= chunk_table_bytes;
  const std::uint64_t first = with_chunks ? store.committer->TakePositions(release->chunks.size()) : 0;
  const std::string stem = absl::StrCat(store.database->incoming_directory(), "/", release->begin_position);
  std::vector<Database::Table> tables;
  TableFile operands(*store.database, Family::kSeries, stem + "-series.sst");
  TableFile chunks(*store.database, Family::kLog, stem + "-log.sst");
  TW_RETURN_IF_ERROR(operands.Open());
  TW_RETURN_IF_ERROR(WriteOperands(release, &operands));
  if (with_chunks) {
    TW_RETURN_IF_ERROR(chunks.Open());
    TW_RETURN_IF_ERROR(WriteChunks(*release, first, &chunks));
    tables.push_back({Family::kLog, chunks.path()});
  }
  tables.push_back({Family::kSeries, operands.path()});
  TW_RETURN_IF_ERROR(store.database->SyncLog());  // the begin record
  TW_RETURN_IF_ERROR(store.database->Ingest(tables));
  store.memory->Forget(release->operands.refs);
  release->operands.Clear();
  return with_chunks ? CommitPeriods(store, first, release) : absl::OkStatus();
}

}  // namespace tidewaiter::storage
