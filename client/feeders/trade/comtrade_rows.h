// A row of UN Comtrade's data, whether it came as CSV or as JSON, to cells.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "client/feeders/feeder.h"
#include "client/feeders/trade_release.h"

namespace tidewaiter::feeders {

// The columns that are read. All others that Comtrade has are names of codes, or follow from these.
enum class ComtradeColumn : std::size_t {
  kTypeCode,
  kFreqCode,
  kRefYear,
  kRefMonth,
  kPeriod,
  kReporterCode,
  kReporterDesc,
  kFlowCode,
  kPartnerCode,
  kPartnerDesc,
  kPartner2Code,
  kClassificationCode,
  kIsOriginal,
  kCmdCode,
  kCustomsCode,
  kMosCode,
  kMotCode,
  kQtyUnitCode,
  kQty,
  kIsQtyEstimated,
  kAltQtyUnitCode,
  kAltQty,
  kIsAltQtyEstimated,
  kNetWgt,
  kIsNetWgtEstimated,
  kGrossWgt,
  kIsGrossWgtEstimated,
  kCifValue,
  kFobValue,
  kPrimaryValue,
  kLegacyEstimationFlag,
};
inline constexpr std::size_t kComtradeColumns = 31;
std::string_view ComtradeColumnName(ComtradeColumn column);  // "refYear"
// The column of that name, upper and lower case the same: Comtrade itself writes cifvalue and cifValue. None
// for a column that is known and not read; an error for one that Comtrade does not have.
absl::StatusOr<std::optional<ComtradeColumn>> ComtradeColumnOfName(std::string_view name);
// Those without which there is no cell.
const std::vector<ComtradeColumn>& RequiredComtradeColumns();

// The texts of a row; empty for what is not there.
struct ComtradeRow {
  std::array<std::string_view, kComtradeColumns> texts;
  std::string_view operator[](ComtradeColumn column) const { return texts[static_cast<std::size_t>(column)]; }
  std::string_view& operator[](ComtradeColumn column) { return texts[static_cast<std::size_t>(column)]; }
};

// The dataset COMTRADE:
//
//   reporter partner flow commodity partner2 customs transport supply measure currency unit
//   TH.W00.M.HS2012-8542.W00.C00.0.0.VALUE.USD.1  2014-01/P12M  9680795326
//
// C00, 0, 0 and the second partner W00 are Comtrade's totals over procedures, modes of transport, modes of
// supply and second partners; a row of a breakdown has other codes there, so nothing is counted twice.
DatasetDefinition ComtradeProfile();

// Takes rows, gives cells. Not thread-safe.
class ComtradeRows {
 public:
  // Both must outlive it.
  ComtradeRows(const FeedOptions& options, FeedSink* sink) : options_(options), sink_(sink) {}
  // Opens the release. Before any row.
  absl::Status Begin();
  // `prefix` stands before the names of columns in problems, `text` is the row as it stands, `record` as in
  // SourceCell.
  absl::Status Add(const ComtradeRow& row, std::uint64_t line, std::string_view prefix, std::string_view text,
                   std::uint64_t record = 0);

 private:
  std::optional<Period> PeriodOf(const ComtradeRow& row);
  void CheckYearAndMonth(const ComtradeRow& row, const Period& period);
  std::string_view AreaOf(const ComtradeRow& row, ComtradeColumn code, ComtradeColumn name);
  std::string_view CommodityOf(const ComtradeRow& row);
  std::string_view CodeOf(const ComtradeRow& row, ComtradeColumn column, std::string_view by_default);
  std::string_view UnitOf(const ComtradeRow& row, ComtradeColumn column);
  bool Flag(const ComtradeRow& row, ComtradeColumn column);
  void ReadMeasures(const ComtradeRow& row);
  void Read(const ComtradeRow& row, ComtradeColumn column, std::string_view measure,
            std::string_view currency, std::string_view unit, bool estimated, bool owed);

  const FeedOptions& options_;
  FeedSink* sink_;
  std::size_t section_ = 0;
  RowProblems problems_;
  std::vector<std::string_view> codes_;
  std::string commodity_;                      // what codes_ points into
  std::map<int, std::string> numbered_units_;  // 14 -> "UNIT_14"
  struct Cell {
    std::string_view measure, currency, unit;
    Datum datum;
    char status;
  };
  std::vector<Cell> cells_;  // of the row at hand
};

}  // namespace tidewaiter::feeders
