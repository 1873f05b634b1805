#include "client/feeders/tidy_csv.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/csv_reader.h"
#include "client/feeders/tidy_columns.h"
#include "client/feeders/tidy_value.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

using Record = std::vector<std::string_view>;

constexpr char kCodeSeparator = '\x1f';  // joins codes to a look-up text; no code can hold it
constexpr std::string_view kSourceJoint = " ; ";
constexpr std::string_view kNoteJoint = " | ";

// A line break inside quotes reads as a space: free texts are one line.
std::string OneLine(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i] == '\n' ? ' ' : text[i];
  }
  return out;
}

class TidyParser {
 public:
  explicit TidyParser(const TidyOptions& options) : options_(options) {}
  absl::StatusOr<TidyFile> Parse(std::string_view text);

 private:
  // A release while its rows come in: each cell with its date_basis, a text.
  struct Draft {
    std::size_t release = 0;           // index into file_.releases
    std::vector<std::uint32_t> basis;  // one a cell
    std::uint32_t first_line = 0;
  };

  void Row(const TidyColumns& columns, const Record& record);
  std::optional<Draft*> DraftOf(const TidyColumns& columns, const Record& record);
  std::optional<PublishedAt> Published(const TidyColumns& columns, const Record& record);
  std::optional<Period> PeriodOf(const TidyColumns& columns, const Record& record);
  std::optional<std::uint32_t> SeriesOf(const TidyColumns& columns, const Record& record);
  std::optional<TidyValue> ValueOf(const TidyColumns& columns, const Record& record);
  std::optional<std::uint32_t> TextOf(const TidyColumns& columns, const Record& record, TidyColumn column,
                                      std::size_t max_bytes);

  void Finish(Draft& draft);
  void TellBasis(const Draft& draft, TidyRelease& release);
  void SortCells(TidyRelease& release);
  bool Merge(TidyCell& kept, const TidyCell& other);
  std::uint32_t Intern(std::string text);

  void Fail(std::uint32_t line, std::string_view column, std::string_view what) {
    violations_.Add(absl::StrCat(options_.file, " line ", line, ", column ", ToAbsl(column)), what);
  }
  void Fail(TidyColumn column, std::string_view what) { Fail(line_, TidyColumnName(column), what); }
  void Fail(TidyColumn column, std::string_view text, const absl::Status& why) {
    Fail(column, WhatIsWrong(text, why));
  }

  const TidyOptions& options_;
  TidyFile file_;
  Violations violations_;
  Reason reason_ = Reason::kInvalidArgument;
  std::uint32_t line_ = 0;
  absl::flat_hash_map<std::string, std::uint32_t> series_index_;  // by codes joined
  absl::flat_hash_map<std::string, std::uint32_t> text_index_;
  absl::flat_hash_map<std::string, std::size_t> draft_index_;  // by release id
  std::vector<Draft> drafts_;
  std::vector<std::uint32_t> series_rank_;  // place of each series in canonical order
  std::string codes_;                       // scratch
};

absl::StatusOr<TidyFile> TidyParser::Parse(std::string_view text) {
  if (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF") {
    return InvalidField(options_.file, "the file is UTF-16; save it as UTF-8");
  }
  Intern("");
  TextInput input(text);
  CsvReader reader(&input);
  const auto located = [this](const absl::Status& s) {
    return InvalidField(options_.file, ToStd(s.message()));
  };
  absl::StatusOr<bool> more = reader.Next();
  if (!more.ok()) return located(more.status());
  if (!*more) return InvalidField(options_.file, "the file is empty; the first line must name the columns");
  TW_ASSIGN_OR_RETURN(const TidyColumns columns,
                      TidyColumns::FromHeader(reader.fields(), options_.file, options_.definition));
  file_.dimensions = columns.dimensions();
  for (;;) {
    more = reader.Next();
    if (!more.ok()) {
      violations_.Add(options_.file, ToStd(more.status().message()));
      return violations_.ToStatus(reason_);
    }
    if (!*more) break;
    if (reader.blank() && columns.size() > 1) continue;
    line_ = static_cast<std::uint32_t>(reader.line());
    ++file_.rows;
    Row(columns, reader.fields());
  }
  if (file_.rows == 0) violations_.Add(options_.file, "the file has a header and no rows");
  // What is wrong between rows is looked for when the rows themselves are right.
  if (violations_.empty()) {
    std::vector<std::uint32_t> order(file_.series.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [this](std::uint32_t a, std::uint32_t b) { return file_.series[a] < file_.series[b]; });
    series_rank_.resize(order.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) series_rank_[order[i]] = i;
    for (Draft& draft : drafts_) Finish(draft);
  }
  TW_RETURN_IF_ERROR(violations_.ToStatus(reason_));
  std::stable_sort(file_.releases.begin(), file_.releases.end(),
                   [](const TidyRelease& a, const TidyRelease& b) {
                     return a.published_at.instant < b.published_at.instant;
                   });
  return std::move(file_);
}

