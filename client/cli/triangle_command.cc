// triangle: what was known of each period, vintage by vintage.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/reading.h"
#include "client/cli/session.h"
#include "client/cli/triangle.h"
#include "client/feeders/text/csv_reader.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

// As that of a history.
constexpr absl::Duration kTriangleTimeout = absl::Minutes(10);

client::HistoryQuery QueryOf(const Options& options) {
  client::HistoryQuery query;
  query.dataset = options.target.dataset;
  query.keys = KeysOf(options.target);
  query.vintage = options.vintage;
  query.periods = options.periods;
  // What only confirms makes no column and changes no cell.
  query.type = HistoryType::kChanged;
  return query;
}

// Reads the history and hands over one triangle after the other; each is gone when the next one begins.
absl::StatusOr<Vintage> ForEachTriangle(Session& session, const client::HistoryQuery& query,
                                        const std::function<absl::Status(Triangle&)>& take) {
  const Options& options = session.options;
  std::optional<Triangle> current;
  const auto finish = [&]() -> absl::Status {
    if (!current || current->empty()) return absl::OkStatus();
    TW_RETURN_IF_ERROR(take(*current));
    // The reader has gone: what is left need not be read.
    return session.out.closed() ? absl::CancelledError() : absl::OkStatus();
  };
  const auto add = [&](client::HistoryLine& line) -> absl::Status {
    if (options.period_months != 0 && line.cell.period.months() != options.period_months)
      return absl::OkStatus();
    if (!current || current->series() != line.series) {
      TW_RETURN_IF_ERROR(finish());
      current.emplace(line.series);
    }
    current->Add(line);
    return absl::OkStatus();
  };
  TW_ASSIGN_OR_RETURN(const Vintage vintage,
                      session.client.StreamHistory(query, add, {options.timeout.value_or(kTriangleTimeout)}));
  TW_RETURN_IF_ERROR(finish());
  return vintage;
}

// One table a series.
class TableWriter {
 public:
  TableWriter(Session& session, CellTexts* texts) : session_(session), texts_(*texts) {
    layout_.width = session.out.columns();
    layout_.last = session.options.triangle.last;
    layout_.changes_only = session.options.triangle.changes_only;
    layout_.colour = session.out.wants_colour();
  }
  void Write(const Triangle& triangle) {
    const TriangleTable table = TableOf(triangle, texts_, layout_);
    const std::string& unit = texts_.UnitOf(triangle.series());
    const std::string head = absl::StrCat(triangle.series(), unit.empty() ? "" : ", ", unit);
    session_.out.Write(absl::StrCat(written_ > 0 ? "\n" : "", Coloured(head, Colour::kBold, layout_.colour),
                                    "\n", table.text));
    if (table.left_out > 0) {
      WriteDim(absl::StrCat(Counted(table.left_out, "older vintage"), " left out; -o csv has them all"));
    }
    marked_ |= table.marked;
    ++written_;
  }
  void Finish() {
    if (marked_) session_.out.Write("* changed by this vintage\n");
  }

 private:
  void WriteDim(const std::string& line) {
    session_.out.Write(absl::StrCat(Coloured(line, Colour::kDim, layout_.colour), "\n"));
  }

  Session& session_;
  CellTexts& texts_;
  TriangleTableOptions layout_;
  std::size_t written_ = 0;
  bool marked_ = false;
};

// One object a cell that changed.
const Schema& ChangedCellSchema() {
  static const Schema* const schema = new Schema{
      {.name = "series"},
      {.name = "period"},
      {.name = "published_at"},
      {.name = "sequence", .kind = FieldKind::kInteger},
      {.name = "before", .kind = FieldKind::kDatum},
      {.name = "value", .kind = FieldKind::kDatum},
      {.name = "absence"},
      {.name = "unit"},
      {.name = "change"},
      {.name = "within_rounding", .kind = FieldKind::kFlag},
      {.name = "status_only", .kind = FieldKind::kFlag},
  };
  return *schema;
}

