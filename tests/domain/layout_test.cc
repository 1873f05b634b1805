#include <gtest/gtest.h>

#include "domain/observation.h"

namespace tidewaiter {
namespace {

TEST(LayoutTest, DatumHasThe32BytesThatItsHeaderPromises) {
  EXPECT_EQ(sizeof(Decimal), 32u);
  EXPECT_EQ(sizeof(Datum), 32u);
}

}  // namespace
}  // namespace tidewaiter
