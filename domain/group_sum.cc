#include "domain/group_sum.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "domain/exact_sum.h"
#include "domain/limits.h"
#include "domain/path_gap.h"

namespace tidewaiter {
namespace {

// What one member has for one run.
struct MemberRun {
  bool belongs = false;     // in at least one month
  bool throughout = false;  // in every month
  std::optional<Bounded> value;
  Derivation derivation = Derivation::kPublished;
  Undefined reason = Undefined::kMissingMonths;
  std::vector<Month> months;
  bool across_releases = false;
  Sequence some_sequence = 0;
  Instant published_at;
  Sequence sequence = 0;
};

// Notes of T (a member's run, or a sum) that its operands come from those releases.
template <typename T>
void NoteReleases(T& into, bool across, Sequence some, Instant published_at, Sequence sequence) {
  if (some == 0) return;
  into.across_releases |= across || (into.some_sequence != 0 && into.some_sequence != some);
  into.some_sequence = some;
  if (into.sequence == 0 ||
      std::tuple(published_at, sequence) > std::tuple(into.published_at, into.sequence)) {
    into.published_at = published_at;
    into.sequence = sequence;
  }
}

void NoteOperands(MemberRun& run, const RunValue& value, std::span<const CellState> cells) {
  for (const Operand& operand : value.operands) {
    const CellState& cell = cells[operand.cell];
    NoteReleases(run, false, cell.sequence, cell.published_at, cell.sequence);
  }
}

class MemberReader {
 public:
  MemberReader(const AggregateSpec& spec, AggregateTerm* term) : spec_(spec), term_(term) {}

  MemberRun Read(const Member& member, std::uint32_t index, Period run) {
    if (member.when.empty()) return ReadPieces(member, index, run, {&run, 1});
    return ReadPieces(member, index, run, PiecesOf(run, member.when));
  }

 private:
  MemberRun ReadPieces(const Member& member, std::uint32_t index, Period run,
                       std::span<const Period> pieces) {
    MemberRun result;
    result.belongs = !pieces.empty();
    result.throughout = pieces.size() == 1 && pieces.front() == run;
    if (pieces.size() > 1) result.derivation = Derivation::kSummed;
    ExactSum value, unit;
    bool defined = result.belongs;
    for (const Period piece : pieces) {
      RunValue found = member.cells->Find(piece, spec_.derivation);
      if (found.value) {
        value.Add(found.value->value);
        unit.Add(found.value->unit);
        result.derivation = std::max(result.derivation, found.derivation);
        NoteOperands(result, found, member.cells->cells());
      } else if (defined) {
        defined = false;
        result.reason = found.reason;
        result.months = found.months;
      }
      if (term_) term_->parts.push_back({index, piece, std::move(found)});
    }
    if (defined) Conclude(result, value, unit, run);
    return result;
  }

  static void Conclude(MemberRun& result, const ExactSum& value, const ExactSum& unit, Period run) {
    const auto total = value.Total();
    const auto steps = unit.Total();
    if (total && steps) {
      result.value = Bounded{*total, *steps};
    } else {
      result.reason = Undefined::kOverflow;
      result.months = MonthsOf(run);
    }
  }

  const AggregateSpec& spec_;
  AggregateTerm* term_;
};

// Why a group has no sum: what its members say, if they agree.
class GroupReason {
 public:
  void Add(Undefined reason, const std::vector<Month>& months) {
    agreed_ = !any_ || (agreed_ && reason == reason_);
    any_ = true;
    reason_ = reason;
    if (months.empty()) return;
    std::vector<Month> all;
    std::ranges::set_union(months_, months, std::back_inserter(all));
    if (all.size() > limits::kMaxMonthsAtFault) all.resize(limits::kMaxMonthsAtFault);
    months_ = std::move(all);
  }
  void Tell(GroupSum& sum) const {
    sum.reason = any_ && agreed_ ? reason_ : Undefined::kNoMembers;
    sum.months = months_;
  }

 private:
  bool any_ = false;
  bool agreed_ = false;
  Undefined reason_ = Undefined::kNoMembers;
  std::vector<Month> months_;
};

// Adds up the members of one run.
class GroupAdder {
 public:
  explicit GroupAdder(Period run) : run_(run) {}

  void Add(const MemberRun& run, int sign) {
    const Bounded& bounded = *run.value;
    if (sign < 0) {
      value_.Subtract(bounded.value);
    } else {
      value_.Add(bounded.value);
    }
    unit_.Add(bounded.unit);
    ++sum_.members;
    sum_.derivation = std::max(sum_.derivation, run.derivation);
    NoteReleases(sum_, run.across_releases, run.some_sequence, run.published_at, run.sequence);
  }

  // Members of which single months are known, added up beforehand.
  void Add(const MonthSums::Total& total) {
    sum_.left_out += total.left_out;
    if (total.left_out > 0) reason_.Add(Undefined::kMissingMonths, total.missing);
    if (total.members == 0) return;
    value_.AddTotal(total.value, total.scale);
    unit_.AddTotal(total.steps, total.step_scale);
    sum_.members += total.members;
    sum_.derivation = std::max(sum_.derivation, total.derivation);
    NoteReleases(sum_, total.across_releases, total.newest.sequence, total.newest.published_at,
                 total.newest.sequence);
  }

