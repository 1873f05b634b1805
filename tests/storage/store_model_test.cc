// Random operations on a store and on the plain model, and random questions to both: the answers are the
// same.
//
// TIDEWAITER_TEST_SEED   the first seed (printed on failure); without it, 1
// TIDEWAITER_TEST_STEPS  operations per seed; without it, enough for some seconds
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "tests/storage/forwarding_store.h"
#include "tests/storage/stores_under_test.h"
#include "tests/support/release_text.h"
#include "tests/support/store_text.h"

namespace tidewaiter::storage {
namespace {

using support::Lines;

unsigned FromEnvironment(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}
unsigned Seed() { return FromEnvironment("TIDEWAITER_TEST_SEED", 1); }
unsigned Steps(unsigned otherwise) { return FromEnvironment("TIDEWAITER_TEST_STEPS", otherwise); }

// Choices, the same for the same seed on every machine.
class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  unsigned Below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  bool OneIn(unsigned n) { return Below(n) == 0; }
  template <typename Container>
  const auto& Of(const Container& from) {
    return from[Below(static_cast<unsigned>(std::size(from)))];
  }
  template <typename T>
  void Shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[Below(static_cast<unsigned>(i))]);
    }
  }

 private:
  std::mt19937 engine_;
};

// The world: few series, periods and days, so that everything meets everything.
constexpr const char* kDatasets[] = {"TRADE", "PRICES"};
constexpr const char* kDimensions[] = {"reporter partner flow", "commodity unit"};
constexpr int kDays = 20;

struct Name {
  std::string dataset;
  std::string key;
};

Name RandomSeries(Random& random) {
  static constexpr const char* kReporters[] = {"CN", "CN-1", "US"};
  static constexpr const char* kPartners[] = {"BY", "RU", "RU_X", "KZ"};
  static constexpr const char* kFlows[] = {"M", "X"};
  if (random.OneIn(4)) return {"PRICES", absl::StrCat("OIL", random.Below(3), ".T")};
  return {"TRADE", absl::StrCat(random.Of(kReporters), ".", random.Of(kPartners), ".", random.Of(kFlows))};
}

std::string RandomSelector(Random& random, const std::string& dataset) {
  static constexpr const char* kOfTrade[] = {"*", "CN..", ".RU.", "CN+US.RU+KZ.", "CN.BY.X", "..M"};
  static constexpr const char* kOfPrices[] = {"*", "OIL1.", "OIL0+OIL2.T"};
  return dataset == "TRADE" ? random.Of(kOfTrade) : random.Of(kOfPrices);
}

Month RandomMonth(Random& random) {
  return Month::FromIndex(2024 * 12 + 6 + static_cast<int>(random.Below(12)));
}

// What releases do. Scopes reach so far that hardly a series of the small world is left alone, and some paths
// are for series that are; others for series of whose months nothing is said but whole numbers, and nothing
// taken back.
enum class Actions { kAll, kMergesOnly, kWholeNumbersOnly };

Period RandomPeriod(Random& random, Actions actions = Actions::kAll) {
  if (actions == Actions::kWholeNumbersOnly) return Period::FromValid(RandomMonth(random), 1);
  return Period::FromValid(RandomMonth(random), random.OneIn(4) ? 2 + static_cast<int>(random.Below(3)) : 1);
}

PeriodRange RandomRange(Random& random) {
  PeriodRange range;
  if (random.OneIn(2)) range.from = RandomMonth(random);
  if (random.OneIn(2))
    range.to = range.from.value_or(RandomMonth(random)) + static_cast<int>(random.Below(6));
  return range;
}

std::string RandomDatum(Random& random, Actions actions = Actions::kAll) {
  if (actions == Actions::kWholeNumbersOnly) return absl::StrCat(static_cast<int>(random.Below(5)) - 2);
  static constexpr const char* kData[] = {"6",
                                          "6.0",
                                          "6.1",
                                          "7",
                                          "-3.25",
                                          "6480 step=10",
                                          "0",
                                          "(MISSING)",
                                          "(WITHDRAWN)",
                                          "(SUPPRESSED) conf=C",
                                          "123456789012345678901234567"};
  std::string text = random.Of(kData);
  if (random.OneIn(6)) text += " status=P";
  if (random.OneIn(8)) text += absl::StrCat(" source=page-", random.Below(5));
  if (random.OneIn(8)) text += absl::StrCat(" note=note-", random.Below(50));
  return text;
}

