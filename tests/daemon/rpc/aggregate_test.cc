// Aggregates over the wire: rows and columns, pages and streams, refusals.
#include "proto/convert/aggregate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "proto/convert/aggregate_block.h"
#include "tests/daemon/rpc/testing.h"
#include "tidewaiter/v1/aggregate_service.grpc.pb.h"

namespace tidewaiter::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class AggregateTest : public ::testing::Test {
 protected:
  AggregateTest() : stub_(v1::AggregateService::NewStub(server_.Connect().channel)) {
    server_.Push(
        "release A r1 2025-01-10\nmerge T\nCN.M 2024-01/P2M 5.5\nCN.M 2024-03 2.0\nCN.X 2024-01/P2M "
        "7.25\nCN.X "
        "2024-03 3.0\nRU.X 2024-03 (SUPPRESSED)");
    server_.Push("release A r2 2025-02-10T03:00:00Z\nmerge T\nCN.X 2024-03 4.0");
  }

  absl::Status Get(const v1::GetAggregatesRequest& request, v1::GetAggregatesResponse* response) {
    return Call(*stub_, &v1::AggregateService::Stub::GetAggregates, request, response);
  }
  static v1::GetAggregatesRequest Rows(const std::string& key, v1::WindowKind window) {
    v1::GetAggregatesRequest request;
    request.mutable_query()->set_dataset("T");
    request.mutable_query()->add_keys(key);
    request.mutable_query()->mutable_window()->set_kind(window);
    request.set_format(v1::FORMAT_ROWS);
    return request;
  }
  std::vector<std::string> Lines(const v1::GetAggregatesRequest& request) {
    v1::GetAggregatesResponse response;
    const absl::Status status = Get(request, &response);
    if (!status.ok()) return {status.ToString()};
    std::vector<std::string> lines;
    for (const v1::Aggregate& row : response.aggregates()) lines.push_back(Line(row));
    return lines;
  }
  static std::string Line(const v1::Aggregate& row) {
    return absl::StrCat(row.series(), " ", row.period(), " ",
                        row.value().empty() ? v1::UndefinedReason_Name(row.reason()) : row.value());
  }
  static std::string ToText(const AggregateFigure& figure) {
    const AggregateValue& value = figure.value;
    std::string text = absl::StrCat(figure.series, " ", figure.period.ToString(), " ", figure.unit, " ");
    if (value.value) {
      absl::StrAppend(&text, value.value->ToString(), " +- ", value.bound ? value.bound->ToString() : "?",
                      " ", std::string(DerivationName(value.derivation)));
    } else {
      absl::StrAppend(&text, std::string(UndefinedName(value.reason)));
    }
    for (const Month month : value.months) absl::StrAppend(&text, " ", month.ToString());
    return absl::StrCat(text, " of ", value.members, " less ", value.left_out,
                        value.across_releases ? " across" : "", " by ", value.sequence, " at ",
                        figure.published_at.instant.ToString(), figure.published_at.day ? " that day" : "");
  }
  // The fields that a request is refused for.
  std::vector<std::string> Refused(const v1::GetAggregatesRequest& request) {
    v1::GetAggregatesResponse response;
    const absl::Status status = Get(request, &response);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return FieldsOf(status);
  }

  TestServer server_;
  std::unique_ptr<v1::AggregateService::Stub> stub_;
};

