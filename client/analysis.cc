// Client: what is computed from releases.
#include <utility>

#include "client/client.h"
#include "client/core.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "proto/convert/finding.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::client {

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
    absl::StatusOr<Finding> finding = convert::FromWire(message);
    if (!finding.ok()) return UnreadableAnswer(finding.status());
    page.findings.push_back({*std::move(finding), message.id(), static_cast<Sequence>(message.found_by()),
                             message.explanation()});
  }
  page.next_page_token = std::move(*response.mutable_next_page_token());
  return page;
}

}  // namespace tidewaiter::client
