#include "client/feeders/tidy/tidy_columns.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::array<std::string_view, kTidyColumns> kNames = {
    "published_on", "published_at", "period_start", "period_months", "period", "value", "release",
    "step",         "status",       "conf",         "date_basis",    "source", "note"};
constexpr std::string_view kHeader = "line 1";
constexpr std::string_view kDimensions = "dimensions";

std::optional<TidyColumn> ColumnOf(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<TidyColumn>(found - kNames.begin());
}

std::string Where(std::string_view name) {
  return absl::StrCat("line 1, column ",
                      IsCleanUtf8(name) && !name.empty() ? std::string(name) : Quoted(name));
}

}  // namespace

std::string_view TidyColumnName(TidyColumn column) { return kNames[static_cast<std::size_t>(column)]; }

// Makes TidyColumns of a header, in steps that each take the columns that they know.
class TidyHeader {
 public:
  TidyHeader(const std::vector<std::string_view>& header, const FeedOptions& options)
      : header_(header), options_(options), taken_(header.size(), false) {}

  absl::StatusOr<TidyColumns> Read() {
    columns_.size_ = header_.size();
    CheckRepeats();
    TakeMapped();
    TakeNamed();
    TakeValues();
    TakeDimensions();
    CheckChoices();
    TW_RETURN_IF_ERROR(violations_.ToStatus());
    return std::move(columns_);
  }

 private:
  std::optional<std::size_t> Find(std::string_view name) const {
    const auto found = std::find(header_.begin(), header_.end(), name);
    if (found == header_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header_.begin());
  }

  // The place of a column that the user names; none, with a violation, if the file has it not.
  std::optional<std::size_t> Mapped(std::string_view own, std::string_view name) {
    const auto at = Find(name);
    if (!at) {
      violations_.Add("--column", absl::StrCat(ToAbsl(own), "=", ToAbsl(name), ": the file has no column ",
                                               Quoted(name)));
      return std::nullopt;
    }
    taken_[*at] = true;
    return at;
  }

