#include "client/feeders/gacc/gacc_units.h"

#include <array>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "client/feeders/gacc/printed_number.h"
#include "domain/strings.h"

namespace tidewaiter::feeders {
namespace {

struct Unit {
  std::string_view code;
  std::string_view names;  // as GACC writes it, parted by '|'
};

// GACC's list of units of quantity, so far as things are measured in them by the tariff and by tables. PC
// would be taken for per cent.
constexpr auto kUnits = std::to_array<Unit>({
    {"KG", "千克|公斤|kilogram|kilograms|kilogramme|kg"},
    {"G", "克|gram|grams|gramme|g"},
    {"T", "吨|公吨|ton|tons|tonne|metric ton|metric tons"},
    {"CARAT", "克拉|carat|carats"},
    {"MG", "毫克|milligram"},
    {"M", "米|metre|meter|metres|meters|m"},
    {"KM", "千米|公里|kilometre|kilometer"},
    {"M2", "平方米|square metre|square meter|square metres|square meters|sq.m"},
    {"M3", "立方米|cubic metre|cubic meter|cubic metres|cubic meters|cu.m"},
    {"L", "升|litre|liter|litres|liters|l"},
    {"ML", "毫升|millilitre|milliliter"},
    {"KL", "千升|kilolitre|kiloliter"},
    {"KWH", "千瓦时|kilowatt hour|kilowatt-hour|kwh"},
    {"KW", "千瓦|kilowatt|kilowatts"},
    {"KVA", "千伏安|kilovolt ampere|kva"},
    {"MBQ", "百万贝可|megabecquerel"},
    {"PCE", "个|number|number of items|piece|pieces"},
    {"MACHINE", "台"},
    {"VEHICLE", "辆|vehicle|vehicles"},
    {"VESSEL", "艘|vessel|ship"},
    {"AIRCRAFT", "架|aircraft|plane"},
    {"SET", "套|set|sets"},
    {"EACH", "只"},
    {"HEAD", "头|head|heads"},
    {"SHEET", "张|sheet|sheets"},
    {"ITEM", "件|item|items"},
    {"STICK", "支"},
    {"BRANCH", "枝|branch|branches"},
    {"ROD", "根|rod"},
    {"STRIP", "条|strip"},
    {"HANDLE", "把"},
    {"BLOCK", "块|block"},
    {"ROLL", "卷|roll|rolls"},
    {"SUIT", "副"},
    {"SLICE", "片|slice"},
    {"GROUP", "组|group"},
    {"PORTION", "份|portion"},
    {"PANEL", "幅"},
    {"PAIR", "双|pair|pairs"},
    {"COUPLE", "对"},
    {"TREE", "棵"},
    {"PLANT", "株"},
    {"REEL", "盘|reel"},
    {"SEAT", "座"},
    {"GRAIN", "粒|grain"},
    {"COIN", "枚"},
    {"HORSE", "匹"},
    {"VOLUME", "册|本"},
    {"BOTTLE", "瓶|bottle|bottles"},
    {"BOX", "盒|箱|box|boxes"},
    {"BARREL", "桶|barrel|barrels"},
    {"DOZEN", "打|dozen|dozens"},
    {"APPARATUS", "部"},
    {"BODY", "具"},
    {"100_PCE", "百个"},
    {"100_STICK", "百支"},
    {"100_BRANCH", "百枝"},
    {"100_SLICE", "百片"},
    {"100_HANDLE", "百把"},
    {"100_SUIT", "百副"},
    {"TH_PCE", "千个"},
    {"TH_EACH", "千只"},
    {"TH_BLOCK", "千块"},
    {"TH_BRANCH", "千枝"},
    {"TH_STICK", "千支"},
    {"TH_SHEET", "千张"},
    {"TH_BOX", "千盒"},
    {"TH_GRAIN", "千粒"},
    {"10TH_PCE", "万个"},
    {"10TH_SET", "万套"},
    {"10TH_SHEET", "万张"},
    {"10TH_PAIR", "万双"},
    {"10TH_GRAIN", "万粒"},
    {"10TH_MACHINE", "万台"},
    {"10TH_VEHICLE", "万辆"},
    {"10TH_T", "万吨"},
    {"100MN_PCE", "亿个"},
    {"100MN_STICK", "亿支"},
    {"100MN_PLANT", "亿株"},
});

using Units = absl::flat_hash_map<std::string, std::string_view>;

}  // namespace

std::optional<std::string_view> UnitOfGaccName(std::string_view name) {
  static const auto* const units = [] {
    auto* const made = new Units();
    for (const Unit& unit : kUnits) {
      for (const absl::string_view one : absl::StrSplit(ToAbsl(unit.names), '|')) {
        made->emplace(std::string(one), unit.code);
      }
    }
    return made;
  }();
  const auto found = units->find(absl::AsciiStrToLower(ToAbsl(TrimBlanks(name))));
  if (found == units->end()) return std::nullopt;
  return found->second;
}

}  // namespace tidewaiter::feeders
