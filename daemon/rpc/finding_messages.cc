#include "daemon/rpc/finding_messages.h"

#include <algorithm>
#include <utility>

#include "daemon/rpc/bytes.h"
#include "domain/errors.h"
#include "proto/convert/finding.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {
namespace {

bool Matches(const Selection& selection, const Finding& finding) {
  return selection.everything() ||
         std::any_of(finding.series.begin(), finding.series.end(), [&](const SeriesKey& series) {
           return selection.MatchesKey(finding.dataset, series.text());
         });
}

}  // namespace

absl::StatusOr<std::vector<grpc::ByteBuffer>> FindingMessages(const engine::Findings& findings,
                                                              Sequence sequence, const Selection& selection,
                                                              bool tell_nothing, std::size_t message_bytes) {
  TW_ASSIGN_OR_RETURN(const std::vector<engine::PlacedFinding> found, findings.OfEntry(sequence));
  std::vector<grpc::ByteBuffer> messages;
  v1::SubscribeResponse response;
  v1::SubscribeResponse::FindingsPart* const part = response.mutable_findings();
  part->set_sequence(sequence);
  std::size_t bytes = 0;
  for (const engine::PlacedFinding& placed : found) {
    if (!Matches(selection, placed.finding)) continue;
    if (bytes >= message_bytes) {
      messages.push_back(Serialize(response));
      part->clear_findings();
      bytes = 0;
    }
    *part->add_findings() = convert::ToWire(placed.finding, placed.place.found_by, placed.place.ordinal);
    bytes += part->findings(part->findings_size() - 1).ByteSizeLong() + 4;
  }
  if (part->findings_size() == 0 && !tell_nothing) return messages;
  part->set_last(true);
  messages.push_back(Serialize(response));
  return messages;
}

}  // namespace tidewaiter::rpc
