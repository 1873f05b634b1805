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

namespace {

// A column that leaves out what repeats itself at its end, one entry a figure.
template <typename T>
class Entries {
 public:
  Entries(const google::protobuf::RepeatedField<T>& column, T default_value)
      : data_(column.data()),
        size_(static_cast<std::size_t>(column.size())),
        last_(size_ == 0 ? default_value : data_[size_ - 1]) {}
  std::size_t size() const { return size_; }  // of those that are there
  T operator[](std::size_t i) const { return i < size_ ? data_[i] : last_; }

 private:
  const T* data_;
  std::size_t size_;
  T last_;
};

// The numbers of a column, which mostly are coefficients of one scale and nothing else: then they are read
// where they stand.
class Numbers {
 public:
  absl::Status Read(const v1::DatumColumn& column, std::size_t count) {
    const bool plain = column.scales().empty() && column.step_exponents().empty() &&
                       column.absences().empty() && column.wide().empty() &&
                       static_cast<std::size_t>(column.coefficients_size()) == count &&
                       column.scale() <= limits::kMaxScale;
    if (!plain) return DecodeDatumColumn(column, count, &data_);
    coefficients_ = column.coefficients().data();
    scale_ = static_cast<int>(column.scale());
    return absl::OkStatus();
  }
  // None: an absence.
  std::optional<Decimal> operator[](std::size_t i) const {
    if (coefficients_ != nullptr) return Decimal::FromValidParts(coefficients_[i], scale_);
    return data_[i].has_value() ? std::optional(data_[i].value()) : std::nullopt;
  }

 private:
  const std::int64_t* coefficients_ = nullptr;
  int scale_ = 0;
  std::vector<Datum> data_;
};

// Decodes one block: shape first, then figure by figure.
class Reader {
 public:
  explicit Reader(const v1::AggregateBlock& message)
      : message_(message),
        count_(message.figures()),
        series_count_(static_cast<std::size_t>(
            std::count(message.series_list().begin(), message.series_list().end(), '\n'))),
        counts_(message.counts(), 1),
        units_(message.unit_indexes(), 0),
        starts_(message.period_start_deltas(), 0),
        months_(message.period_months(), 1),
        statuses_(message.statuses(), v1::AGGREGATE_STATUS_OK),
        derivations_(message.derivations(), v1::DERIVATION_PUBLISHED),
        across_(message.across_releases(), false),
        members_(message.members(), 1),
        left_out_(message.left_out(), 0),
        releases_(message.release_indexes(), 0),
        ranks_(message.ranks(), 0),
        undefined_(message.undefined()),
        undefined_count_(static_cast<std::size_t>(undefined_.indexes_size())),
        reasons_(undefined_.reasons(), v1::UNDEFINED_REASON_UNSPECIFIED),
        faults_(undefined_.fault_counts(), 0),
        undefined_members_(undefined_.members(), 0),
        undefined_left_out_(undefined_.left_out(), 0),
        undefined_across_(undefined_.across_releases(), false),
        vintages_(message.as_of_micros(), Instant::Max().micros()) {}

  absl::Status Read(absl::FunctionRef<absl::Status(AggregateFigure& figure)> take) {
    CheckShape();
    TW_RETURN_IF_ERROR(violations_.ToStatus());
    violations_.Add("values", values_.Read(message_.values(), count_));
    violations_.Add("bounds", bounds_.Read(message_.bounds(), count_));
    TW_RETURN_IF_ERROR(violations_.ToStatus());
    TW_RETURN_IF_ERROR(ReadReleases());
    AggregateFigure figure;
    std::string_view list = message_.series_list();
    std::size_t at = 0;
    for (std::size_t series = 0; series < series_count_; ++series) {
      const std::string_view key = list.substr(0, list.find('\n'));
      list.remove_prefix(key.size() + 1);
      for (std::uint32_t n = counts_[series]; n > 0; --n, ++at) {
        figure.series = key;
        figure.unit = message_.units(static_cast<int>(units_[series]));
        TW_RETURN_IF_ERROR(ReadFigure(at, &figure));
        TW_RETURN_IF_ERROR(take(figure));
      }
    }
    return absl::OkStatus();
  }

 private:
  void CheckLength(std::string_view name, std::size_t size) { CheckLength(name, size, count_); }
  void CheckLength(std::string_view name, std::size_t size, std::size_t most) {
    if (size <= most) return;
    violations_.Add(name, absl::StrCat("has ", size, " entries for ", most, " figures"));
  }

