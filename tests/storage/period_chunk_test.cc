#include "storage/rocks/period_chunk.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/cell_codec.h"
#include "storage/rocks/chunk_codec.h"
#include "tests/storage/random_parts.h"

namespace tidewaiter::storage {
namespace {

using Cell = SeriesStatements::Cell;
using Generator = RandomParts;

std::string Encode(const ReleasePart& part) {
  std::string out;
  EncodeByPeriod(part, &out);
  return out;
}
// From a copy of exactly that size, so that a sanitizer sees a read beyond it.
bool Decode(std::string_view bytes, ReleasePart* part) {
  const std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  ByteReader reader(std::string_view(copy.get(), bytes.size()));
  *part = DecodeByPeriod(&reader);
  return reader.ok();
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const unsigned char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    if (!hex.empty()) hex += ' ';
    hex += kDigits[c >> 4];
    hex += kDigits[c & 15];
  }
  return hex;
}

// These bytes are on disks: a change here is a new format.
//
//            2025-06   2025-07   2025-01/P7M
//   series 3           74.30
//   series 5 1.2       9         (suppressed)
//   series 4 (section 1)         -3, status P, source 300
TEST(PeriodChunk, GoldenBytes) {
  Cell suppressed = Value(2025, 1, 7, 0, 0);
  suppressed.datum = Datum::Absent(Absence::kSuppressed);
  Cell provisional = Value(2025, 1, 7, -3, 0);
  provisional.attributes.status = 'P';
  provisional.source = 300;
  const ReleasePart part = {{0, SeriesId{3}, {Value(2025, 7, 1, 7430, 2)}},
                            {0, SeriesId{5}, {suppressed, Value(2025, 6, 1, 12, 1), Value(2025, 7, 1, 9, 0)}},
                            {1, SeriesId{4}, {provisional}}};
  const std::string bytes = Encode(part);
  EXPECT_EQ(Hex(bytes),
            "03 0d 00 08 03 01 03 d8 04 06 01 0d 0a 00 00 05 02 00 01 09 "
            "aa 01 00 00 03 00 41 50 00 ac 02 10 05 "
            "00 01 01 01 0c "
            "01 00 00 02 00 12 06 09 1d");
  ReleasePart decoded;
  ASSERT_TRUE(Decode(bytes, &decoded));
  EXPECT_TRUE(Same(decoded, part));
}

TEST(PeriodChunk, RoundTrip) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  for (int round = 0; round < 3'000; ++round) {
    const ReleasePart part = generator.Next();
    ReleasePart decoded;
    ASSERT_TRUE(Decode(Encode(part), &decoded)) << "round " << round;
    ASSERT_TRUE(Same(decoded, part)) << "round " << round;
  }
}

TEST(PeriodChunk, TruncationAndMoreBytesAreDetected) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  ReleasePart decoded;
  for (int round = 0; round < 100; ++round) {
    const std::string bytes = Encode(generator.Next());
    for (std::size_t size = 0; size < std::min<std::size_t>(bytes.size(), 2'000); ++size) {
      ASSERT_FALSE(Decode(std::string_view(bytes).substr(0, size), &decoded))
          << "round " << round << ": " << size;
    }
    ASSERT_FALSE(Decode(bytes + '\0', &decoded)) << "round " << round;
  }
}

bool IsSound(const ReleasePart& part) {
  return std::all_of(part.begin(), part.end(), [](const SeriesStatements& group) {
    return !group.cells.empty() &&
           std::is_sorted(group.cells.begin(), group.cells.end(),
                          [](const Cell& a, const Cell& b) { return a.period <= b.period; });
  });
}

TEST(PeriodChunk, DamagedAndRandomBytesAreHarmless) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  ReleasePart decoded;
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes = Encode(generator.Next());
    for (int flips = 1 + generator.Below(3); flips > 0; --flips) {
      bytes[static_cast<std::size_t>(generator.Below(static_cast<int>(bytes.size())))] ^=
          static_cast<char>(1 << generator.Below(8));
    }
    ASSERT_TRUE(!Decode(bytes, &decoded) || IsSound(decoded)) << Hex(bytes);
  }
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes(static_cast<std::size_t>(generator.Below(40)), '\0');
    for (char& c : bytes) c = static_cast<char>(generator.Below(generator.Chance(4) ? 256 : 5));
    ASSERT_TRUE(!Decode(bytes, &decoded) || IsSound(decoded)) << Hex(bytes);
  }
}

// ---- Which form a chunk takes

std::string BuildChunk(const ReleasePart& part) {
  ChunkBuilder builder;
  for (const SeriesStatements& group : part) {
    std::vector<CodedCell> cells;
    for (const Cell& c : group.cells) cells.push_back({c.period, c.datum, c.attributes, c.source, c.note});
    std::string encoded;
    EncodeCells(cells, &encoded);
    builder.Add(group.section, group.series, encoded, cells);
  }
  return builder.Take();
}

// `series` series that each state `months` months.
ReleasePart Table(std::uint32_t series, int months) {
  ReleasePart part;
  for (std::uint32_t s = 1; s <= series; ++s) {
    SeriesStatements& group = part.emplace_back();
    group.series = SeriesId{s};
    for (int m = 1; m <= months; ++m)
      group.cells.push_back(Value(2020, m, 1, 100 * s + static_cast<unsigned>(m), 2));
  }
  return part;
}

void ExpectForm(const ReleasePart& part, char form) {
  const std::string chunk = BuildChunk(part);
  EXPECT_EQ(chunk[0], form);
  const auto decoded = DecodeChunk(chunk);
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(Same(*decoded, part));
}

TEST(Chunk, FewFullPeriodsAreKeptByPeriod) { ExpectForm(Table(200, 3), 1); }
TEST(Chunk, SmallReleasesAreKeptBySeries) { ExpectForm(Table(20, 3), 0); }
TEST(Chunk, LongHistoriesOfFewSeriesAreKeptBySeries) { ExpectForm(Table(3, 300), 0); }
TEST(Chunk, UnknownFormIsCorruption) { EXPECT_FALSE(DecodeChunk("\x02").ok()); }

TEST(Chunk, RoundTripOfEitherForm) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  for (int round = 0; round < 1'000; ++round) {
    const ReleasePart part = generator.Next();
    const auto decoded = DecodeChunk(BuildChunk(part));
    ASSERT_TRUE(decoded.ok()) << "round " << round;
    ASSERT_TRUE(Same(*decoded, part)) << "round " << round;
  }
}

}  // namespace
}  // namespace tidewaiter::storage
