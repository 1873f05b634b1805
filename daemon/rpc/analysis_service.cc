#include "daemon/rpc/analysis_service.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/engine/findings.h"
#include "daemon/rpc/analysis_calls.h"
#include "daemon/rpc/convention_calls.h"
#include "daemon/rpc/page_token.h"
#include "daemon/rpc/paging.h"
#include "daemon/rpc/unary.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/finding.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::rpc {
namespace {

// Selectors fit the dataset; every violation goes to `violations`, kDatasetNotFound comes back.
absl::Status ReadSelectors(const Backend& backend, const v1::ListFindingsRequest& request,
                           engine::FindingFilter* filter, Violations* violations) {
  filter->dataset = request.dataset();
  if (request.dataset().empty()) {
    if (request.keys_size() > 0)
      violations->Add("dataset", "is empty; keys are those of one dataset: name it");
    return absl::OkStatus();
  }
  TW_ASSIGN_OR_RETURN(const storage::DatasetInfo info, backend.store->GetDataset(request.dataset()));
  if (static_cast<std::size_t>(request.keys_size()) > limits::kMaxSelectorsPerRequest) {
    violations->Add("keys", absl::StrCat("at most ", limits::kMaxSelectorsPerRequest, " are allowed"));
    return absl::OkStatus();
  }
  for (int i = 0; i < request.keys_size(); ++i) {
    absl::StatusOr<Selector> selector = Selector::Parse(request.keys(i));
    absl::Status status = selector.status();
    if (status.ok()) status = selector->Validate(info.definition.dimensions.size());
    violations->Add(absl::StrCat("keys[", i, "]"), status);
    if (status.ok()) filter->selectors.push_back(*std::move(selector));
  }
  return absl::OkStatus();
}

absl::Status ReadTimes(const v1::ListFindingsRequest& request, engine::FindingFilter* filter) {
  Violations violations;
  if (request.has_published_from()) {
    const absl::StatusOr<Instant> from = convert::FromWire(request.published_from());
    violations.Add("published_from", from.status());
    if (from.ok()) filter->published_from = *from;
  }
  if (request.has_published_to()) {
    const absl::StatusOr<Instant> to = convert::FromWire(request.published_to());
    violations.Add("published_to", to.status());
    if (to.ok()) filter->published_to = *to;
  }
  return violations.ToStatus();
}

absl::StatusOr<engine::FindingFilter> ReadFilter(const Backend& backend,
                                                 const v1::ListFindingsRequest& request) {
  engine::FindingFilter filter;
  Violations violations;
  TW_RETURN_IF_ERROR(ReadSelectors(backend, request, &filter, &violations));
  for (int i = 0; i < request.kinds_size(); ++i) {
    const auto kind = convert::FromWire(request.kinds(i));
    violations.Add(absl::StrCat("kinds[", i, "]"), kind.status());
    if (kind.ok()) filter.kinds.push_back(*kind);
  }
  for (int i = 0; i < request.statuses_size(); ++i) {
    const auto status = convert::FromWire(request.statuses(i));
    violations.Add(absl::StrCat("statuses[", i, "]"), status.status());
    if (status.ok()) filter.statuses.push_back(*status);
  }
  const absl::StatusOr<PeriodRange> periods = convert::FromWire(request.periods());
  violations.Add("periods", periods.status());
  violations.Add("", ReadTimes(request, &filter));
  TW_RETURN_IF_ERROR(violations.ToStatus());
  filter.periods = *periods;
  TW_ASSIGN_OR_RETURN(filter.after, convert::SequenceFromWire(request.after_sequence()));
  if (request.until_sequence() != 0) {
    TW_ASSIGN_OR_RETURN(filter.until, convert::SequenceFromWire(request.until_sequence()));
  }
  return filter;
}

std::string PlaceText(const engine::FindingPlace& place) {
  return absl::StrCat(place.rules, "-", place.found_by, "-", place.ordinal);
}

absl::StatusOr<std::optional<engine::FindingPlace>> PlaceFromToken(const v1::ListFindingsRequest& request) {
  if (request.page_token().empty()) return std::nullopt;
  TW_ASSIGN_OR_RETURN(const PageToken token, DecodePageToken(request.page_token(), request));
  const std::vector<std::string> words = absl::StrSplit(token.after, '-');
  engine::FindingPlace place;
  if (words.size() != 3 || !absl::SimpleAtoi(words[0], &place.rules) ||
      !absl::SimpleAtoi(words[1], &place.found_by) || !absl::SimpleAtoi(words[2], &place.ordinal)) {
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kMalformedToken,
                     "page_token: not a page token of ListFindings", {},
                     {{"page_token", "leave it empty for the first page"}});
  }
  return std::optional<engine::FindingPlace>(place);
}

