#include "storage/rocks/cross_section.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "storage/rocks/chunk_codec.h"
#include "storage/rocks/period_columns.h"
#include "storage/rocks/period_index.h"
#include "storage/rocks/series_lister.h"
#include "storage/rocks/slice_table.h"

namespace tidewaiter::storage {
namespace {

// Chunks that are read before anything else is thought of; and how many of them cost what reading a series
// does.
constexpr std::size_t kChunksAtLeast = 1024;
constexpr std::size_t kChunksPerSeries = 2;
// Stands for a scope among the positions of chunks, which are smaller.
constexpr std::uint64_t kScopeMark = ~std::uint64_t{0};

// A period that a visible chunk states of the dataset.
struct Hit {
  Instant published_at;
  Sequence sequence = 0;
  std::uint64_t position = 0;
  std::uint64_t begin_position = 0;
  std::uint64_t sections = 0;  // of the dataset, in the chunk
  Period period;
};
auto OrderOf(const Hit& hit) { return std::tuple(hit.published_at, hit.sequence, hit.position, hit.period); }

struct SectionSet {
  std::uint64_t bits = 0;
  bool Has(std::uint32_t section) const {
    return section < limits::kMaxSectionsPerRelease && (bits >> section & 1) != 0;
  }
};

// A scope of all series.
struct Sweep {
  Instant published_at;
  Sequence sequence = 0;
  std::uint32_t section = 0;
  PeriodRange periods;
};
template <typename Event>
auto Moment(const Event& event) {
  return std::pair(event.published_at, event.sequence);
}

// One read. What was stated is put into tables, a table a period, in visibility order:
//
//   sequence  published   chunk states                table 2025-06   table 2025-07
//          7  August 7    2025-06 and 2025-07         a:6.1 b:2.0     a:7.0
//          8  August 18   2025-07                     a:6.1 b:2.0     a:7.1 b:3.0
class CrossSection {
 public:
  CrossSection(const StoreParts& store, SliceCache& cache, std::size_t table_bytes, std::uint32_t dataset,
               const Vintage& vintage)
      : store_(store), cache_(cache), table_bytes_(table_bytes), dataset_(dataset), vintage_(vintage) {}

  absl::StatusOr<bool> Run(const PeriodRange& range, std::size_t most_chunks,
                           absl::FunctionRef<bool(const Period&)> wanted, std::vector<PeriodSlice>* slices) {
    const std::optional<std::vector<ScopeIndex::Covering>> scopes = Scopes();
    if (!scopes) return false;
    TW_ASSIGN_OR_RETURN(const bool worth_while, FindHits(range, most_chunks, wanted));
    if (!worth_while || !TakeSweeps(*scopes)) return false;
    TW_RETURN_IF_ERROR(ReadPeriods(slices));
    return true;
  }

  // Looks for slices that are remembered, and puts together those that are not.
  absl::StatusOr<bool> RunShared(const PeriodRange& range, absl::FunctionRef<bool(const Period&)> wanted,
                                 const ChunkIndex& index, SliceMemory* memory, SharedSlices* slices) {
    const std::optional<std::vector<ScopeIndex::Covering>> scopes = Scopes();
    if (!scopes) return false;
    TakeHits(range, wanted, index);
    if (!TakeSweeps(*scopes)) return false;
    slices->clear();
    std::vector<SliceOrigin> missing;
    std::vector<std::size_t> places;  // of those, among the slices
    ForEachPeriod([&](std::span<const Hit> hits) {
      SliceOrigin origin = OriginOf(hits);
      slices->push_back(memory->Find(origin));
      if (slices->back() != nullptr) return;
      missing.push_back(std::move(origin));
      places.push_back(slices->size() - 1);
    });
    if (missing.empty()) return true;
    KeepHitsOf(missing);
    TW_ASSIGN_OR_RETURN(const bool worth_while, IsWorthWhile());
    if (!worth_while) return false;
    std::vector<PeriodSlice> read;
    TW_RETURN_IF_ERROR(ReadPeriods(&read));
    for (std::size_t i = 0; i < missing.size(); ++i) {
      auto slice = std::make_shared<const PeriodSlice>(std::move(read[i]));
      (*slices)[places[i]] = slice;
      memory->Insert(std::move(missing[i]), std::move(slice));
    }
    return true;
  }

