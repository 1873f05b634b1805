#include "client/feeders/sdmx/sdmx_ml.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/sdmx/sdmx_message.h"
#include "client/feeders/text/xml_reader.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kXmlSpace = "http://www.w3.org/XML/1998/namespace";
constexpr std::string_view kTime = "TIME_PERIOD";
constexpr std::string_view kValue = "OBS_VALUE";
// Deletions and groups that may come before the first observation of a structure, which tells its dimensions.
constexpr std::size_t kMaxEarly = 1000;
// Attributes of one structure: ids of files made to hurt would grow without bound.
constexpr std::size_t kMaxComponents = 1000;

constexpr std::string_view kExample =
    R"xml(<?xml version="1.0" encoding="UTF-8"?>
<m:StructureSpecificData xmlns:m="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message"
    xmlns:c="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common"
    xmlns:s="http://www.sdmx.org/resources/sdmxml/schemas/v3_0/data/structurespecific">
  <m:Header><m:ID>1</m:ID><m:Test>false</m:Test><m:Prepared>2025-08-07T03:00:00Z</m:Prepared><m:Sender id="XX"/>
    <m:Structure structureID="T" dimensionAtObservation="TIME_PERIOD">
      <c:StructureUsage>urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=XX:TRADE(1.0)</c:StructureUsage>
    </m:Structure></m:Header>
  <m:DataSet s:structureRef="T" s:action="Replace">
    <Series FREQ="M" REPORTER="XA" PARTNER="XB" FLOW="X" UNIT_MULT="6">
      <Obs TIME_PERIOD="2025-07" OBS_VALUE="1234.50" OBS_STATUS="P"/>
    </Series>
  </m:DataSet>
</m:StructureSpecificData>
)xml";

// What is stated about one element: texts by components.
using Values = std::vector<std::string>;

// One structure of the message, and its components as they come up.
struct Structure {
  StructureRef ref;
  std::string at_observation;  // dimensionAtObservation
  std::vector<std::string> ids;
  std::map<std::string, std::size_t, std::less<>> index;
  std::optional<std::size_t> set;  // of the message, once its dimensions are known
  struct Early {
    Values values;
    std::uint64_t line = 0;
    bool is_deletion = false;
    std::string published;
  };
  std::vector<Early> early;
};

// Where in the message the reader is: what each open element is.
enum class Place {
  kMessage,
  kHeader,
  kHeaderAction,
  kHeaderStructure,
  kHeaderReference,  // in it: StructureUsage, Structure or ProvisionAgreement; a URN, or a Ref
  kHeaderUrn,
  kDataSet,
  kSeries,
  kObs,
  kGroup,
  kComp,
  kCompValue,
  kCompText,
  kIgnored,
};

class SdmxMlFile : public XmlHandler {
 public:
  SdmxMlFile(FeedSink& sink, SdmxMessage& message) : sink_(sink), message_(message) {
    publishes_ = absl::EqualsIgnoreCase(message.wishes().published, "validFromDate");
  }

  absl::Status Start(const XmlName& name, const std::vector<XmlAttribute>& attributes,
                     std::uint64_t line) override {
    line_ = line;
    Place place = Place::kIgnored;
    if (stack_.empty()) {
      TW_RETURN_IF_ERROR(CheckMessage(name));
      place = Place::kMessage;
    } else {
      TW_ASSIGN_OR_RETURN(place, Enter(stack_.back(), name.local, attributes));
    }
    stack_.push_back(place);
    return absl::OkStatus();
  }

