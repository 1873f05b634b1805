// What releases moved: against the difference of two whole reads, for random releases and queries; and as a
// replay tells it later. To run a failure again: TIDEWAITER_TEST_SEED=... with the seed it printed.
#include "daemon/engine/aggregate_moves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/daemon/engine/random_releases.h"
#include "tests/daemon/engine/testing.h"

namespace tidewaiter::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kLogs = 40;
constexpr int kEntries = 20;

std::string ToText(const AggregateValue& value) { return value.value ? value.value->ToString() : "none"; }

std::vector<std::string> ToLines(const AggregateMoves& moves) {
  std::vector<std::string> lines;
  if (!moves.problem.empty()) lines.push_back(absl::StrCat("problem: ", moves.problem));
  for (const AggregateMove& move : moves.moves) {
    lines.push_back(absl::StrCat(move.series, " ", move.period.ToString(), ": ", ToText(move.before), " -> ",
                                 ToText(move.after)));
  }
  return lines;
}

// All figures of a query at a sequence, by key and last month.
std::map<std::pair<SeriesKey, Month>, AggregateFigure> Figures(const Aggregates& aggregates,
                                                               const AggregateQuery& query,
                                                               Sequence sequence) {
  std::map<std::pair<SeriesKey, Month>, AggregateFigure> figures;
  VintageInput vintage;
  vintage.sequence = sequence;
  auto reader = aggregates.Open(query, vintage, {});
  if (!reader.ok()) {
    EXPECT_EQ(DetailsOf(reader.status()).reason, Reason::kSeriesNotFound) << reader.status();
    return figures;
  }
  for (;;) {
    const auto more = (*reader)->Next();
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return figures;
    const AggregateFigure& figure = (*reader)->figure();
    figures[{SeriesKey::FromValid(figure.series), figure.period.last()}] = figure;
  }
}

// The definition: what two reads show to differ.
std::vector<std::string> Expected(const Aggregates& aggregates, const AggregateQuery& query,
                                  Sequence sequence) {
  const auto before = Figures(aggregates, query, sequence - 1);
  const auto after = Figures(aggregates, query, sequence);
  std::map<std::pair<SeriesKey, Month>, Period> all;
  for (const auto& [name, figure] : before) all[name] = figure.period;
  for (const auto& [name, figure] : after) all[name] = figure.period;
  std::vector<std::string> lines;
  for (const auto& [name, period] : all) {
    const AggregateValue was = before.contains(name) ? before.at(name).value : AggregateValue();
    const AggregateValue is = after.contains(name) ? after.at(name).value : AggregateValue();
    if (!was.value && !is.value) continue;
    if (was.value && is.value && Decimal::Compare(*was.value, *is.value) == 0) continue;
    lines.push_back(
        absl::StrCat(name.first.text(), " ", period.ToString(), ": ", ToText(was), " -> ", ToText(is)));
  }
  return lines;
}

AggregateQuery RandomQuery(RandomReleases& random) {
  AggregateQuery query;
  query.dataset = RandomReleases::Datasets()[static_cast<std::size_t>(random.Pick(2))];
  static const std::vector<std::vector<std::string>> kKeys = {{}, {"CN."}, {".X"}, {"RU.M"}, {"CN+RU.X"}};
  query.keys = kKeys[static_cast<std::size_t>(random.Pick(5))];
  static const char* const kWindows[] = {"month", "ytd", "t3m", "2m"};
  query.window = Window::Parse(kWindows[random.Pick(4)]).value();
  query.window.year_start_month = 0;
  static constexpr Transform kTransforms[] = {Transform::kLevel,  Transform::kChange,
                                              Transform::kGrowth, Transform::kContribution,
                                              Transform::kShare,  Transform::kRatio};
  query.transform = kTransforms[random.Pick(6)];
  query.lag_months = 1 + random.Pick(2);
  if (query.transform == Transform::kShare || query.transform == Transform::kContribution)
    query.total = std::string("*");
  if (query.transform == Transform::kShare) query.keys = std::vector<std::string>{".X"};
  if (query.transform == Transform::kLevel && random.Chance(30)) query.combine = Combine::kBalance;
  if (random.Chance(40)) query.sum = true;
  if (query.sum && random.Chance(50)) query.group_by.emplace_back("a");
  return query;
}

