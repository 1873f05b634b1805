#include "client/feeders/sdmx/sdmx_json.h"

#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/feeders/limits.h"
#include "client/feeders/sdmx/sdmx_json_structure.h"
#include "client/feeders/sdmx/sdmx_message.h"
#include "client/feeders/text/json_text.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array<std::string_view, kSdmxJsonLevels> kLevelNames = {"dataSet", "dimensionGroup", "series",
                                                                       "observation"};
constexpr std::string_view kExample =
    R"json({"meta":{"id":"1","prepared":"2025-08-07T03:00:00Z","sender":{"id":"XX"}},"data":{
 "structures":[{"links":[{"urn":"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=XX:TRADE(1.0)"
}],
  "dimensions":{"series":[{"id":"REPORTER","keyPosition":0,"values":[{"id":"XA"}]},
                          {"id":"FLOW","keyPosition":1,"values":[{"id":"X"},{"id":"M"}]}],
                "observation":[{"id":"TIME_PERIOD","keyPosition":2,"values":[{"id":"2025-07"}]}]},
  "measures":{
  "observation" : [ {"id" : "OBS_VALUE"} ]
}
}],
 "dataSets":[{"structure":0,"action":"Replace","series":{
  "0:0":{"observations":{"0":[1234.50]}},"0:1":{"observations":{"0":[987.00]}}}}]
}
}
)json";

std::size_t At(SdmxJsonLevel level) { return static_cast<std::size_t>(level); }

absl::Status OldVersion() {
  return InvalidField("",
                      "this is SDMX-JSON 1.0; SDMX-JSON 2.0 and 2.1 are read. Ask the service for "
                      "application/vnd.sdmx.data+json;version=2.0.0, or for SDMX-CSV or SDMX-ML");
}

absl::Status WrongPlace(std::string_view path, std::string_view what) {
  return InvalidField("", absl::StrCat(ToAbsl(path), ": ", ToAbsl(what)));
}

// What a data set says of itself.
struct DataSetHead {
  std::size_t structure = 0;
  std::string action;
  std::string valid_from;
  std::vector<std::string> attributes;  // raw: resolved when the structure is known
};

// One message, read twice: first the structures and heads, then the data.
class SdmxJsonFile {
 public:
  SdmxJsonFile(FeedSink& sink, SdmxMessage& message) : sink_(sink), message_(message) {}

