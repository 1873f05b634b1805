// The bytes that a release's digest is taken over. They must never change: a digest once given stands.
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "absl/strings/escaping.h"
#include "tests/domain/releases.h"
#include "tests/domain/testing.h"

namespace tidewaiter {
namespace {

using Section = Release::Section;

void Write(const Release& release, CanonicalWriter& writer) {
  writer.Header(release.header());
  for (const Section& section : release.sections()) {
    writer.BeginSection(section.header);
    for (const Observation& o : section.observations) {
      writer.Add(o.series.text(), o.period, o.datum, o.attributes, o.source, o.note);
    }
  }
  writer.Finish();
}

std::string Canonical(const Release& release) {
  std::string bytes;
  CanonicalWriter writer([&bytes](std::string_view piece) { bytes.append(piece); });
  Write(release, writer);
  return bytes;
}

std::string Canonical(const ReleaseHeader& header, std::vector<Section> sections) {
  return Canonical(Must(Release::Create(header, std::move(sections), TwoDatasets)));
}

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// A little of everything: a day, a scope open at one end, a run of months, a coarse step, an absence, texts,
// the longest number, two sections.
ReleaseHeader GoldenHeader() {
  ReleaseHeader header = AHeader();
  header.published_at = PublishedAt::OnDay(absl::CivilDay(2025, 8, 7), absl::FixedTimeZone(8 * 3600));
  return header;
}

std::vector<Section> GoldenSections() {
  Observation year_to_date = Obs("CN.RU.M", "2025-01/P7M", "-125.800");
  year_to_date.datum = Must(Datum::ValueWithStep(D("-125.800"), -1));
  year_to_date.attributes.status = 'P';
  year_to_date.source = "https://example.org/7";
  year_to_date.note = "中";
  Observation coarse = Obs("CN.RU.X", "2025-01", "6480");
  coarse.datum = Must(Datum::ValueWithStep(D("6480"), 1));
  Observation suppressed = Obs("CN.RU.X", "2025-02", "0");
  suppressed.datum = Datum::Absent(Absence::kSuppressed);
  const Scope scope{S("CN.RU+BY."), {M("2025-01"), std::nullopt}};
  return {Section{{"PRESS", Action::kReplace, scope}, {year_to_date, coarse, suppressed}},
          Merge("TABLES", {Obs("CN.RU.X", "2025-01", "999999999.999999999999999999")})};
}

constexpr char kGolden[] =
    // clang-format off
    "545743310400000047414343"
    "ff5fae8cc83b060001534f0000"
    "05000000666c61736801040000004a756c79"
    "53050000005052455353020109000000434e2e42592b52552e01ec5e000000"
    "4b07000000434e2e52552e4d"
    "43ec5e000007000000009814feffffffffffffffffffffffffff03ff50461500000068747470733a2f2f6578616d706c"
    "652e6f72672f3703000000e4b8ad"
    "4b07000000434e2e52552e58"
    "43ec5e0000010000000050190000000000000000000000000000000141460000000000000000"
    "43ed5e0000010000000341460000000000000000"
    "730300000000000000"
    "53060000005441424c45530100"
    "4b07000000434e2e52552e58"
    "43ec5e00000100000000ffffffe73c80d09f3c2e3b030000000012ee41460000000000000000"
    "730100000000000000"
    "4502000000";
// clang-format on

TEST(CanonicalTest, GoldenBytes) { EXPECT_EQ(Hex(Canonical(GoldenHeader(), GoldenSections())), kGolden); }

TEST(CanonicalTest, TheOrderOfArrivalLeavesNoTrace) {
  Randomness random;
  std::vector<Section> sections = GoldenSections();
  for (int i = 0; i < 20; ++i) {
    random.Shuffle(sections[0].observations);
    ASSERT_EQ(Hex(Canonical(GoldenHeader(), sections)), kGolden);
  }
}

TEST(CanonicalTest, AnotherIdHasTheSameContent) {
  ReleaseHeader header = GoldenHeader();
  header.release_id = "again";
  EXPECT_EQ(Hex(Canonical(header, GoldenSections())), kGolden);
}

TEST(CanonicalTest, TheSameScopeInOtherWordsIsTheSame) {
  std::vector<Section> sections = GoldenSections();
  sections[0].header.scope->selector = S("CN.BY+RU+BY.*");
  EXPECT_EQ(Hex(Canonical(GoldenHeader(), sections)), kGolden);
}

TEST(CanonicalTest, EverythingElseCounts) {
  const std::string golden = Canonical(GoldenHeader(), GoldenSections());
  const std::vector<std::function<void(ReleaseHeader&, std::vector<Section>&)>> changes = {
      [](auto& h, auto&) { h.agency = "NBS"; },
      [](auto& h, auto&) {
        h.published_at.instant = Instant::FromMicros(h.published_at.instant.micros() - 1);
      },
      [](auto& h, auto&) { h.published_at.day.reset(); },
      [](auto& h, auto&) { h.stage = ""; },
      [](auto& h, auto&) { h.kind = ReleaseKind::kCorrection; },
      [](auto& h, auto&) { h.title = "July "; },
      [](auto&, auto& s) { std::swap(s[0], s[1]); },
      [](auto&, auto& s) { s.pop_back(); },
      [](auto&, auto& s) { s[1].header.dataset = "PRESS", s[1].observations[0].period = P("2025-03"); },
      [](auto&, auto& s) { s[0].header.action = Action::kDelete; },
      [](auto&, auto& s) { s[0].header.scope->selector = S("CN.RU."); },
      [](auto&, auto& s) { s[0].header.scope->periods.from.reset(); },
      [](auto&, auto& s) { s[0].header.scope->periods.to = M("2025-12"); },
      [](auto&, auto& s) { s[0].observations.pop_back(); },
      [](auto&, auto& s) { s[0].observations[1].series = K("CN.RU.T"); },
      [](auto&, auto& s) { s[0].observations[1].period = P("2025-01/P2M"); },
      [](auto&, auto& s) { s[0].observations[1].datum = V("6480"); },
      [](auto&, auto& s) { s[0].observations[1].datum = Must(Datum::ValueWithStep(D("6480.0"), 1)); },
      [](auto&, auto& s) { s[0].observations[2].datum = Datum::Absent(Absence::kNil); },
      [](auto&, auto& s) { s[0].observations[1].attributes.status = 'E'; },
      [](auto&, auto& s) { s[0].observations[1].attributes.conf = 'C'; },
      // The same bytes of text, parted elsewhere.
      [](auto&, auto& s) { s[0].observations[0].source += "中", s[0].observations[0].note = ""; },
  };
  std::set<std::string> seen = {golden};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    ReleaseHeader header = GoldenHeader();
    std::vector<Section> sections = GoldenSections();
    changes[i](header, sections);
    EXPECT_TRUE(seen.insert(Canonical(header, sections)).second) << "change " << i;
  }
}

TEST(CanonicalTest, ALargeReleaseComesInPiecesOfBoundedSize) {
  std::vector<Observation> observations;
  for (int i = 0; i < 10'000; ++i) {
    Observation observation = Obs("CN.RU.X", "1700-01", "1");
    observation.period = Period::FromValid(M("1700-01") + i, 1);
    observations.push_back(observation);
  }
  const Release release = Must(Release::Create(AHeader(), {Merge("PRESS", observations)}, TwoDatasets));
  std::size_t pieces = 0;
  std::size_t longest = 0;
  std::size_t total = 0;
  CanonicalWriter writer([&](std::string_view piece) {
    ++pieces;
    longest = std::max(longest, piece.size());
    total += piece.size();
  });
  Write(release, writer);
  EXPECT_GT(pieces, 3u);
  EXPECT_LT(longest, 80u << 10);
  EXPECT_EQ(total, Canonical(release).size());
  // One key for all, and a cell of 38 bytes each.
  EXPECT_LT(total, 10'000u * 40);
}

}  // namespace
}  // namespace tidewaiter
