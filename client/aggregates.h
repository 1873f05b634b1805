// Aggregates as a client asks for them. See domain/aggregate_query.h for the words, Client::Aggregate for the
// calls.
//
//   client::AggregateRequest request;
//   request.query.dataset = "GACC_PRESS";
//   request.query.keys = {"CN.RU.T.VALUE.USD.BN"};
//   request.query.window.months = 12;                       // T12M
//   request.query.transform = Transform::kGrowth;           // year on year
//   absl::StatusOr<client::AggregatePage> page = (*client)->Aggregate(request);
//   for (const AggregateFigure& figure : page->figures) ...  // figure.value.value, or figure.value.reason
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/types.h"
#include "domain/aggregate_query.h"

namespace tidewaiter::client {

struct AggregateRequest {
  AggregateQuery query = {};
  VintageQuery vintage = {};
  AggregateView view = {};
};

// At which vintage an answer was read, and the question as the daemon understood it: every default filled in.
struct AggregateHeading {
  Vintage vintage;
  AggregateQuery query;
};

struct AggregatePage {
  AggregateHeading heading;
  std::vector<AggregateFigure> figures;
  std::string next_page_token;  // empty on the last page
};

// A figure that a release moved; before or after it may be undefined, not both. What only an answer knows
// (members, terms, origins) is left empty.
struct AggregateMove {
  std::string series;
  Period period;
  std::string unit;
  AggregateValue before;
  AggregateValue after;
};
// What a release did to one of the aggregates that are followed.
struct AggregateMoves {
  std::size_t aggregate = 0;  // index into SubscribeOptions::aggregates
  std::vector<AggregateMove> moves;
  std::string problem;  // not empty: why they cannot be told
};

// May move from its argument; an error that it returns ends the read.
using FigureSink = std::function<absl::Status(AggregateFigure& figure)>;

}  // namespace tidewaiter::client
