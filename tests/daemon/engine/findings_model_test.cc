// Findings do not hang on the order in which releases are pushed: what holds of that, on random publications
// of a random press, pushed in published order and in any other. Distinct published_at, no retractions, no
// scopes; each release speaks of a newer month than those published before it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "daemon/engine/findings.h"
#include "daemon/engine/implied_tally.h"
#include "daemon/engine/kept_conventions.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/engine/testing.h"
#include "tests/support/release_text.h"

namespace tidewaiter::engine {
namespace {

constexpr int kMonths = 30;

// A press that prints years to date and months of two flows and their turnover for two partners and the
// world, with rates that mostly follow, and revises some of the past without a word.
class Press {
 public:
  explicit Press(std::uint32_t seed) : random_(seed) {}

  // The releases in published order, as texts; the i-th is called r<i>.
  std::vector<std::string> Publish() {
    std::vector<std::string> releases;
    for (int m = 0; m < kMonths; ++m) releases.push_back(Release(m));
    return releases;
  }

 private:
  int Pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  bool Chance(int percent) { return Pick(100) < percent; }
  static std::string Month(int m) { return absl::StrFormat("%d-%02d", 2023 + m / 12, m % 12 + 1); }

  std::string Release(int m) {
    std::string text =
        absl::StrFormat("release GACC r%d %d-%02d-10 kind=%s\nmerge P\n", m, 2023 + (m + 1) / 12,
                        (m + 1) % 12 + 1, Chance(20) ? "correction" : "regular");
    std::set<std::string> stated;
    for (const char* partner : {"RU", "US", "W00"}) {
      State(partner, m, text, stated);
      if (m > 0 && Chance(30)) State(partner, m - 1 - Pick(std::min(m, 14)), text, stated);
    }
    return text;
  }

  void State(const char* partner, int m, std::string& text, std::set<std::string>& stated) {
    for (const char* flow : {"X", "M", "T"}) {
      if (Chance(15)) continue;
      const int value = Figure(partner, flow, m);
      Cell(absl::StrFormat("CN.%s.%s.VALUE.USD.BN %s", partner, flow, Month(m)),
           absl::StrFormat("%d.%d", value / 10, value % 10), text, stated);
      if (!Chance(50)) continue;
      const double then = Figure(partner, flow, m - 12);
      const double rate = 100.0 * (value / then - 1) + (Chance(30) ? Pick(9) - 4 : 0);
      Cell(absl::StrFormat("CN.%s.%s.YOY.USD.PCT %s", partner, flow, Month(m)), absl::StrFormat("%.1f", rate),
           text, stated);
    }
  }
  // Mostly sums that hold; now and then another number.
  int Figure(const std::string& partner, const std::string& flow, int m) {
    if (flow == "T") return Figure(partner, "X", m) + Figure(partner, "M", m) + (Chance(10) ? 7 : 0);
    if (partner == "W00") return Figure("RU", flow, m) + Figure("US", flow, m) + (Chance(10) ? 9 : 0);
    const auto [at, is_new] = figures_.try_emplace(absl::StrCat(partner, flow, m), 500 + Pick(100));
    if (Chance(10)) at->second += Pick(5);
    return at->second;
  }
  static void Cell(const std::string& cell, const std::string& value, std::string& text,
                   std::set<std::string>& stated) {
    if (stated.insert(cell).second) absl::StrAppend(&text, cell, " ", value, "\n");
  }

