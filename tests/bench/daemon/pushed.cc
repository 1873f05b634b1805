#include "tests/bench/daemon/pushed.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/bench/daemon/fan_out.h"
#include "tests/bench/daemon/feeder.h"
#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/requests.h"
#include "tests/bench/daemon/rpc_client.h"
#include "tests/bench/daemon/turns.h"
#include "tests/bench/daemon/workload.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::bench {
namespace {

constexpr int kSubscribers = 100;
constexpr int kReleases = 5;
constexpr double kGapSeconds = 1.5;  // longer than all deliveries of one release take

// Each follows one series, so that every release has a message; with the wish also the sum of all, twelve
// months against the twelve before.
grpc::ByteBuffer Follow(int subscriber, bool wish) {
  v1::SubscribeRequest request;
  v1::SeriesSelector* selector = request.add_selectors();
  selector->set_dataset(std::string(kDataset));
  selector->set_key(SeriesName(static_cast<std::uint32_t>(subscriber) + 1));
  if (wish) {
    v1::AggregateQuery* query = request.add_aggregates();
    query->set_dataset(std::string(kDataset));
    query->mutable_window()->set_months(12);
    query->set_transform(v1::TRANSFORM_GROWTH);
    query->set_sum(true);
  }
  return ToBytes(request);
}

// Revises the newest month of every series by so much that the rate of the sum moves, too: it is rounded to a
// tenth.
Rows Revision(const WorkFolder& work, int release) {
  Rows rows;
  const auto newest = static_cast<std::uint32_t>(work.releases.size()) - 1;
  for (std::uint32_t series = 1; series <= work.series; ++series) {
    rows.push_back({series, newest, std::int64_t{1000} * series * (100 + 20 * release)});
  }
  return rows;
}

int MovesIn(const std::string& sample) {
  v1::SubscribeResponse response;
  Check(response.ParseFromString(sample), "a message that cannot be read");
  int moves = 0;
  for (const v1::AggregateMoves& of : response.release().aggregates()) {
    Check(of.problem().empty(), of.problem());
    moves += of.moves_size();
  }
  return moves;
}

void Measure(const std::string& daemon, const WorkFolder& work, bool wish, int* published) {
  const ChannelPtr channel = Connect(daemon);
  std::vector<double> pushes;
  FanOut fan;
  fan.address = daemon;
  fan.subscribers = kSubscribers;
  fan.messages = kReleases;
  fan.gap_seconds = kGapSeconds;
  fan.parts = wish ? 2 : 1;
  fan.request = [&](int subscriber) { return Follow(subscriber, wish); };
  fan.publish = [&](int) {
    const int number = ++*published;
    Rows rows = Revision(work, number);
    const Stopwatch watch;
    Upload(channel, absl::StrCat("PUSHED-", NowNanos()),
           PublishedSeconds(static_cast<std::uint32_t>(work.releases.size())) + number,
           [&rows] { return std::exchange(rows, {}); });
    pushes.push_back(1e3 * watch.seconds());
  };
  const double cpu = CpuWith(kDaemonPid);
  const FanOutResult result = RunFanOut(fan);
  Line line("pushed", wish ? "with" : "without");
  line.Set("ours", (CpuWith(kDaemonPid) - cpu) / kReleases)
      .Set("acknowledged_ms", Percentile(&pushes, 0.5))
      .Set("delivered_p50_ms", result.p50_ms)
      .Set("delivered_last_ms", result.max_ms)
      .Set("message_bytes", result.message_bytes)
      .Set("moves", MovesIn(result.sample));
  if (wish) line.SetBool("checksum", MovesIn(result.sample) > 0);
}

}  // namespace

void LoadPushed(const std::string& daemon, const std::string& folder) {
  const WorkFolder work = LoadWork(folder);
  int published = 0;
  for (const bool wish : {false, true, false, true}) Measure(daemon, work, wish, &published);
}

}  // namespace tidewaiter::bench