TEST_F(AggregateTest, RowsSayWhatTheyAreWorth) {
  EXPECT_THAT(Lines(Rows("CN.X", v1::WINDOW_KIND_YEAR_TO_DATE)),
              ElementsAre("CN.X 2024-01/P2M 7.25", "CN.X 2024-01/P3M 11.25"));
  v1::GetAggregatesResponse response;
  ASSERT_TRUE(Get(Rows(".X", v1::WINDOW_KIND_YEAR_TO_DATE), &response).ok());
  ASSERT_EQ(response.aggregates_size(), 3);
  const v1::Aggregate& march = response.aggregates(1);
  EXPECT_EQ(march.bound(), "0.055");
  EXPECT_EQ(march.status(), v1::AGGREGATE_STATUS_OK);
  EXPECT_EQ(march.derivation(), v1::DERIVATION_SUMMED);
  EXPECT_TRUE(march.across_releases());
  EXPECT_EQ(march.sequence(), 2u);
  EXPECT_EQ(march.published_on(), "");
  EXPECT_EQ(response.aggregates(0).published_on(), "2025-01-10");
  const v1::Aggregate& suppressed = response.aggregates(2);
  EXPECT_EQ(suppressed.status(), v1::AGGREGATE_STATUS_UNDEFINED);
  EXPECT_EQ(suppressed.value(), "");
  EXPECT_EQ(suppressed.left_out(), 1u);
  EXPECT_EQ(response.vintage().sequence(), 2u);
  EXPECT_EQ(response.query().lag_months(), 12u);
  EXPECT_EQ(response.query().window().year_start_month(), 1u);
}

TEST_F(AggregateTest, ColumnsSayWhatRowsSay) {
  for (const bool real_time : {false, true}) {
    v1::GetAggregatesRequest request = Rows("", v1::WINDOW_KIND_YEAR_TO_DATE);
    if (real_time) request.mutable_real_time()->set_maturity(v1::MATURITY_FIRST);
    v1::GetAggregatesResponse rows;
    ASSERT_TRUE(Get(request, &rows).ok());
    request.set_format(v1::FORMAT_COLUMNS);
    v1::GetAggregatesResponse columns;
    ASSERT_TRUE(Get(request, &columns).ok());
    ASSERT_EQ(columns.blocks_size(), 1);
    const auto figures = convert::DecodeAggregateBlock(columns.blocks(0));
    ASSERT_TRUE(figures.ok()) << figures.status();
    ASSERT_EQ(static_cast<int>(figures->size()), rows.aggregates_size());
    for (int i = 0; i < rows.aggregates_size(); ++i) {
      const auto row = convert::FromWire(rows.aggregates(i));
      ASSERT_TRUE(row.ok()) << row.status();
      const AggregateFigure& figure = (*figures)[static_cast<std::size_t>(i)];
      EXPECT_EQ(figure.series, row->series);
      EXPECT_EQ(figure.period, row->period);
      EXPECT_EQ(figure.unit, row->unit);
      EXPECT_EQ(figure.value.value, row->value.value);
      EXPECT_EQ(figure.value.bound, row->value.bound);
      EXPECT_EQ(figure.value.months, row->value.months);
      EXPECT_EQ(figure.value.members, row->value.members);
      EXPECT_EQ(figure.value.left_out, row->value.left_out);
      EXPECT_EQ(figure.value.across_releases, row->value.across_releases);
      EXPECT_EQ(figure.value.sequence, row->value.sequence);
      EXPECT_EQ(figure.published_at, row->published_at);
      EXPECT_EQ(StatusOf(figure.value), StatusOf(row->value));
      EXPECT_EQ(figure.vintage.has_value() && figure.vintage->as_of != Instant::Max(),
                row->vintage.has_value());
      if (row->vintage) {
        EXPECT_EQ(figure.vintage->as_of, row->vintage->as_of);
      }
    }
  }
}