  // `run` is the one at fault: for a constant composition perhaps another than that which is summed.
  void LeaveOut(const MemberRun& run, bool needed) {
    ++sum_.left_out;
    if (!run.belongs || run.value) return;  // it has values, but does not belong throughout
    reason_.Add(run.reason, run.months);
    if (needed && !lacking_) lacking_ = &run;
  }

  // `run` must outlive the adder if it was needed.
  GroupSum Finish() && {
    if (lacking_) {
      Undefine(lacking_->reason, lacking_->months);
    } else if (sum_.members == 0) {
      reason_.Tell(sum_);
    } else {
      Total();
    }
    return std::move(sum_);
  }

 private:
  void Total() {
    const auto total = value_.Total();
    const auto steps = unit_.Total();
    if (!total || !steps) return Undefine(Undefined::kOverflow, MonthsOf(run_));
    sum_.value = Bounded{*total, *steps};
  }
  void Undefine(Undefined reason, std::vector<Month> months) {
    sum_.reason = reason;
    sum_.months = std::move(months);
  }

  Period run_;
  ExactSum value_, unit_;
  GroupSum sum_;
  GroupReason reason_;
  const MemberRun* lacking_ = nullptr;
};

using MemberRuns = std::vector<MemberRun>;  // by member

MemberRuns ReadMembers(std::span<const Member> members, Period run, const AggregateSpec& spec,
                       AggregateTerm* term) {
  MemberReader reader(spec, term);
  MemberRuns runs;
  runs.reserve(members.size());
  for (std::uint32_t i = 0; i < members.size(); ++i) runs.push_back(reader.Read(members[i], i, run));
  return runs;
}

bool BelongsToAny(const std::vector<MemberRuns>& runs, std::size_t member) {
  return std::ranges::any_of(runs, [member](const MemberRuns& run) { return run[member].belongs; });
}

bool IsConstant(const std::vector<MemberRuns>& runs, std::size_t member) {
  return std::ranges::all_of(
      runs, [member](const MemberRuns& run) { return run[member].throughout && run[member].value; });
}

// The first run for which the member belongs and has no value; its first run if there is none.
const MemberRun& AtFault(const std::vector<MemberRuns>& runs, std::size_t member) {
  for (const MemberRuns& run : runs) {
    if (run[member].belongs && !run[member].value) return run[member];
  }
  return runs.front()[member];
}

GroupSum SumRun(std::span<const Member> members, const MonthSums* months, const std::vector<MemberRuns>& runs,
                std::size_t at, Period run, Composition composition) {
  GroupAdder adder(run);
  if (months != nullptr) adder.Add(months->Of(run));
  for (std::size_t i = 0; i < members.size(); ++i) {
    const MemberRun& member = runs[at][i];
    const bool constant = composition == Composition::kConstant;
    if (constant ? !BelongsToAny(runs, i) : !member.belongs) continue;
    if (constant ? IsConstant(runs, i) : member.value.has_value()) {
      adder.Add(member, members[i].sign);
    } else {
      adder.LeaveOut(constant ? AtFault(runs, i) : member, composition == Composition::kComplete);
    }
  }
  return std::move(adder).Finish();
}

}  // namespace

std::vector<Period> PiecesOf(Period run, const std::vector<PeriodRange>& when) {
  std::vector<std::pair<Month, Month>> parts;  // first month, and the one behind the last
  for (const PeriodRange& range : when) {
    const Month start = range.from ? std::max(*range.from, run.start()) : run.start();
    const Month last = range.to ? std::min(*range.to, run.last()) : run.last();
    if (start <= last) parts.emplace_back(start, last + 1);
  }
  std::ranges::sort(parts);
  std::vector<Period> pieces;
  for (const auto& [start, end] : parts) {
    if (pieces.empty() || start > pieces.back().end()) {
      pieces.push_back(Period::FromValid(start, end - start));
    } else if (end > pieces.back().end()) {
      pieces.back() = Period::FromValid(pieces.back().start(), end - pieces.back().start());
    }
  }
  return pieces;
}

std::vector<GroupSum> SumOverMembers(std::span<const Member> members, const MonthSums* months,
                                     std::span<const Period> runs, const AggregateSpec& spec, bool below,
                                     std::vector<AggregateTerm>* terms) {
  std::vector<MemberRuns> read;
  read.reserve(runs.size());
  for (const Period run : runs) {
    if (terms) terms->push_back({below, run, {}});
    read.push_back(ReadMembers(members, run, spec, terms ? &terms->back() : nullptr));
  }
  std::vector<GroupSum> sums;
  sums.reserve(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    sums.push_back(SumRun(members, months, read, i, runs[i], spec.composition));
  }
  return sums;
}

}  // namespace tidewaiter
