// diff: what a release changed, the largest first.
#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/cell_text.h"
#include "client/cli/diff_rows.h"
#include "client/cli/diff_tally.h"
#include "client/cli/release_name.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

const Schema& DiffSchema() {
  constexpr unsigned kData = kInCsv | kInJson;
  static const Schema* const schema = new Schema{
      {.name = "dataset", .shown = kInJson},
      {.name = "dataset", .shown = kInTable},
      {.name = "series"},
      {.name = "period"},
      {.name = "change", .shown = kData},
      {.name = "change", .kind = FieldKind::kChange, .shown = kInTable},
      {.name = "before", .kind = FieldKind::kDatum},
      {.name = "after", .kind = FieldKind::kDatum},
      {.name = "amount", .kind = FieldKind::kDatum, .shown = kData},
      {.name = "amount", .kind = FieldKind::kDatum, .shown = kInTable},
      {.name = "percent", .kind = FieldKind::kDatum, .shown = kData},
      {.name = "percent", .kind = FieldKind::kDatum, .shown = kInTable, .header = "per cent"},
      {.name = "unit"},
      {.name = "announced"},
      {.name = "within_rounding", .kind = FieldKind::kFlag, .shown = kData},
      {.name = "status_only", .kind = FieldKind::kFlag, .shown = kData},
  };
  return *schema;
}

std::string Signed(const std::optional<Decimal>& number) {
  if (!number) return "";
  const bool positive = !number->is_negative() && !number->is_zero();
  return absl::StrCat(positive ? "+" : "", number->ToString());
}

std::string Plain(const std::optional<Decimal>& number) { return number ? number->ToString() : ""; }
std::string Flag(bool value) { return value ? "true" : "false"; }

// The units of the datasets that a release speaks of, each asked for once.
class Units {
 public:
  explicit Units(Session& session) : session_(session) {}
  absl::StatusOr<std::string> Of(const std::string& dataset, const std::string& series) {
    auto at = texts_.find(dataset);
    if (at == texts_.end()) {
      TW_ASSIGN_OR_RETURN(client::DatasetInfo info, session_.client.GetDataset(dataset));
      at = texts_.emplace(dataset, CellTexts(std::move(info.definition))).first;
    }
    return at->second.UnitOf(series);
  }

 private:
  Session& session_;
  std::map<std::string, CellTexts> texts_;
};

absl::StatusOr<Record> RecordOf(const client::ReleaseInfo& release, const DiffRow& row, bool show_dataset,
                                Units& units) {
  TW_ASSIGN_OR_RETURN(std::string unit, units.Of(row.dataset, row.cell.series));
  const Change& change = row.cell.change;
  const std::optional<Decimal> percent = PercentOf(row);
  return Record{
      row.dataset,
      show_dataset ? row.dataset : "",
      row.cell.series,
      row.cell.cell.period.ToString(),
      std::string(ChangeClassName(change.change)),
      ChangeText(change),
      row.cell.before ? row.cell.before->ToString() : "",
      row.cell.cell.datum.ToString(),
      Plain(row.amount),
      Signed(row.amount),
      Plain(percent),
      Signed(percent),
      std::move(unit),
      std::string(Announced(release, change)),
      Flag(change.within_rounding),
      Flag(change.status_only),
  };
}

// Reads all that the release changed, page by page.
absl::StatusOr<client::ReleaseInfo> Gather(Session& session, client::ChangesQuery query, DiffRows* rows,
                                           DiffTally* tally) {
  std::string token;
  while (true) {
    TW_ASSIGN_OR_RETURN(client::ChangesPage page, session.client.ListChanges(query, 0, token));
    tally->AddConfirmed(page.omitted_confirmed);
    for (client::DatasetChanges& changes : page.changes) {
      for (client::ChangedCell& cell : changes.cells) {
        tally->Add(cell.change);
        cell.cell.source.clear();
        cell.cell.note.clear();
        const std::optional<Decimal> amount = AmountOf(cell);
        rows->Add({changes.dataset, std::move(cell), amount});
      }
    }
    if (page.next_page_token.empty()) return std::move(page.release);
    token = std::move(page.next_page_token);
  }
}

absl::Status Write(Session& session, const client::ReleaseInfo& release, DiffRows& rows,
                   const DiffTally& tally) {
  const Options& options = session.options;
  const bool table = options.format == Format::kTable;
  const std::string head = tally.HeadLine(release);
  const bool colour = session.out.wants_colour();
  if (table) session.out.Write(absl::StrCat(Coloured(head, Colour::kBold, colour), "\n"));
  const std::vector<DiffRow>& sorted = rows.Sorted();
  const bool several = std::any_of(sorted.begin(), sorted.end(),
                                   [&](const DiffRow& row) { return row.dataset != sorted.front().dataset; });
  RecordWriter writer(options.format, DiffSchema(), "changes", &session.out);
  Units units(session);
  for (const DiffRow& row : sorted) {
    TW_ASSIGN_OR_RETURN(Record record, RecordOf(release, row, several, units));
    writer.Add(std::move(record));
  }
  writer.Finish(absl::StrCat("\"release\":", JsonObject(ReleaseSchema(), ReleaseRecord(release)),
                             ",\n\"counts\":", tally.ToJson()));
  if (!table) session.Say(head);
  if (const std::size_t more = rows.count() - sorted.size(); more > 0) {
    const std::string line = absl::StrCat(Counted(more, "change"), " not shown: see --top");
    if (!table) session.Say(line);
    if (table) session.out.Write(absl::StrCat(Coloured(line, Colour::kDim, colour), "\n"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RunDiff(Session& session) {
  const Options& options = session.options;
  TW_ASSIGN_OR_RETURN(const client::ReleaseInfo release, FindRelease(session, options.release));
  client::ChangesQuery query;
  query.sequence = release.sequence;
  query.omit_confirmed = !options.diff.all;
  if (!options.target.dataset.empty()) {
    query.selectors.push_back({options.target.dataset, options.target.key});
  }
  DiffRows rows(options.diff);
  DiffTally tally;
  TW_ASSIGN_OR_RETURN(const client::ReleaseInfo now, Gather(session, std::move(query), &rows, &tally));
  return Write(session, now, rows, tally);
}

}  // namespace tidewaiter::cli
