// Sums over the members of a group, for all runs of months that a figure needs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "domain/aggregate.h"
#include "domain/interval.h"
#include "domain/period.h"

namespace tidewaiter {

// The sum of one side of a figure for one run, or why there is none.
struct GroupSum {
  std::optional<Bounded> value;
  Derivation derivation = Derivation::kPublished;  // the least direct
  Undefined reason = Undefined::kMissingMonths;    // if there is no value
  std::vector<Month> months;                       // if there is no value
  std::uint32_t members = 0;
  std::uint32_t left_out = 0;
  // Of the operands; `sequence` is 0 if there is none.
  bool across_releases = false;
  Sequence some_sequence = 0;
  Instant published_at;
  Sequence sequence = 0;
};

// One sum for each of `runs`, in their order. A member counts for the months of a run in which it belongs to
// the group; in a sum of constant composition only if it belongs throughout all runs. If no member has a
// value, the reason is that of the members if they agree on one, else kNoMembers. `months`: further members,
// or nullptr; see AggregateInput. `terms`, if given, receives one term a run, without those. `below` is only
// passed on to it.
std::vector<GroupSum> SumOverMembers(std::span<const Member> members, const MonthSums* months,
                                     std::span<const Period> runs, const AggregateSpec& spec, bool below,
                                     std::vector<AggregateTerm>* terms);

// Evaluate() from sums that are known: one for each of the runs that a figure needs, those of RunsAbove() and
// of RunsBelow() in their order. REQUIRES: there are runs.
AggregateValue EvaluateSums(const AggregateSpec& spec, Month last, std::vector<GroupSum> above,
                            std::vector<GroupSum> below);
// Empty: no window ends there.
std::vector<Period> RunsAbove(const AggregateSpec& spec, Month last);
std::vector<Period> RunsBelow(const AggregateSpec& spec, Month last);

// The parts of a run in which months lie that `when` allows: in order, merged, none empty. REQUIRES: `when`
// is not empty.
std::vector<Period> PiecesOf(Period run, const std::vector<PeriodRange>& when);

}  // namespace tidewaiter
