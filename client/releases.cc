// Client: pushing, trying, retracting and listing releases.
#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "client/core.h"
#include "client/upload.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"
#include "proto/convert/block.h"
#include "proto/convert/release.h"

namespace tidewaiter::client {
namespace {

using Sections = std::vector<Release::Section>;
// For each section, the places of its observations in canonical order.
using Orders = std::vector<std::vector<std::size_t>>;

// A push that comes near the daemon's message limit goes as an upload.
constexpr std::size_t kMaxPushBytes = limits::kMaxMessageBytes - (64u << 10);

Orders CanonicalOrders(const Sections& sections) {
  Orders orders;
  for (const Release::Section& section : sections) {
    std::vector<std::size_t>& order = orders.emplace_back(section.observations.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto less = [&observations = section.observations](std::size_t i, std::size_t j) {
      const Observation& a = observations[i];
      const Observation& b = observations[j];
      const auto by_series = a.series == b.series ? std::strong_ordering::equal : a.series <=> b.series;
      if (by_series != 0) return by_series < 0;
      return a.period != b.period ? a.period < b.period : i < j;
    };
    if (!std::is_sorted(order.begin(), order.end(), less)) std::sort(order.begin(), order.end(), less);
  }
  return orders;
}

StatedCell CellOf(const Observation& observation) {
  return {observation.period, observation.datum, observation.attributes, observation.source,
          observation.note};
}

std::size_t CountOf(const Sections& sections) {
  std::size_t count = 0;
  for (const Release::Section& section : sections) count += section.observations.size();
  return count;
}

// The daemon counts observations in the order they were sent; the caller in the order given.
//   "sections[0].observations[3].period"  ->  "sections[0].observations[17].period"
std::string InGivenOrder(const std::string& field, const Orders& orders) {
  constexpr std::string_view kSections = "sections[";
  constexpr std::string_view kObservations = "].observations[";
  if (!absl::StartsWith(field, ToAbsl(kSections))) return field;
  const std::size_t middle = field.find(kObservations);
  if (middle == std::string::npos) return field;
  const std::size_t end = field.find(']', middle + kObservations.size());
  if (end == std::string::npos) return field;
  const std::string_view text = field;
  const auto section = ParseDigits(text.substr(kSections.size(), middle - kSections.size()));
  const std::size_t index_at = middle + kObservations.size();
  const auto index = ParseDigits(text.substr(index_at, end - index_at));
  if (!section || !index || static_cast<std::size_t>(*section) >= orders.size()) return field;
  const std::vector<std::size_t>& order = orders[static_cast<std::size_t>(*section)];
  if (static_cast<std::size_t>(*index) >= order.size()) return field;
  return absl::StrCat(field.substr(0, index_at), order[static_cast<std::size_t>(*index)], field.substr(end));
}

absl::Status InGivenOrder(const absl::Status& status, const Orders& orders) {
  ErrorDetails details = DetailsOf(status);
  if (status.ok() || details.violations.empty()) return status;
  for (FieldViolation& violation : details.violations)
    violation.field = InGivenOrder(violation.field, orders);
  return MakeError(status.code(), details.reason, ToStd(status.message()), std::move(details.metadata),
                   std::move(details.violations));
}

absl::Status FillSection(const Release::Section& from, const std::vector<std::size_t>& order,
                         v1::Section* to) {
  convert::SetSectionHeader(from.header, to);
  convert::BlockEncoder encoder;
  const SeriesKey* series = nullptr;
  const auto flush = [&]() -> absl::Status {
    TW_ASSIGN_OR_RETURN(*to->add_blocks(), encoder.Finish());
    series = nullptr;
    return absl::OkStatus();
  };
  for (const std::size_t i : order) {
    const Observation& observation = from.observations[i];
    if (encoder.cells() == limits::kMaxChunkObservations) TW_RETURN_IF_ERROR(flush());
    if (series == nullptr || *series != observation.series) {
      series = &observation.series;
      encoder.BeginSeries(series->text());
    }
    encoder.Add(CellOf(observation));
  }
  return encoder.cells() == 0 ? absl::OkStatus() : flush();
}

absl::StatusOr<v1::PushReleaseRequest> RequestOf(const ReleaseDraft& draft, const Sections& sections,
                                                 const Orders& orders) {
  v1::PushReleaseRequest request;
  *request.mutable_header() = ToWire(draft);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    TW_RETURN_IF_ERROR(FillSection(sections[i], orders[i], request.add_sections()));
  }
  return request;
}

absl::StatusOr<PushResult> UploadSections(Client& client, const ReleaseDraft& draft, const Sections& sections,
                                          const Orders& orders, const CallOptions& options) {
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<Upload> upload, client.StartUpload(draft, options));
  for (std::size_t i = 0; i < sections.size(); ++i) {
    TW_RETURN_IF_ERROR(upload->BeginSection(sections[i].header));
    const SeriesKey* series = nullptr;
    for (const std::size_t place : orders[i]) {
      const Observation& observation = sections[i].observations[place];
      if (series == nullptr || *series != observation.series) {
        series = &observation.series;
        TW_RETURN_IF_ERROR(upload->BeginSeries(series->text()));
      }
      TW_RETURN_IF_ERROR(upload->Add(CellOf(observation)));
    }
  }
  return upload->Finish();
}

}  // namespace

