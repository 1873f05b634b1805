#include "daemon/engine/ranked_figure.h"

#include <algorithm>

namespace tidewaiter::engine {
namespace {

bool IsGreater(const RankedFigure& a, const RankedFigure& b) {
  return Decimal::Compare(*a.value, *b.value) > 0;
}

// Drops what is below the last wanted rank, ties kept, so that few are left to be sorted.
void KeepTop(std::size_t top, std::vector<RankedFigure>* figures) {
  std::erase_if(*figures, [](const RankedFigure& figure) { return !figure.value.has_value(); });
  if (figures->size() <= top) return;
  std::vector<Decimal> values;
  for (const RankedFigure& figure : *figures) values.push_back(*figure.value);
  const auto last = values.begin() + static_cast<std::ptrdiff_t>(top - 1);
  std::nth_element(values.begin(), last, values.end(),
                   [](const Decimal& a, const Decimal& b) { return Decimal::Compare(a, b) > 0; });
  std::erase_if(*figures,
                [&](const RankedFigure& figure) { return Decimal::Compare(*figure.value, *last) < 0; });
}

}  // namespace

void SortByRank(const Ranking& ranking, std::vector<RankedFigure>* figures) {
  if (ranking.by_magnitude) {
    for (RankedFigure& figure : *figures) {
      if (figure.value && figure.value->is_negative()) figure.value = figure.value->Negated();
    }
  }
  if (ranking.top > 0) KeepTop(ranking.top, figures);
  std::stable_sort(figures->begin(), figures->end(), [](const RankedFigure& a, const RankedFigure& b) {
    if (!a.value || !b.value) return a.value.has_value() && !b.value.has_value();
    return IsGreater(a, b);
  });
  for (std::size_t i = 0; i < figures->size() && (*figures)[i].value; ++i) {
    const bool tie = i > 0 && !IsGreater((*figures)[i - 1], (*figures)[i]);
    (*figures)[i].rank = tie ? (*figures)[i - 1].rank : static_cast<std::uint32_t>(i) + 1;
  }
}

}  // namespace tidewaiter::engine
