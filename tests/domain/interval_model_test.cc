// The interval algebra against all simple paths, written out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "domain/interval.h"
#include "tests/domain/big_number.h"
#include "tests/domain/cells.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using Operands = std::vector<Operand>;

constexpr int kMonths = 7;  // boundaries 0..7

const Month kStart = Month::FromIndex(12 * 2024);

Datum AnyDatum(Randomness& random) {
  const int scale = random.Int(0, 3);
  const int exponent = random.OneIn(4) ? 1 - scale : -scale;
  const int value = random.Int(-500, 500) * (exponent == -scale ? 1 : 10);
  return Must(Datum::ValueWithStep(Decimal::FromValidParts(value, scale), exponent));
}

// Some runs within the months, months and years to date more often than others.
std::vector<CellState> AnyCells(Randomness& random) {
  std::vector<CellState> cells;
  const int density = random.Int(1, 4);
  for (int from = 0; from < kMonths; ++from) {
    for (int months = 1; from + months <= kMonths; ++months) {
      if (!random.OneIn(months == 1 || from == 0 ? density : 2 * density)) continue;
      CellState cell;
      cell.period = Period::FromValid(kStart + from, months);
      cell.datum = random.OneIn(8) ? Datum::Absent(Absence::kMissing) : AnyDatum(random);
      cell.sequence = static_cast<Sequence>(random.Int(1, 3));
      cells.push_back(cell);
    }
  }
  return cells;
}

// Every simple path from one boundary to another, by trying everything.
class AllPaths {
 public:
  AllPaths(const std::vector<CellState>& cells, Month to) : cells_(cells), to_(to) {}

  std::vector<Operands> From(Month at) {
    visited_.insert(at);
    if (at == to_) found_.push_back(path_);
    for (std::uint32_t i = 0; at != to_ && i < cells_.size(); ++i) {
      const Period period = cells_[i].period;
      if (!cells_[i].datum.has_value() || (period.start() != at && period.end() != at)) continue;
      const bool backward = period.end() == at;
      const Month next = backward ? period.start() : period.end();
      if (visited_.contains(next)) continue;
      path_.push_back({i, backward});
      From(next);
      path_.pop_back();
    }
    visited_.erase(at);
    return found_;
  }

 private:
  const std::vector<CellState>& cells_;
  Month to_;
  std::set<Month> visited_;
  Operands path_;
  std::vector<Operands> found_;
};

Derivation DerivationOf(const Operands& path) {
  if (std::ranges::any_of(path, &Operand::subtracted)) return Derivation::kDifferenced;
  return path.size() == 1 ? Derivation::kPublished : Derivation::kSummed;
}

std::size_t Releases(const std::vector<CellState>& cells, const Operands& path) {
  std::set<Sequence> releases;
  for (const Operand& operand : path) releases.insert(cells[operand.cell].sequence);
  return releases.size();
}

// The order of preference, word for word.
auto Rank(const std::vector<CellState>& cells, const Operands& path) {
  std::vector<Period> periods;
  for (const Operand& operand : path) periods.push_back(cells[operand.cell].period);
  return std::tuple(path.size(), std::ranges::count(path, true, &Operand::subtracted), Releases(cells, path),
                    periods);
}

std::vector<Operands> Ranked(const std::vector<CellState>& cells, Period run) {
  std::vector<Operands> paths = AllPaths(cells, run.end()).From(run.start());
  std::ranges::sort(paths, {}, [&](const Operands& path) { return Rank(cells, path); });
  return paths;
}

// The sum on paper, and the steps' sum.
void ExpectSums(const std::vector<CellState>& cells, const RunValue& found) {
  BigNumber value(Decimal{}), unit(Decimal{});
  for (const Operand& operand : found.operands) {
    const Datum& datum = cells[operand.cell].datum;
    const BigNumber term(datum.value());
    value = value.Plus(operand.subtracted ? term.Negated() : term);
    unit = unit.Plus(BigNumber::PowerOfTen(datum.step_exponent()));
  }
  EXPECT_EQ(found.value->value.ToString(), value.ToString(found.value->value.scale()));
  EXPECT_EQ(found.value->unit.ToString(), unit.ToString(found.value->unit.scale()));
}

void ExpectBest(const std::vector<CellState>& cells, const RunValue& found, const Operands& best) {
  ASSERT_TRUE(found.value);
  ASSERT_EQ(found.operands, best);
  EXPECT_EQ(found.derivation, DerivationOf(best));
  EXPECT_EQ(found.across_releases, Releases(cells, best) > 1);
  ExpectSums(cells, found);
}

