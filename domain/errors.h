// Errors with a name. Every error that a user can meet is an absl::Status whose payload carries a stable
// reason, the fields at fault, and key/value metadata; daemon/rpc turns it into google.rpc details, the
// command line into sentences and an exit code. Internal invariants are CHECKs, not errors.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace tidewaiter {

// Stable names; the wire carries ReasonName(). Never renumber, never reuse.
enum class Reason {
  kUnknown = 0,
  kInvalidArgument,       // INVALID_ARGUMENT: see the field violations
  kDatasetNotFound,       // NOT_FOUND
  kSeriesNotFound,        // NOT_FOUND
  kReleaseNotFound,       // NOT_FOUND
  kDatasetConflict,       // ALREADY_EXISTS: a dataset of that id has another definition
  kReleaseConflict,       // ALREADY_EXISTS: a release of that id has other content
  kReleaseRetracted,      // FAILED_PRECONDITION: it has been retracted already
  kPublishedInFuture,     // INVALID_ARGUMENT
  kDuplicateCell,         // INVALID_ARGUMENT: a cell is stated twice in one release
  kNotSorted,             // INVALID_ARGUMENT: an upload's observations must ascend
  kLimitExceeded,         // RESOURCE_EXHAUSTED or INVALID_ARGUMENT: metadata names the limit
  kSequenceAhead,         // OUT_OF_RANGE: asked for a sequence beyond the head
  kForeignToken,          // DATA_LOSS: a token of another store
  kForkedToken,           // DATA_LOSS: a token of another history of this store
  kTokenAhead,            // DATA_LOSS: a token beyond the head: the store has lost what the caller saw
  kMalformedToken,        // INVALID_ARGUMENT
  kDiskReserve,           // RESOURCE_EXHAUSTED: free space is below the reserve; reads go on
  kCorruption,            // DATA_LOSS: what is on disk fails its checksum
  kStoreFailed,           // UNAVAILABLE: a write could not be made durable; the daemon must restart
  kFormatVersion,         // FAILED_PRECONDITION: the store was written by another format
  kLocked,                // FAILED_PRECONDITION: another process has the store
  kShuttingDown,          // UNAVAILABLE
  kOverflow,              // OUT_OF_RANGE: an exact result does not fit
};

// "RELEASE_CONFLICT" for kReleaseConflict, and so on.
std::string_view ReasonName(Reason reason);
Reason ReasonFromName(std::string_view name);

struct FieldViolation {
  std::string field;        // path as the caller wrote it: "sections[0].observations[17].period"
  std::string description;  // what is wrong and what to do
  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

struct ErrorDetails {
  Reason reason = Reason::kUnknown;
  std::map<std::string, std::string> metadata;
  std::vector<FieldViolation> violations;
};

absl::Status MakeError(absl::StatusCode code, Reason reason, std::string_view message,
                       std::map<std::string, std::string> metadata = {},
                       std::vector<FieldViolation> violations = {});
// INVALID_ARGUMENT with one violation; the message is "field: description".
absl::Status InvalidField(std::string_view field, std::string_view description);
// The details of a status made here; kUnknown for any other.
ErrorDetails DetailsOf(const absl::Status& status);
// The same status with "prefix" put before the path of every violation ("sections[2]" + ".scope").
absl::Status PrefixFields(const absl::Status& status, std::string_view prefix);

// Gathers violations so that a caller learns of all of them at once (up to limits::kMaxFieldViolations;
// the rest are counted). Not thread-safe.
class Violations {
 public:
  void Add(std::string_view field, std::string_view description);
  // Adds the violations of an error status under a prefix; an OK status adds nothing.
  void Add(std::string_view prefix, const absl::Status& status);
  bool empty() const { return total_ == 0; }
  bool full() const;
  // OK if empty; otherwise INVALID_ARGUMENT with `reason`.
  absl::Status ToStatus(Reason reason = Reason::kInvalidArgument) const;

 private:
  std::vector<FieldViolation> violations_;
  std::size_t total_ = 0;
};

}  // namespace tidewaiter

// if (absl::Status s = (expr); !s.ok()) return s;
#define TW_RETURN_IF_ERROR(expr)                            \
  do {                                                      \
    if (absl::Status tw_status = (expr); !tw_status.ok()) { \
      return tw_status;                                     \
    }                                                       \
  } while (false)

#define TW_CONCAT_INNER(a, b) a##b
#define TW_CONCAT(a, b) TW_CONCAT_INNER(a, b)
// TW_ASSIGN_OR_RETURN(auto x, F()); for F returning absl::StatusOr.
#define TW_ASSIGN_OR_RETURN(lhs, expr) TW_ASSIGN_OR_RETURN_INNER(TW_CONCAT(tw_or_, __LINE__), lhs, expr)
#define TW_ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) return tmp.status();             \
  lhs = std::move(tmp).value()
