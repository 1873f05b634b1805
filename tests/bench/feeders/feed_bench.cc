// From the bytes of a file to cells in canonical order: MB/s of each step beside a bare scan for line ends of
// the same file, and the memory at its peak.
//
//   cmake --preset bench && cmake --build --preset bench --target feed_bench
//   build/bench/tests/bench/feeders/feed_bench [--mib N] [--shuffled] [--cold] [--folder DIR]
//
// Writes a tidy file of N MiB (300), of 120 months a series, in key order or shuffled within blocks of 2^20
// rows, reads it once so that it lies in the page cache, and then times each step on one thread: reading 256
// KiB at a time and looking for line ends; std::getline; cutting records into fields; parsing into a sink
// that only counts; straight into the messages of an upload, as files in order go; the whole way to sorted
// releases, cells beyond memory spilled to disk, and once through them as other files go. With --cold the
// file is put out of the page cache before each step. The seed is fixed.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/feeders/release_sorter.h"
#include "client/feeders/straight_pass.h"
#include "client/feeders/text/csv_reader.h"
#include "client/feeders/text/input.h"
#include "client/feeders/tidy/tidy.h"
#include "client/upload_file.h"

namespace tidewaiter::feeders {
namespace {

constexpr unsigned kSeed = 20250807;

void Check(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}

// Counts, and keeps nothing.
class Counter : public FeedSink {
 public:
  absl::StatusOr<std::size_t> AddDataset(const DatasetDefinition&) override { return 0; }
  absl::StatusOr<std::size_t> AddRelease(const SourceRelease&) override { return 0; }
  absl::StatusOr<std::size_t> AddSection(std::size_t, std::size_t, Action,
                                         const std::optional<Scope>&) override {
    return 0;
  }
  absl::Status AddCell(std::size_t, const SourceCell&) override { return ++cells, absl::OkStatus(); }
  void CountRows(std::uint64_t) override {}
  void PassOver(std::string_view) override {}
  void Refuse(std::vector<Problem> problems, std::string_view) override {
    Check(absl::InvalidArgumentError(problems.front().description));
  }
  std::uint64_t cells = 0;
};

class Walker : public ReleaseVisitor {
 public:
  absl::Status BeginSection(const SectionHeader&) override { return absl::OkStatus(); }
  absl::Status BeginSeries(std::string_view) override { return absl::OkStatus(); }
  absl::Status Add(const StatedCell&) override { return ++cells, absl::OkStatus(); }
  std::uint64_t cells = 0;
};

// Encodes what an upload would send, and throws it away.
class Messages : public ReleaseVisitor {
 public:
  Messages() : file_([this](std::string_view bytes) { return sent += bytes.size(), absl::OkStatus(); }) {}
  absl::Status BeginSection(const SectionHeader& header) override { return file_.BeginSection(header); }
  absl::Status BeginSeries(std::string_view key) override { return file_.BeginSeries(key); }
  absl::Status Add(const StatedCell& cell) override { return file_.Add(cell); }
  absl::Status Begin() { return file_.Begin({}); }
  absl::Status End() { return file_.End(); }
  std::uint64_t sent = 0;

 private:
  client::UploadFile file_;
};

void Evict(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY);
  if (descriptor < 0 || ::fsync(descriptor) != 0 ||
      ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) != 0) {
    Check(absl::ErrnoToStatus(errno, path));
  }
  ::close(descriptor);
}

// Returns the number of rows.
std::uint64_t Write(const std::string& path, std::uint64_t bytes, bool shuffled) {
  std::mt19937 random(kSeed);
  std::ofstream out(path, std::ios::binary);
  out << "published_on,period,reporter,partner,flow,commodity,value,status\n";
  std::vector<std::string> block;
  std::uint64_t written = 0, rows = 0;
  while (written < bytes) {
    for (; block.size() < (1u << 20) && written < bytes; ++rows) {
      const std::uint64_t series = rows / 120;
      const auto month = static_cast<int>(rows % 120);
      block.push_back(absl::StrFormat("2025-08-07,%d-%02d,CN,P%05d,%c,HS%06d,%d.%02d,A\n", 2015 + month / 12,
                                      month % 12 + 1, series / 1000, "MX"[series / 500 % 2], series % 500,
                                      random() % 1'000'000, random() % 100));
      written += block.back().size();
    }
    if (shuffled) std::shuffle(block.begin(), block.end(), random);
    for (const std::string& row : block) out << row;
    block.clear();
  }
  return rows;
}

