#include "tests/bench/daemon/aggregate_load.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "google/protobuf/arena.h"
#include "tests/bench/daemon/requests.h"
#include "tests/bench/daemon/turns.h"
#include "tests/bench/daemon/workload.h"
#include "tidewaiter/v1/aggregate_service.pb.h"

namespace tidewaiter::bench {
namespace {

constexpr char kGetAggregates[] = "/tidewaiter.v1.AggregateService/GetAggregates";

// The newest month that a release prints.
std::string MonthOf(std::uint32_t release) {
  const int month = kFirstPeriod + static_cast<int>(release) - 1;
  return absl::StrFormat("%04d-%02d", 1970 + month / 12, month % 12 + 1);
}

// Year-on-year of windows of so many months, as known at a release.
v1::GetAggregatesRequest YearOnYear(std::uint32_t months, std::uint32_t release) {
  v1::GetAggregatesRequest request;
  request.mutable_query()->set_dataset(std::string(kDataset));
  request.mutable_query()->mutable_window()->set_months(months);
  request.mutable_query()->set_transform(v1::TRANSFORM_GROWTH);
  request.mutable_vintage()->mutable_as_of_time()->set_seconds(PublishedSeconds(release));
  return request;
}

void OnlyMonth(const std::string& month, v1::GetAggregatesRequest* request) {
  request->mutable_months()->set_from(month);
  request->mutable_months()->set_to(month);
}

v1::GetAggregatesResponse Ask(const ChannelPtr& channel, const v1::GetAggregatesRequest& request) {
  v1::GetAggregatesResponse response;
  ParseBytes(CallOnce(channel, kGetAggregates, ToBytes(request)), &response);
  return response;
}

void TimeOneSeries(const ChannelPtr& ours, const ChannelPtr& bare, const WorkFolder& work,
                   const std::string& variant, int outstanding, double seconds) {
  const bool every_month = variant != "one month";
  std::vector<grpc::ByteBuffer> requests;
  for (const auto& [series, release] : work.reads) {
    v1::GetAggregatesRequest request = YearOnYear(12, release);
    request.mutable_query()->add_keys(SeriesName(series));
    if (!every_month) OnlyMonth(MonthOf(release), &request);
    requests.push_back(ToBytes(request));
  }
  UnaryLoad load, empty;
  load.method = kGetAggregates;
  empty.method = kGetObservations;
  load.seconds = empty.seconds = seconds / kTurns;
  load.outstanding = empty.outstanding = outstanding;
  std::uint64_t number = 0;
  load.request = [&](std::uint64_t) { return requests[++number % requests.size()]; };
  Side figures, calls;
  for (int turn = 0; turn < kTurns; ++turn) {
    TakeTurn(ours, load, kDaemonPid, &figures);
    empty.request = [request = CeilingRequest(static_cast<std::uint32_t>(figures.run.mean_answer_bytes()), 0,
                                              requests[0].Length())](std::uint64_t) { return request; };
    TakeTurn(bare, empty, kCeilingPid, &calls);
  }
  Line line("aggregate", variant);
  Report(figures, calls, &line);
}

// Coefficients by series.
std::map<std::string, std::int64_t> FiguresOf(const v1::GetAggregatesResponse& response) {
  std::map<std::string, std::int64_t> figures;
  for (const v1::AggregateBlock& block : response.blocks()) {
    for (int i = 0; i < block.series_size(); ++i) {
      figures[block.series(i)] =
          i < block.reasons_size() && block.reasons(i) != 0 ? INT64_MIN : block.values().coefficients(i);
    }
  }
  return figures;
}

// What the daemon says of many series at once, against what it says of some of them alone.
bool Agrees(const ChannelPtr& channel, std::uint32_t months, std::uint32_t release, const WorkFolder& work) {
  v1::GetAggregatesRequest request = YearOnYear(months, release);
  OnlyMonth(MonthOf(release), &request);
  const auto together = FiguresOf(Ask(channel, request));
  if (together.size() + work.series / 100 < work.series) return false;
  for (std::uint32_t series = 1; series <= work.series; series += 97) {
    request.mutable_query()->clear_keys();
    request.mutable_query()->add_keys(SeriesName(series));
    for (const auto& [key, value] : FiguresOf(Ask(channel, request))) {
      const auto at = together.find(key);
      if (at == together.end() || at->second != value) return false;
    }
  }
  return true;
}

// What peers must find, too: how many figures have a value, and the sum of those, in tenths of a per cent.
void SetFigures(const v1::GetAggregatesResponse& response, Line* line) {
  std::int64_t figures = 0, sum = 0;
  for (const v1::AggregateBlock& block : response.blocks()) {
    for (int i = 0; i < block.values().coefficients_size(); ++i) {
      if (i < block.reasons_size() && block.reasons(i) != 0) continue;
      ++figures;
      sum += block.values().coefficients(i);
    }
  }
  line->Set("figures", static_cast<double>(figures)).Set("sum", std::to_string(sum));
}

// The median time of one question alone, in milliseconds, decoded; each time another vintage, or the same
// again.
void TimeQuestion(const ChannelPtr& channel, const std::string& variant, std::optional<bool> right,
                  const std::vector<v1::GetAggregatesRequest>& questions, double seconds) {
  std::vector<double> millis, first;
  const Stopwatch watch;
  const double cpu = CpuWith(kDaemonPid);
  google::protobuf::ArenaOptions options;
  std::vector<char> block(8 << 20);  // used again by every answer
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  google::protobuf::Arena arena(options);
  for (std::size_t i = 0; i < questions.size() || watch.seconds() < seconds; ++i) {
    const Stopwatch one;
    arena.Reset();
    auto& response = *google::protobuf::Arena::CreateMessage<v1::GetAggregatesResponse>(&arena);
    ParseBytes(CallOnce(channel, kGetAggregates, ToBytes(questions[i % questions.size()])), &response);
    (i < questions.size() ? first : millis).push_back(1e3 * one.seconds());
    Check(!response.blocks().empty() && response.next_page_token().empty(), "an answer in one page");
  }
  const double calls = static_cast<double>(millis.size() + first.size());
  const std::vector<double>& steady = millis.empty() ? first : millis;
  std::vector<double> sorted = steady;
  Line line("section", variant);
  line.Set("ours", Percentile(&sorted, 0.5))
      .Set("first_ms", Percentile(&first, 0.5))
      .Set("cpu_ms", 1e3 * (CpuWith(kDaemonPid) - cpu) / calls);
  if (right) line.SetBool("checksum", *right);
  SetFigures(Ask(channel, questions.back()), &line);
}

void TimeCrossSection(const ChannelPtr& channel, const WorkFolder& work, std::uint32_t months,
                      const std::string& variant, double seconds) {
  std::vector<v1::GetAggregatesRequest> questions;
  for (std::uint32_t release = 60; release <= 100; release += 10) {
    questions.push_back(YearOnYear(months, release));
    OnlyMonth(MonthOf(release), &questions.back());
  }
  TimeQuestion(channel, variant, Agrees(channel, months, 90, work), questions, seconds);
}

}  // namespace

void LoadAggregates(const std::string& daemon, const std::string& ceiling, const std::string& folder,
                    double seconds, const std::string& only) {
  const WorkFolder work = LoadWork(folder);
  const ChannelPtr ours = Connect(daemon), bare = Connect(ceiling);
  const auto wanted = [&only](const char* line) { return only.empty() || only == line; };
  if (wanted("one month")) TimeOneSeries(ours, bare, work, "one month", 64, seconds);
  if (wanted("every month")) TimeOneSeries(ours, bare, work, "every month", 64, seconds);
  if (wanted("peers")) TimeOneSeries(ours, bare, work, "every month, 8 under way", 8, seconds);
  if (wanted("month")) TimeCrossSection(ours, work, 1, "month", seconds);
  if (wanted("t12m")) TimeCrossSection(ours, work, 12, "t12m", seconds);
  if (!wanted("sum")) return;
  v1::GetAggregatesRequest sum = YearOnYear(12, 110);
  sum.mutable_query()->set_sum(true);
  TimeQuestion(ours, "sum", std::nullopt, {sum}, seconds);
}

}  // namespace tidewaiter::bench
