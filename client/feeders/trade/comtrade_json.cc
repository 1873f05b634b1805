#include "client/feeders/trade/comtrade_json.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/text/json_members.h"
#include "client/feeders/text/json_objects.h"
#include "client/feeders/trade/comtrade_rows.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample =
    R"({"elapsedTime": "0.11 secs", "count": 1, "data": [
  {"typeCode": "C", "freqCode": "M", "refPeriodId": 20230701, "refYear": 2023, "refMonth": 7, "period": "202307",
   "reporterCode": 764, "flowCode": "X", "partnerCode": 156, "partner2Code": 0, "classificationCode": "H6",
   "cmdCode": "8542", "customsCode": "C00", "mosCode": "0", "motCode": 0, "qtyUnitCode": 5, "qty": 61000,
   "isQtyEstimated": false, "netWgt": null, "isNetWgtEstimated": false, "fobvalue": 803000.25,
   "cifvalue": null, "primaryValue": 803000.25}
], "error": ""}
)";

// One object after the other; keeps what it needs from one to the next.
class Parser {
 public:
  Parser(const FeedOptions& options, FeedSink* sink) : rows_(options, sink), sink_(sink) {}

  absl::Status Parse(Input& input) {
    TW_RETURN_IF_ERROR(rows_.Begin());
    JsonObjects objects(&input, "data");
    for (;;) {
      const absl::StatusOr<bool> more = objects.Next();
      if (!more.ok() || !*more) {
        // An answer that failed may lack the data; why it failed says more than that they are not there.
        TW_RETURN_IF_ERROR(CheckAnswer(objects));
        return more.ok() ? CheckCount(objects) : more.status();
      }
      TW_RETURN_IF_ERROR(Object(objects));
    }
  }

 private:
  // A member of the document; empty if it is not there, or null.
  static std::string MemberOf(const JsonObjects& objects, const std::string& name) {
    const auto at = objects.members().find(name);
    return at == objects.members().end() || at->second == "null" ? std::string() : at->second;
  }

  // The API says of its own answer that it failed.
  static absl::Status CheckAnswer(const JsonObjects& objects) {
    constexpr std::string_view kAgain = "; nothing in such an answer can be relied on: download it again";
    if (const std::string error = MemberOf(objects, "error"); !error.empty()) {
      return InvalidField("error", absl::StrCat("is ", Quoted(error), ToAbsl(kAgain)));
    }
    const std::string code = MemberOf(objects, "statusCode"), message = MemberOf(objects, "message");
    if (code.empty() || code == "200") return absl::OkStatus();
    return InvalidField("statusCode",
                        absl::StrCat("is ", Quoted(code), message.empty() ? "" : ", with the message ",
                                     message.empty() ? "" : Quoted(message), ToAbsl(kAgain)));
  }

  // There is more than it gives at once.
  static absl::Status CheckCount(const JsonObjects& objects) {
    const auto count = ParseDigits(MemberOf(objects, "count")).value_or(0);
    if (static_cast<std::uint64_t>(count) <= objects.count()) return absl::OkStatus();
    return InvalidField("count",
                        absl::StrCat("is ", count, ", and the file has ", Numbered(objects.count(), "record"),
                                     ": it was cut at the API's limit; ask for fewer reporters, partners, "
                                     "commodities or periods at once, or for more with maxRecords"));
  }

  absl::Status Object(const JsonObjects& objects) {
    const std::string path = absl::StrCat("data[", objects.index(), "]");
    problems_.Start(objects.line(), path + ".");
    row_ = {};
    const std::string_view text = objects.object();
    if (!ReadMembers(text)) {
      problems_.Start(objects.line());
      problems_.Add(path, "is no JSON; expected an object of names and values");
    }
    if (problems_.empty()) return rows_.Add(row_, objects.line(), path + ".", text, objects.count());
    sink_->CountRows(1);
    problems_.Refuse(text, *sink_);
    return absl::OkStatus();
  }

  // False if it is no JSON at all.
  bool ReadMembers(std::string_view text) {
    seen_.assign(kComtradeColumns, false);
    const bool read = members_.Read(
        text, [this](std::string_view name, const JsonValue& value) { ReadMember(name, value); });
    if (!read) return false;
    for (const ComtradeColumn column : RequiredComtradeColumns()) {
      if (seen_[static_cast<std::size_t>(column)]) continue;
      problems_.Add(ComtradeColumnName(column), "is missing");
    }
    return true;
  }

  void ReadMember(std::string_view name, const JsonValue& value) {
    const auto column = ComtradeColumnOfName(name);
    if (!column.ok()) return problems_.Add("", ToStd(column.status().message()));
    if (!*column) return;
    const auto at = static_cast<std::size_t>(**column);
    if (seen_[at]) problems_.Add(ComtradeColumnName(**column), "stands twice in the object");
    seen_[at] = true;
    if (value.is_nested) {
      problems_.Add(ComtradeColumnName(**column),
                    "is an object or an array; expected a number, a text, true, false or null");
    }
    row_[**column] = value.text;
  }

  ComtradeRows rows_;
  FeedSink* sink_;
  RowProblems problems_;
  ComtradeRow row_;
  JsonMembers members_;
  std::vector<bool> seen_;
};

}  // namespace

FormatInfo ComtradeJsonFeeder::info() const {
  FormatInfo info;
  info.name = "comtrade-v1-json";
  info.summary = "UN Comtrade: the same as the API gives it as JSON";
  info.example = kExample;
  return info;
}

bool ComtradeJsonFeeder::Recognises(std::string_view head, std::string_view file) const {
  const std::size_t begin = head.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  if (begin == std::string_view::npos || (head[begin] != '{' && head[begin] != '[')) return false;
  for (const std::string_view name :
       {"\"freqCode\"", "\"reporterCode\"", "\"partnerCode\"", "\"cmdCode\"", "\"primaryValue\""}) {
    if (!absl::StrContains(ToAbsl(head), ToAbsl(name))) return false;
  }
  return true;
}

absl::Status ComtradeJsonFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  return Parser(options, &sink).Parse(input);
}

}  // namespace tidewaiter::feeders
