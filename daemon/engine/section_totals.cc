#include "daemon/engine/section_totals.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "daemon/engine/measures.h"
#include "domain/errors.h"
#include "domain/exact_sum.h"

namespace tidewaiter::engine {
namespace {

// Members of totals that are read, some 10 us each; and rows between two questions whether anybody still
// waits.
constexpr std::size_t kMostRead = 2000;
constexpr std::size_t kRowsBetweenChecks = 4096;
// Forms and classes beyond these are left to Evaluate().
constexpr std::size_t kMostFormulas = 256;

// What matters of a form to a sum.
bool SamePrint(CellForm a, CellForm b) {
  return a == b || (a.scale() == b.scale() && a.step_exponent() == b.step_exponent());
}

Period RunOf(const AggregateSpec& spec, Month last) { return *spec.window.RunEnding(last); }

Derivation DerivationOf(Period run) {
  return run.months() > 1 ? Derivation::kSummed : Derivation::kPublished;
}

bool IsNewer(Instant a, Sequence a_sequence, Instant b, Sequence b_sequence) {
  return std::tie(a, a_sequence) > std::tie(b, b_sequence);
}

}  // namespace

struct SectionTotals::Adder {
  // Of operands of one form.
  struct Part {
    CellForm form;
    absl::int128 sum = 0;
    std::int64_t operands = 0;
  };
  ExactSum value, unit;
  std::vector<Part> parts;
  GroupSum sum;
  std::size_t rows = 0;
  bool additive = true;
  std::string_view measured_in;

  // False: it may not be added to the others.
  bool Admit(const SeriesTable& table, std::size_t row) {
    if (rows++ == 0) {
      additive = table.additive(row);
      measured_in = table.unit(row);
      return true;
    }
    return additive && table.additive(row) && measured_in == table.unit(row);
  }

  void Note(bool across, Sequence some, Instant published_at, Sequence sequence) {
    sum.across_releases |= across || (sum.some_sequence != 0 && sum.some_sequence != some);
    sum.some_sequence = some;
    if (sum.sequence == 0 || IsNewer(published_at, sequence, sum.published_at, sum.sequence)) {
      sum.published_at = published_at;
      sum.sequence = sequence;
    }
    ++sum.members;
  }

  void Add(const SectionSums& sums, Period run) {
    auto part = std::find_if(parts.begin(), parts.end(),
                             [&sums](const Part& known) { return SamePrint(known.form, sums.form); });
    if (part == parts.end()) {
      parts.push_back({.form = sums.form, .sum = 0, .operands = 0});
      part = parts.end() - 1;
    }
    part->sum += sums.now;
    part->operands += run.months();
    Note(sums.several, sums.newest.sequence, sums.newest.published_at, sums.newest.sequence);
  }

  void Add(const GroupSum& read) {
    if (!read.value) return;
    value.Add(read.value->value);
    unit.Add(read.value->unit);
    sum.derivation = std::max(sum.derivation, read.derivation);
    Note(read.across_releases, read.some_sequence, read.published_at, read.sequence);
  }