  absl::Status End(const XmlName& name, std::string_view text) override {
    const Place place = stack_.back();
    stack_.pop_back();
    switch (place) {
      case Place::kHeaderAction:
        header_action_ = ToStd(absl::StripAsciiWhitespace(ToAbsl(text)));
        return absl::OkStatus();
      case Place::kHeaderReference:
      case Place::kHeaderUrn:
        return TakeUrn(ToStd(absl::StripAsciiWhitespace(ToAbsl(text))));
      case Place::kCompText:
      case Place::kCompValue:
        AddToComp(text);
        return absl::OkStatus();
      case Place::kComp:
        return EndComp();
      case Place::kGroup:
        return EndGroup();
      case Place::kObs:
        return EndObs();
      case Place::kSeries:
        return EndSeries();
      case Place::kDataSet:
        return EndDataSet();
      default:
        return absl::OkStatus();
    }
  }

  absl::Status Finish() {
    for (auto& [id, structure] : structures_) {
      const bool deletes = std::any_of(structure.early.begin(), structure.early.end(),
                                       [](const Structure::Early& e) { return e.is_deletion; });
      if (!structure.set && deletes) TW_RETURN_IF_ERROR(Declare(structure, structure.ids));
    }
    return message_.Finish();
  }

 private:
  absl::Status Wrong(std::string_view what) const {
    return InvalidField("", absl::StrCat("line ", line_, ": ", ToAbsl(what)));
  }

  absl::Status CheckMessage(const XmlName& name) const {
    if (name.local == "StructureSpecificData" || name.local == "StructureSpecificTimeSeriesData")
      return absl::OkStatus();
    return Wrong(
        absl::StrCat("the message is ", Quoted(name.local),
                     ", and StructureSpecificData of SDMX-ML 2.1 or 3.0 is read; ask the service for "
                     "application/vnd.sdmx.structurespecificdata+xml;version=2.1, or for SDMX-CSV"));
  }

  static std::string_view Find(const std::vector<XmlAttribute>& attributes, std::string_view local) {
    for (const XmlAttribute& attribute : attributes) {
      if (attribute.name.local == local) return attribute.value;
    }
    return {};
  }

  absl::StatusOr<Place> Enter(Place parent, std::string_view local,
                              const std::vector<XmlAttribute>& attributes) {
    switch (parent) {
      case Place::kMessage:
        if (local == "Header") return Place::kHeader;
        if (local == "DataSet") return StartDataSet(attributes);
        return Place::kIgnored;
      case Place::kHeader:
        if (local == "DataSetAction") return Place::kHeaderAction;
        return local == "Structure" ? StartHeaderStructure(attributes) : Place::kIgnored;
      case Place::kHeaderStructure:
        return StartReference(local);
      case Place::kHeaderReference:
        if (local == "Ref") return TakeRef(attributes);
        return local == "URN" ? Place::kHeaderUrn : Place::kIgnored;
      case Place::kDataSet:
        if (local == "Series") return StartSeries(attributes);
        if (local == "Obs") return StartObs(attributes, false);
        if (local == "Group" || local == "Atts") return StartGroup(attributes);
        return Ignore(local);
      case Place::kSeries:
        if (local == "Obs") return StartObs(attributes, true);
        return local == "Comp" ? StartComp(attributes, series_) : Ignore(local);
      case Place::kObs:
        return local == "Comp" ? StartComp(attributes, obs_) : Ignore(local);
      case Place::kGroup:
        return local == "Comp" ? StartComp(attributes, group_) : Ignore(local);
      case Place::kComp:
        return local == "Value" ? Place::kCompValue : Ignore(local);
      case Place::kCompValue:
        language_ = LanguageOf(attributes);
        return local == "Text" ? Place::kCompText : Ignore(local);
      default:
        return Place::kIgnored;
    }
  }

  Place Ignore(std::string_view local) {
    if (local != "DataProvider") sink_.PassOver("annotations and metadata of the message");
    return Place::kIgnored;
  }

  // --- the header

  Place StartHeaderStructure(const std::vector<XmlAttribute>& attributes) {
    header_structure_ = Find(attributes, "structureID");
    Structure& structure = structures_[header_structure_];
    structure.at_observation = Find(attributes, "dimensionAtObservation");
    return Place::kHeaderStructure;
  }

