// Aggregates between wire and domain: the question, and the answer as rows.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/aggregate_query.h"
#include "proto/convert/lookup.h"
#include "tidewaiter/v1/aggregate.pb.h"
#include "tidewaiter/v1/aggregate_service.pb.h"

namespace tidewaiter::convert {

v1::Transform ToWire(Transform transform);
v1::Derivation ToWire(Derivation derivation);
v1::UndefinedReason ToWire(Undefined reason);
v1::AggregateStatus ToWire(AggregateStatus status);
absl::StatusOr<Derivation> FromWire(v1::Derivation derivation);
absl::StatusOr<Undefined> FromWire(v1::UndefinedReason reason);

v1::CodeGroup ToWire(const CodeGroup& group);
absl::StatusOr<CodeGroup> FromWire(const v1::CodeGroup& message);
v1::AggregateQuery ToWire(const AggregateQuery& query);
// Every violation at once, fields named as in the message; what needs the dataset is left to the engine.
absl::StatusOr<AggregateQuery> FromWire(const v1::AggregateQuery& message);

v1::RealTime ToWire(const RealTime& real_time);
absl::StatusOr<RealTime> FromWire(const v1::RealTime& message);
v1::Ranking ToWire(const Ranking& ranking);
absl::StatusOr<Ranking> FromWire(const v1::Ranking& message);

// A figure, into `row`. The days of publication are looked up.
absl::Status FillRow(const AggregateFigure& figure, const Lookup& lookup, v1::Aggregate* row);
absl::StatusOr<AggregateFigure> FromWire(const v1::Aggregate& row);

}  // namespace tidewaiter::convert
