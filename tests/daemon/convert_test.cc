// What crosses between wire and domain comes back as it was, and what is wrong is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "google/protobuf/stubs/logging.h"
#include "proto/convert/block.h"
#include "proto/convert/dataset.h"
#include "proto/convert/parse.h"
#include "proto/convert/release.h"
#include "proto/convert/row.h"
#include "proto/convert/status.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"

namespace tidewaiter::convert {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : DetailsOf(status).violations) fields.push_back(violation.field);
  return fields;
}

Decimal Number(const char* text) { return *Decimal::Parse(text); }
Datum Value(const char* text) { return Datum::Value(Number(text)); }

class FakeLookup final : public Lookup {
 public:
  absl::StatusOr<std::string> Text(TextId id) const override {
    if (id == 99) return absl::DataLossError("the text is damaged");
    return absl::StrCat("text ", id);
  }
  absl::StatusOr<std::optional<absl::CivilDay>> PublishedDay(Sequence sequence) const override {
    if (sequence % 2 == 0) return std::nullopt;
    return std::optional<absl::CivilDay>(absl::CivilDay(2025, 1, 1) + sequence);
  }
};

// ---- blocks
// ------------------------------------------------------------------------------------------------------

struct StatedSeries {
  std::string key;
  std::vector<StatedCell> cells;
};

class RandomCells {
 public:
  explicit RandomCells(std::uint64_t seed) : random_(seed) {}

  std::vector<StatedSeries> Make() {
    // Some blocks are plain, some have everything.
    rich_ = Below(2) == 0;
    std::vector<StatedSeries> all;
    for (std::uint64_t s = 0, n = Below(8); s < n; ++s) {
      StatedSeries series{absl::StrCat("CN.S", s, ".VALUE"), {}};
      for (std::uint64_t c = 0, cells = 1 + Below(20); c < cells; ++c) series.cells.push_back(Cell());
      all.push_back(std::move(series));
    }
    return all;
  }

 private:
  std::uint64_t Below(std::uint64_t n) { return random_() % n; }

  StatedCell Cell() {
    const int months = rich_ && Below(3) == 0 ? 1 + static_cast<int>(Below(limits::kMaxPeriodMonths)) : 1;
    const int last = (limits::kMaxYear + 1) * 12 - months;
    const int first = limits::kMinYear * 12;
    StatedCell cell;
    cell.period = Period::FromValid(
        Month::FromIndex(first + static_cast<int>(Below(static_cast<std::uint64_t>(last - first + 1)))),
        months);
    cell.datum = AnyDatum();
    if (rich_ && Below(4) == 0) cell.attributes = {"ABEPM"[Below(5)], "FCN"[Below(3)]};
    if (rich_ && Below(4) == 0) cell.source = kTexts[Below(3)];
    if (rich_ && Below(4) == 0) cell.note = kTexts[Below(3)];
    return cell;
  }

  Datum AnyDatum() {
    if (!rich_)
      return Datum::Value(
          Decimal::FromValidParts(static_cast<std::int64_t>(Below(2'000'000)) - 1'000'000, 3));
    if (Below(5) == 0) return Datum::Absent(static_cast<Absence>(1 + Below(5)));
    const int scale = static_cast<int>(Below(limits::kMaxScale + 1));
    absl::int128 coefficient = static_cast<std::int64_t>(random_());
    if (Below(4) == 0) coefficient *= 50'000'000;  // wide; below 10^27
    if (Below(4) != 0) return Datum::Value(Decimal::FromValidParts(coefficient, scale));
    const int coarser = 1 + static_cast<int>(Below(5));
    coefficient -= coefficient % PowerOfTen(coarser);
    return *Datum::ValueWithStep(Decimal::FromValidParts(coefficient, scale), coarser - scale);
  }

  static constexpr const char* kTexts[] = {"page 3", "海关总署", "https://example.org/a?b=c"};
  std::mt19937_64 random_;
  bool rich_ = false;
};