absl::StatusOr<PushResult> Client::Push(const ReleaseDraft& draft, const Sections& sections,
                                        const CallOptions& options) {
  const Orders orders = CanonicalOrders(sections);
  if (CountOf(sections) > limits::kMaxUnaryObservations) {
    return UploadSections(*this, draft, sections, orders, options);
  }
  TW_ASSIGN_OR_RETURN(const v1::PushReleaseRequest request, RequestOf(draft, sections, orders));
  if (request.ByteSizeLong() > kMaxPushBytes) return UploadSections(*this, draft, sections, orders, options);
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::PushReleaseResponse response;
  TW_RETURN_IF_ERROR(InGivenOrder(
      convert::FromGrpc(core_->releases->PushRelease(call.context(), request, &response)), orders));
  PushResult result;
  TW_ASSIGN_OR_RETURN(result.release, FromWire(response.release()));
  result.replayed = response.replayed();
  result.twin = std::move(*response.mutable_twin());
  return result;
}

absl::StatusOr<Client::DryRunResult> Client::DryRun(const ReleaseDraft& draft, const Sections& sections,
                                                    const CallOptions& options) {
  if (const std::size_t count = CountOf(sections); count > limits::kMaxUnaryObservations) {
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
                     absl::StrCat("a dry run takes at most ", limits::kMaxUnaryObservations,
                                  " observations; this release has ", count),
                     {{"limit", "kMaxUnaryObservations"}});
  }
  const Orders orders = CanonicalOrders(sections);
  TW_ASSIGN_OR_RETURN(v1::PushReleaseRequest request, RequestOf(draft, sections, orders));
  request.set_validate_only(true);
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::PushReleaseResponse response;
  TW_RETURN_IF_ERROR(InGivenOrder(
      convert::FromGrpc(core_->releases->PushRelease(call.context(), request, &response)), orders));
  DryRunResult result;
  TW_ASSIGN_OR_RETURN(result.release, FromWire(response.release()));
  result.replayed = response.replayed();
  result.twin = std::move(*response.mutable_twin());
  for (const v1::ChangeBlock& block : response.changes()) {
    TW_ASSIGN_OR_RETURN(result.changes.emplace_back(), FromWire(block));
  }
  return result;
}

absl::StatusOr<ReleaseInfo> Client::Retract(std::string_view agency, std::string_view release_id,
                                            std::string_view reason, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::RetractReleaseRequest request;
  request.set_agency(std::string(agency));
  request.set_release_id(std::string(release_id));
  request.set_reason(std::string(reason));
  v1::RetractReleaseResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->releases->RetractRelease(call.context(), request, &response)));
  return FromWire(response.retraction());
}

namespace {

absl::StatusOr<Client::FoundRelease> Find(Client::Core* core, const v1::GetReleaseRequest& request,
                                          const CallOptions& options) {
  CallScope call(core, CallScope::Kind::kUnary, options);
  v1::GetReleaseResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core->releases->GetRelease(call.context(), request, &response)));
  Client::FoundRelease found;
  TW_ASSIGN_OR_RETURN(found.release, FromWire(response.release()));
  found.resume_token = std::move(*response.mutable_resume_token());
  return found;
}

}  // namespace

absl::StatusOr<Client::FoundRelease> Client::GetRelease(Sequence sequence, const CallOptions& options) {
  v1::GetReleaseRequest request;
  request.set_sequence(sequence);
  return Find(core_.get(), request, options);
}

absl::StatusOr<Client::FoundRelease> Client::GetRelease(std::string_view agency, std::string_view release_id,
                                                        const CallOptions& options) {
  v1::GetReleaseRequest request;
  request.set_agency(std::string(agency));
  request.set_release_id(std::string(release_id));
  return Find(core_.get(), request, options);
}

absl::StatusOr<ReleasePage> Client::ListReleases(std::string_view dataset, Sequence after_sequence,
                                                 std::uint32_t page_size, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::ListReleasesRequest request;
  request.set_dataset(std::string(dataset));
  request.set_after_sequence(after_sequence);
  request.set_page_size(page_size);
  v1::ListReleasesResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->releases->ListReleases(call.context(), request, &response)));
  ReleasePage page;
  for (const v1::Release& release : response.releases()) {
    TW_ASSIGN_OR_RETURN(page.releases.emplace_back(), FromWire(release));
  }
  page.next_after_sequence = static_cast<Sequence>(response.next_after_sequence());
  return page;
}

absl::StatusOr<ChangesPage> Client::ListChanges(const ChangesQuery& query, std::uint32_t page_size,
                                                std::string_view page_token, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::ListChangesRequest request;
  request.set_sequence(query.sequence);
  request.set_agency(query.agency);
  request.set_release_id(query.release_id);
  for (const ChangesQuery::Selector& selector : query.selectors) {
    v1::SeriesSelector& to = *request.add_selectors();
    to.set_dataset(selector.dataset);
    to.set_key(selector.key);
  }
  request.set_omit_confirmed(query.omit_confirmed);
  request.set_page_size(page_size);
  request.set_page_token(std::string(page_token));
  v1::ListChangesResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->releases->ListChanges(call.context(), request, &response)));
  ChangesPage page;
  TW_ASSIGN_OR_RETURN(page.release, FromWire(response.release()));
  for (const v1::ChangeBlock& block : response.changes()) {
    TW_ASSIGN_OR_RETURN(page.changes.emplace_back(), FromWire(block));
  }
  page.omitted_confirmed = response.omitted_confirmed();
  page.next_page_token = std::move(*response.mutable_next_page_token());
  return page;
}

}  // namespace tidewaiter::client
