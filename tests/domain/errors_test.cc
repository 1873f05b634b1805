#include "domain/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "domain/limits.h"
#include "domain/text.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ErrorsTest, EveryReasonHasANameOfItsOwnThatReadsBack) {
  std::vector<std::string_view> names;
  for (int i = 1; i <= static_cast<int>(Reason::kOverflow); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_NE(ReasonName(reason), "UNKNOWN") << i;
    EXPECT_EQ(ReasonFromName(ReasonName(reason)), reason);
    names.push_back(ReasonName(reason));
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_EQ(ReasonName(Reason::kReleaseConflict), "RELEASE_CONFLICT");
  EXPECT_EQ(ReasonName(Reason::kUnknown), "UNKNOWN");
  EXPECT_EQ(ReasonFromName("NO_SUCH_REASON"), Reason::kUnknown);
}

TEST(ErrorsTest, DetailsComeBackWhole) {
  const absl::Status status = MakeError(absl::StatusCode::kAlreadyExists, Reason::kReleaseConflict,
                                        "another digest", {{"held", "ab 12"}, {"proposed", ""}, {"", "7 x"}},
                                        {{"header.release_id", "taken"}, {"", ""}});
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Message(status), "another digest");
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.reason, Reason::kReleaseConflict);
  EXPECT_THAT(details.metadata,
              ElementsAre(std::pair("", "7 x"), std::pair("held", "ab 12"), std::pair("proposed", "")));
  EXPECT_THAT(details.violations,
              ElementsAre(FieldViolation{"header.release_id", "taken"}, FieldViolation{"", ""}));
}

TEST(ErrorsTest, AStatusMadeElsewhereHasNoDetails) {
  EXPECT_EQ(DetailsOf(absl::InternalError("x")).reason, Reason::kUnknown);
  EXPECT_EQ(DetailsOf(absl::OkStatus()).reason, Reason::kUnknown);
  for (const char* payload : {"", "9", "5 OTHER", "16 INVALID_ARGUMENT1 ", "16 INVALID_ARGUMENT0 0 x",
                              "999999999 x", "16 INVALID_ARGUMENT0 99999999 ", "-1 "}) {
    absl::Status status = absl::InternalError("x");
    status.SetPayload("tidewaiter/error-details", absl::Cord(payload));
    const ErrorDetails details = DetailsOf(status);
    EXPECT_EQ(details.reason, Reason::kUnknown) << payload;
    EXPECT_TRUE(details.violations.empty()) << payload;
  }
}

TEST(ErrorsTest, InvalidFieldSaysFieldAndDescription) {
  EXPECT_EQ(Message(InvalidField("period", "wrong")), "period: wrong");
  EXPECT_EQ(Message(InvalidField("", "wrong")), "wrong");
}

TEST(ErrorsTest, PrefixFieldsJoinsPathsAndKeepsTheRest) {
  EXPECT_THAT(FieldsOf(PrefixFields(InvalidField("scope", "x"), "sections[2]")),
              ElementsAre("sections[2].scope"));
  EXPECT_THAT(FieldsOf(PrefixFields(InvalidField(".scope", "x"), "sections[2]")),
              ElementsAre("sections[2].scope"));
  EXPECT_THAT(FieldsOf(PrefixFields(InvalidField("[4]", "x"), "selectors")), ElementsAre("selectors[4]"));
  EXPECT_THAT(FieldsOf(PrefixFields(InvalidField("", "x"), "from")), ElementsAre("from"));
  EXPECT_THAT(FieldsOf(PrefixFields(InvalidField("from", "x"), "")), ElementsAre("from"));
  EXPECT_EQ(Message(PrefixFields(InvalidField("", "wrong"), "from")), "from: wrong");
  EXPECT_TRUE(PrefixFields(absl::OkStatus(), "from").ok());

  const absl::Status own = MakeError(absl::StatusCode::kNotFound, Reason::kDatasetNotFound, "own words",
                                     {{"dataset", "A"}}, {{"dataset", "x"}});
  const absl::Status prefixed = PrefixFields(own, "sections[0]");
  EXPECT_EQ(prefixed.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Message(prefixed), "own words");
  EXPECT_EQ(DetailsOf(prefixed).metadata.at("dataset"), "A");
  EXPECT_THAT(FieldsOf(prefixed), ElementsAre("sections[0].dataset"));
}

TEST(ViolationsTest, NoneIsOk) {
  Violations violations;
  violations.Add("field", absl::OkStatus());
  EXPECT_TRUE(violations.empty());
  EXPECT_TRUE(violations.ToStatus().ok());
}

TEST(ViolationsTest, AllAreToldAtOnceUnderTheReason) {
  Violations violations;
  violations.Add("a", "first");
  violations.Add("b", InvalidField("c", "second"));
  violations.Add("d", absl::InternalError("third"));
  const absl::Status status = violations.ToStatus(Reason::kDuplicateCell);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailsOf(status).reason, Reason::kDuplicateCell);
  EXPECT_THAT(DetailsOf(status).violations,
              ElementsAre(FieldViolation{"a", "first"}, FieldViolation{"b.c", "second"},
                          FieldViolation{"d", "third"}));
  EXPECT_EQ(Message(status), "3 problems: a: first; b.c: second; d: third");
}

TEST(ViolationsTest, BeyondTheLimitTheyAreCountedThroughNesting) {
  Violations inner;
  const std::size_t total = limits::kMaxFieldViolations + 23;
  for (std::size_t i = 0; i < total; ++i) {
    EXPECT_EQ(inner.full(), i >= limits::kMaxFieldViolations);
    inner.Add(absl::StrCat("f", i), "wrong");
  }
  EXPECT_EQ(DetailsOf(inner.ToStatus()).violations.size(), limits::kMaxFieldViolations);
  EXPECT_THAT(Message(inner.ToStatus()), HasSubstr(absl::StrCat(total, " problems")));

  Violations outer;
  outer.Add("one", "more");
  outer.Add("in", PrefixFields(inner.ToStatus(), "side"));
  EXPECT_EQ(DetailsOf(outer.ToStatus()).violations.size(), limits::kMaxFieldViolations);
  EXPECT_EQ(DetailsOf(outer.ToStatus()).violations[1].field, "in.side.f0");
  EXPECT_THAT(Message(outer.ToStatus()), HasSubstr(absl::StrCat(total + 1, " problems")));
}

TEST(TextTest, QuotedShowsCleanTextAndEscapesTheRest) {
  EXPECT_EQ(Quoted("中国"), "\"中国\"");
  EXPECT_EQ(Quoted("a\nz"), "\"a\\nz\"");
  EXPECT_TRUE(IsCleanUtf8(Quoted("\xff\xfe")));
  EXPECT_EQ(QuotedCharacter("1，5", 1), "\"，\"");
  EXPECT_TRUE(IsCleanUtf8(QuotedCharacter("1\xef\xbc", 1)));
}

TEST(TextTest, QuotedShortensBetweenCharacters) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "€";
  const std::string quoted = Quoted(text);
  EXPECT_TRUE(IsCleanUtf8(quoted));
  EXPECT_LT(quoted.size(), 100u);
  EXPECT_THAT(quoted, HasSubstr("..."));
}

}  // namespace
}  // namespace tidewaiter
