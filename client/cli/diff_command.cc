// diff: what a release changed, the largest first.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cell_text.h"
#include "client/cli/relative_size.h"
#include "client/cli/release_name.h"
#include "client/cli/session.h"
#include "domain/errors.h"

namespace tidewaiter::cli {
namespace {

using Sort = DiffArguments::Sort;

// A change, with how far the value moved.
struct Row {
  std::string dataset;
  client::ChangedCell cell;
  std::optional<Decimal> amount;  // after - before; none where one of the two is no number, or nothing moved
};

// Which changes come first where their sizes cannot be compared.
int Rank(const Row& row, bool by_percent) {
  if (row.amount) return by_percent && row.cell.before->value().is_zero() ? 0 : 1;
  switch (row.cell.change.change) {
    case ChangeClass::kWithdrawn:
      return 2;
    case ChangeClass::kRestored:
      return 3;
    case ChangeClass::kRevised:
      return 4;
    case ChangeClass::kNew:
      return 5;
    case ChangeClass::kBackfilled:
      return 6;
    case ChangeClass::kConfirmed:
      break;
  }
  return 7;
}

std::optional<Decimal> AmountOf(const client::ChangedCell& cell) {
  const ChangeClass change = cell.change.change;
  const bool moved = change != ChangeClass::kBackfilled && change != ChangeClass::kConfirmed;
  if (!moved || !cell.before || !cell.before->has_value() || !cell.cell.datum.has_value())
    return std::nullopt;
  const absl::StatusOr<Decimal> amount = Decimal::Subtract(cell.cell.datum.value(), cell.before->value());
  return amount.ok() ? std::optional<Decimal>(*amount) : std::nullopt;
}

Decimal Magnitude(const Decimal& d) { return d.is_negative() ? d.Negated() : d; }

// Keys are compared code by code: a point comes before any other character.
bool KeyLess(const std::string& a, const std::string& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x == '.' ? '\0' : x) < (y == '.' ? '\0' : y);
  });
}

bool CellLess(const Row& a, const Row& b) {
  if (a.dataset != b.dataset) return a.dataset < b.dataset;
  if (a.cell.series != b.cell.series) return KeyLess(a.cell.series, b.cell.series);
  return a.cell.cell.period < b.cell.cell.period;
}

// True if `a` is shown before `b`.
bool ComesFirst(const Row& a, const Row& b, Sort sort) {
  if (sort == Sort::kSeries) return CellLess(a, b);
  const bool by_percent = sort == Sort::kPercent;
  const int rank_a = Rank(a, by_percent);
  const int rank_b = Rank(b, by_percent);
  if (rank_a != rank_b) return rank_a < rank_b;
  if (a.amount) {
    const bool comparable = by_percent && rank_a == 1;
    const std::strong_ordering order =
        comparable ? CompareSizes({*a.amount, a.cell.before->value()}, {*b.amount, b.cell.before->value()})
                   : Decimal::Compare(Magnitude(*a.amount), Magnitude(*b.amount));
    if (order != 0) return order > 0;
  }
  return CellLess(a, b);
}

// The changes to be shown. Holds about twice as many as --top asks for, or all.
class Rows {
 public:
  explicit Rows(const DiffArguments& arguments) : arguments_(arguments) {}

  void Add(Row row) {
    rows_.push_back(std::move(row));
    ++count_;
    constexpr std::size_t kSpare = 1024;
    if (arguments_.top > 0 && rows_.size() >= 2 * arguments_.top + kSpare) Cut();
  }
  std::size_t count() const { return count_; }
  const std::vector<Row>& Sorted() {
    std::sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) { return Less(a, b); });
    if (arguments_.top > 0 && rows_.size() > arguments_.top) rows_.resize(arguments_.top);
    return rows_;
  }

 private:
  bool Less(const Row& a, const Row& b) const { return ComesFirst(a, b, arguments_.sort); }
  void Cut() {
    const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(arguments_.top);
    std::nth_element(rows_.begin(), end, rows_.end(),
                     [this](const Row& a, const Row& b) { return Less(a, b); });
    rows_.resize(arguments_.top);
  }

  const DiffArguments& arguments_;
  std::vector<Row> rows_;
  std::size_t count_ = 0;
};

// Was the change said to be one? "yes", "no", or "" where the publisher changed nothing of what stood.
std::string_view Announced(const client::ReleaseInfo& release, const Change& change) {
  if (change.change == ChangeClass::kConfirmed || change.change == ChangeClass::kBackfilled) return "";
  if (release.retracts != 0) return "";
  if (change.change == ChangeClass::kNew || release.header.kind != ReleaseKind::kRegular) return "yes";
  return "no";
}