std::string RandomInstant(Random& random) {
  const unsigned day = 1 + random.Below(kDays);
  return absl::StrCat("2025-03-", day < 10 ? "0" : "", day, random.OneIn(2) ? "" : "T03:00:00Z");
}

// The text of a release, published at `published_at`. A cell is stated once, whatever the section.
std::string RandomRelease(Random& random, const std::string& id, const std::string& published_at,
                          Actions actions = Actions::kAll) {
  static constexpr const char* kActions[] = {"merge", "merge", "merge", "replace", "delete"};
  std::string text = absl::StrCat("release GACC ", id, " ", published_at, "\n");
  std::vector<std::string> stated;
  const unsigned sections = random.OneIn(4) ? 2 + random.Below(2) : 1;
  for (unsigned section = 0; section < sections; ++section) {
    const Name main = RandomSeries(random);
    const std::string action = actions == Actions::kAll ? random.Of(kActions) : kActions[0];
    absl::StrAppend(&text, action, " ", main.dataset);
    if (action != "merge") {
      const PeriodRange range = RandomRange(random);
      absl::StrAppend(&text, " ", RandomSelector(random, main.dataset), " ",
                      range.from ? range.from->ToString() : "", "..", range.to ? range.to->ToString() : "");
    }
    absl::StrAppend(&text, "\n");
    const unsigned cells = action == "delete" ? random.Below(3) : 1 + random.Below(random.OneIn(8) ? 40 : 8);
    for (unsigned cell = 0; cell < cells; ++cell) {
      const Name series = random.OneIn(2) ? main : RandomSeries(random);
      if (series.dataset != main.dataset) continue;
      const std::string name = absl::StrCat(series.key, " ", RandomPeriod(random, actions).ToString());
      if (std::find(stated.begin(), stated.end(), name) != stated.end()) continue;
      stated.push_back(name);
      absl::StrAppend(&text, name, " ", RandomDatum(random, actions), "\n");
    }
  }
  return text;
}

void PutDatasets(Store& store) {
  for (std::size_t i = 0; i < std::size(kDatasets); ++i) {
    ASSERT_TRUE(store.PutDataset(support::MakeDataset(kDatasets[i], kDimensions[i])).ok());
  }
}

// ---- Comparing

std::string StatusText(const absl::Status& status) {
  if (status.ok()) return "OK";
  std::string text = absl::StrCat(absl::StatusCodeToString(status.code()), " ",
                                  ToAbsl(ReasonName(DetailsOf(status).reason)));
  const ErrorDetails details = DetailsOf(status);
  for (const char* name : {"held_digest", "given_digest", "retracted_by"}) {
    const auto found = details.metadata.find(name);
    if (found != details.metadata.end()) absl::StrAppend(&text, " ", name, "=", found->second);
  }
  return text;
}

std::string OutcomeText(const absl::StatusOr<PushOutcome>& outcome) {
  if (!outcome.ok()) return StatusText(outcome.status());
  return absl::StrCat(support::ToText(outcome->entry), outcome->replayed ? " replayed" : "",
                      outcome->twin.empty() ? "" : " has a twin");
}

std::string EntryText(const absl::StatusOr<LogEntry>& entry) {
  return entry.ok() ? support::ToText(*entry) : StatusText(entry.status());
}

bool IsScope(const std::string& statement) { return statement.find(": scope ") != std::string::npos; }

// A store and its model under the same random operations. Every difference ends the run; it is told with all
// that was done.
class Duel {
 public:
  // `reopen` closes and opens the subject, and gives the new one; null if it cannot.
  Duel(Store* subject, std::function<Store*()> reopen, unsigned seed, Actions actions = Actions::kAll)
      : subject_(subject),
        actions_(actions),
        reopen_(std::move(reopen)),
        model_(NewMemoryStore(subject->log_id())),
        random_(seed) {
    PutDatasets(*subject_);
    PutDatasets(*model_);
  }

  // True if no difference was found in that many operations, each followed by questions.
  bool Run(unsigned steps) {
    for (unsigned step = 0; step < steps && difference_.empty(); ++step) {
      Operate(step);
      for (int question = 0; question < 4 && difference_.empty(); ++question) Ask();
    }
    if (difference_.empty()) Same("verification", StatusText(subject_->VerifyAll()), "OK");
    return difference_.empty();
  }

