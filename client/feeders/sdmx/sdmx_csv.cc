#include "client/feeders/sdmx/sdmx_csv.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/feeders/limits.h"
#include "client/feeders/sdmx/sdmx_csv_header.h"
#include "client/feeders/sdmx/sdmx_message.h"
#include "client/feeders/text/csv_reader.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kLabelSeparator = ": ";
constexpr std::size_t kFirstWordBytes = 64;
// Rows that are looked at when the header cannot be used: enough to tell what else is wrong.
constexpr int kRowsOfBadHeader = 100;
// Rows of a structure that may come before its first observation, which tells its dimensions.
constexpr std::size_t kMaxEarlyRows = 1000;

constexpr std::string_view kExample =
    "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REPORTER,PARTNER,FLOW,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MULT\n"
    "dataflow,XX:TRADE(1.0),M,M,XA,XB,X,2025-07,1234.50,A,6\n"
    "dataflow,XX:TRADE(1.0),M,M,XA,XB,M,2025-07,,Q,6\n";

enum class RowAction { kInformation, kMerge, kReplace, kDelete };

std::optional<RowAction> ParseRowAction(std::string_view text) {
  if (text.size() != 1) return text.empty() ? std::optional(RowAction::kInformation) : std::nullopt;
  switch (text.front()) {
    case 'I':
      return RowAction::kInformation;
    case 'A':
    case 'M':
      return RowAction::kMerge;
    case 'R':
      return RowAction::kReplace;
    case 'D':
      return RowAction::kDelete;
    default:
      return std::nullopt;
  }
}

// One file.
class SdmxCsvFile {
 public:
  SdmxCsvFile(CsvReader& reader, FeedSink& sink, SdmxMessage& message)
      : reader_(reader), sink_(sink), message_(message) {}

  absl::Status Read() {
    TW_ASSIGN_OR_RETURN(bool more, reader_.Next());
    if (!more) return InvalidField("", "the file is empty");
    std::vector<Problem> problems;
    header_ = SdmxCsvHeader::FromFields(reader_.fields(), message_.wishes(), problems);
    const bool usable = problems.empty();
    if (!usable) sink_.Refuse(std::move(problems), reader_.row());
    for (int rows = 0; usable || rows < kRowsOfBadHeader; ++rows) {
      TW_ASSIGN_OR_RETURN(more, reader_.Next());
      if (!more) break;
      if (reader_.blank()) continue;
      TW_RETURN_IF_ERROR(Row(usable));
    }
    for (Structure& structure : structures_) {
      if (!structure.set && structure.has_deletions)
        TW_RETURN_IF_ERROR(Declare(structure, header_.plan.dimensions));
    }
    return message_.Finish();
  }

 private:
  // A row of a structure whose dimensions are not known yet.
  struct EarlyRow {
    std::vector<std::string> texts;
    std::string row;
    std::uint64_t line = 0;
    bool is_deletion = false;
  };
  struct Structure {
    std::string kind_text, id_text;  // as they stand
    StructureRef ref;
    std::string name;
    std::optional<std::size_t> set;       // of the message, once its dimensions are known
    std::vector<std::size_t> series_key;  // components in the order of SERIES_KEY
    std::vector<EarlyRow> early;
    bool has_deletions = false;
  };

  void Fail(std::string_view column, std::string_view what) {
    problems_.push_back({reader_.line(), std::string(column), std::string(what)});
  }
  void RefuseRow() { sink_.Refuse(std::exchange(problems_, {}), reader_.row()); }

  absl::Status Row(bool usable) {
    problems_.clear();
    if (reader_.fields().size() != header_.size) {
      Fail("", absl::StrCat("the row has ", reader_.fields().size(), " fields, the header ", header_.size));
      sink_.CountRows(1);
      RefuseRow();
      return absl::OkStatus();
    }
    texts_ = reader_.fields();
    for (const std::size_t column : header_.labelled) {
      std::string_view& text = texts_[column];
      text = text.substr(0, text.find(kLabelSeparator));
    }
    Structure* structure = StructureOfRow();
    const std::string_view action_text = header_.action ? texts_[*header_.action] : std::string_view();
    const auto action = ParseRowAction(action_text);
    if (!action) {
      Fail("ACTION",
           absl::StrCat(Quoted(action_text),
                        " is no action; expected I (information), A (append), M (merge), R (replace) or "
                        "D (delete)"));
    }
    if (!problems_.empty() || !usable) {
      sink_.CountRows(1);
      if (!problems_.empty()) RefuseRow();
      return absl::OkStatus();
    }
    return Apply(*structure, *action);
  }