 private:
  static absl::Status Disagree(const Period& period) {
    return CorruptionError(absl::StrCat("the index of periods and the log differ about ", period.ToString()));
  }

  std::optional<std::vector<ScopeIndex::Covering>> Scopes() const {
    return store_.scopes->FindIfOfAllSeries(dataset_, vintage_.sequence);
  }

  // The slices of all periods of which there is a hit.
  absl::Status ReadPeriods(std::vector<PeriodSlice>* slices) {
    const std::vector<Period> periods = TakePeriods();
    slices->resize(periods.size());
    for (std::size_t first = 0; first < periods.size();) {
      TW_ASSIGN_OR_RETURN(const std::size_t count, FillTables(std::span(periods).subspan(first)));
      for (std::size_t i = 0; i < count; ++i) {
        PeriodSlice& slice = (*slices)[first + i];
        slice.period = periods[first + i];
        tables_[i].Finish(places_, &slice);
        if (slice.size() == 0) return Disagree(slice.period);
      }
      first += count;
    }
    return absl::OkStatus();
  }

  // Nothing if what begins at the position is not visible at the vintage.
  std::optional<Hit> Visible(std::uint64_t begin_position) const {
    const Sequence sequence = store_.releases->SequenceAt(begin_position);
    if (sequence == 0 || sequence > vintage_.sequence) return std::nullopt;
    const std::optional<Instant> published_at = VisibleSince(sequence);
    if (!published_at) return std::nullopt;
    return Hit{*published_at, sequence, 0, begin_position, 0, {}};
  }
  std::optional<Instant> VisibleSince(Sequence sequence) const {
    const ReleaseTable::Release release = store_.releases->At(sequence);
    if (release.published_at > vintage_.as_of) return std::nullopt;
    if (release.retracted_by != 0 && release.retracted_by <= vintage_.sequence) return std::nullopt;
    return release.published_at;
  }

  // False if reading series by series costs less.
  absl::StatusOr<bool> FindHits(const PeriodRange& range, std::size_t most_chunks,
                                absl::FunctionRef<bool(const Period&)> wanted) {
    std::size_t chunks = 0;
    std::size_t think_at = kChunksAtLeast;
    absl::StatusOr<bool> worth_while = true;
    TW_RETURN_IF_ERROR(ScanPeriodRecords(*store_.database, dataset_, range, [&](const PeriodRecord& record) {
      std::optional<Hit> hit = Visible(record.begin_position);
      if (!hit) return true;
      hit->position = record.position;
      hit->sections = record.stated.sections;
      const std::size_t before = hits_.size();
      for (const Period& period : record.stated.periods) {
        if (!range.Contains(period) || !wanted(period)) continue;
        hit->period = period;
        hits_.push_back(*hit);
      }
      if (hits_.size() > before && ++chunks == think_at) {
        worth_while = HasSeries(chunks / kChunksPerSeries);
        think_at *= 2;
      }
      if (chunks > most_chunks) worth_while = false;
      return worth_while.ok() && *worth_while;
    }));
    std::sort(hits_.begin(), hits_.end(), [](const Hit& a, const Hit& b) { return OrderOf(a) < OrderOf(b); });
    return worth_while;
  }

  // The same out of an index in memory, by period, then in visibility order.
  void TakeHits(const PeriodRange& range, absl::FunctionRef<bool(const Period&)> wanted,
                const ChunkIndex& index) {
    for (const ChunkIndex::PeriodMentions& of : index.periods()) {
      if (!range.Contains(of.period)) continue;
      std::optional<bool> is_wanted;  // asked of visible periods only
      for (const ChunkIndex::Mention& mention : of.mentions) {
        const ChunkIndex::Chunk& chunk = index.chunks()[mention.chunk];
        if (chunk.published_at > vintage_.as_of || chunk.sequence > vintage_.sequence ||
            !VisibleSince(chunk.sequence)) {
          continue;
        }
        if (!is_wanted) is_wanted = wanted(of.period);
        if (!*is_wanted) break;
        hits_.push_back({chunk.published_at, chunk.sequence, chunk.position, chunk.begin_position,
                         mention.sections, of.period});
      }
    }
  }