  std::string Story() const {
    constexpr std::size_t kTold = 40;
    const std::size_t first = done_.size() > kTold ? done_.size() - kTold : 0;
    const std::vector<std::string> told(done_.begin() + static_cast<std::ptrdiff_t>(first), done_.end());
    return absl::StrCat(difference_, "\nafter ", done_.size(), " operations, the last of them:\n",
                        absl::StrJoin(told, "\n"));
  }

 private:
  struct OpenUpload {
    Release release;
    std::unique_ptr<Upload> subject, model;
    std::size_t section = 0;  // of the next piece
    std::size_t cell = 0;
    bool begun = false;  // the section
  };

  void Operate(unsigned step) {
    now_ = Instant::FromMicros(step);
    const unsigned choice = random_.Below(100);
    if (choice < 50) {
      PushNew(step);
    } else if (choice < 55) {
      PushHeld();
    } else if (choice < 58) {
      PushConflict(step);
    } else if (choice < 61) {
      PushTwin(step);
    } else if (choice < 69) {
      RetractOne();
    } else if (choice < 76) {
      BeginOne(step);
    } else if (choice < 95) {
      ContinueOne();
    } else if (choice < 97) {
      ChangeTitle(step);
    } else if (choice < 99) {
      AbandonOne();
    } else if (reopen_) {
      done_.push_back("reopen");
      uploads_.clear();
      subject_ = reopen_();
    }
    if (difference_.empty()) Same("head", absl::StrCat(subject_->head()), absl::StrCat(model_->head()));
  }

  void PushText(const std::string& text) {
    done_.push_back(text);
    const Release release = support::MakeRelease(*model_, text);
    Same("push", OutcomeText(subject_->Push(release, now_)), OutcomeText(model_->Push(release, now_)));
  }
  void PushNew(unsigned step) {
    pushed_.push_back(RandomRelease(random_, absl::StrCat("r", step), RandomInstant(random_), actions_));
    PushText(pushed_.back());
  }
  void PushHeld() {
    if (!pushed_.empty()) PushText(random_.Of(pushed_));
  }
  void PushConflict(unsigned step) {
    if (!pushed_.empty())
      PushText(random_.Of(pushed_) + absl::StrCat("merge PRICES\nOILX.T 2030-01 ", step, "\n"));
  }
  void PushTwin(unsigned step) {
    if (pushed_.empty()) return;
    const std::string text = random_.Of(pushed_);
    const std::size_t id_end = text.find(' ', std::string_view("release GACC ").size());
    PushText(absl::StrCat("release GACC twin", step, text.substr(id_end)));
  }

  void RetractOne() {
    if (model_->head() == 0 || actions_ == Actions::kWholeNumbersOnly) return;
    const LogEntry victim = *model_->GetEntry(1 + random_.Below(model_->head()));
    done_.push_back(absl::StrCat("retract ", victim.header.release_id));
    const auto retract = [&](Store& store) {
      return EntryText(store.Retract(victim.header.agency, victim.header.release_id, "because", now_));
    };
    Same("retraction", retract(*subject_), retract(*model_));
  }

  void BeginOne(unsigned step) {
    if (uploads_.size() == 3) return;
    const std::string text =
        RandomRelease(random_, absl::StrCat("u", step), RandomInstant(random_), actions_);
    done_.push_back(absl::StrCat("begin upload of ", text));
    OpenUpload upload{support::MakeRelease(*model_, text), nullptr, nullptr};
    auto subject = subject_->BeginUpload(upload.release.header(), now_);
    auto model = model_->BeginUpload(upload.release.header(), now_);
    Same("begin upload", StatusText(subject.status()), StatusText(model.status()));
    if (!subject.ok() || !model.ok()) return;
    upload.subject = *std::move(subject);
    upload.model = *std::move(model);
    uploads_.push_back(std::move(upload));
  }

