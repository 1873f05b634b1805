#include "client/feeders/tidy/tidy.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/feeders/text/csv_reader.h"
#include "client/feeders/text/short_text.h"
#include "client/feeders/tidy/month_memory.h"
#include "client/feeders/tidy/tidy_columns.h"
#include "client/feeders/tidy/tidy_value.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

using Record = std::vector<std::string_view>;

constexpr char kExample[] =
    "published_on,period,reporter,partner,flow,currency,unit,value,source\n"
    "2025-08-07,2025-07,CN,RU,T,USD,BN,19.14,https://example.org/july\n"
    "2025-08-07,2025-01/P7M,CN,RU,T,USD,BN,125.8,https://example.org/july\n";

// A line break inside quotes reads as a space: free texts are one line.
std::string OneLine(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\n' ? ' ' : text[i];
  }
  return out;
}

// One file. What does not change from row to row is looked up once.
class TidyParser {
 public:
  TidyParser(const FeedOptions& options, const TidyColumns& columns, FeedSink& sink)
      : options_(options),
        columns_(columns),
        sink_(sink),
        codes_(columns.dimensions().size()),
        good_codes_(columns.dimensions().size()),
        bad_codes_(columns.dimensions().size()) {}

  absl::Status Begin();
  absl::Status Row(const Record& record, std::uint64_t line, std::string_view text);

 private:
  struct Target {
    std::string id;         // as the row has it
    std::string published;  // the same
    std::size_t section = 0;
  };

  std::optional<Publication> Published(const Record& record);
  bool LiesAhead(const Publication& published) const;
  absl::StatusOr<std::optional<std::size_t>> SectionOf(const Record& record);
  std::optional<Period> PeriodOf(const Record& record);
  std::optional<TidyValue> ValueOf(const Record& record, const TidyColumns::Value& column);
  // A text that is fit to be kept, in `scratch` if it had to be changed.
  std::optional<std::string_view> TextOf(const Record& record, TidyColumn column, std::size_t max_bytes,
                                         std::string& scratch);
  void CodesOf(const Record& record);
  absl::Status CheckHopeless() const;

  void Fail(std::string_view column, std::string_view what) {
    problems_.push_back({line_, std::string(column), std::string(what)});
  }
  void Fail(TidyColumn column, std::string_view what) { Fail(TidyColumnName(column), what); }
  void Fail(TidyColumn column, std::string_view text, const absl::Status& why) {
    Fail(column, WhatIsWrong(text, why));
  }

  const FeedOptions& options_;
  const TidyColumns& columns_;
  FeedSink& sink_;
  std::size_t dataset_ = 0;
  std::optional<Publication> said_;  // of the whole file, where no column says it
  std::map<std::string, std::pair<Publication, std::uint64_t>>
      published_;                                                        // of each release id, and its line
  std::map<std::pair<std::string, std::string>, std::size_t> sections_;  // by publication and id
  Target last_;
  bool has_last_ = false;
  MonthMemory months_;
  std::vector<std::string_view> codes_;
  std::vector<std::string> good_codes_;  // of each dimension, the last that was checked
  std::vector<int> bad_codes_;           // of each dimension, as long as there was no good one
  std::vector<Problem> problems_;        // of the row at hand
  std::uint64_t line_ = 0;
  std::string source_, note_, basis_;  // scratch
};

absl::Status TidyParser::Begin() {
  DatasetDefinition profile;
  profile.id = options_.dataset;
  profile.publisher = options_.publisher.empty() ? options_.dataset : options_.publisher;
  profile.time_zone = options_.time_zone.empty() ? "UTC" : options_.time_zone;
  for (const TidyColumns::Source& dimension : columns_.dimensions()) {
    profile.dimensions.push_back({dimension.id, RoleOfName(dimension.id)});
  }
  if (!columns_.Has(TidyColumn::kPublishedOn) && !columns_.Has(TidyColumn::kPublishedAt)) {
    if (!options_.published && !PublicationInName(options_.file)) {
      return InvalidField(
          "line 1",
          "the column published_on (a day, 2025-08-07) or published_at (an instant, "
          "2025-08-07T11:00:00+08:00) is missing; add it, or say which column it is: --column "
          "published_on=Date, or say --published-at 2025-08-07, or put the day into the file's name");
    }
    TW_ASSIGN_OR_RETURN(said_, ResolvePublication(std::nullopt, "", options_.file, options_.published));
  } else if (options_.published) {
    return InvalidField("--published-at",
                        "the file has a column that says when it was published; leave it out");
  }
  TW_ASSIGN_OR_RETURN(dataset_, sink_.AddDataset(profile));
  return absl::OkStatus();
}

