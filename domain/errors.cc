#include "domain/errors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "domain/observation.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter {
namespace {

// Where the details travel inside an absl::Status.
constexpr char kDetailsUrl[] = "tidewaiter/error-details";
// Violations spelled out in the message; the details hold them all.
constexpr std::size_t kViolationsInMessage = 3;
// Metadata key: how many violations were found when not all are listed.
constexpr char kViolationsFound[] = "violations_found";
constexpr std::size_t kMaxQuotedBytes = 80;

constexpr std::array<std::pair<Reason, std::string_view>, 23> kReasonNames = {{
    {Reason::kInvalidArgument, "INVALID_ARGUMENT"},
    {Reason::kDatasetNotFound, "DATASET_NOT_FOUND"},
    {Reason::kSeriesNotFound, "SERIES_NOT_FOUND"},
    {Reason::kReleaseNotFound, "RELEASE_NOT_FOUND"},
    {Reason::kDatasetConflict, "DATASET_CONFLICT"},
    {Reason::kReleaseConflict, "RELEASE_CONFLICT"},
    {Reason::kReleaseRetracted, "RELEASE_RETRACTED"},
    {Reason::kPublishedInFuture, "PUBLISHED_IN_FUTURE"},
    {Reason::kDuplicateCell, "DUPLICATE_CELL"},
    {Reason::kNotSorted, "NOT_SORTED"},
    {Reason::kLimitExceeded, "LIMIT_EXCEEDED"},
    {Reason::kSequenceAhead, "SEQUENCE_AHEAD"},
    {Reason::kForeignToken, "FOREIGN_TOKEN"},
    {Reason::kForkedToken, "FORKED_TOKEN"},
    {Reason::kTokenAhead, "TOKEN_AHEAD"},
    {Reason::kMalformedToken, "MALFORMED_TOKEN"},
    {Reason::kDiskReserve, "DISK_RESERVE"},
    {Reason::kCorruption, "CORRUPTION"},
    {Reason::kStoreFailed, "STORE_FAILED"},
    {Reason::kFormatVersion, "FORMAT_VERSION"},
    {Reason::kLocked, "LOCKED"},
    {Reason::kShuttingDown, "SHUTTING_DOWN"},
    {Reason::kOverflow, "OVERFLOW"},
}};

// details := text(reason) number(pairs) (text(key) text(value))* number(violations) (text text)*
// text    := number(bytes) bytes;  number := decimal digits ' '
void AppendNumber(std::string& out, std::size_t number) { absl::StrAppend(&out, number, " "); }
void AppendText(std::string& out, std::string_view text) {
  AppendNumber(out, text.size());
  out.append(text);
}

std::string EncodeDetails(const ErrorDetails& details) {
  std::string out;
  AppendText(out, ReasonName(details.reason));
  AppendNumber(out, details.metadata.size());
  for (const auto& [key, value] : details.metadata) {
    AppendText(out, key);
    AppendText(out, value);
  }
  AppendNumber(out, details.violations.size());
  for (const FieldViolation& violation : details.violations) {
    AppendText(out, violation.field);
    AppendText(out, violation.description);
  }
  return out;
}

// Reads what EncodeDetails wrote. A payload of another make reads as nothing.
class DetailsReader {
 public:
  explicit DetailsReader(std::string_view bytes) : rest_(bytes) {}

  std::optional<ErrorDetails> Read() {
    ErrorDetails details;
    details.reason = ReasonFromName(Text());
    for (std::size_t n = Number(); n > 0 && ok_; --n) {
      std::string key(Text());
      details.metadata[std::move(key)] = std::string(Text());
    }
    for (std::size_t n = Number(); n > 0 && ok_; --n) {
      std::string field(Text());
      details.violations.push_back({std::move(field), std::string(Text())});
    }
    if (!ok_ || !rest_.empty()) return std::nullopt;
    return details;
  }