  // A few calls of one of the uploads; the last call commits it.
  void ContinueOne() {
    if (uploads_.empty()) return;
    const std::size_t at = random_.Below(static_cast<unsigned>(uploads_.size()));
    OpenUpload& upload = uploads_[at];
    for (unsigned calls = 1 + random_.Below(10); calls > 0 && difference_.empty(); --calls) {
      if (upload.section == upload.release.sections().size()) {
        done_.push_back(absl::StrCat("commit ", upload.release.header().release_id));
        Same("commit", OutcomeText(upload.subject->Commit()), OutcomeText(upload.model->Commit()));
        uploads_.erase(uploads_.begin() + static_cast<std::ptrdiff_t>(at));
        return;
      }
      Step(upload);
    }
  }

  void Step(OpenUpload& upload) {
    const Release::Section& section = upload.release.sections()[upload.section];
    if (!upload.begun) {
      Same("begin section", StatusText(upload.subject->BeginSection(section.header)),
           StatusText(upload.model->BeginSection(section.header)));
      upload.begun = true;
      return;
    }
    if (upload.cell == section.observations.size()) {
      ++upload.section;
      upload.cell = 0;
      upload.begun = false;
      return;
    }
    const SeriesKey& key = section.observations[upload.cell].series;
    std::vector<StatedCell> cells;
    for (unsigned left = 1 + random_.Below(3); left > 0 && upload.cell < section.observations.size();
         --left) {
      const Observation& o = section.observations[upload.cell];
      if (o.series != key) break;
      cells.push_back({o.period, o.datum, o.attributes, o.source, o.note});
      ++upload.cell;
    }
    Same("add", StatusText(upload.subject->Add(key.text(), cells)),
         StatusText(upload.model->Add(key.text(), cells)));
  }

  void AbandonOne() {
    if (uploads_.empty()) return;
    done_.push_back(absl::StrCat("abandon ", uploads_.front().release.header().release_id));
    uploads_.erase(uploads_.begin());
  }

  void ChangeTitle(unsigned step) {
    const std::size_t i = random_.Below(std::size(kDatasets));
    DatasetDefinition definition = support::MakeDataset(kDatasets[i], kDimensions[i]);
    definition.title = absl::StrCat("title ", step % 3);
    done_.push_back(absl::StrCat("title of ", definition.id, ": ", definition.title));
    const auto put = [&](Store& store) {
      const absl::StatusOr<DatasetInfo> info = store.PutDataset(definition);
      return info.ok() ? absl::StrCat(info->definition.title, " v", info->version)
                       : StatusText(info.status());
    };
    Same("dataset", put(*subject_), put(*model_));
  }

  // ---- Questions

