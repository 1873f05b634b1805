#include "client/cli/reading.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"

namespace tidewaiter::cli {

absl::StatusOr<CellTexts> TextsOf(Session& session) {
  TW_ASSIGN_OR_RETURN(client::DatasetInfo dataset, session.client.GetDataset(session.options.target.dataset));
  return CellTexts(std::move(dataset.definition));
}

std::vector<std::string> KeysOf(const Target& target) {
  if (target.key.empty()) return {};
  return {target.key};
}

// Says at which vintage an answer was read, and how to ask for the same again.
absl::Status CheckSomethingMatches(Session& session, std::uint64_t count) {
  const Target& target = session.options.target;
  if (count > 0 || target.dataset.empty() || target.key.empty()) return absl::OkStatus();
  TW_ASSIGN_OR_RETURN(const client::SeriesPage page,
                      session.client.ListSeries(target.dataset, target.key, 1));
  if (!page.series.empty()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kNotFound, Reason::kSeriesNotFound,
                   absl::StrCat("no series of ", target.dataset, " matches ", target.key,
                                "; list what there is with `tidewaiter series ", target.dataset, "`"));
}

void TellVintage(Session& session, RecordWriter& writer, const CellTexts& texts, const Vintage& vintage,
                 std::uint64_t count, std::string_view noun) {
  const bool bounded = vintage.as_of != Instant::Max();
  const std::string as_of = bounded ? texts.TimeText(vintage.as_of) : "";
  writer.Finish(
      absl::StrCat("\"vintage\":{\"as_of\":", bounded ? JsonString(vintage.as_of.ToString()) : "null",
                   ",\"sequence\":", vintage.sequence, "}"));
  const std::string line = absl::StrCat(
      Counted(count, noun), " of ", session.options.target.dataset,
      bounded ? absl::StrCat(" as of ", as_of) : std::string(), ", read at sequence ", vintage.sequence,
      ". The same again: ", bounded ? absl::StrCat("--as-of ", as_of, " ") : std::string(), "--at-sequence ",
      vintage.sequence);
  if (session.options.format != Format::kTable) return session.Say(line);
  session.out.Write(absl::StrCat(Coloured(line, Colour::kDim, session.out.wants_colour()), "\n"));
}

}  // namespace tidewaiter::cli
