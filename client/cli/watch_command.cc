// watch.
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/aggregate_text.h"
#include "client/cli/cell_text.h"
#include "client/cli/finding_text.h"
#include "client/cli/session.h"
#include "client/subscription.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

std::string Member(std::string_view name, std::string_view value) {
  return absl::StrCat(JsonString(name), ":", ToAbsl(value));
}

// Writes what a subscription brings.
class Watcher {
 public:
  explicit Watcher(Session& session) : session_(session) {}

  absl::Status Run();

 private:
  absl::StatusOr<CellTexts*> TextsOf(const std::string& dataset);
  absl::Status Started(const client::Bookmark& bookmark);
  absl::Status Part(client::ReleasePart& part);
  absl::Status Snapshot(const std::string& dataset, client::SeriesCells& series);
  absl::Status Progress(const client::Bookmark& bookmark);
  absl::Status Findings(const client::FindingsUpdate& update);
  absl::Status Overdue(const client::OverdueUpdate& update);

  void WriteHeading(const client::ReleaseInfo& release);
  void WriteMoves(const client::ReleasePart& part);
  void WriteEnd(const client::ReleasePart& part);
  void EndSnapshot(const client::Bookmark& bookmark);
  // Flushes; ends the watch when there is nothing left to do.
  absl::Status After(Sequence complete_up_to);

  Session& session_;
  std::map<std::string, CellTexts> texts_;
  std::vector<Record> snapshot_;  // for a table
  std::vector<AggregateQuery> followed_;
  std::uint64_t changes_ = 0;    // of the release that is coming
  std::uint64_t moves_ = 0;      // so, too
  Sequence complete_up_to_ = 0;  // releases
  Sequence findings_up_to_ = 0;
  bool finished_ = false;  // by our own will, and not by an error
};

absl::Status Watcher::Run() {
  const Options& options = session_.options;
  client::SubscribeOptions subscribe;
  if (!options.target.dataset.empty())
    subscribe.selectors.push_back({options.target.dataset, options.target.key});
  for (AggregateQuery query : options.watch.aggregates) {
    query.dataset = options.target.dataset;
    if (!options.target.key.empty()) query.keys = {options.target.key};
    followed_.push_back(std::move(query));
  }
  subscribe.aggregates = followed_;
  subscribe.after_sequence = options.watch.from_sequence;
  subscribe.resume_token = options.watch.token;
  subscribe.snapshot = options.watch.snapshot;
  subscribe.omit_confirmed = options.watch.omit_confirmed;
  subscribe.findings = options.watch.findings;
  subscribe.overdue = options.watch.overdue;
  subscribe.fail_unless_reachable = true;
  if (options.timeout) subscribe.give_up_after = *options.timeout;

  client::SubscribeHandler handler;
  handler.part = [this](client::ReleasePart& part) { return Part(part); };
  handler.snapshot = [this](const std::string& dataset, client::SeriesCells& series) {
    return Snapshot(dataset, series);
  };
  handler.snapshot_restarted = [this] {
    snapshot_.clear();
    if (session_.options.format == Format::kNdjson) session_.out.Write("{\"type\":\"snapshot_restarted\"}\n");
    return absl::OkStatus();
  };
  handler.started = [this](const client::Bookmark& bookmark) { return Started(bookmark); };
  handler.findings = [this](const client::FindingsUpdate& update) { return Findings(update); };
  handler.overdue = [this](const client::OverdueUpdate& update) { return Overdue(update); };
  handler.progress = [this](const client::Bookmark& bookmark) { return Progress(bookmark); };
  handler.reconnecting = [this](const absl::Status& why, absl::Duration wait) {
    session_.Say(absl::StrCat("connection lost (", why.message(), "); trying again in ",
                              absl::FormatDuration(absl::Trunc(wait, absl::Milliseconds(1)))));
  };
  if (options.format == Format::kCsv) session_.out.Write(CsvHeader(ChangeSchema()));
  const absl::Status status = session_.client.Subscribe(std::move(subscribe))->Run(handler);
  return finished_ ? absl::OkStatus() : status;
}

absl::StatusOr<CellTexts*> Watcher::TextsOf(const std::string& dataset) {
  auto found = texts_.find(dataset);
  if (found == texts_.end()) {
    TW_ASSIGN_OR_RETURN(client::DatasetInfo info, session_.client.GetDataset(dataset));
    found = texts_.emplace(dataset, CellTexts(std::move(info.definition))).first;
  }
  return &found->second;
}

