#include "client/feeders/sdmx/sdmx_structure.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kNameSeparator = ": ";

struct KindName {
  std::string_view csv;
  std::string_view urn_class;
};
constexpr std::array<KindName, 3> kKinds = {
    {{"dataflow", "Dataflow"}, {"datastructure", "DataStructure"}, {"dataprovision", "ProvisionAgreement"}}};

bool IsAgency(std::string_view text) {
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '.', '_');
  return ValidateCode(plain).ok() && text.front() != '.' && text.back() != '.';
}

bool IsVersion(std::string_view text) {
  return !text.empty() && text.size() <= limits::kMaxCodeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
                  c == '-' || c == '+' || c == '*';
         });
}

absl::Status NotAReference(std::string_view text) {
  return InvalidField(
      "", absl::StrCat(Quoted(text), " names no structure; expected AGENCY:ID(VERSION), as in ECB:EXR(1.0)"));
}

}  // namespace

std::string StructureRef::ToString() const {
  std::string text = absl::StrCat(kind, kind.empty() ? "" : " ", agency, ":", id);
  if (!version.empty()) absl::StrAppend(&text, "(", version, ")");
  return text;
}

std::string StructureRef::Publisher() const {
  std::string publisher = agency;
  std::replace(publisher.begin(), publisher.end(), '.', '_');
  return publisher;
}

absl::StatusOr<StructureRef> ParseStructureRef(std::string_view text, std::string* name) {
  StructureRef ref;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !IsAgency(text.substr(0, colon))) return NotAReference(text);
  ref.agency = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  const std::size_t label = rest.find(kNameSeparator);
  if (label != std::string_view::npos) {
    if (name != nullptr) *name = rest.substr(label + kNameSeparator.size());
    rest = rest.substr(0, label);
  }
  if (const std::size_t open = rest.find('('); open != std::string_view::npos) {
    if (rest.back() != ')') return NotAReference(text);
    ref.version = rest.substr(open + 1, rest.size() - open - 2);
    if (!IsVersion(ref.version)) return NotAReference(text);
    rest = rest.substr(0, open);
  }
  if (!ValidateCode(rest).ok()) return NotAReference(text);
  ref.id = rest;
  return ref;
}

absl::StatusOr<StructureRef> ParseStructureUrn(std::string_view urn) {
  const std::size_t equals = urn.find('=');
  const std::string_view head = urn.substr(0, std::min(equals, urn.size()));
  const std::size_t dot = head.rfind('.');
  const std::string_view name = dot == std::string_view::npos ? std::string_view() : head.substr(dot + 1);
  for (const KindName& kind : kKinds) {
    if (!absl::StartsWith(ToAbsl(urn), "urn:sdmx:") || equals == std::string_view::npos) break;
    if (!absl::EqualsIgnoreCase(ToAbsl(name), ToAbsl(kind.urn_class))) continue;
    TW_ASSIGN_OR_RETURN(StructureRef ref, ParseStructureRef(urn.substr(equals + 1)));
    ref.kind = kind.csv;
    return ref;
  }
  return InvalidField(
      "", absl::StrCat(Quoted(urn),
                       " is no URN of a dataflow, data structure or provision agreement; expected "
                       "one such as urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ECB:EXR(1.0)"));
}

absl::StatusOr<std::string> ParseStructureKind(std::string_view text) {
  for (const KindName& kind : kKinds) {
    if (absl::EqualsIgnoreCase(ToAbsl(text), ToAbsl(kind.csv))) return std::string(kind.csv);
  }
  return InvalidField("", absl::StrCat(Quoted(text),
                                       " is no kind of structure; expected dataflow, datastructure or "
                                       "dataprovision"));
}

}  // namespace tidewaiter::feeders
