// The countries, areas and groups that China's customs (GACC) names, and the codes that they have here.
#pragma once

#include <optional>
#include <string_view>

namespace tidewaiter::feeders {

// Codes are ISO 3166-1 alpha-2 where the area has one ("RU", "HK", "TW"), else
//
//   ES-CN ES-CE ES-ML BQ-BO BQ-SA    parts of a country, as ISO 3166-2 has them: the Canaries, Ceuta,
//   Melilla,
//                                    Bonaire, Saba
//   AN CS                            codes that ISO has withdrawn: the Netherlands Antilles, Serbia and
//   Montenegro GACC-604                         what has no code of ISO's: GACC's own number. Islands of
//   French Polynesia
//                                    (604 605 612 615 616), the island of Saint Martin (438), "other" areas
//                                    of a continent (199 299 399 499 599 699), unknown (701), international
//                                    organisations (702), neutral packaging (999)
//   W00                              the world: "Total"
//   EU ASEAN RCEP BRI LATAM AFRICA   groups, never to be added to their members; all: gacc_area_table.cc
//
// A code says what was published; which members a group had then is not known here.

// "344" is "RU": of a numeric code of the online query. None if GACC's list has no such number.
std::optional<std::string_view> AreaOfGaccCode(std::string_view digits);

// "Russian Federation", "United States (US)", "of which: Germany", "俄罗斯", "ASEAN": of a name in English or
// Chinese, as GACC's pages and tables write it or have written it. Case, blanks, punctuation and "of which:"
// do not count. None if the name is not in the table: a new name is then a line there.
std::optional<std::string_view> AreaOfGaccName(std::string_view name);

}  // namespace tidewaiter::feeders