// Figures of many series come out of columns, some of them into their blocks without a word.
TEST_F(AggregateTest, ColumnsOfManySeriesSayWhatEachSaysAlone) {
  std::string text = "release A many 2025-04-10\nmerge T\n";
  for (int i = 100; i < 300; ++i) {
    const std::string series = absl::StrCat("R", i, ".X ");
    if (i % 7 != 0) absl::StrAppend(&text, series, "2023-05 ", i, i % 11 == 0 ? ".25" : ".5", "\n");
    absl::StrAppend(&text, series, i % 13 == 0 ? "2024-04/P2M " : "2024-05 ", i + i % 5, ".5\n");
    if (i % 17 == 0) absl::StrAppend(&text, series, "2024-06 (SUPPRESSED)\n");
  }
  server_.Push(text);
  v1::GetAggregatesRequest request = Rows(".X", v1::WINDOW_KIND_MONTHS);
  request.mutable_query()->set_transform(v1::TRANSFORM_GROWTH);
  request.mutable_months()->set_from("2024-05");
  request.mutable_months()->set_to("2024-05");
  request.set_format(v1::FORMAT_COLUMNS);
  request.set_page_size(70);
  std::map<std::string, std::string> together;
  for (;;) {
    v1::GetAggregatesResponse page;
    ASSERT_TRUE(Get(request, &page).ok());
    for (const v1::AggregateBlock& block : page.blocks()) {
      const auto figures = convert::DecodeAggregateBlock(block);
      ASSERT_TRUE(figures.ok()) << figures.status();
      for (const AggregateFigure& figure : *figures) {
        EXPECT_TRUE(together.emplace(figure.series, ToText(figure)).second) << figure.series;
      }
    }
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  EXPECT_GE(together.size(), 200u);
  request.clear_page_token();
  request.clear_page_size();
  request.set_format(v1::FORMAT_ROWS);
  for (const auto& [series, row] : together) {
    request.mutable_query()->set_keys(0, series);
    v1::GetAggregatesResponse alone;
    ASSERT_TRUE(Get(request, &alone).ok());
    ASSERT_EQ(alone.aggregates_size(), 1) << series;
    EXPECT_EQ(row, ToText(convert::FromWire(alone.aggregates(0)).value()));
  }
}

TEST_F(AggregateTest, PagesSplitASeriesAndKeepTheVintage) {
  v1::GetAggregatesRequest request = Rows("", v1::WINDOW_KIND_YEAR_TO_DATE);
  const std::vector<std::string> whole = Lines(request);
  request.set_page_size(1);
  std::vector<std::string> paged;
  for (;;) {
    v1::GetAggregatesResponse page;
    ASSERT_TRUE(Get(request, &page).ok());
    ASSERT_EQ(page.aggregates_size(), 1);
    EXPECT_EQ(page.vintage().sequence(), 2u);
    paged.push_back(Line(page.aggregates(0)));
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
    if (paged.size() == 1)
      server_.Push("release A r3 2025-03-10\nmerge T\nCN.M 2024-01/P2M 9.0\nAA.X 2024-01 1");
  }
  EXPECT_EQ(paged, whole);
  request.mutable_query()->set_transform(v1::TRANSFORM_CHANGE);
  EXPECT_THAT(Refused(request), ElementsAre("page_token"));
}

TEST_F(AggregateTest, TheStreamSaysTheSame) {
  v1::StreamAggregatesRequest request;
  request.mutable_query()->set_dataset("T");
  request.mutable_query()->mutable_window()->set_kind(v1::WINDOW_KIND_YEAR_TO_DATE);
  grpc::ClientContext context;
  const auto stream = stub_->StreamAggregates(&context, request);
  v1::StreamAggregatesResponse message;
  int figures = 0;
  int vintages = 0;
  while (stream->Read(&message)) {
    figures += static_cast<int>(message.block().figures());
    vintages += message.has_vintage() ? 1 : 0;
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(figures, 5);
  EXPECT_EQ(vintages, 1);
}

TEST_F(AggregateTest, RankingSharesTheBetterRank) {
  server_.Push("release A r4 2025-04-10\nmerge T\nBR.X 2024-03 4.0\nIN.X 2024-03 9.5");
  v1::GetAggregatesRequest request = Rows(".X", v1::WINDOW_KIND_MONTHS);
  request.mutable_ranking()->set_month("2024-03");
  v1::GetAggregatesResponse response;
  ASSERT_TRUE(Get(request, &response).ok());
  std::vector<std::string> ranks;
  for (const v1::Aggregate& row : response.aggregates())
    ranks.push_back(absl::StrCat(row.rank(), " ", Line(row)));
  EXPECT_THAT(ranks, ElementsAre("1 IN.X 2024-03 9.5", "2 BR.X 2024-03 4.0", "2 CN.X 2024-03 4.0",
                                 "0 RU.X 2024-03 UNDEFINED_REASON_ABSENT"));
  request.mutable_ranking()->set_top(2);
  request.set_page_size(2);
  ASSERT_TRUE(Get(request, &response).ok());
  EXPECT_EQ(response.aggregates_size(), 2);
  ASSERT_NE(response.next_page_token(), "");
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Get(request, &response).ok());
  ASSERT_EQ(response.aggregates_size(), 1);
  EXPECT_EQ(Line(response.aggregates(0)), "CN.X 2024-03 4.0");
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(AggregateTest, RefusalsNameEveryField) {
  v1::GetAggregatesRequest request = Rows("CN.X.Y", v1::WINDOW_KIND_MONTHS);
  request.mutable_query()->set_lag_months(0);
  request.mutable_query()->set_transform(v1::TRANSFORM_GROWTH);
  request.mutable_query()->set_decimals(40);
  request.mutable_query()->mutable_window()->set_months(100'000);
  request.mutable_query()->add_group_by("nation");
  request.mutable_query()->set_total(".X");
  EXPECT_THAT(Refused(request),
              testing::IsSupersetOf({"query.lag_months", "query.decimals", "query.window.months",
                                     "query.group_by[0]", "query.total"}));
  request = Rows("CN.X", v1::WINDOW_KIND_YEAR);
  request.mutable_query()->mutable_window()->set_months(3);
  request.set_explain(true);
  request.set_format(v1::FORMAT_COLUMNS);
  EXPECT_THAT(Refused(request), ElementsAre("explain"));
  request.set_format(v1::FORMAT_ROWS);
  EXPECT_THAT(Refused(request), ElementsAre("query.window.months"));
  request.mutable_query()->mutable_window()->clear_months();
  request.mutable_months()->set_from("2024-02");
  request.mutable_months()->set_to("2024-03");
  EXPECT_THAT(Refused(request), ElementsAre("months"));
  request = Rows("CN.X", v1::WINDOW_KIND_MONTHS);
  request.mutable_query()->set_combine(static_cast<v1::Combine>(77));
  request.mutable_real_time()->set_each_operand(true);
  request.mutable_ranking()->set_month("2024");
  EXPECT_THAT(Refused(request),
              UnorderedElementsAre("query.combine", "real_time.each_operand", "ranking.month"));
}

TEST_F(AggregateTest, WhatIsNotThereIsNotFound) {
  v1::GetAggregatesResponse response;
  v1::GetAggregatesRequest request = Rows("CN.Q", v1::WINDOW_KIND_MONTHS);
  EXPECT_EQ(ReasonOf(Get(request, &response)), Reason::kSeriesNotFound);
  request = Rows("QQ.", v1::WINDOW_KIND_MONTHS);
  const absl::Status nothing = Get(request, &response);
  EXPECT_EQ(nothing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(nothing.message()), HasSubstr("no series of T matches"));
  request.mutable_query()->set_dataset("NONE");
  EXPECT_EQ(ReasonOf(Get(request, &response)), Reason::kDatasetNotFound);
}

TEST_F(AggregateTest, QuestionsSurviveTheWire) {
  AggregateQuery query;
  query.dataset = "T";
  query.keys = {"CN.", ".X"};
  query.window =
      Window{.kind = Window::Kind::kQuarterToDate, .months = 1, .year_start_month = 4, .mean = true};
  query.transform = Transform::kUnitValue;
  query.lag_months = 3;
  query.decimals = 0;
  query.base = *Period::Parse("2019-01/P12M");
  query.derivation = Derivation::kSummed;
  query.composition = Composition::kConstant;
  query.combine = Combine::kTurnover;
  query.sum = true;
  query.group_by = {"reporter"};
  query.groups = {{"EU", "partner", {{"DE", {}}, {"GB", {std::nullopt, *Month::Parse("2020-01")}}}}};
  query.total = ".X";
  query.numerator = "VALUE";
  query.denominators = {"WEIGHT", "QUANTITY"};
  const auto back = convert::FromWire(convert::ToWire(query));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, query);
}

// What repeats itself is said once.
TEST_F(AggregateTest, ColumnsLeaveOutWhatRepeatsItself) {
  std::string text = "release A even 2025-04-10\nmerge T\n";
  for (int i = 100; i < 300; ++i) {
    absl::StrAppend(&text, "R", i, ".X 2023-05 ", i, ".5\nR", i, ".X 2024-05 ", i + 1, ".5\n");
  }
  server_.Push(text);
  v1::GetAggregatesRequest request = Rows(".X", v1::WINDOW_KIND_MONTHS);
  request.mutable_query()->set_transform(v1::TRANSFORM_GROWTH);
  request.mutable_months()->set_from("2024-05");
  request.mutable_months()->set_to("2024-05");
  request.set_format(v1::FORMAT_COLUMNS);
  v1::GetAggregatesResponse response;
  ASSERT_TRUE(Get(request, &response).ok());
  v1::AggregateBlock block = response.blocks(0);
  EXPECT_EQ(block.figures(), 202u);  // and CN and RU, of which other months are known
  EXPECT_EQ(block.series_list().substr(0, 12), "CN.X\nR100.X\n");
  EXPECT_EQ(block.counts_size(), 0);
  EXPECT_EQ(block.unit_indexes_size(), 0);
  EXPECT_EQ(block.period_start_deltas_size(), 1);
  EXPECT_EQ(block.period_months_size(), 0);
  EXPECT_EQ(block.derivations_size(), 0);
  EXPECT_EQ(block.members_size(), 0);
  EXPECT_EQ(block.left_out_size(), 0);
  EXPECT_EQ(block.statuses_size(), 0);
  EXPECT_EQ(block.ranks_size(), 0);
  EXPECT_THAT(block.undefined().indexes(), ElementsAre(0, 201));
  EXPECT_THAT(block.undefined().reasons(), ElementsAre(v1::UNDEFINED_REASON_MISSING_MONTHS));
  EXPECT_EQ(block.values().coefficients_size(), 202);
  // It may also be said as often as there are figures.
  const auto as_sent = convert::DecodeAggregateBlock(block);
  block.mutable_counts()->Resize(202, 1);
  block.mutable_members()->Resize(202, 1);
  block.mutable_period_start_deltas()->Resize(202, 0);
  const auto in_full = convert::DecodeAggregateBlock(block);
  ASSERT_TRUE(as_sent.ok() && in_full.ok()) << as_sent.status() << in_full.status();
  ASSERT_EQ(as_sent->size(), in_full->size());
  for (std::size_t i = 0; i < as_sent->size(); ++i) EXPECT_EQ(ToText((*as_sent)[i]), ToText((*in_full)[i]));
}

// Where the base may be zero, the figure has no bound, which is not a bound of zero.
TEST_F(AggregateTest, ColumnsTellNoBoundFromNone) {
  std::string text = "release A small 2025-04-10\nmerge T\n";
  for (int i = 100; i < 300; ++i) {
    absl::StrAppend(&text, "R", i, ".X 2023-05 ", i % 9 == 0 ? "1" : "50", "\nR", i, ".X 2024-05 60\n");
    if (i % 10 == 0) absl::StrAppend(&text, "R", i, ".X 2024-04 (SUPPRESSED)\n");
  }
  server_.Push(text);
  v1::GetAggregatesRequest request = Rows(".X", v1::WINDOW_KIND_MONTHS);
  request.mutable_query()->mutable_window()->set_months(1);
  request.mutable_query()->set_transform(v1::TRANSFORM_GROWTH);
  request.mutable_query()->set_rounding(v1::PRINT_ROUNDING_TRUNCATED);
  request.mutable_months()->set_from("2024-05");
  request.mutable_months()->set_to("2024-05");
  request.set_format(v1::FORMAT_COLUMNS);
  v1::GetAggregatesResponse response;
  ASSERT_TRUE(Get(request, &response).ok());
  const auto figures = convert::DecodeAggregateBlock(response.blocks(0));
  ASSERT_TRUE(figures.ok()) << figures.status();
  int without = 0;
  for (const AggregateFigure& figure : *figures) {
    if (!figure.value.value) continue;
    const bool small = figure.value.value->ToString() == "5900.0";
    EXPECT_EQ(figure.value.bound.has_value(), !small) << figure.series;
    without += small ? 1 : 0;
  }
  EXPECT_EQ(without, 22);
}

// Columns that do not fit one another are refused, not read beyond their end.
TEST_F(AggregateTest, BlocksThatDoNotFitAreRefused) {
  v1::GetAggregatesRequest request = Rows("", v1::WINDOW_KIND_YEAR_TO_DATE);
  request.set_format(v1::FORMAT_COLUMNS);
  v1::GetAggregatesResponse response;
  ASSERT_TRUE(Get(request, &response).ok());
  const v1::AggregateBlock good = response.blocks(0);
  ASSERT_TRUE(convert::DecodeAggregateBlock(good).ok());
  const auto broken = [&good](auto change) {
    v1::AggregateBlock block = good;
    change(block);
    return !convert::DecodeAggregateBlock(block).ok();
  };
  EXPECT_TRUE(broken([](auto& block) { block.set_figures(6); }));
  EXPECT_TRUE(broken([](auto& block) { block.set_figures(4'000'000'000u); }));
  EXPECT_TRUE(broken([](auto& block) { block.clear_counts(); }));
  EXPECT_TRUE(broken([](auto& block) { block.set_counts(0, 9); }));
  EXPECT_TRUE(broken([](auto& block) { block.mutable_series_list()->pop_back(); }));
  EXPECT_TRUE(broken([](auto& block) { block.mutable_series_list()->append("CN.Z\n"); }));
  EXPECT_TRUE(broken([](auto& block) { block.add_unit_indexes(9); }));
  EXPECT_TRUE(broken([](auto& block) { block.clear_units(); }));
  EXPECT_TRUE(broken([](auto& block) { block.mutable_release_indexes()->Resize(6, 1); }));
  EXPECT_TRUE(broken([](auto& block) { block.set_release_indexes(0, 99); }));
  const auto broken_undefined = [&broken](auto change) {
    return broken([&change](auto& block) { change(*block.mutable_undefined()); });
  };
  EXPECT_TRUE(broken_undefined([](auto& undefined) { undefined.add_indexes(5); }));
  EXPECT_TRUE(broken_undefined([](auto& undefined) { undefined.add_indexes(0); }));
  EXPECT_TRUE(broken_undefined([](auto& undefined) { undefined.clear_reasons(); }));
  EXPECT_TRUE(broken_undefined([](auto& undefined) { undefined.mutable_reasons()->Resize(6, 3); }));
  EXPECT_TRUE(broken_undefined([](auto& undefined) { undefined.clear_fault_months(); }));
  EXPECT_TRUE(broken([](auto& block) { block.mutable_values()->clear_coefficients(); }));
  EXPECT_TRUE(broken([](auto& block) { block.set_period_start_deltas(0, 1 << 30); }));
  EXPECT_TRUE(broken([](auto& block) { block.set_period_months(0, 4'000'000'000u); }));
}

}  // namespace
}  // namespace tidewaiter::rpc
