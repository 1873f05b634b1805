#include "client/feeders/trade/comext_columns.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

// Dimensions of the dataset for which no column of the file may pass.
constexpr std::string_view kOwnDimensions[] = {"commodity", "measure", "currency", "unit"};
constexpr std::size_t kMaxExtras = 6;

// May a column of this name be a dimension that is not known here? Eurostat writes them in small letters.
bool IsDimension(std::string_view name) {
  const bool small = std::none_of(name.begin(), name.end(),
                                  [](char c) { return absl::ascii_isupper(static_cast<unsigned char>(c)); });
  const bool own =
      std::find(std::begin(kOwnDimensions), std::end(kOwnDimensions), name) != std::end(kOwnDimensions);
  return small && !own && ValidateCode(name).ok();
}

}  // namespace

std::string_view ComextColumn::CodeOf(std::string_view text, const Map& map, std::string_view expected,
                                      RowProblems& problems) {
  if (mapped_ && text == last_text_) return last_code_;
  last_text_ = text;
  std::optional<std::string_view> code = map(text);
  mapped_ = code.has_value();
  if (!code && !constant_.empty() && !text.empty()) {
    if (constant_label_.empty()) constant_label_ = text;
    if (constant_label_ != text) {
      problems.Add(id_, absl::StrCat(Quoted(text), " is another than ", Quoted(constant_label_),
                                     ", for which the code ", Quoted(constant_), " was set"));
      return {};
    }
    code = map(constant_);
    if (!code) code = constant_;
    mapped_ = true;
  }
  if (!code) {
    problems.Add(id_,
                 absl::StrCat(Quoted(text), " is no code that is known here; expected ", ToAbsl(expected),
                              "; download the file with the labels \"Codes\" or \"Both\", or say the code "
                              "with --set ",
                              id_, "=CODE"));
    return {};
  }
  last_code_ = *code;
  return last_code_;
}

absl::StatusOr<ComextColumns> ComextColumns::From(std::vector<std::string_view> names,
                                                  const std::map<std::string, std::string>& constants) {
  ComextColumns columns;
  Violations violations;
  if (!names.empty() && names.back().empty()) names.pop_back();
  columns.size = names.size();
  for (std::size_t i = 0; i < names.size(); ++i) columns.ReadName(i, names[i], violations);
  columns.CheckComplete(violations);
  columns.SetConstants(constants, violations);
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return columns;
}

void ComextColumns::ReadName(std::size_t at, std::string_view text, Violations& violations) {
  // "freq:Time frequency" where labels are asked for.
  const std::string_view name = Trimmed(text.substr(0, text.find(':')));
  std::size_t* place = PlaceOf(name);
  if (place == nullptr && IsDimension(name) && extras.size() < kMaxExtras) {
    extras.emplace_back().id_ = name;
    place = &extras.back().at_;
  }
  if (place == nullptr) {
    violations.Add("line 1",
                   absl::StrCat("has the column ", Quoted(text),
                                ", which is not known here; download the file with codes as columns"));
  } else if (*place != kNone) {
    violations.Add("line 1", absl::StrCat("has the column ", Quoted(name), " twice"));
  } else {
    *place = at;
  }
}

// Where the place of a column that is known, or was met before, is kept; null if there is none.
std::size_t* ComextColumns::PlaceOf(std::string_view name) {
  const std::pair<std::string_view, std::size_t*> plain[] = {
      {"DATAFLOW", &dataflow_at}, {"LAST UPDATE", &update_at}, {"TIME_PERIOD", &period_at},
      {"OBS_VALUE", &value_at},   {"OBS_FLAG", &flag_at},      {"CONF_STATUS", &conf_at}};
  for (const auto& [wanted, place] : plain) {
    if (name == wanted) return place;
  }
  const std::pair<std::string_view, ComextColumn*> coded[] = {
      {"freq", &freq},       {"reporter", &reporter}, {"partner", &partner},
      {"product", &product}, {"flow", &flow},         {"indicators", &indicators}};
  for (const auto& [wanted, column] : coded) {
    if (name != wanted) continue;
    column->id_ = name;
    return &column->at_;
  }
  for (ComextColumn& extra : extras) {
    if (extra.id_ == name) return &extra.at_;
  }
  return nullptr;
}

void ComextColumns::CheckComplete(Violations& violations) {
  for (const std::string_view name : {"DATAFLOW", "LAST UPDATE", "TIME_PERIOD", "OBS_VALUE", "freq",
                                      "reporter", "partner", "product", "flow", "indicators"}) {
    if (*PlaceOf(name) == kNone) violations.Add("line 1", absl::StrCat("lacks the column ", ToAbsl(name)));
  }
}

void ComextColumns::SetConstants(const std::map<std::string, std::string>& constants,
                                 Violations& violations) {
  std::vector<ComextColumn*> settable = {&reporter, &partner, &product, &flow, &indicators};
  for (ComextColumn& extra : extras) settable.push_back(&extra);
  for (const auto& [name, code] : constants) {
    const auto column = std::find_if(settable.begin(), settable.end(),
                                     [&id = name](const ComextColumn* c) { return c->id_ == id; });
    if (column == settable.end()) {
      violations.Add("--set", absl::StrCat(Quoted(name), " is no column of codes of this file"));
    } else if (absl::Status s = ValidateCode(code); !s.ok()) {
      violations.Add("--set", absl::StrCat(name, ": ", s.message()));
    } else if (code.size() > kMaxComextCodeBytes) {
      violations.Add("--set",
                     absl::StrCat(name, ": ", Quoted(code), " is longer than any code of Eurostat's"));
    } else {
      (*column)->constant_ = code;
    }
  }
}

}  // namespace tidewaiter::feeders
