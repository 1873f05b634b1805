#include "client/feeders/sdmx/sdmx_sections.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::feeders {
namespace {

absl::Status TooMany() {
  return MakeError(
      absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded,
      absl::StrCat("the message goes back and forth between deletions and statements, or deletes "
                   "so many slices, that it needs more than the ",
                   limits::kMaxSectionsPerRelease,
                   " sections that a release may have; put deletions together, or split it"),
      {{"limit", "kMaxSectionsPerRelease"}});
}

}  // namespace

SdmxSections::Open& SdmxSections::At(const Key& key) {
  if (last_ == nullptr || last_key_ != key) {
    last_ = &open_[key];  // references into a map stay
    last_key_ = key;
  }
  return *last_;
}

absl::StatusOr<std::size_t> SdmxSections::Add(const Key& key, Open& open, Action action,
                                              const std::optional<Scope>& scope) {
  if (++open.sections > limits::kMaxSectionsPerRelease) return TooMany();
  return sink_->AddSection(key.first, key.second, action, scope);
}

absl::StatusOr<std::size_t> SdmxSections::ForStatement(std::size_t release, std::size_t dataset) {
  const Key key(release, dataset);
  Open& open = At(key);
  if (open.statements) return *open.statements;
  TW_RETURN_IF_ERROR(Flush(key, open));
  open.deletions.reset();
  TW_ASSIGN_OR_RETURN(open.statements, Add(key, open, Action::kMerge, std::nullopt));
  return *open.statements;
}

absl::StatusOr<std::size_t> SdmxSections::ForDeletion(std::size_t release, std::size_t dataset) {
  const Key key(release, dataset);
  Open& open = At(key);
  open.statements.reset();
  if (!open.deletions) {
    TW_ASSIGN_OR_RETURN(open.deletions, Add(key, open, Action::kDelete, std::nullopt));
  }
  return *open.deletions;
}

absl::Status SdmxSections::DeleteScope(std::size_t release, std::size_t dataset,
                                       std::vector<std::vector<std::string>> codes,
                                       const PeriodRange& periods) {
  Open& open = At(Key(release, dataset));
  open.statements.reset();
  const PendingScope scope{std::move(codes), periods};
  for (PendingScope& kept : open.scopes) {
    if (Join(kept, scope)) return absl::OkStatus();
  }
  if (open.sections + open.scopes.size() >= limits::kMaxSectionsPerRelease) return TooMany();
  open.scopes.push_back(scope);
  return absl::OkStatus();
}

// Two scopes that differ in the codes of one place are one scope with the codes of both.
bool SdmxSections::Join(PendingScope& kept, const PendingScope& other) {
  if (kept.periods != other.periods) return false;
  std::optional<std::size_t> place;
  std::size_t codes = 0;
  for (std::size_t i = 0; i < kept.codes.size(); ++i) {
    codes += kept.codes[i].size() + other.codes[i].size();
    if (kept.codes[i] == other.codes[i]) continue;
    if (place || kept.codes[i].empty() || other.codes[i].empty()) return false;
    place = i;
  }
  if (!place) return true;
  if (codes > limits::kMaxSelectorCodes) return false;
  for (const std::string& code : other.codes[*place]) {
    std::vector<std::string>& all = kept.codes[*place];
    if (std::find(all.begin(), all.end(), code) == all.end()) all.push_back(code);
  }
  return true;
}

absl::Status SdmxSections::Flush(const Key& key, Open& open) {
  for (const PendingScope& pending : std::exchange(open.scopes, {})) {
    const std::string text =
        absl::StrJoin(pending.codes, ".", [](std::string* out, const std::vector<std::string>& codes) {
          absl::StrAppend(out, absl::StrJoin(codes, "+"));
        });
    Scope scope;
    // Written twice, so that the code "all" of a single place is a code.
    TW_ASSIGN_OR_RETURN(scope.selector, Selector::Parse(text == "all" ? "all+all" : text));
    scope.periods = pending.periods;
    TW_RETURN_IF_ERROR(Add(key, open, Action::kDelete, scope).status());
  }
  return absl::OkStatus();
}

absl::Status SdmxSections::Finish() {
  for (auto& [key, open] : open_) TW_RETURN_IF_ERROR(Flush(key, open));
  return absl::OkStatus();
}

}  // namespace tidewaiter::feeders
