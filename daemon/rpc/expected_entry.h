// Expected releases on the wire.
#pragma once

#include "domain/calendar_match.h"
#include "tidewaiter/v1/analysis_service.pb.h"

namespace tidewaiter::rpc {

void FillExpected(const CalendarEntry& entry, v1::ExpectedReleaseEntry* row);

}  // namespace tidewaiter::rpc
