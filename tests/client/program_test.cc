// The program from its arguments to its output and exit code, against a fake daemon.
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/errors.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"
#include "domain/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_daemon.h"

namespace tidewaiter::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::tidewaiter::testing::FakeDaemon;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

Outcome RunWith(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "tidewaiter");
  std::vector<const char*> argv;
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  Outcome outcome;
  Output out(&outcome.out), err(&outcome.err);
  outcome.code = RunProgram(static_cast<int>(argv.size()), argv.data(), &out, &err, [](client::Client*) {});
  return outcome;
}

v1::Dataset PressDataset() {
  v1::Dataset dataset;
  dataset.set_id("T");
  dataset.set_publisher("GACC");
  dataset.set_time_zone("Asia/Shanghai");
  dataset.set_year_start_month(1);
  for (const char* id : {"partner", "currency", "unit"}) dataset.add_dimensions()->set_id(id);
  dataset.set_version(1);
  return dataset;
}

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    daemon_.datasets["T"] = PressDataset();
    daemon_.get = [](const v1::GetObservationsRequest& request, v1::GetObservationsResponse* response) {
      response->mutable_vintage()->set_sequence(12);
      if (request.vintage().has_as_of_date()) {
        response->mutable_vintage()->mutable_as_of()->set_seconds(1754582399);
        response->mutable_vintage()->mutable_as_of()->set_nanos(999999000);
      }
      v1::ObservationBlock& block = *response->add_blocks();
      block.add_series("RU.USD.BN");
      block.add_cell_counts(3);
      for (const int delta : {660, 0, 1}) block.add_period_start_deltas(delta);
      for (const unsigned months : {1u, 7u, 1u}) block.add_period_months(months);
      for (const int coefficient : {0, 12580, 0}) block.mutable_data()->add_coefficients(coefficient);
      block.mutable_data()->set_scale(2);
      for (const auto absence : {v1::ABSENCE_UNSPECIFIED, v1::ABSENCE_UNSPECIFIED, v1::ABSENCE_SUPPRESSED}) {
        block.mutable_data()->add_absences(absence);
      }
      block.set_statuses("AAQ");
      block.add_texts("https://example.org/a,b");
      for (const unsigned source : {0u, 1u, 0u}) block.add_sources(source);
      auto* release = block.add_releases();
      release->set_sequence(7);
      release->set_published_at_micros(1754582399999999);  // the end of 2025-08-07 in Shanghai
      release->set_published_on("2025-08-07");
      for (int i = 0; i < 3; ++i) block.add_release_indexes(0);
      for (const std::uint64_t age : {0ull, 86'400'000'000ull, 0ull}) block.add_value_age_micros(age);
      return absl::OkStatus();
    };
  }
  // The program, talking to the fake daemon.
  Outcome Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--server", daemon_.address()});
    return RunWith(std::move(arguments));
  }
  std::string FileWith(std::string_view content) {
    const std::string path =
        (std::filesystem::temp_directory_path() / "tidewaiter-program-test.csv").string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  FakeDaemon daemon_;
};

TEST_F(ProgramTest, UsageErrorsExitWith2) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"no-such-command"},
           {"get"},
           {"get", "/KEY"},
           {"get", "T", "surplus"},
           {"get", "T", "--no-such-option"},
           {"get", "T", "-o", "xml"},
           {"get", "T", "--as-of", "yesterday"},
           {"get", "T", "--at-sequence", "-1"},
           {"get", "T", "--from", "2025-13"},
           {"get", "T", "--from", "2025-02", "--to", "2025-01"},
           {"get", "T", "--timeout", "0s"},
           {"get", "T", "--output-type", "all"},
           {"datasets", "--as-of", "2025-01-01"},
           {"history", "T", "--output-type", "some"},
           {"history", "T", "--nth", "2"},
           {"push", "file.csv"},
           {"push", "--dataset", "T"},
           {"push", "file.csv", "--dataset", "T", "--kind", "odd"},
           {"watch", "T", "-o", "json"},
           {"watch", "T", "--token", "x", "--from-sequence", "1"},
           {"retract"},
           {"diff"},
           {"diff", "1", "--sort", "size"},
           {"diff", "1", "--top", "0"},
           {"diff", "1", "--as-of", "2025-01-01"},
           {"triangle"},
           {"triangle", "T", "--months", "0"},
           {"triangle", "T", "--as-of", "2025-01-01,2025-02-01"},
           {"plot", "T", "-o", "csv"},
           {"plot", "T", "--width", "5"},
           {"plot", "T", "--as-of", "2025-01-01,"},
           {"plot", "T", "--window", "t12m", "--months", "2"},
           {"plot", "T", "--window", "soon"},
           {"aggregate", "T", "--rounding", "up"},
           {"revisions", "T", "--window", "t12m", "--of", "growth"},
           {"revisions", "T", "--transform", "yoy", "--period-months", "1"},
           {"findings", "--from-sequence", "5", "--until-sequence", "5"},
           {"findings", "--tally"},
           {"findings", "T", "--rounding", "truncated"},
           {"findings", "T", "--tally", "--kind", "broken_identity"},
           {"findings", "T", "--tally", "--rounding", "up"},
           {"watch", "T", "--overdue", "-o", "csv"},
           {"conventions"},
           {"conventions", "T", "--allow-unknown-codes"},
           {"--server", "nowhere", "status"},
           {"--tls-ca", "/nonexistent", "status"},
       }) {
    const Outcome outcome = RunWith(arguments);
    EXPECT_EQ(outcome.code, 2) << ::testing::PrintToString(arguments);
    EXPECT_THAT(outcome.err, StartsWith("tidewaiter: ")) << ::testing::PrintToString(arguments);
    EXPECT_EQ(outcome.out, "");
  }
}

