// Client: aggregates.
#include "client/aggregates.h"

#include <utility>

#include "client/client.h"
#include "client/core.h"
#include "client/wire.h"
#include "domain/errors.h"
#include "proto/convert/aggregate.h"
#include "proto/convert/aggregate_block.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::client {
namespace {

// What both requests have.
template <typename Message>
void SetCommon(const AggregateRequest& request, Message* message) {
  *message->mutable_query() = convert::ToWire(request.query);
  *message->mutable_vintage() = ToWire(request.vintage);
  const AggregateView& view = request.view;
  if (view.months != PeriodRange()) *message->mutable_months() = convert::ToWire(view.months);
  if (view.real_time != RealTime()) *message->mutable_real_time() = convert::ToWire(view.real_time);
  if (view.ranking) *message->mutable_ranking() = convert::ToWire(*view.ranking);
}

template <typename Message>
absl::StatusOr<AggregateHeading> HeadingOf(const Message& message) {
  AggregateHeading heading;
  TW_ASSIGN_OR_RETURN(heading.vintage, FromWire(message.vintage()));
  absl::StatusOr<AggregateQuery> query = convert::FromWire(message.query());
  if (!query.ok()) return UnreadableAnswer(query.status());
  heading.query = *std::move(query);
  return heading;
}

// A figure of a block does not say the sequence of its own vintage: it is the answer's.
absl::Status TakeBlock(const v1::AggregateBlock& block, const Vintage& vintage, const FigureSink& sink) {
  absl::Status taken;
  const absl::Status read = convert::DecodeAggregateBlock(block, [&](AggregateFigure& figure) {
    if (figure.vintage) figure.vintage->sequence = vintage.sequence;
    taken = sink(figure);
    return taken;
  });
  TW_RETURN_IF_ERROR(taken);
  if (!read.ok()) return UnreadableAnswer(read);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AggregatePage> Client::Aggregate(const AggregateRequest& request, std::uint32_t page_size,
                                                std::string_view page_token, const CallOptions& options) {
  CallScope call(core_.get(), CallScope::Kind::kUnary, options);
  v1::GetAggregatesRequest message;
  SetCommon(request, &message);
  message.set_explain(request.view.explain);
  message.set_with_published_rates(request.view.with_published_rates);
  message.set_format(v1::FORMAT_ROWS);
  message.set_page_size(page_size);
  message.set_page_token(std::string(page_token));
  v1::GetAggregatesResponse response;
  TW_RETURN_IF_ERROR(convert::FromGrpc(core_->aggregates->GetAggregates(call.context(), message, &response)));
  AggregatePage page;
  TW_ASSIGN_OR_RETURN(page.heading, HeadingOf(response));
  for (const v1::Aggregate& row : response.aggregates()) {
    absl::StatusOr<AggregateFigure> figure = convert::FromWire(row);
    if (!figure.ok()) return UnreadableAnswer(figure.status());
    page.figures.push_back(*std::move(figure));
  }
  page.next_page_token = std::move(*response.mutable_next_page_token());
  return page;
}

absl::StatusOr<AggregateHeading> Client::StreamAggregates(const AggregateRequest& request,
                                                          const FigureSink& sink,
                                                          const CallOptions& options) {
  if (request.view.explain || request.view.with_published_rates) {
    return InvalidField("view", "a stream has neither explanations nor published rates; use Aggregate()");
  }
  CallScope call(core_.get(), CallScope::Kind::kStream, options);
  v1::StreamAggregatesRequest message;
  SetCommon(request, &message);
  auto stream = core_->aggregates->StreamAggregates(call.context(), message);
  AggregateHeading heading;
  absl::Status taken;
  v1::StreamAggregatesResponse response;
  while (taken.ok() && stream->Read(&response)) {
    if (response.has_vintage()) {
      absl::StatusOr<AggregateHeading> read = HeadingOf(response);
      taken = read.status();
      if (read.ok()) heading = *std::move(read);
    }
    if (taken.ok() && response.has_block()) taken = TakeBlock(response.block(), heading.vintage, sink);
  }
  if (!taken.ok()) call.context()->TryCancel();
  const absl::Status finished = convert::FromGrpc(stream->Finish());
  TW_RETURN_IF_ERROR(taken);
  TW_RETURN_IF_ERROR(finished);
  return heading;
}

}  // namespace tidewaiter::client
