#include "domain/aggregate_query.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

struct TransformWord {
  std::string_view word;
  Transform transform;
  std::optional<int> lag;  // none: as asked
  Combine combine = Combine::kNone;
};
constexpr std::array<TransformWord, 15> kTransforms = {{
    {"level", Transform::kLevel, std::nullopt},
    {"change", Transform::kChange, std::nullopt},
    {"yoy", Transform::kGrowth, 12},
    {"mom", Transform::kGrowth, 1},
    {"growth", Transform::kGrowth, std::nullopt},
    {"annualised", Transform::kAnnualisedGrowth, std::nullopt},
    {"magnitude", Transform::kMagnitudeGrowth, std::nullopt},
    {"contribution", Transform::kContribution, std::nullopt},
    {"share", Transform::kShare, std::nullopt},
    {"ratio", Transform::kRatio, std::nullopt},
    {"run-rate", Transform::kRunRate, std::nullopt},
    {"index", Transform::kIndex, std::nullopt},
    {"unit-value", Transform::kUnitValue, std::nullopt},
    {"balance", Transform::kLevel, std::nullopt, Combine::kBalance},
    {"turnover", Transform::kLevel, std::nullopt, Combine::kTurnover},
}};

constexpr int kDefaultLag = 12;

}  // namespace

int DefaultDecimals(Transform transform) {
  switch (transform) {
    case Transform::kGrowth:
    case Transform::kAnnualisedGrowth:
    case Transform::kMagnitudeGrowth:
    case Transform::kShare:
    case Transform::kIndex:
      return 1;
    case Transform::kContribution:
      return 2;
    case Transform::kLevel:  // a mean
    case Transform::kChange:
    case Transform::kRatio:
    case Transform::kRunRate:
    case Transform::kUnitValue:
      return 3;
  }
  return 3;
}

AggregateSpec SpecOf(const AggregateQuery& query, int year_start_month) {
  AggregateSpec spec;
  spec.window = query.window;
  if (spec.window.year_start_month == 0) spec.window.year_start_month = year_start_month;
  spec.transform = query.transform;
  spec.lag_months = query.lag_months.value_or(kDefaultLag);
  spec.decimals = query.decimals.value_or(DefaultDecimals(query.transform));
  spec.base = query.base;
  spec.derivation = query.derivation;
  spec.composition = query.composition.value_or(query.combine == Combine::kNone ? Composition::kAsPublished
                                                                                : Composition::kComplete);
  spec.rounding = query.rounding.value_or(PrintRounding::kNearest);
  return spec;
}

absl::Status ParseTransform(std::string_view text, AggregateQuery* query) {
  std::string words;
  for (const TransformWord& known : kTransforms) {
    if (known.word == text) {
      query->transform = known.transform;
      if (known.lag) query->lag_months = known.lag;
      query->combine = known.combine;
      return absl::OkStatus();
    }
    absl::StrAppend(&words, words.empty() ? "" : ", ", ToAbsl(known.word));
  }
  return InvalidField("transform", absl::StrCat(Quoted(text), " is none of ", words));
}

std::string_view AggregateStatusName(AggregateStatus status) {
  switch (status) {
    case AggregateStatus::kOk:
      return "OK";
    case AggregateStatus::kPartial:
      return "PARTIAL";
    case AggregateStatus::kExtrapolated:
      return "EXTRAPOLATED";
    case AggregateStatus::kUndefined:
      return "UNDEFINED";
  }
  return "";
}

AggregateStatus StatusOf(const AggregateValue& value) {
  if (!value.value) return AggregateStatus::kUndefined;
  if (value.extrapolated) return AggregateStatus::kExtrapolated;
  return value.left_out > 0 ? AggregateStatus::kPartial : AggregateStatus::kOk;
}

}  // namespace tidewaiter
