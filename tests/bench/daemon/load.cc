// The load client: every line that needs a daemon. Lines with a ceiling measure it right after our own
// figure, with the same client code.
//   load upload DAEMON WORK [one-by-one]             durable ingest by client streaming; a release is sent
//   while
//                                                    the one before it is being committed, or only after that
//   load huge DAEMON OBSERVATIONS PID                one very large release; the daemon's peak memory
//   load push DAEMON CEILING STORE SECONDS           one-observation releases, 64 under way
//   load read DAEMON CEILING WORK SECONDS VARIANT [N]   as-of reads of one series, N (64) under way
//   load cold DAEMON WORK                            the first reads of a daemon that has just been started
//   load batch DAEMON WORK SECONDS                   as-of reads of 100 series a call
//   load stream DAEMON WORK                          the whole dataset as of a release
//   load fan DAEMON CEILING identical|distinct       1,000 changes to 1,000 subscribers
//   load grow DAEMON SERIES RELEASES                 a store of any size, generated on the way
//   load aggregate DAEMON CEILING WORK SECONDS [LINE]  twelve-month sums against those of a year before
//   load vintages DAEMON RELEASES SECONDS            the same of every series, in a store of so many releases
//   load pushed DAEMON WORK                          releases of every series to 100 subscribers, with and
//   without a wish load point DAEMON CEILING SERIES RELEASES SECONDS NAME
//                                                    as-of reads of 20,000 uniformly drawn series, unchecked:
//                                                    the first 2,000 of a daemon just started, and all, again
//                                                    and again
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/bench/daemon/aggregate_load.h"
#include "tests/bench/daemon/fan_out.h"
#include "tests/bench/daemon/feeder.h"
#include "tests/bench/daemon/pushed.h"
#include "tests/bench/daemon/report.h"
#include "tests/bench/daemon/requests.h"
#include "tests/bench/daemon/rpc_client.h"
#include "tests/bench/daemon/turns.h"
#include "tests/bench/daemon/workload.h"
#include "tidewaiter/v1/observation_service.grpc.pb.h"
#include "tidewaiter/v1/status_service.grpc.pb.h"

