#include "domain/measure.h"

#include <gtest/gtest.h>

namespace tidewaiter {
namespace {

TEST(MeasureTest, ValuesWeightsAndQuantitiesAddUp) {
  for (const char* code :
       {"VALUE", "WEIGHT", "NETWEIGHT", "QTY",         "QUANTITY", "QUANTITY_2", "USD",   "CNY", "KG", "TNE",
        "BN",    "UNIT",   "VALUE_CIF", "TRADE_VALUE", "EXCHANGE", "CORPORATE",  "IRATE", "P",   "",   "_"}) {
    EXPECT_TRUE(IsAdditive(code)) << code;
  }
}

TEST(MeasureTest, RatesPricesAndIndicesDoNot) {
  for (const char* code : {"YOY",        "MOM",
                           "yoy",        "VALUE_YOY",
                           "GROWTH",     "GROWTH_RATE",
                           "PCT",        "PC",
                           "PT",         "IX",
                           "INDEX",      "PRICE_INDEX",
                           "UNIT_VALUE", "UNIT-VALUE",
                           "UNITVALUE",  "IMPORT_UNIT_VALUE_INDEX",
                           "SHARE",      "SHARE_OF_TOTAL",
                           "AVG_PRICE",  "RATIO"}) {
    EXPECT_FALSE(IsAdditive(code)) << code;
  }
}

}  // namespace
}  // namespace tidewaiter
