#include "tests/bench/daemon/aggregate_load.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "client/client.h"
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

// Calls take(key, coefficient), without a value INT64_MIN.
template <typename Take>
void ForEachFigure(const v1::AggregateBlock& block, Take take) {
  const auto& undefined = block.undefined().indexes();
  const auto& values = block.values().coefficients();
  const std::string& list = block.series_list();
  int at = 0, next = 0;
  std::size_t begin = 0;
  for (int series = 0; begin < list.size(); ++series) {
    const std::size_t end = list.find('\n', begin);
    const std::string_view key(list.data() + begin, end - begin);
    begin = end + 1;
    const int counts = block.counts_size();
    for (std::uint32_t n = counts == 0 ? 1 : block.counts(std::min(series, counts - 1)); n > 0; --n, ++at) {
      const bool none = next < undefined.size() && undefined.Get(next) == static_cast<std::uint32_t>(at);
      if (none) ++next;
      take(key, none ? INT64_MIN : values.Get(at));
    }
  }
}

// Coefficients by series.
std::map<std::string, std::int64_t> FiguresOf(const v1::GetAggregatesResponse& response) {
  std::map<std::string, std::int64_t> figures;
  for (const v1::AggregateBlock& block : response.blocks()) {
    ForEachFigure(block,
                  [&](std::string_view key, std::int64_t value) { figures[std::string(key)] = value; });
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
struct Found {
  std::int64_t figures = 0;
  std::int64_t sum = 0;
  std::size_t key_bytes = 0;
};

// Walks through every key and every value.
Found Walk(const v1::GetAggregatesResponse& response) {
  Found found;
  for (const v1::AggregateBlock& block : response.blocks()) {
    ForEachFigure(block, [&](std::string_view key, std::int64_t value) {
      found.key_bytes += key.size();
      if (value == INT64_MIN) return;
      ++found.figures;
      found.sum += value;
    });
  }
  return found;
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
    Check(Walk(response).figures > 0, "figures");
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
  const grpc::ByteBuffer answer = CallOnce(channel, kGetAggregates, ToBytes(questions.back()));
  v1::GetAggregatesResponse response;
  ParseBytes(answer, &response);
  const Found found = Walk(response);
  line.Set("figures", static_cast<double>(found.figures)).Set("sum", std::to_string(found.sum));
  line.Set("answer_bytes", static_cast<double>(answer.Length()));
}

// One question of many series at some vintages, the last ten releases left out.
std::vector<v1::GetAggregatesRequest> Questions(std::uint32_t months, std::uint32_t releases) {
  std::vector<v1::GetAggregatesRequest> questions;
  for (std::uint32_t back = 50; back >= 10; back -= 10) {
    questions.push_back(YearOnYear(months, releases - back));
    OnlyMonth(MonthOf(releases - back), &questions.back());
    questions.back().mutable_vintage()->mutable_as_of_time()->set_seconds(
        PublishedSeconds(releases - back, releases));
  }
  return questions;
}

void TimeCrossSection(const ChannelPtr& channel, const WorkFolder& work, std::uint32_t months,
                      const std::string& variant, double seconds) {
  TimeQuestion(channel, variant, Agrees(channel, months, 90, work), Questions(months, 110), seconds);
}

// The same by the client library: as a stream, every figure in its own types.
void TimeLibrary(const std::string& daemon, std::uint32_t months, const std::string& variant,
                 double seconds) {
  client::ConnectOptions options;
  options.address = daemon;
  const auto client = client::Client::Connect(options);
  Check(client.ok(), client.status().ToString());
  client::AggregateRequest request;
  request.query.dataset = std::string(kDataset);
  request.query.window.months = static_cast<int>(months);
  request.query.transform = Transform::kGrowth;
  std::vector<double> millis;
  std::int64_t figures = 0;
  absl::int128 sum = 0;
  const auto take = [&](AggregateFigure& figure) {
    if (figure.value.value) {
      ++figures;
      sum += figure.value.value->coefficient();
    }
    return absl::OkStatus();
  };
  const Stopwatch watch;
  for (std::uint32_t i = 0; i < 10 || watch.seconds() < seconds; ++i) {
    const std::uint32_t release = 60 + i % 5 * 10;
    request.vintage.as_of = Instant::FromMicros(PublishedSeconds(release) * 1'000'000);
    const Month month = Month::FromIndex(12 * 1970 + kFirstPeriod + static_cast<int>(release) - 1);
    request.view.months = {.from = month, .to = month};
    figures = 0;
    sum = 0;
    const Stopwatch one;
    const auto heading = (*client)->StreamAggregates(request, take);
    millis.push_back(1e3 * one.seconds());
    Check(heading.ok(), heading.status().ToString());
  }
  Line("section", variant)
      .Set("ours", Percentile(&millis, 0.5))
      .Set("figures", static_cast<double>(figures))
      .Set("sum", std::to_string(static_cast<std::int64_t>(sum)));
}

std::vector<v1::GetAggregatesRequest> Shares() {
  std::vector<v1::GetAggregatesRequest> questions = Questions(12, 110);
  for (v1::GetAggregatesRequest& question : questions) {
    question.mutable_query()->set_transform(v1::TRANSFORM_SHARE);
    question.mutable_query()->set_total("*");
  }
  return questions;
}

// Of the latest month that is known.
std::vector<v1::GetAggregatesRequest> TopTwenty() {
  std::vector<v1::GetAggregatesRequest> questions = Questions(12, 110);
  for (v1::GetAggregatesRequest& question : questions) {
    question.clear_months();
    question.mutable_ranking()->set_top(20);
  }
  return questions;
}

}  // namespace

void LoadVintages(const std::string& daemon, std::uint32_t releases, double seconds) {
  const ChannelPtr ours = Connect(daemon);
  for (const std::uint32_t months : {1u, 12u}) {
    TimeQuestion(ours, absl::StrFormat("%s of %d releases", months == 1 ? "month" : "t12m", releases),
                 std::nullopt, Questions(months, releases), seconds);
  }
}

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
  if (wanted("library")) TimeLibrary(daemon, 1, "month, library", seconds);
  if (wanted("library")) TimeLibrary(daemon, 12, "t12m, library", seconds);
  if (wanted("share")) TimeQuestion(ours, "share", std::nullopt, Shares(), seconds);
  if (wanted("top")) TimeQuestion(ours, "top", std::nullopt, TopTwenty(), seconds);
  if (!wanted("sum")) return;
  v1::GetAggregatesRequest sum = YearOnYear(12, 110);
  sum.mutable_query()->set_sum(true);
  TimeQuestion(ours, "sum", std::nullopt, {sum}, seconds);
}

}  // namespace tidewaiter::bench
