#include "storage/rocks/cell_codec.h"

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "domain/decimal.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidewaiter::storage {
namespace {

using Cells = std::vector<CodedCell>;

std::string Encode(const Cells& cells) {
  std::string out;
  EncodeCells(cells, &out);
  return out;
}

// Decodes from a copy of exactly that size, so that a sanitizer sees a read beyond it.
struct Decoded {
  Cells cells;
  bool ok;
  std::size_t left;
};
Decoded Decode(std::string_view bytes, std::size_t at_most = 1'000'000) {
  const std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  std::string_view input(copy.get(), bytes.size());
  Decoded decoded;
  CellReader reader(&input);
  CodedCell cell;
  while (decoded.cells.size() < at_most && reader.Next(&cell)) decoded.cells.push_back(cell);
  decoded.ok = reader.ok();
  decoded.left = input.size();
  return decoded;
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

CodedCell Cell(int year, int month, int months, absl::int128 coefficient, int scale) {
  CodedCell cell;
  cell.period = Period::FromValid(Month::FromIndex(year * 12 + month - 1), months);
  cell.datum = Datum::Value(Decimal::FromValidParts(coefficient, scale));
  return cell;
}
CodedCell Absent(int year, int month, int months, Absence absence) {
  CodedCell cell = Cell(year, month, months, 0, 0);
  cell.datum = Datum::Absent(absence);
  return cell;
}

void ExpectGolden(const Cells& cells, const std::string& hex) {
  const std::string bytes = Encode(cells);
  EXPECT_EQ(Hex(bytes), hex);
  const Decoded decoded = Decode(bytes);
  EXPECT_TRUE(decoded.ok);
  EXPECT_EQ(decoded.left, 0u);
  EXPECT_EQ(decoded.cells, cells);
}

// These bytes are on disks: a change here is a new format.
TEST(CellCodecGolden, OneMonth) { ExpectGolden({Cell(2025, 7, 1, 7430, 2)}, "14 c1 32 06 1d"); }

TEST(CellCodecGolden, RevisionAndFirstPrint) {
  ExpectGolden({Cell(2025, 5, 1, 7001, 2), Cell(2025, 7, 1, 7430, 2)}, "14 d2 30 59 1b 01 06 1d");
}

TEST(CellCodecGolden, ContiguousMonthsOfABalance) {
  ExpectGolden({Cell(2025, 5, 1, -9014, 3), Cell(2025, 6, 1, 13390, 3)}, "76 c2 30 ca dc 4e 34");
}

TEST(CellCodecGolden, OneCumulatedFigure) {
  ExpectGolden({Cell(2025, 1, 7, 125816, 3)}, "26 e1 2c 06 78 eb 01");
}

TEST(CellCodecGolden, RunOfCumulatedFigures) {
  ExpectGolden({Cell(2025, 1, 2, 34, 0), Cell(2025, 1, 3, 53, 0), Cell(2025, 1, 4, 71, 0)},
               "00 e3 2c 01 22 35 47");
}

TEST(CellCodecGolden, TwoYearsOfCumulatedFigures) {
  Cells cells;
  for (int year : {2024, 2025}) {
    for (int months = 1; months <= 12; ++months) cells.push_back(Cell(year, 1, months, months, 0));
  }
  ExpectGolden(cells,
               "00 f0 20 08 00 01 04 09 02 03 04 05 06 07 08 09 0a 0b 0c "
               "5a 00 01 04 09 02 03 04 05 06 07 08 09 0a 0b 0c");
}

TEST(CellCodecGolden, MixedScalesCoarseStepStatusAndTexts) {
  CodedCell trillions = Cell(2024, 2, 1, 6480, 0);
  trillions.datum = Datum::ValueUnchecked(Decimal::FromValidParts(6480, 0), 1);
  trillions.attributes = {'P', 'F'};
  trillions.source = 300;
  CodedCell last = Cell(2024, 4, 1, 12, 0);
  last.attributes = {'E', 'C'};
  last.note = 5;
  ExpectGolden({Cell(2024, 1, 1, 12345, 1), trillions, Absent(2024, 3, 1, Absence::kSuppressed), last},
               "13 c4 20 00 39 30 15 80 01 50 ac 02 50 19 16 03 41 00 2f 00 00 45 43 05 0c 00");
}

TEST(CellCodecGolden, Extremes) {
  const absl::int128 largest = PowerOfTen(27) - 1;
  ExpectGolden({Cell(1600, 1, 1, -largest, 18), Cell(2999, 12, 1, largest, 18)},
               "de d2 ff 12 ff 4a 01 00 00 18 c3 7f 2f 60 c3 d1 c4 fc "
               "9e 83 01 ff ff ff e7 3c 80 d0 9f 3c 2e 3b 03");
}

TEST(CellCodec, ConsumesOnlyItsOwnBytes) {
  std::string bytes = Encode({Cell(2025, 5, 1, 7001, 2), Cell(2025, 7, 1, 7430, 2)});
  const std::size_t first = bytes.size();
  EncodeCells(Cells{Cell(2025, 8, 1, 1, 2)}, &bytes);
  const Decoded decoded = Decode(bytes);
  EXPECT_EQ(decoded.cells.size(), 2u);
  EXPECT_EQ(decoded.left, bytes.size() - first);
}

// Random cells over every feature; `seed` decides which features a block has.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Cells Next() {
    general_ = Chance(2);
    signed_ = Chance(3);
    digits_ = Chance(8) ? Below(28) : Below(12);
    scale_ = Chance(6) ? Below(19) : Below(4);
    const int count = Chance(6) ? 1 + Below(400) : 1 + Below(20);
    Cells cells;
    for (const Period& period : Periods(count)) cells.push_back(NextCell(period));
    return cells;
  }
  int Below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  bool Chance(int one_in) { return Below(one_in) == 0; }

