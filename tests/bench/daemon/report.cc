#include "tests/bench/daemon/report.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "domain/strings.h"

namespace tidewaiter::bench {

std::int64_t NowNanos() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double CpuSecondsOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  const std::string stat((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The name of the program, in parentheses, may hold anything; utime and stime are the 12th and 13th after it.
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double Percentile(std::vector<double>* values, double share) {
  if (values->empty()) return 0;
  const std::size_t index =
      std::min(values->size() - 1, static_cast<std::size_t>(share * static_cast<double>(values->size())));
  std::nth_element(values->begin(), values->begin() + static_cast<std::ptrdiff_t>(index), values->end());
  return (*values)[index];
}

Line::Line(std::string_view name, std::string_view variant)
    : text_(absl::StrFormat("{\"line\": \"%s\", \"variant\": \"%s\"", ToAbsl(name), ToAbsl(variant))) {}

Line::~Line() {
  double load = 0;
  getloadavg(&load, 1);
  Set("load", load);
  std::printf("%s}\n", text_.c_str());
  std::fflush(stdout);
}

Line& Line::Set(std::string_view key, double value) {
  absl::StrAppend(&text_, absl::StrFormat(", \"%s\": %.6g", ToAbsl(key), value));
  return *this;
}

Line& Line::Set(std::string_view key, std::string_view value) {
  absl::StrAppend(&text_, absl::StrFormat(", \"%s\": \"%s\"", ToAbsl(key), ToAbsl(value)));
  return *this;
}

Line& Line::SetBool(std::string_view key, bool value) {
  absl::StrAppend(&text_, absl::StrFormat(", \"%s\": %s", ToAbsl(key), value ? "true" : "false"));
  return *this;
}

void Die(std::string_view what) {
  std::fprintf(stderr, "benchmark: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

void Check(bool condition, std::string_view what) {
  if (!condition) Die(what);
}

}  // namespace tidewaiter::bench