  void CheckUndefined() {
    std::int64_t last = -1;
    for (const std::uint32_t index : undefined_.indexes()) {
      if (index >= count_ || static_cast<std::int64_t>(index) <= last) {
        violations_.Add("undefined.indexes", absl::StrCat(index, " is out of order, or not below ", count_));
        break;
      }
      last = index;
    }
    CheckLength("undefined.reasons", reasons_.size(), undefined_count_);
    CheckLength("undefined.fault_counts", faults_.size(), undefined_count_);
    CheckLength("undefined.members", undefined_members_.size(), undefined_count_);
    CheckLength("undefined.left_out", undefined_left_out_.size(), undefined_count_);
    CheckLength("undefined.across_releases", undefined_across_.size(), undefined_count_);
  }

  void CheckSeries() {
    const std::string& list = message_.series_list();
    if (!list.empty() && list.back() != '\n') {
      violations_.Add("series_list", "does not end with a line feed");
    }
    std::uint64_t figures = 0;
    for (std::size_t i = 0; i < series_count_ && figures <= count_; ++i) figures += counts_[i];
    if (figures != count_ || counts_.size() > series_count_ || units_.size() > series_count_) {
      violations_.Add("counts", "does not fit the series, or the number of figures");
    }
    for (std::size_t i = 0; i < std::max<std::size_t>(units_.size(), series_count_ > 0); ++i) {
      if (units_[i] < static_cast<std::uint32_t>(message_.units_size())) continue;
      violations_.Add("unit_indexes", "points beyond the units");
      break;
    }
  }

  void CheckShape() {
    if (count_ > limits::kMaxChunkObservations) {
      violations_.Add("figures", absl::StrCat("a block has at most ", limits::kMaxChunkObservations,
                                              " figures, not ", count_));
      return;
    }
    CheckSeries();
    CheckLength("period_start_deltas", starts_.size());
    CheckLength("period_months", months_.size());
    CheckUndefined();
    CheckLength("statuses", statuses_.size());
    CheckLength("derivations", derivations_.size());
    CheckLength("across_releases", across_.size());
    CheckLength("members", members_.size());
    CheckLength("left_out", left_out_.size());
    CheckLength("release_indexes", releases_.size());
    CheckLength("ranks", ranks_.size());
    CheckLength("as_of_micros", vintages_.size());
  }

  // Most figures have the period of the one before.
  absl::Status ReadPeriod(std::size_t i) {
    const std::int64_t delta = i < starts_.size() ? starts_[i] : 0;
    const std::uint32_t months = months_[i];
    if (i > 0 && delta == 0 && months == static_cast<std::uint32_t>(period_.months())) {
      return absl::OkStatus();
    }
    start_ += delta;
    TW_ASSIGN_OR_RETURN(const Month month, Month::FromIndexChecked(start_ + kEpochIndex));
    if (months > static_cast<std::uint32_t>(limits::kMaxPeriodMonths)) {
      return InvalidField("period_months", absl::StrCat("a run has at most ", limits::kMaxPeriodMonths));
    }
    TW_ASSIGN_OR_RETURN(period_, Period::Create(month, static_cast<int>(months)));
    return absl::OkStatus();
  }

  absl::Status ReadDerivation(std::size_t i, Derivation* derivation) {
    if (derivations_[i] != derivation_) {
      TW_ASSIGN_OR_RETURN(known_derivation_, FromWire(static_cast<v1::Derivation>(derivations_[i])));
      derivation_ = derivations_[i];
    }
    *derivation = known_derivation_;
    return absl::OkStatus();
  }

  absl::Status ReadMonths(std::size_t i, std::vector<Month>* months) {
    for (std::uint32_t n = faults_[i]; n > 0; --n) {
      if (fault_ >= undefined_.fault_months_size()) {
        return InvalidField("undefined.fault_months", "is too short");
      }
      TW_ASSIGN_OR_RETURN(const Month month,
                          Month::FromIndexChecked(undefined_.fault_months(fault_++) + kEpochIndex));
      months->push_back(month);
    }
    return absl::OkStatus();
  }

  // What is said of the next one.
  absl::Status ReadUndefined(AggregateValue* value) {
    const std::size_t i = next_undefined_++;
    TW_ASSIGN_OR_RETURN(value->reason, FromWire(static_cast<v1::UndefinedReason>(reasons_[i])));
    value->members = undefined_members_[i];
    value->left_out = undefined_left_out_[i];
    value->across_releases = undefined_across_[i];
    return ReadMonths(i, &value->months);
  }

  absl::Status ReadValue(std::size_t i, AggregateValue* value) {
    value->value = values_[i];
    value->bound = bounds_[i];
    TW_RETURN_IF_ERROR(ReadDerivation(i, &value->derivation));
    value->extrapolated = statuses_[i] == v1::AGGREGATE_STATUS_EXTRAPOLATED;
    value->across_releases = across_[i];
    value->members = members_[i];
    value->left_out = left_out_[i];
    return absl::OkStatus();
  }

