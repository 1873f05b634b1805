#include "daemon/rpc/convention_calls.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "daemon/engine/implied_tally.h"
#include "daemon/rpc/backend.h"
#include "domain/conventions_text.h"
#include "domain/errors.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/enums.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::rpc {

absl::Status HandleSetConventions(Call& call, const v1::SetConventionsRequest& request,
                                  v1::SetConventionsResponse* response) {
  TW_RETURN_IF_ERROR(call.backend().CheckNotDraining());
  absl::StatusOr<std::string> kept =
      call.backend().conventions.Set(request.dataset(), request.conventions(), request.allow_unknown_codes());
  if (absl::IsInvalidArgument(kept.status())) return PrefixFields(kept.status(), "conventions");
  TW_RETURN_IF_ERROR(kept.status());
  response->set_conventions(*std::move(kept));
  return absl::OkStatus();
}

absl::Status HandleGetConventions(Call& call, const v1::GetConventionsRequest& request,
                                  v1::GetConventionsResponse* response) {
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Conventions> kept,
                      call.backend().conventions.Get(request.dataset()));
  response->set_conventions(ConventionsToText(*kept));
  for (const CodeGroup& group : kept->groups) *response->add_groups() = convert::ToWire(group);
  response->set_rounding(convert::ToWire(kept->rounding));
  return absl::OkStatus();
}

absl::Status HandleTally(Call& call, const v1::TallyImpliedRevisionsRequest& request,
                         v1::TallyImpliedRevisionsResponse* response) {
  const auto rounding = convert::FromWire(request.rounding());
  const auto periods = convert::FromWire(request.periods());
  Violations violations;
  violations.Add("rounding", rounding.status());
  violations.Add("periods", periods.status());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  engine::TallyInput input;
  input.dataset = request.dataset();
  input.keys.assign(request.keys().begin(), request.keys().end());
  input.rounding = *rounding;
  input.periods = *periods;
  input.year_to_date = request.year_to_date();
  const Backend& backend = call.backend();
  TW_ASSIGN_OR_RETURN(const engine::ImpliedTally tally,
                      engine::TallyImpliedRevisions(*backend.store, backend.conventions, input,
                                                    [&call] { return call.CheckAlive(); }));
  for (const engine::ImpliedTally::Series& series : tally.series) {
    v1::ImpliedRevisionTally* const row = response->add_series();
    row->set_series(series.level);
    row->set_fit(series.fit);
    row->set_up(series.up);
    row->set_down(series.down);
    row->set_not_testable(series.not_testable);
  }
  response->set_periods(tally.periods);
  response->set_inconsistent_periods(tally.inconsistent_periods);
  response->set_rounding(convert::ToWire(tally.rounding));
  response->set_sequence(tally.sequence);
  return absl::OkStatus();
}

}  // namespace tidewaiter::rpc
