// Amounts, percentages and the order of a diff's rows.
#include "client/cli/diff_rows.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tidewaiter::cli {
namespace {

Decimal D(std::string_view text) { return *Decimal::Parse(text); }

// A revision from one value to another, of series S.
DiffRow Between(std::string_view before, std::string_view after) {
  DiffRow row;
  row.cell.series = std::string("S");
  row.cell.change.change = ChangeClass::kRevised;
  row.cell.before = Datum::Value(D(before));
  row.cell.cell.datum = Datum::Value(D(after));
  row.amount = AmountOf(row.cell);
  return row;
}

std::string Percent(std::string_view before, std::string_view after) {
  const std::optional<Decimal> percent = PercentOf(Between(before, after));
  return percent ? percent->ToString() : "none";
}

TEST(PercentOf, IsRoundedHalfEvenOnce) {
  EXPECT_EQ(Percent("315.589337", "305.04"), "-3.3");
  EXPECT_EQ(Percent("182796", "182668"), "-0.1");
  EXPECT_EQ(Percent("1000", "1000.5"), "0.0") << "0.05 goes to the even 0.0";
  EXPECT_EQ(Percent("1000", "1001.5"), "0.2") << "0.15 goes to the even 0.2";
  EXPECT_EQ(Percent("1000", "1000.500001"), "0.1");
  EXPECT_EQ(Percent("-9.014", "-13.39"), "-48.5") << "of the magnitude";
  EXPECT_EQ(Percent("2", "-2"), "-200.0");
  EXPECT_EQ(Percent("5", "5.00"), "0.0");
}

TEST(PercentOf, HasItsLimits) {
  EXPECT_EQ(Percent("0", "5"), "none");
  EXPECT_EQ(Percent("0.00", "0"), "none");
  EXPECT_EQ(Percent("100000000000000000000000000", "100000000000000000000000001"), "0.0");
  EXPECT_EQ(Percent("0.000000000000000001", "100000000"), "none") << "29 digits";
  EXPECT_EQ(Percent("0.000000000000000003", "100000"), "3333333333333333333333233.3");
}

// The rows' own numbers, in the order in which they are shown.
std::vector<std::string> Order(std::vector<DiffRow> rows, DiffArguments::Sort sort) {
  DiffArguments arguments;
  arguments.sort = sort;
  DiffRows sorted(arguments);
  for (DiffRow& row : rows) sorted.Add(std::move(row));
  std::vector<std::string> values;
  for (const DiffRow& row : sorted.Sorted()) values.push_back(row.cell.cell.datum.ToString());
  return values;
}

TEST(DiffRows, SharesAreComparedExactly) {
  // 1/(10^26-1) and 1/10^26 are neighbours that no double tells apart.
  const std::vector<DiffRow> rows = {
      Between("100000000000000000000000000", "100000000000000000000000001"),
      Between("99999999999999999999999999", "100000000000000000000000000"), Between("10", "13"),
      Between("3", "2"),  // 1/3 > 0.3
  };
  EXPECT_EQ(
      Order(rows, DiffArguments::Sort::kPercent),
      (std::vector<std::string>{"2", "13", "100000000000000000000000000", "100000000000000000000000001"}));
}

// Against products of small numbers, which fit; with --top, the same from the first on.
TEST(DiffRows, AgreeWithCrossProductsWhateverIsDropped) {
  std::mt19937 random(20250829);
  std::uniform_int_distribution<int> any(1, 400);
  std::vector<DiffRow> rows;
  for (int i = 0; i < 5000; ++i) {
    const int before = any(random);
    rows.push_back(Between(absl::StrCat(before), absl::StrCat(before - any(random))));
    rows.back().cell.series = absl::StrCat("S", i);
  }
  DiffArguments all;
  DiffRows sorted(all);
  for (const DiffRow& row : rows) sorted.Add(row);
  const std::vector<DiffRow>& order = sorted.Sorted();
  ASSERT_EQ(order.size(), rows.size());
  const auto size = [](const Decimal& d) { return d.is_negative() ? -d.coefficient() : d.coefficient(); };
  for (std::size_t i = 1; i < order.size(); ++i) {
    ASSERT_GE(size(*order[i - 1].amount) * size(order[i].cell.before->value()),
              size(*order[i].amount) * size(order[i - 1].cell.before->value()));
  }
  DiffArguments few;
  few.top = 10;
  DiffRows first(few);
  for (const DiffRow& row : rows) first.Add(row);
  const std::vector<DiffRow>& ten = first.Sorted();
  ASSERT_EQ(ten.size(), 10u);
  EXPECT_EQ(first.count(), 5000u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(ten[i].cell.series, order[i].cell.series);
}

}  // namespace
}  // namespace tidewaiter::cli