  Place StartReference(std::string_view local) {
    kind_ = local == "StructureUsage" ? "dataflow" : local == "Structure" ? "datastructure" : "";
    if (absl::StartsWith(ToAbsl(local), "Provision")) kind_ = "dataprovision";
    return kind_.empty() ? Place::kIgnored : Place::kHeaderReference;
  }

  absl::StatusOr<Place> TakeRef(const std::vector<XmlAttribute>& attributes) {
    std::string text =
        absl::StrCat(ToAbsl(Find(attributes, "agencyID")), ":", ToAbsl(Find(attributes, "id")));
    if (const std::string_view version = Find(attributes, "version"); !version.empty()) {
      absl::StrAppend(&text, "(", ToAbsl(version), ")");
    }
    const auto ref = ParseStructureRef(text);
    if (!ref.ok()) return Wrong(ToStd(ref.status().message()));
    structures_[header_structure_].ref = *ref;
    structures_[header_structure_].ref.kind = kind_;
    return Place::kIgnored;
  }

  absl::Status TakeUrn(std::string_view text) {
    if (text.empty()) return absl::OkStatus();
    const auto ref = ParseStructureUrn(text);
    if (!ref.ok()) return Wrong(ToStd(ref.status().message()));
    structures_[header_structure_].ref = *ref;
    return absl::OkStatus();
  }

  // --- data sets

  absl::StatusOr<Place> StartDataSet(const std::vector<XmlAttribute>& attributes) {
    std::string_view structure_ref, action, valid_from;
    for (const XmlAttribute& attribute : attributes) {
      if (attribute.name.space.empty()) continue;  // a component
      if (attribute.name.local == "structureRef") structure_ref = attribute.value;
      if (attribute.name.local == "action") action = attribute.value;
      if (attribute.name.local == "validFromDate") valid_from = attribute.value;
    }
    const auto found = structures_.find(structure_ref);
    if (found == structures_.end() || found->second.ref.id.empty()) {
      return Wrong(absl::StrCat("the data set is of the structure ", Quoted(structure_ref),
                                ", which the header does not tell of"));
    }
    structure_ = &found->second;
    if (publishes_)
      TW_RETURN_IF_ERROR(message_.SetPublished(valid_from, absl::StrCat("line ", line_, ", validFromDate")));
    published_ = valid_from;
    TW_RETURN_IF_ERROR(TakeAction(action.empty() ? std::string_view(header_action_) : action));
    has_content_ = false;
    dataset_.clear();
    series_.clear();
    TW_RETURN_IF_ERROR(Take(attributes, dataset_, nullptr));
    return Place::kDataSet;
  }

  absl::Status TakeAction(std::string_view action) {
    deletes_ = action == "Delete";
    empty_ = action == "Merge" || action == "Append" ? SdmxEmpty::kUnchanged : SdmxEmpty::kMissing;
    if (deletes_ || empty_ == SdmxEmpty::kUnchanged || action.empty() || action == "Information" ||
        action == "Replace") {
      return absl::OkStatus();
    }
    return Wrong(absl::StrCat(Quoted(action),
                              " is no action; expected Information, Append, Merge, Replace or Delete"));
  }

  absl::StatusOr<std::size_t> IndexOf(std::string_view id) {
    if (const auto found = structure_->index.find(id); found != structure_->index.end()) return found->second;
    if (structure_->ids.size() >= kMaxComponents) {
      return Wrong(absl::StrCat("more than ", kMaxComponents, " attributes of different names"));
    }
    const std::size_t index = structure_->ids.size();
    structure_->ids.emplace_back(id);
    structure_->index.emplace(id, index);
    if (structure_->set) message_.AddComponent(*structure_->set, std::string(id));
    return index;
  }

  absl::Status Put(std::string_view id, std::string_view text, Values& into) {
    TW_ASSIGN_OR_RETURN(const std::size_t index, IndexOf(id));
    if (into.size() <= index) into.resize(index + 1);
    into[index] = text;
    return absl::OkStatus();
  }

