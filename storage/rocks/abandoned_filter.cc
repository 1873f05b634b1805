#include "storage/rocks/abandoned_filter.h"

#include <rocksdb/compaction_filter.h>

#include <string>
#include <string_view>
#include <utility>

#include "storage/rocks/coding.h"
#include "storage/rocks/operand.h"
#include "storage/rocks/period_index.h"
#include "storage/rocks/records.h"

namespace tidewaiter::storage {
namespace {

std::string_view View(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

class OperandFilter : public rocksdb::CompactionFilter {
 public:
  explicit OperandFilter(std::shared_ptr<const AbandonedPositions> abandoned)
      : abandoned_(std::move(abandoned)) {}
  const char* Name() const override { return "tidewaiter.abandoned-operands"; }

  Decision FilterV2(int level, const rocksdb::Slice& key, ValueType type, const rocksdb::Slice& value,
                    std::string* new_value, std::string* skip_until) const override {
    if (!HasAbandoned(View(value))) return Decision::kKeep;
    new_value->clear();
    OperandReader reader(View(value));
    Operand operand;
    while (reader.Next(&operand)) {
      if (abandoned_->Has(operand.begin_position)) continue;
      PutOperandHeader(new_value, operand.begin_position, operand.section, operand.cells.size());
      new_value->append(operand.cells);
    }
    return new_value->empty() ? Decision::kRemove : Decision::kChangeValue;
  }

 private:
  // False if anything is undecodable.
  bool HasAbandoned(std::string_view operands) const {
    OperandReader reader(operands);
    Operand operand;
    bool found = false;
    while (reader.Next(&operand)) found = found || abandoned_->Has(operand.begin_position);
    return found && reader.ok();
  }

  const std::shared_ptr<const AbandonedPositions> abandoned_;
};

class ChunkFilter : public rocksdb::CompactionFilter {
 public:
  explicit ChunkFilter(std::shared_ptr<const AbandonedPositions> abandoned)
      : abandoned_(std::move(abandoned)) {}
  const char* Name() const override { return "tidewaiter.abandoned-chunks"; }

  Decision FilterV2(int level, const rocksdb::Slice& key, ValueType type, const rocksdb::Slice& value,
                    std::string* new_value, std::string* skip_until) const override {
    ByteReader reader(View(value));
    const bool is_chunk = reader.Byte() == static_cast<std::uint8_t>(RecordKind::kChunk);
    const std::uint64_t begin_position = reader.Varint();
    if (!is_chunk || !reader.ok() || !abandoned_->Has(begin_position)) return Decision::kKeep;
    return Unseal("a chunk", View(key), View(value)).ok() ? Decision::kRemove : Decision::kKeep;
  }

 private:
  const std::shared_ptr<const AbandonedPositions> abandoned_;
};

class PeriodFilter : public rocksdb::CompactionFilter {
 public:
  explicit PeriodFilter(std::shared_ptr<const AbandonedPositions> abandoned)
      : abandoned_(std::move(abandoned)) {}
  const char* Name() const override { return "tidewaiter.abandoned-periods"; }

  Decision FilterV2(int level, const rocksdb::Slice& key, ValueType type, const rocksdb::Slice& value,
                    std::string* new_value, std::string* skip_until) const override {
    const absl::StatusOr<PeriodRecord> record = DecodePeriodRecord(View(key), View(value));
    return record.ok() && abandoned_->Has(record->begin_position) ? Decision::kRemove : Decision::kKeep;
  }

 private:
  const std::shared_ptr<const AbandonedPositions> abandoned_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> NewPeriodFilter(
    std::shared_ptr<const AbandonedPositions> abandoned) {
  return std::make_unique<PeriodFilter>(std::move(abandoned));
}

std::unique_ptr<rocksdb::CompactionFilter> NewOperandFilter(
    std::shared_ptr<const AbandonedPositions> abandoned) {
  return std::make_unique<OperandFilter>(std::move(abandoned));
}

std::unique_ptr<rocksdb::CompactionFilter> NewChunkFilter(
    std::shared_ptr<const AbandonedPositions> abandoned) {
  return std::make_unique<ChunkFilter>(std::move(abandoned));
}

}  // namespace tidewaiter::storage