// T and U of two dimensions, which the releases' keys have: a, and the flow.
void PutDatasets(storage::Store& store) {
  for (const std::string& id : RandomReleases::Datasets()) {
    ASSERT_TRUE(store.PutDataset(support::MakeDataset(id, "a flow")).ok());
  }
}

TEST(AggregateMoves, AreTheDifferenceOfTwoReadsAndAReplayTellsTheSame) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("repeat with TIDEWAITER_TEST_SEED=", seed));
  RandomReleases random(seed);
  std::size_t moves = 0;
  for (int log = 0; log < kLogs; ++log) {
    const auto store = storage::NewMemoryStore({1});
    PutDatasets(*store);
    const Queries queries(store.get());
    const Aggregates aggregates(store.get(), &queries);
    UpdateFeed updates(store.get());
    AggregateFeed feed(store.get(), &aggregates, &updates);
    std::vector<AggregateQuery> followed;
    for (int i = 0; i < 6; ++i) followed.push_back(RandomQuery(random));
    std::vector<std::vector<std::string>> told;
    for (int entry = 0; entry < kEntries; ++entry) {
      const std::string id = absl::StrCat("r", entry);
      if (entry > 2 && random.Chance(15)) {
        // A release that has been retracted already is no entry.
        (void)store->Retract("A", absl::StrCat("r", random.Pick(entry)), "", Instant());
      }
      ASSERT_TRUE(support::Push(*store, random.Next(id)).ok());
      for (Sequence sequence = static_cast<Sequence>(told.size() / followed.size()) + 1;
           sequence <= store->head(); ++sequence) {
        for (std::size_t q = 0; q < followed.size(); ++q) {
          const auto got = feed.Moves(sequence, followed[q], absl::StrCat(q));
          ASSERT_TRUE(got.ok()) << got.status();
          told.push_back(ToLines(**got));
          moves += told.back().size();
          ASSERT_EQ(told.back(), Expected(aggregates, followed[q], sequence))
              << "log " << log << " sequence " << sequence << " window " << followed[q].window.ToString()
              << " " << TransformName(followed[q].transform) << " sum " << followed[q].sum;
        }
      }
    }
    AggregateFeed replay(store.get(), &aggregates, &updates, /*cache_bytes=*/0);
    for (std::size_t i = 0; i < told.size(); ++i) {
      const std::size_t q = i % followed.size();
      const auto again =
          replay.Moves(static_cast<Sequence>(i / followed.size()) + 1, followed[q], absl::StrCat(q));
      ASSERT_TRUE(again.ok()) << again.status();
      ASSERT_EQ(ToLines(**again), told[i]) << "replayed";
    }
  }
  EXPECT_GT(moves, 50u) << "a test of nothing";
}

class AggregateMovesStory : public ::testing::Test {
 protected:
  AggregateMovesStory() {
    EXPECT_TRUE(store_->PutDataset(support::MakeDataset("T", "partner flow unit")).ok());
    query_.dataset = std::string("T");
    query_.keys = std::vector<std::string>{"RU.X.USD"};
  }
  Sequence Push(const std::string& cells) {
    ++pushed_;
    const std::string day = absl::StrCat("2025-06-", 10 + pushed_);
    const auto pushed =
        support::Push(*store_, absl::StrCat("release A r", pushed_, " ", day, "\nmerge T\n", cells));
    EXPECT_TRUE(pushed.ok()) << pushed.status();
    return pushed.ok() ? pushed->entry.sequence : 0;
  }
  std::vector<std::string> Moves(Sequence sequence) {
    const auto moves = feed_.Moves(sequence, query_, "q");
    if (!moves.ok()) return {moves.status().ToString()};
    return ToLines(**moves);
  }

