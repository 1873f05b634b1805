#include "daemon/engine/pending_records.h"

#include <utility>
#include <vector>

#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::engine {
namespace {

constexpr std::size_t kScanRecords = 1024;
// What one write may hold, less what the store itself counts beside keys and values.
constexpr std::size_t kFlushBytes = limits::kMaxAnnexBatchBytes / 2;

}  // namespace

void AppendNumber(std::string& key, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift & 0xFFu));
}

std::uint32_t NumberAt(std::string_view key, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4; ++i) number = number << 8 | static_cast<unsigned char>(key[i]);
  return number;
}

void PendingRecords::Put(std::string key, std::string value) { Keep(std::move(key), std::move(value)); }
void PendingRecords::Delete(std::string key) { Keep(std::move(key), std::nullopt); }

void PendingRecords::Keep(std::string key, std::optional<std::string> value) {
  bytes_ += key.size() + (value ? value->size() : 0);
  pending_.insert_or_assign(std::move(key), std::move(value));
}

absl::StatusOr<std::optional<std::string>> PendingRecords::Get(std::string_view key) const {
  if (const auto found = pending_.find(key); found != pending_.end()) return found->second;
  return annexes_->GetAnnex(table_, key);
}

absl::Status PendingRecords::ForEach(
    std::string_view prefix,
    absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)> take) const {
  auto pending = pending_.lower_bound(prefix);
  const auto take_pending_before = [&](const std::string* key) -> absl::Status {
    for (; pending != pending_.end() && pending->first.starts_with(prefix); ++pending) {
      if (key != nullptr && pending->first >= *key) break;
      if (pending->second) TW_RETURN_IF_ERROR(take(pending->first, *pending->second));
    }
    return absl::OkStatus();
  };
  std::string after;
  for (;;) {
    TW_ASSIGN_OR_RETURN(const std::vector<storage::AnnexRecord> records,
                        annexes_->ScanAnnexes(table_, prefix, after, kScanRecords));
    if (records.empty()) return take_pending_before(nullptr);
    for (const storage::AnnexRecord& record : records) {
      TW_RETURN_IF_ERROR(take_pending_before(&record.key));
      if (pending_.contains(record.key)) continue;  // its pending value comes next
      TW_RETURN_IF_ERROR(take(record.key, record.value.value_or("")));
    }
    after = records.back().key;
  }
}

absl::Status PendingRecords::Flush() {
  std::vector<storage::AnnexRecord> batch;
  std::size_t bytes = 0;
  for (const auto& [key, value] : pending_) {
    const std::size_t size = key.size() + (value ? value->size() : 0);
    if (bytes + size > kFlushBytes && !batch.empty()) {
      TW_RETURN_IF_ERROR(annexes_->PutAnnexes(table_, batch));
      batch.clear();
      bytes = 0;
    }
    batch.push_back({key, value});
    bytes += size;
  }
  if (!batch.empty()) TW_RETURN_IF_ERROR(annexes_->PutAnnexes(table_, batch));
  pending_.clear();
  bytes_ = 0;
  return absl::OkStatus();
}

}  // namespace tidewaiter::engine
