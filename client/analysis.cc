// Client: what is computed from releases.
#include <utility>

#include "client/client.h"
#include "client/core.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/finding.h"
#include "proto/convert/revisions.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::client {
namespace {

v1::RevisionMaturity ToWire(const PrintChoice& choice) {
  v1::RevisionMaturity message;
  switch (choice.age) {
    case PrintChoice::Age::kFirst:
      message.set_age(v1::PRINT_AGE_FIRST);
      break;
    case PrintChoice::Age::kNth:
      message.set_age(v1::PRINT_AGE_NTH);
      message.set_n(static_cast<std::uint32_t>(choice.n));
      break;
    case PrintChoice::Age::kAfter:
      message.set_age(v1::PRINT_AGE_AFTER);
      message.set_months(static_cast<std::uint32_t>(choice.months));
      break;
    case PrintChoice::Age::kLatest:
      message.set_age(v1::PRINT_AGE_LATEST);
      break;
  }
  return message;
}

v1::RevisionOf ToWire(RevisionQuery::Of of) {
  switch (of) {
    case RevisionQuery::Of::kLevel:
      return v1::REVISION_OF_LEVEL;
    case RevisionQuery::Of::kPercent:
      return v1::REVISION_OF_PERCENT;
    case RevisionQuery::Of::kGrowth:
      return v1::REVISION_OF_GROWTH;
  }
  return v1::REVISION_OF_LEVEL;
}

v1::MirrorSide ToWire(const MirrorSide& side) {
  v1::MirrorSide message;
  message.set_dataset(side.dataset);
  message.set_key(side.key);
  *message.mutable_vintage() = client::ToWire(side.vintage);
  message.set_valuation(side.valuation);
  return message;
}

absl::StatusOr<std::optional<Datum>> OptionalDatum(bool is_there, const v1::PrintedDatum& message) {
  if (!is_there) return std::nullopt;
  TW_ASSIGN_OR_RETURN(const Datum datum, convert::FromWire(message));
  return std::optional<Datum>(datum);
}

absl::StatusOr<MirrorRow> RowOf(const v1::MirrorRow& message) {
  MirrorRow row;
  TW_ASSIGN_OR_RETURN(row.period, Period::Parse(message.period()));
  TW_ASSIGN_OR_RETURN(row.a, OptionalDatum(message.has_a(), message.a()));
  TW_ASSIGN_OR_RETURN(row.b, OptionalDatum(message.has_b(), message.b()));
  row.gap = message.gap();
  row.ratio = message.ratio();
  row.reason = message.reason();
  row.how_a = message.how_a();
  row.how_b = message.how_b();
  return row;
}

std::string StateText(v1::ExpectedState state) {
  return std::string(v1::ExpectedState_Name(state)).substr(sizeof "EXPECTED_STATE_" - 1);
}

}  // namespace

ExpectedRelease FromWire(const v1::ExpectedReleaseEntry& e) {
  return {e.period(),       e.revision() ? "REVISION" : "REGULAR",
          e.stage(),        StateText(e.state()),
          e.first_day(),    e.last_day(),
          e.time_of_day(),  e.original_day(),
          e.published_at(), static_cast<Sequence>(e.sequence()),
          e.note()};
}

absl::StatusOr<FindingInfo> FromWire(const v1::Finding& message) {
  absl::StatusOr<Finding> finding = convert::FromWire(message);
  if (!finding.ok()) return UnreadableAnswer(finding.status());
  return FindingInfo{*std::move(finding), message.id(), static_cast<Sequence>(message.found_by()),
                     message.explanation()};
}

absl::StatusOr<FindingPage> Client::ListFindings(const FindingQuery& query, std::uint32_t page_size,
                                                 std::string_view page_token, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::ListFindingsRequest request;
  request.set_dataset(query.dataset);
  for (const std::string& key : query.keys) request.add_keys(key);
  for (const FindingKind kind : query.kinds) request.add_kinds(convert::ToWire(kind));
  for (const FindingStatus status : query.statuses) request.add_statuses(convert::ToWire(status));
  *request.mutable_periods() = convert::ToWire(query.periods);
  request.set_after_sequence(query.after_sequence);
  request.set_until_sequence(query.until_sequence);
  if (query.published_from) *request.mutable_published_from() = convert::ToWire(*query.published_from);
  if (query.published_to) *request.mutable_published_to() = convert::ToWire(*query.published_to);
  request.set_page_size(page_size);
  request.set_page_token(std::string(page_token));
  v1::ListFindingsResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->analysis->ListFindings(call.context(), request, &response)));
  FindingPage page;
  page.position = static_cast<Sequence>(response.position());
  for (const v1::Finding& message : response.findings()) {
    TW_ASSIGN_OR_RETURN(page.findings.emplace_back(), FromWire(message));
  }
  page.next_page_token = std::move(*response.mutable_next_page_token());
  return page;
}