void TidyParser::Row(const TidyColumns& columns, const Record& record) {
  if (record.size() != columns.size()) {
    violations_.Add(absl::StrCat(options_.file, " line ", line_),
                    absl::StrCat("the row has ", record.size(), " fields, the header ", columns.size()));
    return;
  }
  // Everything is looked at, so that all that is wrong in a row is told at once.
  const auto draft = DraftOf(columns, record);
  const auto period = PeriodOf(columns, record);
  const auto series = SeriesOf(columns, record);
  const auto value = ValueOf(columns, record);
  const auto source = TextOf(columns, record, TidyColumn::kSource, limits::kMaxSourceBytes);
  const auto note = TextOf(columns, record, TidyColumn::kNote, limits::kMaxNoteBytes);
  const auto basis = TextOf(columns, record, TidyColumn::kDateBasis, limits::kMaxCodeBytes);
  if (!draft || !period || !series || !value || !source || !note || !basis) return;
  TidyCell cell;
  cell.series = *series;
  cell.source = *source;
  cell.note = *note;
  cell.line = line_;
  cell.period = *period;
  cell.datum = value->datum;
  cell.attributes = value->attributes;
  file_.releases[(*draft)->release].cells.push_back(cell);
  (*draft)->basis.push_back(*basis);
}

std::optional<PublishedAt> TidyParser::Published(const TidyColumns& columns, const Record& record) {
  const bool by_day = columns.Has(TidyColumn::kPublishedOn);
  const TidyColumn column = by_day ? TidyColumn::kPublishedOn : TidyColumn::kPublishedAt;
  const std::string_view text = columns.In(record, column);
  PublishedAt published;
  if (by_day) {
    const auto day = ParseDay(text);
    if (!day.ok()) return Fail(column, text, day.status()), std::nullopt;
    published = PublishedAt::OnDay(*day, options_.zone);
  } else {
    const auto instant = Instant::Parse(text);
    if (!instant.ok()) return Fail(column, text, instant.status()), std::nullopt;
    published = PublishedAt::At(*instant);
  }
  if (options_.latest && published.instant > *options_.latest) {
    Fail(column, absl::StrCat(Quoted(text),
                              " lies in the future; a release can be taken in once it is published, "
                              "by this clock at ",
                              options_.latest->ToString(), " at the latest"));
    return std::nullopt;
  }
  return published;
}

std::optional<TidyParser::Draft*> TidyParser::DraftOf(const TidyColumns& columns, const Record& record) {
  const auto published = Published(columns, record);
  std::string id(columns.In(record, TidyColumn::kRelease));
  if (!IsCleanUtf8(id) || id.size() > limits::kMaxReleaseIdBytes) {
    Fail(TidyColumn::kRelease, absl::StrCat(Quoted(id), " is not a release id: at most ",
                                            limits::kMaxReleaseIdBytes, " bytes of UTF-8"));
    return std::nullopt;
  }
  if (!published) return std::nullopt;
  if (id.empty()) id = absl::StrCat(options_.dataset, ":", published->ToString());
  const auto [at, is_new] = draft_index_.try_emplace(id, drafts_.size());
  if (is_new) {
    Draft& draft = drafts_.emplace_back();
    draft.release = file_.releases.size();
    draft.first_line = line_;
    TidyRelease& release = file_.releases.emplace_back();
    release.release_id = std::move(id);
    release.published_at = *published;
  }
  Draft& draft = drafts_[at->second];
  const TidyRelease& release = file_.releases[draft.release];
  if (release.published_at != *published) {
    Fail(columns.Has(TidyColumn::kPublishedOn) ? TidyColumn::kPublishedOn : TidyColumn::kPublishedAt,
         absl::StrCat("release ", Quoted(release.release_id), " was published ",
                      release.published_at.ToString(), " by line ", draft.first_line, ", and ",
                      published->ToString(), " here; a release is published once"));
    return std::nullopt;
  }
  return &draft;
}