 private:
  std::vector<Period> Periods(int count) {
    int start = Chance(8) ? 1600 * 12 + Below(1400 * 12) : 1990 * 12 + Below(40 * 12);
    int months = Chance(2) ? 1 : 1 + Below(Chance(9) ? 1200 : 12);
    const int kind = Below(5);
    std::vector<Period> periods;
    while (static_cast<int>(periods.size()) < count && months <= 1200 && start + months <= 3000 * 12) {
      periods.push_back(Period::FromValid(Month::FromIndex(start), months));
      const int step = kind == 4 ? Below(4) : kind;
      if (step == 0) ++start;
      if (step == 1) start += 1 + Below(15);
      if (step == 2) months += kind == 4 ? 1 + Below(30) : 1;
      if (step == 3) {
        start += 12;
        months = 1 + Below(12);
      }
    }
    if (periods.empty()) periods.push_back(Period());
    return periods;
  }

  CodedCell NextCell(const Period& period) {
    CodedCell cell;
    cell.period = period;
    if (general_ && Chance(10)) scale_ = Below(19);
    absl::int128 coefficient = 0;
    for (int i = 0; i < digits_; ++i) coefficient = coefficient * 10 + Below(10);
    if (signed_ && Chance(2)) coefficient = -coefficient;
    const int coarser = general_ && Chance(10) ? Below(std::min(19 + scale_, 27)) : 0;
    coefficient -= coefficient % PowerOfTen(coarser);
    cell.datum = Datum::ValueUnchecked(Decimal::FromValidParts(coefficient, scale_), coarser - scale_);
    if (!general_) return cell;
    if (Chance(8)) cell.datum = Datum::Absent(static_cast<Absence>(1 + Below(5)));
    constexpr std::string_view kStatuses = "ABDEFGHIJKLMNOPQSUVWXYZ", kConfs = "ABCDEFGIMNOPQRSTU";
    if (Chance(8)) status_ = kStatuses[static_cast<std::size_t>(Below(23))];
    if (Chance(8)) conf_ = kConfs[static_cast<std::size_t>(Below(17))];
    cell.attributes = {status_, conf_};
    if (Chance(8)) source_ = Chance(2) ? 0 : static_cast<TextId>(random_() >> Below(33));
    cell.source = source_;
    if (Chance(8)) cell.note = static_cast<TextId>(Below(1000));
    return cell;
  }

