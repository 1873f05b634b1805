// Client: conventions, and what follows from them.
#include <utility>

#include "client/client.h"
#include "client/core.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/enums.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::client {
namespace {

absl::StatusOr<PrintRounding> RoundingOf(v1::PrintRounding message) {
  const absl::StatusOr<std::optional<PrintRounding>> rounding = convert::FromWire(message);
  if (!rounding.ok()) return UnreadableAnswer(rounding.status());
  return rounding->value_or(PrintRounding::kNearest);
}

}  // namespace

absl::StatusOr<std::string> Client::SetConventions(std::string_view dataset, std::string_view text,
                                                   bool allow_unknown_codes, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::SetConventionsRequest request;
  request.set_dataset(std::string(dataset));
  request.set_conventions(std::string(text));
  request.set_allow_unknown_codes(allow_unknown_codes);
  v1::SetConventionsResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->analysis->SetConventions(call.context(), request, &response)));
  return std::move(*response.mutable_conventions());
}

absl::StatusOr<ConventionsInfo> Client::GetConventions(std::string_view dataset, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::GetConventionsRequest request;
  request.set_dataset(std::string(dataset));
  v1::GetConventionsResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->analysis->GetConventions(call.context(), request, &response)));
  ConventionsInfo info;
  info.text = std::move(*response.mutable_conventions());
  for (const v1::CodeGroup& message : response.groups()) {
    absl::StatusOr<CodeGroup> group = convert::FromWire(message);
    if (!group.ok()) return UnreadableAnswer(group.status());
    group->kept = true;
    info.groups.push_back(*std::move(group));
  }
  TW_ASSIGN_OR_RETURN(info.rounding, RoundingOf(response.rounding()));
  return info;
}

absl::StatusOr<TallyAnswer> Client::TallyImpliedRevisions(const TallyQuery& query,
                                                          const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::TallyImpliedRevisionsRequest request;
  request.set_dataset(query.dataset);
  for (const std::string& key : query.keys) request.add_keys(key);
  if (query.rounding) request.set_rounding(convert::ToWire(*query.rounding));
  *request.mutable_periods() = convert::ToWire(query.periods);
  request.set_year_to_date(query.year_to_date);
  v1::TallyImpliedRevisionsResponse response;
  TW_RETURN_IF_ERROR(
      convert::FromGrpc(core_->analysis->TallyImpliedRevisions(call.context(), request, &response)));
  TallyAnswer answer;
  for (const v1::ImpliedRevisionTally& row : response.series()) {
    answer.series.push_back({row.series(), row.fit(), row.up(), row.down(), row.not_testable()});
  }
  answer.periods = response.periods();
  answer.inconsistent_periods = response.inconsistent_periods();
  TW_ASSIGN_OR_RETURN(answer.rounding, RoundingOf(response.rounding()));
  answer.sequence = static_cast<Sequence>(response.sequence());
  return answer;
}

}  // namespace tidewaiter::client