absl::Status TidyParser::Row(const Record& record, std::uint64_t line, std::string_view text) {
  line_ = line;
  problems_.clear();
  if (record.size() != columns_.size()) {
    Fail("", absl::StrCat("the row has ", record.size(), " fields, the header ", columns_.size()));
    sink_.Refuse(problems_, text);
    return absl::OkStatus();
  }
  // Everything is looked at, so that all that is wrong in a row is told at once.
  TW_ASSIGN_OR_RETURN(const std::optional<std::size_t> section, SectionOf(record));
  const auto period = PeriodOf(record);
  CodesOf(record);
  const auto source = TextOf(record, TidyColumn::kSource, limits::kMaxSourceBytes, source_);
  const auto note = TextOf(record, TidyColumn::kNote, limits::kMaxNoteBytes, note_);
  const auto basis = TextOf(record, TidyColumn::kDateBasis, limits::kMaxCodeBytes, basis_);
  const bool wide = !columns_.values().front().code.empty();
  for (const TidyColumns::Value& column : columns_.values()) {
    if (wide && record[column.at].empty() && !columns_.Has(TidyColumn::kStatus)) {
      sink_.PassOver("empty field of a column of values");
      continue;
    }
    const auto value = ValueOf(record, column);
    if (!value || !problems_.empty()) continue;
    if (wide) {
      for (std::size_t i = 0; i < codes_.size(); ++i) {
        const TidyColumns::Source& dimension = columns_.dimensions()[i];
        if (dimension.at < 0 && dimension.constant.empty()) codes_[i] = column.code;
      }
    }
    TW_RETURN_IF_ERROR(sink_.AddCell(
        *section, {codes_, {*period, value->datum, value->attributes, *source, *note}, *basis, line}));
  }
  if (problems_.empty()) return absl::OkStatus();
  sink_.Refuse(problems_, text);
  return CheckHopeless();
}

void TidyParser::CodesOf(const Record& record) {
  for (std::size_t i = 0; i < codes_.size(); ++i) {
    const TidyColumns::Source& dimension = columns_.dimensions()[i];
    if (dimension.at < 0) {
      codes_[i] = dimension.constant;
      continue;
    }
    codes_[i] = record[static_cast<std::size_t>(dimension.at)];
    if (!codes_[i].empty() && SameText(codes_[i], good_codes_[i])) continue;
    if (absl::Status s = ValidateCode(codes_[i]); !s.ok()) {
      Fail(dimension.id, ToStd(s.message()));
      if (good_codes_[i].empty()) ++bad_codes_[i];
    } else {
      good_codes_[i] = codes_[i];
    }
  }
}

// A column of texts is no dimension: that is said once, and not for each of its rows.
absl::Status TidyParser::CheckHopeless() const {
  constexpr int kEnough = 3;
  for (std::size_t i = 0; i < bad_codes_.size(); ++i) {
    if (bad_codes_[i] < kEnough || !good_codes_[i].empty()) continue;
    const std::string& id = columns_.dimensions()[i].id;
    return InvalidField(absl::StrCat("line 1, column ", id),
                        absl::StrCat("is taken for a dimension, and none of its first ", kEnough,
                                     " rows has a code there; say what it is, as in --column source=", id,
                                     ", or list the dimensions, as in --column dimensions=partner+flow"));
  }
  return absl::OkStatus();
}

