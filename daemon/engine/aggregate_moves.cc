#include "daemon/engine/aggregate_moves.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/series_fold.h"
#include "domain/series_key.h"

namespace tidewaiter::engine {
namespace {

// Of a move without its texts.
constexpr std::size_t kMoveBytes = 512;

// The figures of a query at one sequence, one after the other.
class Side {
 public:
  absl::Status Open(const Aggregates& aggregates, const AggregateQuery& query, Sequence sequence,
                    const SeriesSet& touched) {
    VintageInput vintage;
    vintage.sequence = sequence;
    absl::StatusOr<std::unique_ptr<AggregateReader>> reader = aggregates.Open(
        query, vintage, AggregateView(), AggregatePosition(), [] { return absl::OkStatus(); }, &touched);
    if (absl::IsNotFound(reader.status()) && DetailsOf(reader.status()).reason == Reason::kSeriesNotFound) {
      return absl::OkStatus();
    }
    TW_RETURN_IF_ERROR(reader.status());
    reader_ = *std::move(reader);
    return Next();
  }
  absl::Status Next() {
    TW_ASSIGN_OR_RETURN(has_figure_, reader_->Next());
    if (has_figure_) ++read_;
    return absl::OkStatus();
  }
  const AggregateFigure* figure() const { return has_figure_ ? &reader_->figure() : nullptr; }
  std::size_t read() const { return read_; }

 private:
  std::unique_ptr<AggregateReader> reader_;
  bool has_figure_ = false;
  std::size_t read_ = 0;
};

// Which of two figures comes first in an answer: < 0 if `a` does. Nothing comes last.
int Compare(const AggregateFigure* a, const AggregateFigure* b) {
  if (a == nullptr || b == nullptr) return a == nullptr ? (b == nullptr ? 0 : 1) : -1;
  const auto keys = CompareSeriesKeys(a->series, b->series);
  if (keys != 0) return keys < 0 ? -1 : 1;
  return a->period.last() - b->period.last();
}

bool SameNumber(const AggregateValue& a, const AggregateValue& b) {
  if (!a.value || !b.value) return !a.value && !b.value;
  return Decimal::NumericallyEqual(*a.value, *b.value);
}

void AddMove(const AggregateFigure* before, const AggregateFigure* after, AggregateMoves* moves) {
  const AggregateFigure& some = after != nullptr ? *after : *before;
  AggregateMove move;
  move.series = some.series;
  move.period = some.period;
  move.unit = some.unit;
  if (before != nullptr) move.before = before->value;
  if (after != nullptr) move.after = after->value;
  if (!SameNumber(move.before, move.after)) moves->moves.push_back(std::move(move));
}

// Series that are named one by one need not exist yet.
AggregateQuery WithKnownKeys(const storage::Catalogue& catalogue, const AggregateQuery& query) {
  AggregateQuery known = query;
  std::erase_if(known.keys, [&](const std::string& key) {
    const absl::StatusOr<Selector> selector = Selector::Parse(key);
    return selector.ok() && selector->is_single_series() &&
           absl::IsNotFound(catalogue.FindSeries(query.dataset, key).status());
  });
  // None left is not the same as none given, which means every series.
  return known.keys.empty() ? query : known;
}

// What a wish may run into as series come in; anything else is an error of ours.
bool IsProblem(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) || absl::IsResourceExhausted(status);
}

}  // namespace

std::size_t AggregateMoves::ApproximateBytes() const {
  return sizeof *this + problem.size() + moves.size() * kMoveBytes;
}

absl::StatusOr<AggregateMoves> ComputeMoves(const Aggregates& aggregates, const AggregateQuery& query,
                                            Sequence sequence, const SeriesSet& touched) {
  AggregateMoves moves;
  if (touched.empty()) return moves;
  Side before, after;
  TW_RETURN_IF_ERROR(before.Open(aggregates, query, sequence - 1, touched));
  TW_RETURN_IF_ERROR(after.Open(aggregates, query, sequence, touched));
  while (before.figure() != nullptr || after.figure() != nullptr) {
    const int order = Compare(before.figure(), after.figure());
    AddMove(order <= 0 ? before.figure() : nullptr, order >= 0 ? after.figure() : nullptr, &moves);
    if (order <= 0) TW_RETURN_IF_ERROR(before.Next());
    if (order >= 0) TW_RETURN_IF_ERROR(after.Next());
    if (before.read() + after.read() > kMaxFiguresPerMove) {
      moves.moves.clear();
      moves.problem = absl::StrCat("more than ", kMaxFiguresPerMove,
                                   " figures may have moved; follow fewer series, or ask for them");
      return moves;
    }
  }
  return moves;
}

