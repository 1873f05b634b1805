// The workload as messages of tidewaiter.v1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "grpcpp/support/byte_buffer.h"
#include "tests/bench/daemon/workload.h"
#include "tidewaiter/v1/dataset_service.pb.h"
#include "tidewaiter/v1/observation_service.pb.h"
#include "tidewaiter/v1/release_service.pb.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::bench {

v1::CreateDatasetRequest NewDataset(std::string_view id, const std::vector<std::string>& dimensions);

v1::ReleaseHeader HeaderOf(const std::string& release_id, std::int64_t published_seconds);
v1::UploadReleaseRequest UploadHeader(const std::string& release_id, std::int64_t published_seconds);
v1::UploadReleaseRequest UploadSection();
v1::UploadReleaseRequest UploadEnd(std::uint64_t observations);
// All of them, in blocks of limits::kMaxChunkObservations / 2 cells at most.
std::vector<v1::UploadReleaseRequest> UploadBlocks(std::span<const Row> rows);

// What was known of one or several series as of a release.
v1::GetObservationsRequest ReadAsOf(std::span<const std::uint32_t> series, std::uint32_t release);

Sum SumOf(const v1::ObservationBlock& block);
Sum SumOf(const v1::GetObservationsResponse& response);

}  // namespace tidewaiter::bench