TEST(BlockTest, StatedCellsComeBackAsTheyWere) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  RandomCells random(seed);
  BlockEncoder encoder;
  DecodedBlock decoded;  // reused: nothing of the last block may stay
  for (int round = 0; round < 300; ++round) {
    const std::vector<StatedSeries> series = random.Make();
    for (const StatedSeries& s : series) {
      encoder.BeginSeries(s.key);
      for (const StatedCell& cell : s.cells) encoder.Add(cell);
    }
    const auto block = encoder.Finish();
    ASSERT_TRUE(block.ok()) << block.status();
    v1::ObservationBlock parsed;
    ASSERT_TRUE(parsed.ParseFromString(block->SerializeAsString()));
    const absl::Status status = DecodeBlock(parsed, BlockUse::kStatements, &decoded);
    ASSERT_TRUE(status.ok()) << status << "\n" << parsed.DebugString();
    ASSERT_EQ(decoded.series.size(), series.size());
    for (std::size_t i = 0; i < series.size(); ++i) {
      EXPECT_EQ(decoded.series[i].key, series[i].key);
      const auto cells = decoded.CellsOf(decoded.series[i]);
      ASSERT_EQ(std::vector<StatedCell>(cells.begin(), cells.end()), series[i].cells);
    }
  }
}

CellState State(const char* value, Sequence sequence, std::int64_t published, std::int64_t since,
                TextId source = 0) {
  CellState state;
  state.period = *Period::Parse("2025-01/P7M");
  state.datum = Value(value);
  state.source = source;
  state.sequence = sequence;
  state.published_at = Instant::FromMicros(published);
  state.value_since = Instant::FromMicros(since);
  return state;
}

TEST(BlockTest, AnswersCarryTheirReleases) {
  const FakeLookup lookup;
  BlockEncoder encoder(&lookup);
  encoder.BeginSeries("A.X");
  encoder.Add(State("1.5", 3, 1000, 1000));
  encoder.Add(State("2.5", 4, 2000, 500, /*source=*/7));
  encoder.BeginSeries("A.Y");
  encoder.Add(State("-3", 3, 1000, 1000, /*source=*/7));
  const auto block = encoder.Finish();
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(block->texts_size(), 1);
  EXPECT_EQ(block->releases_size(), 2);

  DecodedBlock decoded;
  ASSERT_TRUE(DecodeBlock(*block, BlockUse::kAnswer, &decoded).ok());
  ASSERT_EQ(decoded.cells.size(), 3u);
  EXPECT_EQ(decoded.cells[0].source, "");
  EXPECT_EQ(decoded.cells[1].source, "text 7");
  EXPECT_EQ(decoded.cells[2].source, "text 7");
  EXPECT_EQ(decoded.releases[decoded.origins[0].release].sequence, 3u);
  EXPECT_EQ(decoded.releases[decoded.origins[0].release].published_at.day, absl::CivilDay(2025, 1, 4));
  EXPECT_EQ(decoded.releases[decoded.origins[1].release].published_at.day, std::nullopt);
  EXPECT_EQ(decoded.origins[1].value_since.micros(), 500);
  EXPECT_EQ(decoded.origins[2].value_since.micros(), 1000);
}

TEST(BlockTest, ALookupThatFailsIsTold) {
  const FakeLookup lookup;
  BlockEncoder encoder(&lookup);
  encoder.BeginSeries("A.X");
  encoder.Add(State("1", 1, 0, 0, /*source=*/99));
  EXPECT_TRUE(absl::IsDataLoss(encoder.Finish().status()));
  // And the next block is not troubled by it.
  EXPECT_TRUE(encoder.Finish().ok());
  BlockEncoder without_texts(&lookup, /*omit_texts=*/true);
  without_texts.BeginSeries("A.X");
  without_texts.Add(State("1", 1, 0, 0, /*source=*/99));
  EXPECT_TRUE(without_texts.Finish().ok());
}

