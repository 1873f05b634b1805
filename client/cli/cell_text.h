// Cells and releases as texts of records.
#pragma once

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "client/cli/records.h"
#include "client/types.h"

namespace tidewaiter::cli {

// What one dataset's cells need to be shown: the units of its series, and the zone in which its days end.
// Not thread-safe.
class CellTexts {
 public:
  explicit CellTexts(DatasetDefinition definition);

  const std::string& UnitOf(const std::string& series);
  // The day, where an instant is the last microsecond of one in the dataset's zone: that is how a publication
  // of which only the day is known is ordered. Else RFC 3339 in UTC.
  std::string TimeText(Instant instant) const;
  // The day of an instant in the dataset's zone.
  std::string DayText(Instant instant) const;
  const DatasetDefinition& definition() const { return definition_; }

 private:
  DatasetDefinition definition_;
  absl::TimeZone zone_;
  absl::flat_hash_map<std::string, std::string> units_;
};

// series,period,value,step,unit,status,published_at,sequence,value_since,source; in JSON also absence, conf
// and note; in tables the note.
const Schema& CellSchema();
Record CellRecord(CellTexts& texts, const std::string& series, const client::Cell& cell);

// The cell, and vintage_change,event_change,published_to.
const Schema& HistorySchema();
Record HistoryRecord(CellTexts& texts, const client::HistoryLine& line);

// A change that a release makes: the cell with sequence, dataset, change and what was held before.
const Schema& ChangeSchema();
Record ChangeRecord(CellTexts& texts, const client::ReleaseInfo& release, const std::string& dataset,
                    const client::ChangedCell& cell);

const Schema& ReleaseSchema();
Record ReleaseRecord(const client::ReleaseInfo& release);

// "REVISED", "REVISED within rounding", "REVISED status only".
std::string ChangeText(const Change& change);

// A noun with its number, "1 value", "12,345 values".
std::string Counted(std::uint64_t count, std::string_view noun);

}  // namespace tidewaiter::cli
