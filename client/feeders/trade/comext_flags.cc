#include "client/feeders/trade/comext_flags.h"

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

// The SDMX letter of a flag; ' ' for one that has none; 0 for what is no flag.
char StatusOfFlag(char flag) {
  switch (flag) {
    case 'b':
      return 'B';
    case 'd':
      return 'D';
    case 'e':
    case 's':
      return 'E';
    case 'f':
      return 'F';
    case 'i':
      return 'I';
    case 'n':
      return 'N';
    case 'p':
      return 'P';
    case 'u':
      return 'U';
    case 'c':
    case 'r':
    case 'z':
      return ' ';
    default:
      return 0;
  }
}

constexpr std::size_t kMostFlags = 8;

}  // namespace

absl::StatusOr<FlaggedValue> ParseFlagged(std::string_view value, std::string_view flags,
                                          std::string_view conf) {
  Violations violations;
  FlaggedValue out;
  int letters = 0;
  bool told = true;  // the status says all that the flags say
  for (const char flag : flags) {
    const char status = StatusOfFlag(flag);
    if (status == 0 || flags.size() > kMostFlags) {
      violations.Add("OBS_FLAG",
                     absl::StrCat(Quoted(flags), " is none of Eurostat's flags b c d e f i n p r s u z"));
      break;
    }
    if (status != ' ' && letters++ == 0) out.attributes.status = status;
    told &= flag != 'r';
  }
  if (letters > 1 || !told) out.note = absl::StrCat("OBS_FLAG ", ToAbsl(flags));
  if (flags.find('c') != std::string_view::npos) out.attributes.conf = 'C';
  if (!conf.empty()) {
    if (conf.size() != 1 || !ValidateConf(conf[0]).ok()) {
      violations.Add("CONF_STATUS",
                     absl::StrCat(Quoted(conf), " is no SDMX letter of confidentiality, as C or F"));
    } else {
      out.attributes.conf = conf[0];
    }
  }
  if (value.empty() || value == ":") {
    const bool secret = out.attributes.conf != 'F';
    const bool never = flags.find('z') != std::string_view::npos;
    out.datum = Datum::Absent(secret ? Absence::kSuppressed : never ? Absence::kNil : Absence::kMissing);
    if (letters > 0) out.note = absl::StrCat("OBS_FLAG ", ToAbsl(flags));
    out.attributes.status = secret ? 'Q' : never ? 'M' : 'O';
  } else if (const auto number = Decimal::Parse(value); number.ok()) {
    out.datum = Datum::Value(*number);
  } else {
    violations.Add("OBS_VALUE", absl::StrCat(Quoted(value), ": ", number.status().message()));
  }
  TW_RETURN_IF_ERROR(violations.ToStatus());
  return out;
}

}  // namespace tidewaiter::feeders
