#include "proto/convert/aggregate_block.h"

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

// Sets the entry of the last of `count` figures in a column that begins when it is first needed.
template <typename Column, typename T>
void SetLast(Column* column, std::size_t count, T value, T default_value) {
  if (column->empty() && value == default_value) return;
  column->Resize(static_cast<int>(count), default_value);
  column->Set(static_cast<int>(count) - 1, value);
}

// The head of a field of bytes.
void AppendTag(int number, std::size_t bytes, std::string* out) {
  std::uint8_t head[20];
  std::uint8_t* end = CodedOutputStream::WriteVarint32ToArray(
      WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), head);
  end = CodedOutputStream::WriteVarint64ToArray(bytes, end);
  out->append(reinterpret_cast<const char*>(head), static_cast<std::size_t>(end - head));
}

void AddNumber(const std::optional<Decimal>& number, DatumColumnWriter* column) {
  if (number) {
    column->Add(Datum::Value(*number));
  } else {
    column->AddFiller();
  }
}

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
  if (!message_.counts().empty() && last_series_ == series) {
    const int last = message_.counts_size() - 1;
    message_.set_counts(last, message_.counts(last) + 1);
    return;
  }
  AddSeries(series, unit);
}

void AggregateBlockEncoder::AddSeries(std::string_view series, std::string_view unit) {
  last_series_ = series;
  AppendTag(v1::AggregateBlock::kSeriesFieldNumber, series.size(), &series_);
  series_.append(series);
  message_.add_counts(1);
  message_.add_unit_indexes(UnitIndex(unit));
}

void AggregateBlockEncoder::AddPeriod(const Period& period) {
  const auto start = static_cast<std::int32_t>(period.start().index() - kEpochIndex);
  message_.add_period_start_deltas(start - previous_start_);
  previous_start_ = start;
  SetLast(message_.mutable_period_months(), count_, static_cast<std::uint32_t>(period.months()), 1u);
}

void AggregateBlockEncoder::AddState(const AggregateValue& value) {
  const AggregateStatus status = StatusOf(value);
  const bool defined = value.value.has_value();
  SetLast(message_.mutable_reasons(), count_,
          static_cast<int>(defined ? v1::UNDEFINED_REASON_UNSPECIFIED : ToWire(value.reason)), 0);
  const bool usual = status == AggregateStatus::kOk || status == AggregateStatus::kUndefined;
  if (!usual || !message_.statuses().empty()) {
    // Those before were OK or undefined: the default of a column that begins late says neither.
    for (int i = message_.statuses_size(); i < static_cast<int>(count_) - 1; ++i) {
      const bool undefined = i < message_.reasons_size() && message_.reasons(i) != 0;
      message_.add_statuses(undefined ? v1::AGGREGATE_STATUS_UNDEFINED : v1::AGGREGATE_STATUS_OK);
    }
    message_.add_statuses(ToWire(status));
  }
  AddDerivation(defined ? value.derivation : Derivation::kPublished, value.across_releases);
  SetLast(message_.mutable_members(), count_, value.members, 1u);
  SetLast(message_.mutable_left_out(), count_, value.left_out, 0u);
  for (const Month month : value.months) {
    message_.add_fault_months(static_cast<std::int32_t>(month.index() - kEpochIndex));
  }
  SetLast(message_.mutable_fault_counts(), count_, static_cast<std::uint32_t>(value.months.size()), 0u);
  bytes_ += 3 * value.months.size();
}

void AggregateBlockEncoder::AddDerivation(Derivation derivation, bool across_releases) {
  SetLast(message_.mutable_derivations(), count_, static_cast<int>(ToWire(derivation)),
          static_cast<int>(v1::DERIVATION_PUBLISHED));
  SetLast(message_.mutable_across_releases(), count_, across_releases, false);
}

absl::Status AggregateBlockEncoder::AddOrigin(Sequence sequence, Instant published_at) {
  if (sequence == 0) {
    message_.add_release_indexes(0);
    return absl::OkStatus();
  }
  if (sequence != last_release_) {
    const auto [at, is_new] =
        releases_.try_emplace(sequence, static_cast<std::uint32_t>(message_.releases_size()) + 1);
    last_release_index_ = at->second;
    if (is_new) {
      v1::ReleaseReference* release = message_.add_releases();
      release->set_sequence(sequence);
      release->set_published_at_micros(published_at.micros());
      TW_ASSIGN_OR_RETURN(const std::optional<absl::CivilDay> day, lookup_.PublishedDay(sequence));
      if (day) release->set_published_on(DayToString(*day));
      bytes_ += 32;
    }
    last_release_ = sequence;
  }
  message_.add_release_indexes(last_release_index_);
  return absl::OkStatus();
}