// A number that is none is told as it was typed, with what may be given.
TEST_F(ProgramTest, NumbersOutOfRangeAreToldByTheirOption) {
  struct Case {
    std::vector<std::string> command;
    const char* option;
    const char* range;
    bool zero_is_fine = false;
  };
  const std::vector<Case> cases = {{{"aggregate", "T"}, "--lag", "from 1 to 120"},
                                   {{"aggregate", "T"}, "--decimals", "from 0 to 12", true},
                                   {{"aggregate", "T"}, "--year-start", "from 1 to 12"},
                                   {{"aggregate", "T"}, "--top", "from 0 to 100000", true},
                                   {{"revisions", "T"}, "--lag", "from 1 to 120"},
                                   {{"revisions", "T"}, "--hac-lag", "from 0 to 1200", true},
                                   {{"revisions", "T"}, "--period-months", "from 1 to 1200"},
                                   {{"mirror", "T/A", "T/B"}, "--months", "from 1 to 120"},
                                   {{"triangle", "T"}, "--last", "from 1 to 4294967294"},
                                   {{"diff", "5"}, "--top", "from 1 to"},
                                   {{"history", "T", "--output-type", "nth"}, "--nth", "from 1 to 1000000"},
                                   {{"plot", "T"}, "--height", "from 4 to 200"},
                                   {{"plot", "T"}, "--width", "from 30 to 1000"}};
  for (const Case& c : cases) {
    for (const char* text : {"0", "-1", "99999999999999999999999", "1.5", "x", "+1"}) {
      if (c.zero_is_fine && std::string_view(text) == "0") continue;
      std::vector<std::string> arguments = c.command;
      arguments.push_back(absl::StrCat(c.option, "=", text));
      const Outcome outcome = Run(arguments);
      SCOPED_TRACE(absl::StrCat(c.command[0], " ", arguments.back(), ": ", outcome.err));
      EXPECT_EQ(outcome.code, 2);
      EXPECT_THAT(outcome.err,
                  HasSubstr(absl::StrCat(c.option, ": \"", text, "\" is not a whole number ", c.range)));
      EXPECT_LT(outcome.err.size(), 200u);
    }
  }
}

TEST_F(ProgramTest, AnUnknownCommandIsNamedWithTheOneThatWasMeant) {
  EXPECT_THAT(Run({"gett", "T"}).err, HasSubstr("there is no command \"gett\"; did you mean get?"));
  EXPECT_THAT(Run({"-q", "reveesions"}).err, HasSubstr("did you mean revisions?"));
  EXPECT_THAT(Run({"xyzzy"}).err,
              AllOf(HasSubstr("there is no command \"xyzzy\"; there are "), HasSubstr("aggregate")));
  EXPECT_THAT(Run({}).err, HasSubstr("name a command"));
  EXPECT_EQ(Run({"gett", "T"}).code, 2);
}

TEST_F(ProgramTest, CodesAreCheckedBeforeAnythingIsMade) {
  const std::string file = FileWith("published_on,period,partner,value\n2025-08-07,2025-07,RU,19.14\n");
  for (const char* option : {"--stage", "--agency"}) {
    const Outcome outcome = Run({"push", file, "--dataset", "NEW", option, "no good"});
    EXPECT_EQ(outcome.code, 2) << option;
    EXPECT_THAT(outcome.err, HasSubstr(absl::StrCat(option, ": the code \"no good\" has \" \""))) << option;
  }
  EXPECT_EQ(daemon_.datasets.count("NEW"), 0u);
}

TEST_F(ProgramTest, WhatNeedsTwoWordsSaysSo) {
  for (const char* text : {"CIF", "CIF,", ",CIF", "CIF,FOB,CIF", ","}) {
    const Outcome outcome = Run({"mirror", "T/A", "T/B", "--valuation", text});
    EXPECT_EQ(outcome.code, 2) << text;
    EXPECT_THAT(outcome.err, HasSubstr("write FOB,CIF")) << text;
  }
  for (const char* text : {"t12m:share", "month:contribution"}) {
    const Outcome outcome = Run({"watch", "T", "--aggregate", text});
    EXPECT_EQ(outcome.code, 2) << text;
    EXPECT_THAT(outcome.err, HasSubstr("needs a total")) << text;
  }
}

TEST_F(ProgramTest, EveryCommandEndsItsHelpWithExamplesOfItsOwn) {
  for (const char* command : {"datasets", "releases", "status", "formats", "series", "get"}) {
    const std::string help = RunWith({command, "--help"}).out;
    EXPECT_THAT(help, HasSubstr(absl::StrCat("  tidewaiter ", command))) << command;
    EXPECT_THAT(help, Not(HasSubstr("Exit codes"))) << command;
  }
  EXPECT_THAT(RunWith({"--help"}).out, HasSubstr("Exit codes"));
}

TEST_F(ProgramTest, HelpAndVersionNeedNoDaemon) {
  for (const char* command : {"push", "datasets", "series", "releases", "retract", "get", "history", "diff",
                              "triangle", "plot", "watch", "status"}) {
    const Outcome outcome = RunWith({command, "--help"});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr(absl::StrCat("tidewaiter ", command)));
  }
  EXPECT_THAT(RunWith({"--help"}).out, AllOf(HasSubstr("Exit codes"), HasSubstr("TIDEWAITER_SERVER")));
  EXPECT_THAT(RunWith({"version"}).out, StartsWith("tidewaiter "));
}

