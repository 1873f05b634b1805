// Records beside the log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "storage/rocks/database.h"
#include "tests/storage/stores_under_test.h"
#include "tests/support/release_text.h"
#include "tests/support/store_text.h"

namespace tidewaiter::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AnnexesContract : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override { under_test_ = GetParam().make(); }
  Store& store() { return under_test_->store(); }

  absl::Status Put(const std::string& table, const std::vector<AnnexRecord>& records) {
    return store().PutAnnexes(table, records);
  }
  std::string Get(const std::string& table, const std::string& key) {
    const auto value = store().GetAnnex(table, key);
    if (!value.ok()) return absl::StrCat("error ", value.status().ToString());
    return value->value_or("(none)");
  }
  std::vector<std::string> Scan(const std::string& table, const std::string& prefix = "",
                                const std::string& after = "", std::size_t limit = 1000) {
    const auto records = store().ScanAnnexes(table, prefix, after, limit);
    EXPECT_TRUE(records.ok()) << records.status();
    std::vector<std::string> lines;
    for (const AnnexRecord& r : *records)
      lines.push_back(absl::StrCat(r.key, "=", r.value.value_or("(none)")));
    return lines;
  }

  std::unique_ptr<StoreUnderTest> under_test_;
};

INSTANTIATE_TEST_SUITE_P(Stores, AnnexesContract, ::testing::ValuesIn(AllStores()),
                         [](const auto& info) { return info.param.name; });

TEST_P(AnnexesContract, ARecordIsWhatWasPutLast) {
  EXPECT_EQ(Get("findings", "a"), "(none)");
  ASSERT_TRUE(Put("findings", {{"a", "1"}, {"b", ""}, {"a", "2"}}).ok());
  EXPECT_EQ(Get("findings", "a"), "2");
  EXPECT_EQ(Get("findings", "b"), "");
  ASSERT_TRUE(Put("findings", {{"a", "3"}, {"b", std::nullopt}, {"c", std::nullopt}}).ok());
  EXPECT_EQ(Get("findings", "a"), "3");
  EXPECT_EQ(Get("findings", "b"), "(none)");
  ASSERT_TRUE(Put("findings", {}).ok());
  EXPECT_THAT(Scan("findings"), ElementsAre("a=3"));
}

TEST_P(AnnexesContract, TablesAreApart) {
  ASSERT_TRUE(Put("a", {{"bc", "1"}}).ok());
  ASSERT_TRUE(Put("ab", {{"c", "2"}}).ok());
  EXPECT_EQ(Get("a", "c"), "(none)");
  EXPECT_THAT(Scan("a"), ElementsAre("bc=1"));
  EXPECT_THAT(Scan("ab"), ElementsAre("c=2"));
  EXPECT_THAT(Scan("b"), IsEmpty());
}

TEST_P(AnnexesContract, AScanGoesOnAfterAKey) {
  ASSERT_TRUE(Put("groups", {{"eu", "0"}, {"eu.2", "2"}, {"eu.1", "1"}, {"ez", "3"}, {"a", "4"}}).ok());
  EXPECT_THAT(Scan("groups"), ElementsAre("a=4", "eu=0", "eu.1=1", "eu.2=2", "ez=3"));
  EXPECT_THAT(Scan("groups", "eu"), ElementsAre("eu=0", "eu.1=1", "eu.2=2"));
  EXPECT_THAT(Scan("groups", "eu", "", 2), ElementsAre("eu=0", "eu.1=1"));
  EXPECT_THAT(Scan("groups", "eu", "eu.1", 2), ElementsAre("eu.2=2"));
  EXPECT_THAT(Scan("groups", "eu", "a"), SizeIs(3));
  EXPECT_THAT(Scan("groups", "eu", "eu.2"), IsEmpty());
  EXPECT_THAT(Scan("groups", "eu", "zz"), IsEmpty());
  EXPECT_THAT(Scan("groups", "", "eu"), ElementsAre("eu.1=1", "eu.2=2", "ez=3"));
  EXPECT_THAT(Scan("groups", "", "", 0), IsEmpty());
}

