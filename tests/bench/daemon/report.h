// Figures on their way out: one JSON object a line, and what is taken from many measurements.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidewaiter::bench {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};
std::int64_t NowNanos();  // of a clock that never goes back
// Processor time of this process, all threads; on a shared machine steadier than what the clock says.
double CpuSeconds();
// The same of another process; 0 if there is none.
double CpuSecondsOf(const std::string& pid);

// The value below which `share` of them lie; 0 of none. Reorders them.
double Percentile(std::vector<double>* values, double share);

// A line of figures. Printed when it ends.
//   Line("read", "hot").Set("ours", 31000).Set("ceiling", 40000);
class Line {
 public:
  Line(std::string_view name, std::string_view variant);
  ~Line();
  Line(const Line&) = delete;
  Line& Set(std::string_view key, double value);
  Line& Set(std::string_view key, std::string_view value);
  Line& SetBool(std::string_view key, bool value);

 private:
  std::string text_;
};

// Says what is wrong and exits with 1: a benchmark that measures something else measures nothing.
[[noreturn]] void Die(std::string_view what);
void Check(bool condition, std::string_view what);

}  // namespace tidewaiter::bench