  // Calls fn(hits) for each period. REQUIRES: the hits stand by period.
  template <typename Fn>
  void ForEachPeriod(Fn fn) const {
    for (auto hit = hits_.begin(); hit != hits_.end();) {
      const auto end =
          std::find_if(hit, hits_.end(), [hit](const Hit& other) { return other.period != hit->period; });
      fn(std::span<const Hit>(hit, end));
      hit = end;
    }
  }

  // What the slice of one period follows from.
  SliceOrigin OriginOf(std::span<const Hit> hits) const {
    SliceOrigin origin{.dataset = dataset_, .period = hits[0].period, .statements = {}};
    origin.statements.reserve(hits.size());
    for (const Hit& hit : hits) origin.statements.push_back(hit.position);
    for (const Sweep& sweep : sweeps_) {
      if (!sweep.periods.Contains(origin.period)) continue;
      origin.statements.insert(origin.statements.end(), {kScopeMark, sweep.sequence, sweep.section});
    }
    return origin;
  }

  // In visibility order. The periods ascend.
  void KeepHitsOf(const std::vector<SliceOrigin>& periods) {
    std::erase_if(hits_, [&periods](const Hit& hit) {
      const auto at = std::lower_bound(
          periods.begin(), periods.end(), hit.period,
          [](const SliceOrigin& origin, const Period& period) { return origin.period < period; });
      return at == periods.end() || at->period != hit.period;
    });
    std::sort(hits_.begin(), hits_.end(), [](const Hit& a, const Hit& b) { return OrderOf(a) < OrderOf(b); });
  }

  // False if reading series by series costs less. REQUIRES: the hits of a chunk stand together.
  absl::StatusOr<bool> IsWorthWhile() const {
    std::size_t chunks = 0;
    for (std::size_t i = 0; i < hits_.size(); ++i) {
      chunks += i == 0 || hits_[i].position != hits_[i - 1].position ? 1 : 0;
    }
    if (chunks < kChunksAtLeast) return true;
    return HasSeries(chunks / kChunksPerSeries);
  }

  absl::StatusOr<bool> HasSeries(std::size_t count) const {
    TW_ASSIGN_OR_RETURN(
        const std::vector<SeriesEntry> series,
        ListSeriesOf(*store_.database, store_.names->stated(), dataset_, Selector(), "", count));
    return series.size() == count;
  }

  // False if a release states cells in a section before its scope: what the scope takes away again is told
  // apart by reading series by series only.
  bool TakeSweeps(const std::vector<ScopeIndex::Covering>& scopes) {
    for (const ScopeIndex::Covering& scope : scopes) {
      const std::optional<Instant> published_at = VisibleSince(scope.sequence);
      if (!published_at) continue;
      sweeps_.push_back({*published_at, scope.sequence, scope.section, scope.periods});
      const std::uint64_t earlier = (std::uint64_t{1} << scope.section) - 1;
      for (const Hit& hit : hits_) {
        if (hit.sequence == scope.sequence && (hit.sections & earlier) != 0) return false;
      }
    }
    std::stable_sort(sweeps_.begin(), sweeps_.end(),
                     [](const Sweep& a, const Sweep& b) { return Moment(a) < Moment(b); });
    return true;
  }

  std::vector<Period> TakePeriods() const {
    std::vector<Period> periods;
    for (const Hit& hit : hits_) periods.push_back(hit.period);
    std::sort(periods.begin(), periods.end());
    periods.erase(std::unique(periods.begin(), periods.end()), periods.end());
    return periods;
  }

