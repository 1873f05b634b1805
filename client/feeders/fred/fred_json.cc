#include "client/feeders/fred/fred_json.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/feeders/fred/fred_names.h"
#include "client/feeders/fred/fred_reader.h"
#include "client/feeders/fred/fred_values.h"
#include "client/feeders/text/json_members.h"
#include "client/feeders/text/json_objects.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

// One object of the observations as it stands: its times, and every other member.
struct Texts {
  std::string_view date, start, end;
  std::vector<std::pair<std::string_view, JsonValue>> others;
};

// What the API says in place of data; else why the document cannot be read.
absl::Status WhyItFailed(const JsonObjects& objects, const absl::Status& status) {
  const auto at = objects.members().find("error_message");
  if (at == objects.members().end()) return status;
  return InvalidField("error_message", absl::StrCat("is ", Quoted(at->second), "; ask for the data again"));
}

class Parser {
 public:
  Parser(const FeedOptions& options, FeedSink& sink) : reader_(options), options_(options), sink_(sink) {}

  absl::Status Parse(Input& input);

 private:
  absl::Status Object(std::string_view text, const FredPlace& place, const std::string& path);
  bool ReadTexts(std::string_view object);
  absl::Status ReadData();
  absl::Status CheckWhole(const JsonObjects& objects) const;

  FredReader reader_;
  const FeedOptions& options_;
  FeedSink& sink_;
  FredValues values_;
  JsonMembers members_;
  std::string suffix_;              // of the series, from the document's units
  bool vintages_in_names_ = false;  // members are columns, one a vintage
  Texts texts_;                     // of the object at hand, and what they say:
  std::vector<std::pair<FredColumn, Datum>> data_;
};

absl::Status Parser::Parse(Input& input) {
  JsonObjects objects(&input, "observations");
  for (bool first = true;; first = false) {
    const absl::StatusOr<bool> more = objects.Next();
    if (!more.ok()) return WhyItFailed(objects, more.status());
    if (!*more) break;
    if (first) {
      const auto units = objects.members().find("units");
      TW_ASSIGN_OR_RETURN(suffix_, FredUnitsSuffix(units == objects.members().end() ? "" : units->second));
    }
    TW_RETURN_IF_ERROR(Object(objects.object(), {objects.line(), objects.count()},
                              absl::StrCat("observations[", objects.index(), "]")));
  }
  TW_RETURN_IF_ERROR(CheckWhole(objects));
  if (vintages_in_names_) values_.DropEmptyEnds();
  return values_.Give(options_, sink_);
}

// A page of an answer is no vintage: what stands on the others would be missing from it, and withdrawn.
absl::Status Parser::CheckWhole(const JsonObjects& objects) const {
  const auto number = [&objects](const std::string& name) -> std::uint64_t {
    const auto at = objects.members().find(name);
    return at == objects.members().end() ? 0 : std::uint64_t(ParseDigits(at->second).value_or(0));
  };
  const std::uint64_t offset = number("offset"), count = number("count"), limit = number("limit");
  const std::string remedy =
      absl::StrCat("ask for all of it at once, with offset=0 and a limit of at least ",
                   std::max(count, offset + objects.count()),
                   "; the API gives at most 100000: beyond that, ask for fewer vintages (realtime_start, "
                   "realtime_end) at a time");
  if (offset > 0) {
    return InvalidField("offset",
                        absl::StrCat("is ", offset, ": the file is a later page of an answer; ", remedy));
  }
  // Where a vintage is a member, it is not said what `count` counts; a limit that it fits cut nothing.
  if (count <= objects.count() || (vintages_in_names_ && limit >= count)) return absl::OkStatus();
  return InvalidField(
      "count", absl::StrCat("is ", count, ", and the file has ", Numbered(objects.count(), "observation"),
                            ": the answer was cut; ", remedy));
}

absl::Status Parser::Object(std::string_view text, const FredPlace& place, const std::string& path) {
  sink_.CountRows(1);
  RowProblems& problems = reader_.problems();
  if (!ReadTexts(text)) {
    problems.Start(place.line);
    problems.Add(path, "is no JSON; expected an object of names and values");
    problems.Refuse(text, sink_);
    return absl::OkStatus();
  }
  problems.Start(place.line, path + ".");
  const auto month = reader_.MonthOf(texts_.date);
  const FredDays days = reader_.DaysOf(texts_.start, texts_.end);
  TW_RETURN_IF_ERROR(ReadData());
  if (!problems.empty()) {
    problems.Refuse(text, sink_);
    return absl::OkStatus();
  }
  for (const auto& [column, datum] : data_) {
    // A member that names its vintage was known on that day, whatever the object says of itself.
    const bool named = column.vintage.has_value();
    vintages_in_names_ |= named;
    const std::size_t index = values_.Column(column.series, named ? column.vintage : days.start);
    TW_RETURN_IF_ERROR(
        values_.Add(index, *month, datum, place, named ? FredValues::kForEver : FredUntil(days)));
  }
  return absl::OkStatus();
}

bool Parser::ReadTexts(std::string_view object) {
  texts_ = {};
  return members_.Read(object, [this](std::string_view name, const JsonValue& value) {
    if (name == "date") {
      texts_.date = value.text;
    } else if (name == "realtime_start") {
      texts_.start = value.text;
    } else if (name == "realtime_end") {
      texts_.end = value.text;
    } else {
      texts_.others.emplace_back(name, value);
    }
  });
}

absl::Status Parser::ReadData() {
  RowProblems& problems = reader_.problems();
  data_.clear();
  for (const auto& [name, value] : texts_.others) {
    if (!ValidateCode(name).ok() || value.is_nested) {
      problems.Add("", absl::StrCat("the member ", Quoted(name), " is no value of a series"));
      continue;
    }
    TW_ASSIGN_OR_RETURN(FredColumn column, reader_.ColumnOf(name, suffix_));
    if (const auto datum = reader_.DatumOf(name, value.text)) data_.emplace_back(std::move(column), *datum);
  }
  if (texts_.others.empty()) problems.Add("value", "is missing");
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseFredJson(Input& input, const FeedOptions& options, FeedSink& sink) {
  return Parser(options, sink).Parse(input);
}

}  // namespace tidewaiter::feeders