  void Ask() {
    const Name series = RandomSeries(random_);
    Vintage vintage{Instant::Max(), model_->head()};
    if (random_.OneIn(2)) vintage.sequence = random_.Below(model_->head() + 1);
    if (random_.OneIn(2)) {
      vintage.as_of = Instant::Parse("2025-03-01T03:00:00Z").value();
      vintage.as_of =
          Instant::FromMicros(vintage.as_of.micros() + random_.Below(4 * kDays) * (6LL * 3'600'000'000));
    }
    const PeriodRange range = random_.OneIn(3) ? RandomRange(random_) : PeriodRange{};
    const std::string what = absl::StrCat(
        series.dataset, " ", series.key, " as of ",
        vintage.as_of == Instant::Max() ? "ever" : vintage.as_of.ToString(), ", sequence ", vintage.sequence,
        ", ", range.from ? range.from->ToString() : "", "..", range.to ? range.to->ToString() : "");
    switch (random_.Below(12)) {
      case 0:
      case 1: {
        const auto type = static_cast<HistoryType>(1 + random_.Below(5));
        const int n = 1 + static_cast<int>(random_.Below(3));
        return Both(absl::StrCat("history ", static_cast<int>(type), " of ", what), [&](const Store& store) {
          return support::History(store, series.dataset, series.key, vintage, type, n, range);
        });
      }
      case 2:
        return Both(absl::StrCat("statements of ", what), [&](const Store& store) {
          Lines lines = support::Statements(store, series.dataset, series.key, vintage.sequence, range);
          // A series that only an abandoned upload named has no statements, but scopes may cover it.
          if (!model_->FindSeries(series.dataset, series.key).ok()) std::erase_if(lines, IsScope);
          return lines;
        });
      case 3:
        return AskLog();
      case 4:
        return AskSeries(series.dataset);
      case 5:
      case 6:
        return Both(absl::StrCat("slices of ", what), [&](const Store& store) {
          return support::Slices(store, series.dataset, vintage, range);
        });
      default: {
        const auto cells = [&](const Store& store) {
          return support::Cells(store, series.dataset, series.key, vintage, range);
        };
        // What is asked for again may be remembered.
        if (random_.OneIn(2)) Both(absl::StrCat("cells, first asked, of ", what), cells);
        return Both(absl::StrCat("cells of ", what), cells);
      }
    }
  }

  void AskLog() {
    const std::string dataset = random_.OneIn(3) ? std::string() : random_.Of(kDatasets);
    const Sequence after = random_.Below(model_->head() + 1);
    const std::size_t limit = random_.Below(20);
    Both(absl::StrCat("entries of ", dataset, " after ", after),
         [&](const Store& store) { return support::Entries(store, dataset, after, limit); });
    if (after > 0) {
      Both(absl::StrCat("observations of ", after),
           [&](const Store& store) { return support::Observations(store, after); });
    }
    Both(absl::StrCat("token of ", after),
         [&](const Store& store) { return Lines{EncodeToken(*store.PointAt(after))}; });
    Same("model's token", StatusText(subject_->Verify(*model_->PointAt(after))), "OK");
  }

  // The subject may also list series that only an upload named which was never committed.
  void AskSeries(const std::string& dataset) {
    const std::string selector = RandomSelector(random_, dataset);
    Lines listed = support::SeriesKeys(*subject_, dataset, selector);
    const Lines expected = support::SeriesKeys(*model_, dataset, selector);
    std::erase_if(listed, [&](const std::string& key) {
      return !model_->FindSeries(dataset, key).ok() && support::Cells(*subject_, dataset, key).empty();
    });
    Same(absl::StrCat("series of ", dataset, " ", selector), absl::StrJoin(listed, " "),
         absl::StrJoin(expected, " "));
    // In pages it is the same list.
    const Lines all = support::SeriesKeys(*subject_, dataset, selector);
    Lines paged;
    std::string after;
    const std::size_t limit = 1 + random_.Below(4);
    for (Lines page = support::SeriesKeys(*subject_, dataset, selector, after, limit); !page.empty();
         page = support::SeriesKeys(*subject_, dataset, selector, after, limit)) {
      paged.insert(paged.end(), page.begin(), page.end());
      after = page.back();
      if (paged.size() > all.size()) break;
    }
    Same(absl::StrCat("pages of ", dataset, " ", selector), absl::StrJoin(paged, " "),
         absl::StrJoin(all, " "));
  }

  template <typename Question>
  void Both(const std::string& what, const Question& question) {
    Same(what, absl::StrJoin(question(*subject_), "\n"), absl::StrJoin(question(*model_), "\n"));
  }

  void Same(const std::string& what, const std::string& subject, const std::string& model) {
    if (subject == model || !difference_.empty()) return;
    difference_ = absl::StrCat(what, "\n--- the store says\n", subject, "\n--- the model says\n", model);
  }

  Store* subject_;
  const Actions actions_;
  const std::function<Store*()> reopen_;
  const std::unique_ptr<Store> model_;
  Random random_;
  Instant now_;
  std::vector<std::string> pushed_;  // texts of releases
  std::vector<OpenUpload> uploads_;
  std::vector<std::string> done_;
  std::string difference_;
};

class StoreModel : public ::testing::TestWithParam<StoreKind> {};

INSTANTIATE_TEST_SUITE_P(Stores, StoreModel, ::testing::ValuesIn(DurableStores()),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreModel, AnswersAsTheModelDoes) {
  constexpr unsigned kSeeds = 4;
  for (unsigned seed = Seed(); seed < Seed() + kSeeds; ++seed) {
    const std::unique_ptr<StoreUnderTest> subject = GetParam().make();
    Duel duel(
        &subject->store(),
        [&] {
          subject->Reopen();
          return &subject->store();
        },
        seed);
    ASSERT_TRUE(duel.Run(Steps(400))) << "TIDEWAITER_TEST_SEED=" << seed << "\n" << duel.Story();
  }
}

// Series that no scope covers, which are read out of the memory of decoded series where there is one.
TEST_P(StoreModel, AnswersAsTheModelDoesWithoutScopes) {
  constexpr unsigned kSeeds = 4;
  std::uint64_t hits = 0, evicted = 0;
  for (unsigned seed = Seed(); seed < Seed() + kSeeds; ++seed) {
    const std::unique_ptr<StoreUnderTest> subject = GetParam().make();
    const auto count = [&] {
      const SeriesMemoryStatus status = subject->store().Status().series_memory;
      hits += status.hits;
      evicted += status.evicted;
    };
    Duel duel(
        &subject->store(),
        [&] {
          count();
          subject->Reopen();
          return &subject->store();
        },
        seed, Actions::kMergesOnly);
    ASSERT_TRUE(duel.Run(Steps(400))) << "TIDEWAITER_TEST_SEED=" << seed << "\n" << duel.Story();
    count();
  }
  // The memory has had its part in it.
  const std::uint64_t limit = GetParam().make()->store().Status().series_memory.limit_bytes;
  EXPECT_EQ(hits > 100, limit != 0) << hits;
  EXPECT_EQ(evicted > 0, limit != 0 && limit < (1u << 20)) << evicted;
}

// How many series of TRADE are read as columns.
unsigned ReadAsColumns(const Store& store) {
  unsigned count = 0;
  for (const std::string& key : support::SeriesKeys(store, "TRADE")) {
    PlainCells columns;
    SeriesFold fold;
    const absl::StatusOr<bool> is_plain = store.ReadAskedColumns(
        store.FindSeries("TRADE", key)->id, {Instant::Max(), store.head()}, {}, &columns, &fold);
    count += is_plain.ok() && *is_plain ? 1 : 0;
  }
  return count;
}

// Series that are read as columns where they are in that memory.
TEST_P(StoreModel, AnswersAsTheModelDoesOfWholeNumbers) {
  constexpr unsigned kSeeds = 3;
  unsigned as_columns = 0;
  for (unsigned seed = Seed(); seed < Seed() + kSeeds; ++seed) {
    const std::unique_ptr<StoreUnderTest> subject = GetParam().make();
    Duel duel(
        &subject->store(),
        [&] {
          subject->Reopen();
          return &subject->store();
        },
        seed, Actions::kWholeNumbersOnly);
    ASSERT_TRUE(duel.Run(Steps(400))) << "TIDEWAITER_TEST_SEED=" << seed << "\n" << duel.Story();
    as_columns += ReadAsColumns(subject->store());
  }
  const std::uint64_t limit = GetParam().make()->store().Status().series_memory.limit_bytes;
  EXPECT_EQ(as_columns > 10, limit != 0) << as_columns;
}

// ---- Canaries: what the duel must notice

enum class Fault {
  kNone,
  kKeepsRetracted,
  kSeesTheFuture,
  kForgetsScopes,
  kReadsInOrderOfArrival,
  kSkipsTheNewest
};

// Right but for one fault in how it reads cells.
class FaultyStore final : public ForwardingStore {
 public:
  explicit FaultyStore(Fault fault) : ForwardingStore(NewMemoryStore({})), fault_(fault) {}

  absl::Status ReadCells(SeriesId series, const Vintage& vintage, const PeriodRange& range,
                         SeriesFold* fold) const override {
    fold->Clear();
    const bool skips = fault_ == Fault::kSkipsTheNewest && vintage.sequence == head() && head() > 0;
    TW_ASSIGN_OR_RETURN(std::vector<SeriesStatement> statements,
                        ReadStatements(series, vintage.sequence - (skips ? 1 : 0), range));
    if (fault_ == Fault::kReadsInOrderOfArrival) {
      std::stable_sort(statements.begin(), statements.end(),
                       [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
    }
    for (const SeriesStatement& s : statements) {
      if (s.published_at > vintage.as_of && fault_ != Fault::kSeesTheFuture) continue;
      if (s.retracted_by != 0 && fault_ != Fault::kKeepsRetracted) continue;
      fold->Begin(s.published_at, s.sequence);
      if (!s.is_scope) {
        fold->State(s.period, s.datum, s.attributes, s.source, s.note);
      } else if (fault_ != Fault::kForgetsScopes) {
        fold->Withdraw(s.scope);
      }
    }
    return absl::OkStatus();
  }

 private:
  const Fault fault_;
};

class Canary : public ::testing::TestWithParam<Fault> {};

INSTANTIATE_TEST_SUITE_P(Faults, Canary,
                         ::testing::Values(Fault::kKeepsRetracted, Fault::kSeesTheFuture,
                                           Fault::kForgetsScopes, Fault::kReadsInOrderOfArrival,
                                           Fault::kSkipsTheNewest));

TEST_P(Canary, IsNoticed) {
  for (unsigned seed = Seed(); seed < Seed() + 5; ++seed) {
    FaultyStore store(GetParam());
    Duel duel(&store, nullptr, seed);
    EXPECT_FALSE(duel.Run(150)) << "seed " << seed;
  }
}

// The same reader without a fault: statements folded by SeriesFold are what the definition says.
TEST(StatementsFolded, AreWhatTheModelReads) {
  for (unsigned seed = Seed(); seed < Seed() + 10; ++seed) {
    FaultyStore store(Fault::kNone);
    Duel duel(&store, nullptr, seed);
    ASSERT_TRUE(duel.Run(Steps(200))) << "TIDEWAITER_TEST_SEED=" << seed << "\n" << duel.Story();
  }
}

// ---- With distinct publication times, what is seen at the head does not depend on the order of arrival

// Everything known at a publication time and the head, less the sequences.
Lines KnownAt(const Store& store, Instant as_of) {
  Lines lines;
  for (const char* dataset : kDatasets) {
    for (const std::string& key : support::SeriesKeys(store, dataset)) {
      SeriesFold fold;
      const absl::Status read =
          store.ReadCells(store.FindSeries(dataset, key)->id, {as_of, store.head()}, {}, &fold);
      if (!read.ok()) lines.push_back(StatusText(read));
      for (CellState cell : fold.cells()) {
        cell.sequence = 0;
        lines.push_back(absl::StrCat(dataset, " ", key, " ", support::ToText(store, cell)));
      }
    }
  }
  return lines;
}

class OrderOfArrival : public ::testing::TestWithParam<StoreKind> {};

INSTANTIATE_TEST_SUITE_P(Stores, OrderOfArrival, ::testing::ValuesIn(AllStores()),
                         [](const auto& info) { return info.param.name; });

TEST_P(OrderOfArrival, DoesNotMatterToWhatIsKnown) {
  constexpr unsigned kRounds = 4;
  constexpr unsigned kPermutations = 4;
  for (unsigned seed = Seed(); seed < Seed() + kRounds; ++seed) {
    Random random(seed);
    // One release a day; every fifth is retracted some time after it came.
    std::vector<std::string> releases;
    for (int day = 1; day <= kDays; ++day) {
      releases.push_back(
          RandomRelease(random, absl::StrCat(day), absl::StrCat("2025-03-", day < 10 ? "0" : "", day)));
    }
    std::vector<Lines> expected;
    for (unsigned permutation = 0; permutation < kPermutations; ++permutation) {
      const std::unique_ptr<StoreUnderTest> under_test = GetParam().make();
      Store& store = under_test->store();
      PutDatasets(store);
      std::vector<std::string> order = releases;
      if (permutation > 0) random.Shuffle(order);
      std::vector<std::string> to_retract;
      for (const std::string& text : order) {
        const Release release = support::MakeRelease(store, text);
        const absl::StatusOr<PushOutcome> outcome =
            random.OneIn(2) ? store.Push(release, Instant()) : support::UploadRelease(store, release);
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        const std::string& id = release.header().release_id;
        if (std::stoi(id) % 5 == 0) to_retract.push_back(id);
        if (!to_retract.empty() && (random.OneIn(2) || &text == &order.back())) {
          for (const std::string& victim : to_retract) {
            ASSERT_TRUE(store.Retract("GACC", victim, "", Instant()).ok());
          }
          to_retract.clear();
        }
      }
      for (int day = 0; day <= kDays; ++day) {
        const Instant as_of =
            day == 0 ? Instant::Max()
                     : PublishedAt::OnDay(absl::CivilDay(2025, 3, day), absl::UTCTimeZone()).instant;
        const Lines known = KnownAt(store, as_of);
        if (permutation == 0) {
          expected.push_back(known);
        } else {
          ASSERT_EQ(known, expected[static_cast<std::size_t>(day)])
              << "TIDEWAITER_TEST_SEED=" << seed << " as of day " << day << " (0: ever), pushed as\n"
              << absl::StrJoin(order, "\n");
        }
      }
    }
  }
}

}  // namespace
}  // namespace tidewaiter::storage
