#include "tests/client/feeders/sorted.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tidewaiter::feeders {
namespace {

class Keeper : public ReleaseVisitor {
 public:
  explicit Keeper(Sorted::Release* to) : to_(to) {}
  absl::Status BeginSection(const SectionHeader&) override { return absl::OkStatus(); }
  absl::Status BeginSeries(std::string_view key) override {
    key_ = SeriesKey::FromValid(std::string(key));
    return absl::OkStatus();
  }
  absl::Status Add(const StatedCell& cell) override {
    to_->cells.push_back(
        {key_, cell.period, cell.datum, cell.attributes, std::string(cell.source), std::string(cell.note)});
    return absl::OkStatus();
  }
  void At(std::string_view file, std::uint64_t line) override {
    to_->lines.push_back(absl::StrCat(std::string(file), " ", line));
  }

 private:
  Sorted::Release* to_;
  SeriesKey key_;
};

}  // namespace

Sorted Visited(const ReleaseSorter& sorter) {
  Sorted sorted;
  if (!sorter.datasets().empty()) {
    for (const Dimension& dimension : sorter.datasets()[0].dimensions)
      sorted.dimensions.push_back(dimension.id);
  }
  sorted.tally = sorter.files()[0];
  for (std::size_t i = 0; i < sorter.releases().size(); ++i) {
    Sorted::Release& release = sorted.releases.emplace_back();
    release.about = sorter.releases()[i];
    Keeper keeper(&release);
    EXPECT_TRUE(sorter.Visit(i, keeper).ok());
    EXPECT_EQ(release.cells.size(), release.about.cells);
  }
  return sorted;
}

absl::StatusOr<Sorted> Sort(const Feeder& feeder, std::string_view text, const FeedOptions& options,
                            SorterOptions sorter_options) {
  ReleaseSorter sorter(std::move(sorter_options));
  sorter.BeginFile(options.file);
  if (const absl::Status s = ParseText(feeder, text, options, sorter); !s.ok()) sorter.Fail(s);
  const absl::Status finished = sorter.Finish();
  if (!finished.ok()) return finished;
  return Visited(sorter);
}

std::vector<std::string> TextsOf(const Sorted::Release& release) {
  std::vector<std::string> texts;
  for (const Observation& cell : release.cells) {
    texts.push_back(
        absl::StrCat(cell.series.text(), " ", cell.period.ToString(), " ", cell.datum.ToString()));
  }
  return texts;
}

std::string ContentOf(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace tidewaiter::feeders
