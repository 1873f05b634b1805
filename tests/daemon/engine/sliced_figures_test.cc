// Slices answer the checks of a release as the series themselves do.
#include "daemon/engine/sliced_figures.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/engine/random_releases.h"
#include "tests/daemon/engine/testing.h"

namespace tidewaiter::engine {
namespace {

constexpr std::size_t kMany = 1'000;  // observations, for which slices pay

std::string ToText(const std::optional<Datum>& datum) { return datum ? datum->ToString() : "nothing"; }
std::string ToText(const std::optional<CellState>& cell) {
  if (!cell) return "nothing";
  return absl::StrCat(cell->period.ToString(), " ", cell->datum.ToString(), " ", cell->datum.StepText(), " ",
                      std::string(1, cell->attributes.status), std::string(1, cell->attributes.conf), " #",
                      cell->sequence, " ", cell->published_at.ToString());
}

class SlicedFiguresTest : public ::testing::Test {
 protected:
  SlicedFiguresTest() : store_(storage::NewMemoryStore({})), codes_(store_.get()) {
    for (const std::string& dataset : RandomReleases::Datasets()) {
      EXPECT_TRUE(store_->PutDataset(support::MakeDataset(dataset, "reporter flow")).ok());
    }
  }

  std::set<Period> StatedIn(const storage::LogEntry& entry, const std::string& dataset) {
    std::set<Period> stated;
    for (std::uint32_t part = 0; part < entry.parts; ++part) {
      const absl::StatusOr<storage::ReleasePart> read = store_->ReadPart(entry.sequence, part);
      for (const auto& series : read.value()) {
        if (entry.sections[series.section].header.dataset != dataset) continue;
        for (const auto& cell : series.cells) stated.insert(cell.period);
      }
    }
    return stated;
  }
  std::unique_ptr<SlicedFigures> Load(const storage::LogEntry& entry, const std::string& dataset,
                                      std::size_t observations = kMany) {
    codes_.Renew();
    auto figures = SlicedFigures::Load(store_.get(), dataset, PlaceOf(entry), StatedIn(entry, dataset),
                                       observations, &codes_);
    EXPECT_TRUE(figures.ok()) << figures.status();
    return *std::move(figures);
  }
  static ReleasePlace PlaceOf(const storage::LogEntry& entry) {
    return {entry.header.published_at.instant, entry.sequence};
  }
  // True if something was compared.
  bool CompareAll(const storage::LogEntry& entry, const std::string& dataset) {
    const std::unique_ptr<SlicedFigures> sliced = Load(entry, dataset);
    if (sliced == nullptr) return false;
    ArrivalFigures read(store_.get(), dataset, PlaceOf(entry));
    for (const std::string& text : RandomReleases::Series()) {
      const SeriesKey key = SeriesKey::FromValid(text);
      for (int month = 1; month <= 7; ++month) {
        for (int months = 1; months <= 2; ++months) {
          const Period period = Period::FromValid(Month::FromIndex(2024 * 12 + month - 1), months);
          SCOPED_TRACE(absl::StrCat("#", entry.sequence, " ", dataset, " ", text, " ", period.ToString()));
          EXPECT_EQ(ToText(*sliced->Held(key, period)), ToText(*read.Held(key, period)));
          EXPECT_EQ(ToText(*sliced->Stated(key, period)), ToText(*read.Stated(key, period)));
          EXPECT_EQ(*sliced->HeldSince(key, period), *read.HeldSince(key, period));
        }
      }
    }
    return true;
  }

  std::unique_ptr<storage::Store> store_;
  KnownCodes codes_;
};

TEST_F(SlicedFiguresTest, AnswerAsTheSeriesDo) {
  const std::uint32_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  RandomReleases random(seed);
  for (int i = 0; i < 150; ++i) {
    ASSERT_TRUE(support::Push(*store_, random.Next(absl::StrCat("r", i))).ok());
    if (random.Chance(10)) (void)store_->Retract("A", absl::StrCat("r", random.Pick(i + 1)), "", {});
  }
  int compared = 0;
  for (Sequence sequence = 1; sequence <= store_->head(); ++sequence) {
    const storage::LogEntry entry = *store_->GetEntry(sequence);
    bool has_scope = entry.retracts != 0;
    for (const storage::SectionInfo& info : entry.sections)
      has_scope = has_scope || info.header.scope.has_value();
    if (has_scope) continue;
    for (const std::string& dataset : RandomReleases::Datasets()) compared += CompareAll(entry, dataset);
  }
  EXPECT_GT(compared, 10);
}

TEST_F(SlicedFiguresTest, AreNotReadWhereTheyDoNotPay) {
  ASSERT_TRUE(support::Push(*store_, "release A r1 2025-01-10\nmerge T\nCN.X 2024-01 1.0\n").ok());
  const storage::LogEntry entry = *store_->GetEntry(1);
  EXPECT_NE(Load(entry, "T"), nullptr);
  EXPECT_EQ(Load(entry, "T", 10), nullptr) << "the release is small";
  EXPECT_EQ(Load(entry, "U"), nullptr) << "the release says nothing of the dataset";
}

TEST_F(SlicedFiguresTest, KnowWhichCodesThereAre) {
  ASSERT_TRUE(support::Push(*store_, "release A r1 2025-01-10\nmerge T\nCN.X 2024-01 1.0\n").ok());
  codes_.Renew();
  EXPECT_TRUE(*codes_.May("T", 1, "X"));
  EXPECT_FALSE(*codes_.May("T", 1, "M"));
  EXPECT_FALSE(*codes_.May("T", 0, "X"));
  ASSERT_TRUE(support::Push(*store_, "release A r2 2025-01-11\nmerge T\nCN.M 2024-01 1.0\n").ok());
  EXPECT_FALSE(*codes_.May("T", 1, "M")) << "not looked at again within a check";
  codes_.Renew();
  EXPECT_TRUE(*codes_.May("T", 1, "M"));
}

}  // namespace
}  // namespace tidewaiter::engine
