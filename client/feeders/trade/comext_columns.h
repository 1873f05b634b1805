// The columns of Eurostat's SDMX-CSV of trade, and the codes that their texts mean.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "client/feeders/trade_release.h"
#include "domain/errors.h"

namespace tidewaiter::feeders {

// Longer than any code of Eurostat's, and short enough for an edition before it.
inline constexpr std::size_t kMaxComextCodeBytes = 32;

// A column that holds codes, labels or both. Not thread-safe.
class ComextColumn {
 public:
  using Map = std::function<std::optional<std::string_view>(std::string_view text)>;

  std::string_view id() const { return id_; }  // "reporter"
  std::size_t at() const { return at_; }       // in a record

  // The code that `text` means by `map`. A label that means none stands for the code that the user set, as
  // long as it is the same in every row. Else "", and a problem that says what was expected. Valid until the
  // next call.
  std::string_view CodeOf(std::string_view text, const Map& map, std::string_view expected,
                          RowProblems& problems);

 private:
  friend struct ComextColumns;
  std::string id_;
  std::size_t at_ = static_cast<std::size_t>(-1);
  std::string last_text_, last_code_;  // of the row before: most repeat it
  bool mapped_ = false;                // these two belong together
  std::string constant_;               // the code that the user set, and the label that it stands for
  std::string constant_label_;
};

// What stands where.
struct ComextColumns {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // From the first line. `constants`: a column's id -> the code of its one label. Every violation at once.
  static absl::StatusOr<ComextColumns> From(std::vector<std::string_view> names,
                                            const std::map<std::string, std::string>& constants);

  std::size_t size = 0;  // fields of a row
  std::size_t dataflow_at = kNone, update_at = kNone, period_at = kNone, value_at = kNone;
  std::size_t flag_at = kNone, conf_at = kNone;  // or none
  ComextColumn freq, reporter, partner, product, flow, indicators;
  std::vector<ComextColumn> extras;  // dimensions that only this dataflow has

 private:
  void ReadName(std::size_t at, std::string_view text, Violations& violations);
  std::size_t* PlaceOf(std::string_view name);
  void CheckComplete(Violations& violations);
  void SetConstants(const std::map<std::string, std::string>& constants, Violations& violations);
};

}  // namespace tidewaiter::feeders