  // Null, and a problem, if the row names none.
  Structure* StructureOfRow() {
    const std::string_view id = texts_[header_.structure_id];
    const std::string_view kind =
        header_.structure_kind ? texts_[*header_.structure_kind] : std::string_view();
    if (last_ < structures_.size() && structures_[last_].id_text == id &&
        structures_[last_].kind_text == kind) {
      return &structures_[last_];
    }
    for (last_ = 0; last_ < structures_.size(); ++last_) {
      if (structures_[last_].id_text == id && structures_[last_].kind_text == kind)
        return &structures_[last_];
    }
    Structure structure;
    structure.id_text = id;
    structure.kind_text = kind;
    const auto ref = ParseStructureRef(id, &structure.name);
    if (!ref.ok()) Fail(header_.version == 1 ? "DATAFLOW" : "STRUCTURE_ID", ToStd(ref.status().message()));
    if (ref.ok()) structure.ref = *ref;
    if (header_.structure_name) structure.name = texts_[*header_.structure_name];
    structure.ref.kind = "dataflow";
    if (header_.structure_kind) {
      const auto parsed = ParseStructureKind(kind);
      if (!parsed.ok()) Fail("STRUCTURE", ToStd(parsed.status().message()));
      if (parsed.ok()) structure.ref.kind = *parsed;
    }
    if (problems_.empty() && structures_.size() >= limits::kMaxSectionsPerRelease) {
      Fail("STRUCTURE_ID", absl::StrCat("is the file's structure number ", structures_.size() + 1,
                                        "; at most ", limits::kMaxSectionsPerRelease, " are taken"));
    }
    if (!problems_.empty()) return nullptr;
    structures_.push_back(std::move(structure));
    return &structures_.back();
  }

  bool Empty(std::size_t component) const { return component >= texts_.size() || texts_[component].empty(); }
  bool AllEmpty(const std::vector<std::size_t>& components) const {
    return std::all_of(components.begin(), components.end(), [this](std::size_t c) { return Empty(c); });
  }
  bool AnyEmpty(const std::vector<std::size_t>& components) const {
    return std::any_of(components.begin(), components.end(), [this](std::size_t c) { return Empty(c); });
  }
  bool TimeEmpty() const { return !header_.plan.time || Empty(*header_.plan.time); }

  absl::Status Apply(Structure& structure, RowAction action) {
    if (!structure.set && (header_.dimensions_named || structure.early.size() >= kMaxEarlyRows)) {
      TW_RETURN_IF_ERROR(Declare(structure, header_.plan.dimensions));
    }
    if (action == RowAction::kDelete) return Delete(structure);
    const bool partial = TimeEmpty() || (structure.set && AnyEmpty(message_.plan(*structure.set).dimensions));
    if (partial && AllEmpty(header_.plan.measures)) return Group(structure);
    if (!structure.set) TW_RETURN_IF_ERROR(DeclareFromRow(structure));
    if (!structure.set) return absl::OkStatus();  // refused
    CheckRow(structure);
    if (!problems_.empty()) {
      sink_.CountRows(1);
      RefuseRow();
      return absl::OkStatus();
    }
    return message_.State(*structure.set, texts_,
                          action == RowAction::kMerge ? SdmxEmpty::kUnchanged : SdmxEmpty::kMissing,
                          {reader_.line(), {}, reader_.row()});
  }

  absl::Status Delete(Structure& structure) {
    if (structure.set) return message_.Delete(*structure.set, texts_, {reader_.line(), {}, reader_.row()});
    structure.has_deletions = true;
    KeepEarly(structure, true);
    if (AnyEmpty(header_.plan.dimensions)) return absl::OkStatus();
    return Declare(structure, header_.plan.dimensions);
  }

