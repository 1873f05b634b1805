#include "storage/rocks/chunk_index.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "domain/errors.h"
#include "storage/rocks/period_index.h"

namespace tidewaiter::storage {
namespace {

// Indexes, whatever their size: few datasets are read whole.
constexpr std::size_t kMostHeld = 64;

auto OrderOf(const ChunkIndex::Chunk& chunk) {
  return std::tie(chunk.published_at, chunk.sequence, chunk.position);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ChunkIndex>> ChunkIndex::Read(const Database& database,
                                                                   const ReleaseTable& releases,
                                                                   std::uint32_t dataset, Sequence head,
                                                                   std::size_t most_mentions) {
  std::shared_ptr<ChunkIndex> index(new ChunkIndex());
  absl::flat_hash_map<std::uint64_t, std::uint32_t> known;  // by position
  std::map<Period, std::vector<Mention>> by_period;
  TW_RETURN_IF_ERROR(ScanPeriodRecords(database, dataset, PeriodRange{}, [&](const PeriodRecord& record) {
    const Sequence sequence = releases.SequenceAt(record.begin_position);
    if (sequence == 0 || sequence > head) return true;
    const auto [at, is_new] =
        known.try_emplace(record.position, static_cast<std::uint32_t>(index->chunks_.size()));
    if (is_new) {
      index->chunks_.push_back(
          {releases.At(sequence).published_at, sequence, record.position, record.begin_position});
    }
    for (const Period& period : record.stated.periods) {
      by_period[period].push_back({at->second, record.stated.sections});
    }
    index->mentions_ += record.stated.periods.size();
    return index->mentions_ <= most_mentions;
  }));
  if (index->mentions_ > most_mentions) return std::shared_ptr<const ChunkIndex>();

  // From the order in which the chunks were met to that of publication.
  std::vector<std::uint32_t> by_order(index->chunks_.size()), place(index->chunks_.size());
  for (std::uint32_t i = 0; i < by_order.size(); ++i) by_order[i] = i;
  std::sort(by_order.begin(), by_order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return OrderOf(index->chunks_[a]) < OrderOf(index->chunks_[b]);
  });
  std::vector<Chunk> chunks;
  for (std::uint32_t i = 0; i < by_order.size(); ++i) {
    place[by_order[i]] = i;
    chunks.push_back(index->chunks_[by_order[i]]);
  }
  index->chunks_ = std::move(chunks);
  for (auto& [period, mentions] : by_period) {
    for (Mention& mention : mentions) mention.chunk = place[mention.chunk];
    std::sort(mentions.begin(), mentions.end(),
              [](const Mention& a, const Mention& b) { return a.chunk < b.chunk; });
    mentions.shrink_to_fit();
    index->periods_.push_back({period, std::move(mentions)});
  }
  return std::shared_ptr<const ChunkIndex>(std::move(index));
}

absl::StatusOr<std::shared_ptr<const ChunkIndex>> ChunkIndexes::Get(std::uint32_t dataset,
                                                                    Sequence sequence) {
  {
    absl::MutexLock lock(&mutex_);
    if (const Held* const held = Find(dataset, sequence)) return held->index;
  }
  absl::MutexLock reading(&reading_);
  {
    absl::MutexLock lock(&mutex_);  // somebody may have read it meanwhile
    if (const Held* const held = Find(dataset, sequence)) return held->index;
  }
  Held held{.dataset = dataset, .head = releases_.head(), .index = nullptr};
  TW_ASSIGN_OR_RETURN(held.index, ChunkIndex::Read(database_, releases_, dataset, held.head, most_mentions_));
  std::shared_ptr<const ChunkIndex> index = held.index;
  absl::MutexLock lock(&mutex_);
  Keep(std::move(held));
  return index;
}

void ChunkIndexes::Stated(std::span<const std::uint32_t> datasets, Sequence sequence) {
  absl::MutexLock lock(&mutex_);
  for (const std::uint32_t dataset : datasets) stated_[dataset] = sequence;
}

const ChunkIndexes::Held* ChunkIndexes::Find(std::uint32_t dataset, Sequence sequence) {
  const auto at = std::find_if(held_.begin(), held_.end(),
                               [dataset](const Held& held) { return held.dataset == dataset; });
  if (at == held_.end()) return nullptr;
  const auto stated = stated_.find(dataset);
  const Sequence needed = std::min(sequence, stated == stated_.end() ? 0 : stated->second);
  if (at->index != nullptr && at->head < needed) return nullptr;
  held_.splice(held_.begin(), held_, at);
  return &held_.front();
}

void ChunkIndexes::Keep(Held held) {
  std::erase_if(held_, [&](const Held& other) { return other.dataset == held.dataset; });
  held_.push_front(std::move(held));
  std::size_t mentions = 0, kept = 0;
  std::erase_if(held_, [&](const Held& other) {
    if (other.index != nullptr) mentions += other.index->mentions();
    return ++kept > kMostHeld || mentions > most_mentions_;
  });
}

}  // namespace tidewaiter::storage