  std::mt19937 random_;
  std::map<std::string, int> figures_;
};

struct Checked {
  std::set<std::string> all;   // by release id, not by sequence
  std::set<std::string> open;  // implied revisions that are not SUPERSEDED
  std::string tally;
};

std::string DatumText(const std::optional<Decimal>& decimal) { return decimal ? decimal->ToString() : "-"; }

Checked Check(const std::vector<std::string>& releases) {
  std::unique_ptr<storage::Store> store = storage::NewMemoryStore({});
  EXPECT_TRUE(
      store->PutDataset(support::MakeDataset("P", "reporter partner flow measure currency unit")).ok());
  UpdateFeed feed(store.get());
  KeptConventions kept(store.get());
  EXPECT_TRUE(kept.Set("P", "total,partner,W00,RU+US\n", true).ok());
  CheckingRules checking;
  checking.conventions = [&](std::string_view dataset) { return kept.Get(dataset); };
  Findings findings(store.get(), &feed, checking);
  findings.Start();
  for (const std::string& text : releases) EXPECT_TRUE(support::Push(*store, text).ok());
  EXPECT_TRUE(findings.WaitFor(store->head()));
  Checked checked;
  const auto listed = findings.List({}, std::nullopt, 100'000);
  EXPECT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(findings.state().dropped, 0u) << "the model must not fill the kept findings";
  for (const PlacedFinding& placed : listed->findings) {
    const Finding& f = placed.finding;
    std::string text = absl::StrCat(
        store->GetEntry(f.sequence)->header.release_id, " ", std::string(FindingKindName(f.kind)), " ",
        std::string(f.identity ? IdentityName(*f.identity) : ""), " ", f.series[0].text(), " ",
        f.period.ToString(), " ", f.printed.ToString(), " ", f.held.ToString(), " ", DatumText(f.implied_low),
        " ", DatumText(f.implied_high), " ", DatumText(f.amount));
    if (f.kind == FindingKind::kImpliedRevision && f.status != FindingStatus::kSuperseded)
      checked.open.insert(text);
    checked.all.insert(std::move(text));
  }
  const auto tally = TallyImpliedRevisions(*store, kept, {.dataset = "P"}, [] { return absl::OkStatus(); });
  EXPECT_TRUE(tally.ok()) << tally.status();
  for (const ImpliedTally::Series& s : tally->series) {
    absl::StrAppend(&checked.tally, s.level, " ", s.fit, " ", s.up, " ", s.down, " ", s.not_testable, "\n");
  }
  absl::StrAppend(&checked.tally, tally->periods, " ", tally->inconsistent_periods);
  return checked;
}

// The same publication, with a thousand figures more that are never revised: large releases are checked out
// of slices.
std::string Padded(const std::string& release, int month) {
  std::string text = release;
  for (int i = 0; i < 1'000; ++i) {
    absl::StrAppendFormat(&text, "CN.Z%03d.Q.VALUE.USD.BN %d-%02d 1.%d\n", i, 2023 + month / 12,
                          month % 12 + 1, i % 10);
  }
  return text;
}

std::vector<std::string> Missing(const std::set<std::string>& from, const std::set<std::string>& in) {
  std::vector<std::string> missing;
  std::set_difference(from.begin(), from.end(), in.begin(), in.end(), std::back_inserter(missing));
  return missing;
}

// Whatever is found when the releases come in published order is found in any order. In another order there
// may be more: what a release said against what was held when it came, before what lies between was pushed.
// Of implied revisions those are SUPERSEDED once that has come; broken sums and unannounced revisions stay as
// what was found then. A tally, which looks at everything anew, is the same.
TEST(FindingsModelTest, TheOrderOfPushesHidesNothing) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  std::size_t found = 0;
  std::size_t more = 0;
  for (int round = 0; round < 6; ++round) {
    std::vector<std::string> releases = Press(random()).Publish();
    const Checked in_order = Check(releases);
    found += in_order.all.size();
    for (int order = 0; order < 4; ++order) {
      if (order == 0) {
        std::reverse(releases.begin(), releases.end());
      } else {
        std::shuffle(releases.begin(), releases.end(), random);
      }
      const Checked shuffled = Check(releases);
      EXPECT_THAT(Missing(in_order.all, shuffled.all), testing::IsEmpty())
          << "round " << round << ", order " << order;
      EXPECT_THAT(Missing(shuffled.open, in_order.all), testing::IsEmpty())
          << "round " << round << ", order " << order;
      EXPECT_EQ(shuffled.tally, in_order.tally) << "round " << round << ", order " << order;
      more += shuffled.all.size() - in_order.all.size();
    }
  }
  EXPECT_GT(found, 100u) << "the press makes too few findings to say anything";
  EXPECT_GT(more, 0u);
}

TEST(FindingsModelTest, TheSizeOfReleasesHidesNothing) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  std::mt19937 random(seed);
  const std::vector<std::string> releases = Press(random()).Publish();
  std::vector<std::string> padded;
  for (int m = 0; m < kMonths; ++m) padded.push_back(Padded(releases[static_cast<std::size_t>(m)], m));
  const Checked plain = Check(releases);
  const Checked large = Check(padded);
  EXPECT_GT(plain.all.size(), 10u) << "the press makes too few findings to say anything";
  EXPECT_EQ(large.all, plain.all);
  EXPECT_EQ(large.open, plain.open);
  EXPECT_EQ(large.tally, plain.tally);
}

}  // namespace
}  // namespace tidewaiter::engine
