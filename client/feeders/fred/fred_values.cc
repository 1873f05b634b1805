#include "client/feeders/fred/fred_values.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "client/feeders/fred/fred_names.h"
#include "client/feeders/limits.h"
#include "client/feeders/trade_release.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::int64_t kNoVintage = std::numeric_limits<std::int64_t>::min();
constexpr absl::CivilDay kEpoch(1970, 1, 1);

// The dataset, and the codes that the user set, in its order; "" for the series.
struct Profile {
  DatasetDefinition dataset;
  std::vector<std::string_view> codes;
  std::size_t series_at = 0;
};

// Dimensions in the customary order: series_id behind those of what is traded, before measure and unit.
int RankOf(Role role) {
  switch (role) {
    case Role::kReporter:
      return 0;
    case Role::kPartner:
      return 1;
    case Role::kFlow:
      return 2;
    case Role::kCommodity:
      return 3;
    case Role::kOther:
      return 4;
    case Role::kMeasure:
      return 6;
    case Role::kCurrency:
      return 7;
    case Role::kUnit:
      return 8;
    case Role::kAdjustment:
      return 9;
  }
  return 5;
}

absl::StatusOr<Profile> ProfileOf(const FeedOptions& options) {
  Violations violations;
  std::vector<std::tuple<int, std::string, std::string_view>> places = {{5, "series_id", ""}};
  for (const auto& [name, code] : options.constants) {
    if (name == "series_id" || name == "freq") continue;
    if (absl::Status s = ValidateCode(name); !s.ok()) violations.Add("--set", ToStd(s.message()));
    if (absl::Status s = ValidateCode(code); !s.ok())
      violations.Add("--set", absl::StrCat(name, ": ", s.message()));
    places.emplace_back(RankOf(RoleOfName(name)), name, code);
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  if (places.size() > 1 && options.dataset.empty()) {
    return InvalidField("--dataset",
                        "is needed beside --set of dimensions: the dataset FRED has only series_id");
  }
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return std::get<0>(a) < std::get<0>(b); });
  Profile profile;
  profile.dataset.id = "FRED";
  profile.dataset.publisher = "FRED";
  profile.dataset.time_zone = "America/Chicago";
  profile.dataset.title = "FRED and ALFRED, Federal Reserve Bank of St. Louis";
  for (const auto& [rank, name, code] : places) {
    if (rank == 5) profile.series_at = profile.codes.size();
    profile.dataset.dimensions.push_back({name, rank == 5 ? Role::kOther : RoleOfName(name)});
    profile.codes.push_back(code);
  }
  profile.dataset = WithOptions(std::move(profile.dataset), options);
  return profile;
}

void SortUnique(std::vector<Month>& months) {
  std::sort(months.begin(), months.end());
  months.erase(std::unique(months.begin(), months.end()), months.end());
}

}  // namespace

std::size_t FredValues::Column(const std::string& series, const std::optional<absl::CivilDay>& vintage) {
  const std::int64_t day = vintage ? *vintage - kEpoch : kNoVintage;
  const auto [at, is_new] = index_.try_emplace(std::pair(series, day), columns_.size());
  if (is_new) {
    columns_.push_back({series, vintage, {}});
    held_ += 4;  // a column takes the memory of some values
  }
  return at->second;
}

absl::Status FredValues::Add(std::size_t column, Month month, const Datum& datum, const FredPlace& place,
                             std::uint32_t until) {
  if (++held_ > kMaxHeldValues) {
    return MakeError(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
                     absl::StrCat("line ", place.line, ": the file has more than ", kMaxHeldValues,
                                  " values; download fewer series or vintages at once"));
  }
  columns_[column].values.push_back({month, until, place, datum});
  return absl::OkStatus();
}

void FredValues::DropEmptyEnds() {
  for (OneColumn& column : columns_) {
    auto& values = column.values;
    while (!values.empty() && !values.back().datum.has_value()) values.pop_back();
    const auto first =
        std::find_if(values.begin(), values.end(), [](const Value& v) { return v.datum.has_value(); });
    values.erase(values.begin(), first);
  }
}

