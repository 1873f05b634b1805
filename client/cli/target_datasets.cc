#include "client/cli/target_datasets.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::cli {

DatasetResolver TargetDatasets::Resolver() {
  missing_.clear();
  return [this](const DatasetDefinition& profile) { return Resolve(profile); };
}

absl::StatusOr<DatasetDefinition> TargetDatasets::Resolve(const DatasetDefinition& profile) {
  absl::StatusOr<client::DatasetInfo> info = session_.client.GetDataset(profile.id);
  if (absl::IsNotFound(info.status())) {
    TW_RETURN_IF_ERROR(CheckTimeZone(profile));
    missing_.push_back(profile);
    return profile;
  }
  TW_RETURN_IF_ERROR(info.status());
  const auto agrees = [&profile](std::string_view option, const std::string& given, const std::string& held) {
    if (given.empty() || given == held) return absl::OkStatus();
    return InvalidField(option, absl::StrCat("the dataset ", profile.id, " exists and has ", held, ", not ",
                                             given, "; leave the option out"));
  };
  TW_RETURN_IF_ERROR(agrees("--publisher", arguments_.options.publisher, info->definition.publisher));
  TW_RETURN_IF_ERROR(agrees("--time-zone", arguments_.options.time_zone, info->definition.time_zone));
  return std::move(info->definition);
}

absl::Status TargetDatasets::Create() {
  for (const DatasetDefinition& dataset : missing_) {
    TW_RETURN_IF_ERROR(session_.client.CreateDataset(dataset).status());
    session_.Say(absl::StrCat("created the dataset ", dataset.id, " of ", dataset.publisher, ": ",
                              absl::StrJoin(dataset.dimensions, ".",
                                            [](std::string* out, const Dimension& d) { out->append(d.id); }),
                              ", days end in ", dataset.time_zone));
  }
  missing_.clear();
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