 private:
  std::size_t Number() {
    const std::size_t space = rest_.find(' ');
    const std::optional<int> number =
        space == std::string_view::npos ? std::nullopt : ParseDigits(rest_.substr(0, space));
    if (!number) return Fail();
    rest_.remove_prefix(space + 1);
    return static_cast<std::size_t>(*number);
  }
  std::string_view Text() {
    const std::size_t size = Number();
    if (size > rest_.size()) {
      Fail();
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  std::size_t Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::string Sentence(const FieldViolation& violation) {
  if (violation.field.empty()) return violation.description;
  return absl::StrCat(violation.field, ": ", violation.description);
}

// One violation speaks for itself; of several, the first few and how many there are.
std::string Summary(const std::vector<FieldViolation>& violations, std::size_t found) {
  if (violations.empty()) return "";
  if (found == 1) return Sentence(violations[0]);
  std::string out = absl::StrCat(found, " problems: ");
  const std::size_t shown = std::min(violations.size(), kViolationsInMessage);
  for (std::size_t i = 0; i < shown; ++i) {
    absl::StrAppend(&out, i == 0 ? "" : "; ", Sentence(violations[i]));
  }
  if (found > shown) absl::StrAppend(&out, "; and ", found - shown, " more");
  return out;
}

std::size_t FoundIn(const ErrorDetails& details) {
  const auto it = details.metadata.find(kViolationsFound);
  if (it != details.metadata.end()) {
    if (const std::optional<int> found = ParseDigits(it->second)) return static_cast<std::size_t>(*found);
  }
  return details.violations.size();
}

// "sections[2]" + "scope" is "sections[2].scope"; "x" + "[0]" is "x[0]"; with nothing on a side, the other.
std::string JoinPath(std::string_view prefix, std::string_view field) {
  const bool plain =
      prefix.empty() || field.empty() || field.front() == '.' || field.front() == '[' || prefix.back() == '.';
  return absl::StrCat(ToAbsl(prefix), plain ? "" : ".", ToAbsl(field));
}

// Bytes of the UTF-8 character that `lead` begins; 1 for a byte that begins none.
std::size_t Utf8Length(unsigned char lead) {
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

}  // namespace

std::string_view ReasonName(Reason reason) {
  for (const auto& [value, name] : kReasonNames) {
    if (value == reason) return name;
  }
  return "UNKNOWN";
}

Reason ReasonFromName(std::string_view name) {
  for (const auto& [value, text] : kReasonNames) {
    if (text == name) return value;
  }
  return Reason::kUnknown;
}

absl::Status MakeError(absl::StatusCode code, Reason reason, std::string_view message,
                       std::map<std::string, std::string> metadata, std::vector<FieldViolation> violations) {
  absl::Status status(code, ToAbsl(message));
  status.SetPayload(kDetailsUrl,
                    absl::Cord(EncodeDetails({reason, std::move(metadata), std::move(violations)})));
  return status;
}

absl::Status InvalidField(std::string_view field, std::string_view description) {
  FieldViolation violation{std::string(field), std::string(description)};
  const std::string message = Sentence(violation);
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kInvalidArgument, message, {},
                   {std::move(violation)});
}

ErrorDetails DetailsOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kDetailsUrl);
  if (!payload.has_value()) return {};
  return DetailsReader(std::string(*payload)).Read().value_or(ErrorDetails{});
}

absl::Status PrefixFields(const absl::Status& status, std::string_view prefix) {
  ErrorDetails details = DetailsOf(status);
  if (status.ok() || details.violations.empty()) return status;
  const std::size_t found = FoundIn(details);
  // A message that only spells the violations follows them; one with its own words stays.
  const bool spelled = ToStd(status.message()) == Summary(details.violations, found);
  for (FieldViolation& violation : details.violations) violation.field = JoinPath(prefix, violation.field);
  const std::string message =
      spelled ? Summary(details.violations, found) : std::string(ToStd(status.message()));
  return MakeError(status.code(), details.reason, message, std::move(details.metadata),
                   std::move(details.violations));
}

void Violations::Add(std::string_view field, std::string_view description) {
  ++total_;
  if (!full()) violations_.push_back({std::string(field), std::string(description)});
}

void Violations::Add(std::string_view prefix, const absl::Status& status) {
  if (status.ok()) return;
  const ErrorDetails details = DetailsOf(status);
  if (details.violations.empty()) {
    Add(prefix, ToStd(status.message()));
    return;
  }
  for (const FieldViolation& violation : details.violations) {
    Add(JoinPath(prefix, violation.field), violation.description);
  }
  total_ += FoundIn(details) - details.violations.size();
}

bool Violations::full() const { return violations_.size() >= limits::kMaxFieldViolations; }

absl::Status Violations::ToStatus(Reason reason) const {
  if (empty()) return absl::OkStatus();
  std::map<std::string, std::string> metadata;
  if (total_ > violations_.size()) metadata[kViolationsFound] = absl::StrCat(total_);
  return MakeError(absl::StatusCode::kInvalidArgument, reason, Summary(violations_, total_),
                   std::move(metadata), violations_);
}

std::string Numbered(std::size_t number, std::string_view noun) {
  return absl::StrCat(number, " ", ToAbsl(noun), number == 1 ? "" : "s");
}

std::string Quoted(std::string_view text) {
  std::size_t size = std::min(text.size(), kMaxQuotedBytes);
  const bool clean = IsCleanUtf8(text);
  // Never cut a character in two.
  while (clean && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  const std::string_view head = text.substr(0, size);
  const std::string shown = clean ? std::string(head) : absl::CHexEscape(ToAbsl(head));
  return absl::StrCat("\"", shown, size < text.size() ? "..." : "", "\"");
}

std::string QuotedCharacter(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(std::min(at, text.size()));
  if (rest.empty()) return Quoted(rest);
  const std::string_view whole = rest.substr(0, Utf8Length(static_cast<unsigned char>(rest.front())));
  return Quoted(IsCleanUtf8(whole) ? whole : rest.substr(0, 1));
}

std::optional<int> ParseDigits(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  int number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace tidewaiter
