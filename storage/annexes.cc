#include "storage/annexes.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::storage {
namespace {

void CheckTable(std::string_view table, Violations* violations) {
  if (table.empty() || table.size() > limits::kMaxAnnexTableBytes) {
    violations->Add("table", absl::StrCat("the name of a table has 1 to ", limits::kMaxAnnexTableBytes,
                                          " bytes; this one has ", table.size()));
  }
}

void CheckKey(std::string_view field, std::string_view key, Violations* violations) {
  if (key.empty() || key.size() > limits::kMaxAnnexKeyBytes) {
    violations->Add(field, absl::StrCat("a key has 1 to ", limits::kMaxAnnexKeyBytes, " bytes; this one has ",
                                        key.size()));
  }
}

absl::Status BatchTooLarge(std::size_t bytes) {
  return MakeError(
      absl::StatusCode::kInvalidArgument, Reason::kLimitExceeded,
      absl::StrCat("the records have ", bytes, " bytes, and ", limits::kMaxAnnexBatchBytes,
                   " can be put at once; put them in parts"),
      {{"limit", "kMaxAnnexBatchBytes"}, {"maximum", absl::StrCat(limits::kMaxAnnexBatchBytes)}});
}

}  // namespace

absl::Status ValidateAnnexes(std::string_view table, std::span<const AnnexRecord> records) {
  Violations violations;
  CheckTable(table, &violations);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const AnnexRecord& record = records[i];
    const std::size_t size = record.value ? record.value->size() : 0;
    CheckKey(absl::StrCat("records[", i, "].key"), record.key, &violations);
    if (size > limits::kMaxAnnexValueBytes) {
      violations.Add(
          absl::StrCat("records[", i, "].value"),
          absl::StrCat("a value has at most ", limits::kMaxAnnexValueBytes, " bytes; this one has ", size));
    }
    bytes += record.key.size() + size;
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return bytes <= limits::kMaxAnnexBatchBytes ? absl::OkStatus() : BatchTooLarge(bytes);
}

absl::Status ValidateAnnexTable(std::string_view table) {
  Violations violations;
  CheckTable(table, &violations);
  return violations.ToStatus();
}

absl::Status ValidateAnnexKey(std::string_view table, std::string_view key) {
  Violations violations;
  CheckTable(table, &violations);
  CheckKey("key", key, &violations);
  return violations.ToStatus();
}

}  // namespace tidewaiter::storage