  int pushed_ = 0;
  std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore({1});
  Queries queries_{store_.get()};
  Aggregates aggregates_{store_.get(), &queries_};
  UpdateFeed updates_{store_.get()};
  AggregateFeed feed_{store_.get(), &aggregates_, &updates_};
  AggregateQuery query_;
};

TEST_F(AggregateMovesStory, OneRevisedMonthMovesEveryWindowThatHoldsIt) {
  query_.window.months = 3;
  std::string months;
  for (int month = 1; month <= 9; ++month) absl::StrAppend(&months, "RU.X.USD 2025-0", month, " 1.0\n");
  Push(months);
  EXPECT_THAT(Moves(Push("RU.X.USD 2025-03 1.5")),
              ElementsAre("RU.X.USD 2025-01/P3M: 3.0 -> 3.5", "RU.X.USD 2025-02/P3M: 3.0 -> 3.5",
                          "RU.X.USD 2025-03/P3M: 3.0 -> 3.5"));
  EXPECT_THAT(Moves(Push("RU.X.USD 2025-03 1.50")), IsEmpty()) << "confirmed";
  EXPECT_THAT(Moves(Push("RU.M.USD 2025-03 9")), IsEmpty()) << "another series";
  EXPECT_THAT(Moves(Push("RU.X.USD 2025-09 (SUPPRESSED)")), ElementsAre("RU.X.USD 2025-07/P3M: 3.0 -> none"));
}

TEST_F(AggregateMovesStory, ASeriesThatDoesNotExistYetHasNoMoves) {
  EXPECT_THAT(Moves(Push("CN.X.USD 2025-01 1.0")), IsEmpty());
  EXPECT_THAT(Moves(Push("RU.X.USD 2025-01 1.0")), ElementsAre("RU.X.USD 2025-01: none -> 1.0"));
}

TEST_F(AggregateMovesStory, WhatCannotBeToldIsAProblemAndNotTheEnd) {
  query_.keys.clear();
  query_.sum = true;
  EXPECT_THAT(Moves(Push("RU.X.USD 2025-01 1.0")), ElementsAre("_T._T._T 2025-01: none -> 1.0"));
  EXPECT_THAT(Moves(Push("RU.X.KG 2025-01 1.0")), ElementsAre(testing::HasSubstr("one sum has one unit")));
}

TEST_F(AggregateMovesStory, ASeriesThatBeginsWithdrawnIsAMemberAllTheSame) {
  query_.keys.clear();
  query_.sum = true;
  query_.combine = Combine::kBalance;
  const auto push = [&](std::string_view text) {
    EXPECT_TRUE(support::Push(*store_, text).ok());
    return store_->head();
  };
  EXPECT_THAT(Moves(push("release A a 2025-06-20\nmerge T\nCN.X.USD 2025-01 3.0\nCN.M.USD 2025-01 2.0\n"
                         "delete T RU.. ..\n")),
              ElementsAre("_T.B._T 2025-01: none -> 1.0"));
  // Published before the deletion: nothing that is known changes, but that there is an export without its
  // imports.
  EXPECT_THAT(Moves(push("release A b 2025-06-10\nmerge T\nRU.X.USD 2025-01 5.0\n")),
              ElementsAre("_T.B._T 2025-01: 1.0 -> none"));
}

TEST_F(AggregateMovesStory, ManyWhoAskAtOnceGetTheSameObject) {
  const Sequence sequence = Push("RU.X.USD 2025-01 1.0");
  std::vector<std::shared_ptr<const AggregateMoves>> got(8);
  std::vector<std::thread> threads;
  for (auto& one : got) threads.emplace_back([&] { one = feed_.Moves(sequence, query_, "q").value(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& one : got) EXPECT_EQ(one, got.front());
}

}  // namespace
}  // namespace tidewaiter::engine
