#include "client/feeders/gacc/gacc_bycountry_caption.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/gacc_caption.h"
#include "domain/errors.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

// Every cell above the header once.
template <typename Visit>
absl::Status EachAbove(const TextGrid& grid, const ByCountryHeader& header, const Visit& visit) {
  for (std::size_t row = 0; row < header.first_row; ++row) {
    const TextGrid::Cell* last = nullptr;
    for (std::size_t column = 0; column < grid.columns(); ++column) {
      const TextGrid::Cell* const cell = grid.At(row, column);
      if (cell == nullptr || cell->text.empty() || cell == last) continue;
      last = cell;
      TW_RETURN_IF_ERROR(visit(*cell));
    }
  }
  return absl::OkStatus();
}

// Takes what `title` says into `all`; an error if it was said otherwise before.
absl::Status Join(const GaccTitle& title, std::string_view text, GaccTitle& all, std::string& first) {
  const bool other_month = title.month && all.month && *title.month != *all.month;
  const bool other_currency =
      !title.currency.empty() && !all.currency.empty() && title.currency != all.currency;
  if (other_month || other_currency) {
    return InvalidField("", absl::StrCat("the titles ", Quoted(first), " and ", Quoted(text),
                                         " do not agree; one of them is another table's"));
  }
  if (title.month) all.month = title.month, all.combined = title.combined;
  if (!title.currency.empty()) all.currency = title.currency;
  if (first.empty() && (title.month || !title.currency.empty())) first = text;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ByCountryCaption> ParseByCountryCaption(const TextGrid& grid, const ByCountryHeader& header,
                                                       std::string_view outside, std::string_view place) {
  ByCountryCaption caption;
  GaccTitle title;
  std::optional<GaccUnit> unit;
  std::string unit_text;
  if (!outside.empty()) {
    TW_ASSIGN_OR_RETURN(const GaccTitle outer, ParseGaccTitle(outside));
    TW_RETURN_IF_ERROR(Join(outer, outside, title, caption.title));
  }
  TW_RETURN_IF_ERROR(EachAbove(grid, header, [&](const TextGrid::Cell& cell) -> absl::Status {
    TW_ASSIGN_OR_RETURN(auto found, ParseGaccUnit(cell.text));
    if (found) {
      unit = std::move(found);
      unit_text = cell.text;
      return absl::OkStatus();
    }
    TW_ASSIGN_OR_RETURN(const GaccTitle inner, ParseGaccTitle(cell.text));
    return Join(inner, cell.text, title, caption.title);
  }));
  if (!title.month) {
    return InvalidField("", absl::StrCat(std::string(place),
                                         " does not say of which month it is: no title such as \"… by "
                                         "Country/Region, Mar 2026 (in CNY)\""));
  }
  if (!unit) {
    return InvalidField("",
                        absl::StrCat(std::string(place),
                                     " does not say its unit: no line such as \"Unit: CNY 100 Million\""));
  }
  if (!unit->currency.empty() && !title.currency.empty() && unit->currency != title.currency) {
    return InvalidField("",
                        absl::StrCat("the title ", Quoted(caption.title), " says ", title.currency, ", and ",
                                     Quoted(unit_text), " says ", unit->currency,
                                     "; GACC has published such a page by mistake: wait for the right one"));
  }
  caption.currency = unit->currency.empty() ? title.currency : unit->currency;
  if (caption.currency.empty()) {
    return InvalidField(
        "", absl::StrCat(std::string(place), " names no currency, neither in its title nor in its unit"));
  }
  caption.month = *title.month;
  caption.multiplier = unit->multiplier;
  return caption;
}

}  // namespace tidewaiter::feeders