namespace tidewaiter::bench {
namespace {

const std::vector<std::string> kDimensions = {"commodity", "flow"};

// ---- Ingest

// All rows in pieces of a block, so that the first is sent before the last is built.
NextRows InPieces(const Rows& rows) {
  return [&rows, at = std::size_t{0}]() mutable {
    const std::size_t end = std::min(rows.size(), at + 32'768);
    Rows piece(rows.begin() + static_cast<std::ptrdiff_t>(at),
               rows.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
    return piece;
  };
}

// In order, each durable before the next is: but while one is being committed, the next is on its way, all
// but its end.
void UploadAhead(const ChannelPtr& channel, const WorkFolder& work, std::vector<double>* millis) {
  std::thread finishing;
  for (std::uint32_t r = 1; r <= work.releases.size(); ++r) {
    auto upload = std::make_unique<ReleaseUpload>(channel, absl::StrCat("R", r), PublishedSeconds(r),
                                                  InPieces(work.releases[r - 1]));
    const Stopwatch release;
    upload->Send();
    if (finishing.joinable()) finishing.join();
    upload->End();
    finishing = std::thread([upload = std::move(upload), release, millis] {
      upload->Finish();
      millis->push_back(release.seconds() * 1e3);
    });
  }
  if (finishing.joinable()) finishing.join();
}

void UploadOneByOne(const ChannelPtr& channel, const WorkFolder& work, std::vector<double>* millis) {
  for (std::uint32_t r = 1; r <= work.releases.size(); ++r) {
    const Stopwatch release;
    Upload(channel, absl::StrCat("R", r), PublishedSeconds(r), InPieces(work.releases[r - 1]));
    millis->push_back(release.seconds() * 1e3);
  }
}

void UploadWork(const std::string& daemon, const std::string& folder, bool ahead) {
  const WorkFolder work = LoadWork(folder);
  const ChannelPtr channel = Connect(daemon);
  CreateDataset(channel, kDataset, kDimensions);
  std::vector<double> millis;
  const double cpu = CpuWith(kDaemonPid);
  const Stopwatch watch;
  (ahead ? UploadAhead : UploadOneByOne)(channel, work, &millis);
  const double seconds = watch.seconds();
  Line("ingest", ahead ? "upload" : "one by one")
      .Set("ours", static_cast<double>(work.rows) / seconds)
      .Set("seconds", seconds)
      .Set("cpu_seconds", CpuWith(kDaemonPid) - cpu)
      .Set("observations", static_cast<double>(work.rows))
      .Set("release_p50_ms", Percentile(&millis, 0.5))
      .Set("release_max_ms", Percentile(&millis, 1));
}

double PeakMebibytes(const std::string& pid) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::atof(line.c_str() + 6) / 1024;
  }
  Die("no such process: " + pid);
}

void UploadHuge(const std::string& daemon, std::uint64_t observations, const std::string& pid) {
  constexpr std::uint32_t kMonths = 100;
  const ChannelPtr channel = Connect(daemon);
  CreateDataset(channel, kDataset, kDimensions);
  Random random(3);
  std::uint32_t series = 0;
  std::uint64_t made = 0;
  const NextRows next = [&] {
    Rows rows;
    while (made < observations && rows.size() < 32'700) {
      ++series;
      for (std::uint32_t month = 0; month < kMonths && made < observations; ++month, ++made) {
        rows.push_back({series, month, 1 + static_cast<std::int64_t>(random.Below(10'000'000))});
      }
    }
    return rows;
  };
  const Stopwatch watch;
  Upload(channel, "HUGE", PublishedSeconds(130), next);
  Line("memory", "upload")
      .Set("ours", PeakMebibytes(pid))
      .Set("observations", static_cast<double>(observations))
      .Set("observations_per_second", static_cast<double>(observations) / watch.seconds());
}

void Grow(const std::string& daemon, std::uint32_t series, std::uint32_t releases) {
  const ChannelPtr channel = Connect(daemon);
  CreateDataset(channel, kDataset, kDimensions);
  Generator generator(series);
  std::uint64_t observations = 0;
  double seconds = 0;
  for (std::uint32_t r = 1; r <= releases; ++r) {
    const Rows rows = generator.Next();
    observations += rows.size();
    const Stopwatch watch;
    Upload(channel, absl::StrCat("R", r), PublishedSeconds(r, releases), InPieces(rows));
    seconds += watch.seconds();
  }
  Line("grow", absl::StrCat(series))
      .Set("ours", static_cast<double>(observations) / seconds)
      .Set("observations", static_cast<double>(observations));
}

// ---- Pushes

constexpr char kFeed[] = "FEED";

v1::PushReleaseRequest OneObservation(const std::string& run, std::uint64_t number) {
  v1::PushReleaseRequest request;
  *request.mutable_header() = HeaderOf(absl::StrCat(run, "-", number),
                                       PublishedSeconds(1) + static_cast<std::int64_t>(number % 1'000'000));
  v1::Section* section = request.add_sections();
  section->set_dataset(kFeed);
  section->set_action(v1::ACTION_MERGE);
  v1::Observation* observation = section->add_observations();
  observation->set_series(SeriesName(static_cast<std::uint32_t>(number % 1000) + 1));
  observation->set_period(absl::StrFormat("%d-%02d", 2015 + number / 1000 / 12 % 10, number / 1000 % 12 + 1));
  observation->set_value(absl::StrFormat("%d.%02d", number, number % 100));
  return request;
}

// Bytes of the write-ahead log, as long as no file of it has been dropped.
std::uint64_t LogBytes(const std::string& store) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(store)) {
    if (entry.path().extension() == ".log") bytes += entry.file_size();
  }
  return bytes;
}