  absl::Status Read(std::string& text) {
    const std::size_t size = text.size();
    text.resize(size + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    if (const auto error =
            parser.iterate(simdjson::padded_string_view(text.data(), size, text.size())).get(document)) {
      return BadJson(error);
    }
    TW_RETURN_IF_ERROR(
        Walk(document, [this](std::string_view key, JsonValue& value) { return Head(key, value); }));
    if (!saw_data_) return InvalidField("", "the message has no \"data\"");
    TW_RETURN_IF_ERROR(Prepare());
    document.rewind();
    TW_RETURN_IF_ERROR(Walk(document, [this](std::string_view key, JsonValue& value) {
      return key == "dataSets" ? DataSets(value) : absl::OkStatus();
    }));
    return message_.Finish();
  }

 private:
  // Calls body(key, value) for the fields of "data".
  template <typename Body>
  absl::Status Walk(simdjson::ondemand::document& document, const Body& body) {
    JsonObject root;
    if (const auto error = document.get_object().get(root)) return BadJson(error);
    return ForEachField(root, [&](std::string_view key, JsonValue& value) -> absl::Status {
      if (key == "structure" || key == "dataSets" || key == "header") return OldVersion();
      if (key != "data") return absl::OkStatus();
      saw_data_ = true;
      return ForEachField(value, body);
    });
  }

  absl::Status Head(std::string_view key, JsonValue& value) {
    if (key == "structure") return OldVersion();
    if (key == "structures") {
      return ForEachElement(value, [this](JsonValue& structure) { return Structure(structure); });
    }
    if (key == "dataSets") {
      return ForEachElement(value, [this](JsonValue& set) { return SetHead(set); });
    }
    return absl::OkStatus();
  }

  absl::Status Structure(JsonValue& value) {
    SdmxJsonStructure& structure = structures_.emplace_back();
    return ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      if (key == "name") return Text(field, structure.title);
      if (key == "links") return Links(field, structure);
      if (key == "dimensions") return Levels(field, structure.dimensions);
      if (key == "attributes") return Levels(field, structure.attributes);
      if (key == "annotations") return Annotations(field, structure);
      if (key != "measures") return absl::OkStatus();
      structure.has_measures = true;
      std::array<std::vector<SdmxJsonComponent>, kSdmxJsonLevels> levels;
      TW_RETURN_IF_ERROR(Levels(field, levels));
      structure.measures = std::move(levels[At(SdmxJsonLevel::kObservation)]);
      return absl::OkStatus();
    });
  }

  static absl::Status Text(JsonValue& value, std::string& into) {
    TW_ASSIGN_OR_RETURN(into, JsonText(value));
    return absl::OkStatus();
  }

  // The first link with a URN names the structure.
  static absl::Status Links(JsonValue& value, SdmxJsonStructure& structure) {
    return ForEachElement(value, [&](JsonValue& link) {
      return ForEachField(link, [&](std::string_view key, JsonValue& field) {
        return key == "urn" && structure.urn.empty() ? Text(field, structure.urn) : absl::OkStatus();
      });
    });
  }

  static absl::Status Annotations(JsonValue& value, SdmxJsonStructure& structure) {
    return ForEachElement(value, [&](JsonValue& annotation) -> absl::Status {
      std::string id, title, text;
      TW_RETURN_IF_ERROR(ForEachField(annotation, [&](std::string_view key, JsonValue& field) {
        if (key == "id") return Text(field, id);
        if (key == "title") return Text(field, title);
        return key == "text" ? Text(field, text) : absl::OkStatus();
      }));
      structure.annotations.push_back(!text.empty() ? text : !title.empty() ? title : id);
      return absl::OkStatus();
    });
  }

  static absl::Status Levels(JsonValue& value,
                             std::array<std::vector<SdmxJsonComponent>, kSdmxJsonLevels>& levels) {
    return ForEachField(value, [&](std::string_view key, JsonValue& components) -> absl::Status {
      for (std::size_t level = 0; level < kSdmxJsonLevels; ++level) {
        if (key != kLevelNames[level]) continue;
        return ForEachElement(components, [&](JsonValue& c) { return Component(c, levels[level]); });
      }
      return absl::OkStatus();
    });
  }

  static absl::Status Component(JsonValue& value, std::vector<SdmxJsonComponent>& into) {
    SdmxJsonComponent component;
    std::string roles;
    TW_RETURN_IF_ERROR(ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      if (key == "id") return Text(field, component.id);
      if (key == "default") return Text(field, component.by_default);
      if (key == "roles") return Text(field, roles);
      if (key == "keyPosition") {
        std::string position;
        TW_RETURN_IF_ERROR(Text(field, position));
        component.key_position = ParseDigits(position).value_or(-1);
      }
      if (key != "values") return absl::OkStatus();
      component.has_values = true;
      return ForEachElement(field, [&](JsonValue& v) { return Value(v, component); });
    }));
    component.is_time = component.id == "TIME_PERIOD" || absl::StrContains(roles, "\"TIME_PERIOD\"");
    if (component.id.empty()) return WrongPlace("data.structures", "a component has no id");
    if (!IsCleanUtf8(component.id)) return WrongPlace("data.structures", "a component's id is no text");
    into.push_back(std::move(component));
    return absl::OkStatus();
  }

  // {"id":"CN"}, or {"value":"free text"}, or {"values":[...]}; else {"name":"a title without an id"}.
  static absl::Status Value(JsonValue& value, SdmxJsonComponent& component) {
    std::string id, free, name;
    TW_RETURN_IF_ERROR(ForEachField(value, [&](std::string_view key, JsonValue& field) {
      if (key == "id") return Text(field, id);
      if (key == "value" || key == "values") return Text(field, free);
      return key == "name" ? Text(field, name) : absl::OkStatus();
    }));
    component.values.push_back(!id.empty() ? id : !free.empty() ? free : name);
    return absl::OkStatus();
  }

  absl::Status SetHead(JsonValue& value) {
    DataSetHead& head = heads_.emplace_back();
    return ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      if (key == "action") return Text(field, head.action);
      if (key == "validFrom") return Text(field, head.valid_from);
      if (key == "structure") {
        std::string index;
        TW_RETURN_IF_ERROR(Text(field, index));
        const auto number = ParseDigits(index);
        if (!number) {
          return WrongPlace(absl::StrCat("data.dataSets[", heads_.size() - 1, "].structure"),
                            absl::StrCat(Quoted(index), " is no index of a structure"));
        }
        head.structure = static_cast<std::size_t>(*number);
      }
      if (key == "attributes") {
        return ForEachElement(
            field, [&](JsonValue& element) { return Text(element, head.attributes.emplace_back()); });
      }
      return absl::OkStatus();
    });
  }

  // Declares the structures that data sets are of.
  absl::Status Prepare() {
    const std::string_view published = message_.wishes().published;
    publishes_ = absl::EqualsIgnoreCase(ToAbsl(published), "validFrom");
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      if (heads_[i].structure >= structures_.size()) {
        return WrongPlace(absl::StrCat("data.dataSets[", i, "].structure"),
                          absl::StrCat("there is no structure ", heads_[i].structure, "; the message has ",
                                       structures_.size()));
      }
      SdmxJsonStructure& structure = structures_[heads_[i].structure];
      if (structure.set) continue;
      const auto ref = ParseStructureUrn(structure.urn);
      if (!ref.ok()) {
        return WrongPlace(absl::StrCat("data.structures[", heads_[i].structure, "].links"),
                          structure.urn.empty() ? "no link has a urn, which names the structure"
                                                : ToStd(ref.status().message()));
      }
      structure.MakePlan(message_.wishes().measures, publishes_ ? "" : published);
      TW_ASSIGN_OR_RETURN(structure.set, message_.AddDataSet(*ref, structure.title, *structure.plan));
    }
    return absl::OkStatus();
  }

  absl::Status DataSets(JsonValue& value) {
    std::size_t index = 0;
    return ForEachElement(value, [&](JsonValue& set) { return DataSet(set, index++); });
  }

  absl::Status DataSet(JsonValue& value, std::size_t index) {
    if (index >= heads_.size()) return BadJson(simdjson::TAPE_ERROR);  // it was there a moment ago
    const DataSetHead& head = heads_[index];
    structure_ = &structures_[head.structure];
    path_ = absl::StrCat("dataSets[", index, "].");
    const std::size_t path_size = path_.size();
    if (!TakeAction(head.action)) return absl::OkStatus();
    if (publishes_)
      TW_RETURN_IF_ERROR(message_.SetPublished(head.valid_from, absl::StrCat(path_, "validFrom")));
    set_texts_.assign(structure_->plan->ids.size(), {});
    set_store_.clear();
    for (const SdmxJsonComponent& dimension : structure_->dimensions[At(SdmxJsonLevel::kDataSet)]) {
      if (dimension.values.size() == 1) set_texts_[dimension.component] = dimension.values[0];
    }
    const auto& attributes = structure_->attributes[At(SdmxJsonLevel::kDataSet)];
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      const std::string_view raw = i < head.attributes.size() ? std::string_view(head.attributes[i]) : "";
      TW_RETURN_IF_ERROR(Put(attributes[i], raw, set_texts_, set_store_));
    }
    // Groups first: they apply wherever they stand. So the data are kept back until all fields were seen,
    // which costs nothing but where they stand first.
    bool has_data = false;
    std::string late;
    TW_RETURN_IF_ERROR(ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      if (key == "dimensionGroupAttributes") {
        if (has_data)
          return WrongPlace(path_, "dimensionGroupAttributes stand behind the data they belong to");
        return Groups(field);
      }
      if (key != "series" && key != "observations") return absl::OkStatus();
      has_data = true;
      path_.resize(path_size);
      return key == "series" ? Series(field) : Observations(field, set_texts_);
    }));
    if (has_data || !deletes_) return absl::OkStatus();
    return message_.Delete(*structure_->set, set_texts_, {0, path_, {}});
  }

  bool TakeAction(const std::string& action) {
    deletes_ = false;
    empty_ = SdmxEmpty::kMissing;
    if (action.empty() || action == "Information" || action == "Replace") return true;
    if (action == "Merge" || action == "Append") {
      empty_ = SdmxEmpty::kUnchanged;
      return true;
    }
    deletes_ = action == "Delete";
    if (deletes_) return true;
    message_.Refuse({{0, absl::StrCat(path_, "action"),
                      absl::StrCat(Quoted(action),
                                   " is no action; expected Information, Append, Merge, Replace or Delete")}},
                    {});
    return false;
  }

  // The text of `component` for what a data set says: an index, or several, or the text itself.
  absl::Status Put(const SdmxJsonComponent& component, std::string_view said,
                   std::vector<std::string_view>& texts, std::deque<std::string>& store) const {
    if (said.empty()) {
      if (!component.by_default.empty() && !deletes_) texts[component.component] = component.by_default;
      return absl::OkStatus();
    }
    if (!component.has_values) {
      texts[component.component] = store.emplace_back(said);
      return absl::OkStatus();
    }
    const bool several = said.front() == '[' && said.back() == ']';
    const std::string_view list = several ? said.substr(1, said.size() - 2) : said;
    std::string joined;
    for (const absl::string_view part : absl::StrSplit(ToAbsl(list), ',')) {
      const auto index = ParseDigits(ToStd(absl::StripAsciiWhitespace(part)));
      if (!index || static_cast<std::size_t>(*index) >= component.values.size()) {
        return WrongPlace(absl::StrCat("data.", path_, component.id),
                          absl::StrCat(Quoted(said), " is no index into the ", component.values.size(),
                                       " values that the structure lists"));
      }
      const std::string& value = component.values[static_cast<std::size_t>(*index)];
      if (!several) {
        texts[component.component] = value;
        return absl::OkStatus();
      }
      absl::StrAppend(&joined, joined.empty() ? "" : ";", value);
    }
    texts[component.component] = store.emplace_back(std::move(joined));
    return absl::OkStatus();
  }

  // "0:3:1" into the texts of those dimensions; an empty place is every code.
  template <typename Dimensions>
  absl::Status PutKey(std::string_view key, const Dimensions& dimensions,
                      std::vector<std::string_view>& texts, bool may_omit) const {
    const auto wrong = [&](std::string_view what) { return WrongPlace(absl::StrCat("data.", path_), what); };
    std::size_t place = 0;
    for (const absl::string_view part : absl::StrSplit(ToAbsl(key), ':')) {
      if (place == dimensions.size()) {
        if (place == 0 && (part.empty() || part == "0")) return absl::OkStatus();
        return wrong(
            absl::StrCat("the key ", Quoted(key), " has more places than the ", place, " dimensions here"));
      }
      const SdmxJsonComponent& dimension = Get(dimensions[place++]);
      if (part.empty() && may_omit) continue;
      const auto index = ParseDigits(ToStd(part));
      if (!index || static_cast<std::size_t>(*index) >= dimension.values.size()) {
        return wrong(absl::StrCat("in the key ", Quoted(key), ", ", Quoted(ToStd(part)),
                                  " is no index into the ", dimension.values.size(), " values of ",
                                  dimension.id));
      }
      texts[dimension.component] = dimension.values[static_cast<std::size_t>(*index)];
    }
    if (place == dimensions.size()) return absl::OkStatus();
    return wrong(absl::StrCat("the key ", Quoted(key), " has ", place, " places; there are ",
                              dimensions.size(), " dimensions here"));
  }
  static const SdmxJsonComponent& Get(const SdmxJsonComponent& component) { return component; }
  static const SdmxJsonComponent& Get(const SdmxJsonComponent* component) { return *component; }

  // Attributes in an array, from `at` on, behind which there are indices of annotations.
  absl::Status PutAttributes(const std::vector<std::string>& said, std::size_t at, SdmxJsonLevel level,
                             std::vector<std::string_view>& texts, std::deque<std::string>& store) const {
    const auto& attributes = structure_->attributes[At(level)];
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      const std::string_view text = at + i < said.size() ? std::string_view(said[at + i]) : "";
      TW_RETURN_IF_ERROR(Put(attributes[i], text, texts, store));
    }
    for (std::size_t i = at + attributes.size(); i < said.size(); ++i) {
      TW_RETURN_IF_ERROR(PutAnnotation(said[i], texts, store));
    }
    return absl::OkStatus();
  }

  absl::Status PutAnnotation(std::string_view said, std::vector<std::string_view>& texts,
                             std::deque<std::string>& store) const {
    const auto index = ParseDigits(said);
    if (!index || static_cast<std::size_t>(*index) >= structure_->annotations.size()) {
      return WrongPlace(absl::StrCat("data.", path_),
                        absl::StrCat(Quoted(said), " is behind the attributes and no index into the ",
                                     structure_->annotations.size(), " annotations of the structure"));
    }
    std::string_view& text = texts[*structure_->annotation_component];
    const std::string& annotation = structure_->annotations[static_cast<std::size_t>(*index)];
    text = text.empty() ? std::string_view(annotation)
                        : store.emplace_back(absl::StrCat(ToAbsl(text), " | ", annotation));
    return absl::OkStatus();
  }

  static absl::Status ReadArray(JsonValue& value, std::vector<std::string>& into) {
    into.clear();
    return ForEachElement(value, [&](JsonValue& element) { return Text(element, into.emplace_back()); });
  }

  absl::Status Groups(JsonValue& value) {
    return ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      std::vector<std::string_view> texts(structure_->plan->ids.size());
      std::deque<std::string> store;
      TW_RETURN_IF_ERROR(PutKey(key, structure_->by_position, texts, true));
      TW_RETURN_IF_ERROR(ReadArray(field, said_));
      TW_RETURN_IF_ERROR(PutAttributes(said_, 0, SdmxJsonLevel::kDimensionGroup, texts, store));
      return message_.AddGroup(*structure_->set, texts);
    });
  }

  absl::Status Series(JsonValue& value) {
    const std::size_t path_size = path_.size();
    return ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      path_.resize(path_size);
      absl::StrAppend(&path_, "series[", ToAbsl(key), "].");
      series_texts_ = set_texts_;
      series_store_.clear();
      TW_RETURN_IF_ERROR(
          PutKey(key, structure_->dimensions[At(SdmxJsonLevel::kSeries)], series_texts_, deletes_));
      return OneSeries(field);
    });
  }

  absl::Status OneSeries(JsonValue& value) {
    bool has_observations = false;
    bool has_attributes = false;
    TW_RETURN_IF_ERROR(ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      if (has_observations && (key == "attributes" || key == "annotations")) {
        return WrongPlace(absl::StrCat("data.", path_),
                          "attributes stand behind the observations they belong to");
      }
      if (key == "attributes") {
        has_attributes = true;
        TW_RETURN_IF_ERROR(ReadArray(field, said_));
        return PutAttributes(said_, 0, SdmxJsonLevel::kSeries, series_texts_, series_store_);
      }
      if (key == "annotations") {
        TW_RETURN_IF_ERROR(ReadArray(field, said_));
        for (const std::string& index : said_) {
          TW_RETURN_IF_ERROR(PutAnnotation(index, series_texts_, series_store_));
        }
      }
      if (key != "observations") return absl::OkStatus();
      has_observations = true;
      if (!has_attributes) {
        TW_RETURN_IF_ERROR(PutAttributes({}, 0, SdmxJsonLevel::kSeries, series_texts_, series_store_));
      }
      return Observations(field, series_texts_);
    }));
    if (has_observations) return absl::OkStatus();
    if (deletes_) return message_.Delete(*structure_->set, series_texts_, {0, path_, {}});
    sink_.CountRows(1);
    sink_.PassOver("attributes of a series without observations");
    return absl::OkStatus();
  }

  absl::Status Observations(JsonValue& value, const std::vector<std::string_view>& base) {
    const std::size_t path_size = path_.size();
    return ForEachField(value, [&](std::string_view key, JsonValue& field) -> absl::Status {
      path_.resize(path_size);
      absl::StrAppend(&path_, "observations[", ToAbsl(key), "].");
      texts_ = base;
      store_.clear();
      TW_RETURN_IF_ERROR(
          PutKey(key, structure_->dimensions[At(SdmxJsonLevel::kObservation)], texts_, deletes_));
      TW_RETURN_IF_ERROR(ReadArray(field, said_));
      const auto& measures = structure_->measures;
      for (std::size_t i = 0; i < measures.size() && i < said_.size(); ++i) {
        TW_RETURN_IF_ERROR(Put(measures[i], said_[i], texts_, store_));
      }
      TW_RETURN_IF_ERROR(PutAttributes(said_, measures.size(), SdmxJsonLevel::kObservation, texts_, store_));
      const SdmxPlace place{0, path_, {}, ++observations_};
      return deletes_ ? message_.Delete(*structure_->set, texts_, place)
                      : message_.State(*structure_->set, texts_, empty_, place);
    });
  }

  FeedSink& sink_;
  SdmxMessage& message_;
  bool saw_data_ = false;
  bool publishes_ = false;  // data sets tell when they were published
  std::deque<SdmxJsonStructure> structures_;
  std::vector<DataSetHead> heads_;

  // Of the data set at hand.
  SdmxJsonStructure* structure_ = nullptr;
  bool deletes_ = false;
  SdmxEmpty empty_ = SdmxEmpty::kMissing;
  std::string path_;
  std::vector<std::string_view> set_texts_, series_texts_, texts_;
  std::deque<std::string> set_store_, series_store_, store_;  // what the texts point into
  std::vector<std::string> said_;
  std::uint64_t observations_ = 0;  // so far
};

}  // namespace