std::optional<Publication> TidyParser::Published(const Record& record) {
  if (said_) return said_;
  const bool by_day = columns_.Has(TidyColumn::kPublishedOn);
  const TidyColumn column = by_day ? TidyColumn::kPublishedOn : TidyColumn::kPublishedAt;
  const std::string_view text = columns_.In(record, column);
  Publication published;
  if (by_day) {
    const auto day = ParseDay(text);
    if (!day.ok()) return Fail(column, text, day.status()), std::nullopt;
    published.on = *day;
  } else {
    const auto instant = Instant::Parse(text);
    if (!instant.ok()) return Fail(column, text, instant.status()), std::nullopt;
    published.at = *instant;
  }
  if (LiesAhead(published)) {
    Fail(column, text,
         absl::InvalidArgumentError(absl::StrCat(
             "lies in the future: it may be ", options_.latest->ToString(), " by this clock at the latest")));
    return std::nullopt;
  }
  return published;
}

// Wherever the publisher is: nobody's day begins earlier than 14 hours before UTC's.
bool TidyParser::LiesAhead(const Publication& published) const {
  if (!options_.latest) return false;
  if (published.at) return *published.at > *options_.latest;
  constexpr std::int64_t kEarliestZoneMicros = 14LL * 3600 * 1'000'000;
  const std::int64_t midnight = absl::ToUnixMicros(absl::FromCivil(*published.on, absl::UTCTimeZone()));
  return midnight - kEarliestZoneMicros > options_.latest->micros();
}

// None if the row does not say it rightly.
absl::StatusOr<std::optional<std::size_t>> TidyParser::SectionOf(const Record& record) {
  const bool by_day = columns_.Has(TidyColumn::kPublishedOn);
  const std::string_view when =
      columns_.In(record, by_day ? TidyColumn::kPublishedOn : TidyColumn::kPublishedAt);
  const std::string_view id = columns_.In(record, TidyColumn::kRelease);
  if (has_last_ && SameText(last_.published, when) && SameText(last_.id, id)) return last_.section;
  const auto published = Published(record);
  if (!IsCleanUtf8(id) || id.size() > limits::kMaxReleaseIdBytes) {
    Fail(TidyColumn::kRelease, absl::StrCat(Quoted(id), " is not a release id: at most ",
                                            limits::kMaxReleaseIdBytes, " bytes of UTF-8"));
    return std::nullopt;
  }
  if (!published) return std::nullopt;
  if (!id.empty()) {
    const auto [at, is_new] = published_.try_emplace(std::string(id), *published, line_);
    if (!is_new && at->second.first != *published) {
      Fail(by_day ? TidyColumn::kPublishedOn : TidyColumn::kPublishedAt,
           absl::StrCat("release ", Quoted(id), " was published ", at->second.first.ToString(), " by line ",
                        at->second.second, ", and ", published->ToString(),
                        " here; a release is published once"));
      return std::nullopt;
    }
  }
  const auto [at, is_new] = sections_.try_emplace({std::string(when), std::string(id)}, 0);
  if (is_new) {
    SourceRelease release;
    release.release_id = id;
    release.published = *published;
    TW_ASSIGN_OR_RETURN(const std::size_t index, sink_.AddRelease(release));
    TW_ASSIGN_OR_RETURN(at->second, sink_.AddSection(index, dataset_, Action::kMerge, std::nullopt));
  }
  last_ = {std::string(id), std::string(when), at->second};
  has_last_ = true;
  return at->second;
}

std::optional<Period> TidyParser::PeriodOf(const Record& record) {
  if (columns_.Has(TidyColumn::kPeriod)) {
    const std::string_view text = columns_.In(record, TidyColumn::kPeriod);
    const auto period = months_.Parse(text);
    if (!period.ok()) return Fail(TidyColumn::kPeriod, text, period.status()), std::nullopt;
    return *period;
  }
  const std::string_view start_text = columns_.In(record, TidyColumn::kPeriodStart);
  const auto start = months_.Parse(start_text);
  const bool is_month = start.ok() && start->months() == 1;
  if (!is_month) {
    Fail(TidyColumn::kPeriodStart, start.ok()
                                       ? absl::StrCat(Quoted(start_text), " is no month; write 2025-07")
                                       : WhatIsWrong(start_text, start.status()));
  }
  const std::string_view text = columns_.In(record, TidyColumn::kPeriodMonths);
  const auto months = ParseDigits(text);
  if (!months) {
    Fail(TidyColumn::kPeriodMonths,
         absl::StrCat(Quoted(text), " is not a number of months, 1 to ", limits::kMaxPeriodMonths));
  }
  if (!is_month || !months) return std::nullopt;
  const auto period = Period::Create(start->start(), *months);
  if (!period.ok()) return Fail(TidyColumn::kPeriodMonths, text, period.status()), std::nullopt;
  return *period;
}

