#include "client/cli/options_parts.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "domain/instant.h"
#include "domain/limits.h"
#include "domain/text.h"

namespace tidewaiter::cli {

CLI::Validator Checked(const std::function<absl::Status(const std::string&)>& take) {
  return CLI::Validator(
      [take](std::string& text) {
        const absl::Status s = take(text);
        return s.ok() ? std::string() : std::string(s.message());
      },
      "");
}

CLI::Validator Whole(std::int64_t low, std::int64_t high) {
  const CLI::Validator whole = Checked([low, high](const std::string& text) {
    std::int64_t number = 0;
    const bool signless = !text.empty() && text.front() != '+';
    if (signless && absl::SimpleAtoi(text, &number) && number >= low && number <= high)
      return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(text), " is not a whole number from ", low, " to ", high));
  });
  return whole;
}

absl::Status TakeTarget(const std::string& text, Target* target) {
  const std::size_t slash = text.find('/');
  target->dataset = text.substr(0, slash);
  target->key = slash == std::string::npos ? "" : text.substr(slash + 1);
  if (!target->dataset.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " names no dataset; write DATASET/KEY"));
}

absl::Status TakeAsOf(const std::string& text, client::VintageQuery* vintage) {
  if (const auto day = ParseDay(text); day.ok()) {
    vintage->as_of_day = *day;
    return absl::OkStatus();
  }
  const auto instant = Instant::Parse(text);
  if (!instant.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text),
                                                   " is neither a day (2025-08-07) nor an instant "
                                                   "(2025-08-07T11:00:00+08:00)"));
  }
  vintage->as_of = *instant;
  return absl::OkStatus();
}

absl::Status TakeMonth(const std::string& text, std::optional<Month>* month) {
  const auto parsed = Month::Parse(text);
  if (!parsed.ok()) return parsed.status();
  *month = *parsed;
  return absl::OkStatus();
}

absl::Status TakeSequence(const std::string& text, std::optional<Sequence>* sequence) {
  std::uint32_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number > limits::kMaxSequence) {
    return absl::InvalidArgumentError(absl::StrCat(Quoted(text), " is not a sequence number"));
  }
  *sequence = number;
  return absl::OkStatus();
}

CLI::Option* AddText(CLI::App* app, const std::string& names,
                     std::function<absl::Status(const std::string&)> take, const std::string& description) {
  return app
      ->add_option_function<std::string>(
          names, [](const std::string&) {}, description)
      ->check(Checked(take));
}

CLI::Option* AddTarget(CLI::App* app, Options* o, const std::string& description) {
  return app
      ->add_option_function<std::string>(
          "DATASET/KEY", [](const std::string&) {}, description)
      ->check(Checked([o](const std::string& text) { return TakeTarget(text, &o->target); }))
      ->type_name(" ");
}

}  // namespace tidewaiter::cli
