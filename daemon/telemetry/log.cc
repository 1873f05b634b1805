#include "daemon/telemetry/log.h"

#include <memory>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace tidewaiter::telemetry {
namespace {

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// `text` with quotes, backslashes and control characters as JSON writes them.
void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      out += absl::StrFormat("\\u%04x", byte);
    } else {
      out.push_back(c);
    }
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out.push_back('"');
  AppendEscaped(out, text);
  out.push_back('"');
}

// Values with spaces or quotes are quoted, so that a line can be taken apart again.
void AppendTextValue(std::string& out, std::string_view value) {
  bool plain = !value.empty();
  for (const char c : value)
    plain = plain && static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '\\' && c != 0x7F;
  if (plain) {
    out.append(value);
  } else {
    AppendQuoted(out, value);
  }
}

std::string Now() { return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()); }

std::string TextLine(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = Now();
  line.push_back(' ');
  line.append(NameOf(level));
  line.push_back(' ');
  AppendEscaped(line, message);
  for (const LogField& field : fields) {
    line.push_back(' ');
    line.append(field.name);
    line.push_back('=');
    AppendTextValue(line, field.value);
  }
  return line;
}

std::string JsonLine(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = R"({"time":")" + Now() + R"(","level":")";
  line.append(NameOf(level));
  line.append(R"(","message":)");
  AppendQuoted(line, message);
  for (const LogField& field : fields) {
    line.push_back(',');
    AppendQuoted(line, field.name);
    line.push_back(':');
    AppendQuoted(line, field.value);
  }
  line.push_back('}');
  return line;
}

}  // namespace

struct Log::Sink {
  spdlog::logger logger{"tidewaiterd", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log(Format format, LogLevel level) : format_(format), level_(level), sink_(std::make_unique<Sink>()) {
  sink_->logger.set_pattern("%v");
  sink_->logger.set_level(ToSpdlog(level));
  sink_->logger.flush_on(spdlog::level::info);
}

Log::~Log() = default;

void Log::Write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!enabled(level)) return;
  const std::string line =
      format_ == Format::kJson ? JsonLine(level, message, fields) : TextLine(level, message, fields);
  sink_->logger.log(ToSpdlog(level), spdlog::string_view_t(line));
}

void Log::Flush() { sink_->logger.flush(); }

}  // namespace tidewaiter::telemetry