std::optional<TidyValue> TidyParser::ValueOf(const Record& record, const TidyColumns::Value& column) {
  const auto value =
      ParseTidyValue({record[column.at], columns_.In(record, TidyColumn::kStep),
                      columns_.In(record, TidyColumn::kStatus), columns_.In(record, TidyColumn::kConf)},
                     options_.decimal_mark);
  if (value.ok()) return *value;
  for (const FieldViolation& violation : DetailsOf(value.status()).violations) {
    Fail(violation.field == "value" ? column.name : violation.field, violation.description);
  }
  return std::nullopt;
}

std::optional<std::string_view> TidyParser::TextOf(const Record& record, TidyColumn column,
                                                   std::size_t max_bytes, std::string& scratch) {
  std::string_view text = columns_.In(record, column);
  if (text.empty()) return text;
  if (text.find('\n') != std::string_view::npos) {
    scratch = OneLine(text);
    text = scratch;
  }
  if (text.size() > max_bytes) {
    Fail(column, absl::StrCat("the text has ", text.size(), " bytes; at most ", max_bytes, " are allowed"));
    return std::nullopt;
  }
  if (!IsCleanUtf8(text)) {
    Fail(column, absl::StrCat(Quoted(text), " must be UTF-8 without control characters"));
    return std::nullopt;
  }
  return text;
}

class Tidy : public Feeder {
 public:
  FormatInfo info() const override {
    return {"tidy", "A table of your own, one figure a row: CSV, TSV or with semicolons", kExample,
            /*takes_columns=*/true, /*takes_constants=*/true};
  }

  bool Recognises(std::string_view head, std::string_view) const override {
    const std::string_view first = head.substr(0, head.find('\n'));
    TextInput input(first);
    CsvReader reader(&input);
    const absl::StatusOr<bool> any = reader.Next();
    if (!any.ok() || !*any) return false;
    const auto has = [&reader](std::string_view name) {
      return std::find(reader.fields().begin(), reader.fields().end(), name) != reader.fields().end();
    };
    return has("value") && (has("period") || has("period_start"));
  }

  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override {
    if (options.dataset.empty()) {
      return InvalidField("--dataset",
                          "is needed: a table of one's own does not say to which dataset it belongs");
    }
    CsvReader reader(&input, options.separator);
    TW_ASSIGN_OR_RETURN(bool more, reader.Next());
    if (!more) return InvalidField("", "the file is empty; the first line must name the columns");
    const std::string_view mark = reader.fields().front().substr(0, 2);
    if (mark == "\xFF\xFE" || mark == "\xFE\xFF")
      return InvalidField("", "the file is UTF-16; save it as UTF-8");
    TW_ASSIGN_OR_RETURN(const TidyColumns columns, TidyColumns::FromHeader(reader.fields(), options));
    TidyParser parser(options, columns, sink);
    TW_RETURN_IF_ERROR(parser.Begin());
    for (;;) {
      TW_ASSIGN_OR_RETURN(more, reader.Next());
      if (!more) return absl::OkStatus();
      if (reader.blank() && columns.size() > 1) continue;
      sink.CountRows(1);
      TW_RETURN_IF_ERROR(parser.Row(reader.fields(), reader.line(), reader.row()));
    }
  }
};

}  // namespace

const Feeder& TidyFeeder() {
  static const auto* const feeder = new Tidy;
  return *feeder;
}

}  // namespace tidewaiter::feeders