absl::Status AggregateBlockEncoder::Add(const AggregateFigure& figure) {
  BeginSeries(figure.series, figure.unit);
  ++count_;
  AddPeriod(figure.period);
  AddNumber(figure.value.value, &values_);
  AddNumber(figure.value.bound, &bounds_);
  AddState(figure.value);
  SetLast(message_.mutable_ranks(), count_, figure.rank, 0u);
  if (figure.vintage) {
    message_.mutable_as_of_micros()->Resize(static_cast<int>(count_), Instant::Max().micros());
    message_.set_as_of_micros(static_cast<int>(count_) - 1, figure.vintage->as_of.micros());
  } else if (!message_.as_of_micros().empty()) {
    message_.add_as_of_micros(Instant::Max().micros());
  }
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
    bounds_.AddFiller();
  }
  AddDerivation(figure.derivation, figure.across_releases);
  // Columns that other figures have begun.
  if (!message_.reasons().empty()) message_.add_reasons(v1::UNDEFINED_REASON_UNSPECIFIED);
  if (!message_.statuses().empty()) message_.add_statuses(v1::AGGREGATE_STATUS_OK);
  if (!message_.members().empty()) message_.add_members(1);
  if (!message_.left_out().empty()) message_.add_left_out(0);
  if (!message_.fault_counts().empty()) message_.add_fault_counts(0);
  if (!message_.ranks().empty()) message_.add_ranks(0);
  if (!message_.as_of_micros().empty()) message_.add_as_of_micros(Instant::Max().micros());
  return AddOrigin(figure.sequence, figure.published_at);
}

void AggregateBlockEncoder::FinishField(int number, std::string* message) {
  const std::size_t bytes = message_.ByteSizeLong();
  AppendTag(number, bytes + series_.size(), message);
  const std::size_t begin = message->size();
  message->resize(begin + bytes);
  message_.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(message->data() + begin));
  message->append(series_);
  message_.Clear();
  series_.clear();
  last_series_.clear();
  values_ = DatumColumnWriter(message_.mutable_values());
  bounds_ = DatumColumnWriter(message_.mutable_bounds());
  count_ = 0;
  bytes_ = 0;
  previous_start_ = 0;
  units_.clear();
  last_unit_ = 0;
  releases_.clear();
  last_release_ = 0;
}

namespace {

// Decodes one block: shape first, then figure by figure.
class Reader {
 public:
  explicit Reader(const v1::AggregateBlock& message)
      : message_(message), count_(static_cast<std::size_t>(message.period_start_deltas_size())) {}

  absl::Status Read(absl::FunctionRef<absl::Status(AggregateFigure& figure)> take) {
    CheckShape();
    TW_RETURN_IF_ERROR(violations_.ToStatus());
    violations_.Add("values", DecodeDatumColumn(message_.values(), count_, &values_));
    violations_.Add("bounds", DecodeDatumColumn(message_.bounds(), count_, &bounds_));
    TW_RETURN_IF_ERROR(violations_.ToStatus());
    AggregateFigure figure;
    int at = 0;
    for (int series = 0; series < message_.series_size(); ++series) {
      for (std::uint32_t n = message_.counts(series); n > 0; --n, ++at) {
        figure.series = message_.series(series);
        figure.unit = message_.units(static_cast<int>(message_.unit_indexes(series)));
        TW_RETURN_IF_ERROR(ReadFigure(at, &figure));
        TW_RETURN_IF_ERROR(take(figure));
      }
    }
    return absl::OkStatus();
  }

 private:
  void CheckLength(std::string_view name, int size, bool optional = true) {
    if (static_cast<std::size_t>(size) == count_ || (optional && size == 0)) return;
    violations_.Add(name, absl::StrCat("has ", size, " entries for ", count_, " figures"));
  }

  void CheckSeries() {
    std::uint64_t figures = 0;
    for (const std::uint32_t n : message_.counts()) figures += n;
    if (figures != count_ || message_.counts_size() != message_.series_size() ||
        message_.unit_indexes_size() != message_.series_size()) {
      violations_.Add("counts", "does not fit the series, or the number of figures");
    }
    for (const std::uint32_t unit : message_.unit_indexes()) {
      if (unit >= static_cast<std::uint32_t>(message_.units_size())) {
        violations_.Add("unit_indexes", "points beyond the units");
        break;
      }
    }
  }