// How many cells of each kind, in the order in which people want to know.
class Tally {
 public:
  void Add(const Change& change) { ++counts_[KindOf(change)]; }
  void AddConfirmed(std::uint64_t count) { counts_[kConfirmed] += count; }

  // "3 new, 2 revised without announcement, 412 confirmed".
  std::string ToString(const client::ReleaseInfo& release) const {
    const bool retraction = release.retracts != 0;
    const bool announced = release.header.kind != ReleaseKind::kRegular;
    const std::string how = retraction ? "" : announced ? ", as announced" : " without announcement";
    std::vector<std::string> parts;
    for (int kind = 0; kind < kKinds; ++kind) {
      if (counts_[kind] == 0) continue;
      const bool moved = kind == kRevised || kind == kWithdrawn || kind == kRestored;
      parts.push_back(absl::StrCat(Grouped(counts_[kind]), " ", kWords[kind], moved ? how : std::string()));
    }
    return parts.empty() ? "no cell" : absl::StrJoin(parts, announced && !retraction ? "; " : ", ");
  }
  // "new":3,"revised":2 ...
  std::string ToJson() const {
    std::string out;
    for (int kind = 0; kind < kKinds; ++kind) {
      absl::StrAppend(&out, out.empty() ? "{" : ",", "\"", kNames[kind], "\":", counts_[kind]);
    }
    return out + "}";
  }

 private:
  enum Kind { kNew, kRevised, kWithinRounding, kStatusOnly, kWithdrawn, kRestored, kBackfilled, kConfirmed };
  static constexpr int kKinds = 8;
  static constexpr std::array<const char*, kKinds> kWords = {
      "new",       "revised",  "revised within rounding",  "revised in status only",
      "withdrawn", "restored", "older than what was held", "confirmed"};
  static constexpr std::array<const char*, kKinds> kNames = {
      "new", "revised", "within_rounding", "status_only", "withdrawn", "restored", "backfilled", "confirmed"};

  static Kind KindOf(const Change& change) {
    switch (change.change) {
      case ChangeClass::kNew:
        return kNew;
      case ChangeClass::kRevised:
        return change.within_rounding ? kWithinRounding : change.status_only ? kStatusOnly : kRevised;
      case ChangeClass::kWithdrawn:
        return kWithdrawn;
      case ChangeClass::kRestored:
        return kRestored;
      case ChangeClass::kBackfilled:
        return kBackfilled;
      case ChangeClass::kConfirmed:
        break;
    }
    return kConfirmed;
  }
  // "12,345".
  static std::string Grouped(std::uint64_t count) {
    std::string text = Counted(count, "");
    text.resize(text.find(' '));
    return text;
  }

  std::array<std::uint64_t, kKinds> counts_{};
};

std::string HeadLine(const client::ReleaseInfo& release, const Tally& tally) {
  std::string line = absl::StrCat(release.header.agency, " ", release.header.published_at.ToString());
  if (release.retracts != 0) {
    absl::StrAppend(&line, ", ", release.header.release_id, " retracted by sequence ", release.sequence);
  }
  absl::StrAppend(&line, ": ", tally.ToString(release));
  if (release.retracted_by != 0) {
    absl::StrAppend(&line, " (retracted since, by sequence ", release.retracted_by, ")");
  }
  return line;
}

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

absl::StatusOr<Record> RecordOf(const client::ReleaseInfo& release, const Row& row, bool show_dataset,
                                Units& units) {
  TW_ASSIGN_OR_RETURN(std::string unit, units.Of(row.dataset, row.cell.series));
  const Change& change = row.cell.change;
  std::optional<Decimal> percent;
  if (row.amount) percent = PercentOf({*row.amount, row.cell.before->value()});
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
absl::StatusOr<client::ReleaseInfo> Gather(Session& session, client::ChangesQuery query, Rows* rows,
                                           Tally* tally) {
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

absl::Status Write(Session& session, const client::ReleaseInfo& release, Rows& rows, const Tally& tally) {
  const Options& options = session.options;
  const bool table = options.format == Format::kTable;
  const std::string head = HeadLine(release, tally);
  const bool colour = session.out.wants_colour();
  if (table) session.out.Write(absl::StrCat(Coloured(head, Colour::kBold, colour), "\n"));
  const std::vector<Row>& sorted = rows.Sorted();
  const bool several = std::any_of(sorted.begin(), sorted.end(),
                                   [&](const Row& row) { return row.dataset != sorted.front().dataset; });
  RecordWriter writer(options.format, DiffSchema(), "changes", &session.out);
  Units units(session);
  for (const Row& row : sorted) {
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
  Rows rows(options.diff);
  Tally tally;
  TW_ASSIGN_OR_RETURN(const client::ReleaseInfo now, Gather(session, std::move(query), &rows, &tally));
  return Write(session, now, rows, tally);
}

}  // namespace tidewaiter::cli