  std::mt19937_64 random_;
  bool general_ = false, signed_ = false;
  int digits_ = 0, scale_ = 0;
  char status_ = 'A', conf_ = 'F';
  TextId source_ = 0;
};

TEST(CellCodecProperty, RoundTrip) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  for (int round = 0; round < 5'000; ++round) {
    const Cells cells = generator.Next();
    const std::string tail(static_cast<std::size_t>(generator.Below(20)), '\xff');
    const Decoded decoded = Decode(Encode(cells) + tail);
    ASSERT_TRUE(decoded.ok) << "round " << round;
    ASSERT_EQ(decoded.left, tail.size()) << "round " << round;
    ASSERT_EQ(decoded.cells, cells) << "round " << round;
  }
}

// What was handed out before the end was missed is right.
TEST(CellCodecProperty, TruncationAtEveryByteIsDetected) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  for (int round = 0; round < 60; ++round) {
    const Cells cells = generator.Next();
    const std::string bytes = Encode(cells);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Decoded decoded = Decode(std::string_view(bytes).substr(0, size));
      ASSERT_FALSE(decoded.ok) << "round " << round << ", " << size << " of " << bytes.size() << " bytes";
      ASSERT_LT(decoded.cells.size(), cells.size());
      ASSERT_TRUE(std::equal(decoded.cells.begin(), decoded.cells.end(), cells.begin())) << "round " << round;
    }
  }
}

bool IsValid(const CodedCell& cell) {
  const int start = cell.period.start().index();
  if (start < 1600 * 12 || cell.period.months() < 1 || cell.period.months() > 1200) return false;
  if (start + cell.period.months() > 3000 * 12) return false;
  if (cell.attributes.status < 'A' || cell.attributes.status > 'Z') return false;
  if (cell.attributes.conf < 'A' || cell.attributes.conf > 'U') return false;
  if (!cell.datum.has_value()) return cell.datum.absence() <= Absence::kNotYetDue;
  const Decimal& value = cell.datum.value();
  const int coarser = cell.datum.step_exponent() + value.scale();
  return value.scale() >= 0 && value.scale() <= 18 && coarser >= 0 && cell.datum.step_exponent() <= 18 &&
         value.coefficient() % PowerOfTen(coarser) == 0 && value.coefficient() < PowerOfTen(27) &&
         value.coefficient() > -PowerOfTen(27);
}

void ExpectHarmless(const std::string& bytes) {
  const Decoded decoded = Decode(bytes, 10'000);
  ASSERT_LE(decoded.left, bytes.size());
  ASSERT_TRUE(std::is_sorted(decoded.cells.begin(), decoded.cells.end(),
                             [](const CodedCell& a, const CodedCell& b) { return a.period <= b.period; }))
      << Hex(bytes);
  ASSERT_TRUE(std::all_of(decoded.cells.begin(), decoded.cells.end(), IsValid)) << Hex(bytes);
}

TEST(CellCodecProperty, AnyBytesAreHarmless) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes(static_cast<std::size_t>(generator.Below(64)), '\0');
    for (char& c : bytes) c = static_cast<char>(generator.Below(generator.Chance(3) ? 256 : 9));
    ASSERT_NO_FATAL_FAILURE(ExpectHarmless(bytes));
  }
}

TEST(CellCodecProperty, DamagedBytesAreHarmless) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Generator generator(seed);
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes = Encode(generator.Next());
    for (int flips = 1 + generator.Below(3); flips > 0; --flips) {
      bytes[static_cast<std::size_t>(generator.Below(static_cast<int>(bytes.size())))] ^=
          static_cast<char>(1 << generator.Below(8));
    }
    ASSERT_NO_FATAL_FAILURE(ExpectHarmless(bytes));
  }
}

}  // namespace
}  // namespace tidewaiter::storage
