#include "storage/rocks/period_columns.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "storage/rocks/period_chunk.h"
#include "tests/storage/random_parts.h"

namespace tidewaiter::storage {
namespace {

using Cell = SeriesStatements::Cell;

// A reader of exactly these bytes, so that a sanitizer sees a read beyond them.
class Opened {
 public:
  explicit Opened(std::string_view bytes) : bytes_(new char[bytes.size()]) {
    std::memcpy(bytes_.get(), bytes.data(), bytes.size());
    ok_ = reader_.Open({bytes_.get(), bytes.size()});
  }
  bool ok() const { return ok_; }
  PeriodColumnsReader& reader() { return reader_; }
  // The numbers of the groups stand for them.
  std::vector<std::uint32_t> Numbers() const {
    std::vector<std::uint32_t> numbers(reader_.groups());
    std::iota(numbers.begin(), numbers.end(), 0u);
    return numbers;
  }

 private:
  const std::unique_ptr<char[]> bytes_;
  PeriodColumnsReader reader_;
  bool ok_ = false;
};

struct Row {
  std::uint32_t group;
  Datum datum;
  Attributes attributes;
  friend bool operator==(const Row&, const Row&) = default;
};

std::vector<Row> RowsOf(const PeriodColumns& columns) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < columns.places.size(); ++i) {
    const CellForm form = columns.forms.empty() ? columns.form : columns.forms[i];
    const absl::int128 coefficient = form.is_wide()
                                         ? columns.wide.at(static_cast<std::size_t>(columns.coefficients[i]))
                                         : absl::int128(columns.coefficients[i]);
    rows.push_back({columns.places[i], form.DatumOf(coefficient), form.attributes()});
  }
  return rows;
}

std::map<Period, std::vector<Row>> ByPeriod(const ReleasePart& part) {
  std::map<Period, std::vector<Row>> rows;
  for (std::uint32_t g = 0; g < part.size(); ++g) {
    for (const Cell& cell : part[g].cells) rows[cell.period].push_back({g, cell.datum, cell.attributes});
  }
  return rows;
}

std::string Encode(const ReleasePart& part) {
  std::string bytes;
  EncodeByPeriod(part, &bytes);
  return bytes;
}

void ExpectColumns(const ReleasePart& part) {
  Opened opened(Encode(part));
  ASSERT_TRUE(opened.ok());
  std::size_t group = 0;
  for (const PeriodColumnsReader::Run& run : opened.reader().runs()) {
    for (std::uint32_t i = 0; i < run.groups; ++i, ++group) {
      ASSERT_EQ(static_cast<std::uint32_t>(part[group].series), run.series + i);
      ASSERT_EQ(part[group].section, run.section);
    }
  }
  ASSERT_EQ(group, part.size());
  PeriodColumns columns;
  for (const auto& [period, rows] : ByPeriod(part)) {
    ASSERT_TRUE(opened.reader().Read(period, opened.Numbers(), &columns)) << period.ToString();
    ASSERT_EQ(RowsOf(columns), rows) << period.ToString();
  }
  const Period elsewhere = Period::FromValid(Month::FromIndex(1599 * 12), 1);
  EXPECT_FALSE(opened.reader().Read(elsewhere, opened.Numbers(), &columns));
}

TEST(PeriodColumns, AreWhatThePartStates) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomParts generator(seed);
  for (int round = 0; round < 3'000 && !testing::Test::HasFatalFailure(); ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    ExpectColumns(generator.Next());
  }
}

// Tables whose groups and cells come eight at a time: of every width of coefficients, with and without gaps.
TEST(PeriodColumns, OfTablesAreWhatThePartStates) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 400 && !testing::Test::HasFatalFailure(); ++round) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    const int max_bits = 1 + static_cast<int>(random() % 72), one_in = 1 + static_cast<int>(random() % 4);
    const bool is_signed = random() % 2;
    ReleasePart part;
    std::uint32_t series = 0, section = 0;
    for (int g = 0; g < 200; ++g) {
      series += random() % 40 ? 1 : 1 + static_cast<std::uint32_t>(random() % 500);
      if (random() % 90 == 0) ++section;
      SeriesStatements group{section, SeriesId{series}, {}};
      for (int month = 1; month <= 3; ++month) {
        if (month < 3 && random() % static_cast<unsigned>(one_in) != 0) continue;
        absl::int128 coefficient = random();
        coefficient = (coefficient << 64 | absl::int128(random() >> 1)) >>
                      (126 - random() % static_cast<unsigned>(max_bits));
        if (coefficient < 0) coefficient = -coefficient;
        if (is_signed && random() % 2) coefficient = -coefficient;
        group.cells.push_back(Value(2025, month, 1, coefficient, 2));
      }
      part.push_back(group);
    }
    ExpectColumns(part);
  }
}

// Whatever the bytes: what can be decoded as a whole is decoded alike or refused, what cannot is harmless.
TEST(PeriodColumns, OfDamagedBytesAreHarmless) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  RandomParts generator(seed);
  int alike = 0;
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes = Encode(generator.Next());
    for (int flips = 1 + generator.Below(3); flips > 0; --flips) {
      bytes[static_cast<std::size_t>(generator.Below(static_cast<int>(bytes.size())))] ^=
          static_cast<char>(1 << generator.Below(8));
    }
    ByteReader whole(bytes);
    const ReleasePart part = DecodeByPeriod(&whole);
    Opened opened(bytes);
    PeriodColumns columns;
    if (whole.ok()) {
      ASSERT_TRUE(opened.ok());
      for (const auto& [period, rows] : ByPeriod(part)) {
        if (!opened.reader().Read(period, opened.Numbers(), &columns)) continue;
        ASSERT_EQ(RowsOf(columns), rows) << "round " << round;
        ++alike;
      }
    } else if (opened.ok()) {
      for (int month = 2020 * 12; month < 2022 * 12; ++month) {
        opened.reader().Read(Period::FromValid(Month::FromIndex(month), 1), opened.Numbers(), &columns);
      }
    }
  }
  EXPECT_GT(alike, 100);
}

}  // namespace
}  // namespace tidewaiter::storage