  // Fills tables_ for as many of the first periods as there is room for, and says how many.
  absl::StatusOr<std::size_t> FillTables(std::span<const Period> periods) {
    periods_ = periods;
    places_ = SeriesPlaces();
    tables_.assign(periods.size(), SliceTable());
    auto sweep = sweeps_.begin();
    for (auto hit = hits_.begin(); hit != hits_.end();) {
      for (; sweep != sweeps_.end() && Moment(*sweep) <= Moment(*hit); ++sweep) Withdraw(*sweep);
      const auto end =
          std::find_if(hit, hits_.end(), [hit](const Hit& other) { return other.position != hit->position; });
      TW_RETURN_IF_ERROR(PutChunk(std::span<const Hit>(hit, end)));
      hit = end;
    }
    for (; sweep != sweeps_.end(); ++sweep) Withdraw(*sweep);
    return periods_.size();
  }

  void Withdraw(const Sweep& sweep) {
    for (std::size_t i = 0; i < periods_.size(); ++i) {
      if (sweep.periods.Contains(periods_[i])) tables_[i].WithdrawAll(sweep.sequence);
    }
  }

  SliceTable* TableOf(const Period& period) {
    const auto at = std::lower_bound(periods_.begin(), periods_.end(), period);
    if (at == periods_.end() || *at != period) return nullptr;
    return &tables_[static_cast<std::size_t>(at - periods_.begin())];
  }

  // The sections of the dataset that state one of the periods.
  static SectionSet SectionsOf(std::span<const Hit> hits) {
    SectionSet sections;
    for (const Hit& hit : hits) sections.bits |= hit.sections;
    return sections;
  }

  // The hits of one chunk.
  absl::Status PutChunk(std::span<const Hit> hits) {
    std::vector<Hit> missing;
    for (const Hit& hit : hits) {
      if (TableOf(hit.period) == nullptr) continue;
      const std::optional<std::shared_ptr<const ChunkSlice>> slice = cache_.Find(KeyOf(hit));
      if (slice) {
        Put(**slice, hit);
      } else {
        missing.push_back(hit);
      }
    }
    return missing.empty() ? absl::OkStatus() : ReadChunk(missing);
  }

  SliceKey KeyOf(const Hit& hit) const {
    return {dataset_, hit.position, hit.period.start().index(), hit.period.months()};
  }

  void Put(const ChunkSlice& slice, const Hit& hit) {
    for (const std::uint32_t page : slice.pages) places_.Cover(page);
    KeepWithinRoom();
    if (SliceTable* const table = TableOf(hit.period)) table->Put(slice, places_, hit.sequence);
  }

  absl::Status ReadChunk(std::span<const Hit> hits) {
    rocksdb::PinnableSlice value;
    TW_ASSIGN_OR_RETURN(const std::string_view chunk,
                        store_.entries->ChunkAt(hits[0].position, hits[0].begin_position, &value));
    if (const std::optional<std::string_view> part = PartByPeriod(chunk)) return PutByPeriod(*part, hits);
    return PutBySeries(chunk, hits);
  }

  absl::Status PutByPeriod(std::string_view part, std::span<const Hit> hits) {
    if (!reader_.Open(part)) return CorruptionError("a chunk of a release cannot be decoded");
    const SectionSet ours = SectionsOf(hits);
    series_.resize(reader_.groups());
    auto at = series_.begin();
    for (const PeriodColumnsReader::Run& run : reader_.runs()) {
      const auto end = at + run.groups;
      if (ours.Has(run.section)) {
        std::iota(at, end, run.series);
      } else {
        std::fill(at, end, 0u);
      }
      at = end;
    }
    for (const Hit& hit : hits) {
      if (TableOf(hit.period) == nullptr) continue;
      PeriodColumns columns;
      if (!reader_.Read(hit.period, series_, &columns)) return Disagree(hit.period);
      const auto slice = std::make_shared<const ChunkSlice>(std::move(columns));
      cache_.Insert(KeyOf(hit), slice, slice->bytes());
      Put(*slice, hit);
    }
    return absl::OkStatus();
  }

