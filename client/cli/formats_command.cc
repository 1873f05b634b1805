// formats.
#include "absl/strings/str_cat.h"
#include "client/cli/records.h"
#include "client/cli/session.h"
#include "client/feeders/formats.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

// For people: the name and what it is, then the example, indented.
void WriteForPeople(const feeders::FormatInfo& info, Output& out) {
  out.Write(absl::StrCat(ToAbsl(info.name), "\n  ", ToAbsl(info.summary), "\n"));
  std::string_view rest = info.example;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out.Write(absl::StrCat("    ", ToAbsl(rest.substr(0, end)), "\n"));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out.Write("\n");
}

}  // namespace

absl::Status RunFormats(Session& session) {
  if (session.options.format == Format::kTable) {
    for (const feeders::Feeder* format : feeders::Formats()) WriteForPeople(format->info(), session.out);
    return absl::OkStatus();
  }
  const Schema schema = {{.name = "format"}, {.name = "summary"}, {.name = "example"}};
  RecordWriter writer(session.options.format, schema, "formats", &session.out);
  for (const feeders::Feeder* format : feeders::Formats()) {
    const feeders::FormatInfo info = format->info();
    writer.Add({std::string(info.name), std::string(info.summary), std::string(info.example)});
  }
  writer.Finish();
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
