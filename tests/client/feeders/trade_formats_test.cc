// Which files the formats of Comtrade, Comext and FRED claim, and that none other of theirs does.
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "client/feeders/fred/fred.h"
#include "client/feeders/limits.h"
#include "client/feeders/trade/comext_bulk.h"
#include "client/feeders/trade/comext_sdmx_csv.h"
#include "client/feeders/trade/comtrade_csv.h"
#include "client/feeders/trade/comtrade_json.h"
#include "client/feeders/trade_release.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/collected.h"

namespace tidewaiter::feeders {
namespace {

// The names of those that claim a file, each with a blank before it.
std::string ClaimedBy(const std::string& head, const std::string& file) {
  static const ComtradeCsvFeeder comtrade_csv;
  static const ComtradeJsonFeeder comtrade_json;
  static const ComextSdmxCsvFeeder comext_sdmx;
  static const ComextBulkFeeder comext_bulk;
  static const FredFeeder fred;
  std::string names;
  const Feeder* const feeders[] = {&comtrade_csv, &comtrade_json, &comext_sdmx, &comext_bulk, &fred};
  for (const Feeder* feeder : feeders) {
    if (feeder->Recognises(head, file)) absl::StrAppend(&names, " ", std::string(feeder->info().name));
  }
  return names;
}

TEST(TradeFormats, ClaimTheirOwnRealFilesAndNoOther) {
  const auto data = RealData();
  if (!data) GTEST_SKIP() << "../shared/data is not here";
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*data)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = std::filesystem::relative(entry.path(), *data).string();
    std::ifstream in(entry.path(), std::ios::binary);
    std::string head(kRecogniseBytes, '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
    std::string expected;
    if (path.rfind("comtrade-v1-csv/", 0) == 0) expected = " comtrade-v1-csv";
    if (path.rfind("eurostat-comext-sdmx-csv/", 0) == 0) expected = " comext-sdmx-csv";
    if (path.rfind("us-bopgstb-vintages/", 0) == 0) expected = " fred";
    if (path.rfind("us-bilateral-vintages/", 0) == 0) expected = " fred";
    EXPECT_EQ(ClaimedBy(head, entry.path().filename().string()), expected) << path;
    ++files;
  }
  EXPECT_GT(files, 20);
}

TEST(TradeFormats, ClaimNothingElse) {
  for (const std::string text :
       {"", "\n", "{", "[]", "{\"observations\": []}", "date,value", "DATE,Widgets sold\n2025-01-01,1\n",
        "observation_date,A\nx,1\n", "a;b\n1;2\n", "published_on,period,value\n2025-01-01,2025-01,1\n"}) {
    EXPECT_EQ(ClaimedBy(text, "x.csv"), "") << text;
  }
}

TEST(TradeRelease, IdsNameThePartOfWhatWasPublished) {
  DatasetDefinition dataset;
  dataset.id = "D";
  const auto day = ParsePublication("2025-08-07").value();
  EXPECT_EQ(PartialReleaseId(dataset, day, ""), "D:2025-08-07");
  EXPECT_EQ(PartialReleaseId(dataset, day, "a b\xff"), "D:2025-08-07:a_b_");
  EXPECT_EQ(PartialReleaseId(dataset, ParsePublication("2025-08-07T11:00").value(), "x"),
            "D:2025-08-07T11:00:00:x");
  EXPECT_EQ(StemOf("a.b.csv"), "a.b");
  EXPECT_EQ(StemOf(".csv"), ".csv");
  EXPECT_EQ(StemOf("a"), "a");
}

}  // namespace
}  // namespace tidewaiter::feeders
