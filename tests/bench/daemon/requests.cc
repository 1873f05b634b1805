#include "tests/bench/daemon/requests.h"

#include <utility>

namespace tidewaiter::bench {
namespace {

constexpr std::size_t kCellsPerBlock = 32'768;

// The rows from `begin` that make one block; moves `begin` behind them.
v1::ObservationBlock TakeBlock(std::span<const Row> rows, std::size_t* begin) {
  v1::ObservationBlock block;
  std::int32_t previous = 0;
  std::uint32_t series = 0, cells = 0;
  block.mutable_data()->set_scale(2);
  for (std::size_t taken = 0; taken < kCellsPerBlock && *begin < rows.size(); ++taken, ++*begin) {
    const Row& row = rows[*begin];
    if (row.series != series) {
      if (series != 0) block.add_cell_counts(std::exchange(cells, 0));
      series = row.series;
      block.add_series(SeriesName(series));
    }
    const std::int32_t start = kFirstPeriod + static_cast<std::int32_t>(row.period);
    block.add_period_start_deltas(start - std::exchange(previous, start));
    block.mutable_data()->add_coefficients(row.value);
    ++cells;
  }
  block.add_cell_counts(cells);
  return block;
}

}  // namespace

v1::CreateDatasetRequest NewDataset(std::string_view id, const std::vector<std::string>& dimensions) {
  v1::CreateDatasetRequest request;
  request.mutable_dataset()->set_id(std::string(id));
  request.mutable_dataset()->set_publisher("BENCH");
  for (const std::string& dimension : dimensions)
    request.mutable_dataset()->add_dimensions()->set_id(dimension);
  return request;
}

v1::ReleaseHeader HeaderOf(const std::string& release_id, std::int64_t published_seconds) {
  v1::ReleaseHeader header;
  header.set_agency("BENCH");
  header.set_release_id(release_id);
  header.mutable_published_at()->set_seconds(published_seconds);
  return header;
}

v1::UploadReleaseRequest UploadHeader(const std::string& release_id, std::int64_t published_seconds) {
  v1::UploadReleaseRequest request;
  *request.mutable_header() = HeaderOf(release_id, published_seconds);
  return request;
}

v1::UploadReleaseRequest UploadSection() {
  v1::UploadReleaseRequest request;
  request.mutable_section()->set_dataset(std::string(kDataset));
  request.mutable_section()->set_action(v1::ACTION_MERGE);
  return request;
}

v1::UploadReleaseRequest UploadEnd(std::uint64_t observations) {
  v1::UploadReleaseRequest request;
  request.mutable_end()->set_observations(observations);
  return request;
}

std::vector<v1::UploadReleaseRequest> UploadBlocks(std::span<const Row> rows) {
  std::vector<v1::UploadReleaseRequest> requests;
  for (std::size_t begin = 0; begin < rows.size();) {
    *requests.emplace_back().mutable_block() = TakeBlock(rows, &begin);
  }
  return requests;
}

v1::GetObservationsRequest ReadAsOf(std::span<const std::uint32_t> series, std::uint32_t release) {
  v1::GetObservationsRequest request;
  request.set_dataset(std::string(kDataset));
  for (const std::uint32_t s : series) request.add_keys(SeriesName(s));
  request.mutable_vintage()->mutable_as_of_time()->set_seconds(PublishedSeconds(release));
  return request;
}

Sum SumOf(const v1::ObservationBlock& block) {
  Sum sum;
  for (const std::int64_t value : block.data().coefficients()) sum += {1, static_cast<std::uint64_t>(value)};
  return sum;
}

Sum SumOf(const v1::GetObservationsResponse& response) {
  Sum sum;
  for (const v1::ObservationBlock& block : response.blocks()) sum += SumOf(block);
  return sum;
}

}  // namespace tidewaiter::bench