TEST_F(ProgramTest, GetAsCsv) {
  const Outcome outcome = Run({"get", "T/RU.USD.BN", "-o", "csv"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "series,period,value,step,unit,status,published_at,sequence,value_since,source\n"
            "RU.USD.BN,2025-01,0.00,0.01,USD BN,A,2025-08-07,7,2025-08-07,\n"
            "RU.USD.BN,2025-01/P7M,125.80,0.01,USD BN,A,2025-08-07,7,2025-08-06,\"https://example.org/a,b\"\n"
            "RU.USD.BN,2025-02,(SUPPRESSED),,USD BN,Q,2025-08-07,7,2025-08-07,\n");
  EXPECT_EQ(outcome.err, "3 values of T, read at sequence 12. The same again: --at-sequence 12\n");
}

TEST_F(ProgramTest, GetAsTable) {
  const Outcome outcome = Run({"get", "T/RU.USD.BN", "--as-of", "2025-08-07"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out,
      "series     period              value  unit    status  published   sequence  value since\n"
      "RU.USD.BN  2025-01              0.00  USD BN          2025-08-07         7\n"
      "RU.USD.BN  2025-01/P7M        125.80  USD BN          2025-08-07         7  2025-08-06\n"
      "RU.USD.BN  2025-02      (SUPPRESSED)  USD BN  Q       2025-08-07         7\n"
      "3 values of T as of 2025-08-07, read at sequence 12. The same again: --as-of 2025-08-07 --at-sequence "
      "12\n");
}

TEST_F(ProgramTest, GetAsJson) {
  EXPECT_EQ(
      Run({"get", "T", "-o", "json", "-q"}).out,
      "{\"observations\":[\n"
      "{\"series\":\"RU.USD.BN\",\"period\":\"2025-01\",\"value\":\"0.00\",\"step\":\"0.01\",\"unit\":\"USD "
      "BN\","
      "\"status\":\"A\",\"published_at\":\"2025-08-07\",\"sequence\":7,\"value_since\":\"2025-08-07\","
      "\"source\":null,\"absence\":null,\"conf\":\"F\",\"note\":null},\n"
      "{\"series\":\"RU.USD.BN\",\"period\":\"2025-01/P7M\",\"value\":\"125.80\",\"step\":\"0.01\","
      "\"unit\":\"USD BN\",\"status\":\"A\",\"published_at\":\"2025-08-07\",\"sequence\":7,"
      "\"value_since\":\"2025-08-06\",\"source\":\"https://example.org/a,b\",\"absence\":null,\"conf\":\"F\","
      "\"note\":null},\n"
      "{\"series\":\"RU.USD.BN\",\"period\":\"2025-02\",\"value\":null,\"step\":null,\"unit\":\"USD BN\","
      "\"status\":\"Q\",\"published_at\":\"2025-08-07\",\"sequence\":7,\"value_since\":\"2025-08-07\","
      "\"source\":null,\"absence\":\"SUPPRESSED\",\"conf\":\"F\",\"note\":null}],\n"
      "\"vintage\":{\"as_of\":null,\"sequence\":12}}\n");
}

TEST_F(ProgramTest, HistoryAsCsv) {
  daemon_.history = [](const v1::StreamHistoryRequest& request,
                       grpc::ServerWriter<v1::StreamHistoryResponse>* writer) {
    EXPECT_EQ(request.type(), v1::HISTORY_TYPE_NTH);
    EXPECT_EQ(request.n(), 2u);
    v1::StreamHistoryResponse message;
    message.mutable_vintage()->set_sequence(12);
    v1::HistoryEntry& entry = *message.add_entries();
    v1::Observation& row = *entry.mutable_observation();
    row.set_series("RU.USD.BN");
    row.set_period("2023-03");
    row.set_value("315.589337");
    row.set_sequence(3);
    row.set_published_on("2023-04-18");
    row.mutable_published_at()->set_seconds(1681833599);
    row.mutable_published_at()->set_nanos(999999000);
    *row.mutable_value_since() = row.published_at();
    entry.mutable_published_to()->set_seconds(1691769599);
    entry.mutable_published_to()->set_nanos(999999000);
    entry.set_published_to_on("2023-08-11");
    entry.mutable_vintage_change()->set_change_class(v1::CHANGE_CLASS_REVISED);
    entry.mutable_vintage_change()->set_within_rounding(true);
    entry.mutable_event_change()->set_change_class(v1::CHANGE_CLASS_BACKFILLED);
    writer->Write(message);
    return absl::OkStatus();
  };
  const Outcome outcome = Run({"history", "T/RU.USD.BN", "--output-type", "nth", "--nth", "2", "-o", "csv"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "series,period,value,step,unit,status,published_at,sequence,value_since,source,vintage_change,"
            "event_change,published_to\n"
            "RU.USD.BN,2023-03,315.589337,0.000001,USD "
            "BN,A,2023-04-18,3,2023-04-18,,REVISED,BACKFILLED,2023-08-11\n");
  EXPECT_THAT(Run({"history", "T", "--output-type", "nth", "--nth", "2"}).out,
              HasSubstr("REVISED within rounding"));
}

TEST_F(ProgramTest, WatchWritesOneObjectAChangeThenOneARelease) {
  daemon_.OnSubscribe([](auto*, const auto& request, auto* writer) {
    EXPECT_EQ(request.selectors(0).key(), "RU..");
    EXPECT_EQ(request.after_sequence(), 0u);
    v1::SubscribeResponse message;
    message.mutable_marker()->set_resume_token("t0");
    writer->Write(message);
    message.Clear();
    auto& part = *message.mutable_release();
    part.mutable_release()->set_sequence(1);
    auto& header = *part.mutable_release()->mutable_header();
    header.set_agency("GACC");
    header.set_release_id("r1");
    header.set_title("俄罗斯");
    header.mutable_published_at()->set_seconds(1754582399);
    part.mutable_release()->mutable_accepted_at()->set_seconds(1754600000);
    part.mutable_release()->set_observations(2);
    part.set_sequence(1);
    part.set_last(true);
    part.set_resume_token("t1");
    auto& changes = *part.add_changes();
    changes.set_dataset("T");
    changes.mutable_cells()->add_series("RU.USD.BN");
    changes.mutable_cells()->add_cell_counts(1);
    changes.mutable_cells()->add_period_start_deltas(638);
    changes.mutable_cells()->mutable_data()->add_coefficients(30504);
    changes.mutable_cells()->mutable_data()->set_scale(2);
    changes.mutable_cells()->add_releases()->set_sequence(1);
    changes.mutable_cells()->add_release_indexes(0);
    changes.add_classes(v1::CHANGE_CLASS_REVISED);
    changes.mutable_before()->add_coefficients(315589337);
    changes.mutable_before()->set_scale(6);
    writer->Write(message);
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "draining");
  });
  const Outcome lines =
      Run({"watch", "T/RU..", "--from-sequence", "0", "--until-sequence", "1", "-o", "ndjson"});
  EXPECT_EQ(lines.code, 0) << lines.err;
  const std::vector<std::string> objects = absl::StrSplit(lines.out, '\n', absl::SkipEmpty());
  ASSERT_EQ(objects.size(), 2u) << lines.out;
  EXPECT_THAT(objects[0], AllOf(StartsWith("{\"type\":\"change\",\"sequence\":1,\"dataset\":\"T\","),
                                HasSubstr("\"before\":\"315.589337\",\"value\":\"305.04\""),
                                HasSubstr("\"change\":\"REVISED\"")));
  EXPECT_THAT(objects[1],
              AllOf(StartsWith("{\"type\":\"release\",\"sequence\":1,"), HasSubstr("\"title\":\"俄罗斯\""),
                    HasSubstr("\"changes\":1,\"resume_token\":\"t1\"}")));
  const Outcome table = Run({"watch", "T/RU..", "--from-sequence", "0", "--until-sequence", "1"});
  EXPECT_THAT(table.out,
              AllOf(HasSubstr("#1  GACC/r1  published "), HasSubstr("315.589337  305.04  USD BN  REVISED")));
}

TEST_F(ProgramTest, ErrorsHaveTheirExitCodes) {
  EXPECT_EQ(Run({"get", "NONE/KEY"}).code, 3);
  EXPECT_THAT(Run({"get", "NONE/KEY"}).err, AllOf(HasSubstr("NONE"), HasSubstr("tidewaiter datasets")));
  EXPECT_EQ(Run({"retract", "TEST/none"}).code, 3);
  EXPECT_EQ(Run({"retract", "nothing"}).code, 3);
  EXPECT_EQ(Run({"retract", "/nothing"}).code, 6);
  EXPECT_EQ(Run({"push", "/nonexistent/file.csv", "--dataset", "T"}).code, 3);
  daemon_.get = [](const v1::GetObservationsRequest&, v1::GetObservationsResponse*) {
    return MakeError(absl::StatusCode::kOutOfRange, Reason::kSequenceAhead,
                     "sequence 99 is beyond the head, 12");
  };
  EXPECT_EQ(Run({"get", "T", "--at-sequence", "99"}).code, 6);
  EXPECT_EQ(Run({"get", "T"}).out, "") << "nothing is written before the first answer";
  daemon_.Stop();
  const Outcome gone = Run({"get", "T/KEY"});
  EXPECT_EQ(gone.code, 5);
  EXPECT_THAT(gone.err, HasSubstr(daemon_.address()));
}

TEST(Explain, NamesOptionsInsteadOfFields) {
  const auto told = [](const char* field, const char* description) {
    return Explain(MakeError(absl::StatusCode::kInvalidArgument, Reason::kInvalidArgument,
                             absl::StrCat(field, ": ", description), {}, {{field, description}}),
                   "host:1");
  };
  EXPECT_EQ(told("query.lag_months", "must be 1"), "tidewaiter: --lag: must be 1\n");
  EXPECT_EQ(told("query.window.kind", "must be the year to date"),
            "tidewaiter: --window: must be the year to date\n");
  EXPECT_EQ(told("query.window.year_start_month", "no"), "tidewaiter: --year-start: no\n");
  EXPECT_EQ(told("aggregates[1].groups[0].members[2].code", "no"), "tidewaiter: --group: no\n");
  EXPECT_EQ(told("query.keys[0]", "no"), "tidewaiter: DATASET/KEY: no\n");
  EXPECT_EQ(told("b.keys[0]", "no"), "tidewaiter: B: no\n");
  EXPECT_EQ(told("real_time.each_operand", "goes with FIRST, NTH and AFTER only"),
            "tidewaiter: --each-operand: goes with --realtime first, nth and after only\n");
  EXPECT_EQ(told("first.n", "is 1 to 1000"), "tidewaiter: --first: is 1 to 1000\n");
  EXPECT_EQ(told("header.stage", "no"), "tidewaiter: --stage: no\n");
  EXPECT_EQ(told("transform", "leave that out of group_by and groups"),
            "tidewaiter: --transform: leave that out of --group-by and --group\n");
  EXPECT_EQ(told("conventions", "give allow_unknown_codes"),
            "tidewaiter: conventions: give --allow-unknown-codes\n");
  EXPECT_EQ(told("sections[0].scope", "no"), "tidewaiter: sections[0].scope: no\n") << "no option sets it";
}

TEST(ExitCode, OfEveryKindOfStatus) {
  const auto code = [](absl::StatusCode status, Reason reason) {
    return ExitCodeOf(MakeError(status, reason, "x"));
  };
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(code(absl::StatusCode::kPermissionDenied, Reason::kUnknown), 4);
  EXPECT_EQ(code(absl::StatusCode::kUnauthenticated, Reason::kUnknown), 4);
  EXPECT_EQ(code(absl::StatusCode::kDeadlineExceeded, Reason::kUnknown), 5);
  EXPECT_EQ(code(absl::StatusCode::kResourceExhausted, Reason::kDiskReserve), 5);
  EXPECT_EQ(code(absl::StatusCode::kResourceExhausted, Reason::kLimitExceeded), 6);
  EXPECT_EQ(code(absl::StatusCode::kAlreadyExists, Reason::kReleaseConflict), 6);
  EXPECT_EQ(code(absl::StatusCode::kFailedPrecondition, Reason::kReleaseRetracted), 6);
  EXPECT_EQ(code(absl::StatusCode::kDataLoss, Reason::kForeignToken), 6);
  EXPECT_EQ(code(absl::StatusCode::kDataLoss, Reason::kCorruption), 1);
  EXPECT_EQ(code(absl::StatusCode::kInternal, Reason::kUnknown), 1);
}

TEST(Explain, TellsEveryViolationAndTheRemedy) {
  EXPECT_EQ(
      Explain(MakeError(absl::StatusCode::kAlreadyExists, Reason::kReleaseConflict, "other content is held",
                        {{"held_digest", "aa"}, {"given_digest", "bb"}}),
              "host:1"),
      "tidewaiter: other content is held\n"
      "  given_digest=bb\n"
      "  held_digest=aa\n"
      "Hint: a release is never overwritten: the other content needs an id of its own. A table of one's "
      "own gives it in the column `release`; other formats make it of --published-at, and most of the "
      "file's name. Say --kind correction if it is one\n");
  EXPECT_EQ(Explain(MakeError(absl::StatusCode::kInvalidArgument, Reason::kInvalidArgument,
                              "2 problems: a: b; c: d", {}, {{"a", "b"}, {"c", "d"}}),
                    "host:1"),
            "tidewaiter: 2 problems:\n  a: b\n  c: d\n");
  EXPECT_THAT(
      Explain(absl::UnavailableError("failed to connect to all addresses; last error: UNKNOWN: no such file"),
              "unix:/run/x"),
      StartsWith("tidewaiter: the daemon at unix:/run/x cannot be reached (no such file)\nHint: "));
}

TEST_F(ProgramTest, PushCreatesTheDatasetAndPushesInPublishedOrder) {
  const std::string file = FileWith(
      "published_on,period,partner,flow,value,source\n"
      "2025-08-07,2025-07,RU,T,19.14,a\n"
      "2025-07-14,2025-06,RU,T,17.2,a\n"
      "2025-07-14,2025-06,RU,T,17.2,b\n");
  const Outcome outcome =
      Run({"push", file, "--dataset", "NEW", "--publisher", "GACC", "--time-zone", "Asia/Shanghai", "--stage",
           "flash", "--kind", "backfill", "--title", "Press", "-o", "csv"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const v1::Dataset& made = daemon_.datasets["NEW"];
  EXPECT_EQ(made.publisher(), "GACC");
  EXPECT_EQ(made.time_zone(), "Asia/Shanghai");
  ASSERT_EQ(made.dimensions_size(), 2);
  EXPECT_EQ(made.dimensions(0).role(), v1::ROLE_PARTNER);
  const auto pushes = daemon_.pushes();
  ASSERT_EQ(pushes.size(), 2u);
  EXPECT_EQ(pushes[0].header().release_id(), "NEW:2025-07-14");
  EXPECT_EQ(pushes[1].header().published_on(), "2025-08-07");
  EXPECT_EQ(pushes[1].header().stage(), "flash");
  EXPECT_EQ(pushes[1].header().kind(), v1::RELEASE_KIND_BACKFILL);
  EXPECT_EQ(pushes[1].header().title(), "Press");
  EXPECT_THAT(outcome.out,
              StartsWith("sequence,published_at,release,observations,outcome,twin,digest,file\n"));
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("created the dataset NEW of GACC: partner.flow"), HasSubstr("1 row joined"),
                    HasSubstr("2 releases accepted with 2 observations")));
}

TEST_F(ProgramTest, ABadRowRefusesTheFileAndNothingIsSent) {
  const std::string file = FileWith(
      "published_on,period,partner,currency,unit,value\n"
      "2025-08-07,2025-07,RU,USD,BN,19.14\n"
      "2025-08-08,2025-13,RU,USD,BN,1.2.3\n");
  const Outcome outcome = Run({"push", file, "--dataset", "T"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(absl::StrCat(file, " line 3, column period")),
                                 HasSubstr(absl::StrCat(file, " line 3, column value"))));
  EXPECT_TRUE(daemon_.pushes().empty());
}

TEST_F(ProgramTest, ARefusalOfTheDaemonNamesTheLine) {
  const std::string file = FileWith(
      "published_on,period,partner,currency,unit,value\n"
      "2025-08-07,2025-07,US,USD,BN,1\n"
      "2025-08-07,2025-07,RU,USD,BN,2\n");
  daemon_.accept = [](const v1::ReleaseHeader&) {
    return MakeError(absl::StatusCode::kInvalidArgument, Reason::kInvalidArgument, "no", {},
                     {{"sections[0].observations[0].value", "too small"}});
  };
  const Outcome outcome = Run({"push", file, "--dataset", "T"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_THAT(outcome.err,
              HasSubstr(absl::StrCat(file, " line 3, value: too small")));  // RU stands before US
  EXPECT_THAT(outcome.err, HasSubstr("stopped at GACC/T:2025-08-07"));
}

TEST_F(ProgramTest, ADryRunOfANewDatasetComparesReleasesWithEachOther) {
  const std::string file = FileWith(
      "published_on,period,partner,value\n"
      "2025-08-07,2025-07,RU,19.14\n"
      "2025-09-07,2025-07,RU,19.2\n");
  const Outcome outcome = Run({"push", file, "--dataset", "NEW", "--dry-run", "-o", "csv"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("NEW:2025-08-07,RU,2025-07,,19.14,0.01,,NEW,"),
                                 HasSubstr("NEW:2025-09-07,RU,2025-07,19.14,19.2,0.1,,REVISED,")));
  EXPECT_THAT(outcome.err, HasSubstr("does not exist: a push would create it"));
  EXPECT_TRUE(daemon_.pushes().empty());
  EXPECT_EQ(daemon_.datasets.count("NEW"), 0u);
}

TEST_F(ProgramTest, OptionsThatContradictTheDatasetAreRefused) {
  const std::string file =
      FileWith("published_on,period,partner,currency,unit,value\n2025-08-07,2025-07,RU,USD,BN,1\n");
  const Outcome outcome = Run({"push", file, "--dataset", "T", "--time-zone", "Asia/Tokyo"});
  EXPECT_EQ(outcome.code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("Asia/Shanghai"));
}

TEST_F(ProgramTest, ListsGoThroughAllPages) {
  const Outcome series = Run({"series", "T", "-o", "csv"});
  EXPECT_EQ(series.out,
            "series,unit\nS1.USD.BN,USD BN\nS2.USD.BN,USD BN\nS3.USD.BN,USD BN\nS4.USD.BN,USD "
            "BN\nS5.USD.BN,USD BN\n");
  EXPECT_THAT(Run({"datasets"}).out, AllOf(HasSubstr("T        GACC"), HasSubstr("partner,currency,unit")));
  EXPECT_THAT(Run({"status"}).out, AllOf(HasSubstr("observations     834"), HasSubstr("1.5 KiB used")));
  EXPECT_THAT(Run({"status", "-o", "json"}).out, HasSubstr("\"head\":96"));
  EXPECT_EQ(Run({"retract", "A/r1", "--reason", "wrong file"}).out,
            "Retracted A/r1 (sequence 1) by sequence 9.\n");
  EXPECT_EQ(Run({"retract", "1"}).code, 0);
}

// A release of agency A; its datasets are named by `sections`.
v1::Release ReleaseOf(std::uint64_t sequence, const std::string& id, v1::ReleaseKind kind,
                      const std::vector<std::string>& sections = {}) {
  v1::Release release;
  release.set_sequence(sequence);
  release.mutable_header()->set_agency("GACC");
  release.mutable_header()->set_release_id(id);
  release.mutable_header()->set_kind(kind);
  release.mutable_header()->set_published_on("2025-08-29");
  release.mutable_header()->mutable_published_at()->set_seconds(1756483199);
  release.mutable_header()->mutable_published_at()->set_nanos(999999000);
  release.mutable_accepted_at()->set_seconds(1756483199);
  for (const std::string& dataset : sections) {
    release.add_sections()->set_dataset(dataset);
    release.mutable_sections(release.sections_size() - 1)->set_action(v1::ACTION_MERGE);
  }
  return release;
}

// Cells of 俄罗斯, one a month from 2025-01: {class, flags, before, after} in hundredths; none: WITHDRAWN.
struct ChangeOf {
  v1::ChangeClass change;
  unsigned flags;
  std::optional<int> before;
  std::optional<int> after;
};

v1::ChangeBlock BlockOf(const std::string& dataset, const std::string& series,
                        const std::vector<ChangeOf>& changes) {
  v1::ChangeBlock block;
  block.set_dataset(dataset);
  block.mutable_cells()->add_series(series);
  block.mutable_cells()->add_cell_counts(static_cast<unsigned>(changes.size()));
  block.mutable_cells()->add_releases()->set_sequence(7);
  block.mutable_cells()->mutable_data()->set_scale(2);
  block.mutable_before()->set_scale(2);
  const auto add = [](const std::optional<int>& value, v1::DatumColumn* column) {
    column->add_coefficients(value.value_or(0));
    column->add_absences(value ? v1::ABSENCE_UNSPECIFIED : v1::ABSENCE_WITHDRAWN);
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    block.mutable_cells()->add_period_start_deltas(i == 0 ? 660 : 1);
    block.mutable_cells()->add_release_indexes(0);
    block.add_classes(changes[i].change);
    block.add_flags(changes[i].flags);
    add(changes[i].before, block.mutable_before());
    add(changes[i].after, block.mutable_cells()->mutable_data());
  }
  return block;
}

class DiffTest : public ProgramTest {
 protected:
  DiffTest() {
    daemon_.releases = {ReleaseOf(6, "T:2025-08-07", v1::RELEASE_KIND_REGULAR, {"T"}),
                        ReleaseOf(7, "T:2025-08-29", v1::RELEASE_KIND_REGULAR, {"T"}),
                        ReleaseOf(8, "U:2025-08-29", v1::RELEASE_KIND_REGULAR, {"U"}),
                        ReleaseOf(9, "T:2025-08-30", v1::RELEASE_KIND_CORRECTION, {"T"})};
    daemon_.changes = [this](const v1::ListChangesRequest& request, v1::ListChangesResponse* response) {
      requests_.push_back(request);
      *response->mutable_release() = daemon_.releases[request.sequence() - 6];
      if (request.page_token().empty()) {
        *response->add_changes() = BlockOf("T", "RU.USD.BN",
                                           {{v1::CHANGE_CLASS_REVISED, 0, 10000, 9700},
                                            {v1::CHANGE_CLASS_REVISED, 0, 400, 440},
                                            {v1::CHANGE_CLASS_NEW, 0, {}, 1234},
                                            {v1::CHANGE_CLASS_WITHDRAWN, 0, 500, {}}});
        response->set_omitted_confirmed(400);
        response->set_next_page_token("more");
      } else {
        *response->add_changes() = BlockOf("T", "US.USD.BN",
                                           {{v1::CHANGE_CLASS_REVISED, 1, 700, 701},
                                            {v1::CHANGE_CLASS_REVISED, 0, 0, 5},
                                            {v1::CHANGE_CLASS_RESTORED, 0, {}, 300},
                                            {v1::CHANGE_CLASS_BACKFILLED, 0, 300, 200}});
        response->set_omitted_confirmed(12);
      }
      return absl::OkStatus();
    };
  }
  std::vector<v1::ListChangesRequest> requests_;
};

TEST_F(DiffTest, TheLargestFirst) {
  const Outcome outcome = Run({"diff", "7"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out,
      "GACC 2025-08-29: 1 new, 3 revised without announcement, 1 revised within rounding, 1 withdrawn "
      "without "
      "announcement, 1 restored without announcement, 1 older than what was held, 412 confirmed\n"
      "series     period   change                        before        after  amount  per cent  unit    "
      "announced\n"
      "US.USD.BN  2025-02  REVISED                         0.00         0.05   +0.05            USD BN  no\n"
      "RU.USD.BN  2025-02  REVISED                         4.00         4.40   +0.40     +10.0  USD BN  no\n"
      "RU.USD.BN  2025-01  REVISED                       100.00        97.00   -3.00      -3.0  USD BN  no\n"
      "US.USD.BN  2025-01  REVISED within rounding         7.00         7.01   +0.01      +0.1  USD BN  no\n"
      "RU.USD.BN  2025-04  WITHDRAWN                       5.00  (WITHDRAWN)                    USD BN  no\n"
      "US.USD.BN  2025-03  RESTORED                 (WITHDRAWN)         3.00                    USD BN  no\n"
      "RU.USD.BN  2025-03  NEW                                         12.34                    USD BN  yes\n"
      "US.USD.BN  2025-04  BACKFILLED                      3.00         2.00                    USD BN\n");
  ASSERT_EQ(requests_.size(), 2u);
  EXPECT_TRUE(requests_[0].omit_confirmed());
  EXPECT_EQ(requests_[0].sequence(), 7u);
}

TEST_F(DiffTest, AsCsv) {
  const Outcome outcome = Run({"diff", "7", "T/RU..", "-o", "csv", "--sort", "series", "--all"});
  EXPECT_EQ(outcome.out,
            "series,period,change,before,after,amount,percent,unit,announced,within_rounding,status_only\n"
            "RU.USD.BN,2025-01,REVISED,100.00,97.00,-3.00,-3.0,USD BN,no,false,false\n"
            "RU.USD.BN,2025-02,REVISED,4.00,4.40,0.40,10.0,USD BN,no,false,false\n"
            "RU.USD.BN,2025-03,NEW,,12.34,,,USD BN,yes,false,false\n"
            "RU.USD.BN,2025-04,WITHDRAWN,5.00,(WITHDRAWN),,,USD BN,no,false,false\n"
            "US.USD.BN,2025-01,REVISED,7.00,7.01,0.01,0.1,USD BN,no,true,false\n"
            "US.USD.BN,2025-02,REVISED,0.00,0.05,0.05,,USD BN,no,false,false\n"
            "US.USD.BN,2025-03,RESTORED,(WITHDRAWN),3.00,,,USD BN,no,false,false\n"
            "US.USD.BN,2025-04,BACKFILLED,3.00,2.00,,,USD BN,,false,false\n");
  EXPECT_THAT(outcome.err, StartsWith("GACC 2025-08-29: 1 new, 3 revised without announcement"));
  EXPECT_FALSE(requests_[0].omit_confirmed());
  EXPECT_EQ(requests_[0].selectors(0).key(), "RU..");
}

TEST_F(DiffTest, ByAmountAndOnlyTheFirst) {
  const Outcome outcome = Run({"diff", "7", "-o", "csv", "--sort", "amount", "--top", "2"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\nRU.USD.BN,2025-01,REVISED,"),
                                 HasSubstr("\nRU.USD.BN,2025-02,REVISED,"), Not(HasSubstr("US.USD.BN"))));
  EXPECT_THAT(outcome.err, HasSubstr("6 changes not shown: see --top"));
}

TEST_F(DiffTest, WhatACorrectionChangesIsAnnounced) {
  const Outcome outcome = Run({"diff", "9", "-o", "json", "-q", "--top", "1"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\"announced\":\"yes\""), HasSubstr("\"kind\":\"CORRECTION\""),
                                 HasSubstr("\"counts\":{\"new\":1,\"revised\":3,\"within_rounding\":1,"),
                                 HasSubstr("\"confirmed\":412}")));
  EXPECT_THAT(Run({"diff", "9", "--top", "1"}).out, HasSubstr("1 new; 3 revised, as announced;"));
}

TEST_F(DiffTest, ReleasesAreFoundByName) {
  EXPECT_EQ(Run({"diff", "2025-08-30"}).code, 0);
  EXPECT_EQ(requests_.back().sequence(), 9u);
  EXPECT_EQ(Run({"diff", "T:2025-08-29"}).code, 0);
  EXPECT_EQ(requests_.back().sequence(), 7u);
  const Outcome several = Run({"diff", "2025-08-29"});
  EXPECT_EQ(several.code, 6);
  EXPECT_THAT(several.err, HasSubstr("fits 2 releases; give one of GACC/T:2025-08-29, GACC/U:2025-08-29"));
  const Outcome none = Run({"diff", "2025-08-31"});
  EXPECT_EQ(none.code, 3);
  EXPECT_THAT(none.err, HasSubstr("tidewaiter releases"));
}

// Statements of two series, as StreamHistory would send them.
void AddStatement(const std::string& series, const std::string& period, int day, const std::string& value,
                  v1::ChangeClass change, v1::StreamHistoryResponse* message) {
  v1::HistoryEntry& entry = *message->add_entries();
  v1::Observation& row = *entry.mutable_observation();
  row.set_series(series);
  row.set_period(period);
  row.set_value(value);
  row.set_sequence(static_cast<std::uint64_t>(day));
  row.set_published_on(absl::StrCat("2025-08-0", day));
  row.mutable_published_at()->set_seconds(1754063999 + 86400 * (day - 1));
  row.mutable_published_at()->set_nanos(999999000);
  *row.mutable_value_since() = row.published_at();
  entry.mutable_vintage_change()->set_change_class(change);
  entry.mutable_event_change()->set_change_class(change);
}

class TriangleCommandTest : public ProgramTest {
 protected:
  TriangleCommandTest() {
    daemon_.history = [this](const v1::StreamHistoryRequest& request,
                             grpc::ServerWriter<v1::StreamHistoryResponse>* writer) {
      requests_.push_back(request);
      v1::StreamHistoryResponse message;
      message.mutable_vintage()->set_sequence(12);
      AddStatement("RU.USD.BN", "2025-06", 1, "17.2", v1::CHANGE_CLASS_NEW, &message);
      AddStatement("RU.USD.BN", "2025-06", 4, "17.6", v1::CHANGE_CLASS_REVISED, &message);
      AddStatement("RU.USD.BN", "2025-01/P6M", 2, "106.48", v1::CHANGE_CLASS_NEW, &message);
      writer->Write(message);
      message.Clear();
      if (request.keys_size() == 0)
        AddStatement("US.USD.BN", "2025-06", 3, "9", v1::CHANGE_CLASS_NEW, &message);
      writer->Write(message);
      return absl::OkStatus();
    };
  }
  std::vector<v1::StreamHistoryRequest> requests_;
};

TEST_F(TriangleCommandTest, AsTables) {
  const Outcome outcome = Run({"triangle", "T"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "RU.USD.BN, USD BN\n"
            "period       2025-08-01  2025-08-02  2025-08-04\n"
            "2025-06            17.2       17.2        17.6*\n"
            "2025-01/P6M                  106.48      106.48\n"
            "\n"
            "US.USD.BN, USD BN\n"
            "period   2025-08-03\n"
            "2025-06           9\n"
            "* changed by this vintage\n"
            "2 triangles of T, read at sequence 12. The same again: --at-sequence 12\n");
  EXPECT_EQ(requests_.at(0).type(), v1::HISTORY_TYPE_CHANGED);
}

TEST_F(TriangleCommandTest, AWideTableOfSeveralSeriesIsReadTwiceAtOneVintage) {
  const Outcome outcome = Run({"triangle", "T", "-o", "csv", "--months", "1"});
  EXPECT_EQ(outcome.out,
            "series,period,2025-08-01,2025-08-03,2025-08-04\n"
            "RU.USD.BN,2025-06,17.2,17.2,17.6\n"
            "US.USD.BN,2025-06,,9,9\n");
  ASSERT_EQ(requests_.size(), 2u);
  EXPECT_FALSE(requests_[0].vintage().has_sequence());
  EXPECT_EQ(requests_[1].vintage().sequence(), 12u);
}

TEST_F(TriangleCommandTest, OneSeriesIsReadOnce) {
  const Outcome outcome = Run({"triangle", "T/RU.USD.BN", "-o", "csv", "--changes-only"});
  EXPECT_EQ(outcome.out,
            "series,period,2025-08-01,2025-08-02,2025-08-04\n"
            "RU.USD.BN,2025-06,17.2,,17.6\n"
            "RU.USD.BN,2025-01/P6M,,106.48,\n");
  EXPECT_EQ(requests_.size(), 1u);
}

TEST_F(TriangleCommandTest, AsObjects) {
  const Outcome outcome = Run({"triangle", "T/RU.USD.BN", "-o", "ndjson", "--last", "1", "-q"});
  EXPECT_EQ(
      outcome.out,
      "{\"series\":\"RU.USD.BN\",\"period\":\"2025-06\",\"published_at\":\"2025-08-04\",\"sequence\":4,"
      "\"before\":\"17.2\",\"value\":\"17.6\",\"absence\":null,\"unit\":\"USD BN\",\"change\":\"REVISED\","
      "\"within_rounding\":false,\"status_only\":false}\n");
}

}  // namespace
}  // namespace tidewaiter::cli