v1::ObservationBlock GoodBlock() {
  BlockEncoder encoder;
  for (const char* key : {"A.X", "A.Y"}) {
    encoder.BeginSeries(key);
    for (const char* period : {"2025-01", "2025-02"}) {
      encoder.Add(StatedCell{*Period::Parse(period), Value("1.5"), {}, "source", ""});
    }
  }
  return *encoder.Finish();
}

TEST(BlockTest, EveryFaultNamesItsField) {
  struct Case {
    const char* name;
    void (*spoil)(v1::ObservationBlock&);
    const char* field;
  };
  const Case cases[] = {
      {"counts do not add up", [](auto& b) { b.set_cell_counts(0, 3); }, "cell_counts"},
      {"a count is missing", [](auto& b) { b.mutable_cell_counts()->RemoveLast(); }, "cell_counts"},
      {"counts overflow", [](auto& b) { b.set_cell_counts(0, 0xFFFFFFFF); }, "cell_counts"},
      {"a key is none", [](auto& b) { b.set_series(1, "A..Y"); }, "series[1]"},
      {"a key has a wrong letter", [](auto& b) { b.set_series(0, "A.x y"); }, "series[0]"},
      {"a key ends with a point", [](auto& b) { b.set_series(0, "A."); }, "series[0]"},
      {"a key is empty", [](auto& b) { b.set_series(0, ""); }, "series[0]"},
      {"months differ in number", [](auto& b) { b.add_period_months(1); }, "period_months"},
      {"no months", [](auto& b) { b.mutable_period_months()->Resize(4, 0); }, "period_months[0]"},
      {"too many months", [](auto& b) { b.mutable_period_months()->Resize(4, 1201); }, "period_months[3]"},
      {"before the calendar", [](auto& b) { b.set_period_start_deltas(0, -1'000'000); },
       "period_start_deltas[0]"},
      {"after the calendar", [](auto& b) { b.set_period_start_deltas(3, 0x7FFFFFFF); },
       "period_start_deltas[3]"},
      {"numbers differ in number", [](auto& b) { b.mutable_data()->add_coefficients(1); },
       "data.coefficients"},
      {"no data", [](auto& b) { b.clear_data(); }, "data.coefficients"},
      {"scale too large", [](auto& b) { b.mutable_data()->set_scale(19); }, "data.scale"},
      {"scales differ in number", [](auto& b) { b.mutable_data()->add_scales(1); }, "data.scales"},
      {"one scale too large", [](auto& b) { b.mutable_data()->mutable_scales()->Resize(4, 99); },
       "data.scales[2]"},
      {"a step finer than the digits",
       [](auto& b) { b.mutable_data()->mutable_step_exponents()->Resize(4, -2); }, "data.step_exponents[0]"},
      {"a step that does not divide",
       [](auto& b) { b.mutable_data()->mutable_step_exponents()->Resize(4, 1); }, "data.step_exponents[1]"},
      {"a step beyond all bounds",
       [](auto& b) { b.mutable_data()->mutable_step_exponents()->Resize(4, 2'000'000'000); },
       "data.step_exponents[1]"},
      {"absences differ in number", [](auto& b) { b.mutable_data()->add_absences(v1::ABSENCE_NIL); },
       "data.absences"},
      {"an absence with a number",
       [](auto& b) { b.mutable_data()->mutable_absences()->Resize(4, v1::ABSENCE_NIL); },
       "data.coefficients[0]"},
      {"an absence of no kind",
       [](auto& b) {
         b.mutable_data()->set_coefficients(0, 0);
         b.mutable_data()->mutable_absences()->Resize(4, v1::ABSENCE_UNSPECIFIED);
         b.mutable_data()->set_absences(0, static_cast<v1::Absence>(77));
       },
       "data.absences[0]"},
      {"wide beyond the end", [](auto& b) { b.mutable_data()->add_wide()->set_index(4); },
       "data.wide[0].index"},
      {"wide of 28 digits",
       [](auto& b) {
         auto* wide = b.mutable_data()->add_wide();
         b.mutable_data()->set_coefficients(1, 0);
         wide->set_index(1);
         wide->set_coefficient("1" + std::string(27, '0'));
       },
       "data.wide[0].coefficient"},
      {"wide that is no integer",
       [](auto& b) {
         auto* wide = b.mutable_data()->add_wide();
         b.mutable_data()->set_coefficients(1, 0);
         wide->set_index(1);
         wide->set_coefficient("1.5");
       },
       "data.wide[0].coefficient"},
      {"statuses differ in number", [](auto& b) { b.set_statuses("AA"); }, "statuses"},
      {"no such status", [](auto& b) { b.set_statuses("AA?A"); }, "statuses[2]"},
      {"no such confidentiality", [](auto& b) { b.set_confs("FFFx"); }, "confs[3]"},
      {"no such text", [](auto& b) { b.set_sources(3, 2); }, "sources[3]"},
      {"notes without texts", [](auto& b) { b.mutable_notes()->Resize(4, 9); }, "notes[0]"},
      {"a text with a control character", [](auto& b) { b.set_texts(0, "a\nb"); }, "texts[0]"},
      {"a source that is too long", [](auto& b) { b.set_texts(0, std::string(2049, 'x')); }, "sources[0]"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    v1::ObservationBlock block = GoodBlock();
    c.spoil(block);
    DecodedBlock decoded;
    const absl::Status status = DecodeBlock(block, BlockUse::kStatements, &decoded);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(FieldsOf(status), Contains(c.field));
  }
  DecodedBlock decoded;
  EXPECT_TRUE(DecodeBlock(GoodBlock(), BlockUse::kStatements, &decoded).ok());
}

TEST(BlockTest, TooManyCellsAreRefusedByTheirNumber) {
  v1::ObservationBlock block;
  block.add_series("A.X");
  block.add_cell_counts(65'537);
  block.mutable_period_start_deltas()->Resize(65'537, 1);
  DecodedBlock decoded;
  const absl::Status status = DecodeBlock(block, BlockUse::kStatements, &decoded);
  EXPECT_EQ(DetailsOf(status).reason, Reason::kLimitExceeded);
}

TEST(BlockTest, CellsToDeleteNeedNoData) {
  v1::ObservationBlock block = GoodBlock();
  block.clear_data();
  DecodedBlock decoded;
  ASSERT_TRUE(DecodeBlock(block, BlockUse::kCells, &decoded).ok());
  EXPECT_EQ(decoded.cells[3].datum, Datum::Absent(Absence::kWithdrawn));
}

TEST(BlockTest, AnswersWithBrokenIndexesAreRefused) {
  v1::ObservationBlock block = GoodBlock();
  block.mutable_release_indexes()->Resize(4, 0);
  DecodedBlock decoded;
  EXPECT_FALSE(DecodeBlock(block, BlockUse::kAnswer, &decoded).ok());
  EXPECT_TRUE(DecodeBlock(block, BlockUse::kStatements, &decoded).ok())
      << "a feeder's columns for output are not read";
}

TEST(ChangeBlockTest, ChangesComeBackAsTheyWere) {
  const FakeLookup lookup;
  ChangeBlockEncoder encoder(&lookup);
  const Datum before = Value("1.25");
  const Datum gone = Datum::Absent(Absence::kWithdrawn);
  for (int round = 0; round < 2; ++round) {  // the second block holds nothing of the first
    encoder.BeginSeries("A.X");
    encoder.Add(State("1.5", 3, 10, 10), {ChangeClass::kNew}, nullptr);
    encoder.Add(State("1.5", 3, 10, 10), {ChangeClass::kRevised, true, false}, &before);
    encoder.Add(State("1.5", 3, 10, 10), {ChangeClass::kRestored}, &gone);
    const auto block = encoder.Finish("T");
    ASSERT_TRUE(block.ok());
    DecodedChanges decoded;
    ASSERT_TRUE(DecodeChangeBlock(*block, &decoded).ok());
    EXPECT_EQ(decoded.dataset, "T");
    EXPECT_THAT(decoded.changes,
                ElementsAre(Change{ChangeClass::kNew}, Change{ChangeClass::kRevised, true, false},
                            Change{ChangeClass::kRestored}));
    EXPECT_EQ(decoded.before[1], before);
    EXPECT_EQ(decoded.before[2], gone);
  }
}

// ---- rows
// --------------------------------------------------------------------------------------------------------

TEST(RowTest, RowsComeBackAsTheyWere) {
  Observation observation{*SeriesKey::Parse("CN.RU.X"),
                          *Period::Parse("2025-01/P7M"),
                          *Datum::ValueWithStep(Number("6480"), 1),
                          {'P', 'C'},
                          "source",
                          "note"};
  EXPECT_EQ(*FromWire(ToWire(observation)), observation);
  observation.datum = Datum::Absent(Absence::kSuppressed);
  observation.attributes = {};
  EXPECT_EQ(*FromWire(ToWire(observation)), observation);
  observation.datum = Value("-0.069");
  EXPECT_EQ(ToWire(observation).step(), "") << "the last digit is the default";
  EXPECT_EQ(*FromWire(ToWire(observation)), observation);
}

TEST(RowTest, EveryViolationAtOnce) {
  v1::Observation row;
  row.set_series("CN..X");
  row.set_period("2025-13");
  row.set_value("1.2.3");
  row.set_step("0.3");
  row.set_status("?");
  row.set_conf("FF");
  row.set_source(std::string(2049, 'x'));
  row.set_note("a\x01");
  EXPECT_THAT(FieldsOf(FromWire(row).status()),
              UnorderedElementsAre("series", "period", "value", "step", "status", "conf", "source", "note"));
}

TEST(RowTest, AValueOrAnAbsence) {
  v1::Observation row;
  row.set_series("CN.X");
  row.set_period("2025-01");
  EXPECT_THAT(FieldsOf(FromWire(row).status()), ElementsAre("value"));
  EXPECT_EQ(FromWire(row, /*data_optional=*/true)->datum, Datum::Absent(Absence::kWithdrawn));
  row.set_absence(v1::ABSENCE_NIL);
  EXPECT_EQ(FromWire(row)->datum, Datum::Absent(Absence::kNil));
  row.set_value("1");
  EXPECT_THAT(FieldsOf(FromWire(row).status()), ElementsAre("value"));
}

TEST(RowTest, AnAnswerTellsWhereItComesFrom) {
  const FakeLookup lookup;
  v1::Observation row;
  ASSERT_TRUE(
      FillRow("A.X", State("1.50", 3, 5'000'000, 4'000'001, 7), lookup, /*omit_texts=*/false, &row).ok());
  const auto answer = AnswerFromWire(row);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->observation.source, "text 7");
  EXPECT_EQ(answer->sequence, 3u);
  EXPECT_EQ(answer->published_at, (PublishedAt{Instant::FromMicros(5'000'000), absl::CivilDay(2025, 1, 4)}));
  EXPECT_EQ(answer->value_since, Instant::FromMicros(4'000'001));
  EXPECT_EQ(row.value(), "1.50");
}

TEST(RowTest, AHistoryTellsUntilWhen) {
  const FakeLookup lookup;
  HistoryEntry entry;
  entry.period = *Period::Parse("2025-07");
  entry.datum = Value("1");
  entry.sequence = 1;
  entry.published_to = Instant::FromMicros(9);
  entry.superseded_by = 3;
  entry.vintage_change = {ChangeClass::kRevised, false, true};
  entry.event_change = {ChangeClass::kBackfilled};
  v1::HistoryEntry row;
  ASSERT_TRUE(FillHistoryRow("A.X", entry, lookup, &row).ok());
  const auto history = FromWire(row);
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->published_to, (PublishedAt{Instant::FromMicros(9), absl::CivilDay(2025, 1, 4)}));
  EXPECT_EQ(history->vintage_change, entry.vintage_change);
  EXPECT_EQ(history->event_change, entry.event_change);
}

// ---- the rest
// ----------------------------------------------------------------------------------------------------

TEST(TimeTest, MicrosecondsOnEitherSideOfTheEpoch) {
  for (const std::int64_t micros : {0LL, 1LL, -1LL, 1'754'535'600'000'001LL, -11'676'096'000'000'000LL}) {
    const auto back = FromWire(ToWire(Instant::FromMicros(micros)));
    ASSERT_TRUE(back.ok()) << micros << ": " << back.status();
    EXPECT_EQ(back->micros(), micros);
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_nanos(1'999);
  EXPECT_EQ(FromWire(timestamp)->micros(), 1) << "what is finer is cut off";
  timestamp.set_nanos(-1);
  EXPECT_FALSE(FromWire(timestamp).ok());
  timestamp.set_nanos(0);
  timestamp.set_seconds(std::numeric_limits<std::int64_t>::max());
  EXPECT_FALSE(FromWire(timestamp).ok());
}

TEST(DatasetTest, DefinitionsComeBackAsTheyWere) {
  DatasetDefinition definition{.id = "GACC",
                               .dimensions = {{"reporter", Role::kReporter}, {"x", Role::kOther}},
                               .publisher = "CN1",
                               .time_zone = "Asia/Shanghai",
                               .year_start_month = 4,
                               .title = "Title",
                               .description = "Words",
                               .predecessor = "OLD"};
  EXPECT_EQ(*FromWire(ToWire(definition, 3)), definition);
  v1::Dataset message;
  message.set_id("GACC");
  message.set_publisher("P");
  message.add_dimensions()->set_id("partner");
  const auto read = FromWire(message);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->dimensions[0].role, Role::kPartner) << "by its name";
  EXPECT_EQ(read->time_zone, "UTC");
  EXPECT_EQ(read->year_start_month, 1);
}

TEST(DatasetTest, EveryViolationAtOnce) {
  v1::Dataset message;
  message.set_id("no spaces");
  message.add_dimensions()->set_role(static_cast<v1::Role>(99));
  message.set_year_start_month(13);
  EXPECT_THAT(FieldsOf(FromWire(message).status()),
              testing::IsSupersetOf(
                  {"id", "dimensions[0].id", "dimensions[0].role", "year_start_month", "publisher"}));
}

TEST(VintageTest, SpecsAndFaults) {
  VintageFields fields;
  fields.as_of_date = absl::CivilDay(2025, 8, 7);
  fields.sequence = 0;
  const auto back = FromWire(ToWire(fields));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->as_of_date, fields.as_of_date);
  EXPECT_EQ(back->sequence, 0u) << "sequence 0 is not an unset sequence";
  v1::VintageSpec spec;
  spec.set_sequence(std::uint64_t{1} << 40);
  EXPECT_EQ(DetailsOf(FromWire(spec).status()).reason, Reason::kSequenceAhead);
  spec.clear_sequence();
  spec.set_as_of_date("2025-02-30");
  EXPECT_THAT(FieldsOf(FromWire(spec).status()), ElementsAre("as_of_date"));
  const Vintage unbounded{Instant::Max(), 7};
  EXPECT_EQ(*FromWire(ToWire(unbounded)), unbounded);
}

TEST(ReleaseTest, RecordsComeBackAsTheyWere) {
  ReleaseRecord record;
  record.sequence = 7;
  record.header.agency = "GACC";
  record.header.release_id = "r1";
  record.header.published_at = {Instant::FromMicros(86'399'999'999), absl::CivilDay(1970, 1, 1)};
  record.header.stage = "flash";
  record.header.kind = ReleaseKind::kBackfill;
  record.header.title = "Title";
  record.sections.push_back({{"T", Action::kReplace, Scope{*Selector::Parse("CN..X"), {}}}, 12, 2});
  record.accepted_at = Instant::FromMicros(5);
  record.retracted_by = 9;
  const auto back = FromWire(ToWire(record));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->header, record.header);
  EXPECT_EQ(back->sections[0].header, record.sections[0].header);
  EXPECT_EQ(back->retracted_by, 9u);
  EXPECT_EQ(back->accepted_at, record.accepted_at);
}

// ---- errors
// ------------------------------------------------------------------------------------------------------

TEST(StatusTest, EveryReasonHasItsCodeAndComesBack) {
  for (int i = 1; i <= static_cast<int>(Reason::kOverflow); ++i) {
    const auto reason = static_cast<Reason>(i);
    SCOPED_TRACE(std::string(ReasonName(reason)));
    const absl::StatusCode given = CodeOf(reason).value_or(absl::StatusCode::kResourceExhausted);
    const absl::Status error =
        MakeError(given, reason, "what happened", {{"key", "value"}}, {{"a.b", "is wrong"}});
    const grpc::Status wire = ToGrpc(error, "request-1");
    EXPECT_EQ(static_cast<int>(wire.error_code()), static_cast<int>(given));
    const absl::Status back = FromGrpc(wire);
    EXPECT_EQ(back.code(), given);
    EXPECT_EQ(back.message(), error.message());
    const ErrorDetails details = DetailsOf(back);
    EXPECT_EQ(details.reason, reason);
    EXPECT_EQ(details.metadata.at("key"), "value");
    EXPECT_EQ(details.metadata.at("request_id"), "request-1");
    EXPECT_THAT(details.violations, ElementsAre(FieldViolation{"a.b", "is wrong"}));
  }
  EXPECT_EQ(CodeOf(Reason::kUnknown), std::nullopt);
}

TEST(StatusTest, TheTableDecidesTheCode) {
  const absl::Status odd = MakeError(absl::StatusCode::kInternal, Reason::kDatasetNotFound, "");
  EXPECT_EQ(ToGrpc(odd).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ToGrpc(absl::CancelledError("x")).error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
}

TEST(StatusTest, ShuttingDownSaysWhenToComeBack) {
  const absl::Status back =
      FromGrpc(ToGrpc(MakeError(absl::StatusCode::kUnavailable, Reason::kShuttingDown, "")));
  EXPECT_EQ(DetailsOf(back).metadata.at("retry_delay_ms"), "1000");
}

// Trailing metadata beyond 8 KiB are an error at the client that hides ours.
TEST(StatusTest, VeryManyViolationsStayWithinTrailingMetadata) {
  Violations violations;
  for (int i = 0; i < 500; ++i) {
    violations.Add(absl::StrCat("sections[0].observations[", i, "].period"), std::string(90, 'x'));
  }
  const grpc::Status wire = ToGrpc(violations.ToStatus(), std::string(128, 'r'));
  EXPECT_LT(wire.error_details().size() * 4 / 3 + wire.error_message().size() * 3, 7'500u);
  const ErrorDetails details = DetailsOf(FromGrpc(wire));
  EXPECT_GT(details.violations.size(), 10u);
  EXPECT_EQ(details.metadata.at("violations_found"), "500");
}

TEST(StatusTest, AStatusOfAnotherMakeIsTakenAsItIs) {
  const absl::Status back =
      FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused", "garbage"));
  EXPECT_TRUE(absl::IsUnavailable(back));
  EXPECT_EQ(DetailsOf(back).reason, Reason::kUnknown);
}

// ---- bounded parsing
// ---------------------------------------------------------------------------------------------

constexpr ParseLimits kLimits = {.messages = 1000, .texts = 1000};

TEST(ParseTest, GoodMessagesAreParsed) {
  v1::PushReleaseRequest request;
  request.mutable_header()->set_release_id("r");
  for (int i = 0; i < 900; ++i) request.add_sections()->set_dataset("T");
  v1::PushReleaseRequest parsed;
  ASSERT_TRUE(ParseBounded(request.SerializeAsString(), kLimits, &parsed).ok());
  EXPECT_EQ(parsed.SerializeAsString(), request.SerializeAsString());
  EXPECT_TRUE(ParseBounded("", kLimits, &parsed).ok());
}

TEST(ParseTest, WhatWouldGrowIsRefusedBeforeItDoes) {
  const std::string empty_observations = [] {
    std::string section;
    for (int i = 0; i < 100'000; ++i) section.append("\x22\x00", 2);  // field 4, of no bytes
    std::string request = "\x12";
    for (std::size_t n = section.size(); n > 0; n >>= 7) {
      request.push_back(static_cast<char>((n & 0x7F) | (n >= 0x80 ? 0x80 : 0)));
    }
    return request + section;
  }();
  std::string unknown_fields;
  for (int i = 0; i < 100'000; ++i) unknown_fields.append("\x78\x01", 2);  // field 15, varint
  std::string many_texts;
  for (int i = 0; i < 100'000; ++i) many_texts.append("\x12\x00", 2);  // GetObservationsRequest.keys
  v1::PushReleaseRequest push;
  v1::GetObservationsRequest get;
  for (const absl::Status& status :
       {ParseBounded(empty_observations, kLimits, &push), ParseBounded(unknown_fields, kLimits, &push),
        ParseBounded(many_texts, kLimits, &get)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(DetailsOf(status).reason, Reason::kLimitExceeded);
  }
}

TEST(ParseTest, PackedNumbersAreNotCounted) {
  v1::ObservationBlock block;
  block.mutable_period_start_deltas()->Resize(65'536, 1);
  v1::ObservationBlock parsed;
  EXPECT_TRUE(ParseBounded(block.SerializeAsString(), kLimits, &parsed).ok());
}

TEST(ParseTest, GarbageIsNoMessage) {
  const google::protobuf::LogSilencer silence;
  v1::PushReleaseRequest good;
  good.mutable_header()->set_release_id("r1");
  const std::string bytes = good.SerializeAsString();
  v1::PushReleaseRequest parsed;
  for (const std::string& garbage :
       {std::string(100, '\xff'), bytes.substr(0, bytes.size() - 1),
        std::string("\x0a\xff\xff\xff\xff\x0f", 6), std::string("\x0b\x0c", 2) /* a group */,
        std::string("\x00\x00", 2) /* field 0 */,
        std::string("\x0a\x04\x12\x02\xff\xfe", 6) /* not UTF-8 */}) {
    const absl::Status status = ParseBounded(garbage, kLimits, &parsed);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("tidewaiter.v1.PushReleaseRequest"));
  }
}

TEST(ParseTest, RandomBytesDoNoHarm) {
  const google::protobuf::LogSilencer silence;
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937_64 random(seed);
  v1::PushReleaseRequest good;
  v1::Section* section = good.add_sections();
  *section->add_blocks() = GoodBlock();
  const std::string base = good.SerializeAsString();
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = base;
    for (std::uint64_t n = 1 + random() % 4; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    v1::PushReleaseRequest parsed;
    const absl::Status status = ParseBounded(bytes, kLimits, &parsed);
    // The scanner takes what the parser takes.
    v1::PushReleaseRequest plain;
    if (plain.ParseFromString(bytes) && plain.GetReflection()->GetUnknownFields(plain).empty()) {
      EXPECT_TRUE(status.ok() || DetailsOf(status).reason == Reason::kInvalidArgument);
    } else {
      EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status));
    }
    if (!status.ok() || parsed.sections_size() == 0 || parsed.sections(0).blocks_size() == 0) continue;
    DecodedBlock decoded;
    DecodeBlock(parsed.sections(0).blocks(0), BlockUse::kAnswer, &decoded).IgnoreError();
  }
}

}  // namespace
}  // namespace tidewaiter::convert