void Push(const std::string& daemon, const std::string& ceiling, const std::string& store, double seconds) {
  const ChannelPtr ours = Connect(daemon), bare = Connect(ceiling);
  CreateDataset(ours, kFeed, kDimensions);
  const std::string run = absl::StrCat("P", NowNanos());
  UnaryLoad load, bare_load;
  load.method = bare_load.method = kPushRelease;
  load.seconds = bare_load.seconds = seconds / kTurns;
  std::uint64_t number = 0;
  load.request = [&](std::uint64_t) { return ToBytes(OneObservation(run, ++number)); };
  const std::size_t request_bytes = ToBytes(OneObservation(run, 12'345)).Length();
  double bytes = 0;
  Side pushes, commits;
  for (int turn = 0; turn < kTurns; ++turn) {
    const std::uint64_t before = LogBytes(store), calls = pushes.run.calls;
    TakeTurn(ours, load, kDaemonPid, &pushes);
    const std::uint64_t after = LogBytes(store);
    if (turn == 0) {
      bytes = after > before
                  ? static_cast<double>(after - before) / static_cast<double>(pushes.run.calls - calls)
                  : 300;
      const auto answer_bytes = static_cast<std::uint32_t>(pushes.run.mean_answer_bytes());
      bare_load.request = [request = CeilingRequest(answer_bytes, static_cast<std::uint32_t>(bytes),
                                                    request_bytes)](std::uint64_t) { return request; };
    }
    TakeTurn(bare, bare_load, kCeilingPid, &commits);
  }
  Line line("push", "one observation");
  Report(pushes, commits, &line);
  line.Set("log_bytes_per_push", bytes);
}

// ---- Reads

std::vector<grpc::ByteBuffer> ReadRequests(const ReadList& reads) {
  std::vector<grpc::ByteBuffer> requests;
  for (const auto& [series, release] : reads)
    requests.push_back(ToBytes(ReadAsOf(std::span(&series, 1), release)));
  return requests;
}

Sum SumOfAnswer(const grpc::ByteBuffer& answer) {
  v1::GetObservationsResponse response;
  ParseBytes(answer, &response);
  return SumOf(response);
}

// Every read of the list once, decoded.
Sum ReadAll(const ChannelPtr& channel, const std::vector<grpc::ByteBuffer>& requests) {
  Sum sum;
  UnaryLoad load;
  load.method = kGetObservations;
  load.max_calls = requests.size();
  load.seconds = 1e9;
  load.request = [&requests](std::uint64_t call) { return requests[call]; };
  load.answer = [&sum](std::uint64_t, const grpc::ByteBuffer& answer) { sum += SumOfAnswer(answer); };
  RunUnary(channel, load);
  return sum;
}

void TimeReads(const ChannelPtr& ours, const ChannelPtr& bare, const std::vector<grpc::ByteBuffer>& requests,
               double seconds, int outstanding, Line* line) {
  UnaryLoad load, empty;
  load.method = empty.method = kGetObservations;
  load.seconds = empty.seconds = seconds / kTurns;
  load.outstanding = empty.outstanding = outstanding;
  std::uint64_t number = 0;
  load.request = [&](std::uint64_t) { return requests[++number % requests.size()]; };
  Side reads, calls;
  for (int turn = 0; turn < kTurns; ++turn) {
    TakeTurn(ours, load, kDaemonPid, &reads);
    empty.request = [request = CeilingRequest(static_cast<std::uint32_t>(reads.run.mean_answer_bytes()), 0,
                                              requests[0].Length())](std::uint64_t) { return request; };
    TakeTurn(bare, empty, kCeilingPid, &calls);
  }
  Report(reads, calls, line);
}

void Read(const std::string& daemon, const std::string& ceiling, const std::string& folder, double seconds,
          const std::string& variant, int outstanding) {
  const WorkFolder work = LoadWork(folder);
  const ChannelPtr ours = Connect(daemon), bare = Connect(ceiling);
  const std::vector<grpc::ByteBuffer> requests = ReadRequests(work.reads);
  const Sum expected = Model(work).AsOf(work.reads);
  const bool right = ReadAll(ours, requests) == expected && MatchesExpected(work, expected);
  Line line("read", variant);
  line.SetBool("checksum", right);
  TimeReads(ours, bare, requests, seconds, outstanding, &line);
}

void Cold(const std::string& daemon, const std::string& folder) {
  const WorkFolder work = LoadWork(folder);
  ReadList some(work.reads.begin(),
                work.reads.begin() + std::min<std::ptrdiff_t>(1000, std::ssize(work.reads)));
  const std::vector<grpc::ByteBuffer> requests = ReadRequests(some);
  const ChannelPtr channel = Connect(daemon);
  UnaryLoad load;
  load.method = kGetObservations;
  load.max_calls = requests.size();
  load.seconds = 1e9;
  Sum sum;
  load.request = [&requests](std::uint64_t call) { return requests[call]; };
  load.answer = [&sum](std::uint64_t, const grpc::ByteBuffer& answer) { sum += SumOfAnswer(answer); };
  const UnaryRun run = RunUnary(channel, load);
  Line("read", "cold")
      .Set("ours", run.rate())
      .Set("p50_us", run.p50_us)
      .Set("p99_us", run.p99_us)
      .SetBool("checksum", sum == Model(work).AsOf(some));
}

void Point(const std::string& daemon, const std::string& ceiling, std::uint32_t series,
           std::uint32_t releases, double seconds, const std::string& variant) {
  Random random(static_cast<std::uint64_t>(NowNanos()));
  ReadList reads;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint32_t s = 1 + random.Below(series);
    reads.emplace_back(s, releases / 5 + random.Below(releases - releases / 5) + 1);
  }
  const ChannelPtr ours = Connect(daemon);
  const std::vector<grpc::ByteBuffer> requests = ReadRequests(reads);
  UnaryLoad first;
  first.method = kGetObservations;
  first.max_calls = 2'000;
  first.seconds = 1e9;
  first.request = [&requests](std::uint64_t call) { return requests[call]; };
  const UnaryRun cold = RunUnary(ours, first);
  Line("point", variant + ", cold")
      .Set("ours", cold.rate())
      .Set("p50_us", cold.p50_us)
      .Set("p99_us", cold.p99_us);
  first.max_calls = requests.size();
  RunUnary(ours, first);
  Line line("point", variant);
  TimeReads(ours, Connect(ceiling), requests, seconds, 64, &line);
}

void Batch(const std::string& daemon, const std::string& folder, double seconds) {
  constexpr std::size_t kSeries = 100;
  const WorkFolder work = LoadWork(folder);
  const Model model(work);
  const ChannelPtr channel = Connect(daemon);
  Random random(11);
  std::vector<grpc::ByteBuffer> requests;
  std::vector<Sum> expected;
  for (int i = 0; i < 200; ++i) {
    std::map<std::uint32_t, bool> drawn;
    while (drawn.size() < kSeries) drawn[1 + random.Below(work.series)] = true;
    const std::uint32_t release = work.reads[static_cast<std::size_t>(i) % work.reads.size()].second;
    std::vector<std::uint32_t> series;
    Sum sum;
    for (const auto& [s, unused] : drawn) {
      series.push_back(s);
      sum += model.AsOf(s, release);
    }
    requests.push_back(ToBytes(ReadAsOf(series, release)));
    expected.push_back(sum);
  }
  bool right = true;
  std::uint64_t cells = 0;
  UnaryLoad load;
  load.method = kGetObservations;
  load.outstanding = 8;
  load.seconds = seconds;
  load.request = [&](std::uint64_t call) { return requests[call % requests.size()]; };
  load.answer = [&](std::uint64_t call, const grpc::ByteBuffer& answer) {
    const Sum sum = SumOfAnswer(answer);
    cells += sum.cells;
    right = right && sum == expected[call % requests.size()];
  };
  const double cpu = CpuWith(kDaemonPid);
  const UnaryRun run = RunUnary(channel, load);
  Line("batch_read", "grpc")
      .Set("ours", static_cast<double>(cells) / run.seconds)
      .Set("per_cpu_second", static_cast<double>(cells) / (CpuWith(kDaemonPid) - cpu))
      .Set("calls_per_second", run.rate())
      .Set("p50_us", run.p50_us)
      .SetBool("checksum", right);
}

void Stream(const std::string& daemon, const std::string& folder) {
  const WorkFolder work = LoadWork(folder);
  const auto release = static_cast<std::uint32_t>(work.releases.size() * 3 / 4);
  const Sum expected = Model(work).AsOf(release);
  const auto stub = v1::ObservationService::NewStub(Connect(daemon));
  v1::StreamObservationsRequest request;
  request.set_dataset(std::string(kDataset));
  request.mutable_vintage()->mutable_as_of_time()->set_seconds(PublishedSeconds(release));
  for (const char* variant : {"first", "again"}) {
    grpc::ClientContext context;
    const double cpu = CpuWith(kDaemonPid);
    const Stopwatch watch;
    const auto reader = stub->StreamObservations(&context, request);
    v1::StreamObservationsResponse response;
    Sum sum;
    while (reader->Read(&response)) sum += SumOf(response.block());
    const grpc::Status status = reader->Finish();
    Check(status.ok(), "StreamObservations: " + status.error_message());
    Line("stream", variant)
        .Set("ours", static_cast<double>(sum.cells) / watch.seconds())
        .Set("per_cpu_second", static_cast<double>(sum.cells) / (CpuWith(kDaemonPid) - cpu))
        .SetBool("checksum", sum == expected);
  }
}

// ---- Fan-out

constexpr char kFan[] = "FAN";
constexpr int kCodes = 10;  // of each of three dimensions: 1,000 series
constexpr int kSubscribers = 1000;

std::string FanKey(int a, int b, int c) { return absl::StrFormat("A%d.B%d.C%d", a, b, c); }

// All codes of a dimension but one: "A0+A1+A3".
std::string AllBut(char letter, int left_out) {
  std::string codes;
  for (int i = 0; i < kCodes; ++i) {
    if (i != left_out) absl::StrAppend(&codes, codes.empty() ? "" : "+", std::string(1, letter), i);
  }
  return codes;
}

grpc::ByteBuffer SubscribeTo(int subscriber, bool distinct) {
  v1::SubscribeRequest request;
  v1::SeriesSelector* selector = request.add_selectors();
  selector->set_dataset(kFan);
  if (distinct) {
    selector->set_key(absl::StrCat(AllBut('A', subscriber % kCodes), ".",
                                   AllBut('B', subscriber / kCodes % kCodes), ".",
                                   AllBut('C', subscriber / kCodes / kCodes % kCodes)));
  }
  request.mutable_progress_interval()->set_seconds(3600);
  return ToBytes(request);
}

// Every one of the 1,000 series is stated anew; published now, so that no release comes late: a late one has
// the checks look again at all that follow it.
v1::PushReleaseRequest ThousandChanges(const std::string& run, int number) {
  v1::PushReleaseRequest request;
  *request.mutable_header() = HeaderOf(absl::StrCat(run, "-", number), absl::ToUnixSeconds(absl::Now()));
  v1::Section* section = request.add_sections();
  section->set_dataset(kFan);
  section->set_action(v1::ACTION_MERGE);
  v1::ObservationBlock* block = section->add_blocks();
  block->mutable_data()->set_scale(2);
  for (int i = 0; i < kCodes * kCodes * kCodes; ++i) {
    block->add_series(FanKey(i / 100, i / 10 % 10, i % 10));
    block->add_cell_counts(1);
    block->add_period_start_deltas(i == 0 ? kFirstPeriod : 0);
    block->mutable_data()->add_coefficients(1'000'000 + i * 1000 + number);
  }
  return request;
}

int ChangesIn(const std::string& message) {
  v1::SubscribeResponse response;
  Check(response.ParseFromString(message) && response.release().last(),
        "a release that came in several parts");
  int cells = 0;
  for (const v1::ChangeBlock& block : response.release().changes()) cells += block.classes_size();
  return cells;
}

void Fan(const std::string& daemon, const std::string& ceiling, const std::string& variant) {
  const bool distinct = variant == "distinct";
  const ChannelPtr ours = Connect(daemon), bare = Connect(ceiling);
  CreateDataset(ours, kFan, {"a", "b", "c"});
  const auto measure = [&](bool bare_side, double message_bytes, double gap, int messages) {
    const std::string run = absl::StrCat("F", NowNanos());
    FanOut fan;
    fan.address = bare_side ? ceiling : daemon;
    fan.subscribers = kSubscribers;
    fan.request = [&](int subscriber) { return SubscribeTo(subscriber, distinct); };
    fan.publish = [&, run](int message) {
      if (bare_side) {
        CallOnce(bare, kRetractRelease, CeilingRequest(static_cast<std::uint32_t>(message_bytes), 0, 64));
      } else {
        CallOnce(ours, kPushRelease, ToBytes(ThousandChanges(run, message)));
      }
    };
    fan.messages = messages;
    fan.gap_seconds = gap;
    const char* pid = bare_side ? kCeilingPid : kDaemonPid;
    Settle(kDaemonPid);
    const double cpu = CpuWith(pid);
    FanOutResult result = RunFanOut(fan);
    result.cpu_us = 1e6 * (CpuWith(pid) - cpu) / (static_cast<double>(messages) * kSubscribers);
    return result;
  };
  const FanOutResult rate = measure(false, 0, 0, 40);
  const FanOutResult bare_rate = measure(true, rate.message_bytes, 0, 40);
  const int changes = ChangesIn(rate.sample);
  Line("fan", variant)
      .Set("ours", rate.deliveries_per_second)
      .Set("ceiling", bare_rate.deliveries_per_second)
      .Set("cpu_us", rate.cpu_us)
      .Set("ceiling_cpu_us", bare_rate.cpu_us)
      .Set("message_bytes", rate.message_bytes)
      .Set("changes", changes)
      .SetBool("checksum", changes == (distinct ? 729 : 1000));
  const FanOutResult paced = measure(false, 0, 0.3, 15);
  const FanOutResult bare_paced = measure(true, rate.message_bytes, 0.3, 15);
  Line("latency", variant)
      .Set("ours", paced.p50_ms)
      .Set("ceiling", bare_paced.p50_ms)
      .Set("p99_ms", paced.p99_ms)
      .Set("ceiling_p99_ms", bare_paced.p99_ms);
}

int Main(const std::vector<std::string>& arguments) {
  const auto text = [&arguments](std::size_t i) {
    return i < arguments.size() ? arguments[i] : std::string();
  };
  const auto number = [&text](std::size_t i) { return std::atof(text(i).c_str()); };
  const auto whole = [&text](std::size_t i) {
    return static_cast<std::uint32_t>(std::atoll(text(i).c_str()));
  };
  const std::map<std::string, std::function<void()>> commands = {
      {"upload", [&] { UploadWork(text(1), text(2), text(3) != "one-by-one"); }},
      {"huge", [&] { UploadHuge(text(1), whole(2), text(3)); }},
      {"push", [&] { Push(text(1), text(2), text(3), number(4)); }},
      {"read",
       [&] {
         Read(text(1), text(2), text(3), number(4), text(5),
              text(6).empty() ? 64 : std::atoi(text(6).c_str()));
       }},
      {"cold", [&] { Cold(text(1), text(2)); }},
      {"batch", [&] { Batch(text(1), text(2), number(3)); }},
      {"stream", [&] { Stream(text(1), text(2)); }},
      {"fan", [&] { Fan(text(1), text(2), text(3)); }},
      {"grow", [&] { Grow(text(1), whole(2), whole(3)); }},
      {"aggregate", [&] { LoadAggregates(text(1), text(2), text(3), number(4), text(5)); }},
      {"vintages", [&] { LoadVintages(text(1), whole(2), number(3)); }},
      {"pushed", [&] { LoadPushed(text(1), text(2)); }},
      {"point", [&] { Point(text(1), text(2), whole(3), whole(4), number(5), text(6)); }},
  };
  const auto command = commands.find(text(0));
  if (command == commands.end())
    Die("usage: load upload|huge|push|read|cold|batch|stream|fan|grow|aggregate|vintages|point ...");
  command->second();
  return 0;
}

}  // namespace
}  // namespace tidewaiter::bench

int main(int argc, char** argv) { return tidewaiter::bench::Main({argv + 1, argv + argc}); }
