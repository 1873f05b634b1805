// revisions.
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/reading.h"
#include "client/cli/session.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

const Schema& StatisticSchema() {
  static const Schema* const schema = new Schema{
      {.name = "series"},
      {.name = "months", .kind = FieldKind::kInteger},
      {.name = "unit"},
      {.name = "statistic"},
      {.name = "value"},
      {.name = "standard_error", .header = "std. error"},
      {.name = "t"},
      {.name = "p"},
      {.name = "reason", .header = "undefined because"},
  };
  return *schema;
}

// Six significant digits: statistics are estimates, not published figures.
std::string Number(const Statistic& statistic) {
  return statistic.has_value() ? absl::StrFormat("%.6g", statistic.value()) : std::string();
}

// Adds the lines of one series.
class Lines {
 public:
  Lines(const client::SeriesRevisions& of, RecordWriter* writer) : of_(of), writer_(*writer) {}

  void Count(std::string_view name, std::uint64_t number) { Add(name, absl::StrCat(number), {}, ""); }
  void Text(std::string_view name, std::string text) { Add(name, std::move(text), {}, ""); }
  void One(std::string_view name, const Statistic& statistic) {
    Add(name, Number(statistic), {}, Reason(statistic));
  }
  void Tested(std::string_view name, const Statistic& estimate, const TTest& test) {
    Add(name, Number(estimate), {Number(test.standard_error), Number(test.t), Number(test.p)},
        Reason(estimate.has_value() ? test.t : estimate));
  }
  void Joint(std::string_view name, const FTest& test) {
    Add(name, Number(test.f), {"", "", Number(test.p)}, Reason(test.f));
  }

 private:
  struct Test {
    std::string standard_error;
    std::string t;
    std::string p;
  };
  static std::string Reason(const Statistic& statistic) {
    return statistic.has_value() ? std::string() : std::string(NoStatisticName(statistic.why()));
  }
  void Add(std::string_view name, std::string value, Test test, std::string reason) {
    writer_.Add({of_.series.empty() ? "(all)" : of_.series,
                 of_.period_months == 0 ? "" : absl::StrCat(of_.period_months), of_.unit, std::string(name),
                 std::move(value), std::move(test.standard_error), std::move(test.t), std::move(test.p),
                 std::move(reason)});
  }
  const client::SeriesRevisions& of_;
  RecordWriter& writer_;
};

void AddRegression(std::string_view name, const Regression& regression, Lines& lines) {
  const auto labelled = [&](std::string_view what) { return absl::StrCat(ToAbsl(name), " ", ToAbsl(what)); };
  lines.Tested(labelled("constant"), regression.a, regression.a_plain);
  lines.Tested(labelled("constant, HAC"), regression.a, regression.a_hac);
  lines.Tested(labelled("slope"), regression.b, regression.b_plain);
  lines.Tested(labelled("slope, HAC"), regression.b, regression.b_hac);
  lines.One(labelled("R squared"), regression.r_squared);
  lines.Joint(labelled("F, both zero"), regression.both_zero_plain);
  lines.Joint(labelled("F, both zero, HAC"), regression.both_zero_hac);
}

void AddSeries(const client::SeriesRevisions& series, RecordWriter* writer) {
  Lines lines(series, writer);
  const RevisionStatistics& s = series.statistics;
  lines.Count("pairs", s.n);
  lines.Count("periods left out", series.left_out);
  if (!series.first_period.empty()) {
    lines.Text("periods", absl::StrCat(series.first_period, "..", series.last_period));
  }
  lines.Count("HAC lag", static_cast<std::uint64_t>(s.hac_lag));
  lines.Tested("mean revision", s.mean_revision.mean, s.mean_revision.plain);
  lines.Tested("mean revision, HAC", s.mean_revision.mean, s.mean_revision.hac);
  lines.One("mean absolute revision", s.mean_absolute_revision);
  lines.One("relative mean absolute revision", s.relative_mean_absolute);
  lines.One("standard deviation", s.standard_deviation);
  lines.One("root mean square", s.root_mean_square);
  if (s.minimum) lines.Text("minimum", s.minimum->ToString());
  lines.One("10% quantile", s.quantile_10);
  lines.One("median", s.median);
  lines.One("90% quantile", s.quantile_90);
  if (s.maximum) lines.Text("maximum", s.maximum->ToString());
  lines.One("share above zero", s.share_positive);
  lines.One("share of unchanged sign", s.share_sign_unchanged);
  lines.One("noise to signal", s.noise_to_signal);
  AddRegression("news", s.news, lines);
  AddRegression("noise", s.noise, lines);
}

}  // namespace

absl::Status RunRevisions(Session& session) {
  const Options& options = session.options;
  const RevisionsArguments& asked = options.revisions;
  client::RevisionQuery query;
  query.read.dataset = options.target.dataset;
  if (!options.target.key.empty()) query.read.keys = {options.target.key};
  query.read.vintage = options.vintage;
  query.read.periods = options.periods;
  query.first = asked.first;
  query.later = asked.later;
  query.of = asked.of;
  query.lag_months = asked.lag_months;
  query.period_months = asked.period_months;
  query.hac_lag = asked.hac_lag;
  query.pooled = asked.pooled;
  if (asked.computed) query.aggregate = options.aggregate.query;
  TW_ASSIGN_OR_RETURN(const client::RevisionAnswer answer, session.client.GetRevisionStatistics(query));
  TW_RETURN_IF_ERROR(CheckSomethingMatches(session, answer.series.size()));
  RecordWriter writer(options.format, StatisticSchema(), "statistics", &session.out);
  for (const client::SeriesRevisions& series : answer.series) AddSeries(series, &writer);
  writer.Finish(absl::StrCat("\"sequence\":", answer.vintage.sequence));
  if (answer.series.empty()) session.Say("nothing is known of these series and periods");
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