absl::Status Watcher::After(Sequence complete_up_to) {
  complete_up_to_ = std::max(complete_up_to_, complete_up_to);
  session_.out.Flush();
  const std::optional<Sequence>& until = session_.options.watch.until_sequence;
  const Sequence told =
      session_.options.watch.findings ? std::min(complete_up_to, findings_up_to_) : complete_up_to;
  finished_ = session_.out.closed() || (until && told >= *until);
  return finished_ ? absl::CancelledError() : session_.out.status();
}

absl::Status Watcher::Started(const client::Bookmark& bookmark) {
  findings_up_to_ = bookmark.sequence;
  EndSnapshot(bookmark);
  session_.Say(absl::StrCat("watching what comes after sequence ", bookmark.sequence, "; Ctrl-C ends"));
  return After(bookmark.sequence);
}

absl::Status Watcher::Findings(const client::FindingsUpdate& update) {
  for (const client::FindingInfo& finding : update.findings) {
    if (session_.options.format == Format::kNdjson) {
      session_.out.Write(
          absl::StrCat(JsonObject(FindingSchema(), FindingRecord(finding), "\"type\":\"finding\","), "\n"));
    } else {
      session_.out.Write(absl::StrCat(
          "#", finding.finding.sequence, "  ", ToAbsl(FindingKindName(finding.finding.kind)), "  ",
          ToAbsl(FindingStatusName(finding.finding.status)), "  ", finding.explanation, "\n"));
    }
  }
  if (update.last) findings_up_to_ = update.sequence;
  return After(complete_up_to_);
}

absl::Status Watcher::Overdue(const client::OverdueUpdate& update) {
  const client::ExpectedRelease& release = update.release;
  if (session_.options.format == Format::kNdjson) {
    session_.out.Write(absl::StrCat(
        "{\"type\":\"overdue\",", Member("dataset", JsonString(update.dataset)), ",",
        Member("period", JsonString(release.period)), ",", Member("kind", JsonString(release.kind)), ",",
        Member("stage", JsonString(release.stage)), ",", Member("first_day", JsonString(release.first_day)),
        ",", Member("last_day", JsonString(release.last_day)), ",",
        Member("as_of", JsonString(update.as_of.ToString())), ",\"sequence\":", update.sequence, "}\n"));
  } else {
    session_.out.Write(absl::StrCat("OVERDUE  ", update.dataset, "  ", release.period,
                                    release.kind == "REVISION" ? " (revision)" : "",
                                    release.stage.empty() ? "" : "  ", release.stage, "  expected until ",
                                    release.last_day, "; not held as of ", update.as_of.ToString(), "\n"));
  }
  return After(complete_up_to_);
}

absl::Status Watcher::Progress(const client::Bookmark& bookmark) {
  if (session_.options.watch.progress) {
    session_.out.Write(absl::StrCat("{\"type\":\"progress\",\"sequence\":", bookmark.sequence, ",",
                                    Member("resume_token", JsonString(bookmark.resume_token)), "}\n"));
  }
  return After(bookmark.sequence);
}

absl::Status Watcher::Snapshot(const std::string& dataset, client::SeriesCells& series) {
  TW_ASSIGN_OR_RETURN(CellTexts* const texts, TextsOf(dataset));
  for (const client::Cell& cell : series.cells) {
    Record record = CellRecord(*texts, series.series, cell);
    if (session_.options.format == Format::kTable) {
      snapshot_.push_back(std::move(record));
    } else if (session_.options.format == Format::kNdjson) {
      const std::string first =
          absl::StrCat("\"type\":\"snapshot\",", Member("dataset", JsonString(dataset)), ",");
      session_.out.Write(absl::StrCat(JsonObject(CellSchema(), record, first), "\n"));
    } else {
      // In CSV the snapshot reads as changes from nothing, of no class.
      client::ReleaseInfo release;
      release.sequence = cell.sequence;
      Record line = ChangeRecord(*texts, release, dataset, {series.series, cell, {}, std::nullopt});
      for (std::size_t i = 0; i < line.size(); ++i) {
        if (ChangeSchema()[i].name == "change") line[i] = "SNAPSHOT";
      }
      session_.out.Write(CsvLine(ChangeSchema(), line));
    }
  }
  return session_.out.closed() ? After(0) : absl::OkStatus();
}