// In the cache while it is being computed and after that until it is evicted. Guarded by mutex_.
struct AggregateFeed::Slot {
  bool done = false;
  absl::StatusOr<std::shared_ptr<const AggregateMoves>> result = absl::UnknownError("being computed");
};

// Whether nothing was said of the series before `sequence`.
absl::StatusOr<bool> AggregateFeed::IsFirst(storage::SeriesId series, Sequence sequence) const {
  SeriesFold fold;
  TW_RETURN_IF_ERROR(store_->ReadCells(series, {Instant::Max(), sequence - 1}, {}, &fold));
  return fold.cells().empty();
}

absl::StatusOr<SeriesSet> AggregateFeed::TouchedBy(Sequence sequence, const std::string& dataset) {
  SeriesSet touched;
  for (std::uint32_t part = 0;; ++part) {
    TW_ASSIGN_OR_RETURN(const std::shared_ptr<const ChangesPart> changes, updates_.Changes(sequence, part));
    for (const SeriesChanges& series : changes->series) {
      if (series.dataset != dataset) continue;
      // What is confirmed counts, too: of two equally good paths one may now come from fewer releases.
      bool counts = std::any_of(series.cells.begin(), series.cells.end(), [](const auto& cell) {
        return cell.change.change != ChangeClass::kBackfilled;
      });
      // So does the first that is said of a series, though a later scope has withdrawn it: sums have a member
      // more.
      if (!counts) {
        TW_ASSIGN_OR_RETURN(counts, IsFirst(series.series, sequence));
      }
      if (counts) touched.insert(series.series);
    }
    if (changes->last) return touched;
  }
}

absl::StatusOr<std::shared_ptr<const AggregateMoves>> AggregateFeed::Compute(Sequence sequence,
                                                                             const AggregateQuery& query) {
  TW_ASSIGN_OR_RETURN(const SeriesSet touched, TouchedBy(sequence, query.dataset));
  absl::StatusOr<AggregateMoves> moves =
      ComputeMoves(aggregates_, WithKnownKeys(*store_, query), sequence, touched);
  if (!moves.ok() && !IsProblem(moves.status())) return moves.status();
  auto made = std::make_shared<AggregateMoves>();
  if (moves.ok()) {
    *made = *std::move(moves);
  } else {
    made->problem = std::string(moves.status().message());
  }
  return std::shared_ptr<const AggregateMoves>(std::move(made));
}

absl::StatusOr<std::shared_ptr<const AggregateMoves>> AggregateFeed::Moves(Sequence sequence,
                                                                           const AggregateQuery& query,
                                                                           const std::string& name) {
  const Key key{sequence, name};
  std::shared_ptr<Slot> slot;
  {
    absl::MutexLock lock(&mutex_);
    std::shared_ptr<Slot>& held = slots_[key];
    if (held != nullptr) {
      slot = held;
      if (!slot->done) mutex_.Await(absl::Condition(&slot->done));
      return slot->result;
    }
    held = slot = std::make_shared<Slot>();
  }
  absl::StatusOr<std::shared_ptr<const AggregateMoves>> result = Compute(sequence, query);
  Complete(key, *slot, result);
  return result;
}

void AggregateFeed::Complete(const Key& key, Slot& slot,
                             absl::StatusOr<std::shared_ptr<const AggregateMoves>> result) {
  absl::MutexLock lock(&mutex_);
  slot.done = true;
  if (result.ok()) {
    used_bytes_ += (*result)->ApproximateBytes() + key.second.size();
    order_.push_back(key);
  } else {
    slots_.erase(key);
  }
  slot.result = std::move(result);
  while (used_bytes_ > cache_bytes_ && order_.size() > 1) {
    const auto oldest = slots_.find(order_.front());
    used_bytes_ -= (*oldest->second->result)->ApproximateBytes() + oldest->first.second.size();
    slots_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace tidewaiter::engine
