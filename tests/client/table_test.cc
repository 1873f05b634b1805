#include "client/cli/table.h"

#include "gtest/gtest.h"

namespace tidewaiter::cli {
namespace {

TEST(DisplayWidth, CountsColumnsOfATerminal) {
  EXPECT_EQ(DisplayWidth("Russia"), 6u);
  EXPECT_EQ(DisplayWidth("俄罗斯"), 6u);
  EXPECT_EQ(DisplayWidth("Россия"), 6u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);  // a combining accent
  EXPECT_EQ(DisplayWidth("\xff\xfe"), 2u);
  EXPECT_EQ(DisplayWidth(""), 0u);
}

TEST(Clipped, NeverSplitsACharacter) {
  EXPECT_EQ(Clipped("short", 10), "short");
  EXPECT_EQ(Clipped("俄罗斯联邦", 6), "俄罗…");
  EXPECT_EQ(Clipped("abcdef", 4), "abc…");
}

TEST(Table, AlignsPointsAndWideCharacters) {
  Table table;
  table.AddColumn("partner");
  table.AddColumn("value", Align::kPoint);
  table.AddColumn("seq", Align::kRight);
  table.AddColumn("unit");
  table.AddRow({{"俄罗斯"}, {"125.8"}, {"7"}, {"USD BN"}});
  table.AddRow({{"Russia"}, {"-0.069"}, {"12"}, {""}});
  table.AddRow({{"US"}, {"6480"}, {"100"}, {"USD BN"}});
  table.AddRow({{"EU"}, {"(SUPPRESSED)"}, {"1"}, {"USD BN"}});
  EXPECT_EQ(table.ToString(false),
            "partner         value  seq  unit\n"
            "俄罗斯        125.8      7  USD BN\n"
            "Russia         -0.069   12\n"
            "US           6480      100  USD BN\n"
            "EU       (SUPPRESSED)    1  USD BN\n");
}

TEST(Table, MarksDoNotMovePoints) {
  Table table;
  table.AddColumn("1", Align::kPoint);
  table.AddColumn("2", Align::kPoint);
  table.AddRow({{"182796"}, {"315.589337"}});
  table.AddRow({{"182668*"}, {"305.04*"}});
  table.AddRow({{"9"}, {"(NIL)*"}});
  EXPECT_EQ(table.ToString(false),
            "      1           2\n"
            "182796   315.589337\n"
            "182668*  305.04*\n"
            "     9       (NIL)*\n");
  EXPECT_EQ(table.width(), 19u);
}

TEST(Table, ColourDoesNotMoveColumns) {
  Table table;
  table.AddColumn("change");
  table.AddColumn("x");
  table.AddRow({{"NEW", Colour::kGreen}, {"1"}});
  EXPECT_EQ(table.ToString(true), "\x1b[1mchange\x1b[0m  \x1b[1mx\x1b[0m\n\x1b[32mNEW\x1b[0m     1\n");
}

}  // namespace
}  // namespace tidewaiter::cli
