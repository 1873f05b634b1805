#include "client/feeders/gacc/gacc_query_columns.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/feeders/gacc/printed_number.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

using Column = GaccQueryColumn;

struct KnownName {
  std::string_view text;
  Column column;
};

constexpr auto kNames = std::to_array<KnownName>({
    {"数据年月", Column::kPeriod},
    {"商品编码", Column::kCommodity},
    {"商品名称", Column::kCommodityName},
    {"贸易伙伴编码", Column::kPartner},
    {"贸易伙伴名称", Column::kPartnerName},
    {"贸易方式编码", Column::kRegime},
    {"贸易方式名称", Column::kRegimeName},
    {"注册地编码", Column::kLocation},
    {"注册地名称", Column::kLocationName},
    {"收发货人注册地编码", Column::kLocation},
    {"收发货人注册地名称", Column::kLocationName},
    {"第一数量", Column::kQuantity},
    {"第一计量单位", Column::kUnit},
    {"第二数量", Column::kSecondQuantity},
    {"第二计量单位", Column::kSecondUnit},
    {"人民币", Column::kYuan},
    {"美元", Column::kDollar},
    {"Date of data", Column::kPeriod},
    {"Commodity code", Column::kCommodity},
    {"Commodity", Column::kCommodityName},
    {"Trading partner code", Column::kPartner},
    {"Trading partner", Column::kPartnerName},
    {"Customs Regime code", Column::kRegime},
    {"Customs Regime", Column::kRegimeName},
    {"Locations of importers and exporters code", Column::kLocation},
    {"Locations of importers and exporters", Column::kLocationName},
    {"Quantity", Column::kQuantity},
    {"Unit", Column::kUnit},
    {"Supplementary Quantity", Column::kSecondQuantity},
    {"Supplementary Unit", Column::kSecondUnit},
    {"Supplimentary Quantity", Column::kSecondQuantity},
    {"Supplimentary Unit", Column::kSecondUnit},
    {"Renminbi Yuan", Column::kYuan},
    {"US dollar", Column::kDollar},
});

const KnownName* Find(std::string_view name) {
  const std::string_view trimmed = TrimBlanks(name);
  const auto* const found = std::find_if(kNames.begin(), kNames.end(), [trimmed](const KnownName& one) {
    return absl::EqualsIgnoreCase(ToAbsl(one.text), ToAbsl(trimmed));
  });
  return found == kNames.end() ? nullptr : found;
}

std::string AllNames() {
  return absl::StrJoin(kNames, ", ", [](std::string* out, const KnownName& name) { out->append(name.text); });
}

}  // namespace

std::optional<GaccQueryColumn> GaccQueryColumnOfName(std::string_view name) {
  const KnownName* const found = Find(name);
  if (found == nullptr) return std::nullopt;
  return found->column;
}

absl::StatusOr<GaccQueryColumns> GaccQueryColumns::FromHeader(const std::vector<std::string_view>& header) {
  GaccQueryColumns columns;
  Violations violations;
  columns.size_ = header.size();
  if (columns.size_ > 1 && TrimBlanks(header.back()).empty()) --columns.size_;
  for (std::size_t i = 0; i < columns.size_; ++i) {
    const std::string field = absl::StrCat("line 1, column ", i + 1);
    const KnownName* const found = Find(header[i]);
    if (found == nullptr) {
      violations.Add(field,
                     absl::StrCat(Quoted(header[i]),
                                  " is no column of GACC's online query; leave it out, or give the file "
                                  "as it was downloaded. There are ",
                                  AllNames()));
      continue;
    }
    const auto at = static_cast<std::size_t>(found->column);
    if (columns.at_[at] >= 0) {
      violations.Add(field,
                     absl::StrCat(Quoted(header[i]), " stands in column ", columns.at_[at] + 1, " too"));
      continue;
    }
    columns.at_[at] = static_cast<int>(i);
    columns.names_[at] = found->text;
  }
  if (violations.empty() && !columns.Has(Column::kYuan) && !columns.Has(Column::kDollar)) {
    violations.Add("line 1", "no column of values: 人民币 or 美元 (Renminbi Yuan, US dollar)");
  }
  for (const auto& [quantity, unit] : {std::pair(Column::kQuantity, Column::kUnit),
                                       std::pair(Column::kSecondQuantity, Column::kSecondUnit)}) {
    if (columns.Has(quantity) == columns.Has(unit)) continue;
    const Column there = columns.Has(quantity) ? quantity : unit;
    violations.Add("line 1", absl::StrCat(Quoted(columns.Name(there)),
                                          " stands alone; a quantity and its unit come together"));
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return columns;
}

}  // namespace tidewaiter::feeders