// 0xff and 0x00 are bytes like others, and sort as unsigned ones do.
TEST_P(AnnexesContract, KeysAreBytes) {
  const std::string high("\xff\xff"), zero("\0", 1), low("\x01");
  ASSERT_TRUE(Put("t", {{high, "h"}, {zero, "z"}, {low, std::string("\0v", 2)}}).ok());
  EXPECT_THAT(Scan("t"), ElementsAre(zero + "=z", low + "=" + std::string("\0v", 2), high + "=h"));
  EXPECT_THAT(Scan("t", "\xff"), ElementsAre(high + "=h"));
  EXPECT_THAT(Scan("t", "", zero, 1), SizeIs(1));
}

TEST_P(AnnexesContract, WhatIsWrongIsNamedAndNothingIsPut) {
  const std::string long_key(limits::kMaxAnnexKeyBytes + 1, 'k');
  const absl::Status status = Put(
      "t",
      {{"good", "1"}, {long_key, "2"}, {"", "3"}, {"v", std::string(limits::kMaxAnnexValueBytes + 1, 'v')}});
  std::vector<std::string> fields;
  for (const FieldViolation& violation : DetailsOf(status).violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("records[1].key", "records[2].key", "records[3].value"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Scan("t"), IsEmpty());
  for (const std::string& table : {std::string(), std::string(limits::kMaxAnnexTableBytes + 1, 't')}) {
    for (const absl::Status& refused : {Put(table, {{"a", "1"}}), store().GetAnnex(table, "a").status(),
                                        store().ScanAnnexes(table, "", "", 1).status()}) {
      ASSERT_THAT(DetailsOf(refused).violations, SizeIs(1)) << refused;
      EXPECT_EQ(DetailsOf(refused).violations[0].field, "table");
    }
  }
}

TEST_P(AnnexesContract, TheLargestIsKept) {
  const std::string key(limits::kMaxAnnexKeyBytes, 'k'), value(limits::kMaxAnnexValueBytes, 'v');
  const std::string table(limits::kMaxAnnexTableBytes, 't');
  ASSERT_TRUE(Put(table, {{key, value}}).ok());
  EXPECT_EQ(Get(table, key), value);
}

// Twenty records of a mebibyte: too many to be put at once, and to be read at once.
TEST_P(AnnexesContract, MuchIsPutAndReadInParts) {
  std::vector<AnnexRecord> records;
  for (int i = 10; i < 30; ++i)
    records.push_back({absl::StrCat(i), std::string(limits::kMaxAnnexValueBytes, 'v')});
  EXPECT_EQ(DetailsOf(Put("t", records)).reason, Reason::kLimitExceeded);
  EXPECT_THAT(Scan("t"), IsEmpty());
  for (const AnnexRecord& record : records) ASSERT_TRUE(Put("t", {record}).ok());
  std::vector<std::string> keys;
  std::size_t scans = 0;
  for (std::string after; scans < 9; ++scans) {
    const auto part = store().ScanAnnexes("t", "", after, 1000);
    ASSERT_TRUE(part.ok());
    if (part->empty()) break;
    ASSERT_LE(part->size(), 16u);
    for (const AnnexRecord& record : *part) keys.push_back(record.key);
    after = keys.back();
  }
  EXPECT_EQ(scans, 2u);
  ASSERT_EQ(keys.size(), records.size());
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(keys[i], records[i].key);
}

TEST_P(AnnexesContract, TheLogKnowsNothingOfThem) {
  ASSERT_TRUE(store().PutDataset(support::MakeDataset("TRADE", "reporter partner flow")).ok());
  ASSERT_TRUE(support::Push(store(), "release GACC r1 2025-08-07\nmerge TRADE\nCN.RU.X 2025-07 6.1\n").ok());
  const support::Lines entries = support::Entries(store());
  ASSERT_TRUE(Put("findings", {{"TRADE/1", "implied revision"}}).ok());
  EXPECT_EQ(support::Entries(store()), entries);
  EXPECT_EQ(store().head(), 1u);
  EXPECT_TRUE(store().VerifyAll().ok()) << store().VerifyAll();
}

// Random puts beside a map, with restarts.
TEST_P(AnnexesContract, AnswersAsAMapDoes) {
  const std::uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto key = [&random] { return std::string(1 + random() % 3, static_cast<char>('a' + random() % 3)); };
  std::map<std::string, std::map<std::string, std::string>> model;
  for (int step = 0; step < 300; ++step) {
    const std::string table = random() % 2 ? "a" : "aa";
    std::vector<AnnexRecord> records(random() % 4);
    for (AnnexRecord& record : records) {
      record.key = key();
      if (random() % 3) record.value = absl::StrCat(step);
      model[table].erase(record.key);
      if (record.value) model[table][record.key] = *record.value;
    }
    ASSERT_TRUE(Put(table, records).ok());
    if (under_test_->durable() && random() % 50 == 0) under_test_->Reopen();
    const std::string prefix = random() % 2 ? "" : key(), after = random() % 2 ? "" : key();
    const std::size_t limit = random() % 10;
    std::vector<std::string> expected;
    for (const auto& [k, v] : model[table]) {
      if (k.starts_with(prefix) && k > after && expected.size() < limit)
        expected.push_back(absl::StrCat(k, "=", v));
    }
    ASSERT_EQ(Scan(table, prefix, after, limit), expected);
    const std::string one = key();
    ASSERT_EQ(Get(table, one), model[table].contains(one) ? model[table][one] : "(none)");
  }
  EXPECT_TRUE(store().VerifyAll().ok());
}

// ---- On disk

class AnnexesOnDisk : public ::testing::Test {
 protected:
  AnnexesOnDisk() {
    options_.directory = directory_.path() + "/store";
    options_.disk_reserve_bytes = 1u << 20;
    EXPECT_TRUE(Open()->PutAnnexes("findings", std::vector<AnnexRecord>{{"a", "1"}, {"b", "2"}}).ok());
  }
  std::unique_ptr<Store> Open() { return *OpenRocksStore(options_); }
  void Write(const std::string& key, const std::string& value) {
    const auto database = Database::Open(options_);
    rocksdb::WriteBatch batch;
    batch.Put((*database)->family(Family::kAnnexes), key, value);
    ASSERT_TRUE((*database)->Write(&batch, true).ok());
  }
  std::string Raw(const std::string& key) {
    const auto database = Database::Open(options_);
    rocksdb::PinnableSlice value;
    EXPECT_TRUE(*(*database)->Get(Family::kAnnexes, key, &value));
    return value.ToString();
  }

  support::TemporaryDirectory directory_;
  RocksOptions options_;
};

TEST_F(AnnexesOnDisk, DamageIsFoundAndNeverServed) {
  std::string value =
      Raw("\x08"
          "findingsa");
  value[0] ^= 1;
  Write(
      "\x08"
      "findingsa",
      value);
  const auto store = Open();
  EXPECT_EQ(DetailsOf(store->GetAnnex("findings", "a").status()).reason, Reason::kCorruption);
  EXPECT_EQ(DetailsOf(store->ScanAnnexes("findings", "", "", 9).status()).reason, Reason::kCorruption);
  EXPECT_EQ(**store->GetAnnex("findings", "b"), "2");
  EXPECT_EQ(DetailsOf(store->VerifyAll()).reason, Reason::kCorruption);
}

TEST_F(AnnexesOnDisk, ARecordUnderTheWrongKeyIsDamage) {
  Write(
      "\x08"
      "findingsb",
      Raw("\x08"
          "findingsa"));
  const auto store = Open();
  EXPECT_EQ(DetailsOf(store->GetAnnex("findings", "b").status()).reason, Reason::kCorruption);
  EXPECT_EQ(DetailsOf(store->VerifyAll()).reason, Reason::kCorruption);
}

TEST_F(AnnexesOnDisk, AKeyOfNoTableIsDamage) {
  Write(
      "\x7f"
      "x",
      Raw("\x08"
          "findingsa"));
  EXPECT_EQ(DetailsOf(Open()->VerifyAll()).reason, Reason::kCorruption);
}

TEST_F(AnnexesOnDisk, AFullDiskRefusesThem) {
  options_.free_disk_bytes = [] { return std::uint64_t{0}; };
  const auto store = Open();
  EXPECT_EQ(DetailsOf(store->PutAnnexes("findings", std::vector<AnnexRecord>{{"c", "3"}})).reason,
            Reason::kDiskReserve);
  EXPECT_EQ(**store->GetAnnex("findings", "a"), "1");
}

}  // namespace
}  // namespace tidewaiter::storage
