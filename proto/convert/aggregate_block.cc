#include "proto/convert/aggregate_block.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// Months of the wire count from 1970-01.
constexpr std::int64_t kEpochIndex = 1970 * 12;

// Adds the entry of the last of `count` to a column that leaves out what repeats itself at its end.
template <typename Column, typename T>
void AddTo(Column* column, std::size_t count, T value, T default_value) {
  const int size = column->size();
  const T last = size == 0 ? default_value : static_cast<T>(column->Get(size - 1));
  if (value == last) return;
  column->Resize(static_cast<int>(count), last);
  column->Set(static_cast<int>(count) - 1, value);
}

// The head of a field of bytes.
constexpr std::size_t kMostHeadBytes = 20;
void AppendTag(int number, std::size_t bytes, std::string* out) {
  std::uint8_t head[kMostHeadBytes];
  std::uint8_t* end = CodedOutputStream::WriteVarint32ToArray(
      WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), head);
  end = CodedOutputStream::WriteVarint64ToArray(bytes, end);
  out->append(reinterpret_cast<const char*>(head), static_cast<std::size_t>(end - head));
}

// Of a value whose bound is not known, as where the denominator may be zero.
constexpr Datum kNoBound = Datum::Absent(Absence::kMissing);

}  // namespace

std::uint32_t AggregateBlockEncoder::UnitIndex(std::string_view unit) {
  if (message_.units_size() > 0 && message_.units(static_cast<int>(last_unit_)) == unit) return last_unit_;
  const auto [at, is_new] =
      units_.try_emplace(std::string(unit), static_cast<std::uint32_t>(message_.units_size()));
  if (is_new) message_.add_units(std::string(unit));
  last_unit_ = at->second;
  return last_unit_;
}

void AggregateBlockEncoder::BeginSeries(std::string_view series, std::string_view unit) {
  if (series_count_ > 0 && last_series_ == series) {
    ++series_figures_;
    return;
  }
  AddSeries(series, unit);
  last_series_ = series;
}

void AggregateBlockEncoder::AddSeries(std::string_view series, std::string_view unit) {
  EndSeries();
  ++series_count_;
  series_figures_ = 1;
  last_series_.clear();
  series_.append(series);
  series_.push_back('\n');
  AddTo(message_.mutable_unit_indexes(), series_count_, UnitIndex(unit), 0u);
}

void AggregateBlockEncoder::EndSeries() {
  if (series_count_ > 0) AddTo(message_.mutable_counts(), series_count_, series_figures_, 1u);
}

void AggregateBlockEncoder::AddPeriod(const Period& period) {
  const auto start = static_cast<std::int32_t>(period.start().index() - kEpochIndex);
  if (start != previous_start_) {
    message_.mutable_period_start_deltas()->Resize(static_cast<int>(count_), 0);
    message_.set_period_start_deltas(static_cast<int>(count_) - 1, start - previous_start_);
    previous_start_ = start;
  }
  AddTo(message_.mutable_period_months(), count_, static_cast<std::uint32_t>(period.months()), 1u);
}

void AggregateBlockEncoder::AddState(const AggregateValue& value) {
  AddTo(message_.mutable_statuses(), count_, static_cast<int>(ToWire(StatusOf(value))),
        static_cast<int>(v1::AGGREGATE_STATUS_OK));
  AddDerivation(value.derivation);
  AddTo(message_.mutable_across_releases(), count_, value.across_releases, false);
  AddTo(message_.mutable_members(), count_, value.members, 1u);
  AddTo(message_.mutable_left_out(), count_, value.left_out, 0u);
}

void AggregateBlockEncoder::AddUndefined(const AggregateValue& value) {
  v1::UndefinedFigures& undefined = *message_.mutable_undefined();
  undefined.add_indexes(static_cast<std::uint32_t>(count_) - 1);
  const auto count = static_cast<std::size_t>(undefined.indexes_size());
  AddTo(undefined.mutable_reasons(), count, static_cast<int>(ToWire(value.reason)), 0);
  AddTo(undefined.mutable_fault_counts(), count, static_cast<std::uint32_t>(value.months.size()), 0u);
  for (const Month month : value.months) {
    undefined.add_fault_months(static_cast<std::int32_t>(month.index() - kEpochIndex));
  }
  AddTo(undefined.mutable_members(), count, value.members, 0u);
  AddTo(undefined.mutable_left_out(), count, value.left_out, 0u);
  AddTo(undefined.mutable_across_releases(), count, value.across_releases, false);
  bytes_ += 8 + 3 * value.months.size();
}

void AggregateBlockEncoder::AddDerivation(Derivation derivation) {
  AddTo(message_.mutable_derivations(), count_, static_cast<int>(ToWire(derivation)),
        static_cast<int>(v1::DERIVATION_PUBLISHED));
}

