#include "storage/rocks/decoded_series.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "storage/rocks/operand.h"

namespace tidewaiter::storage {
namespace {

// A rank has 16 bits. One more is no rank.
constexpr std::size_t kMaxReleases = std::numeric_limits<std::uint16_t>::max();
// A series of more statements is rare, and would crowd out hundreds of others.
constexpr std::size_t kMaxStatements = 1u << 16;
// Where months lie further apart, dealing out would mostly count empty ones.
constexpr std::size_t kMonthsPerStatement = 16;
// Statements of one period to step back over before halving what is left.
constexpr std::uint32_t kSteps = 6;

template <typename T>
std::size_t BytesOf(const std::vector<T>& column) {
  return column.capacity() * sizeof(T);
}

// Asks for a column, or its beginning, before it is needed: out of memory, several lines at a time come
// sooner than one after the other. Reads of many series out of a store that does not fit the caches take a
// third less.
template <typename T>
void Prefetch(const std::vector<T>& column) {
  constexpr std::size_t kLineBytes = 64, kMostBytes = 4096;
  const auto* const bytes = reinterpret_cast<const char*>(column.data());
  const std::size_t end = std::min(column.size() * sizeof(T), kMostBytes);
  for (std::size_t at = 0; at < end; at += kLineBytes) __builtin_prefetch(bytes + at);
}

}  // namespace

DecodedSeries::Builder::Outcome DecodedSeries::Builder::Read(std::string_view operands) {
  OperandReader reader(operands);
  Operand operand;
  while (reader.Next(&operand)) {
    const Sequence sequence = releases_->SequenceAt(operand.begin_position);
    if (sequence == 0 || sequence > head_) return Outcome::kPending;
    if (sequences_.empty() || sequences_.back() != sequence) sequences_.push_back(sequence);
    // The cell reader is fast where more bytes follow than it needs.
    const char* const end = operands.data() + operands.size();
    std::string_view input(operand.cells.data(), static_cast<std::size_t>(end - operand.cells.data()));
    CellReader cells(&input);
    CodedCell cell;
    while (cells.Next(&cell)) {
      statements_.push_back({cell.period, static_cast<std::uint32_t>(sequences_.size() - 1),
                             static_cast<std::uint32_t>(cells_.size())});
      cells_.push_back(cell);
    }
    if (!cells.ok() || input.data() != operand.cells.data() + operand.cells.size()) return Outcome::kDamaged;
    if (statements_.size() > kMaxStatements || sequences_.size() > kMaxReleases) return Outcome::kIntricate;
  }
  if (!reader.ok()) return Outcome::kDamaged;
  Rank();
  return HasRepeats() ? Outcome::kIntricate : Outcome::kDone;
}

// Operands come in the order of acceptance, those of one release mostly together.
void DecodedSeries::Builder::Rank() {
  const auto order = [this](Sequence sequence) {
    return std::tuple(releases_->PublishedAt(sequence), sequence);
  };
  const auto earlier = [&order](Sequence a, Sequence b) { return order(a) < order(b); };
  std::vector<Sequence> by_rank = sequences_;
  if (!std::is_sorted(by_rank.begin(), by_rank.end(), earlier)) {
    std::sort(by_rank.begin(), by_rank.end(), earlier);
    by_rank.erase(std::unique(by_rank.begin(), by_rank.end()), by_rank.end());
    for (Statement& statement : statements_) {
      const auto at =
          std::lower_bound(by_rank.begin(), by_rank.end(), sequences_[statement.release], earlier);
      statement.release = static_cast<std::uint32_t>(at - by_rank.begin());
    }
  }
  sequences_ = std::move(by_rank);
  if (SortByMonth()) return;
  std::sort(statements_.begin(), statements_.end(), [](const Statement& a, const Statement& b) {
    return std::tie(a.period, a.release) < std::tie(b.period, b.release);
  });
}

// Nearly always releases came in the order of their ranks and state single months: then statements only have
// to be dealt out to their months. False if not.
bool DecodedSeries::Builder::SortByMonth() {
  if (statements_.empty()) return true;
  const auto by_release = [](const Statement& a, const Statement& b) { return a.release < b.release; };
  if (!std::is_sorted(statements_.begin(), statements_.end(), by_release)) return false;
  Month first = statements_.front().period.start(), last = first;
  for (const Statement& statement : statements_) {
    if (statement.period.months() != 1) return false;
    first = std::min(first, statement.period.start());
    last = std::max(last, statement.period.start());
  }
  if (static_cast<std::size_t>(last - first) > kMonthsPerStatement * statements_.size()) return false;
  std::vector<std::uint32_t> places(static_cast<std::size_t>(last - first) + 2);
  for (const Statement& statement : statements_) {
    ++places[static_cast<std::size_t>(statement.period.start() - first) + 1];
  }
  for (std::size_t i = 1; i < places.size(); ++i) places[i] += places[i - 1];
  std::vector<Statement> sorted(statements_.size());
  for (const Statement& statement : statements_) {
    sorted[places[static_cast<std::size_t>(statement.period.start() - first)]++] = statement;
  }
  statements_ = std::move(sorted);
  return true;
}

bool DecodedSeries::Builder::HasRepeats() const {
  return std::adjacent_find(statements_.begin(), statements_.end(),
                            [](const Statement& a, const Statement& b) {
                              return a.release == b.release && a.period == b.period;
                            }) != statements_.end();
}

DecodedSeries DecodedSeries::Builder::Build() {
  DecodedSeries series;
  series.sequences_ = std::vector<Sequence>(sequences_.begin(), sequences_.end());
  series.sequences_ascend_ = std::is_sorted(sequences_.begin(), sequences_.end());
  const std::size_t count = statements_.size();
  series.ranks_.reserve(count);
  series.coefficients_.reserve(count);
  bool single_months = true, in_a_row = true;
  for (std::size_t i = 0; i < count; ++i) {
    const Statement& statement = statements_[i];
    if (i == 0 || statement.period != statements_[i - 1].period) {
      single_months = single_months && statement.period.months() == 1;
      in_a_row = in_a_row && (i == 0 || statement.period.start() == statements_[i - 1].period.start() + 1);
      series.periods_.push_back(statement.period);
      series.begins_.push_back(static_cast<std::uint32_t>(i));
    }
    series.Append(cells_[statement.cell], statement.release);
    series.SetSince(i, series.begins_.back());
  }
  series.begins_.push_back(static_cast<std::uint32_t>(count));
  series.begins_.shrink_to_fit();
  if (single_months && in_a_row && count > 0) {
    series.first_month_ = series.periods_.front().start();
    std::vector<Period>().swap(series.periods_);  // assigning {} would keep the memory
  }
  series.periods_.shrink_to_fit();
  series.is_plain_ =
      single_months && series.form_.is_plain() && series.forms_.empty() && series.texts_.empty();
  series.Narrow();
  return series;
}

void DecodedSeries::Append(const CodedCell& cell, std::uint32_t rank) {
  const std::size_t before = ranks_.size();
  const CellForm form = CellForm::Of(cell.datum, cell.attributes);
  if (before == 0) form_ = form;
  if (form != form_ && forms_.empty()) forms_.assign(before, form_);
  if (form != form_ || !forms_.empty()) forms_.push_back(form);
  std::int64_t coefficient = 0;
  if (form.is_wide()) {
    coefficient = static_cast<std::int64_t>(wide_.size());
    wide_.push_back(cell.datum.value().coefficient());
  } else if (cell.datum.has_value()) {
    coefficient = static_cast<std::int64_t>(cell.datum.value().coefficient());
  }
  coefficients_.push_back(coefficient);
  if ((cell.source != 0 || cell.note != 0) && texts_.empty()) texts_.assign(before, Texts());
  if (cell.source != 0 || cell.note != 0 || !texts_.empty()) texts_.push_back({cell.source, cell.note});
  ranks_.push_back(static_cast<std::uint16_t>(rank));
}

void DecodedSeries::SetSince(std::size_t statement, std::size_t first_of_period) {
  const bool stood = statement > first_of_period && SameValue(DatumOf(statement - 1), DatumOf(statement));
  if (stood && since_.empty()) since_.assign(ranks_.begin(), ranks_.end() - 1);
  if (stood) {
    since_.push_back(since_[statement - 1]);
  } else if (!since_.empty()) {
    since_.push_back(ranks_[statement]);
  }
}

// Coefficients of most tables fit 32 bits.
void DecodedSeries::Narrow() {
  const auto fits = [](std::int64_t coefficient) {
    return coefficient == static_cast<std::int32_t>(coefficient);
  };
  if (std::all_of(coefficients_.begin(), coefficients_.end(), fits)) {
    narrow_.reserve(coefficients_.size());
    for (const std::int64_t c : coefficients_) narrow_.push_back(static_cast<std::int32_t>(c));
    std::vector<std::int64_t>().swap(coefficients_);
  }
  since_.shrink_to_fit();
  forms_.shrink_to_fit();
  wide_.shrink_to_fit();
  texts_.shrink_to_fit();
}

std::size_t DecodedSeries::bytes() const {
  return sizeof(*this) + BytesOf(sequences_) + BytesOf(periods_) + BytesOf(begins_) + BytesOf(ranks_) +
         BytesOf(since_) + BytesOf(narrow_) + BytesOf(coefficients_) + BytesOf(forms_) + BytesOf(wide_) +
         BytesOf(texts_);
}

Datum DecodedSeries::DatumOf(std::size_t statement) const {
  const CellForm form = FormOf(statement);
  if (!narrow_.empty()) {
    const std::int32_t coefficient = narrow_[statement];
    return form.DatumOf(form.is_wide() ? wide_[static_cast<std::size_t>(coefficient)] : coefficient);
  }
  const std::int64_t coefficient = coefficients_[statement];
  return form.DatumOf(form.is_wide() ? wide_[static_cast<std::size_t>(coefficient)] : coefficient);
}

void DecodedSeries::Read(const ReleaseTable& releases, const Vintage& vintage, const PeriodRange& range,
                         std::vector<CellState>* cells) const {
  cells->clear();
  PrefetchAll();
  const std::uint32_t ranks = VisibleRanks(releases, vintage);
  if (ranks == 0) return;
  cells->reserve(begins_.size() - 1);
  if (ranks == kGaps) {
    ReadGaps(releases, vintage, range, cells);
  } else {
    ReadBelow(ranks, releases, range, cells);
  }
}

void DecodedSeries::PrefetchAll() const {
  Prefetch(sequences_);
  Prefetch(begins_);
  Prefetch(ranks_);
  Prefetch(narrow_);
}

std::uint32_t DecodedSeries::VisibleRanks(const ReleaseTable& releases, const Vintage& vintage) const {
  const auto published_by = [&releases](Instant as_of, Sequence sequence) {
    return as_of < releases.PublishedAt(sequence);
  };
  auto end = sequences_.end();
  if (vintage.as_of != Instant::Max()) {
    end = std::upper_bound(sequences_.begin(), end, vintage.as_of, published_by);
  }
  if (sequences_ascend_) {
    if (end != sequences_.begin() && end[-1] > vintage.sequence) {
      end = std::upper_bound(sequences_.begin(), end, vintage.sequence);
    }
  } else if (std::any_of(sequences_.begin(), end,
                         [&vintage](Sequence sequence) { return sequence > vintage.sequence; })) {
    return kGaps;
  }
  if (releases.has_retractions() && std::any_of(sequences_.begin(), end, [&](Sequence sequence) {
        const Sequence retracted_by = releases.At(sequence).retracted_by;
        return retracted_by != 0 && retracted_by <= vintage.sequence;
      })) {
    return kGaps;
  }
  return static_cast<std::uint32_t>(end - sequences_.begin());
}

std::uint32_t DecodedSeries::EndBelow(std::uint32_t ranks, std::size_t i) const {
  const std::uint32_t begin = begins_[i];
  std::uint32_t end = begins_[i + 1];
  // Of an old vintage most are: asked first, this is easily foretold.
  if (ranks_[begin] >= ranks) return begin;
  for (std::uint32_t step = 0; ranks_[end - 1] >= ranks; ++step) {
    if (step == kSteps) {
      const auto first = ranks_.begin();
      return static_cast<std::uint32_t>(std::lower_bound(first + begin, first + end, ranks) - first);
    }
    --end;
  }
  return end;
}

void DecodedSeries::ReadBelow(std::uint32_t ranks, const ReleaseTable& releases, const PeriodRange& range,
                              std::vector<CellState>* cells) const {
  const bool everything = !range.from && !range.to;
  const std::size_t periods = begins_.size() - 1;
  for (std::size_t i = 0; i < periods; ++i) {
    const std::uint32_t end = EndBelow(ranks, i);
    if (end == begins_[i]) continue;
    const Period period = PeriodAt(i);
    if (!everything && !range.Contains(period)) continue;
    AddState(end - 1, SinceOf(end - 1), period, releases, cells);
  }
}

bool DecodedSeries::ReadPlain(const ReleaseTable& releases, const Vintage& vintage, const PeriodRange& range,
                              PlainCells* columns) const {
  if (!is_plain_) return false;
  PrefetchAll();
  const std::uint32_t ranks = VisibleRanks(releases, vintage);
  if (ranks == kGaps) return false;
  columns->Clear();
  if (ranks == 0) return true;
  columns->scale = form_.scale();
  const bool everything = !range.from && !range.to;
  const std::size_t periods = begins_.size() - 1;
  columns->Resize(periods);
  std::size_t count = 0;
  for (std::size_t i = 0; i < periods; ++i) {
    const std::uint32_t end = EndBelow(ranks, i);
    if (end == begins_[i]) continue;
    const Period period = PeriodAt(i);
    if (!everything && !range.Contains(period)) continue;
    const std::size_t statement = end - 1;
    const Sequence sequence = sequences_[ranks_[statement]];
    const Instant published_at = releases.PublishedAt(sequence);
    columns->months[count] = period.start();
    columns->coefficients[count] = narrow_.empty() ? coefficients_[statement] : narrow_[statement];
    columns->sequences[count] = sequence;
    columns->published_at[count] = published_at;
    if (const std::uint32_t since = SinceOf(statement); since != ranks_[statement]) {
      columns->ages.resize(periods);
      columns->ages[count] = published_at.micros() - releases.PublishedAt(sequences_[since]).micros();
    }
    ++count;
  }
  columns->Resize(count);
  return true;
}

void DecodedSeries::ReadGaps(const ReleaseTable& releases, const Vintage& vintage, const PeriodRange& range,
                             std::vector<CellState>* cells) const {
  std::vector<bool> visible(sequences_.size());
  for (std::size_t rank = 0; rank < sequences_.size(); ++rank) {
    const ReleaseTable::Release release = releases.At(sequences_[rank]);
    visible[rank] = sequences_[rank] <= vintage.sequence && release.published_at <= vintage.as_of &&
                    (release.retracted_by == 0 || release.retracted_by > vintage.sequence);
  }
  for (std::size_t i = 0; i + 1 < begins_.size(); ++i) {
    const Period period = PeriodAt(i);
    if (!range.Contains(period)) continue;
    constexpr std::size_t kNone = ~std::size_t{0};
    std::size_t last = kNone;
    std::uint32_t since = 0;
    for (std::size_t statement = begins_[i]; statement < begins_[i + 1]; ++statement) {
      if (!visible[ranks_[statement]]) continue;
      if (last == kNone || !SameValue(DatumOf(last), DatumOf(statement))) since = ranks_[statement];
      last = statement;
    }
    if (last != kNone) AddState(last, since, period, releases, cells);
  }
}

void DecodedSeries::AddState(std::size_t statement, std::uint32_t since, Period period,
                             const ReleaseTable& releases, std::vector<CellState>* cells) const {
  const std::uint32_t rank = ranks_[statement];
  const Sequence sequence = sequences_[rank];
  const Instant published_at = releases.PublishedAt(sequence);
  const Texts texts = texts_.empty() ? Texts() : texts_[statement];
  cells->push_back({period, DatumOf(statement), FormOf(statement).attributes(), texts.source, texts.note,
                    sequence, published_at,
                    since == rank ? published_at : releases.PublishedAt(sequences_[since])});
}

}  // namespace tidewaiter::storage
