// Findings as bytes.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "domain/finding.h"

namespace tidewaiter {

// The bytes of a finding, for ever readable: the grammar stands in finding_encoding.cc. Equal findings have
// equal bytes.
std::string EncodeFinding(const Finding& finding);

// Error (DATA_LOSS, kCorruption; FAILED_PRECONDITION, kFormatVersion for a version written by a later
// program) unless `bytes` are exactly what EncodeFinding wrote. Safe on any bytes.
absl::StatusOr<Finding> DecodeFinding(std::string_view bytes);

// A key whose order as bytes is CompareFindings.
std::string EncodeFindingKey(const Finding& finding);
// The beginning of the keys of one release's findings under one set of rules.
std::string EncodeFindingKeyPrefix(std::uint32_t rules, Sequence sequence);

}  // namespace tidewaiter
