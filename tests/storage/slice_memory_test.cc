#include "storage/rocks/slice_memory.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace tidewaiter::storage {
namespace {

SliceOrigin OriginOf(int month, std::vector<std::uint64_t> chunks) {
  return {.dataset = 1,
          .period = Period::FromValid(Month::FromIndex(2024 * 12 + month), 1),
          .statements = std::move(chunks)};
}

SliceMemory::Slice SliceOf(std::size_t rows) {
  PeriodSlice slice;
  slice.series.resize(rows);
  slice.coefficients.resize(rows);
  slice.sequences.resize(rows);
  return std::make_shared<const PeriodSlice>(std::move(slice));
}

TEST(SliceMemoryTest, TellsOriginsApart) {
  SliceMemory memory(1 << 20);
  const SliceMemory::Slice slice = SliceOf(10);
  memory.Insert(OriginOf(1, {41, 44}), slice);
  EXPECT_EQ(memory.Find(OriginOf(1, {41, 44})), slice);
  EXPECT_EQ(memory.Find(OriginOf(1, {41})), nullptr);
  EXPECT_EQ(memory.Find(OriginOf(1, {44, 41})), nullptr);
  EXPECT_EQ(memory.Find(OriginOf(2, {41, 44})), nullptr);
  SliceOrigin other = OriginOf(1, {41, 44});
  other.dataset = 2;
  EXPECT_EQ(memory.Find(other), nullptr);
}

TEST(SliceMemoryTest, ForgetsWhatWasNotUsedForLongest) {
  SliceMemory memory(1 << 20);
  constexpr std::size_t kRows = 5000;  // some 100,000 bytes
  for (int month = 0; month < 8; ++month) memory.Insert(OriginOf(month, {1}), SliceOf(kRows));
  EXPECT_NE(memory.Find(OriginOf(0, {1})), nullptr);
  for (int month = 8; month < 14; ++month) memory.Insert(OriginOf(month, {1}), SliceOf(kRows));
  EXPECT_NE(memory.Find(OriginOf(0, {1})), nullptr) << "it was used";
  EXPECT_EQ(memory.Find(OriginOf(1, {1})), nullptr) << "it was not";
  EXPECT_NE(memory.Find(OriginOf(13, {1})), nullptr);
}

TEST(SliceMemoryTest, OneSliceDoesNotDriveOutAllOthers) {
  SliceMemory memory(1 << 20);
  memory.Insert(OriginOf(0, {1}), SliceOf(1000));
  memory.Insert(OriginOf(1, {1}), SliceOf(40'000));
  EXPECT_NE(memory.Find(OriginOf(0, {1})), nullptr);
  EXPECT_EQ(memory.Find(OriginOf(1, {1})), nullptr);
  // Who has it keeps it.
  const SliceMemory::Slice held = memory.Find(OriginOf(0, {1}));
  for (int month = 2; month < 60; ++month) memory.Insert(OriginOf(month, {1}), SliceOf(5000));
  EXPECT_EQ(memory.Find(OriginOf(0, {1})), nullptr);
  EXPECT_EQ(held->size(), 1000u);
}

}  // namespace
}  // namespace tidewaiter::storage