  // The attributes without a namespace are components. `order`, if not null, becomes their ids.
  absl::Status Take(const std::vector<XmlAttribute>& attributes, Values& into,
                    std::vector<std::string>* order) {
    for (const XmlAttribute& attribute : attributes) {
      if (!attribute.name.space.empty()) continue;
      TW_RETURN_IF_ERROR(Put(attribute.name.local, attribute.value, into));
      if (order != nullptr) order->emplace_back(attribute.name.local);
    }
    return absl::OkStatus();
  }

  static void Clear(Values& values) {
    for (std::string& text : values) text.clear();
  }

  absl::StatusOr<Place> StartSeries(const std::vector<XmlAttribute>& attributes) {
    Clear(series_);
    series_line_ = line_;
    series_has_obs_ = false;
    order_.clear();
    TW_RETURN_IF_ERROR(Take(attributes, series_, structure_->set ? nullptr : &order_));
    return Place::kSeries;
  }

  absl::StatusOr<Place> StartObs(const std::vector<XmlAttribute>& attributes, bool in_series) {
    if (!in_series) {
      Clear(series_);
      order_.clear();
    }
    Clear(obs_);
    obs_line_ = line_;
    ++observations_;
    series_has_obs_ = true;
    TW_RETURN_IF_ERROR(Take(attributes, obs_, structure_->set || in_series ? nullptr : &order_));
    return Place::kObs;
  }

  absl::StatusOr<Place> StartGroup(const std::vector<XmlAttribute>& attributes) {
    Clear(group_);
    for (const XmlAttribute& attribute : attributes) {
      if (!attribute.name.space.empty() || attribute.name.local == "type") continue;
      TW_RETURN_IF_ERROR(Put(attribute.name.local, attribute.value, group_));
    }
    return Place::kGroup;
  }

  // What is not stated finely is taken from the coarser.
  const std::vector<std::string_view>& Texts(const Values& finest, const Values& coarser) {
    texts_.assign(structure_->ids.size(), {});
    for (const Values* values : {&finest, &coarser, static_cast<const Values*>(&dataset_)}) {
      for (std::size_t i = 0; i < values->size(); ++i) {
        if (texts_[i].empty()) texts_[i] = (*values)[i];
      }
    }
    return texts_;
  }

  absl::Status EndObs() {
    has_content_ = true;
    if (!structure_->set && !deletes_) TW_RETURN_IF_ERROR(Declare(*structure_, order_));
    const auto& texts = Texts(obs_, series_);
    if (!deletes_) return message_.State(*structure_->set, texts, empty_, {obs_line_, {}, {}, observations_});
    return Delete(texts, obs_line_);
  }

  absl::Status EndSeries() {
    has_content_ = true;
    if (series_has_obs_) return absl::OkStatus();
    if (deletes_) return Delete(Texts(series_, {}), series_line_);
    sink_.CountRows(1);
    sink_.PassOver("attributes of a series without observations");
    return absl::OkStatus();
  }

  absl::Status EndDataSet() {
    if (deletes_ && !has_content_) return Delete(Texts({}, {}), line_);
    return absl::OkStatus();
  }

  absl::Status EndGroup() {
    if (structure_->set) return message_.AddGroup(*structure_->set, Texts(group_, {}));
    return KeepEarly(group_, line_, false);
  }

  absl::Status Delete(const std::vector<std::string_view>& texts, std::uint64_t line) {
    if (structure_->set) return message_.Delete(*structure_->set, texts, {line, {}, {}});
    if (!message_.wishes().dimensions.empty()) {
      const Values kept(texts.begin(), texts.end());
      TW_RETURN_IF_ERROR(Declare(*structure_, {}));
      return message_.Delete(*structure_->set, {kept.begin(), kept.end()}, {line, {}, {}});
    }
    return KeepEarly({texts.begin(), texts.end()}, line, true);
  }

