// What the four reads of observations have in common.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "daemon/engine/queries.h"
#include "daemon/rpc/page_token.h"
#include "domain/errors.h"
#include "domain/statement.h"
#include "proto/convert/vintage.h"
#include "tidewaiter/v1/observation_service.pb.h"

namespace tidewaiter::rpc {

// Whether a selector names one series, and is no pattern, as far as a glance tells.
bool NamesOneSeries(std::string_view key);

engine::VintageInput ToInput(const convert::VintageFields& fields);
// The vintage that the first page was read at.
engine::VintageInput VintageOf(const PageToken& token);

// Every violation at once, but for the keys, which the engine reads.
template <typename Request>
absl::StatusOr<engine::ReadInput> ToReadInput(const Request& request) {
  engine::ReadInput input;
  input.dataset = request.dataset();
  input.keys.assign(request.keys().begin(), request.keys().end());
  const absl::StatusOr<convert::VintageFields> vintage = convert::FromWire(request.vintage());
  if (!vintage.ok() && !absl::IsInvalidArgument(vintage.status()))
    return PrefixFields(vintage.status(), "vintage");
  const absl::StatusOr<PeriodRange> periods = convert::FromWire(request.periods());
  Violations violations;
  violations.Add("vintage", vintage.status());
  violations.Add("periods", periods.status());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  input.vintage = ToInput(*vintage);
  input.periods = *periods;
  return input;
}

struct HistoryAsked {
  HistoryType type = HistoryType::kAll;
  int n = 1;
};
// Fields "type" and "n".
absl::StatusOr<HistoryAsked> ToHistoryAsked(v1::HistoryType type, std::uint32_t n);

}  // namespace tidewaiter::rpc
