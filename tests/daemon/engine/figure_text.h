// Figures as lines of text, with all that they say but their explanation.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "daemon/engine/aggregates.h"
#include "gtest/gtest.h"

namespace tidewaiter::engine {

inline std::string ToText(const AggregateValue& value) {
  std::string text =
      value.value ? absl::StrCat(value.value->ToString(), " +- ", value.bound ? value.bound->ToString() : "?")
                  : std::string(UndefinedName(value.reason));
  for (const Month month : value.months) absl::StrAppend(&text, " ", month.ToString());
  return absl::StrCat(text, " ", std::string(DerivationName(value.derivation)), " of ", value.members,
                      " less ", value.left_out, value.across_releases ? " across" : "", " by ",
                      value.sequence, " at ", value.published_at.ToString());
}

inline std::string FigureLine(const AggregateFigure& figure) {
  return absl::StrCat(figure.series, " ", figure.period.ToString(), " ", figure.unit, " ",
                      figure.published_at.instant.ToString(), " ", ToText(figure.value));
}

// The figures of a query, a line each.
inline std::vector<std::string> Figures(const storage::Store& store, const AggregateQuery& query,
                                        const AggregateView& view, const VintageInput& vintage = {}) {
  const Queries queries(&store);
  const Aggregates aggregates(&store, &queries);
  auto reader = aggregates.Open(query, vintage, view);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return {};
  std::vector<std::string> lines;
  for (;;) {
    const auto more = (*reader)->Next();
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return lines;
    lines.push_back(FigureLine((*reader)->figure()));
  }
}

}  // namespace tidewaiter::engine