absl::StatusOr<RevisionAnswer> Client::GetRevisionStatistics(const RevisionQuery& query,
                                                             const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::GetRevisionStatisticsRequest request;
  request.set_dataset(query.read.dataset);
  for (const std::string& key : query.read.keys) request.add_keys(key);
  *request.mutable_vintage() = ToWire(query.read.vintage);
  *request.mutable_periods() = convert::ToWire(query.read.periods);
  request.set_period_months(static_cast<std::uint32_t>(query.period_months));
  *request.mutable_first() = ToWire(query.first);
  *request.mutable_later() = ToWire(query.later);
  request.set_of(ToWire(query.of));
  if (query.of == RevisionQuery::Of::kGrowth) {
    request.set_lag_months(static_cast<std::uint32_t>(query.lag_months));
  }
  if (query.hac_lag) request.set_hac_lag(static_cast<std::uint32_t>(*query.hac_lag));
  request.set_pooled(query.pooled);
  if (query.aggregate) *request.mutable_aggregate() = convert::ToWire(*query.aggregate);
  v1::GetRevisionStatisticsResponse response;
  TW_RETURN_IF_ERROR(
      convert::FromGrpc(core_->analysis->GetRevisionStatistics(call.context(), request, &response)));
  RevisionAnswer answer;
  TW_ASSIGN_OR_RETURN(answer.vintage, FromWire(response.vintage()));
  for (const v1::SeriesRevisions& message : response.series()) {
    const auto statistics = convert::FromWire(message);
    if (!statistics.ok()) return UnreadableAnswer(statistics.status());
    answer.series.push_back({message.series(), message.unit(), static_cast<int>(message.period_months()),
                             message.left_out(), message.first_period(), message.last_period(), *statistics});
  }
  return answer;
}

absl::StatusOr<MirrorAnswer> Client::CompareMirror(const MirrorQuery& query, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::CompareMirrorRequest request;
  *request.mutable_a() = ToWire(query.a);
  *request.mutable_b() = ToWire(query.b);
  *request.mutable_periods() = convert::ToWire(query.periods);
  request.set_window_months(static_cast<std::uint32_t>(query.window_months));
  if (query.decimals) request.set_decimals(static_cast<std::uint32_t>(*query.decimals));
  v1::CompareMirrorResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->analysis->CompareMirror(call.context(), request, &response)));
  MirrorAnswer answer;
  for (const v1::MirrorRow& message : response.rows()) {
    absl::StatusOr<MirrorRow> row = RowOf(message);
    if (!row.ok()) return UnreadableAnswer(row.status());
    answer.rows.push_back(*std::move(row));
  }
  answer.unit_a = response.unit_a();
  answer.unit_b = response.unit_b();
  answer.exponent_b = response.exponent_b();
  TW_ASSIGN_OR_RETURN(answer.vintage_a, FromWire(response.vintage_a()));
  TW_ASSIGN_OR_RETURN(answer.vintage_b, FromWire(response.vintage_b()));
  return answer;
}

absl::StatusOr<std::string> Client::SetCalendar(std::string_view dataset, std::string_view text,
                                                const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::SetCalendarRequest request;
  request.set_dataset(std::string(dataset));
  request.set_calendar(std::string(text));
  v1::SetCalendarResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->analysis->SetCalendar(call.context(), request, &response)));
  return std::move(*response.mutable_calendar());
}

absl::StatusOr<std::string> Client::GetCalendar(std::string_view dataset, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::GetCalendarRequest request;
  request.set_dataset(std::string(dataset));
  v1::GetCalendarResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->analysis->GetCalendar(call.context(), request, &response)));
  return std::move(*response.mutable_calendar());
}

absl::StatusOr<ExpectedReleases> Client::ListExpectedReleases(std::string_view dataset,
                                                              const PeriodRange& months,
                                                              const VintageQuery& vintage,
                                                              const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::ListExpectedReleasesRequest request;
  request.set_dataset(std::string(dataset));
  *request.mutable_months() = convert::ToWire(months);
  *request.mutable_vintage() = ToWire(vintage);
  v1::ListExpectedReleasesResponse response;
  TW_RETURN_IF_ERROR(
      convert::FromGrpc(core_->analysis->ListExpectedReleases(call.context(), request, &response)));
  ExpectedReleases answer;
  const absl::StatusOr<Instant> as_of = convert::FromWire(response.as_of());
  if (!as_of.ok()) return UnreadableAnswer(as_of.status());
  answer.as_of = *as_of;
  answer.sequence = static_cast<Sequence>(response.sequence());
  for (const v1::ExpectedReleaseEntry& entry : response.releases())
    answer.releases.push_back(FromWire(entry));
  return answer;
}

}  // namespace tidewaiter::client
