#include "client/feeders/sdmx/sdmx_message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/feeders/sdmx/sdmx_time.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kUnspecified = "_X";  // SDMX's code for what is not specified
constexpr std::string_view kSwitchedOff = "~";
constexpr std::string_view kMeasureDimension = "measure";

// Lines of a text are joined by spaces: a note is one line.
void AppendOneLine(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\n' || text[i] == '\r' ? ' ' : text[i];
  }
}

constexpr std::array<bool, 256> CodeBytes() {
  std::array<bool, 256> allowed{};
  for (int c = 'A'; c <= 'Z'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) allowed[static_cast<std::size_t>(c)] = true;
  for (const char c : {'_', '-', '@', '$'}) allowed[static_cast<std::size_t>(c)] = true;
  return allowed;
}
constexpr std::array<bool, 256> kCodeBytes = CodeBytes();

// ValidateCode() without its error, for every code of every row.
bool IsCode(std::string_view text) {
  return !text.empty() && text.size() <= limits::kMaxCodeBytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return kCodeBytes[static_cast<unsigned char>(c)]; });
}

std::string Lower(std::string_view id) { return absl::AsciiStrToLower(ToAbsl(id)); }

// "TRADE:2025-08-07:exports" for exports.csv; empty, which is TRADE:2025-08-07, where no file names it.
std::string ReleaseId(std::string_view dataset, const Publication& publication, std::string_view file) {
  const std::string_view stem = file.substr(0, file.rfind('.'));
  std::string published = publication.ToString();
  published = published.substr(0, published.find(' '));  // "2025-08-07T11:00:00 local time"
  std::string id = absl::StrCat(ToAbsl(dataset), ":", published, ":", ToAbsl(stem));
  const bool fits =
      !stem.empty() && stem != "-" && id.size() <= limits::kMaxReleaseIdBytes && IsCleanUtf8(id);
  return fits ? id : std::string();
}

