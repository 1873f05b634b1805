// Records, keys and tokens: what was written is read, and nothing else is taken for it.

#include "storage/rocks/records.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "storage/rocks/coding.h"
#include "storage/rocks/keys.h"
#include "storage/rocks/operand.h"

namespace tidewaiter::storage {
namespace {

TEST(Coding, IntegersComeBack) {
  std::string bytes;
  const std::vector<std::uint64_t> values = {0, 1, 127, 128, 16383, 16384, 1ull << 32, ~0ull};
  for (const std::uint64_t value : values) {
    PutVarint(&bytes, value);
    PutSigned(&bytes, static_cast<std::int64_t>(value));
    PutSigned(&bytes, -static_cast<std::int64_t>(value >> 1));
  }
  ByteReader reader(bytes);
  for (const std::uint64_t value : values) {
    EXPECT_EQ(reader.Varint(), value);
    EXPECT_EQ(reader.Signed(), static_cast<std::int64_t>(value));
    EXPECT_EQ(reader.Signed(), -static_cast<std::int64_t>(value >> 1));
  }
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(Coding, ReadsNothingBeyondTheEnd) {
  for (const std::string& bytes : {std::string(), std::string("\x80"), std::string(11, '\xff')}) {
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.Text(), "");
  }
  ByteReader reader(
      "\x05"
      "abc");
  EXPECT_EQ(reader.Text(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Coding, ASealHoldsTheRecordAndItsKey) {
  std::string record = "record";
  Seal("key", &record);
  EXPECT_EQ(*Unseal("it", "key", record), "record");
  EXPECT_FALSE(Unseal("it", "kez", record).ok());
  EXPECT_FALSE(Unseal("it", "key", "short").ok());
  for (std::size_t bit = 0; bit < 8 * record.size(); ++bit) {
    std::string damaged = record;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const absl::Status status = Unseal("it", "key", damaged).status();
    EXPECT_EQ(DetailsOf(status).reason, Reason::kCorruption) << bit;
  }
}

TEST(Keys, SeriesSortCodeByCode) {
  const std::vector<std::string> keys = {"A.Z", "A-.A", "A$.B", "AB.A", "A.A.A",
                                         "a.A", "A0.A", "A_.A", "A@.A"};
  for (const std::string& a : keys) {
    for (const std::string& b : keys) {
      EXPECT_EQ(SeriesNameKey(1, a) < SeriesNameKey(1, b), CompareSeriesKeys(a, b) < 0) << a << " " << b;
    }
    EXPECT_EQ(SeriesTextOf(SeriesNameKey(7, a)), a);
  }
}

StoredEntry FullEntry() {
  StoredEntry stored;
  LogEntry& entry = stored.entry;
  entry.sequence = 300;
  entry.header = {"GACC",
                  "2025-07",
                  PublishedAt::OnDay(absl::CivilDay(2025, 8, 7), absl::UTCTimeZone()),
                  "flash",
                  ReleaseKind::kCorrection,
                  "July"};
  const PeriodRange range{*Month::Parse("2025-01"), std::nullopt};
  entry.sections = {{{"TRADE", Action::kMerge, std::nullopt}, 1, 70000},
                    {{"FISH", Action::kReplace, Scope{*Selector::Parse("CN.RU+BY."), range}}, 4, 0}};
  for (std::uint8_t i = 0; i < 32; ++i) entry.digest[i] = entry.chain[31 - i] = i;
  entry.accepted_at = Instant::FromMicros(-5);
  entry.parts = 3;
  stored.begin_position = 1000;
  stored.datasets = {1, 9};
  stored.chunk_positions = {1001, 1002, 1700};
  return stored;
}

TEST(Records, AnEntryComesBack) {
  const StoredEntry stored = FullEntry();
  const std::string record = EncodeEntry(stored, "");
  const absl::StatusOr<ReleaseRecord> read = DecodeEntry(record);
  ASSERT_TRUE(read.ok()) << read.status();
  const LogEntry& entry = read->stored.entry;
  EXPECT_EQ(entry.sequence, stored.entry.sequence);
  EXPECT_EQ(entry.header, stored.entry.header);
  ASSERT_EQ(entry.sections.size(), 2u);
  EXPECT_EQ(entry.sections[0].observations, 70000u);
  EXPECT_EQ(entry.sections[1].header, stored.entry.sections[1].header);
  EXPECT_EQ(entry.sections[1].dataset_version, 4u);
  EXPECT_EQ(entry.digest, stored.entry.digest);
  EXPECT_EQ(entry.chain, stored.entry.chain);
  EXPECT_EQ(entry.accepted_at, stored.entry.accepted_at);
  EXPECT_EQ(read->stored.begin_position, stored.begin_position);
  EXPECT_EQ(read->stored.datasets, stored.datasets);
  EXPECT_EQ(read->stored.chunk_positions, stored.chunk_positions);
  EXPECT_EQ(read->chunk, "");
}

TEST(Records, AChunkMayStandInTheEntry) {
  StoredEntry stored = FullEntry();
  stored.entry.parts = 1;
  stored.chunk_positions.clear();
  const std::string record = EncodeEntry(stored, "the chunk");
  const absl::StatusOr<ReleaseRecord> read = DecodeEntry(record);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->chunk, "the chunk");
  EXPECT_TRUE(read->stored.chunk_positions.empty());
}

// Every kind of record, and the function that reads it.
struct Sample {
  std::string bytes;
  std::function<bool(std::string_view)> decodes;
};

std::vector<Sample> Samples() {
  DatasetRecord dataset{3,
                        {{"TRADE",
                          {{"reporter", Role::kReporter}, {"x", Role::kOther}},
                          "GACC",
                          "Asia/Shanghai",
                          4,
                          "Trade",
                          "of goods",
                          "OLD"},
                         2}};
  const std::vector<Name> names = {{Name::Kind::kSeries, 7, 3, "CN.X"},
                                   {Name::Kind::kText, 300, 0, "page 7"}};
  IndexRecord index{700, 690, Instant::FromMicros(1), 0, 12, true, {1, 2}};
  return {{EncodeEntry(FullEntry(), ""), [](std::string_view b) { return DecodeEntry(b).ok(); }},
          {EncodeDataset(dataset), [](std::string_view b) { return DecodeDataset(b).ok(); }},
          {EncodeNames(names), [](std::string_view b) { return DecodeNames(b).ok(); }},
          {EncodeChunkRecord({5, 6, "chunk"}), [](std::string_view b) { return DecodeChunkRecord(b).ok(); }},
          {EncodeIndex(index), [](std::string_view b) { return DecodeIndex(b).ok(); }}};
}

TEST(Records, AnyBytesAreReadOrRefused) {
  std::random_device device;
  const std::uint32_t seed = device();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  for (const Sample& sample : Samples()) {
    EXPECT_TRUE(sample.decodes(sample.bytes));
    for (std::size_t size = 0; size < sample.bytes.size(); ++size)
      sample.decodes(sample.bytes.substr(0, size));
    for (int i = 0; i < 20000; ++i) {
      std::string bytes = sample.bytes;
      for (int flips = 1 + static_cast<int>(random() % 3); flips > 0; --flips) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
      sample.decodes(bytes);
    }
  }
}

TEST(Operands, ComeBackInOrder) {
  std::string bytes;
  for (int i = 1; i <= 3; ++i) {
    const std::string cells(i * 100, 'c');
    PutOperandHeader(&bytes, 1000u * i, i, cells.size());
    bytes += cells;
  }
  OperandReader reader(bytes);
  Operand operand;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    ASSERT_TRUE(reader.Next(&operand));
    EXPECT_EQ(operand.begin_position, 1000u * i);
    EXPECT_EQ(operand.section, i);
    EXPECT_EQ(operand.cells.size(), 100u * i);
  }
  EXPECT_FALSE(reader.Next(&operand));
  EXPECT_TRUE(reader.ok());
  OperandReader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
  while (cut.Next(&operand)) {
  }
  EXPECT_FALSE(cut.ok());
}

ResumePoint SomePoint() {
  ResumePoint point;
  for (std::uint8_t i = 0; i < 16; ++i) point.log[i] = static_cast<std::uint8_t>(0xF0 + i);
  point.sequence = 4'000'000'000;
  point.chain = {1, 2, 3, 4, 5, 6, 7, 255};
  return point;
}

TEST(Token, ComesBackAndFitsAUrl) {
  const std::string token = EncodeToken(SomePoint());
  EXPECT_EQ(*DecodeToken(token), SomePoint());
  EXPECT_EQ(token.size(), 44u);
  EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            token.npos);
}

TEST(Token, DamageIsMalformed) {
  const std::string token = EncodeToken(SomePoint());
  std::vector<std::string> damaged = {"", "x", token + "A", token.substr(1), absl::StrCat(" ", token.substr(1))};
  for (std::size_t i = 0; i < token.size(); ++i) {
    damaged.push_back(token);
    damaged.back()[i] = token[i] == 'A' ? 'B' : 'A';
  }
  for (const std::string& text : damaged) {
    const absl::Status status = DecodeToken(text).status();
    EXPECT_EQ(DetailsOf(status).reason, Reason::kMalformedToken) << text;
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
}

// Tokens outlive programs: these bytes may never change their meaning.
TEST(Token, IsGolden) { EXPECT_EQ(EncodeToken(SomePoint()), "AfDx8vP09fb3-Pn6-_z9_v_uaygAAQIDBAUGB_92mrZs"); }

}  // namespace
}  // namespace tidewaiter::storage
