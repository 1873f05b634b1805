#include "client/feeders/gacc/hs_edition.h"

#include <array>

namespace tidewaiter::feeders {
namespace {

struct Edition {
  int year;
  std::string_view code;
};
constexpr std::array<Edition, 8> kEditions = {{{1992, "HS1992"},
                                               {1996, "HS1996"},
                                               {2002, "HS2002"},
                                               {2007, "HS2007"},
                                               {2012, "HS2012"},
                                               {2017, "HS2017"},
                                               {2022, "HS2022"},
                                               {2028, "HS2028"}}};

std::optional<std::string_view> EditionOfYear(int year) {
  std::optional<std::string_view> found;
  for (const Edition& edition : kEditions) {
    if (edition.year <= year) found = edition.code;
  }
  return found;
}

}  // namespace

std::optional<std::string_view> HsEditionOf(const Period& period) {
  const auto first = EditionOfYear(period.start().year());
  return first == EditionOfYear(period.last().year()) ? first : std::nullopt;
}

}  // namespace tidewaiter::feeders