absl::StatusOr<Vintage> WriteObjects(Session& session, CellTexts& texts, std::uint64_t* count) {
  std::optional<RecordWriter> writer;
  const auto begin = [&]() -> RecordWriter& {
    if (!writer) writer.emplace(session.options.format, ChangedCellSchema(), "changes", &session.out);
    return *writer;
  };
  const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
  TW_ASSIGN_OR_RETURN(
      const Vintage vintage, ForEachTriangle(session, QueryOf(session.options), [&](Triangle& triangle) {
        for (const Triangle::Change& change : triangle.Changes(session.options.triangle.last)) {
          begin().Add({triangle.series(), change.period.ToString(), change.published_at.ToString(),
                       absl::StrCat(change.sequence), change.before ? change.before->ToString() : "",
                       change.datum.ToString(),
                       change.datum.has_value() ? "" : std::string(AbsenceName(change.datum.absence())),
                       texts.UnitOf(triangle.series()), std::string(ChangeClassName(change.change.change)),
                       flag(change.change.within_rounding), flag(change.change.status_only)});
        }
        ++*count;
        return absl::OkStatus();
      }));
  TW_RETURN_IF_ERROR(CheckSomethingMatches(session, *count));
  TellVintage(session, begin(), texts, vintage, *count, "triangle");
  return vintage;
}

// One wide table of all series. Its columns must be known before its first row: the history is read once for
// them and once more, at the same vintage, for the rows; so no more than one series is held. The one series
// of most triangles is kept from the first reading.
class CsvWriter {
 public:
  CsvWriter(Session& session, const CellTexts& texts) : session_(session), texts_(texts) {}

  absl::StatusOr<Vintage> Write(std::uint64_t* count) {
    std::optional<Triangle> only;
    VintageColumns columns;
    client::HistoryQuery query = QueryOf(session_.options);
    TW_ASSIGN_OR_RETURN(const Vintage vintage, ForEachTriangle(session_, query, [&](Triangle& triangle) {
                          columns.AddAll(triangle.columns());
                          ++*count;
                          if (*count == 1) only.emplace(std::move(triangle));
                          if (*count == 2) only.reset();
                          return absl::OkStatus();
                        }));
    columns.KeepLast(session_.options.triangle.last);
    instants_ = columns.Instants();
    WriteHeader(columns);
    if (only) WriteRows(*only);
    if (*count < 2) return vintage;
    query.vintage = {};
    query.vintage.sequence = vintage.sequence;
    if (vintage.as_of != Instant::Max()) query.vintage.as_of = vintage.as_of;
    return ForEachTriangle(session_, query, [this](Triangle& triangle) {
      WriteRows(triangle);
      return absl::OkStatus();
    });
  }

 private:
  void WriteHeader(const VintageColumns& columns) {
    std::string line = "series,period";
    for (const std::string& label : columns.Labels(texts_)) absl::StrAppend(&line, ",", label);
    session_.out.Write(line + "\n");
  }
  void WriteRows(const Triangle& triangle) {
    for (const Triangle::Row& row : triangle.Rows(instants_, session_.options.triangle.changes_only)) {
      std::string line = absl::StrCat(feeders::CsvField(triangle.series()), ",", row.period.ToString());
      for (const Triangle::Cell& cell : row.cells) {
        absl::StrAppend(&line, ",", cell.datum ? cell.datum->ToString() : "");
      }
      session_.out.Write(line + "\n");
    }
  }

  Session& session_;
  const CellTexts& texts_;
  std::vector<Instant> instants_;
};

absl::StatusOr<Vintage> WriteTables(Session& session, CellTexts& texts, std::uint64_t* count) {
  TableWriter writer(session, &texts);
  TW_ASSIGN_OR_RETURN(const Vintage vintage,
                      ForEachTriangle(session, QueryOf(session.options), [&](Triangle& triangle) {
                        writer.Write(triangle);
                        ++*count;
                        return absl::OkStatus();
                      }));
  writer.Finish();
  return vintage;
}

}  // namespace

absl::Status RunTriangle(Session& session) {
  TW_ASSIGN_OR_RETURN(CellTexts texts, TextsOf(session));
  std::uint64_t count = 0;
  const Format format = session.options.format;
  if (format == Format::kJson || format == Format::kNdjson)
    return WriteObjects(session, texts, &count).status();
  absl::StatusOr<Vintage> vintage =
      format == Format::kCsv ? CsvWriter(session, texts).Write(&count) : WriteTables(session, texts, &count);
  if (!vintage.ok()) return vintage.status();
  TW_RETURN_IF_ERROR(CheckSomethingMatches(session, count));
  RecordWriter nothing_more(Format::kTable, {}, "", &session.out);
  TellVintage(session, nothing_more, texts, *vintage, count, "triangle");
  return absl::OkStatus();
}

}  // namespace tidewaiter::cli