  void CheckShape() {
    if (count_ > limits::kMaxChunkObservations) {
      violations_.Add(
          "period_start_deltas",
          absl::StrCat("a block has at most ", limits::kMaxChunkObservations, " figures, not ", count_));
    }
    CheckSeries();
    CheckLength("period_months", message_.period_months_size());
    CheckLength("reasons", message_.reasons_size());
    CheckLength("statuses", message_.statuses_size());
    CheckLength("derivations", message_.derivations_size());
    CheckLength("across_releases", message_.across_releases_size());
    CheckLength("members", message_.members_size());
    CheckLength("left_out", message_.left_out_size());
    CheckLength("release_indexes", message_.release_indexes_size(), false);
    CheckLength("ranks", message_.ranks_size());
    CheckLength("fault_counts", message_.fault_counts_size());
    CheckLength("as_of_micros", message_.as_of_micros_size());
  }

  absl::StatusOr<Period> ReadPeriod(int i) {
    start_ += message_.period_start_deltas(i);
    TW_ASSIGN_OR_RETURN(const Month month, Month::FromIndexChecked(start_ + kEpochIndex));
    const std::uint32_t months = message_.period_months().empty() ? 1 : message_.period_months(i);
    if (months > static_cast<std::uint32_t>(limits::kMaxPeriodMonths)) {
      return InvalidField("period_months", absl::StrCat("a run has at most ", limits::kMaxPeriodMonths));
    }
    return Period::Create(month, static_cast<int>(months));
  }

  absl::Status ReadMonths(int i, std::vector<Month>* months) {
    const std::uint32_t n = message_.fault_counts().empty() ? 0 : message_.fault_counts(i);
    for (std::uint32_t k = 0; k < n; ++k) {
      if (fault_ >= message_.fault_months_size()) return InvalidField("fault_months", "is too short");
      TW_ASSIGN_OR_RETURN(const Month month,
                          Month::FromIndexChecked(message_.fault_months(fault_++) + kEpochIndex));
      months->push_back(month);
    }
    return absl::OkStatus();
  }

  absl::Status ReadOrigin(int i, AggregateFigure* figure) {
    const std::uint32_t index = message_.release_indexes(i);
    if (index == 0) return absl::OkStatus();
    if (index > static_cast<std::uint32_t>(message_.releases_size())) {
      return InvalidField("release_indexes", "points beyond the releases");
    }
    const v1::ReleaseReference& release = message_.releases(static_cast<int>(index) - 1);
    TW_ASSIGN_OR_RETURN(figure->value.sequence, SequenceFromWire(release.sequence()));
    figure->published_at.instant = Instant::FromMicros(release.published_at_micros());
    figure->value.published_at = figure->published_at.instant;
    TW_ASSIGN_OR_RETURN(figure->published_at.day, DayFromWire(release.published_on()));
    return absl::OkStatus();
  }

  absl::Status ReadFigure(int i, AggregateFigure* figure) {
    TW_ASSIGN_OR_RETURN(figure->period, ReadPeriod(i));
    AggregateValue& value = figure->value;
    value = AggregateValue();
    figure->published_at = PublishedAt();
    const auto at = static_cast<std::size_t>(i);
    if (message_.reasons().empty() || message_.reasons(i) == v1::UNDEFINED_REASON_UNSPECIFIED) {
      value.value = values_[at].value();
      value.bound = bounds_[at].value();
      if (!message_.derivations().empty()) {
        TW_ASSIGN_OR_RETURN(value.derivation, FromWire(message_.derivations(i)));
      }
    } else {
      TW_ASSIGN_OR_RETURN(value.reason, FromWire(message_.reasons(i)));
    }
    TW_RETURN_IF_ERROR(ReadMonths(i, &value.months));
    value.extrapolated =
        !message_.statuses().empty() && message_.statuses(i) == v1::AGGREGATE_STATUS_EXTRAPOLATED;
    value.across_releases = !message_.across_releases().empty() && message_.across_releases(i);
    value.members = message_.members().empty() ? 1 : message_.members(i);
    value.left_out = message_.left_out().empty() ? 0 : message_.left_out(i);
    figure->vintage.reset();
    figure->rank = message_.ranks().empty() ? 0 : message_.ranks(i);
    if (!message_.as_of_micros().empty()) {
      figure->vintage = Vintage{.as_of = Instant::FromMicros(message_.as_of_micros(i)), .sequence = 0};
    }
    return ReadOrigin(i, figure);
  }

  const v1::AggregateBlock& message_;
  const std::size_t count_;
  std::vector<Datum> values_;
  std::vector<Datum> bounds_;
  std::int64_t start_ = 0;
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