  absl::Status Group(Structure& structure) {
    sink_.CountRows(1);
    const SdmxPlan& plan = structure.set ? message_.plan(*structure.set) : header_.plan;
    if (AllEmpty(plan.attributes) && AllEmpty(plan.units) && AllEmpty(plan.conf) &&
        (!plan.status || Empty(*plan.status)) && (!plan.year_start || Empty(*plan.year_start))) {
      Fail("OBS_VALUE", "the row has neither an observation nor an attribute");
      RefuseRow();
      return absl::OkStatus();
    }
    sink_.PassOver("attributes of a partial key, kept for the observations behind");
    if (structure.set) return message_.AddGroup(*structure.set, texts_);
    KeepEarly(structure, false);
    return absl::OkStatus();
  }

  void KeepEarly(Structure& structure, bool is_deletion) {
    structure.early.push_back(
        {{texts_.begin(), texts_.end()}, std::string(reader_.row()), reader_.line(), is_deletion});
  }

  // The dimensions of a structure are those that its first observation has codes for; where the row has a
  // SERIES_KEY, those whose codes are in it.
  absl::Status DeclareFromRow(Structure& structure) {
    std::vector<std::size_t> dimensions;
    if (header_.series_key && !Empty(*header_.series_key)) {
      if (!FindSeriesKey(structure)) {
        sink_.CountRows(1);
        RefuseRow();
        return absl::OkStatus();
      }
      for (const std::size_t component : structure.series_key) {
        if (component != header_.plan.time) dimensions.push_back(component);
      }
    } else {
      for (const std::size_t component : header_.plan.dimensions) {
        if (!Empty(component)) dimensions.push_back(component);
      }
      // Nothing there: then it is the row that is wrong.
      if (dimensions.empty()) dimensions = header_.plan.dimensions;
    }
    return Declare(structure, dimensions);
  }

  // Which columns SERIES_KEY is made of: those with its codes, guessed dimensions first.
  bool FindSeriesKey(Structure& structure) {
    const std::string_view key = texts_[*header_.series_key];
    std::vector<std::size_t> columns = header_.plan.dimensions;
    if (header_.plan.time) columns.push_back(*header_.plan.time);
    columns.insert(columns.end(), header_.plan.units.begin(), header_.plan.units.end());
    columns.insert(columns.end(), header_.plan.attributes.begin(), header_.plan.attributes.end());
    for (const absl::string_view part : absl::StrSplit(ToAbsl(key), '.')) {
      const auto column = std::find_if(columns.begin(), columns.end(),
                                       [&](std::size_t c) { return !Empty(c) && texts_[c] == ToStd(part); });
      if (column == columns.end()) {
        Fail("SERIES_KEY", absl::StrCat("of ", Quoted(key), " the code ", Quoted(ToStd(part)),
                                        " stands in no column of its own"));
        structure.series_key.clear();
        return false;
      }
      structure.series_key.push_back(*column);
      columns.erase(column);
    }
    return true;
  }

  // Guessed dimensions that are none of `dimensions` become attributes.
  absl::Status Declare(Structure& structure, const std::vector<std::size_t>& dimensions) {
    SdmxPlan plan = header_.plan;
    plan.dimensions = dimensions;
    const auto is_dimension = [&](std::size_t c) {
      return std::find(dimensions.begin(), dimensions.end(), c) != dimensions.end();
    };
    for (std::vector<std::size_t>* others : {&plan.units, &plan.attributes}) {
      others->erase(std::remove_if(others->begin(), others->end(), is_dimension), others->end());
    }
    if (!structure.series_key.empty()) {
      for (const std::size_t component : header_.plan.dimensions) {
        if (!is_dimension(component)) plan.attributes.push_back(component);
      }
      std::sort(plan.attributes.begin(), plan.attributes.end());
    }
    TW_ASSIGN_OR_RETURN(structure.set, message_.AddDataSet(structure.ref, structure.name, std::move(plan)));
    for (const EarlyRow& early : std::exchange(structure.early, {})) {
      const std::vector<std::string_view> texts(early.texts.begin(), early.texts.end());
      TW_RETURN_IF_ERROR(early.is_deletion
                             ? message_.Delete(*structure.set, texts, {early.line, {}, early.row})
                             : message_.AddGroup(*structure.set, texts));
    }
    return absl::OkStatus();
  }