void Report(const char* what, std::uint64_t bytes, double* scan, const std::string& evicted,
            const std::function<void()>& work) {
  if (!evicted.empty()) Evict(evicted);
  const absl::Time start = absl::Now();
  work();
  const double rate = static_cast<double>(bytes) / 1e6 / absl::ToDoubleSeconds(absl::Now() - start);
  if (*scan == 0) *scan = rate;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%-34s %8.0f MB/s  %5.1f %% of the scan  %5ld MiB at the peak so far\n", what, rate,
              100 * rate / *scan, usage.ru_maxrss / 1024);
}

FeedOptions Options() {
  FeedOptions options;
  options.file = "bench.csv";
  options.dataset = "BENCH";
  return options;
}

void Run(const std::string& path, std::uint64_t mib, bool shuffled, bool cold) {
  const std::uint64_t rows = Write(path, mib << 20, shuffled);
  const auto open = [&path] {
    auto input = FileInput::Open(path);
    Check(input.status());
    return *std::move(input);
  };
  const std::uint64_t bytes = open()->size();
  std::printf("%lu rows, %lu MB, seed %u%s%s\n", rows, bytes / 1'000'000, kSeed, shuffled ? ", shuffled" : "",
              cold ? ", not in the page cache" : "");
  const auto scan_lines = [&] {
    const auto input = open();
    std::string buffer(256u << 10, '\0');
    std::uint64_t lines = 0;
    for (;;) {
      const auto count = input->Read(buffer.data(), buffer.size());
      Check(count.status());
      if (*count == 0) break;
      const char* at = buffer.data();
      const char* const end = at + *count;
      while ((at = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)))) !=
             nullptr) {
        ++lines;
        if (++at == end) break;
      }
    }
    if (lines != rows + 1) Check(absl::InternalError("lines miscounted"));
  };
  scan_lines();  // into the page cache
  const std::string evicted = cold ? path : "";
  double scan = 0;
  Report("scan for line ends", bytes, &scan, evicted, scan_lines);
  Report("std::getline", bytes, &scan, evicted, [&] {
    std::ifstream in(path, std::ios::binary);
    std::string line;
    std::uint64_t lines = 0;
    while (std::getline(in, line)) ++lines;
    if (lines != rows + 1) Check(absl::InternalError("lines miscounted"));
  });
  Report("cut into fields", bytes, &scan, evicted, [&] {
    const auto input = open();
    CsvReader reader(input.get());
    while (*reader.Next()) {
    }
  });
  Report("parse, cells counted", bytes, &scan, evicted, [&] {
    const auto input = open();
    Counter counter;
    Check(TidyFeeder().Parse(*input, Options(), counter));
    if (counter.cells != rows) Check(absl::InternalError("cells miscounted"));
  });
  if (!shuffled) {
    Report("straight into upload messages", bytes, &scan, evicted, [&] {
      const auto input = open();
      Messages messages;
      DraftOptions options;
      options.resolve = [](const DatasetDefinition& profile) { return profile; };
      StraightPass pass(options, [&messages](const FedRelease&) -> absl::StatusOr<ReleaseVisitor*> {
        Check(messages.Begin());
        return &messages;
      });
      pass.BeginFile("bench.csv");
      Check(TidyFeeder().Parse(*input, Options(), pass));
      Check(pass.Finish());
      Check(messages.End());
      if (pass.release().cells != rows) Check(absl::InternalError("cells lost"));
    });
  }
  Report("parse, sort, check, walk through", bytes, &scan, evicted, [&] {
    const auto input = open();
    SorterOptions options;
    options.resolve = [](const DatasetDefinition& profile) { return profile; };
    ReleaseSorter sorter(std::move(options));
    sorter.BeginFile("bench.csv");
    Check(TidyFeeder().Parse(*input, Options(), sorter));
    Check(sorter.Finish());
    Walker walker;
    Check(sorter.Visit(0, walker));
    if (walker.cells != rows) Check(absl::InternalError("cells lost"));
  });
}

}  // namespace
}  // namespace tidewaiter::feeders

int main(int argc, char** argv) {
  std::uint64_t mib = 300;
  bool shuffled = false, cold = false;
  std::string folder = "/tmp";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--mib" && i + 1 < argc) {
      mib = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--folder" && i + 1 < argc) {
      folder = argv[++i];
    } else if (argument == "--shuffled") {
      shuffled = true;
    } else if (argument == "--cold") {
      cold = true;
    } else {
      std::fprintf(stderr, "usage: feed_bench [--mib N] [--shuffled] [--cold] [--folder DIR]\n");
      return 2;
    }
  }
  const std::string path = absl::StrCat(folder, "/feed_bench.csv");
  tidewaiter::feeders::Run(path, mib, shuffled, cold);
  std::remove(path.c_str());
}
