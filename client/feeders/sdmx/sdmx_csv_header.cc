#include "client/feeders/sdmx/sdmx_csv_header.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/observation.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kLabelSeparator = ": ";
constexpr std::uint64_t kHeaderLine = 1;

bool Skip(std::string_view& text, std::string_view prefix) {
  if (!absl::StartsWith(ToAbsl(text), ToAbsl(prefix))) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "ATTR_1[en;fr]" -> "ATTR_1"; the paths of metadata attributes, "CONTACT[].NAME[]", stay as they are.
std::string_view WithoutBrackets(std::string_view id) {
  const std::size_t open = id.find('[');
  if (open == std::string_view::npos || id.back() != ']' || id.find(']') != id.size() - 1) return id;
  return id.substr(0, open);
}

class HeaderReader {
 public:
  HeaderReader(const std::vector<std::string_view>& fields, const SdmxWishes& wishes,
               std::vector<Problem>& problems)
      : fields_(fields), wishes_(wishes), problems_(problems) {}

  SdmxCsvHeader Read() {
    header_.size = fields_.size();
    header_.plan.ids.resize(fields_.size());
    is_component_.assign(fields_.size(), false);
    is_label_.assign(fields_.size(), false);
    ReadFixed();
    ReadComponents();
    FindMeasures();
    if (wishes_.dimensions.empty()) {
      GuessDimensions();
    } else {
      TakeNamedDimensions();
    }
    PlaceTheRest();
    FindPublished();
    CheckWhole();
    return std::move(header_);
  }

 private:
  void Fail(std::string_view column, std::string_view what) {
    problems_.push_back({kHeaderLine, std::string(column), std::string(what)});
  }

  // The columns that are no components.
  void ReadFixed() {
    if (fields_[0] == "DATAFLOW") {
      header_.version = 1;
      return;
    }
    header_.structure_kind = 0;
    header_.structure_id = 1;
    if (fields_.size() < 2 || fields_[1] != "STRUCTURE_ID") {
      Fail(fields_.size() < 2 ? std::string_view("STRUCTURE_ID") : fields_[1],
           "the column behind STRUCTURE must be STRUCTURE_ID");
      header_.structure_id = 0;
      return;
    }
    first_component_ = 2;
    for (std::size_t i = 2; i < fields_.size(); ++i) {
      if (fields_[i] == "STRUCTURE_NAME") {
        header_.structure_name = i;
      } else if (fields_[i] == "ACTION") {
        header_.action = i;
      } else if (fields_[i] == "SERIES_KEY") {
        header_.series_key = i;
      } else if (fields_[i] != "OBS_KEY") {
        continue;
      }
      fixed_.push_back(i);
    }
  }

  bool IsFixed(std::size_t i) const { return std::find(fixed_.begin(), fixed_.end(), i) != fixed_.end(); }

  void ReadComponents() {
    if (header_.version == 1) first_component_ = 1;
    for (std::size_t i = first_component_; i < fields_.size(); ++i) {
      if (IsFixed(i)) continue;
      std::string_view id = fields_[i];
      if (const std::size_t label = id.find(kLabelSeparator); label != std::string_view::npos) {
        id = id.substr(0, label);
        is_label_[i] = true;
      }
      header_.plan.ids[i] = WithoutBrackets(id);
      is_component_[i] = true;
      if (header_.plan.ids[i].empty() || !IsCleanUtf8(header_.plan.ids[i])) {
        Fail(absl::StrCat("column ", i + 1),
             absl::StrCat(Quoted(header_.plan.ids[i]),
                          " is no name; expected text in UTF-8 without control characters"));
      }
      for (std::size_t j = first_component_; j < i; ++j) {
        if (is_component_[j] && absl::EqualsIgnoreCase(header_.plan.ids[i], header_.plan.ids[j])) {
          Fail(header_.plan.ids[i], "stands twice");
          break;
        }
      }
      // labels=name: the next column holds the names of this one's codes.
      if (header_.structure_name && i + 1 < fields_.size() && !IsFixed(i + 1)) ++i;
    }
  }

  std::optional<std::size_t> Find(std::string_view id) const {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (is_component_[i] && absl::EqualsIgnoreCase(header_.plan.ids[i], ToAbsl(id))) return i;
    }
    return std::nullopt;
  }

  void FindMeasures() {
    for (const std::string& id : wishes_.measures) {
      if (const auto at = Find(id)) {
        Take(*at, header_.plan.measures);
      } else {
        Fail(id, "was named as a measure, and there is no such column");
      }
    }
    if (!wishes_.measures.empty()) return;
    if (const auto at = Find("OBS_VALUE")) Take(*at, header_.plan.measures);
  }

  void Take(std::size_t column, std::vector<std::size_t>& into) {
    into.push_back(column);
    is_component_[column] = false;
    if (is_label_[column]) header_.labelled.push_back(column);
  }

  // Dimensions stand before time and measures; what is known to be something else, or to be one, is that
  // wherever it stands.
  void GuessDimensions() {
    std::size_t boundary = fields_.size();
    if (const auto time = Find("TIME_PERIOD")) boundary = *time;
    for (const std::size_t measure : header_.plan.measures) boundary = std::min(boundary, measure);
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!is_component_[i] || !ValidateCode(header_.plan.ids[i]).ok()) continue;
      const SdmxPart part = PartOfComponent(header_.plan.ids[i]);
      const bool unit_dimension =
          part == SdmxPart::kUnit && !absl::EqualsIgnoreCase(header_.plan.ids[i], "UNIT_MULT");
      const bool before = i < boundary && (part == SdmxPart::kUnknown || unit_dimension);
      if (before || part == SdmxPart::kDimension) Take(i, header_.plan.dimensions);
    }
  }

  void TakeNamedDimensions() {
    header_.dimensions_named = true;
    for (const std::string& id : wishes_.dimensions) {
      if (const auto at = Find(id)) {
        Take(*at, header_.plan.dimensions);
      } else {  // deletions may leave it out
        header_.plan.dimensions.push_back(header_.plan.ids.size());
        header_.plan.ids.push_back(id);
      }
    }
  }

  void PlaceTheRest() {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (!is_component_[i]) continue;
      const std::size_t notes = header_.plan.attributes.size();
      const SdmxPart part = PartOfComponent(header_.plan.ids[i]);
      if (part == SdmxPart::kMeasure) {  // other measures were named
        header_.plan.attributes.push_back(i);
      } else {
        AddByPart(header_.plan, i);
      }
      if (is_label_[i] && header_.plan.attributes.size() == notes) header_.labelled.push_back(i);
    }
  }

  void FindPublished() {
    if (wishes_.published.empty()) return;
    const auto at =
        std::find_if(header_.plan.ids.begin(), header_.plan.ids.end(),
                     [this](const std::string& id) { return absl::EqualsIgnoreCase(id, wishes_.published); });
    if (at == header_.plan.ids.end()) {
      Fail(wishes_.published, "was named as the time of publication, and there is no such column");
      return;
    }
    header_.plan.published = static_cast<std::size_t>(at - header_.plan.ids.begin());
    std::vector<std::size_t>& notes = header_.plan.attributes;
    notes.erase(std::remove(notes.begin(), notes.end(), *header_.plan.published), notes.end());
  }

  void CheckWhole() {
    if (header_.action && header_.dimensions_named) return;  // deletions need neither
    if (!header_.plan.time) {
      Fail("TIME_PERIOD",
           "there is no such column; an observation without a period has no month to be kept under");
    }
    if (header_.plan.measures.empty() && wishes_.measures.empty()) {
      Fail("OBS_VALUE", "there is no such column; say which columns hold values: --column measures=ID");
    }
    if (header_.plan.dimensions.empty()) {
      Fail("",
           "the header does not tell which columns are dimensions: none stands before TIME_PERIOD and the "
           "value; say it: --column dimensions=FREQ+REF_AREA");
    }
  }

  const std::vector<std::string_view>& fields_;
  const SdmxWishes& wishes_;
  std::vector<Problem>& problems_;
  SdmxCsvHeader header_;
  std::size_t first_component_ = 1;
  std::vector<std::size_t> fixed_;
  std::vector<bool> is_component_;  // and not yet placed
  std::vector<bool> is_label_;
};

}  // namespace

SdmxCsvHeader SdmxCsvHeader::FromFields(const std::vector<std::string_view>& fields, const SdmxWishes& wishes,
                                        std::vector<Problem>& problems) {
  return HeaderReader(fields, wishes, problems).Read();
}

char SdmxCsvSeparator(std::string_view head, int& version) {
  Skip(head, kByteOrderMark);
  const bool quoted = Skip(head, "\"");
  if (Skip(head, "STRUCTURE")) {
    version = 2;
    if (Skip(head, "[")) {
      const std::size_t close = head.find(']');
      if (close == std::string_view::npos || close > 4) return 0;
      head.remove_prefix(close + 1);
    }
  } else if (Skip(head, "DATAFLOW")) {
    version = 1;
  } else {
    return 0;
  }
  if (quoted && !Skip(head, "\"")) return 0;
  if (head.empty()) return 0;
  const char next = head.front();
  const bool is_separator = absl::ascii_ispunct(static_cast<unsigned char>(next)) || next == '\t';
  return is_separator && next != '"' && next != '_' ? next : 0;
}

}  // namespace tidewaiter::feeders
