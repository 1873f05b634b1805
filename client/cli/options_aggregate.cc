#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/aggregate_options.h"
#include "client/cli/options_parts.h"
#include "domain/limits.h"

namespace tidewaiter::cli {
namespace {

constexpr char kAggregateFooter[] = R"(
A figure is computed from exact values at one vintage and rounded once, or it is undefined and says why. Windows end
with each month from the first to the last that is known; --from and --to narrow that.

Windows      month, qtd, ytd (from the start of the statistical year), year, t3m, t6m, t12m, any number of months: 7m
Transforms   level, change, growth (with --lag), yoy (growth, lag 12), mom (growth, lag 1), annualised,
             magnitude (growth of a balance without its sign), contribution and share (give --total), ratio (X over M),
             run-rate (an extrapolation), index (--base is 100), unit-value (value over quantity),
             balance (X - M), turnover (X + M)

CSV columns: series,period,window,transform,value,unit,status,reason,derivation,published_at,sequence
  status       OK; PARTIAL (members left out); EXTRAPOLATED; UNDEFINED, with the reason
  printed      with --with-published, as the last column: the publisher's own rate
  derivation   PUBLISHED, SUMMED, or DIFFERENCED: how the months were put together
Also: --as-of DATE, --at-sequence N, --from MONTH, --to MONTH, -o FORMAT, --timeout TIME, --server ADDRESS.

Examples
  tidewaiter aggregate GACC_PRESS/CN.RU.T.VALUE.USD.BN --window t12m --from 2025-01 --to 2025-12
  tidewaiter aggregate GACC_PRESS/CN.RU.T.VALUE.USD.BN --window ytd --transform yoy --from 2025-01 --with-published
  tidewaiter aggregate GACC_PRESS/CN.RU.T.VALUE.USD.BN --month 2025-07 --derivation differenced --explain
  tidewaiter aggregate GACC_PRESS/CN.W00.X.VALUE.USD.BN --transform yoy --month 2023-03 --realtime first
  tidewaiter aggregate GACC_PRESS/CN..T.VALUE.USD.BN --window ytd --transform share --total .W00.... --top 5
  tidewaiter aggregate GACC_PRESS/CN.RU..VALUE.USD.BN --transform balance --from 2025-03
  tidewaiter aggregate GACC_PRESS/CN..T.VALUE.USD.BN --window year --group WEST=partner:US+EU --month 2025-12)";

using TakeText = absl::Status (*)(std::string_view text, AggregateQuery* query);

// An option that `take` reads into the query.
CLI::Option* AddWord(CLI::App* app, Options* o, const std::string& name, TakeText take,
                     const std::string& description) {
  return AddText(
      app, name, [o, take](const std::string& text) { return take(text, &o->aggregate.query); }, description);
}

void AddAggregateWords(CLI::App* app, Options* o) {
  AggregateQuery* const query = &o->aggregate.query;
  AddWord(app, o, "--window", TakeWindow, "Which months; see below. Default month")->type_name("WINDOW");
  app->add_flag("--mean", query->window.mean, "The window's sum divided by its months");
  AddWord(app, o, "--transform", ParseTransform, "What of the windows; see below. Default level")
      ->type_name("NAME");
  app->add_option("--decimals", query->decimals, "Digits after the point of what is divided")
      ->check(Whole(0, limits::kMaxResultDecimals))
      ->type_name("N");
  AddWord(app, o, "--base", TakeBase, "index: what is 100: 2019, 2019-01, 2019-01/P7M")->type_name("PERIOD");
  app->add_option("--year-start", query->window.year_start_month,
                  "First month of years. Default: the dataset's")
      ->check(Whole(1, 12))
      ->type_name("N");
  AddWord(app, o, "--derivation", TakeDerivation, "Only: published, summed, differenced")->type_name("NAME");
  AddWord(app, o, "--rounding", TakeRounding,
          "How operands were printed, for the bounds: nearest, truncated. Default: the dataset's conventions")
      ->type_name("HOW");
  AddWord(app, o, "--composition", TakeComposition,
          "Members without a value: as-published (left out), constant, complete")
      ->type_name("NAME");
  AddWord(app, o, "--combine", TakeCombine, "balance, turnover: of X and M, for transforms other than level")
      ->type_name("NAME");
}

void AddAggregateGroups(CLI::App* app, Options* o) {
  AggregateQuery* const query = &o->aggregate.query;
  app->add_flag("--sum", query->sum, "Sum all that is selected");
  AddWord(app, o, "--group-by", TakeGroupBy, "Sum, but keep these dimensions, or kept groups, apart")
      ->type_name("DIM,...");
  app->add_option_function<std::vector<std::string>>(
         "--group", [](const std::vector<std::string>&) {},
         "A group of codes: EU=partner:DE+FR,GB@..2020-01, or EU if it is kept with the dataset (see "
         "conventions). May be given again")
      ->expected(1)
      ->take_all()
      ->check(Checked([query](const std::string& text) { return TakeGroup(text, query); }))
      ->type_name("GROUP");
  app->add_option("--total", query->total,
                  "share, contribution, which need it: key of the total; an empty place is the figure's own; "
                  "'*': the sum of what is selected of the figure's own flow, measure, currency and unit")
      ->type_name("KEY");
  app->add_option("--numerator", query->numerator,
                  "ratio: flow, default X; unit-value: measure, default VALUE")
      ->type_name("CODE");
  app->add_option("--denominator", query->denominators,
                  "ratio: flow, default M; unit-value: measures, default QUANTITY, WEIGHT")
      ->type_name("CODE");
}

void AddAggregateView(CLI::App* app, Options* o) {
  AggregateView* const view = &o->aggregate.view;
  AddText(
      app, "--month", [o](const std::string& text) { return TakeMonth(text, &o->month); },
      "Only windows that end with this month")
      ->type_name("MONTH");
  app->add_option_function<std::uint32_t>(
         "--top",
         [view](const std::uint32_t& top) {
           if (!view->ranking) view->ranking.emplace();
           view->ranking->top = top;
         },
         "Rank, and show the first N; 0: all. Of --month, or the latest")
      ->check(Whole(0, limits::kMaxPageSize))
      ->type_name("N");
  app->add_flag_callback(
      "--by-magnitude",
      [view] {
        if (!view->ranking) view->ranking.emplace();
        view->ranking->by_magnitude = true;
      },
      "Rank without the sign");
  AddText(
      app, "--realtime", [view](const std::string& text) { return TakeRealTime(text, &view->real_time); },
      "Each month at its own vintage: first, nth:N, after:12m. Default latest")
      ->type_name("PRINT");
  app->add_flag("--each-operand", view->real_time.each_operand,
                "With --realtime: each operand as its own print, instead of all at one vintage");
  app->add_flag("--with-published", view->with_published_rates, "yoy: the publisher's own rate beside it");
  app->add_flag("--explain", view->explain, "Show what each figure was computed from");
}

constexpr std::array<const char*, 17> kFigureOptions = {
    "--window",     "--mean",        "--transform",   "--decimals", "--base",     "--year-start",
    "--derivation", "--composition", "--combine",     "--sum",      "--group-by", "--group",
    "--total",      "--numerator",   "--denominator", "--rounding", "--lag"};

}  // namespace