absl::Status HandleListFindings(Call& call, const v1::ListFindingsRequest& request,
                                v1::ListFindingsResponse* response) {
  const Backend& backend = call.backend();
  TW_ASSIGN_OR_RETURN(const std::size_t page_size, PageSize(request.page_size(), limits::kDefaultPageSize));
  TW_ASSIGN_OR_RETURN(const engine::FindingFilter filter, ReadFilter(backend, request));
  TW_ASSIGN_OR_RETURN(const std::optional<engine::FindingPlace> after, PlaceFromToken(request));
  // A finding with its keys and its explanation takes a kilobyte or two.
  const std::size_t limit = std::min(page_size, kPageBytes / 2048);
  TW_ASSIGN_OR_RETURN(const engine::FindingsPage page, backend.findings.List(filter, after, limit));
  response->set_position(page.position);
  for (const engine::PlacedFinding& placed : page.findings) {
    *response->add_findings() = convert::ToWire(placed.finding, placed.place.found_by, placed.place.ordinal);
  }
  if (page.after) {
    PageToken token;
    token.after = PlaceText(*page.after);
    response->set_next_page_token(EncodePageToken(token, request));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AnalysisService::ListFindings(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  return ServeUnary<v1::ListFindingsRequest, v1::ListFindingsResponse>(
      backend_, context, Method::kListFindings, request, response, HandleListFindings);
}

grpc::ServerUnaryReactor* AnalysisService::GetRevisionStatistics(grpc::CallbackServerContext* context,
                                                                 const grpc::ByteBuffer* request,
                                                                 grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetRevisionStatisticsRequest, v1::GetRevisionStatisticsResponse>(
      backend_, context, Method::kGetRevisionStatistics, request, response, HandleRevisions);
}

grpc::ServerUnaryReactor* AnalysisService::CompareMirror(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request,
                                                         grpc::ByteBuffer* response) {
  return ServeUnary<v1::CompareMirrorRequest, v1::CompareMirrorResponse>(
      backend_, context, Method::kCompareMirror, request, response, HandleMirror);
}

grpc::ServerUnaryReactor* AnalysisService::SetConventions(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request,
                                                          grpc::ByteBuffer* response) {
  return ServeUnary<v1::SetConventionsRequest, v1::SetConventionsResponse>(
      backend_, context, Method::kSetConventions, request, response, HandleSetConventions);
}

grpc::ServerUnaryReactor* AnalysisService::GetConventions(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request,
                                                          grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetConventionsRequest, v1::GetConventionsResponse>(
      backend_, context, Method::kGetConventions, request, response, HandleGetConventions);
}

grpc::ServerUnaryReactor* AnalysisService::TallyImpliedRevisions(grpc::CallbackServerContext* context,
                                                                 const grpc::ByteBuffer* request,
                                                                 grpc::ByteBuffer* response) {
  return ServeUnary<v1::TallyImpliedRevisionsRequest, v1::TallyImpliedRevisionsResponse>(
      backend_, context, Method::kTallyImpliedRevisions, request, response, HandleTally);
}

grpc::ServerUnaryReactor* AnalysisService::SetCalendar(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return ServeUnary<v1::SetCalendarRequest, v1::SetCalendarResponse>(backend_, context, Method::kSetCalendar,
                                                                     request, response, HandleSetCalendar);
}

grpc::ServerUnaryReactor* AnalysisService::GetCalendar(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) {
  return ServeUnary<v1::GetCalendarRequest, v1::GetCalendarResponse>(backend_, context, Method::kGetCalendar,
                                                                     request, response, HandleGetCalendar);
}

grpc::ServerUnaryReactor* AnalysisService::ListExpectedReleases(grpc::CallbackServerContext* context,
                                                                const grpc::ByteBuffer* request,
                                                                grpc::ByteBuffer* response) {
  return ServeUnary<v1::ListExpectedReleasesRequest, v1::ListExpectedReleasesResponse>(
      backend_, context, Method::kListExpectedReleases, request, response, HandleExpected);
}

}  // namespace tidewaiter::rpc