std::optional<Period> TidyParser::PeriodOf(const TidyColumns& columns, const Record& record) {
  if (columns.Has(TidyColumn::kPeriod)) {
    const std::string_view text = columns.In(record, TidyColumn::kPeriod);
    const auto period = Period::Parse(text);
    if (!period.ok()) return Fail(TidyColumn::kPeriod, text, period.status()), std::nullopt;
    return *period;
  }
  const std::string_view start_text = columns.In(record, TidyColumn::kPeriodStart);
  const auto start = Month::Parse(start_text);
  if (!start.ok()) Fail(TidyColumn::kPeriodStart, start_text, start.status());
  const std::string_view text = columns.In(record, TidyColumn::kPeriodMonths);
  const auto months = ParseDigits(text);
  if (!months) {
    Fail(TidyColumn::kPeriodMonths,
         absl::StrCat(Quoted(text), " is not a number of months, 1 to ", limits::kMaxPeriodMonths));
  }
  if (!start.ok() || !months) return std::nullopt;
  const auto period = Period::Create(*start, *months);
  if (!period.ok()) return Fail(TidyColumn::kPeriodMonths, text, period.status()), std::nullopt;
  return *period;
}

std::optional<std::uint32_t> TidyParser::SeriesOf(const TidyColumns& columns, const Record& record) {
  codes_.clear();
  for (const std::size_t at : columns.dimension_at()) {
    codes_.append(record[at]);
    codes_ += kCodeSeparator;
  }
  if (const auto found = series_index_.find(codes_); found != series_index_.end()) return found->second;
  std::vector<std::string> codes;
  bool valid = true;
  for (std::size_t i = 0; i < columns.dimensions().size(); ++i) {
    const std::string_view code = record[columns.dimension_at()[i]];
    if (absl::Status s = ValidateCode(code); !s.ok()) {
      Fail(line_, columns.dimensions()[i], ToStd(s.message()));
      valid = false;
    }
    codes.emplace_back(code);
  }
  if (!valid) return std::nullopt;
  auto key = SeriesKey::FromCodes(codes);
  if (!key.ok()) return Fail(line_, columns.dimensions()[0], ToStd(key.status().message())), std::nullopt;
  const auto index = static_cast<std::uint32_t>(file_.series.size());
  file_.series.push_back(*std::move(key));
  series_index_.emplace(codes_, index);
  return index;
}

