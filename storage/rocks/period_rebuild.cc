#include "storage/rocks/period_rebuild.h"

#include <string>

#include "domain/errors.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/period_index.h"

namespace tidewaiter::storage {
namespace {

constexpr std::size_t kBatchBytes = 1u << 20;

class Rebuild {
 public:
  explicit Rebuild(const StoreParts& store) : store_(store) {}

  absl::Status Run() {
    for (Sequence sequence = 1; sequence <= store_.releases->head(); ++sequence) {
      TW_RETURN_IF_ERROR(AddEntry(sequence));
      if (batch_.GetDataSize() >= kBatchBytes) TW_RETURN_IF_ERROR(Write(/*sync=*/false));
    }
    // Behind all of the index in the write-ahead log.
    std::string whole;
    Seal(kPeriodsKey, &whole);
    batch_.Put(store_.database->family(Family::kMeta), ToSlice(kPeriodsKey), whole);
    return Write(/*sync=*/true);
  }

 private:
  absl::Status AddEntry(Sequence sequence) {
    rocksdb::PinnableSlice value;
    TW_ASSIGN_OR_RETURN(const ReleaseRecord release, store_.entries->Entry(sequence, &value));
    const StoredEntry& stored = release.stored;
    for (std::uint32_t part = 0; part < stored.entry.parts; ++part) {
      TW_ASSIGN_OR_RETURN(const ReleasePart chunk, store_.entries->Part(stored, release.chunk, part));
      TW_ASSIGN_OR_RETURN(const ChunkPeriods periods, PeriodsOf(chunk, stored.datasets));
      const std::uint64_t position =
          stored.chunk_positions.empty() ? stored.begin_position : stored.chunk_positions[part];
      for (const YearOfChunk& year : periods) Add({year, position, stored.begin_position});
    }
    return absl::OkStatus();
  }

  void Add(const PeriodRecord& record) {
    const std::string key = PeriodRecordKey(record);
    std::string bytes = EncodePeriodRecord(record);
    Seal(key, &bytes);
    batch_.Put(store_.database->family(Family::kPeriods), key, bytes);
  }

  absl::Status Write(bool sync) {
    TW_RETURN_IF_ERROR(store_.database->CheckWritable(batch_.GetDataSize()));
    TW_RETURN_IF_ERROR(store_.database->Write(&batch_, sync));
    batch_.Clear();
    return absl::OkStatus();
  }

  const StoreParts& store_;
  rocksdb::WriteBatch batch_;
};

}  // namespace

absl::StatusOr<bool> HasPeriodIndex(const Database& database) {
  rocksdb::PinnableSlice value;
  TW_ASSIGN_OR_RETURN(
      const std::string_view record,
      database.GetSealed(Family::kMeta, "the mark of the index of periods", kPeriodsKey, &value));
  return record.data() != nullptr;
}

absl::Status RebuildPeriodIndex(const StoreParts& store) { return Rebuild(store).Run(); }

}  // namespace tidewaiter::storage
