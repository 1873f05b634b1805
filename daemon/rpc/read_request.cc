#include "daemon/rpc/read_request.h"

#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "proto/convert/enums.h"

namespace tidewaiter::rpc {
namespace {

// A cell has no more statements than the log has entries; what is beyond a few thousand is a mistake.
constexpr std::uint32_t kMaxNth = 1'000'000;

}  // namespace

bool NamesOneSeries(std::string_view key) {
  return !key.empty() && key.front() != '.' && key.back() != '.' &&
         key.find_first_of("+*") == std::string_view::npos && key.find("..") == std::string_view::npos &&
         key != "all";
}

engine::VintageInput ToInput(const convert::VintageFields& fields) {
  return {.as_of = fields.as_of, .as_of_date = fields.as_of_date, .sequence = fields.sequence};
}

engine::VintageInput VintageOf(const PageToken& token) {
  return {.as_of = token.vintage.as_of, .as_of_date = std::nullopt, .sequence = token.vintage.sequence};
}

absl::StatusOr<HistoryAsked> ToHistoryAsked(v1::HistoryType type, std::uint32_t n) {
  const absl::StatusOr<HistoryType> history_type = convert::FromWire(type);
  if (!history_type.ok()) return PrefixFields(history_type.status(), "type");
  if (*history_type != HistoryType::kNth) {
    if (n != 0) return InvalidField("n", "goes with NTH only");
    return HistoryAsked{*history_type, 1};
  }
  if (n < 1 || n > kMaxNth)
    return InvalidField("n", absl::StrCat("which value: 1 to ", kMaxNth, ", not ", n));
  return HistoryAsked{*history_type, static_cast<int>(n)};
}

}  // namespace tidewaiter::rpc