bool WouldConnect(std::vector<CellState> cells, Period run) {
  for (CellState& cell : cells) {
    if (!cell.datum.has_value()) cell.datum = V("1");
  }
  return !AllPaths(cells, run.end()).From(run.start()).empty();
}

void ExpectExplained(const std::vector<CellState>& cells, Period run, const RunValue& found) {
  EXPECT_FALSE(found.value);
  EXPECT_TRUE(found.operands.empty());
  EXPECT_FALSE(found.months.empty());
  EXPECT_TRUE(std::ranges::is_sorted(found.months));
  EXPECT_EQ(found.reason == Undefined::kAbsent, WouldConnect(cells, run));
  for (const Month month : found.months) {
    const bool within = run.start() <= month && month < run.end();
    EXPECT_TRUE(within || found.reason == Undefined::kCombinedMonths) << month.ToString();
  }
}

std::string Describe(const std::vector<CellState>& cells, Period run) {
  std::string text = absl::StrCat(run.ToString(), " of");
  for (const CellState& cell : cells) {
    absl::StrAppend(&text, " ", cell.period.ToString(), "=", cell.datum.ToString(), "@", cell.sequence);
  }
  return text;
}

TEST(IntervalModelTest, FindsTheBestOfAllSimplePaths) {
  Randomness random;
  for (int round = 0; round < 400; ++round) {
    const auto cells = AnyCells(random);
    IntervalAlgebra algebra(cells);
    for (int i = 0; i < 6; ++i) {
      const int from = random.Int(0, kMonths - 1);
      const Period run = Period::FromValid(kStart + from, random.Int(1, kMonths - from));
      SCOPED_TRACE(Describe(cells, run));
      const auto ranked = Ranked(cells, run);
      const RunValue found = algebra.Find(run);
      if (ranked.empty()) {
        ExpectExplained(cells, run, found);
      } else {
        ExpectBest(cells, found, ranked.front());
      }
      for (const Derivation wish : {Derivation::kPublished, Derivation::kSummed, Derivation::kDifferenced}) {
        const auto best = std::ranges::find(ranked, wish, DerivationOf);
        const RunValue wished = algebra.Find(run, wish);
        if (best == ranked.end()) {
          EXPECT_FALSE(wished.value) << DerivationName(wish);
          EXPECT_FALSE(wished.months.empty()) << DerivationName(wish);
        } else {
          ExpectBest(cells, wished, *best);
        }
      }
      ASSERT_FALSE(HasFailure());
    }
  }
}

TEST(IntervalModelTest, FindAllGivesAllOfThemInOrder) {
  Randomness random;
  for (int round = 0; round < 500; ++round) {
    const auto cells = AnyCells(random);
    const int from = random.Int(0, kMonths - 1);
    const Period run = Period::FromValid(kStart + from, random.Int(1, kMonths - from));
    SCOPED_TRACE(Describe(cells, run));
    const auto max_edges = static_cast<std::size_t>(random.Int(0, 8));
    const auto limit = static_cast<std::size_t>(random.OneIn(2) ? 100'000 : random.Int(0, 5));
    auto expected = Ranked(cells, run);
    std::erase_if(expected, [&](const Operands& path) { return path.size() > max_edges; });
    if (expected.size() > limit) expected.resize(limit);
    std::vector<Operands> paths;
    for (const RunValue& value : IntervalAlgebra(cells).FindAll(run, max_edges, limit)) {
      ExpectBest(cells, value, value.operands);
      paths.push_back(value.operands);
    }
    ASSERT_EQ(paths, expected);
    ASSERT_FALSE(HasFailure());
  }
}

// Published runs that agree give the same value by every path.
TEST(IntervalModelTest, AllPathsAgreeWherePublishedRunsDo) {
  Randomness random;
  for (int round = 0; round < 300; ++round) {
    auto cells = AnyCells(random);
    std::vector<int> months(kMonths);
    for (int& month : months) month = random.Int(-1000, 1000);
    for (CellState& cell : cells) {
      int sum = 0;
      for (int i = 0; i < cell.period.months(); ++i) {
        sum += months[static_cast<std::size_t>(cell.period.start() - kStart + i)];
      }
      if (cell.datum.has_value()) cell.datum = Datum::Value(Decimal::FromValidParts(sum, 2));
    }
    const Period run = Period::FromValid(kStart + 1, 4);
    const Decimal truth = Decimal::FromValidParts(months[1] + months[2] + months[3] + months[4], 2);
    for (const RunValue& value : IntervalAlgebra(cells).FindAll(run, 9, 1000)) {
      ASSERT_TRUE(Decimal::NumericallyEqual(value.value->value, truth));
    }
  }
}

}  // namespace
}  // namespace tidewaiter