// The dates of a series tell its frequency, or all of the file's if there are too few of them. A quarterly
// series in a table of months would pass for a monthly one: its values tell otherwise, and it is refused.
absl::StatusOr<FredValues::MonthsOfSeries> FredValues::Frequencies(const FeedOptions& options) const {
  MonthsOfSeries months;
  if (const auto set = options.constants.find("freq"); set != options.constants.end()) {
    TW_ASSIGN_OR_RETURN(const int said, FredMonthsOfLetter(set->second));
    for (const OneColumn& column : columns_) months[column.series] = said;
    return months;
  }
  struct Dates {
    std::vector<Month> all, valued;
  };
  std::map<std::string_view, Dates> dates;
  std::vector<Month> of_file;
  for (const OneColumn& column : columns_) {
    Dates& own = dates[column.series];
    for (const Value& value : column.values) {
      if (value.datum.has_value()) own.valued.push_back(value.month);
      own.all.push_back(value.month);
      of_file.push_back(value.month);
    }
  }
  SortUnique(of_file);
  for (auto& [series, own] : dates) {
    SortUnique(own.all);
    SortUnique(own.valued);
    const auto told = FredMonthsBetween(own.all.size() < 2 ? of_file : own.all);
    const auto by_values = own.valued.size() < 3 ? told : FredMonthsBetween(own.valued);
    if (!told || (by_values && *by_values > *told)) {
      return InvalidField("--set", absl::StrCat("freq is needed: the dates of ", Quoted(series),
                                                " do not tell its frequency; give --set freq=M, Q, S or A"));
    }
    months[std::string(series)] = *told;
  }
  return months;
}

// A value that was known until a day, without another the day after, was withdrawn then.
void FredValues::AddWithdrawals() {
  struct Span {
    std::string_view series;
    Month month;
    std::int64_t from, until;
    FredPlace place;
    auto Order() const { return std::tie(series, month, from); }
  };
  std::vector<Span> spans;
  std::int64_t last = 0;  // the end of what was asked for
  for (const OneColumn& column : columns_) {
    for (const Value& value : column.values) {
      if (!column.vintage || value.until == kForEver) continue;
      spans.push_back({column.series, value.month, *column.vintage - kEpoch, value.until, value.place});
      last = std::max<std::int64_t>(last, value.until);
    }
  }
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.Order() < b.Order(); });
  std::vector<std::pair<std::string, Span>> ends;  // the texts of columns_ move when columns are added
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const Span& span = spans[i];
    if (span.until >= last) continue;
    const bool followed = i + 1 < spans.size() && spans[i + 1].series == span.series &&
                          spans[i + 1].month == span.month && spans[i + 1].from <= span.until + 1;
    if (!followed) ends.emplace_back(span.series, span);
  }
  for (const auto& [series, span] : ends) {
    const std::size_t column = Column(series, kEpoch + (span.until + 1));
    columns_[column].values.push_back({span.month, kForEver, span.place, Datum::Absent(Absence::kWithdrawn)});
  }
}

// What a release holds, for its id: the series if there is one, else the file.
std::string FredValues::PartOf(const FeedOptions& options) const {
  for (const OneColumn& column : columns_) {
    if (column.series != columns_.front().series)
      return std::string(options.file == "-" ? "" : StemOf(options.file));
  }
  return columns_.empty() ? std::string() : columns_.front().series;
}

absl::Status FredValues::Give(const FeedOptions& options, FeedSink& sink) {
  TW_ASSIGN_OR_RETURN(Profile profile, ProfileOf(options));
  AddWithdrawals();
  std::stable_sort(columns_.begin(), columns_.end(),
                   [](const OneColumn& a, const OneColumn& b) { return a.vintage < b.vintage; });
  const std::string part = PartOf(options);
  TW_ASSIGN_OR_RETURN(MonthsOfSeries months, Frequencies(options));
  std::optional<std::size_t> dataset;
  std::map<std::string, std::size_t> sections;
  for (const OneColumn& column : columns_) {
    if (column.values.empty()) continue;
    std::optional<Publication> own;
    if (column.vintage) own.emplace().on = column.vintage;
    TW_ASSIGN_OR_RETURN(const Publication published,
                        ResolvePublication(own, "the vintage in it", options.file, options.published));
    if (!dataset) {
      TW_ASSIGN_OR_RETURN(dataset, sink.AddDataset(profile.dataset));
    }
    SourceRelease release;
    release.published = published;
    release.release_id = PartialReleaseId(profile.dataset, published, part);
    if (sections.count(release.release_id) == 0) {
      TW_ASSIGN_OR_RETURN(const std::size_t at, sink.AddRelease(release));
      TW_ASSIGN_OR_RETURN(sections[release.release_id],
                          sink.AddSection(at, *dataset, Action::kMerge, std::nullopt));
    }
    profile.codes[profile.series_at] = column.series;
    for (const Value& value : column.values) {
      SourceCell cell{profile.codes, {}, {}, value.place.line, value.place.record};
      const auto period = Period::Create(value.month, months[column.series]);
      if (!period.ok()) return period.status();
      cell.stated.period = *period;
      cell.stated.datum = value.datum;
      if (!value.datum.has_value() && value.datum.absence() == Absence::kMissing)
        cell.stated.attributes.status = 'O';
      TW_RETURN_IF_ERROR(sink.AddCell(sections[release.release_id], cell));
    }
  }
  return absl::OkStatus();
}

}  // namespace tidewaiter::feeders
