// The calls of AnalysisService that compute: revision statistics, mirrors, calendars.
#pragma once

#include "absl/status/status.h"
#include "daemon/rpc/call.h"
#include "tidewaiter/v1/analysis_service.pb.h"

namespace tidewaiter::rpc {

absl::Status HandleRevisions(Call& call, const v1::GetRevisionStatisticsRequest& request,
                             v1::GetRevisionStatisticsResponse* response);
absl::Status HandleMirror(Call& call, const v1::CompareMirrorRequest& request,
                          v1::CompareMirrorResponse* response);
absl::Status HandleSetCalendar(Call& call, const v1::SetCalendarRequest& request,
                               v1::SetCalendarResponse* response);
absl::Status HandleGetCalendar(Call& call, const v1::GetCalendarRequest& request,
                               v1::GetCalendarResponse* response);
absl::Status HandleExpected(Call& call, const v1::ListExpectedReleasesRequest& request,
                            v1::ListExpectedReleasesResponse* response);

}  // namespace tidewaiter::rpc