  // False: there is no total.
  bool Finish(Period run) {
    for (const Part& part : parts) {
      value.AddTotal(part.sum, part.form.scale());
      const int exponent = part.form.step_exponent();
      unit.AddTotal(part.operands * (exponent > 0 ? PowerOfTen(exponent) : absl::int128(1)),
                    std::max(0, -exponent));
      sum.derivation = std::max(sum.derivation, DerivationOf(run));
    }
    const auto total = value.Total();
    const auto steps = unit.Total();
    if (sum.members == 0 || !total || !steps) return false;
    sum.value = Bounded{*total, *steps};
    return true;
  }
};

bool SectionTotals::Fits(const AggregatePlan& plan) {
  return plan.needs_total() && !plan.is_grouped() && !plan.combines() && !plan.is_paired() &&
         !plan.names_total() && CrossSection::FitsSums(plan.spec());
}

SectionTotals::SectionTotals(const AggregateSpec& spec, Month last)
    : spec_(spec), last_(last), now_(RunOf(spec, last)) {
  if (spec.transform == Transform::kContribution) then_ = RunOf(spec, last - spec.lag_months);
}

absl::StatusOr<std::unique_ptr<SectionTotals>> SectionTotals::Read(
    const storage::Store& store, const AggregatePlan& plan, const CellReader& cells, SeriesListing rows,
    Month last, absl::FunctionRef<absl::Status()> check_alive) {
  std::unique_ptr<SectionTotals> totals(new SectionTotals(plan.spec(), last));
  const std::string& dataset = plan.query().dataset;
  TW_ASSIGN_OR_RETURN(totals->parts_, CrossSection::Read(store, dataset, cells.vintage(), plan.spec(), last));
  TW_RETURN_IF_ERROR(check_alive());
  // The run of the total as if it were that of shares in it.
  AggregateSpec below = plan.spec();
  below.transform = Transform::kShare;
  std::optional<CrossSection> bases;
  if (totals->then_) {
    TW_ASSIGN_OR_RETURN(
        bases, CrossSection::Read(store, dataset, cells.vintage(), below, last - plan.spec().lag_months));
  }
  const std::size_t classes = rows.table()->total_classes();
  const Period run = totals->then_.value_or(totals->now_);
  std::vector<Adder> adders(classes);
  TW_ASSIGN_OR_RETURN(const bool added, AddUp(plan, bases ? *bases : *totals->parts_, cells, std::move(rows),
                                              run, &adders, check_alive));
  if (!added) return nullptr;
  for (Adder& adder : adders) {
    if (adder.rows > 0 && !adder.Finish(run)) return nullptr;
    totals->totals_.push_back(std::move(adder.sum));
  }
  return totals;
}

absl::StatusOr<bool> SectionTotals::AddUp(const AggregatePlan& plan, const CrossSection& columns,
                                          const CellReader& cells, SeriesListing rows, Period run,
                                          std::vector<Adder>* totals,
                                          absl::FunctionRef<absl::Status()> check_alive) {
  const SeriesTable& table = *rows.table();
  AggregateSpec level;
  const std::vector<std::vector<PeriodRange>> always = {{}};
  LoadedSum loaded;
  std::size_t read = 0;
  for (std::size_t n = 1, row = rows.NextRow(); row < table.size(); row = rows.NextRow(), ++n) {
    Adder& adder = (*totals)[table.total_class(row)];
    // A class is of one flow. Balances have no shares.
    if (adder.rows == 0 && plan.IsBalance(table.key(row))) return false;
    if (!adder.Admit(table, row)) return false;
    if (n % kRowsBetweenChecks == 0) TW_RETURN_IF_ERROR(check_alive());
    SectionSums sums;
    const CrossSection::Answer answer =
        table.additive(row) ? columns.FindSums(table.id(row), &sums) : CrossSection::Answer::kAsk;
    if (answer == CrossSection::Answer::kSums) adder.Add(sums, run);
    if (answer != CrossSection::Answer::kAsk) continue;
    if (++read > kMostRead) return false;
    PlannedSum member;
    member.members.push_back({table.id(row), 1, 0});
    member.additive = table.additive(row);
    TW_RETURN_IF_ERROR(loaded.Load(cells, cells.vintage(), member, always, false));
    adder.Add(SumOverMembers(loaded.members(), nullptr, std::span(&run, 1), level, true, nullptr).front());
  }
  return true;
}

const NarrowShare* SectionTotals::FormulaOf(std::uint32_t total_class, CellForm form) {
  const auto fits = [&](const Formula& formula) {
    return formula.total_class == total_class && SamePrint(formula.form, form);
  };
  if (last_formula_ == formulas_.size() || !fits(formulas_[last_formula_])) {
    const auto at = std::find_if(formulas_.begin(), formulas_.end(), fits);
    if (at == formulas_.end() && formulas_.size() == kMostFormulas) return nullptr;
    last_formula_ = static_cast<std::size_t>(at - formulas_.begin());
    if (at == formulas_.end()) {
      const GroupSum& total = totals_[total_class];
      formulas_.push_back(
          {total_class, form,
           NarrowShare::Create(spec_, form.scale(), form.step_exponent(), now_, then_, *total.value)});
    }
  }
  const std::optional<NarrowShare>& share = formulas_[last_formula_].share;
  return share ? &*share : nullptr;
}

bool SectionTotals::Find(const SeriesTable& table, std::size_t row, QuickFigure* figure) {
  SectionSums sums;
  if (!table.additive(row) || parts_->FindSums(table.id(row), &sums) != CrossSection::Answer::kSums) {
    return false;
  }
  const NarrowShare* const share = FormulaOf(table.total_class(row), sums.form);
  NarrowFigure narrow;
  if (share == nullptr || !share->Compute(sums.now, then_ ? sums.then : 0, &narrow)) return false;
  const GroupSum& total = totals_[table.total_class(row)];
  figure->coefficient = narrow.coefficient;
  figure->scale = share->scale();
  figure->bounded = narrow.bounded;
  figure->bound = narrow.bound;
  figure->bound_scale = share->bound_scale();
  figure->derivation = std::max(total.derivation, DerivationOf(now_));
  if (then_) figure->derivation = std::max(figure->derivation, DerivationOf(*then_));
  figure->across_releases =
      sums.several || total.across_releases || sums.newest.sequence != total.some_sequence;
  const bool of_total =
      IsNewer(total.published_at, total.sequence, sums.newest.published_at, sums.newest.sequence);
  figure->published_at = of_total ? total.published_at : sums.newest.published_at;
  figure->sequence = of_total ? total.sequence : sums.newest.sequence;
  return true;
}

AggregateValue SectionTotals::Evaluate(std::uint32_t total_class, const std::vector<Member>& members) const {
  const std::vector<Period> runs = RunsAbove(spec_, last_);
  return EvaluateSums(spec_, last_, SumOverMembers(members, nullptr, runs, spec_, false, nullptr),
                      {totals_[total_class]});
}

}  // namespace tidewaiter::engine