void AddFigureWords(CLI::App* app, Options* o) {
  AddAggregateWords(app, o);
  AddAggregateGroups(app, o);
  if (app->get_option_no_throw("--lag") != nullptr) return;
  app->add_option("--lag", o->aggregate.query.lag_months,
                  "Months back to the base of a growth or change. Default 12")
      ->check(Whole(1, limits::kMaxLagMonths))
      ->type_name("N");
}

bool NamesFigures(const CLI::App& app, bool but_lag) {
  return std::any_of(kFigureOptions.begin(), kFigureOptions.end() - (but_lag ? 1 : 0), [&](const char* name) {
    const CLI::Option* const option = app.get_option_no_throw(name);
    return option != nullptr && option->count() > 0;
  });
}

void AddAggregate(CLI::App* app, Options* o) {
  CLI::App* aggregate =
      app->add_subcommand("aggregate", "Compute windows, sums, growth, shares at any vintage");
  AddTarget(aggregate, o, "Which series, as in GACC_PRESS/CN.RU.T.VALUE.USD.BN")->required();
  AddFigureWords(aggregate, o);
  AddAggregateView(aggregate, o);
  aggregate->footer(kAggregateFooter);
  aggregate->callback([o] { o->command = Options::Command::kAggregate; });
}

}  // namespace tidewaiter::cli
