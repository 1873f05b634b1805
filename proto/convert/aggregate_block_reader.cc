// The way back: v1::AggregateBlock to figures.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/aggregate_block.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

// Months of the wire count from 1970-01.
constexpr std::int64_t kEpochIndex = 1970 * 12;

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
  Period period_;        // of the last figure
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