absl::StatusOr<std::uint32_t> AggregateBlockEncoder::ReleaseIndex(Sequence sequence, Instant published_at) {
  const auto [at, is_new] =
      releases_.try_emplace(sequence, static_cast<std::uint32_t>(message_.releases_size()) + 1);
  if (is_new) {
    v1::ReleaseReference* release = message_.add_releases();
    release->set_sequence(sequence);
    release->set_published_at_micros(published_at.micros());
    TW_ASSIGN_OR_RETURN(const std::optional<absl::CivilDay> day, lookup_.PublishedDay(sequence));
    if (day) release->set_published_on(DayToString(*day));
    bytes_ += 32;
  }
  return at->second;
}

absl::Status AggregateBlockEncoder::AddOrigin(Sequence sequence, Instant published_at) {
  std::uint32_t index = 0;
  if (sequence != 0) {
    KnownRelease& known = known_releases_[sequence % kKnownReleases];
    if (known.sequence != sequence) {
      TW_ASSIGN_OR_RETURN(known.index, ReleaseIndex(sequence, published_at));
      known.sequence = sequence;
    }
    index = known.index;
  }
  AddTo(message_.mutable_release_indexes(), count_, index, 0u);
  return absl::OkStatus();
}

absl::Status AggregateBlockEncoder::Add(const AggregateFigure& figure) {
  BeginSeries(figure.series, figure.unit);
  ++count_;
  AddPeriod(figure.period);
  if (figure.value.value) {
    values_.Add(Datum::Value(*figure.value.value));
    bounds_.Add(figure.value.bound ? Datum::Value(*figure.value.bound) : kNoBound);
    AddState(figure.value);
  } else {
    values_.AddFiller();
    bounds_.AddFiller();
    AddUndefined(figure.value);
  }
  AddTo(message_.mutable_ranks(), count_, figure.rank, 0u);
  AddTo(message_.mutable_as_of_micros(), count_,
        figure.vintage ? figure.vintage->as_of.micros() : Instant::Max().micros(), Instant::Max().micros());
  return AddOrigin(figure.value.sequence, figure.published_at.instant);
}

absl::Status AggregateBlockEncoder::Add(const QuickFigure& figure) {
  AddSeries(figure.series, figure.unit);
  ++count_;
  AddPeriod(figure.period);
  values_.Add(figure.coefficient, figure.scale);
  if (figure.bounded) {
    bounds_.Add(figure.bound, figure.bound_scale);
  } else {
    bounds_.Add(kNoBound);
  }
  AddPlainState(figure.derivation);
  AddTo(message_.mutable_across_releases(), count_, figure.across_releases, false);
  return AddOrigin(figure.sequence, figure.published_at);
}

// What is said of the first need not be said of the others.
absl::Status AggregateBlockEncoder::Add(const QuickColumns& figures) {
  const std::string_view first_key(figures.keys.data(), figures.keys.find('\n'));
  AddSeries(first_key, figures.unit);
  EndSeries();
  series_.append(figures.keys, first_key.size() + 1);
  series_count_ += figures.size() - 1;
  ++count_;
  AddPeriod(figures.period);
  AddPlainState(figures.derivation);
  values_.Add(figures.coefficients, figures.scale);
  bounds_.Add(figures.bounds, figures.bound_scale);
  for (std::size_t i = 0; i < figures.size(); ++i, ++count_) {
    AddTo(message_.mutable_across_releases(), count_, figures.across_releases[i] != 0, false);
    TW_RETURN_IF_ERROR(AddOrigin(figures.sequences[i], figures.published_at[i]));
  }
  --count_;
  return absl::OkStatus();
}

// Columns that other figures may have begun.
void AggregateBlockEncoder::AddPlainState(Derivation derivation) {
  AddDerivation(derivation);
  AddTo(message_.mutable_statuses(), count_, static_cast<int>(v1::AGGREGATE_STATUS_OK),
        static_cast<int>(v1::AGGREGATE_STATUS_OK));
  AddTo(message_.mutable_members(), count_, 1u, 1u);
  AddTo(message_.mutable_left_out(), count_, 0u, 0u);
  AddTo(message_.mutable_ranks(), count_, 0u, 0u);
  AddTo(message_.mutable_as_of_micros(), count_, Instant::Max().micros(), Instant::Max().micros());
}

void AggregateBlockEncoder::FinishField(int number, std::string* message) {
  EndSeries();
  message_.set_figures(static_cast<std::uint32_t>(count_));
  std::string list;
  AppendTag(v1::AggregateBlock::kSeriesListFieldNumber, series_.size(), &list);
  const std::size_t bytes = message_.ByteSizeLong();
  message->reserve(message->size() + bytes + list.size() + series_.size() + kMostHeadBytes);
  AppendTag(number, bytes + list.size() + series_.size(), message);
  const std::size_t begin = message->size();
  message->resize(begin + bytes);
  message_.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(message->data() + begin));
  message->append(list).append(series_);
  message_.Clear();
  series_.clear();
  last_series_.clear();
  series_count_ = 0;
  series_figures_ = 0;
  values_ = DatumColumnWriter(message_.mutable_values());
  bounds_ = DatumColumnWriter(message_.mutable_bounds());
  count_ = 0;
  bytes_ = 0;
  previous_start_ = 0;
  units_.clear();
  last_unit_ = 0;
  releases_.clear();
  known_releases_ = {};
}

}  // namespace tidewaiter::convert
