// get, history.
#include <utility>

#include "client/cli/cell_text.h"
#include "client/cli/reading.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

// A history is a stream, which has no deadline of its own; the program gives it a generous one.
constexpr absl::Duration kHistoryTimeout = absl::Minutes(10);

}  // namespace

absl::Status RunGet(Session& session) {
  const Options& options = session.options;
  TW_ASSIGN_OR_RETURN(CellTexts texts, TextsOf(session));
  client::ReadQuery query;
  query.dataset = options.target.dataset;
  query.keys = KeysOf(options.target);
  query.vintage = options.vintage;
  query.periods = options.periods;
  // The first page is read before anything is written: a refusal leaves no half answer behind.
  TW_ASSIGN_OR_RETURN(client::ReadPage page, session.client.Read(query));
  RecordWriter writer(options.format, CellSchema(), "observations", &session.out);
  for (;;) {
    for (const client::SeriesCells& series : page.series) {
      for (const client::Cell& cell : series.cells) writer.Add(CellRecord(texts, series.series, cell));
    }
    if (page.next_page_token.empty() || session.out.closed()) break;
    TW_ASSIGN_OR_RETURN(page, session.client.Read(query, 0, page.next_page_token));
  }
  TW_RETURN_IF_ERROR(CheckSomethingMatches(session, writer.records()));
  TellVintage(session, writer, texts, page.vintage, writer.records(), "value");
  return absl::OkStatus();
}

absl::Status RunHistory(Session& session) {
  const Options& options = session.options;
  TW_ASSIGN_OR_RETURN(CellTexts texts, TextsOf(session));
  client::HistoryQuery query;
  query.dataset = options.target.dataset;
  query.keys = KeysOf(options.target);
  query.vintage = options.vintage;
  query.periods = options.periods;
  query.type = options.history_type;
  query.n = options.nth;
  std::optional<RecordWriter> writer;
  const auto begin = [&]() -> RecordWriter& {
    if (!writer) writer.emplace(options.format, HistorySchema(), "history", &session.out);
    return *writer;
  };
  TW_ASSIGN_OR_RETURN(const Vintage vintage,
                      session.client.StreamHistory(query,
                                                   [&](client::HistoryLine& line) {
                                                     begin().Add(HistoryRecord(texts, line));
                                                     // The reader has gone: what is left need not be read.
                                                     return session.out.closed() ? absl::CancelledError()
                                                                                 : absl::OkStatus();
                                                   },
                                                   {options.timeout.value_or(kHistoryTimeout)}));
  TW_RETURN_IF_ERROR(CheckSomethingMatches(session, begin().records()));
  TellVintage(session, begin(), texts, vintage, begin().records(), "statement");
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
