#include "daemon/rpc/log_entry.h"

#include <algorithm>

#include "domain/errors.h"
#include "proto/convert/release.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::rpc {

v1::Release ToWire(const storage::LogEntry& entry) {
  convert::ReleaseRecord record{.sequence = entry.sequence,
                                .header = entry.header,
                                .sections = {},
                                .digest = storage::ToHex(entry.digest),
                                .chain = storage::ToHex(entry.chain),
                                .accepted_at = entry.accepted_at,
                                .retracts = entry.retracts,
                                .retracted_by = entry.retracted_by,
                                .observations = entry.observations()};
  for (const storage::SectionInfo& section : entry.sections) {
    record.sections.push_back({section.header, section.observations, section.dataset_version});
  }
  return convert::ToWire(record);
}

std::string TokenAfter(const storage::LogId& log, const storage::LogEntry& entry) {
  storage::ResumePoint point{.log = log, .sequence = entry.sequence, .chain = {}};
  std::copy_n(entry.chain.begin(), point.chain.size(), point.chain.begin());
  return storage::EncodeToken(point);
}

absl::StatusOr<storage::LogEntry> FindEntry(const storage::Store& store, std::uint64_t sequence,
                                            const std::string& agency, const std::string& release_id) {
  if (sequence != 0) {
    const absl::StatusOr<Sequence> number = convert::SequenceFromWire(sequence);
    if (!number.ok()) return PrefixFields(number.status(), "sequence");
    return store.GetEntry(*number);
  }
  Violations violations;
  if (agency.empty()) violations.Add("agency", "it is empty; give agency and release_id, or sequence");
  if (release_id.empty())
    violations.Add("release_id", "it is empty; give agency and release_id, or sequence");
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return store.FindRelease(agency, release_id);
}

}  // namespace tidewaiter::rpc
