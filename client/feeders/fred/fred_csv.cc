#include "client/feeders/fred/fred_csv.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/feeders/fred/fred_reader.h"
#include "client/feeders/fred/fred_values.h"
#include "client/feeders/text/csv_reader.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// A column of values: where it stands, its name in the file, what that means, and its index in FredValues
// unless each row names a vintage.
struct ValueColumn {
  std::size_t at = kNone;
  std::string name;
  FredColumn means;
  std::size_t index = kNone;
};

class Parser {
 public:
  Parser(Input& input, const FeedOptions& options, FeedSink& sink)
      : csv_(&input), reader_(options), options_(options), sink_(sink) {}

  absl::Status Parse();

 private:
  absl::Status ReadHeader();
  absl::Status AddValueColumn(std::size_t at, std::string_view name);
  absl::Status Row();
  std::string_view Field(std::size_t at) const {
    return at == kNone ? std::string_view() : Trimmed(csv_.fields()[at]);
  }

  CsvReader csv_;
  FredReader reader_;
  const FeedOptions& options_;
  FeedSink& sink_;
  FredValues values_;
  std::size_t size_ = 0;  // fields of a row
  std::size_t date_at_ = kNone, start_at_ = kNone, end_at_ = kNone;
  std::vector<ValueColumn> columns_;
  std::vector<std::optional<Datum>> data_;  // of the row at hand
};

absl::Status Parser::Parse() {
  TW_ASSIGN_OR_RETURN(bool more, csv_.Next());
  if (!more) return InvalidField("line 1", "the file is empty; the first line must name the columns");
  TW_RETURN_IF_ERROR(ReadHeader());
  for (;;) {
    TW_ASSIGN_OR_RETURN(more, csv_.Next());
    if (!more) break;
    if (!csv_.blank()) TW_RETURN_IF_ERROR(Row());
  }
  if (columns_.size() > 1) values_.DropEmptyEnds();
  return values_.Give(options_, sink_);
}

absl::Status Parser::ReadHeader() {
  size_ = csv_.fields().size();
  std::vector<std::pair<std::size_t, std::string_view>> others;
  for (std::size_t i = 0; i < size_; ++i) {
    const std::string_view name = Field(i);
    std::size_t* at = nullptr;
    if (IsFredDateName(name)) at = &date_at_;
    if (IsFredStartName(name)) at = &start_at_;
    if (IsFredEndName(name)) at = &end_at_;
    if (at == nullptr) {
      others.emplace_back(i, name);
    } else if (*at != kNone) {
      return InvalidField("line 1", absl::StrCat("has the column ", Quoted(name), " twice"));
    } else {
      *at = i;
    }
  }
  if (date_at_ == kNone)
    return InvalidField("line 1", "lacks the column observation_date, period_start_date, DATE or date");
  if (others.empty()) return InvalidField("line 1", "has no column of values behind the dates");
  if (end_at_ != kNone && start_at_ == kNone) {
    return InvalidField("line 1", "has realtime_end without realtime_start");
  }
  for (const auto& [at, name] : others) TW_RETURN_IF_ERROR(AddValueColumn(at, name));
  data_.resize(columns_.size());
  return absl::OkStatus();
}

absl::Status Parser::AddValueColumn(std::size_t at, std::string_view name) {
  ValueColumn column;
  column.at = at;
  column.name = name;
  TW_ASSIGN_OR_RETURN(column.means, reader_.ColumnOf(name));
  const bool twice = std::any_of(columns_.begin(), columns_.end(), [&column](const ValueColumn& c) {
    return c.means.series == column.means.series && c.means.vintage == column.means.vintage;
  });
  if (twice) return InvalidField("line 1", absl::StrCat("has the column ", Quoted(name), " twice"));
  if (column.means.vintage && start_at_ != kNone) {
    return InvalidField("line 1", absl::StrCat("the column ", Quoted(name),
                                               " has a vintage of its own beside realtime_start"));
  }
  if (start_at_ == kNone) column.index = values_.Column(column.means.series, column.means.vintage);
  columns_.push_back(std::move(column));
  return absl::OkStatus();
}

absl::Status Parser::Row() {
  sink_.CountRows(1);
  if (csv_.fields().size() != size_) {
    sink_.Refuse({{csv_.line(), "",
                   absl::StrCat("the row has ", csv_.fields().size(), " fields, the header ", size_)}},
                 csv_.row());
    return absl::OkStatus();
  }
  RowProblems& problems = reader_.problems();
  problems.Start(csv_.line());
  const auto month = reader_.MonthOf(Field(date_at_));
  // A table that has the column says with an empty end that the value is still known.
  const std::string_view end = end_at_ != kNone && Field(end_at_).empty() ? "." : Field(end_at_);
  const FredDays days = reader_.DaysOf(Field(start_at_), end);
  if (start_at_ != kNone && Field(start_at_).empty())
    problems.Add("realtime_start", "is empty; expected a day, as 2026-01-07");
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    data_[i] = reader_.DatumOf(columns_[i].name, Field(columns_[i].at));
  }
  if (!problems.empty()) {
    problems.Refuse(csv_.row(), sink_);
    return absl::OkStatus();
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ValueColumn& column = columns_[i];
    const std::size_t index =
        column.index != kNone ? column.index : values_.Column(column.means.series, days.start);
    TW_RETURN_IF_ERROR(values_.Add(index, *month, *data_[i], {csv_.line()}, FredUntil(days)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseFredCsv(Input& input, const FeedOptions& options, FeedSink& sink) {
  return Parser(input, options, sink).Parse();
}

}  // namespace tidewaiter::feeders
