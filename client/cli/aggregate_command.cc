// aggregate.
#include <utility>

#include "client/cli/aggregate_text.h"
#include "client/cli/reading.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

client::AggregateRequest RequestOf(const Options& options) {
  client::AggregateRequest request;
  request.query = options.aggregate.query;
  request.query.dataset = options.target.dataset;
  request.query.keys = KeysOf(options.target);
  request.vintage = options.vintage;
  request.view = options.aggregate.view;
  request.view.months = options.periods;
  if (!options.month) return request;
  if (request.view.ranking) {
    request.view.ranking->month = options.month;
  } else {
    request.view.months = {*options.month, *options.month};
  }
  return request;
}

}  // namespace

absl::Status RunAggregate(Session& session) {
  const Options& options = session.options;
  TW_ASSIGN_OR_RETURN(CellTexts texts, TextsOf(session));
  const client::AggregateRequest request = RequestOf(options);
  // The first page is read before anything is written: a refusal leaves no half answer behind.
  absl::StatusOr<client::AggregatePage> page = session.client.Aggregate(request);
  if (!page.ok()) return page.status();
  RecordWriter writer(options.format, FigureSchema(request.view.with_published_rates), "aggregates",
                      &session.out);
  std::uint64_t figures = 0;
  for (;;) {
    for (const AggregateFigure& figure : page->figures) {
      writer.Add(FigureRecord(texts, page->heading.query, figure));
      ++figures;
      if (options.format != Format::kTable) continue;
      for (Record& line : ExplanationRecords(texts, figure)) writer.Add(std::move(line));
    }
    if (page->next_page_token.empty() || session.out.closed()) break;
    page = session.client.Aggregate(request, 0, page->next_page_token);
    if (!page.ok()) return page.status();
  }
  TellVintage(session, writer, texts, page->heading.vintage, figures, "figure");
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