  absl::Status KeepEarly(const Values& values, std::uint64_t line, bool is_deletion) {
    if (structure_->early.size() >= kMaxEarly) {
      return Wrong(
          absl::StrCat("more than ", kMaxEarly,
                       " groups and deletions come before the first observation, which tells what the "
                       "dimensions are; say it: --column dimensions=FREQ+REF_AREA"));
    }
    structure_->early.push_back({values, line, is_deletion, published_});
    return absl::OkStatus();
  }

  // --- components with values of their own element

  static std::string LanguageOf(const std::vector<XmlAttribute>& attributes) {
    for (const XmlAttribute& attribute : attributes) {
      if (attribute.name.local == "lang" && attribute.name.space == kXmlSpace)
        return std::string(attribute.value);
    }
    return {};
  }

  Place StartComp(const std::vector<XmlAttribute>& attributes, Values& of) {
    comp_id_ = Find(attributes, "id");
    comp_text_.clear();
    comp_of_ = &of;
    return Place::kComp;
  }

  void AddToComp(std::string_view text) {
    if (text.empty()) return;
    if (!comp_text_.empty()) comp_text_ += ';';
    if (!language_.empty()) absl::StrAppend(&comp_text_, language_, ":");
    comp_text_.append(text);
    language_.clear();
  }

  absl::Status EndComp() {
    if (comp_id_.empty()) return Wrong("a Comp has no id");
    return Put(comp_id_, comp_text_, *comp_of_);
  }

  // --- dimensions

  // The message does not tell them: they stand in `order` before the first component that is known to be
  // none, or are known to be dimensions.
  absl::Status Declare(Structure& structure, const std::vector<std::string>& order) {
    structure_ = &structure;
    std::vector<std::string> ids = message_.wishes().dimensions;
    if (ids.empty()) {
      ids = Guess(order);
      const std::string& at = structure.at_observation;
      const bool is_other = !at.empty() && at != kTime && at != "AllDimensions";
      if (is_other && std::find(ids.begin(), ids.end(), at) == ids.end()) ids.push_back(at);
    }
    if (ids.empty()) {
      return Wrong(
          "which attributes are dimensions cannot be told; say it: --column dimensions=FREQ+REF_AREA");
    }
    SdmxPlan plan;
    for (const std::string& id : ids) {
      TW_ASSIGN_OR_RETURN(const std::size_t index, IndexOf(id));
      plan.dimensions.push_back(index);
    }
    std::vector<std::string> measures = message_.wishes().measures;
    if (measures.empty()) measures.emplace_back(kValue);
    for (const std::string& id : measures) {
      TW_ASSIGN_OR_RETURN(const std::size_t index, IndexOf(id));
      plan.measures.push_back(index);
    }
    TW_ASSIGN_OR_RETURN(plan.time, IndexOf(kTime));
    plan.ids = structure.ids;
    AddTheRest(plan);
    const std::string_view published = message_.wishes().published;
    if (!published.empty() && !publishes_) {
      TW_ASSIGN_OR_RETURN(plan.published, IndexOf(published));
      plan.ids = structure.ids;
      plan.attributes.erase(std::remove(plan.attributes.begin(), plan.attributes.end(), *plan.published),
                            plan.attributes.end());
    }
    TW_ASSIGN_OR_RETURN(structure.set, message_.AddDataSet(structure.ref, "", std::move(plan)));
    return TellEarly(structure);
  }

  static void AddTheRest(SdmxPlan& plan) {
    for (std::size_t i = 0; i < plan.ids.size(); ++i) {
      const auto holds = [i](const std::vector<std::size_t>& list) {
        return std::find(list.begin(), list.end(), i) != list.end();
      };
      if (holds(plan.dimensions) || holds(plan.measures) || plan.time == i) continue;
      if (PartOfComponent(plan.ids[i]) == SdmxPart::kMeasure ||
          PartOfComponent(plan.ids[i]) == SdmxPart::kTime) {
        plan.attributes.push_back(i);
      } else {
        AddByPart(plan, i);
      }
    }
  }

