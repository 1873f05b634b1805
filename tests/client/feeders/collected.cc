#include "tests/client/feeders/collected.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "domain/strings.h"
#include "gtest/gtest.h"
#include "tests/client/feeders/in_pieces.h"

namespace tidewaiter::feeders {
namespace {

std::string With(std::string_view word, std::string_view text) {
  return text.empty() ? std::string() : absl::StrCat(" ", ToAbsl(word), " ", ToAbsl(text));
}

std::string Places(const DatasetDefinition& dataset) {
  return absl::StrJoin(dataset.dimensions, " ", [](std::string* out, const Dimension& d) {
    absl::StrAppend(out, d.id, ":", ToAbsl(RoleName(d.role)));
  });
}

std::string TextOf(const Collected::Section::Cell& cell, bool lines) {
  const Observation& o = cell.observation;
  std::string out = absl::StrCat(cell.key, " ", o.period.ToString(), " ", o.datum.ToString());
  if (o.datum.has_value() && o.datum.step_exponent() != -o.datum.value().scale()) {
    absl::StrAppend(&out, With("step", o.datum.StepText()));
  }
  if (o.attributes.status != 'A') absl::StrAppend(&out, With("status", std::string(1, o.attributes.status)));
  if (o.attributes.conf != 'F') absl::StrAppend(&out, With("conf", std::string(1, o.attributes.conf)));
  absl::StrAppend(&out, With("source", o.source), With("note", o.note), With("date_basis", cell.date_basis));
  if (lines) absl::StrAppend(&out, " line ", cell.line);
  return out;
}

std::string TextOf(const Problem& problem) {
  std::string out;
  if (problem.line != 0) absl::StrAppend(&out, "line ", problem.line);
  if (!problem.column.empty()) absl::StrAppend(&out, out.empty() ? "" : ", ", "column ", problem.column);
  return absl::StrCat(out, out.empty() ? "" : ": ", problem.description);
}

}  // namespace

absl::StatusOr<std::size_t> Collected::AddDataset(const DatasetDefinition& profile) {
  EXPECT_TRUE(Validate(profile).ok()) << Validate(profile);
  for (std::size_t i = 0; i < datasets.size(); ++i) {
    if (datasets[i].id != profile.id) continue;
    EXPECT_EQ(datasets[i], profile) << "two profiles for " << profile.id;
    return i;
  }
  datasets.push_back(profile);
  return datasets.size() - 1;
}

absl::StatusOr<std::size_t> Collected::AddRelease(const SourceRelease& release) {
  const Publication& p = release.published;
  EXPECT_EQ(p.at.has_value() + p.local.has_value() + p.on.has_value(), 1);
  const auto found = std::find(releases.begin(), releases.end(), release);
  if (found != releases.end()) return static_cast<std::size_t>(found - releases.begin());
  releases.push_back(release);
  return releases.size() - 1;
}

absl::StatusOr<std::size_t> Collected::AddSection(std::size_t release, std::size_t dataset, Action action,
                                                  const std::optional<Scope>& scope) {
  EXPECT_LT(release, releases.size());
  EXPECT_LT(dataset, datasets.size());
  Section& section = sections.emplace_back();
  section.release = release;
  section.dataset = dataset;
  section.action = action;
  section.scope = scope;
  return sections.size() - 1;
}

absl::Status Collected::AddCell(std::size_t section, const SourceCell& cell) {
  EXPECT_LT(section, sections.size());
  EXPECT_EQ(cell.codes.size(), datasets[sections[section].dataset].dimensions.size());
  Section::Cell& kept = sections[section].cells.emplace_back();
  kept.key = absl::StrJoin(cell.codes, ".", [](std::string* out, std::string_view code) {
    EXPECT_TRUE(ValidateCode(code).ok()) << ValidateCode(code);
    out->append(code);
  });
  EXPECT_TRUE(ValidateStatus(cell.stated.attributes.status).ok());
  EXPECT_TRUE(ValidateConf(cell.stated.attributes.conf).ok());
  EXPECT_TRUE(IsCleanUtf8(cell.stated.source) && IsCleanUtf8(cell.stated.note)) << "line " << cell.line;
  kept.observation.period = cell.stated.period;
  kept.observation.datum = cell.stated.datum;
  kept.observation.attributes = cell.stated.attributes;
  kept.observation.source = cell.stated.source;
  kept.observation.note = cell.stated.note;
  kept.date_basis = cell.date_basis;
  kept.line = cell.line;
  return absl::OkStatus();
}

void Collected::Refuse(std::vector<Problem> problems, std::string_view row) {
  EXPECT_FALSE(problems.empty());
  for (const Problem& problem : problems) EXPECT_FALSE(problem.description.empty());
  refused.push_back({std::move(problems), std::string(row)});
}

std::vector<std::string> Collected::Cells() const {
  std::vector<std::string> out;
  for (const Section& section : sections) {
    for (const Section::Cell& cell : section.cells) out.push_back(TextOf(cell, false));
  }
  return out;
}

std::vector<std::string> Collected::Problems() const {
  std::vector<std::string> out;
  for (const Refused& row : refused) {
    for (const Problem& problem : row.problems) out.push_back(TextOf(problem));
  }
  return out;
}

std::string Collected::ToText(bool lines) const {
  std::string out;
  for (const DatasetDefinition& dataset : datasets) {
    absl::StrAppend(&out, "dataset ", dataset.id, " ", Places(dataset), " publisher=", dataset.publisher,
                    " zone=", dataset.time_zone, With("title", dataset.title), "\n");
  }
  for (std::size_t r = 0; r < releases.size(); ++r) {
    const SourceRelease& release = releases[r];
    absl::StrAppend(&out, "release", With("agency", release.agency), With("id", release.release_id),
                    " published ", release.published.ToString(), With("stage", release.stage), " ",
                    ToAbsl(ReleaseKindName(release.kind)), With("title", release.title), "\n");
    for (const Section& section : sections) {
      if (section.release != r) continue;
      absl::StrAppend(&out, "section ", datasets[section.dataset].id, " ",
                      ToAbsl(ActionName(section.action)));
      if (section.scope) {
        const auto month = [](const std::optional<Month>& m) {
          return m ? m->ToString() : std::string("any");
        };
        absl::StrAppend(&out, " scope ", section.scope->selector.ToString(), ", ",
                        month(section.scope->periods.from), " to ", month(section.scope->periods.to));
      }
      absl::StrAppend(&out, "\n");
      for (const Section::Cell& cell : section.cells) absl::StrAppend(&out, TextOf(cell, lines), "\n");
    }
  }
  for (const Refused& row : refused) {
    for (const Problem& problem : row.problems) absl::StrAppend(&out, "refused ", TextOf(problem), "\n");
    if (!row.row.empty()) absl::StrAppend(&out, "        | ", row.row, "\n");
  }
  absl::StrAppend(&out, "rows ", rows_, ", cells ", Cells().size());
  for (const auto& [why, count] : passed_over) absl::StrAppend(&out, ", passed over ", count, " (", why, ")");
  return absl::StrCat(out, "\n");
}

absl::Status ParseText(const Feeder& feeder, std::string_view text, const FeedOptions& options,
                       FeedSink& sink, std::size_t piece) {
  InPieces input(text, piece);
  return feeder.Parse(input, options, sink);
}

absl::Status ParseFile(const Feeder& feeder, const std::filesystem::path& path, FeedOptions options,
                       FeedSink& sink) {
  const auto input = FileInput::Open(path.string());
  if (!input.ok()) return input.status();
  if (options.file.empty()) options.file = path.filename().string();
  return feeder.Parse(**input, options, sink);
}

std::optional<std::filesystem::path> RealData() {
  const char* shared = std::getenv("TIDEWAITER_SHARED");
  const std::filesystem::path data = std::filesystem::path(shared == nullptr ? "../shared" : shared) / "data";
  if (!std::filesystem::is_directory(data)) return std::nullopt;
  return data;
}

void ExpectGolden(std::string_view name, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path("tests/golden/feeders") / name;
  const char* renew = std::getenv("TIDEWAITER_RENEW_GOLDEN");
  if (renew != nullptr && *renew == '1') {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream in(path, std::ios::binary);
  ASSERT_TRUE(in.is_open()) << path << " is missing; TIDEWAITER_RENEW_GOLDEN=1 writes it";
  const std::string expected{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_EQ(text, expected) << "TIDEWAITER_RENEW_GOLDEN=1 renews " << path;
}

void Torment(const Feeder& feeder, const std::vector<std::string>& seeds, const FeedOptions& options,
             int rounds) {
  const char* given = std::getenv("TIDEWAITER_FUZZ_SEED");
  const char* count = std::getenv("TIDEWAITER_FUZZ_ROUNDS");
  const unsigned seed = given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::atol(given));
  if (count != nullptr) rounds = std::atoi(count);
  std::cout << "TIDEWAITER_FUZZ_SEED=" << seed << " TIDEWAITER_FUZZ_ROUNDS=" << rounds << "\n";
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t n) { return n == 0 ? 0 : random() % n; };
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", round " << round);
    std::string text = seeds[below(seeds.size())];
    for (std::size_t changes = 1 + below(8); changes > 0; --changes) {
      const std::size_t at = below(text.size() + 1);
      const std::size_t length = below(std::min<std::size_t>(text.size() - at, 64) + 1);
      switch (below(6)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(at, text.substr(at, length));
          break;
        case 2:
          text.insert(at, 1, static_cast<char>(random()));
          break;
        case 3:
          if (at < text.size()) text[at] = static_cast<char>(random());
          break;
        case 4:
          text.resize(at);
          break;
        default: {
          const std::string& other = seeds[below(seeds.size())];
          const std::size_t from = below(other.size());
          text.insert(at, other.substr(from, below(200)));
        }
      }
    }
    Collected sink;
    (void)ParseText(feeder, text, options, sink, 1 + below(5000));
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "on: " << text.substr(0, 4000);
      return;
    }
  }
}

}  // namespace tidewaiter::feeders