  void CheckRepeats() {
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (*Find(header_[i]) != i) violations_.Add(Where(header_[i]), "stands twice in the header");
    }
  }

  // Columns that the user gives a meaning.
  void TakeMapped() {
    for (const auto& [own, name] : options_.columns) {
      if (own == kDimensions || (own == "value" && name.find(':') != std::string::npos)) continue;
      const auto at = Mapped(own, name);
      if (!at) continue;
      if (const auto column = ColumnOf(own)) {
        columns_.at_[static_cast<std::size_t>(*column)] = static_cast<int>(*at);
      } else {
        renamed_[*at] = own;
        taken_[*at] = false;  // it is a dimension yet
      }
    }
  }

  // Columns that have their meaning by their name.
  void TakeNamed() {
    for (std::size_t i = 0; i < header_.size(); ++i) {
      const auto column = taken_[i] || renamed_.count(i) != 0 ? std::nullopt : ColumnOf(header_[i]);
      if (!column || columns_.Has(*column)) continue;
      columns_.at_[static_cast<std::size_t>(*column)] = static_cast<int>(i);
      taken_[i] = true;
    }
  }

  void TakeValues() {
    const auto said = options_.columns.find("value");
    const std::size_t colon = said == options_.columns.end() ? std::string::npos : said->second.find(':');
    if (colon == std::string::npos) {
      if (columns_.Has(TidyColumn::kValue)) {
        columns_.values_.push_back(
            {static_cast<std::size_t>(columns_.at_[static_cast<std::size_t>(TidyColumn::kValue)]), "value",
             ""});
      } else {
        violations_.Add(
            kHeader, "the column value is missing; say which one holds the figures: --column value=Amount");
      }
      return;
    }
    spread_ = said->second.substr(0, colon);
    for (const absl::string_view part : absl::StrSplit(said->second.substr(colon + 1), ',')) {
      const std::pair<std::string, std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
      if (absl::Status s = ValidateCode(pair.first); !s.ok()) {
        violations_.Add("--column", absl::StrCat("value=", said->second, ": ", s.message(),
                                                 "; write value=flow:X=Exports,M=Imports"));
      } else if (const auto at = Mapped("value", pair.second)) {
        columns_.values_.push_back({*at, pair.second, pair.first});
      }
    }
  }

  std::string NameAt(std::size_t i) const {
    const auto renamed = renamed_.find(i);
    return renamed == renamed_.end() ? std::string(header_[i]) : renamed->second;
  }

  void TakeDimensions() {
    std::vector<TidyColumns::Source> found;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (!taken_[i]) found.push_back({NameAt(i), static_cast<int>(i), ""});
    }
    if (!spread_.empty()) found.push_back({spread_, -1, ""});
    for (const auto& [id, code] : options_.constants) {
      const bool in_file =
          std::any_of(found.begin(), found.end(), [&id = id](const auto& s) { return s.id == id; });
      if (in_file) {
        violations_.Add("--set",
                        absl::StrCat(id, "=", code, ": the file has a column ", id, "; leave one out"));
      } else if (absl::Status s = ValidateCode(code); !s.ok()) {
        violations_.Add("--set", absl::StrCat(id, "=", code, ": ", s.message()));
      } else {
        found.push_back({id, -1, code});
      }
    }
    const auto listed = options_.columns.find(std::string(kDimensions));
    columns_.dimensions_ =
        listed == options_.columns.end() ? std::move(found) : Listed(listed->second, found);
    for (const TidyColumns::Source& dimension : columns_.dimensions_) CheckName(dimension);
    if (columns_.dimensions_.empty() && violations_.empty()) {
      violations_.Add(kHeader,
                      "no column is a dimension; a series needs at least one, as --set partner=CN gives one");
    }
    if (columns_.dimensions_.size() > limits::kMaxDimensions) {
      violations_.Add(
          kHeader,
          absl::StrCat(columns_.dimensions_.size(), " columns are dimensions; a dataset has at most ",
                       limits::kMaxDimensions, ". List them: --column dimensions=partner+flow"));
    }
  }

  // Those of `found` that the user lists, in that order.
  std::vector<TidyColumns::Source> Listed(std::string_view list,
                                          const std::vector<TidyColumns::Source>& found) {
    std::vector<TidyColumns::Source> dimensions;
    for (const absl::string_view id : absl::StrSplit(ToAbsl(list), '+')) {
      const auto at =
          std::find_if(found.begin(), found.end(), [id](const auto& s) { return s.id == ToStd(id); });
      if (at != found.end())
        dimensions.push_back(*at);
      else
        violations_.Add("--column", absl::StrCat("dimensions=", ToAbsl(list), ": the file has no column ",
                                                 Quoted(ToStd(id)), ", and --set gives none"));
    }
    for (const TidyColumns::Source& source : found) {
      const bool kept = std::any_of(dimensions.begin(), dimensions.end(),
                                    [&source](const auto& d) { return d.id == source.id; });
      if (!kept && source.at >= 0) columns_.left_.push_back(source.id);
    }
    return dimensions;
  }

  void CheckName(const TidyColumns::Source& dimension) {
    const std::string lower = Lower(dimension.id);
    if (ColumnOf(lower)) return CheckReserved(dimension, lower);
    if (absl::Status s = ValidateCode(dimension.id); !s.ok()) {
      violations_.Add(Where(dimension.id),
                      absl::StrCat("cannot name a dimension: ", s.message(),
                                   ". Say what it is: --column partner=", Quoted(dimension.id),
                                   ", or list the dimensions: --column dimensions=partner+flow"));
      return;
    }
    for (const TidyColumns::Source& other : columns_.dimensions_) {
      if (&other == &dimension) return;
      if (Lower(other.id) != lower) continue;
      violations_.Add(PlaceOf(dimension),
                      absl::StrCat("the dimensions ", Quoted(other.id), " and ", Quoted(dimension.id),
                                   " differ in upper and lower case alone; leave one out by --column "
                                   "dimensions=partner+flow, or name "
                                   "one otherwise, as in --column partner2=",
                                   Quoted(dimension.id)));
    }
  }

  // A dimension under a name that means something else in a table.
  void CheckReserved(const TidyColumns::Source& dimension, const std::string& lower) {
    if (dimension.at >= 0 && lower != dimension.id) {
      violations_.Add(Where(dimension.id),
                      absl::StrCat("is not a column; did you mean \"", lower, "\"? Then say --column ", lower,
                                   "=", Quoted(dimension.id)));
      return;
    }
    const std::string what = absl::StrCat(dimension.id, ": the name is taken by the column ", lower,
                                          ", which says something of each row or figure");
    violations_.Add(PlaceOf(dimension),
                    dimension.at >= 0
                        ? absl::StrCat(what,
                                       ", and --column names another for it; leave one of them out by "
                                       "--column dimensions=partner+flow")
                        : absl::StrCat(what,
                                       "; it cannot be a dimension: add such a column to the file, or use "
                                       "another name"));
  }

  static std::string Lower(std::string_view name) {
    return absl::AsciiStrToLower(absl::StripAsciiWhitespace(ToAbsl(name)));
  }
  static std::string PlaceOf(const TidyColumns::Source& dimension) {
    if (dimension.at >= 0) return Where(dimension.id);
    return dimension.constant.empty() ? "--column" : "--set";
  }

  // Exactly one way to say it, and the whole of it.
  void CheckChoices() {
    const auto has = [this](TidyColumn column) { return columns_.Has(column); };
    if (has(TidyColumn::kPublishedOn) && has(TidyColumn::kPublishedAt)) {
      violations_.Add(kHeader, "the columns published_on and published_at exclude each other; keep one");
    }
    const bool start = has(TidyColumn::kPeriodStart);
    const bool months = has(TidyColumn::kPeriodMonths);
    if (has(TidyColumn::kPeriod) && (start || months)) {
      violations_.Add(kHeader,
                      "the column period excludes period_start and period_months; keep one or the two");
    } else if (!has(TidyColumn::kPeriod) && !(start && months)) {
      violations_.Add(kHeader, start ? "the column period_months is missing beside period_start"
                               : months
                                   ? "the column period_start is missing beside period_months"
                                   : "the column period (2025-01/P7M), or the columns period_start (2025-01) "
                                     "and period_months (7), are missing; say which column it is: "
                                     "--column period=Month");
    }
  }

  const std::vector<std::string_view>& header_;
  const FeedOptions& options_;
  std::vector<bool> taken_;
  std::map<std::size_t, std::string> renamed_;
  std::string spread_;  // the dimension over whose codes a wide file spreads its values
  TidyColumns columns_;
  Violations violations_;
};

absl::StatusOr<TidyColumns> TidyColumns::FromHeader(const std::vector<std::string_view>& header,
                                                    const FeedOptions& options) {
  return TidyHeader(header, options).Read();
}

}  // namespace tidewaiter::feeders