  // What was guessed from the first row must hold for the others.
  void CheckRow(const Structure& structure) {
    if (structure.series_key.empty()) {
      const std::vector<std::size_t>& dimensions = message_.plan(*structure.set).dimensions;
      if (dimensions.size() == header_.plan.dimensions.size()) return;
      for (const std::size_t component : header_.plan.dimensions) {
        if (Empty(component) ||
            std::find(dimensions.begin(), dimensions.end(), component) != dimensions.end())
          continue;
        Fail(header_.plan.ids[component],
             absl::StrCat("has ", Quoted(texts_[component]), ", and was empty in the first observation of ",
                          structure.ref.ToString(),
                          ", of which it is no dimension therefore; say what its dimensions "
                          "are: --column dimensions=FREQ+REF_AREA"));
      }
      return;
    }
    const std::string_view key = texts_[*header_.series_key];
    std::string_view rest = key;
    bool equal = !key.empty();
    for (std::size_t i = 0; i < structure.series_key.size() && equal; ++i) {
      const std::string_view code = texts_[structure.series_key[i]];
      equal = absl::StartsWith(ToAbsl(rest), ToAbsl(code));
      if (equal) rest.remove_prefix(code.size());
      if (equal && i + 1 < structure.series_key.size()) {
        equal = !rest.empty() && rest.front() == '.';
        if (equal) rest.remove_prefix(1);
      }
    }
    if (equal && rest.empty()) return;
    std::string ids;
    for (const std::size_t component : structure.series_key) {
      absl::StrAppend(&ids, ids.empty() ? "" : ".", header_.plan.ids[component]);
    }
    Fail("SERIES_KEY",
         absl::StrCat(Quoted(key), " is not ", ids,
                      " of this row, which it was in the first; if that was a guess gone wrong, say "
                      "what the dimensions are: dimensions=FREQ+REF_AREA"));
  }

  CsvReader& reader_;
  FeedSink& sink_;
  SdmxMessage& message_;
  SdmxCsvHeader header_;
  std::vector<Structure> structures_;
  std::size_t last_ = 0;
  std::vector<std::string_view> texts_;
  std::vector<Problem> problems_;
};

}  // namespace

FormatInfo SdmxCsvFeeder::info() const {
  FormatInfo info;
  info.name = "sdmx-csv";
  info.summary = "SDMX-CSV 1.0, 2.0 and 2.1 data messages of any publisher";
  info.example = kExample;
  info.takes_columns = true;
  info.takes_constants = true;
  return info;
}

bool SdmxCsvFeeder::Recognises(std::string_view head, std::string_view file) const {
  int version = 0;
  const char separator = SdmxCsvSeparator(head, version);
  if (separator == 0) return false;
  const std::size_t end = std::min(head.find('\n'), head.size());
  const std::string_view header = head.substr(0, end);
  if (version == 2) return header.find("STRUCTURE_ID") != std::string_view::npos;
  // Eurostat's Comext files are a format of their own.
  const bool comext = header.find("LAST UPDATE") != std::string_view::npos &&
                      head.substr(std::min(end + 1, head.size())).find("ESTAT:DS-") == 0;
  return !comext;
}

absl::Status SdmxCsvFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  TW_ASSIGN_OR_RETURN(const std::string head, ReadUpTo(input, kFirstWordBytes));
  int version = 0;
  const char separator = SdmxCsvSeparator(head, version);
  if (separator == 0) {
    return InvalidField(
        "", absl::StrCat(
                "line 1: begins with ", Quoted(std::string_view(head).substr(0, head.find_first_of("\r\n"))),
                "; an SDMX-CSV file begins with the column STRUCTURE (2.0, 2.1) or DATAFLOW (1.0), which "
                "tells whose data they are"));
  }
  TW_ASSIGN_OR_RETURN(const std::unique_ptr<SdmxMessage> message, SdmxMessage::Begin(options, sink));
  ResumedInput whole(head, &input);
  CsvReader reader(&whole, options.separator != 0 ? options.separator : separator);
  return SdmxCsvFile(reader, sink, *message).Read();
}

}  // namespace tidewaiter::feeders
