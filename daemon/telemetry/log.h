// Structured logs: one line an event, as text for people or as JSON for machines.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace tidewaiter::telemetry {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view name;
  std::string value;
};

// Writes to standard error. Thread-safe.
class Log {
 public:
  enum class Format { kText, kJson };
  Log(Format format, LogLevel level);
  ~Log();
  bool enabled(LogLevel level) const { return level >= level_; }
  // A control character in a message or value is written as an escape: a line stays one line.
  void Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
  void Flush();

 private:
  struct Sink;
  const Format format_;
  const LogLevel level_;
  const std::unique_ptr<Sink> sink_;
};

}  // namespace tidewaiter::telemetry