  absl::Status PutBySeries(std::string_view chunk, std::span<const Hit> hits) {
    TW_ASSIGN_OR_RETURN(const ReleasePart part, DecodeChunk(chunk));
    const SectionSet ours = SectionsOf(hits);
    const auto is_wanted = [&hits](const Period& period) {
      const auto at = std::lower_bound(hits.begin(), hits.end(), period,
                                       [](const Hit& hit, const Period& p) { return hit.period < p; });
      return at != hits.end() && at->period == period;
    };
    for (const SeriesStatements& group : part) {
      if (!ours.Has(group.section)) continue;
      const auto series = static_cast<std::uint32_t>(group.series);
      for (const SeriesStatements::Cell& cell : group.cells) {
        if (!is_wanted(cell.period)) continue;
        places_.Cover(SeriesPlaces::PageOf(series));
        KeepWithinRoom();
        SliceTable* const table = TableOf(cell.period);
        if (table != nullptr) table->Put(series, cell.datum, cell.attributes, places_, hits[0].sequence);
      }
    }
    return absl::OkStatus();
  }

  // Gives up the later half of the periods, to be read later, while the tables would take too much room.
  void KeepWithinRoom() {
    while (periods_.size() > 1 &&
           periods_.size() * places_.size() * SliceTable::kBytesPerPlace > table_bytes_) {
      periods_ = periods_.first(periods_.size() / 2);
      tables_.resize(periods_.size());
    }
  }

  const StoreParts& store_;
  SliceCache& cache_;
  const std::size_t table_bytes_;
  const std::uint32_t dataset_;
  const Vintage vintage_;
  std::vector<Hit> hits_;      // in visibility order
  std::vector<Sweep> sweeps_;  // likewise
  // Of the periods that are being read.
  std::span<const Period> periods_;
  SeriesPlaces places_;
  std::vector<SliceTable> tables_;
  // Kept for their memory.
  PeriodColumnsReader reader_;
  std::vector<std::uint32_t> series_;  // of each group; 0: of another dataset
};

}  // namespace

CrossSectionReader::CrossSectionReader(const StoreParts* store, const SliceLimits& limits)
    : store_(store),
      table_bytes_(limits.table_bytes),
      cache_(limits.cache_bytes),
      memory_(limits.memory_bytes) {}

absl::StatusOr<bool> CrossSectionReader::Read(std::string_view dataset, const PeriodRange& range,
                                              const Vintage& vintage, std::size_t most_chunks,
                                              absl::FunctionRef<bool(const Period&)> wanted,
                                              std::vector<PeriodSlice>* slices) const {
  TW_ASSIGN_OR_RETURN(const DatasetTable::Held held, store_->datasets->Find(dataset));
  CrossSection section(*store_, cache_, table_bytes_, held->number, vintage);
  return section.Run(range, most_chunks, wanted, slices);
}

absl::StatusOr<bool> CrossSectionReader::ReadShared(std::string_view dataset, const PeriodRange& range,
                                                    const Vintage& vintage,
                                                    absl::FunctionRef<bool(const Period&)> wanted,
                                                    SharedSlices* slices) const {
  TW_ASSIGN_OR_RETURN(const DatasetTable::Held held, store_->datasets->Find(dataset));
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const ChunkIndex> index,
                      store_->chunk_indexes->Get(held->number, vintage.sequence));
  CrossSection section(*store_, cache_, table_bytes_, held->number, vintage);
  if (index != nullptr) return section.RunShared(range, wanted, *index, &memory_, slices);
  std::vector<PeriodSlice> read;
  TW_ASSIGN_OR_RETURN(const bool done, section.Run(range, kAnyChunks, wanted, &read));
  if (!done) return false;
  slices->clear();
  for (PeriodSlice& slice : read) slices->push_back(std::make_shared<const PeriodSlice>(std::move(slice)));
  return true;
}

}  // namespace tidewaiter::storage
