// One row of a download of GACC's online query.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/feeders/feeder.h"
#include "client/feeders/gacc/gacc_query_columns.h"
#include "client/feeders/gacc/gacc_query_facts.h"
#include "domain/decimal.h"
#include "domain/period.h"

namespace tidewaiter::feeders {

// The dimensions of GACC_QUERY, in the order of its keys.
inline constexpr std::string_view kGaccQueryDimensions =
    "reporter partner flow commodity regime location measure currency unit";

// Makes cells of the fields of a row. Used for one row after the other; not thread-safe.
class GaccQueryRow {
 public:
  // Both must outlive it.
  GaccQueryRow(const GaccQueryColumns* columns, const GaccQueryFacts* facts);

  // Reads what stands on this line. False if something is wrong with it: then problems() has all of it, and
  // there are no cells.
  bool Read(const std::vector<std::string_view>& fields, std::uint64_t line);

  std::size_t cells() const { return cells_.size(); }
  // A cell, and in codes() its key. Valid, as what it points to, until the next call of either.
  StatedCell Cell(std::size_t i);
  const std::vector<std::string_view>& codes() const { return codes_; }
  std::vector<Problem>& problems() { return problems_; }

 private:
  struct Figure {
    std::string_view measure, currency, unit;
    Decimal value;
  };

  std::optional<Period> ReadPeriod();
  std::string_view ReadPartner();
  std::string_view ReadCommodity(const Period& period);
  std::string_view ReadCode(GaccQueryColumn column, std::string_view otherwise);
  void ReadQuantity(GaccQueryColumn quantity, GaccQueryColumn unit, std::string_view measure);
  void ReadValue(GaccQueryColumn value, std::string_view currency);
  std::optional<Decimal> ReadNumber(GaccQueryColumn column);
  std::string_view In(GaccQueryColumn column) const { return columns_->In(*fields_, column); }
  void Fail(GaccQueryColumn column, std::string_view description);

  const GaccQueryColumns* columns_;
  const GaccQueryFacts* facts_;
  const std::vector<std::string_view>* fields_ = nullptr;  // of the row at hand, as all below
  std::uint64_t line_ = 0;
  Period period_;
  std::vector<std::string_view> codes_;
  std::vector<Figure> cells_;
  std::vector<Problem> problems_;
  std::string commodity_;
};

}  // namespace tidewaiter::feeders
