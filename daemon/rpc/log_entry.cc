#include "daemon/rpc/log_entry.h"

#include <algorithm>

#include "proto/convert/release.h"

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

}  // namespace tidewaiter::rpc
