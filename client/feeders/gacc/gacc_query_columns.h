// Which column of a download of GACC's online query is what.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tidewaiter::feeders {

// What a column may hold. Names of codes stand beside the codes and are not kept.
enum class GaccQueryColumn : std::size_t {
  kPeriod,          // 数据年月, Date of data: 202407
  kCommodity,       // 商品编码, Commodity code
  kCommodityName,   // 商品名称, Commodity
  kPartner,         // 贸易伙伴编码, Trading partner code: three digits
  kPartnerName,     // 贸易伙伴名称, Trading partner
  kRegime,          // 贸易方式编码, Customs Regime code
  kRegimeName,      // 贸易方式名称, Customs Regime
  kLocation,        // 注册地编码, Locations of importers and exporters code
  kLocationName,    // 注册地名称, Locations of importers and exporters
  kQuantity,        // 第一数量, Quantity
  kUnit,            // 第一计量单位, Unit
  kSecondQuantity,  // 第二数量, Supplementary Quantity (once written Supplimentary)
  kSecondUnit,      // 第二计量单位, Supplementary Unit
  kYuan,            // 人民币, Renminbi Yuan
  kDollar,          // 美元, US dollar
};
inline constexpr std::size_t kGaccQueryColumns = 15;

// None if GACC writes no such name.
std::optional<GaccQueryColumn> GaccQueryColumnOfName(std::string_view name);

// Where the columns of one file stand. Immutable.
class GaccQueryColumns {
 public:
  // From the first line. Errors name every column that is not known, stands twice or lacks its unit, or say
  // that there is no value, and which names there are.
  static absl::StatusOr<GaccQueryColumns> FromHeader(const std::vector<std::string_view>& header);

  bool Has(GaccQueryColumn column) const { return at_[static_cast<std::size_t>(column)] >= 0; }
  // The field of that column in a record of at least size() fields; empty if the file has no such column.
  std::string_view In(const std::vector<std::string_view>& record, GaccQueryColumn column) const {
    const int at = at_[static_cast<std::size_t>(column)];
    return at < 0 ? std::string_view() : record[static_cast<std::size_t>(at)];
  }
  // Its name in the file; empty if the file has no such column.
  std::string_view Name(GaccQueryColumn column) const { return names_[static_cast<std::size_t>(column)]; }
  // Fields of a record without the empty one behind the last comma.
  std::size_t size() const { return size_; }

 private:
  GaccQueryColumns() { at_.fill(-1); }
  std::array<int, kGaccQueryColumns> at_;
  std::array<std::string_view, kGaccQueryColumns> names_{};  // of the table of names
  std::size_t size_ = 0;
};

}  // namespace tidewaiter::feeders