bool NamesTwice(const std::vector<std::string>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (absl::EqualsIgnoreCase(ids[i], ids[j])) return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<SdmxWishes> SdmxWishes::FromOptions(const FeedOptions& options) {
  SdmxWishes wishes;
  for (const auto& [key, value] : options.columns) {
    if (key == "dimensions") {
      wishes.dimensions = SplitIds(value);
    } else if (key == "measures") {
      wishes.measures = SplitIds(value);
    } else if (key == "published") {
      wishes.published = value;
    } else {
      return InvalidField(
          absl::StrCat("columns.", key),
          "SDMX messages name their components; what can be said is dimensions (FREQ+REF_AREA), "
          "measures (OBS_VALUE) and published (VALID_FROM)");
    }
  }
  if (NamesTwice(wishes.dimensions)) return InvalidField("columns.dimensions", "one is named twice");
  if (NamesTwice(wishes.measures)) return InvalidField("columns.measures", "one is named twice");
  return wishes;
}

absl::StatusOr<std::unique_ptr<SdmxMessage>> SdmxMessage::Begin(const FeedOptions& options, FeedSink& sink) {
  TW_ASSIGN_OR_RETURN(SdmxWishes wishes, SdmxWishes::FromOptions(options));
  for (const auto& [dimension, code] : options.constants) {
    TW_RETURN_IF_ERROR(PrefixFields(ValidateCode(dimension), "constants"));
    if (absl::Status s = ValidateCode(code); !s.ok()) {
      return InvalidField(absl::StrCat("constants.", dimension), ToStd(s.message()));
    }
  }
  std::unique_ptr<SdmxMessage> message(new SdmxMessage(options, sink, std::move(wishes)));
  if (message->wishes_.published.empty()) {
    TW_ASSIGN_OR_RETURN(message->publication_,
                        ResolvePublication(std::nullopt, "", options.file, options.published));
  } else if (options.published) {
    return InvalidField("--published-at",
                        absl::StrCat("and ", message->wishes_.published,
                                     " cannot both tell when it was published; leave one out"));
  }
  return message;
}

absl::StatusOr<std::size_t> SdmxMessage::ReleaseOf(const Publication& publication, const DataSet& set) {
  const std::string key = publication.ToString();
  if (const auto found = releases_.find(key); found != releases_.end()) return found->second;
  SourceRelease release;
  release.published = publication;
  release.release_id = ReleaseId(set.dataset_id, publication, options_.file);
  TW_ASSIGN_OR_RETURN(const std::size_t index, sink_.AddRelease(release));
  releases_.emplace(key, index);
  return index;
}

absl::Status SdmxMessage::SetPublished(std::string_view text, std::string_view where) {
  const auto publication = ParsePublication(text);
  if (!publication.ok()) return InvalidField(where, ToStd(publication.status().message()));
  publication_ = *publication;
  release_.reset();
  return absl::OkStatus();
}

// The parts of the key, in order; see the class.
absl::Status SdmxMessage::MakeKey(DataSet& set) const {
  const SdmxPlan& plan = set.plan;
  std::map<std::string, std::string> constants;  // not yet used, by dimension in lower case
  for (const auto& [dimension, code] : options_.constants) constants[Lower(dimension)] = code;
  const auto add = [&](std::size_t component, std::string_view fallback) {
    KeyPart part{component, plan.ids[component], std::string(fallback), false};
    if (const auto constant = constants.find(Lower(part.id)); constant != constants.end()) {
      part.fallback = constant->second;
      constants.erase(constant);
    }
    set.key.push_back(std::move(part));
  };
  for (const std::size_t component : plan.dimensions) {
    add(component, "");
    if (PartOfComponent(plan.ids[component]) == SdmxPart::kDimension &&
        absl::EqualsIgnoreCase(plan.ids[component], "FREQ")) {
      set.frequency = component;
    }
  }
  const std::size_t behind_dimensions = set.key.size();
  for (const std::size_t component : plan.units) add(component, kUnspecified);
  std::vector<KeyPart> left;
  for (const auto& [dimension, code] : constants) left.push_back({std::nullopt, dimension, code, false});
  set.key.insert(set.key.begin() + static_cast<std::ptrdiff_t>(behind_dimensions), left.begin(), left.end());
  if (plan.measures.size() > 1) set.key.push_back({std::nullopt, std::string(kMeasureDimension), "", true});
  for (const std::size_t measure : plan.measures) {
    set.measure_codes.push_back(plan.ids[measure]);
    if (absl::Status s = ValidateCode(plan.ids[measure]); !s.ok())
      return InvalidField("measures", ToStd(s.message()));
  }
  return absl::OkStatus();
}

absl::Status SdmxMessage::Declare(const StructureRef& structure, std::string_view title, DataSet& set) {
  DatasetDefinition profile;
  profile.id = options_.dataset.empty() ? structure.id : options_.dataset;
  set.dataset_id = profile.id;
  profile.publisher = options_.publisher.empty() ? structure.Publisher() : options_.publisher;
  if (!options_.time_zone.empty()) profile.time_zone = options_.time_zone;
  AppendOneLine(profile.title, title);
  if (profile.title.size() > limits::kMaxTitleBytes || !IsCleanUtf8(profile.title)) profile.title.clear();
  profile.description = absl::StrCat("SDMX ", structure.ToString());
  std::vector<std::string> ids;
  for (const KeyPart& part : set.key) {
    ids.push_back(Lower(part.id));
    profile.dimensions.push_back({ids.back(), RoleOfName(ids.back())});
  }
  if (const auto known = datasets_.find(profile.id); known != datasets_.end()) {
    if (known->second.dimensions == ids) {
      set.dataset = known->second.index;
      return absl::OkStatus();
    }
    return InvalidField(
        "dataset", absl::StrCat("two structures of the message are both ", Quoted(profile.id),
                                ", one with the dimensions ", absl::StrJoin(known->second.dimensions, ", "),
                                ", one with ", absl::StrJoin(ids, ", "), "; feed them from two files"));
  }
  if (absl::Status s = Validate(profile); !s.ok()) {
    return InvalidField(
        "dimensions",
        absl::StrCat(structure.ToString(), " makes no dataset of the dimensions ", absl::StrJoin(ids, ", "),
                     ": ", s.message(),
                     ". Which components are dimensions can be said: dimensions=FREQ+REF_AREA"));
  }
  TW_ASSIGN_OR_RETURN(set.dataset, sink_.AddDataset(profile));
  datasets_[profile.id] = {set.dataset, std::move(ids)};
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> SdmxMessage::AddDataSet(const StructureRef& structure, std::string_view title,
                                                    SdmxPlan plan) {
  std::vector<std::size_t> keys = plan.dimensions;
  if (plan.time) keys.push_back(*plan.time);
  DataSet set{std::move(plan), {}, {}, std::nullopt, 0, {}, SdmxGroups(std::move(keys))};
  TW_RETURN_IF_ERROR(MakeKey(set));
  TW_RETURN_IF_ERROR(Declare(structure, title, set));
  sets_.push_back(std::move(set));
  return sets_.size() - 1;
}

std::size_t SdmxMessage::AddComponent(std::size_t set, std::string id) {
  SdmxPlan& plan = sets_[set].plan;
  const std::size_t index = plan.ids.size();
  plan.ids.push_back(std::move(id));
  const std::size_t units = plan.units.size();
  AddByPart(plan, index);
  if (plan.units.size() > units) {  // the key is made
    plan.units.erase(std::find(plan.units.begin(), plan.units.end(), index));
    plan.attributes.push_back(index);
  }
  return index;
}

absl::Status SdmxMessage::AddGroup(std::size_t set, const std::vector<std::string_view>& texts) {
  return sets_[set].groups.Add(texts);
}

void SdmxMessage::Refuse(std::vector<Problem> problems, const SdmxPlace& place) {
  sink_.Refuse(std::move(problems), place.row);
}

void SdmxMessage::Fail(const SdmxPlace& place, std::string_view component, std::string_view description) {
  problems_.push_back(
      {place.line, absl::StrCat(ToAbsl(place.path), ToAbsl(component)), std::string(description)});
}

// Adds the code to codes_.
bool SdmxMessage::ReadCode(const SdmxPlace& place, const KeyPart& part, std::string_view text) {
  codes_.push_back(text);
  if (IsCode(text)) return true;
  if (text.empty()) {
    Fail(place, part.id, "is empty; an observation needs a code of every dimension");
  } else if (text == kSwitchedOff) {
    Fail(place, part.id, "\"~\" switches the dimension off; an observation needs a code of every dimension");
  } else {
    Fail(place, part.id, ToStd(ValidateCode(text).message()));
  }
  return false;
}

void SdmxMessage::ReadKey(const DataSet& set, const SdmxPlace& place) {
  codes_.clear();
  for (const KeyPart& part : set.key) {
    if (part.is_measure) {
      codes_.emplace_back();  // filled in for each measure
      continue;
    }
    const std::string_view text = Text(part.component);
    ReadCode(place, part, text.empty() ? std::string_view(part.fallback) : text);
  }
}

std::optional<Period> SdmxMessage::ReadPeriod(const DataSet& set, const SdmxPlace& place) {
  const std::string_view time = Text(set.plan.time);
  const std::string_view frequency = Text(set.frequency);
  const std::string_view year_start = Text(set.plan.year_start);
  if (!last_time_.empty() && time == last_time_ && frequency == last_frequency_ &&
      year_start == last_year_start_) {
    return last_period_;
  }
  int start_month = 1;
  if (!year_start.empty()) {
    const auto month = ParseReportingYearStart(year_start);
    if (!month.ok()) {
      Fail(place, set.plan.ids[*set.plan.year_start], ToStd(month.status().message()));
      return std::nullopt;
    }
    start_month = *month;
  }
  const std::string_view id = set.plan.time ? std::string_view(set.plan.ids[*set.plan.time]) : "TIME_PERIOD";
  if (time.empty()) {
    Fail(place, id, "is empty; an observation needs its period");
    return std::nullopt;
  }
  const auto period = ParseSdmxPeriod(time, start_month, frequency);
  if (!period.ok()) {
    Fail(place, id, ToStd(period.status().message()));
    return std::nullopt;
  }
  last_time_ = time;
  last_frequency_ = frequency;
  last_year_start_ = year_start;
  last_period_ = *period;
  return *period;
}

void SdmxMessage::ReadNote(const DataSet& set, const SdmxPlace& place) {
  note_.clear();
  for (const std::size_t component : set.plan.attributes) {
    const std::string_view text = Text(component);
    if (text.empty()) continue;
    if (!note_.empty()) note_ += "; ";
    note_ += set.plan.ids[component];
    note_ += '=';
    AppendOneLine(note_, text);
    if (note_.size() > limits::kMaxNoteBytes) {
      Fail(place, set.plan.ids[component],
           absl::StrCat("with this attribute the note would have more than ", limits::kMaxNoteBytes,
                        " bytes"));
      return;
    }
  }
  if (note_.empty() || IsCleanUtf8(note_)) return;
  for (const std::size_t component : set.plan.attributes) {
    std::string text;
    AppendOneLine(text, Text(component));
    if (IsCleanUtf8(text)) continue;
    Fail(place, set.plan.ids[component],
         absl::StrCat(Quoted(text), " must be UTF-8 without control characters"));
  }
}

std::string_view SdmxMessage::ConfOf(const DataSet& set, const SdmxPlace& place) {
  std::string_view conf;
  for (const std::size_t component : set.plan.conf) {
    const std::string_view text = Text(component);
    if (!conf.empty() && !text.empty() && conf != text) {
      Fail(place, set.plan.ids[component],
           absl::StrCat(Quoted(text), " is another confidentiality than ", Quoted(conf),
                        " in the same observation"));
    }
    if (!text.empty()) conf = text;
  }
  return conf;
}

// Of several measures an empty one says nothing, unless all are empty.
void SdmxMessage::ReadValues(const DataSet& set, SdmxEmpty empty, const SdmxPlace& place) {
  values_.clear();
  const auto& measures = set.plan.measures;
  if (measures.empty())
    Fail(place, "OBS_VALUE", "there is no measure; say which component is one: --column measures=OBS_VALUE");
  const bool any =
      std::any_of(measures.begin(), measures.end(), [this](std::size_t m) { return !Text(m).empty(); });
  SdmxValueTexts texts;
  texts.status = Text(set.plan.status);
  texts.conf = ConfOf(set, place);
  texts.decimal_comma = options_.decimal_mark == ',';
  texts.empty = empty;
  for (std::size_t i = 0; i < measures.size(); ++i) {
    texts.value = Text(measures[i]);
    if (texts.value.empty() && any) continue;
    const auto value = ParseSdmxValue(texts);
    if (value.ok()) {
      values_.emplace_back(i, *value);
      continue;
    }
    for (const FieldViolation& violation : DetailsOf(value.status()).violations) {
      const bool letter = violation.field != "value";
      if (letter && i > 0) continue;  // told for the first measure
      const std::string_view field = violation.field == "value" ? std::string_view(set.plan.ids[measures[i]])
                                     : violation.field == "status" ? "OBS_STATUS"
                                                                   : "OBS_CONF";
      Fail(place, field, violation.description);
    }
  }
}

absl::StatusOr<std::optional<std::size_t>> SdmxMessage::ReadRelease(const DataSet& set,
                                                                    const SdmxPlace& place) {
  if (!set.plan.published) {
    if (!release_ && publication_) {
      TW_ASSIGN_OR_RETURN(release_, ReleaseOf(*publication_, set));
    }
    if (release_) return release_;
    return InvalidField("columns.published", absl::StrCat(Quoted(wishes_.published),
                                                          " is no component or attribute of the message"));
  }
  const std::string_view text = Text(set.plan.published);
  const auto publication = ParsePublication(text);
  if (!publication.ok()) {
    Fail(place, set.plan.ids[*set.plan.published], ToStd(publication.status().message()));
    return std::optional<std::size_t>();
  }
  TW_ASSIGN_OR_RETURN(const std::size_t release, ReleaseOf(*publication, set));
  return std::optional<std::size_t>(release);
}

absl::Status SdmxMessage::State(std::size_t index, const std::vector<std::string_view>& texts,
                                SdmxEmpty empty, const SdmxPlace& place) {
  const DataSet& set = sets_[index];
  sink_.CountRows(1);
  problems_.clear();
  texts_ = &texts;
  if (!set.groups.empty()) {
    filled_ = texts;
    filled_.resize(std::max(filled_.size(), set.plan.ids.size()));
    set.groups.Fill(filled_);
    texts_ = &filled_;
  }
  // Everything is looked at, so that all that is wrong is told at once.
  ReadKey(set, place);
  const auto period = ReadPeriod(set, place);
  ReadValues(set, empty, place);
  ReadNote(set, place);
  TW_ASSIGN_OR_RETURN(const std::optional<std::size_t> release, ReadRelease(set, place));
  if (!problems_.empty()) {
    Refuse(std::exchange(problems_, {}), place);
    return absl::OkStatus();
  }
  TW_ASSIGN_OR_RETURN(const std::size_t section, sections_.ForStatement(*release, set.dataset));
  for (const auto& [measure, value] : values_) {
    if (set.key.back().is_measure) codes_.back() = set.measure_codes[measure];
    TW_RETURN_IF_ERROR(sink_.AddCell(
        section,
        {codes_, {*period, value.datum, value.attributes, {}, note_}, {}, place.line, place.record}));
  }
  return absl::OkStatus();
}

// No measure, and something that is neither key nor time.
bool SdmxMessage::DeletesAttributesOnly(const DataSet& set) const {
  const SdmxPlan& plan = set.plan;
  const auto given = [this](std::size_t component) { return !Text(component).empty(); };
  if (std::any_of(plan.measures.begin(), plan.measures.end(), given)) return false;
  return !Text(plan.status).empty() || std::any_of(plan.conf.begin(), plan.conf.end(), given) ||
         std::any_of(plan.attributes.begin(), plan.attributes.end(), given);
}

absl::Status SdmxMessage::Delete(std::size_t index, const std::vector<std::string_view>& texts,
                                 const SdmxPlace& place) {
  const DataSet& set = sets_[index];
  sink_.CountRows(1);
  problems_.clear();
  texts_ = &texts;
  if (DeletesAttributesOnly(set)) {
    sink_.PassOver("deletes attributes and leaves the observation");
    return absl::OkStatus();
  }
  codes_.clear();
  bool whole = true;  // every place of the key has its code
  for (const KeyPart& part : set.key) {
    const std::string_view text = part.component ? Text(part.component) : std::string_view(part.fallback);
    if (text.empty()) {
      codes_.emplace_back();
      whole = whole && part.is_measure;
    } else {
      ReadCode(place, part, text);
    }
  }
  std::optional<Period> period;
  if (!Text(set.plan.time).empty()) period = ReadPeriod(set, place);
  TW_ASSIGN_OR_RETURN(const std::optional<std::size_t> release, ReadRelease(set, place));
  const bool exact = whole && period;
  if (!exact && problems_.empty()) IsExact(set, period, place);
  if (!problems_.empty()) {
    Refuse(std::exchange(problems_, {}), place);
    return absl::OkStatus();
  }
  return exact ? DeleteCells(set, {*period, *release}, place) : DeleteSlice(set, period, *release);
}

// Whether a scope says no more than "of that period": it covers the periods within it, too.
bool SdmxMessage::IsExact(const DataSet& set, std::optional<Period> period, const SdmxPlace& place) {
  if (!period || period->months() == 1) return true;
  const std::string_view frequency = Text(set.frequency);
  if (MonthsOfFrequency(frequency) == period->months()) return true;
  Fail(place, set.plan.ids[*set.plan.time],
       absl::StrCat(
           "the deletion of ", period->ToString(),
           " in all series that agree would take the periods within it, too; name the frequency (FREQ) or "
           "the whole key"));
  return false;
}

absl::Status SdmxMessage::DeleteCells(const DataSet& set, const Row& row, const SdmxPlace& place) {
  TW_ASSIGN_OR_RETURN(const std::size_t section, sections_.ForDeletion(row.release, set.dataset));
  StatedCell cell;
  cell.period = row.period;
  cell.datum = Datum::Absent(Absence::kWithdrawn);
  const auto& measures = set.plan.measures;
  const bool any =
      std::any_of(measures.begin(), measures.end(), [this](std::size_t m) { return !Text(m).empty(); });
  for (std::size_t i = 0; i < std::max<std::size_t>(measures.size(), 1); ++i) {
    if (any && Text(measures[i]).empty()) continue;
    if (set.key.back().is_measure) codes_.back() = set.measure_codes[i];
    TW_RETURN_IF_ERROR(sink_.AddCell(section, {codes_, cell, {}, place.line, place.record}));
  }
  return absl::OkStatus();
}

absl::Status SdmxMessage::DeleteSlice(const DataSet& set, std::optional<Period> period, std::size_t release) {
  std::vector<std::vector<std::string>> places;
  for (const std::string_view code : codes_) {
    places.emplace_back();
    if (!code.empty()) places.back().emplace_back(code);
  }
  if (set.key.back().is_measure) {
    for (std::size_t i = 0; i < set.plan.measures.size(); ++i) {
      if (!Text(set.plan.measures[i]).empty()) places.back().push_back(set.measure_codes[i]);
    }
  }
  PeriodRange range;
  if (period) range = {period->start(), period->last()};
  return sections_.DeleteScope(release, set.dataset, std::move(places), range);
}

}  // namespace tidewaiter::feeders
