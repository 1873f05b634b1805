// Cross-sections of stores whose releases are tables: chunks that stand period by period, uploads that spill,
// sections of several datasets, scopes, retractions, backfills, restarts. What a slice says is what ReadCells
// says.
//
// TIDEWAITER_TEST_SEED   the seed (printed on failure); without it, one drawn at random
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "storage/rocks/database.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/period_index.h"
#include "storage/slices_by_series.h"
#include "tests/storage/stores_under_test.h"
#include "tests/support/release_text.h"
#include "tests/support/store_text.h"

namespace tidewaiter::storage {
namespace {

constexpr const char* kDatasets[] = {"TRADE", "PRICES"};

unsigned Seed() {
  const char* text = std::getenv("TIDEWAITER_TEST_SEED");
  return text == nullptr ? std::random_device()() : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

// Which kinds of release there are.
struct World {
  std::string name;
  bool scopes_of_all = false;
  bool scopes_of_some = false;
  friend std::ostream& operator<<(std::ostream& out, const World& world) { return out << world.name; }
};

class Feeder {
 public:
  Feeder(const World& world, unsigned seed) : world_(world), random_(seed) {}

  unsigned Below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  bool OneIn(unsigned n) { return Below(n) == 0; }

  // A table of many series and some months, or a few cells; of one dataset or both. Published on one of
  // twenty days, so that many a release comes late.
  support::ReleaseDraft Next() {
    support::ReleaseDraft draft;
    draft.header.agency = "GACC";
    draft.header.release_id = absl::StrCat("r", ++count_);
    draft.header.published_at = PublishedAt::At(Instant::FromMicros((20'000 + Below(20)) * 86'400'000'000LL));
    stated_.clear();
    for (unsigned sections = OneIn(3) ? 2 : 1; sections > 0; --sections) AddSection(&draft);
    return draft;
  }

 private:
  void AddSection(support::ReleaseDraft* draft) {
    Release::Section& section = draft->sections.emplace_back();
    section.header.dataset = kDatasets[Below(2)];
    section.header.action = Action::kMerge;
    if ((world_.scopes_of_all || world_.scopes_of_some) && OneIn(3)) AddScope(&section.header);
    const bool table = OneIn(2);
    const unsigned first = table ? 0 : Below(300), series = table ? 100 + Below(200) : 1 + Below(10);
    const unsigned month = Below(20), months = 1 + Below(4), one_in = 1 + Below(3);
    general_ = OneIn(3);
    for (unsigned s = first; s < first + series; ++s) {
      for (unsigned m = month; m < month + months; ++m) {
        if (one_in > 1 && !OneIn(one_in)) continue;
        AddCell(s, PeriodOf(m), &section);
      }
    }
    if (section.observations.empty()) AddCell(first, PeriodOf(month), &section);
  }

  void AddScope(SectionHeader* header) {
    header->action = Action::kReplace;
    header->scope.emplace();
    if (world_.scopes_of_some && OneIn(3)) header->scope->selector = *Selector::Parse("S7+S8+S107.X+Y");
    if (OneIn(2)) header->scope->periods.from = PeriodOf(Below(20)).start();
  }

  // Every fifth is a cumulated figure.
  static Period PeriodOf(unsigned n) {
    const Month start = Month::FromIndex(2024 * 12 + 8);
    if (n % 5 != 4) return Period::FromValid(start + static_cast<int>(n), 1);
    return Period::FromValid(start, static_cast<int>(n) + 1);
  }

  void AddCell(unsigned series, Period period, Release::Section* section) {
    Observation o;
    o.series = SeriesKey::FromValid(absl::StrCat("S", series, OneIn(2) ? ".X" : ".Y"));
    o.period = period;
    if (!stated_.insert({section->header.dataset, o.series.text(), period}).second) return;
    const absl::int128 coefficient = absl::int128(random_()) >> Below(60);
    o.datum = Datum::Value(Decimal::FromValidParts(OneIn(4) ? -coefficient : coefficient, 2));
    if (general_) MakeUnusual(&o);
    section->observations.push_back(std::move(o));
  }
  void MakeUnusual(Observation* o) {
    if (OneIn(5)) o->datum = Datum::Value(Decimal::FromValidParts(absl::int128(random_()) << 50, 3));
    if (OneIn(5)) o->datum = *Datum::ValueWithStep(Decimal::FromValidParts(Below(100) * 100, 1), 1);
    if (OneIn(5)) o->datum = Datum::Absent(static_cast<Absence>(1 + Below(5)));
    if (OneIn(5)) o->attributes = {'P', 'C'};
    if (OneIn(5)) o->source = absl::StrCat("page-", Below(9));
  }

  const World world_;
  std::mt19937 random_;
  unsigned count_ = 0;
  bool general_ = false;
  std::set<std::tuple<std::string, std::string, Period>> stated_;
};

// Both ways to read a dataset, as text; wants every other period now and then.
support::Lines Text(const Store& store, const std::vector<PeriodSlice>& slices) {
  support::Lines lines;
  for (const PeriodSlice& slice : slices) {
    for (std::size_t i = 0; i < slice.size(); ++i) {
      const Attributes attributes = slice.FormOf(i).attributes();
      lines.push_back(absl::StrCat(slice.period.ToString(), " ", *store.KeyOf(slice.series[i]), " ",
                                   static_cast<std::uint32_t>(slice.series[i]), " ",
                                   slice.DatumOf(i).ToString(), " step ", slice.DatumOf(i).StepText(), " ",
                                   std::string{attributes.status, attributes.conf}, " seq ",
                                   slice.sequences[i]));
    }
  }
  return lines;
}

class CrossSections : public ::testing::TestWithParam<std::tuple<StoreKind, World>> {
 protected:
  void PutDatasets() {
    for (const char* dataset : kDatasets) {
      ASSERT_TRUE(store().PutDataset(support::MakeDataset(dataset, "commodity flow")).ok());
    }
  }
  Store& store() { return under_test_->store(); }

  void Push(Feeder& feeder) {
    const Release release = support::MakeRelease(store(), feeder.Next());
    const auto outcome =
        feeder.OneIn(2) ? store().Push(release, {}) : support::UploadRelease(store(), release);
    ASSERT_TRUE(outcome.ok()) << outcome.status();
  }

  static bool NamesItsReleases(const PeriodSlice& slice) {
    return std::is_sorted(slice.releases.begin(), slice.releases.end()) &&
           std::all_of(slice.sequences.begin(), slice.sequences.end(), [&slice](Sequence sequence) {
             return std::binary_search(slice.releases.begin(), slice.releases.end(), sequence);
           });
  }

  void Retract(Feeder& feeder) {
    const LogEntry victim = *store().GetEntry(1 + feeder.Below(store().head()));
    (void)store().Retract(victim.header.agency, victim.header.release_id, "wrong",
                          {});  // perhaps for the second time
  }

  // One question, answered both ways.
  void Ask(Feeder& feeder, std::vector<PeriodSlice>* slices) {
    const char* dataset = kDatasets[feeder.Below(2)];
    Vintage vintage{Instant::Max(), store().head()};
    if (feeder.OneIn(2)) vintage.sequence = feeder.Below(store().head() + 1);
    if (feeder.OneIn(2)) vintage.as_of = Instant::FromMicros((20'000 + feeder.Below(20)) * 86'400'000'000LL);
    PeriodRange range;
    if (feeder.OneIn(2)) range.from = Month::FromIndex(2024 * 12 + 8 + static_cast<int>(feeder.Below(20)));
    if (feeder.OneIn(2)) range.to = Month::FromIndex(2025 * 12 + 8 + static_cast<int>(feeder.Below(12)));
    const bool months_only = feeder.OneIn(3);
    const auto wanted = [months_only](const Period& p) { return !months_only || p.months() == 1; };
    ASSERT_TRUE(store().ReadSlices(dataset, range, vintage, wanted, slices).ok());
    std::vector<PeriodSlice> expected;
    ASSERT_TRUE(ReadSlicesBySeries(store(), store(), dataset, range, vintage, wanted, &expected).ok());
    ASSERT_EQ(Text(store(), *slices), Text(store(), expected))
        << dataset << " as of " << vintage.as_of.ToString() << ", sequence " << vintage.sequence;
    for (const char* time : {"first", "again"}) {
      SharedSlices shared;
      ASSERT_TRUE(store().ReadSharedSlices(dataset, range, vintage, wanted, &shared).ok());
      std::vector<PeriodSlice> copies;
      for (const auto& slice : shared) copies.push_back(*slice);
      ASSERT_EQ(Text(store(), copies), Text(store(), expected))
          << time << ", " << dataset << " as of " << vintage.as_of.ToString() << ", sequence "
          << vintage.sequence;
      for (const PeriodSlice& slice : copies) ASSERT_TRUE(NamesItsReleases(slice));
    }
    rows_ += Text(store(), expected).size();
  }

  std::unique_ptr<StoreUnderTest> under_test_;
  std::size_t rows_ = 0;
};

std::string NameOf(const ::testing::TestParamInfo<std::tuple<StoreKind, World>>& info) {
  return std::get<0>(info.param).name + std::get<1>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(Stores, CrossSections,
                         ::testing::Combine(::testing::ValuesIn(DurableStores()),
                                            ::testing::Values(World{"Merges", false, false},
                                                              World{"ScopesOfAll", true, false},
                                                              World{"ScopesOfSome", true, true})),
                         NameOf);

TEST_P(CrossSections, SayWhatReadCellsSays) {
  const unsigned seed = Seed();
  SCOPED_TRACE(absl::StrCat("TIDEWAITER_TEST_SEED=", seed));
  for (unsigned round = 0; round < 2; ++round) {
    Feeder feeder(std::get<1>(GetParam()), seed + round);
    under_test_ = std::get<0>(GetParam()).make();
    PutDatasets();
    std::vector<PeriodSlice> slices;  // used again and again
    for (unsigned step = 0; step < 40; ++step) {
      ASSERT_NO_FATAL_FAILURE(Push(feeder));
      if (feeder.OneIn(5)) Retract(feeder);
      if (feeder.OneIn(10)) under_test_->Reopen();
      ASSERT_NO_FATAL_FAILURE(Ask(feeder, &slices));
    }
    for (unsigned question = 0; question < 20; ++question) ASSERT_NO_FATAL_FAILURE(Ask(feeder, &slices));
    ASSERT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
  }
  EXPECT_GT(rows_, 10'000u);
}

// More chunks than twice as many series: the store turns to the series.
TEST(CrossSectionsOfTinyReleases, SayWhatReadCellsSays) {
  RocksStoreUnderTest under_test(0);
  Store& store = under_test.store();
  ASSERT_TRUE(store.PutDataset(support::MakeDataset("TRADE", "commodity flow")).ok());
  for (int i = 0; i < 1100; ++i) {
    const std::string text = absl::StrCat("release GACC r", i, " 2025-03-0", 1 + i % 9, "\nmerge TRADE\nS",
                                          i % 10, ".X 2025-0", 1 + i % 7, " ", i, "\n");
    ASSERT_TRUE(support::Push(store, text).ok());
  }
  for (const Sequence sequence : {Sequence{900}, Sequence{1100}}) {
    const Vintage vintage{Instant::Max(), sequence};
    std::vector<PeriodSlice> slices, expected;
    ASSERT_TRUE(store.ReadSlices("TRADE", {}, vintage, &slices).ok());
    const auto all = [](const Period&) { return true; };
    ASSERT_TRUE(ReadSlicesBySeries(store, store, "TRADE", {}, vintage, all, &expected).ok());
    EXPECT_EQ(Text(store, slices), Text(store, expected));
    EXPECT_EQ(Text(store, slices).size(), 70u);
  }
}

// Of five releases three speak of May in TRADE.
TEST(CrossSectionsWithin, CountTheChunksThatSpeakOfWhatIsWanted) {
  RocksStoreUnderTest under_test(0);
  Store& store = under_test.store();
  for (const char* dataset : kDatasets) {
    ASSERT_TRUE(store.PutDataset(support::MakeDataset(dataset, "commodity flow")).ok());
  }
  for (const char* text : {"release GACC r1 2025-06-01\nmerge TRADE\nS1.X 2025-05 1\nS2.X 2025-05 2\n",
                           "release GACC r2 2025-06-02\nmerge TRADE\nS1.X 2025-04 3\n",
                           "release GACC r3 2025-06-03\nmerge PRICES\nS1.X 2025-05 4\n",
                           "release GACC r4 2025-06-04\nmerge TRADE\nS2.X 2025-05 5\nS2.X 2025-06 5\n",
                           "release GACC r5 2025-06-05\nmerge TRADE\nS3.X 2025-05 6\n"}) {
    ASSERT_TRUE(support::Push(store, text).ok());
  }
  const auto is_may = [](const Period& period) { return period.start().month() == 5; };
  const auto within = [&](std::size_t most_chunks, Sequence sequence, std::vector<PeriodSlice>* slices) {
    const absl::StatusOr<bool> read =
        store.ReadSlicesWithin(most_chunks, "TRADE", {}, {Instant::Max(), sequence}, is_may, slices);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() && *read;
  };
  std::vector<PeriodSlice> slices, expected;
  EXPECT_FALSE(within(2, 5, &slices));
  EXPECT_TRUE(within(2, 4, &slices));  // r5 is not seen
  ASSERT_TRUE(within(3, 5, &slices));
  ASSERT_TRUE(store.ReadSlices("TRADE", {}, {Instant::Max(), 5}, is_may, &expected).ok());
  EXPECT_EQ(Text(store, slices), Text(store, expected));
  EXPECT_EQ(Text(store, slices).size(), 3u);
}

// ---- Stores of before, and damage

class PeriodIndex : public ::testing::Test {
 protected:
  PeriodIndex() {
    options_.directory = directory_.path() + "/store";
    options_.disk_reserve_bytes = 1u << 20;
    Feeder feeder({"Merges", false, false}, 7);
    const std::unique_ptr<Store> store = Open();
    for (const char* dataset : kDatasets) {
      EXPECT_TRUE(store->PutDataset(support::MakeDataset(dataset, "commodity flow")).ok());
    }
    for (int i = 0; i < 12; ++i) {
      EXPECT_TRUE(store->Push(support::MakeRelease(*store, feeder.Next()), {}).ok());
    }
    EXPECT_TRUE(store->Retract("GACC", "r3", "wrong", {}).ok());
    EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
    before_ = Answers(*store);
  }

  std::unique_ptr<Store> Open() {
    absl::StatusOr<std::unique_ptr<Store>> store = OpenRocksStore(options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  std::unique_ptr<Database> OpenDatabase() { return *Database::Open(options_); }

  static support::Lines Answers(const Store& store) {
    support::Lines lines;
    for (const char* dataset : kDatasets) {
      for (const Sequence sequence : {Sequence{5}, store.head()}) {
        for (std::string& line : support::Slices(store, dataset, {Instant::Max(), sequence})) {
          lines.push_back(std::move(line));
        }
      }
    }
    return lines;
  }

  // The first record of the index.
  std::pair<std::string, PeriodRecord> First(const Database& database) {
    const auto it = database.NewIterator(Family::kPeriods);
    it->SeekToFirst();
    EXPECT_TRUE(it->Valid());
    return {std::string(ToView(it->key())), *DecodePeriodRecord(ToView(it->key()), ToView(it->value()))};
  }
  static void Put(Database& database, const PeriodRecord& record) {
    const std::string key = PeriodRecordKey(record);
    std::string bytes = EncodePeriodRecord(record);
    Seal(key, &bytes);
    rocksdb::WriteBatch batch;
    batch.Put(database.family(Family::kPeriods), key, bytes);
    EXPECT_TRUE(database.Write(&batch, true).ok());
  }
  // Takes out what stores had not before there was an index.
  void MakeOld() {
    const auto database = OpenDatabase();
    EXPECT_TRUE(database->db()->DropColumnFamily(database->family(Family::kPeriods)).ok());
    EXPECT_TRUE(database->db()->DropColumnFamily(database->family(Family::kAnnexes)).ok());
    rocksdb::WriteBatch batch;
    batch.Delete(database->family(Family::kMeta), ToSlice(kPeriodsKey));
    batch.Delete(database->family(Family::kMeta), ToSlice(kStatedKey));
    batch.DeleteRange(database->family(Family::kCatalogue), StatedRecordKey(0, 0),
                      std::string(1, kStatedTag + 1));
    EXPECT_TRUE(database->Write(&batch, true).ok());
  }
  void ExpectDamageFound() {
    const std::unique_ptr<Store> store = Open();
    EXPECT_EQ(DetailsOf(store->VerifyAll()).reason, Reason::kCorruption) << store->VerifyAll();
  }

  support::TemporaryDirectory directory_;
  RocksOptions options_;
  support::Lines before_;
};

TEST_F(PeriodIndex, IsMadeForStoresThatHaveNone) {
  MakeOld();
  std::vector<std::string> said;
  options_.log = [&said](RocksOptions::LogLevel, std::string_view text) { said.emplace_back(text); };
  const std::unique_ptr<Store> store = Open();
  ASSERT_EQ(said.size(), 1u);
  EXPECT_NE(said[0].find("the index of periods is being made"), std::string::npos) << said[0];
  EXPECT_EQ(Answers(*store), before_);
  EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
  EXPECT_GT(before_.size(), 1'000u);
}

TEST_F(PeriodIndex, IsMadeOnce) {
  MakeOld();
  Open();
  std::vector<std::string> said;
  options_.log = [&said](RocksOptions::LogLevel, std::string_view text) { said.emplace_back(text); };
  EXPECT_EQ(Answers(*Open()), before_);
  EXPECT_TRUE(said.empty()) << said[0];
}

// A disk that has no room for the index: slow answers, but right ones.
TEST_F(PeriodIndex, IsDoneWithoutWhereItCannotBeMade) {
  MakeOld();
  options_.free_disk_bytes = [] { return std::uint64_t{0}; };
  {
    const std::unique_ptr<Store> store = Open();
    EXPECT_EQ(Answers(*store), before_);
    EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
  }
  options_.free_disk_bytes = nullptr;
  const std::unique_ptr<Store> store = Open();
  EXPECT_EQ(Answers(*store), before_);
  EXPECT_TRUE(store->VerifyAll().ok()) << store->VerifyAll();
}

TEST_F(PeriodIndex, ALostRecordIsFound) {
  {
    const auto database = OpenDatabase();
    rocksdb::WriteBatch batch;
    batch.Delete(database->family(Family::kPeriods), First(*database).first);
    EXPECT_TRUE(database->Write(&batch, true).ok());
  }
  ExpectDamageFound();
}

TEST_F(PeriodIndex, ARecordThatSaysLessIsFound) {
  {
    const auto database = OpenDatabase();
    PeriodRecord record = First(*database).second;
    record.stated.sections <<= 1;
    Put(*database, record);
  }
  ExpectDamageFound();
}

TEST_F(PeriodIndex, ARecordTooManyIsFoundAndNeverServed) {
  {
    const auto database = OpenDatabase();
    PeriodRecord record = First(*database).second;
    record.stated.year = 1999;
    record.stated.periods = {Period::FromValid(Month::FromIndex(1999 * 12), 1)};
    Put(*database, record);
  }
  ExpectDamageFound();
  std::vector<PeriodSlice> slices;
  const std::unique_ptr<Store> store = Open();
  int refused = 0;
  for (const char* dataset : kDatasets) {
    const absl::Status status = store->ReadSlices(dataset, {}, {Instant::Max(), store->head()}, &slices);
    if (!status.ok()) {
      EXPECT_EQ(DetailsOf(status).reason, Reason::kCorruption) << status;
      ++refused;
    }
  }
  EXPECT_EQ(refused, 1);
}

TEST_F(PeriodIndex, ARecordUnderTheWrongKeyIsFound) {
  {
    const auto database = OpenDatabase();
    const std::string key = First(*database).first;
    rocksdb::PinnableSlice value;
    EXPECT_TRUE(*database->Get(Family::kPeriods, key, &value));
    std::string other = key;
    other.back() ^= 1;
    rocksdb::WriteBatch batch;
    batch.Put(database->family(Family::kPeriods), other, value);
    EXPECT_TRUE(database->Write(&batch, true).ok());
  }
  ExpectDamageFound();
}

// These bytes are on disks: a change here is a new format.
TEST(PeriodRecords, GoldenBytes) {
  const auto period = [](int year, int month, int months) {
    return Period::FromValid(Month::FromIndex(year * 12 + month - 1), months);
  };
  const PeriodRecord record{{1, 2025, 5, {period(2025, 1, 7), period(2025, 7, 1)}}, 42, 41};
  EXPECT_EQ(ToHex(std::vector<std::uint8_t>(16)), std::string(32, '0'));
  const auto hex = [](const std::string& bytes) {
    return ToHex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  };
  EXPECT_EQ(hex(PeriodRecordKey(record)), "00000001000007e9000000000000002a");
  EXPECT_EQ(hex(EncodePeriodRecord(record)), "01056006");
}

}  // namespace
}  // namespace tidewaiter::storage