std::optional<TidyValue> TidyParser::ValueOf(const TidyColumns& columns, const Record& record) {
  const auto in = [&](TidyColumn column) { return columns.In(record, column); };
  const auto value = ParseTidyValue(
      {in(TidyColumn::kValue), in(TidyColumn::kStep), in(TidyColumn::kStatus), in(TidyColumn::kConf)});
  if (value.ok()) return *value;
  for (const FieldViolation& violation : DetailsOf(value.status()).violations) {
    Fail(line_, violation.field, violation.description);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> TidyParser::TextOf(const TidyColumns& columns, const Record& record,
                                                TidyColumn column, std::size_t max_bytes) {
  const std::string_view raw = columns.In(record, column);
  if (raw.empty()) return 0;
  if (const auto found = text_index_.find(ToAbsl(raw)); found != text_index_.end()) return found->second;
  std::string text = OneLine(raw);
  if (text.size() > max_bytes) {
    Fail(column, absl::StrCat("the text has ", text.size(), " bytes; at most ", max_bytes, " are allowed"));
    return std::nullopt;
  }
  if (!IsCleanUtf8(text)) {
    Fail(column, absl::StrCat(Quoted(text), " must be UTF-8 without control characters"));
    return std::nullopt;
  }
  return Intern(std::move(text));
}

std::uint32_t TidyParser::Intern(std::string text) {
  const auto [at, is_new] = text_index_.try_emplace(text, static_cast<std::uint32_t>(file_.texts.size()));
  if (is_new) file_.texts.push_back(std::move(text));
  return at->second;
}

void TidyParser::Finish(Draft& draft) {
  TidyRelease& release = file_.releases[draft.release];
  TellBasis(draft, release);
  SortCells(release);
}

// All the same: the title says it. Else each row's note does.
void TidyParser::TellBasis(const Draft& draft, TidyRelease& release) {
  const std::uint32_t first = draft.basis.front();
  const auto told = [this](std::uint32_t basis) { return absl::StrCat("date_basis=", file_.texts[basis]); };
  if (std::all_of(draft.basis.begin(), draft.basis.end(), [first](std::uint32_t b) { return b == first; })) {
    if (first != 0) release.title = told(first);
    return;
  }
  for (std::size_t i = 0; i < draft.basis.size(); ++i) {
    TidyCell& cell = release.cells[i];
    if (draft.basis[i] == 0) continue;
    std::string note = cell.note == 0 ? told(draft.basis[i])
                                      : absl::StrCat(told(draft.basis[i]), "; ", file_.texts[cell.note]);
    if (note.size() > limits::kMaxNoteBytes) {
      Fail(cell.line, "note",
           absl::StrCat("with its date_basis the text has ", note.size(), " bytes; at most ",
                        limits::kMaxNoteBytes, " are allowed"));
      continue;
    }
    cell.note = Intern(std::move(note));
  }
}

// Canonical order; a cell that is stated twice is merged or refused.
void TidyParser::SortCells(TidyRelease& release) {
  std::sort(release.cells.begin(), release.cells.end(), [this](const TidyCell& a, const TidyCell& b) {
    return std::tuple(series_rank_[a.series], a.period, a.line) <
           std::tuple(series_rank_[b.series], b.period, b.line);
  });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < release.cells.size(); ++i) {
    TidyCell& last = release.cells[kept];
    const TidyCell& cell = release.cells[i];
    if (last.series != cell.series || last.period != cell.period) {
      release.cells[++kept] = cell;
    } else if (Merge(last, cell)) {
      ++file_.merged;
    } else {
      reason_ = Reason::kDuplicateCell;
      Fail(cell.line, "value",
           absl::StrCat("states ", cell.datum.ToString(), " for ", file_.series[cell.series].text(), " ",
                        cell.period.ToString(), " in release ", Quoted(release.release_id), "; line ",
                        last.line, " states ", last.datum.ToString(),
                        " for the same; a cell may be stated once in a "
                        "release (rows that agree are joined only if each names a source of its own)"));
    }
  }
  release.cells.resize(kept + 1);
}

// Joins `other` to `kept` if both are the same print read in two places.
bool TidyParser::Merge(TidyCell& kept, const TidyCell& other) {
  const bool agree = kept.datum == other.datum && kept.attributes == other.attributes;
  if (!agree || kept.source == 0 || other.source == 0 || kept.source == other.source) return false;
  std::string source =
      absl::StrCat(file_.texts[kept.source], ToAbsl(kSourceJoint), file_.texts[other.source]);
  std::string note = file_.texts[kept.note];
  if (other.note != 0 && other.note != kept.note) {
    absl::StrAppend(&note, note.empty() ? "" : ToAbsl(kNoteJoint), file_.texts[other.note]);
  }
  if (source.size() > limits::kMaxSourceBytes || note.size() > limits::kMaxNoteBytes) return false;
  kept.source = Intern(std::move(source));
  kept.note = Intern(std::move(note));
  return true;
}

}  // namespace

absl::StatusOr<TidyFile> ParseTidyCsv(std::string_view text, const TidyOptions& options) {
  return TidyParser(options).Parse(text);
}

}  // namespace tidewaiter::feeders
