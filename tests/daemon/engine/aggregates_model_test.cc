// Random queries over random logs, against a naive reading of the definitions: every vintage read one by one,
// every sum from all its members, no plan, no pages, no shared totals. To run a failure again:
// TIDEWAITER_TEST_SEED=... with the seed it printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "daemon/engine/aggregates.h"
#include "tests/daemon/engine/testing.h"

namespace tidewaiter::engine {
namespace {

constexpr char kDataset[] = "T";
constexpr int kWorlds = 25;
constexpr int kQueries = 40;
const std::vector<std::string> kPlaces = {"reporter", "partner", "flow", "measure", "unit"};

using Codes = std::vector<std::string>;
Codes Split(const std::string& key) { return absl::StrSplit(key, '.'); }
std::string Join(const Codes& codes) { return absl::StrJoin(codes, "."); }

// A store of CN's trade with some partners, filled by releases on days of their own.
class World {
 public:
  World(std::mt19937* random, int partners) : random_(*random), partners_(partners) {
    store_ = storage::NewMemoryStore(storage::LogId{1});
    EXPECT_TRUE(
        store_->PutDataset(support::MakeDataset(kDataset, "reporter partner flow measure unit")).ok());
    std::vector<int> days;
    for (int day = 10; day < 28; ++day) days.push_back(day);
    std::shuffle(days.begin(), days.end(), random_);
    for (int release = 0; release < 12; ++release) Push(release, days[static_cast<std::size_t>(release)]);
  }

  int Pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool Chance(int percent) { return Pick(100) < percent; }
  storage::Store& store() { return *store_; }
  std::string Partner(int i) const { return absl::StrCat("P", i); }
  int partners() const { return partners_; }
  const std::vector<Instant>& days() const { return days_; }

 private:
  std::string RandomSeries() {
    static const char* const kTails[] = {"X.VALUE.USD", "M.VALUE.USD", "X.WEIGHT.KG", "M.WEIGHT.KG"};
    return absl::StrCat("CN.", Partner(Pick(partners_)), ".", kTails[Pick(Chance(70) ? 2 : 4)]);
  }
  std::string RandomPeriod() {
    const int month = 1 + Pick(6);
    const std::string year = Chance(50) ? "2023-0" : "2024-0";
    switch (Pick(6)) {
      case 0:
        return absl::StrCat(year, "1/P", 3 + Pick(4), "M");
      case 1:
        return absl::StrCat(year, month, "/P2M");
      default:
        return absl::StrCat(year, month);
    }
  }
  void Push(int release, int day) {
    days_.push_back(Instant::Parse(absl::StrCat("2024-07-", day, "T00:00:00Z")).value());
    std::string text =
        absl::StrCat("release A r", release, " 2024-07-", day, "T00:00:00Z\nmerge ", kDataset, "\n");
    std::set<std::string> stated;
    for (int cells = 15 * partners_; cells > 0; --cells) {
      const std::string cell = absl::StrCat(RandomSeries(), " ", RandomPeriod());
      if (!stated.insert(cell).second) continue;
      absl::StrAppend(&text, cell, " ",
                      Chance(4) ? "(SUPPRESSED)" : absl::StrCat(Pick(90), Chance(50) ? ".5" : ".25"), "\n");
    }
    const auto pushed = support::Push(*store_, text);
    EXPECT_TRUE(pushed.ok()) << pushed.status();
  }