FormatInfo SdmxJsonFeeder::info() const {
  FormatInfo info;
  info.name = "sdmx-json";
  info.summary = "SDMX-JSON 2.0 and 2.1 data messages of any publisher";
  info.example = kExample;
  info.takes_columns = true;
  info.takes_constants = true;
  return info;
}

bool SdmxJsonFeeder::Recognises(std::string_view head, std::string_view file) const {
  if (absl::StartsWith(ToAbsl(head), ToAbsl(kByteOrderMark))) head.remove_prefix(kByteOrderMark.size());
  const std::string_view text = ToStd(absl::StripLeadingAsciiWhitespace(ToAbsl(head)));
  if (text.empty() || text.front() != '{') return false;
  const auto has = [text](std::string_view word) { return text.find(word) != std::string_view::npos; };
  if (has("sdmx-json-data-schema")) return true;
  return (has("\"dataSets\"") || has("\"structures\"")) && (has("\"dimensions\"") || has("\"sender\""));
}

absl::Status SdmxJsonFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  TW_ASSIGN_OR_RETURN(std::string text, ReadAll(input, kMaxSdmxJsonBytes));
  if (absl::StartsWith(text, ToAbsl(kByteOrderMark))) text.erase(0, kByteOrderMark.size());
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<SdmxMessage> message, SdmxMessage::Begin(options, sink));
  return SdmxJsonFile(sink, *message).Read(text);
}

}  // namespace tidewaiter::feeders