  absl::Status ReadReleases() {
    for (const v1::ReleaseReference& release : message_.releases()) {
      Origin& origin = origins_.emplace_back();
      TW_ASSIGN_OR_RETURN(origin.sequence, SequenceFromWire(release.sequence()));
      origin.published_at.instant = Instant::FromMicros(release.published_at_micros());
      TW_ASSIGN_OR_RETURN(origin.published_at.day, DayFromWire(release.published_on()));
    }
    return absl::OkStatus();
  }

  absl::Status ReadOrigin(std::size_t i, AggregateFigure* figure) {
    const std::uint32_t index = releases_[i];
    if (index == 0) return absl::OkStatus();
    if (index > origins_.size()) {
      return InvalidField("release_indexes", "points beyond the releases");
    }
    const Origin& origin = origins_[index - 1];
    figure->value.sequence = origin.sequence;
    figure->value.published_at = origin.published_at.instant;
    figure->published_at = origin.published_at;
    return absl::OkStatus();
  }

  // All that `take` may have left there, but for what is set in any case. Makes no new one: that costs as
  // much as all else.
  static void Clear(AggregateFigure* figure) {
    AggregateValue& value = figure->value;
    value.value.reset();
    value.bound.reset();
    value.derivation = Derivation::kPublished;
    value.reason = Undefined::kMissingMonths;
    value.months.clear();
    value.extrapolated = false;
    value.published_at = Instant();
    value.sequence = 0;
    figure->published_at = PublishedAt();
    figure->vintage.reset();
    figure->published_rate.reset();
    figure->terms.clear();
  }

  absl::Status ReadFigure(std::size_t i, AggregateFigure* figure) {
    TW_RETURN_IF_ERROR(ReadPeriod(i));
    figure->period = period_;
    Clear(figure);
    const bool undefined =
        next_undefined_ < undefined_count_ && undefined_.indexes(static_cast<int>(next_undefined_)) == i;
    TW_RETURN_IF_ERROR(undefined ? ReadUndefined(&figure->value) : ReadValue(i, &figure->value));
    figure->rank = ranks_[i];
    if (vintages_.size() > 0) {
      figure->vintage = Vintage{.as_of = Instant::FromMicros(vintages_[i]), .sequence = 0};
    }
    return ReadOrigin(i, figure);
  }

  const v1::AggregateBlock& message_;
  const std::size_t count_;
  const std::size_t series_count_;
  const Entries<std::uint32_t> counts_;  // of a series, as the next
  const Entries<std::uint32_t> units_;
  const Entries<std::int32_t> starts_;
  const Entries<std::uint32_t> months_;
  const Entries<int> statuses_;
  const Entries<int> derivations_;
  const Entries<bool> across_;
  const Entries<std::uint32_t> members_;
  const Entries<std::uint32_t> left_out_;
  const Entries<std::uint32_t> releases_;
  const Entries<std::uint32_t> ranks_;
  const v1::UndefinedFigures& undefined_;
  const std::size_t undefined_count_;
  const Entries<int> reasons_;  // of an undefined one, as the next
  const Entries<std::uint32_t> faults_;
  const Entries<std::uint32_t> undefined_members_;
  const Entries<std::uint32_t> undefined_left_out_;
  const Entries<bool> undefined_across_;
  const Entries<std::int64_t> vintages_;
  struct Origin {
    Sequence sequence = 0;
    PublishedAt published_at;
  };
  std::vector<Origin> origins_;  // of message_.releases()
  Numbers values_;
  Numbers bounds_;
  std::int64_t start_ = 0;
  Period period_;                                // of the last figure
  int derivation_ = -1;  // what was converted last
  Derivation known_derivation_ = Derivation::kPublished;
  std::size_t next_undefined_ = 0;
  int fault_ = 0;
  Violations violations_;
};

}  // namespace

absl::Status DecodeAggregateBlock(const v1::AggregateBlock& message,
                                  absl::FunctionRef<absl::Status(AggregateFigure& figure)> take) {
  return Reader(message).Read(take);
}

absl::StatusOr<std::vector<AggregateFigure>> DecodeAggregateBlock(const v1::AggregateBlock& message) {
  std::vector<AggregateFigure> figures;
  TW_RETURN_IF_ERROR(DecodeAggregateBlock(message, [&figures](AggregateFigure& figure) {
    figures.push_back(std::move(figure));
    return absl::OkStatus();
  }));
  return figures;
}

}  // namespace tidewaiter::convert