  std::mt19937& random_;
  const int partners_;
  std::unique_ptr<storage::Store> store_;
  std::vector<Instant> days_;
};

// A question that can be answered, of all kinds.
struct Question {
  AggregateQuery query;
  AggregateView view;
  VintageInput vintage;
};

Question Ask(World& world) {
  Question q;
  q.query.dataset = kDataset;
  static const std::vector<std::vector<std::string>> kKeys = {
      {"..X.VALUE.USD"}, {"...VALUE.USD"}, {"CN.P0+P1+P2.X.VALUE.", ".P1.M.VALUE."}, {"..X+M.VALUE."}};
  q.query.keys = kKeys[static_cast<std::size_t>(world.Pick(4))];
  static const char* const kWindows[] = {"month", "ytd", "qtd", "t3m", "year", "2m"};
  q.query.window = Window::Parse(kWindows[world.Pick(6)]).value();
  q.query.window.year_start_month = 0;
  q.query.window.mean = world.Chance(15);
  static constexpr Transform kTransforms[] = {
      Transform::kLevel,        Transform::kLevel, Transform::kGrowth, Transform::kChange,
      Transform::kContribution, Transform::kShare, Transform::kRatio,  Transform::kUnitValue};
  q.query.transform = kTransforms[world.Pick(8)];
  if (world.Chance(40) && q.query.window.kind != Window::Kind::kYear) q.query.lag_months = 1 + world.Pick(3);
  const bool paired = q.query.transform == Transform::kRatio || q.query.transform == Transform::kUnitValue;
  if (!paired && q.query.transform != Transform::kShare && world.Chance(30)) {
    q.query.combine = world.Chance(50) ? Combine::kBalance : Combine::kTurnover;
  }
  if (world.Chance(40)) {
    q.query.sum = true;
    if (world.Chance(50)) q.query.group_by.push_back("partner");
    if (!paired && q.query.combine == Combine::kNone && world.Chance(50)) q.query.group_by.push_back("flow");
  }
  if (world.Chance(30)) {
    q.query.groups.push_back({"G1", "partner", {{"P0", {}}, {"P1", {Month::FromIndex(2024 * 12), {}}}}});
    if (world.Chance(50)) q.query.groups.push_back({"G2", "partner", {{"P1", {}}, {"P2", {}}}});
    std::erase(q.query.group_by, "partner");
  }
  if (q.query.combine == Combine::kNone && world.Chance(40)) {
    q.query.composition = world.Chance(50) ? Composition::kConstant : Composition::kComplete;
  }
  if (q.query.transform == Transform::kShare || q.query.transform == Transform::kContribution)
    q.query.total = std::string("*");
  if (q.query.transform == Transform::kShare && world.Chance(30))
    q.query.total = std::string(".P1..VALUE.USD");
  if (world.Chance(25)) {
    q.view.real_time.maturity = world.Chance(50) ? Maturity::kFirst : Maturity::kNth;
    if (q.view.real_time.maturity == Maturity::kNth) q.view.real_time.n = 1 + world.Pick(3);
    q.view.real_time.each_operand = world.Chance(40);
  }
  if (world.Chance(30)) q.view.months.from = Month::FromIndex(2024 * 12 + world.Pick(4));
  if (world.Chance(30)) q.vintage.sequence = static_cast<Sequence>(1 + world.Pick(12));
  if (world.Chance(30)) q.vintage.as_of = world.days()[static_cast<std::size_t>(world.Pick(12))];
  return q;
}

// ---- The naive reading

struct Held {
  std::string key;
  int sign = 1;
  std::vector<PeriodRange> when;
  std::vector<CellState> cells;
  std::unique_ptr<IntervalAlgebra> algebra;
};
using Side = std::vector<std::shared_ptr<Held>>;

class Naive {
 public:
  Naive(storage::Store& store, const Question& q, const Vintage& vintage)
      : store_(store), query_(q.query), view_(q.view), vintage_(vintage), spec_(SpecOf(q.query, 1)) {
    for (const std::string& key : query_.keys) selectors_.push_back(Selector::Parse(key).value());
    const std::vector<storage::SeriesEntry> all = *store.ListSeries(kDataset, Selector(), "", 100'000);
    for (const storage::SeriesEntry& series : all) ids_[series.key] = series.id;
  }

  std::vector<std::string> Lines() {
    std::set<std::string> outputs;
    for (const auto& [key, id] : ids_) {
      if (!IsAbove(key)) continue;
      for (const auto& [output, when] : OutputsOf(key)) outputs.insert(output);
    }
    std::vector<std::string> lines;
    for (const std::string& output : outputs) {
      const Side above = Above(output, vintage_);
      if (above.empty()) continue;
      Month first = Month::FromIndex(0), last = first;
      SpanOf(above, &first, &last);
      for (Month m = view_.months.from.value_or(first); m <= last; m = m + 1) {
        if (spec_.window.RunEnding(m)) lines.push_back(Line(output, m));
      }
    }
    return lines;
  }

 private:
  bool Selected(const std::string& key) const {
    return std::any_of(selectors_.begin(), selectors_.end(),
                       [&](const Selector& s) { return s.MatchesText(key); });
  }
  // With the code at a place replaced by any of some: is it selected?
  bool SelectedUnder(const std::string& key, std::size_t place,
                     const std::vector<std::string>& others) const {
    Codes codes = Split(key);
    return std::any_of(others.begin(), others.end(), [&](const std::string& other) {
      codes[place] = other;
      return Selected(Join(codes));
    });
  }
  static constexpr std::size_t kFlow = 2, kMeasure = 3, kUnit = 4, kPartnerPlace = 1;
  const std::vector<std::string> kFlows = {"X", "M", "T", "B"};

  bool IsAbove(const std::string& key) const {
    const Codes codes = Split(key);
    if (query_.combine != Combine::kNone) {
      return (codes[kFlow] == "X" || codes[kFlow] == "M") && SelectedUnder(key, kFlow, kFlows);
    }
    if (query_.transform == Transform::kRatio)
      return codes[kFlow] == "X" && SelectedUnder(key, kFlow, kFlows);
    if (query_.transform == Transform::kUnitValue) {
      return codes[kMeasure] == "VALUE" && SelectedUnder(key, kMeasure, {"VALUE", "WEIGHT"});
    }
    return Selected(key);
  }

  std::map<std::string, std::vector<PeriodRange>> OutputsOf(const std::string& key) const {
    Codes codes = Split(key);
    const bool sums = query_.sum || !query_.group_by.empty();
    const std::string partner = codes[kPartnerPlace];
    for (std::size_t i = 0; i < codes.size(); ++i) {
      const bool kept = std::count(query_.group_by.begin(), query_.group_by.end(), kPlaces[i]) > 0;
      if (sums && !kept) codes[i] = "_T";
    }
    if (query_.combine != Combine::kNone) codes[kFlow] = query_.combine == Combine::kBalance ? "B" : "T";
    if (query_.transform == Transform::kRatio) codes[kFlow] = "X_M";
    if (query_.transform == Transform::kUnitValue) codes[kMeasure] = "UNIT_VALUE";
    if (query_.groups.empty()) return {{Join(codes), {}}};
    std::map<std::string, std::vector<PeriodRange>> outputs;
    for (const CodeGroup& group : query_.groups) {
      for (const CodeGroup::Member& member : group.members) {
        if (member.code != partner) continue;
        codes[kPartnerPlace] = group.name;
        outputs[Join(codes)] =
            member.when == PeriodRange() ? std::vector<PeriodRange>{} : std::vector<PeriodRange>{member.when};
      }
    }
    return outputs;
  }

  std::vector<CellState> CellsOf(const std::string& key, const Vintage& at) const {
    if (!ids_.contains(key)) return {};
    if (view_.real_time.each_operand) return OwnPrints(key);
    SeriesFold fold;
    EXPECT_TRUE(store_.ReadCells(ids_.at(key), at, {}, &fold).ok());
    return fold.cells();
  }

  // The values that each cell took, one vintage after the other, each with the day on which it did.
  std::map<Period, std::vector<CellState>> ValuesOf(const std::string& key) const {
    std::set<Instant> days;
    const std::vector<storage::LogEntry> entries = *store_.ListEntries("", 0, 1000);
    for (const storage::LogEntry& entry : entries) {
      if (entry.sequence <= vintage_.sequence && entry.header.published_at.instant <= vintage_.as_of) {
        days.insert(entry.header.published_at.instant);
      }
    }
    std::map<Period, std::vector<CellState>> values;
    for (const Instant day : days) {
      SeriesFold fold;
      EXPECT_TRUE(store_.ReadCells(ids_.at(key), {day, vintage_.sequence}, {}, &fold).ok());
      for (const CellState& cell : fold.cells()) {
        if (cell.datum.has_value() && cell.published_at == day) {
          std::vector<CellState>& taken = values[cell.period];
          if (taken.empty() || !SameValue(taken.back().datum, cell.datum)) taken.push_back(cell);
        }
      }
    }
    return values;
  }

  std::vector<CellState> OwnPrints(const std::string& key) const {
    std::vector<CellState> cells;
    for (const auto& [period, values] : ValuesOf(key)) {
      const auto n = static_cast<std::size_t>(view_.real_time.n);
      if (values.size() >= n) cells.push_back(values[n - 1]);
    }
    return cells;
  }

  std::shared_ptr<Held> Hold(const std::string& key, const Vintage& at) const {
    auto held = std::make_shared<Held>();
    held->key = key;
    held->cells = CellsOf(key, at);
    held->algebra = std::make_unique<IntervalAlgebra>(held->cells);
    const bool balance = query_.combine == Combine::kBalance && Split(key)[kFlow] == "M";
    held->sign = balance ? -1 : 1;
    return held;
  }

  Side Above(const std::string& output, const Vintage& at) const {
    Side side;
    std::set<std::string> keys;
    for (const auto& [key, id] : ids_) {
      if (IsAbove(key)) keys.insert(key);
    }
    if (query_.combine != Combine::kNone) {
      for (const std::string& key : std::set<std::string>(keys)) {
        Codes codes = Split(key);
        for (const char* flow : {"X", "M"}) {
          codes[kFlow] = flow;
          keys.insert(Join(codes));
        }
      }
    }
    for (const std::string& key : keys) {
      const auto outputs = OutputsOf(key);
      if (!outputs.contains(output)) continue;
      auto held = Hold(key, at);
      held->when = outputs.at(output);
      side.push_back(held);
    }
    DropUnknown(&side);
    return side;
  }

  // Of which nothing is known: no members. Of a pair both go, or none.
  void DropUnknown(Side* side) const {
    const auto known = [&](const std::string& key) {
      return std::any_of(side->begin(), side->end(),
                         [&](const auto& held) { return held->key == key && !held->cells.empty(); });
    };
    std::set<std::string> dropped;
    for (const auto& held : *side) {
      Codes codes = Split(held->key);
      bool keep = known(held->key);
      if (query_.combine != Combine::kNone) {
        for (const char* flow : {"X", "M"}) {
          codes[kFlow] = flow;
          keep = keep || known(Join(codes));
        }
      }
      if (!keep) dropped.insert(held->key);
    }
    std::erase_if(*side, [&](const auto& held) { return dropped.contains(held->key); });
  }

  Side Below(const std::string& output, const Vintage& at) const {
    Side side;
    const Codes figure = Split(output);
    for (const auto& [key, id] : ids_) {
      Codes codes = Split(key);
      if (query_.transform == Transform::kRatio && codes[kFlow] == "M" && SelectedUnder(key, kFlow, kFlows)) {
        const auto outputs = OutputsOf(key);
        if (outputs.contains(output)) Push(&side, key, outputs.at(output), at);
      }
      if (query_.transform == Transform::kUnitValue && codes[kMeasure] == "WEIGHT") {
        codes[kMeasure] = "VALUE";
        codes[kUnit] = "USD";
        const auto outputs = OutputsOf(Join(codes));
        if (SelectedUnder(Join(codes), kMeasure, {"VALUE", "WEIGHT"}) && outputs.contains(output)) {
          Push(&side, key, outputs.at(output), at);
        }
      }
      if (query_.transform == Transform::kShare || query_.transform == Transform::kContribution) {
        if (query_.total != "*") {
          bool of_total = codes[kPartnerPlace] == "P1" && codes[kMeasure] == "VALUE" && codes[kUnit] == "USD";
          for (std::size_t i = 0; i < codes.size(); ++i) {
            const bool free = i == kPartnerPlace || figure[i] == "_T";
            of_total = of_total && (free || codes[i] == figure[i]);
          }
          if (of_total) Push(&side, key, {}, at);
        } else if (IsAbove(key) && SameKind(key, figure)) {
          Push(&side, key, {}, at);
        }
      }
    }
    if (query_.combine != Combine::kNone && query_.total == "*" && HasTotal()) AddMissingPairs(&side, at);
    DropUnknown(&side);
    return side;
  }
  bool HasTotal() const {
    return query_.transform == Transform::kShare || query_.transform == Transform::kContribution;
  }
  void Push(Side* side, const std::string& key, std::vector<PeriodRange> when, const Vintage& at) const {
    side->push_back(Hold(key, at));
    side->back()->when = std::move(when);
  }
  bool SameKind(const std::string& key, const Codes& figure) const {
    const Codes codes = Split(key);
    for (const std::size_t place : {kFlow, kMeasure, kUnit}) {
      const bool free = figure[place] == "_T" || (place == kFlow && query_.combine != Combine::kNone);
      if (!free && codes[place] != figure[place]) return false;
    }
    return true;
  }
  void AddMissingPairs(Side* side, const Vintage& at) const {
    std::set<std::string> keys;
    for (const auto& held : *side) keys.insert(held->key);
    for (const std::string& key : std::set<std::string>(keys)) {
      Codes codes = Split(key);
      for (const char* flow : {"X", "M"}) {
        codes[kFlow] = flow;
        if (keys.insert(Join(codes)).second) Push(side, Join(codes), {}, at);
      }
    }
  }

  static void SpanOf(const Side& side, Month* first, Month* last) {
    bool any = false;
    for (const auto& held : side) {
      for (const CellState& cell : held->cells) {
        const bool begins = cell.period.start() == held->cells.front().period.start();
        const Month end = begins ? cell.period.last() : std::min(cell.period.last(), cell.period.start() - 1);
        *first = any ? std::min(*first, end) : end;
        *last = any ? std::max(*last, cell.period.last()) : cell.period.last();
        any = true;
      }
    }
  }

  // When the print in question of the run, or else of a cell that ends with `m`, was published, of the last
  // of the series to appear.
  std::optional<Instant> PrintOf(const std::string& output, Month m) const {
    std::optional<Instant> latest;
    Side sides = Above(output, vintage_);
    const bool paired = query_.transform == Transform::kRatio || query_.transform == Transform::kUnitValue;
    if (paired) {
      for (const auto& held : Below(output, vintage_)) sides.push_back(held);
    }
    for (const auto& held : sides) {
      if (!ids_.contains(held->key)) continue;
      std::optional<Instant> earliest;
      const auto n = static_cast<std::size_t>(view_.real_time.n);
      const auto all = ValuesOf(held->key);
      const Period run = *spec_.window.RunEnding(m);
      const bool stated = all.contains(run) && all.at(run).size() >= n;
      for (const auto& [period, values] : all) {
        if (period.last() != m || values.size() < n || (stated && period != run)) continue;
        const Instant at = values[n - 1].published_at;
        earliest = earliest ? std::min(*earliest, at) : at;
      }
      if (earliest) latest = latest ? std::max(*latest, *earliest) : *earliest;
    }
    return latest;
  }

  static std::vector<Member> MembersOf(const Side& side) {
    std::vector<Member> members;
    for (const auto& held : side) members.push_back({held->algebra.get(), held->sign, held->when});
    return members;
  }

  std::string Line(const std::string& output, Month m) const {
    Vintage at = vintage_;
    AggregateValue value;
    value.reason = Undefined::kNoSuchPrint;
    bool found = true;
    if (view_.real_time.maturity != Maturity::kLatest && !view_.real_time.each_operand) {
      const std::optional<Instant> print = PrintOf(output, m);
      found = print.has_value();
      if (found) at.as_of = *print;
    }
    if (found) {
      const Side above = Above(output, at);
      const Side below = Below(output, at);
      value = Evaluate(spec_, {MembersOf(above), MembersOf(below)}, m);
    }
    return TextOf(output, *spec_.window.RunEnding(m), value);
  }

 public:
  static std::string TextOf(const std::string& key, Period run, const AggregateValue& value) {
    const std::string months = absl::StrJoin(
        value.months, ",", [](std::string* out, Month month) { out->append(month.ToString()); });
    return absl::StrCat(key, " ", run.ToString(), " ",
                        value.value ? absl::StrCat(value.value->ToString(), " +- ",
                                                   value.bound ? value.bound->ToString() : "none", " ",
                                                   std::string(DerivationName(value.derivation)))
                                    : std::string(UndefinedName(value.reason)),
                        " [", months, "] ", value.members, "/", value.left_out,
                        value.across_releases ? " across" : "", " #", value.sequence);
  }

 private:
  storage::Store& store_;
  const AggregateQuery& query_;
  const AggregateView& view_;
  const Vintage vintage_;
  const AggregateSpec spec_;
  std::vector<Selector> selectors_;
  std::map<std::string, storage::SeriesId> ids_;
};

std::string Describe(const Question& q) {
  return absl::StrCat("keys ", absl::StrJoin(q.query.keys, " "), " window ", q.query.window.ToString(), " ",
                      std::string(TransformName(q.query.transform)), " lag ", q.query.lag_months.value_or(12),
                      " sum ", q.query.sum, " by ", absl::StrJoin(q.query.group_by, ","), " groups ",
                      q.query.groups.size(), " combine ", static_cast<int>(q.query.combine), " composition ",
                      q.query.composition ? static_cast<int>(*q.query.composition) : 0, " total '",
                      q.query.total, "' maturity ", static_cast<int>(q.view.real_time.maturity), " n ",
                      q.view.real_time.n, " each ", q.view.real_time.each_operand, " mean ",
                      q.query.window.mean);
}

// The figures of a query, read in pages of `page` figures.
std::vector<std::string> Read(const Aggregates& aggregates, const Question& q, const Vintage& vintage,
                              std::size_t page) {
  std::vector<std::string> lines;
  AggregatePosition position;
  for (;;) {
    auto reader = aggregates.Open(q.query, {vintage.as_of, std::nullopt, vintage.sequence}, q.view, position);
    if (!reader.ok()) {
      lines.push_back(reader.status().ToString());
      return lines;
    }
    std::size_t n = 0;
    for (; n < page; ++n) {
      const auto more = (*reader)->Next();
      if (!more.ok()) lines.push_back(more.status().ToString());
      if (!more.ok() || !*more) return lines;
      const AggregateFigure& figure = (*reader)->figure();
      lines.push_back(Naive::TextOf(figure.series, figure.period, figure.value));
      position = (*reader)->position();
    }
  }
}

// The first line in which two answers differ.
std::string Difference(const std::vector<std::string>& read, const std::vector<std::string>& expected) {
  for (std::size_t i = 0; i < std::max(read.size(), expected.size()); ++i) {
    const std::string got = i < read.size() ? read[i] : "nothing";
    const std::string want = i < expected.size() ? expected[i] : "nothing";
    if (got != want) return absl::StrCat("line ", i, "\n  read     ", got, "\n  expected ", want);
  }
  return "";
}

void Compare(World& world, const Question& q) {
  SCOPED_TRACE(Describe(q));
  const Queries queries(&world.store());
  const Aggregates aggregates(&world.store(), &queries);
  const Vintage vintage = {q.vintage.as_of.value_or(Instant::Max()),
                           q.vintage.sequence.value_or(world.store().head())};
  const std::vector<std::string> read = Read(aggregates, q, vintage, 100'000);
  ASSERT_EQ(Difference(read, Naive(world.store(), q, vintage).Lines()), "");
  ASSERT_EQ(Difference(Read(aggregates, q, vintage, static_cast<std::size_t>(1 + world.Pick(7))), read), "")
      << "in pages";
}

TEST(AggregatesModel, RandomQueriesReadAsTheDefinitionsSay) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("repeat with TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  for (int w = 0; w < kWorlds; ++w) {
    World world(&random, 3);
    for (int i = 0; i < kQueries; ++i) {
      ASSERT_NO_FATAL_FAILURE(Compare(world, Ask(world))) << "world " << w << " query " << i;
      if (testing::Test::HasFailure()) return;
    }
  }
}

// More members than SharedTotal takes as they are: the kept sum must give the same, its bound included.
TEST(AggregatesModel, SharesInALargeTotalAreTheSameAsFromItsMembers) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("repeat with TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  World world(&random, static_cast<int>(SharedTotal::kDirectMembers) + 2);
  const std::vector<std::pair<Transform, Composition>> kAsked = {
      {Transform::kShare, Composition::kAsPublished},
      {Transform::kShare, Composition::kComplete},
      {Transform::kContribution, Composition::kConstant}};
  for (const auto& [transform, composition] : kAsked) {
    Question q;
    q.query.dataset = kDataset;
    q.query.keys = {"..X.VALUE.USD"};
    q.query.window = Window::Parse(world.Chance(50) ? "month" : "ytd").value();
    q.query.transform = transform;
    q.query.total = std::string("*");
    q.query.composition = composition;
    ASSERT_NO_FATAL_FAILURE(Compare(world, q));
  }
}

}  // namespace
}  // namespace tidewaiter::engine
