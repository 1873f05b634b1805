// What a feeder told, kept in memory for tests.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// A sink that checks what every feeder owes (indices that exist, as many codes as dimensions, valid
// publications) by gtest's EXPECT, and keeps the rest.
class Collected : public FeedSink {
 public:
  absl::StatusOr<std::size_t> AddDataset(const DatasetDefinition& profile) override;
  absl::StatusOr<std::size_t> AddRelease(const SourceRelease& release) override;
  absl::StatusOr<std::size_t> AddSection(std::size_t release, std::size_t dataset, Action action,
                                         const std::optional<Scope>& scope) override;
  absl::Status AddCell(std::size_t section, const SourceCell& cell) override;
  void CountRows(std::uint64_t rows) override { rows_ += rows; }
  void PassOver(std::string_view why) override { ++passed_over[std::string(why)]; }
  void Refuse(std::vector<Problem> problems, std::string_view row) override;

  // Everything as text, in the order in which it came; for EXPECT_EQ and golden files:
  //   dataset GACC_BYCOUNTRY reporter:REPORTER partner:PARTNER ... publisher=GACC zone=Asia/Shanghai
  //   release DATASET's or given id, published 2025-08-07, stage, kind, title   (what is empty is left out)
  //   section GACC_BYCOUNTRY MERGE [scope CN.RU...., 2025-01 to 2025-12]
  //   CN.RU.X.VALUE.USD.MN 2025-07 19140 [step 10] [status E] [conf C] [source ...] [note ...] [line 12]
  //   refused line 12, column value: "x" is no number   | the row as it stands
  //   rows 120, cells 118, passed over 2 (breakdown by mode of transport)
  std::string ToText(bool lines = false) const;
  // Only the cells: "CN.RU.X.VALUE.USD.MN 2025-07 19140".
  std::vector<std::string> Cells() const;
  // "line 12, column value: ..." of each problem.
  std::vector<std::string> Problems() const;

  std::vector<DatasetDefinition> datasets;
  struct Section {
    std::size_t release = 0;
    std::size_t dataset = 0;
    Action action = Action::kMerge;
    std::optional<Scope> scope;
    struct Cell {
      std::string key;
      Observation observation;  // its series is left empty
      std::string date_basis;
      std::uint64_t line = 0;
    };
    std::vector<Cell> cells;
  };
  std::vector<SourceRelease> releases;
  std::vector<Section> sections;
  struct Refused {
    std::vector<Problem> problems;
    std::string row;
  };
  std::vector<Refused> refused;
  std::map<std::string, std::uint64_t> passed_over;
  std::uint64_t rows() const { return rows_; }

 private:
  std::uint64_t rows_ = 0;
};

// Parses a text in pieces of `piece` bytes. `options.file` is the name.
absl::Status ParseText(const Feeder& feeder, std::string_view text, const FeedOptions& options,
                       FeedSink& sink, std::size_t piece = 1u << 16);
absl::Status ParseFile(const Feeder& feeder, const std::filesystem::path& path, FeedOptions options,
                       FeedSink& sink);

// The folder of real files, ../shared/data beside the project or $TIDEWAITER_SHARED/data; none if it is not
// there: then say so with GTEST_SKIP.
std::optional<std::filesystem::path> RealData();

// Compares with tests/golden/feeders/NAME; with TIDEWAITER_RENEW_GOLDEN=1 in the environment writes it.
void ExpectGolden(std::string_view name, const std::string& text);

// Throws bytes at a feeder: `seeds` with random changes, cuts, repeats and joins, `rounds` of them. Prints
// the seed; the environment's TIDEWAITER_FUZZ_SEED and TIDEWAITER_FUZZ_ROUNDS set them. What must hold is
// that it ends, and that the sink's checks hold.
void Torment(const Feeder& feeder, const std::vector<std::string>& seeds, const FeedOptions& options,
             int rounds = 300);

}  // namespace tidewaiter::feeders