void Watcher::EndSnapshot(const client::Bookmark& bookmark) {
  const Options& options = session_.options;
  if (!options.watch.snapshot) return;
  if (options.format == Format::kNdjson) {
    session_.out.Write(absl::StrCat("{\"type\":\"marker\",\"sequence\":", bookmark.sequence, ",",
                                    Member("resume_token", JsonString(bookmark.resume_token)), "}\n"));
  } else if (options.format == Format::kTable) {
    if (!snapshot_.empty()) session_.out.Write(TableOf(CellSchema(), snapshot_, session_.out.wants_colour()));
    session_.out.Write(
        absl::StrCat(Counted(snapshot_.size(), "value"), " at sequence ", bookmark.sequence, "\n"));
    snapshot_.clear();
  }
}

void Watcher::WriteHeading(const client::ReleaseInfo& release) {
  const ReleaseHeader& header = release.header;
  std::string line = absl::StrCat("\n#", release.sequence, "  ");
  if (release.retracts != 0) {
    absl::StrAppend(&line, "retracts #", release.retracts, header.title.empty() ? "" : ": ", header.title);
  } else {
    absl::StrAppend(&line, header.agency, "/", header.release_id, "  published ",
                    header.published_at.ToString(), "  ", Counted(release.observations, "observation"),
                    header.title.empty() ? "" : "  ", header.title);
  }
  session_.out.Write(Coloured(line, Colour::kBold, session_.out.wants_colour()));
  session_.out.Write("\n");
}

absl::Status Watcher::Part(client::ReleasePart& part) {
  const Format format = session_.options.format;
  if (part.first) {
    changes_ = 0;
    moves_ = 0;
    if (format == Format::kTable) WriteHeading(part.release);
  }
  WriteMoves(part);
  std::vector<Record> records;
  for (const client::DatasetChanges& changes : part.changes) {
    TW_ASSIGN_OR_RETURN(CellTexts* const texts, TextsOf(changes.dataset));
    for (const client::ChangedCell& cell : changes.cells) {
      Record record = ChangeRecord(*texts, part.release, changes.dataset, cell);
      ++changes_;
      if (format == Format::kTable) {
        records.push_back(std::move(record));
      } else if (format == Format::kCsv) {
        session_.out.Write(CsvLine(ChangeSchema(), record));
      } else {
        session_.out.Write(absl::StrCat(JsonObject(ChangeSchema(), record, "\"type\":\"change\","), "\n"));
      }
    }
  }
  if (!records.empty()) session_.out.Write(TableOf(ChangeSchema(), records, session_.out.wants_colour()));
  if (part.last) WriteEnd(part);
  return After(part.last ? part.release.sequence : 0);
}

void Watcher::WriteMoves(const client::ReleasePart& part) {
  const Format format = session_.options.format;
  std::vector<Record> records;
  for (const client::AggregateMoves& one : part.aggregates) {
    if (one.aggregate >= followed_.size()) continue;
    const AggregateQuery& query = followed_[one.aggregate];
    if (!one.problem.empty()) session_.Say(absl::StrCat("#", part.release.sequence, ": ", one.problem));
    for (const client::AggregateMove& move : one.moves) {
      Record record = MoveRecord(part.release.sequence, query, move);
      ++moves_;
      if (format == Format::kTable) {
        records.push_back(std::move(record));
      } else {
        session_.out.Write(absl::StrCat(JsonObject(MoveSchema(), record, "\"type\":\"aggregate\","), "\n"));
      }
    }
  }
  if (!records.empty()) session_.out.Write(TableOf(MoveSchema(), records, session_.out.wants_colour()));
}

void Watcher::WriteEnd(const client::ReleasePart& part) {
  if (session_.options.format == Format::kNdjson) {
    std::string object = JsonObject(ReleaseSchema(), ReleaseRecord(part.release), "\"type\":\"release\",");
    object.pop_back();
    session_.out.Write(absl::StrCat(object, ",\"changes\":", changes_, ",",
                                    Member("resume_token", JsonString(part.resume_token)), "}\n"));
  } else if (session_.options.format == Format::kTable && changes_ == 0 && moves_ == 0) {
    session_.out.Write("no change to what is watched\n");
  }
}

}  // namespace

absl::Status RunWatch(Session& session) { return Watcher(session).Run(); }

}  // namespace tidewaiter::cli
