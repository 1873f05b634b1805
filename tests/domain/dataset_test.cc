#include "domain/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

DatasetDefinition Gacc() {
  return {.id = "GACC_PRESS",
          .dimensions = {{"reporter", Role::kReporter},
                         {"partner", Role::kPartner},
                         {"flow", Role::kFlow},
                         {"unit", Role::kUnit},
                         {"currency", Role::kCurrency}},
          .publisher = "GACC",
          .time_zone = "Asia/Shanghai",
          .year_start_month = 1,
          .title = "China with Russia",
          .description = "Headlines",
          .predecessor = ""};
}

TEST(RoleTest, NamesReadBack) {
  for (int i = 0; i <= 8; ++i) {
    const auto role = static_cast<Role>(i);
    EXPECT_EQ(Must(ParseRole(RoleName(role))), role);
  }
  EXPECT_EQ(RoleName(Role::kAdjustment), "ADJUSTMENT");
  ExpectRefused(ParseRole("WHO"), "\"WHO\" is not a role; use one of OTHER, REPORTER");
}

TEST(RoleTest, FollowsFromACustomaryName) {
  EXPECT_EQ(RoleOfName("partner"), Role::kPartner);
  EXPECT_EQ(RoleOfName("Partner"), Role::kPartner);
  EXPECT_EQ(RoleOfName("COUNTERPART_AREA"), Role::kPartner);
  EXPECT_EQ(RoleOfName("hs"), Role::kCommodity);
  EXPECT_EQ(RoleOfName("colour"), Role::kOther);
  EXPECT_EQ(RoleOfName(""), Role::kOther);
}

TEST(DatasetTest, AGoodDefinitionIsOk) {
  EXPECT_TRUE(Validate(Gacc()).ok());
  DatasetDefinition fiscal = Gacc();
  fiscal.year_start_month = 4;
  fiscal.time_zone = "Etc/GMT+5";
  fiscal.predecessor = "GACC_OLD";
  EXPECT_TRUE(Validate(fiscal).ok());
}

TEST(DatasetTest, EveryViolationIsNamedAtOnce) {
  const absl::Status status = Validate(
      DatasetDefinition{.id = "GACC PRESS",
                        .dimensions = {{"a", Role::kFlow}, {"", Role::kOther}, {"a", static_cast<Role>(77)}},
                        .publisher = "",
                        .time_zone = "../etc/passwd",
                        .year_start_month = 13,
                        .title = std::string(limits::kMaxTitleBytes + 1, 't'),
                        .description = "two\nlines",
                        .predecessor = "x y"});
  ExpectRefused(status, "10 problems");
  EXPECT_THAT(FieldsOf(status),
              ElementsAre("id", "dimensions[1].id", "dimensions[2].id", "dimensions[2].role", "publisher",
                          "time_zone", "year_start_month", "title", "description", "predecessor"));
}

TEST(DatasetTest, HoldsItsLimits) {
  DatasetDefinition definition = Gacc();
  definition.dimensions.clear();
  ExpectRefused(Validate(definition), "dimensions: a dataset has at least one dimension");
  for (std::size_t i = 0; i <= limits::kMaxDimensions; ++i) {
    definition.dimensions.push_back({absl::StrCat("d", i), Role::kOther});
  }
  ExpectRefused(Validate(definition), "dimensions: a dataset has at most 16 dimensions, not 17");
  definition.dimensions.pop_back();
  definition.title = std::string(limits::kMaxTitleBytes, 't');
  definition.description = std::string(limits::kMaxDescriptionBytes, 'd');
  EXPECT_TRUE(Validate(definition).ok());
  definition.year_start_month = 0;
  definition.predecessor = definition.id;
  EXPECT_THAT(FieldsOf(Validate(definition)), ElementsAre("year_start_month", "predecessor"));
}

TEST(DatasetTest, TimeZonesMustLookLikeNames) {
  for (const char* zone : {"", "/etc/localtime", "Asia/../x", "Asia Shanghai", "Ásia", "UTC\n"}) {
    DatasetDefinition definition = Gacc();
    definition.time_zone = zone;
    EXPECT_THAT(FieldsOf(Validate(definition)), ElementsAre("time_zone")) << zone;
  }
}

TEST(DatasetEvolutionTest, WordsMayChange) {
  DatasetDefinition proposed = Gacc();
  proposed.title = "Another title";
  proposed.description = "";
  EXPECT_TRUE(CheckEvolution(Gacc(), proposed).ok());
  EXPECT_TRUE(CheckEvolution(Gacc(), Gacc()).ok());
}

TEST(DatasetEvolutionTest, MeaningMayNot) {
  DatasetDefinition proposed = Gacc();
  proposed.id = "OTHER";
  proposed.dimensions[1].id = "destination";
  proposed.dimensions[2].role = Role::kOther;
  proposed.publisher = "NBS";
  proposed.time_zone = "UTC";
  proposed.year_start_month = 4;
  proposed.predecessor = "OLD";
  const absl::Status status = CheckEvolution(Gacc(), proposed);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(DetailsOf(status).reason, Reason::kDatasetConflict);
  EXPECT_EQ(DetailsOf(status).metadata.at("dataset"), "GACC_PRESS");
  EXPECT_THAT(FieldsOf(status), ElementsAre("id", "dimensions[1].id", "dimensions[2].role", "publisher",
                                            "time_zone", "year_start_month", "predecessor"));
  EXPECT_THAT(Message(status), HasSubstr("create a new dataset that names this one as its predecessor"));
}

TEST(DatasetEvolutionTest, ADimensionMoreIsAnotherDataset) {
  DatasetDefinition proposed = Gacc();
  proposed.dimensions.push_back({"adjustment", Role::kAdjustment});
  const absl::Status status = CheckEvolution(Gacc(), proposed);
  EXPECT_THAT(FieldsOf(status), ElementsAre("dimensions"));
  EXPECT_THAT(Message(status), HasSubstr("held 5 dimensions, proposed 6"));
}

TEST(UnitTest, IsTheCurrencyThenTheUnit) {
  EXPECT_EQ(UnitOf(Gacc(), "CN.RU.X.BN.USD"), "USD BN");
  DatasetDefinition plain = Gacc();
  plain.dimensions[4].role = Role::kOther;
  EXPECT_EQ(UnitOf(plain, "CN.RU.X.BN.USD"), "BN");
  plain.dimensions[3].role = Role::kOther;
  EXPECT_EQ(UnitOf(plain, "CN.RU.X.BN.USD"), "");
  EXPECT_EQ(UnitOf(Gacc(), "CN.RU"), "") << "a key of another dataset has no unit here";
  EXPECT_EQ(UnitOf(Gacc(), ""), "");
}

}  // namespace
}  // namespace tidewaiter
