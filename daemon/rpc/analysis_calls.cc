#include "daemon/rpc/analysis_calls.h"

#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daemon/engine/aggregate_revisions.h"
#include "daemon/engine/calendars.h"
#include "daemon/engine/mirror.h"
#include "daemon/engine/revisions.h"
#include "daemon/rpc/backend.h"
#include "daemon/rpc/expected_entry.h"
#include "daemon/rpc/read_request.h"
#include "domain/calendar_text.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/finding.h"
#include "proto/convert/revisions.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::rpc {
namespace {

constexpr std::size_t kMaxValuationBytes = 64;

// Numbers that the engine finds too large anyway.
int Clamped(std::uint32_t number) {
  constexpr std::uint32_t kMost = 1'000'000;
  return static_cast<int>(number < kMost ? number : kMost);
}

absl::StatusOr<engine::PrintChoice> ReadMaturity(const v1::RevisionMaturity& message,
                                                 const engine::PrintChoice& by_default) {
  using Age = engine::PrintChoice::Age;
  engine::PrintChoice choice;
  switch (message.age()) {
    case v1::PRINT_AGE_UNSPECIFIED:
      return by_default;
    case v1::PRINT_AGE_FIRST:
      choice.age = Age::kFirst;
      break;
    case v1::PRINT_AGE_NTH:
      choice.age = Age::kNth;
      choice.n = Clamped(message.n());
      break;
    case v1::PRINT_AGE_AFTER:
      choice.age = Age::kAfter;
      choice.months = Clamped(message.months());
      break;
    case v1::PRINT_AGE_LATEST:
      choice.age = Age::kLatest;
      break;
    default:
      return InvalidField("age", absl::StrCat("there is no age number ", static_cast<int>(message.age())));
  }
  Violations violations;
  if (message.n() != 0 && choice.age != Age::kNth) violations.Add("n", "goes with NTH only");
  if (message.months() != 0 && choice.age != Age::kAfter) violations.Add("months", "goes with AFTER only");
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return choice;
}

absl::StatusOr<engine::RevisionKind> ReadKind(v1::RevisionOf of) {
  switch (of) {
    case v1::REVISION_OF_UNSPECIFIED:
    case v1::REVISION_OF_LEVEL:
      return engine::RevisionKind::kLevel;
    case v1::REVISION_OF_PERCENT:
      return engine::RevisionKind::kPercent;
    case v1::REVISION_OF_GROWTH:
      return engine::RevisionKind::kGrowth;
    default:
      return InvalidField("of", absl::StrCat("there is no kind number ", static_cast<int>(of)));
  }
}

absl::StatusOr<engine::RevisionInput> ReadRevisionInput(const v1::GetRevisionStatisticsRequest& request) {
  engine::RevisionInput input;
  TW_ASSIGN_OR_RETURN(input.read, ToReadInput(request));
  Violations violations;
  const auto first = ReadMaturity(request.first(), engine::PrintChoice());
  const auto later = ReadMaturity(request.later(), {.age = engine::PrintChoice::Age::kAfter});
  const auto of = ReadKind(request.of());
  violations.Add("first", first.status());
  violations.Add("later", later.status());
  violations.Add("", of.status());
  if (request.lag_months() != 0 && request.of() != v1::REVISION_OF_GROWTH) {
    violations.Add("lag_months", "goes with GROWTH only");
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  input.first = *first;
  input.later = *later;
  input.of = *of;
  input.period_months = Clamped(request.period_months());
  input.pooled = request.pooled();
  if (request.lag_months() != 0) input.lag_months = Clamped(request.lag_months());
  if (request.has_hac_lag()) input.hac_lag = Clamped(request.hac_lag());
  return input;
}

absl::StatusOr<engine::MirrorSideInput> ReadSide(const v1::MirrorSide& side) {
  engine::MirrorSideInput input{.dataset = side.dataset(), .key = side.key(), .vintage = {}};
  const auto vintage = convert::FromWire(side.vintage());
  if (!vintage.ok()) return PrefixFields(vintage.status(), "vintage");
  input.vintage = ToInput(*vintage);
  if (side.valuation().size() > kMaxValuationBytes || !IsCleanUtf8(side.valuation())) {
    return InvalidField("valuation",
                        absl::StrCat("is clean UTF-8 of at most ", kMaxValuationBytes, " bytes: FOB, CIF"));
  }
  return input;
}

absl::StatusOr<engine::RevisionAnswer> ComputeRevisions(const Call& call,
                                                        const v1::GetRevisionStatisticsRequest& request,
                                                        const engine::RevisionInput& input) {
  const Backend& backend = call.backend();
  const auto check_alive = [&call] { return call.CheckAlive(); };
  if (!request.has_aggregate()) {
    return engine::ReadRevisions(backend.queries, input, check_alive);
  }
  absl::StatusOr<AggregateQuery> query = convert::FromWire(request.aggregate());
  Violations violations;
  violations.Add("aggregate", query.status());
  if (!request.aggregate().dataset().empty())
    violations.Add("aggregate.dataset", "is the request's; leave it unset");
  if (!request.aggregate().keys().empty())
    violations.Add("aggregate.keys", "are the request's; leave them unset");
  TW_RETURN_IF_ERROR(violations.ToStatus());
  query->dataset = request.dataset();
  query = backend.conventions.Complete(*std::move(query));
  if (!query.ok()) return PrefixFields(query.status(), "aggregate");
  return engine::ReadAggregateRevisions(backend.aggregates, *query, input, check_alive);
}

}  // namespace

absl::Status HandleRevisions(Call& call, const v1::GetRevisionStatisticsRequest& request,
                             v1::GetRevisionStatisticsResponse* response) {
  TW_ASSIGN_OR_RETURN(const engine::RevisionInput input, ReadRevisionInput(request));
  TW_ASSIGN_OR_RETURN(const engine::RevisionAnswer answer, ComputeRevisions(call, request, input));
  *response->mutable_vintage() = convert::ToWire(answer.vintage);
  for (const engine::SeriesRevisionStatistics& one : answer.series) {
    v1::SeriesRevisions* const row = response->add_series();
    row->set_series(one.series);
    row->set_unit(one.unit);
    row->set_period_months(static_cast<std::uint32_t>(one.period_months));
    row->set_left_out(one.left_out);
    if (one.first_period) row->set_first_period(one.first_period->ToString());
    if (one.last_period) row->set_last_period(one.last_period->ToString());
    convert::FillStatistics(one.statistics, row);
  }
  return absl::OkStatus();
}

absl::Status HandleMirror(Call& call, const v1::CompareMirrorRequest& request,
                          v1::CompareMirrorResponse* response) {
  engine::MirrorInput input;
  const auto a = ReadSide(request.a());
  const auto b = ReadSide(request.b());
  const auto periods = convert::FromWire(request.periods());
  Violations violations;
  violations.Add("a", a.status());
  violations.Add("b", b.status());
  violations.Add("periods", periods.status());
  TW_RETURN_IF_ERROR(violations.ToStatus());
  input.a = *a;
  input.b = *b;
  input.periods = *periods;
  input.window_months = Clamped(request.window_months());
  if (request.has_decimals()) input.decimals = Clamped(request.decimals());
  TW_ASSIGN_OR_RETURN(const engine::Mirror mirror, engine::ReadMirror(call.backend().queries, input));
  for (const engine::MirrorPeriod& period : mirror.periods) {
    v1::MirrorRow* const row = response->add_rows();
    row->set_period(period.period.ToString());
    if (period.a) convert::FillDatum(*period.a, row->mutable_a());
    if (period.b) convert::FillDatum(*period.b, row->mutable_b());
    if (period.gap.gap) row->set_gap(period.gap.gap->ToString());
    if (period.gap.ratio) row->set_ratio(period.gap.ratio->ToString());
    row->set_reason(std::string(MirrorUndefinedName(period.gap.why)));
    row->set_how_a(period.how_a);
    row->set_how_b(period.how_b);
  }
  response->set_unit_a(mirror.unit_a);
  response->set_unit_b(mirror.unit_b);
  response->set_exponent_b(mirror.exponent_b);
  *response->mutable_vintage_a() = convert::ToWire(mirror.vintage_a);
  *response->mutable_vintage_b() = convert::ToWire(mirror.vintage_b);
  response->set_valuation_a(request.a().valuation());
  response->set_valuation_b(request.b().valuation());
  return absl::OkStatus();
}

absl::Status HandleSetCalendar(Call& call, const v1::SetCalendarRequest& request,
                               v1::SetCalendarResponse* response) {
  TW_RETURN_IF_ERROR(call.backend().CheckNotDraining());
  absl::StatusOr<std::string> kept = call.backend().calendars.Set(request.dataset(), request.calendar());
  if (absl::IsInvalidArgument(kept.status())) return PrefixFields(kept.status(), "calendar");
  TW_RETURN_IF_ERROR(kept.status());
  response->set_calendar(*std::move(kept));
  return absl::OkStatus();
}

absl::Status HandleGetCalendar(Call& call, const v1::GetCalendarRequest& request,
                               v1::GetCalendarResponse* response) {
  const Backend& backend = call.backend();
  TW_RETURN_IF_ERROR(backend.store->GetDataset(request.dataset()).status());
  TW_ASSIGN_OR_RETURN(const std::shared_ptr<const Calendar> calendar,
                      backend.calendars.Get(request.dataset()));
  if (calendar != nullptr) response->set_calendar(CalendarToText(*calendar));
  return absl::OkStatus();
}

absl::Status HandleExpected(Call& call, const v1::ListExpectedReleasesRequest& request,
                            v1::ListExpectedReleasesResponse* response) {
  const auto vintage = convert::FromWire(request.vintage());
  if (!vintage.ok()) return PrefixFields(vintage.status(), "vintage");
  const auto months = convert::FromWire(request.months());
  if (!months.ok()) return PrefixFields(months.status(), "months");
  TW_ASSIGN_OR_RETURN(const engine::ExpectedReleases expected,
                      call.backend().calendars.List(request.dataset(), *months, ToInput(*vintage)));
  for (const CalendarEntry& entry : expected.entries) FillExpected(entry, response->add_releases());
  *response->mutable_as_of() = convert::ToWire(expected.as_of);
  response->set_sequence(expected.sequence);
  return absl::OkStatus();
}

}  // namespace tidewaiter::rpc