  static std::vector<std::string> Guess(const std::vector<std::string>& order) {
    std::vector<std::string> ids;
    bool before = true;
    for (const std::string& id : order) {
      const SdmxPart part = PartOfComponent(id);
      const bool may_be = part == SdmxPart::kUnknown || part == SdmxPart::kDimension ||
                          (part == SdmxPart::kUnit && !absl::EqualsIgnoreCase(id, "UNIT_MULT"));
      before = before && may_be;
      if (before || part == SdmxPart::kDimension) ids.push_back(id);
    }
    return ids;
  }

  absl::Status TellEarly(Structure& structure) {
    for (const Structure::Early& early : std::exchange(structure.early, {})) {
      std::vector<std::string_view> texts(early.values.begin(), early.values.end());
      texts.resize(structure.ids.size());
      if (!early.is_deletion) {
        TW_RETURN_IF_ERROR(message_.AddGroup(*structure.set, texts));
        continue;
      }
      if (publishes_) TW_RETURN_IF_ERROR(message_.SetPublished(early.published, "validFromDate"));
      TW_RETURN_IF_ERROR(message_.Delete(*structure.set, texts, {early.line, {}, {}}));
    }
    if (publishes_ && !published_.empty()) return message_.SetPublished(published_, "validFromDate");
    return absl::OkStatus();
  }

  FeedSink& sink_;
  SdmxMessage& message_;
  bool publishes_ = false;  // data sets tell when they were published
  std::vector<Place> stack_;
  std::uint64_t line_ = 0;

  std::string header_action_;
  std::string header_structure_;  // the id of the one at hand
  std::string kind_;              // of the reference at hand
  std::map<std::string, Structure, std::less<>> structures_;

  // Of the data set at hand.
  Structure* structure_ = nullptr;
  bool deletes_ = false;
  SdmxEmpty empty_ = SdmxEmpty::kMissing;
  std::string published_;
  bool has_content_ = false;
  Values dataset_, series_, obs_, group_;
  std::vector<std::string> order_;  // ids of the series, or of the observation without one
  std::uint64_t series_line_ = 0, obs_line_ = 0;
  std::uint64_t observations_ = 0;  // so far
  bool series_has_obs_ = false;
  std::string comp_id_, comp_text_, language_;
  Values* comp_of_ = nullptr;
  std::vector<std::string_view> texts_;
};

}  // namespace

FormatInfo SdmxMlFeeder::info() const {
  FormatInfo info;
  info.name = "sdmx-ml";
  info.summary = "SDMX-ML 2.1 and 3.0 structure-specific data messages of any publisher";
  info.example = kExample;
  info.takes_columns = true;
  info.takes_constants = true;
  return info;
}

bool SdmxMlFeeder::Recognises(std::string_view head, std::string_view file) const {
  if (absl::StartsWith(ToAbsl(head), ToAbsl(kByteOrderMark))) head.remove_prefix(kByteOrderMark.size());
  const std::string_view text = ToStd(absl::StripLeadingAsciiWhitespace(ToAbsl(head)));
  if (text.empty() || text.front() != '<') return false;
  if (text.find("http://www.sdmx.org/resources/sdmxml/") == std::string_view::npos) return false;
  for (const std::string_view message : {"StructureSpecificData", "StructureSpecificTimeSeriesData",
                                         "GenericData", "GenericTimeSeriesData", "CompactData"}) {
    if (text.find(message) != std::string_view::npos) return true;
  }
  return false;
}

absl::Status SdmxMlFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<SdmxMessage> message, SdmxMessage::Begin(options, sink));
  SdmxMlFile file(sink, *message);
  TW_RETURN_IF_ERROR(ReadXml(input, file));
  return file.Finish();
}

}  // namespace tidewaiter::feeders
