#include "client/feeders/gacc/gacc_query.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/gacc_profile.h"
#include "client/feeders/gacc/gacc_query_columns.h"
#include "client/feeders/gacc/gacc_query_facts.h"
#include "client/feeders/gacc/gacc_query_row.h"
#include "client/feeders/gacc/printed_number.h"
#include "client/feeders/limits.h"
#include "client/feeders/text/csv_reader.h"
#include "client/feeders/text/decoded_input.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

using Column = GaccQueryColumn;

constexpr std::string_view kExample =
    "\"Date of data\",\"Trading partner code\",\"Trading partner\",\"Commodity code\",\"Commodity\","
    "\"Quantity\",\"Unit\",\"Supplementary Quantity\",\"Supplementary Unit\",\"US dollar\",\n"
    "\"202507\",\"344\",\"Russia\",\"44071120\",\"Sawn wood\",\"61,204\",\"Cubic "
    "metre\",\"30602000\",\"Kilogram\",\"12,345,678\",\n"
    "\"202507\",\"401\",\"Antigua & "
    "Barbuda\",\"95030010\",\"Toys\",\"118\",\"Kilogram\",\"0\",\"?\",\"904\",\n";

// The name without its ending, as a release id may have it.
std::string Stem(std::string_view file) {
  const std::string_view stem = file.substr(0, file.rfind('.'));
  return IsCleanUtf8(stem) ? std::string(stem) : "file";
}

// Reads the rows of one file.
class Reader {
 public:
  Reader(CsvReader* csv, const FeedOptions* options, FeedSink* sink)
      : csv_(csv), options_(options), sink_(sink) {}

  absl::Status Run();

 private:
  absl::Status Begin(const GaccQueryColumns& columns);
  absl::Status Row(GaccQueryRow& row);
  void CheckComplete();

  CsvReader* csv_;
  const FeedOptions* options_;
  FeedSink* sink_;
  GaccQueryFacts facts_;
  std::size_t section_ = 0;
  std::uint64_t rows_ = 0;
};

absl::Status Reader::Run() {
  TW_ASSIGN_OR_RETURN(const bool any, csv_->Next());
  if (!any) return InvalidField("", "line 1: the file is empty; the first line names the columns");
  TW_ASSIGN_OR_RETURN(const GaccQueryColumns columns, GaccQueryColumns::FromHeader(csv_->fields()));
  TW_RETURN_IF_ERROR(Begin(columns));
  GaccQueryRow row(&columns, &facts_);
  for (;;) {
    TW_ASSIGN_OR_RETURN(const bool more, csv_->Next());
    if (!more) break;
    if (csv_->blank()) continue;
    TW_RETURN_IF_ERROR(Row(row));
  }
  CheckComplete();
  return absl::OkStatus();
}

absl::Status Reader::Begin(const GaccQueryColumns& columns) {
  TW_ASSIGN_OR_RETURN(facts_, ResolveGaccQueryFacts(columns, *options_));
  for (const auto& [code, name] : {std::pair(Column::kCommodity, Column::kCommodityName),
                                   std::pair(Column::kRegime, Column::kRegimeName),
                                   std::pair(Column::kLocation, Column::kLocationName)}) {
    if (columns.Has(code) || !columns.Has(name)) continue;
    return InvalidField("line 1", absl::StrCat(Quoted(columns.Name(name)),
                                               " stands without its column of codes, which the online query "
                                               "writes beside it; give the file as it was downloaded"));
  }
  SourceRelease release;
  TW_ASSIGN_OR_RETURN(release.published,
                      ResolvePublication(std::nullopt, "", options_->file, options_->published));
  const DatasetDefinition profile = GaccProfile(
      "GACC_QUERY", kGaccQueryDimensions, "China's trade by partner and commodity: GACC's online query",
      "Monthly, unit of one; HS edition by the month; regime and location TOTAL where the query did "
      "not show them.",
      *options_);
  TW_ASSIGN_OR_RETURN(const std::size_t dataset, sink_->AddDataset(profile));
  release.release_id = GaccReleaseId(profile, release.published, Stem(options_->file));
  release.stage = "query";
  TW_ASSIGN_OR_RETURN(const std::size_t index, sink_->AddRelease(release));
  TW_ASSIGN_OR_RETURN(section_, sink_->AddSection(index, dataset, Action::kMerge, std::nullopt));
  return absl::OkStatus();
}

absl::Status Reader::Row(GaccQueryRow& row) {
  sink_->CountRows(1);
  ++rows_;
  if (!row.Read(csv_->fields(), csv_->line())) {
    sink_->Refuse(std::move(row.problems()), csv_->row());
    return absl::OkStatus();
  }
  for (std::size_t i = 0; i < row.cells(); ++i) {
    const StatedCell cell = row.Cell(i);
    TW_RETURN_IF_ERROR(sink_->AddCell(section_, {row.codes(), cell, "", csv_->line()}));
  }
  return absl::OkStatus();
}

// The site cuts a download at so many rows, and does not say so.
void Reader::CheckComplete() {
  if (rows_ != kGaccQueryRows || facts_.complete) return;
  sink_->Refuse({{csv_->line(), "",
                  absl::StrCat("the file has exactly ", kGaccQueryRows,
                               " rows, at which the online query cuts its downloads without a word; ask for "
                               "less at once, or say --set complete=yes if these are all")}},
                "");
}

class GaccQueryFeeder : public Feeder {
 public:
  FormatInfo info() const override {
    FormatInfo info;
    info.name = "gacc-query";
    info.summary = "China's customs (GACC), online query: CSV by month, partner, HS code; GB18030 or UTF-8";
    info.example = kExample;
    info.takes_constants = true;
    return info;
  }

  bool Recognises(std::string_view head, std::string_view) const override {
    TextInput input(head);
    DecodedInput decoded(&input);
    CsvReader csv(&decoded);
    const auto any = csv.Next();
    return any.ok() && *any && csv.fields().size() > 1 && GaccQueryColumns::FromHeader(csv.fields()).ok();
  }

  absl::Status Parse(Input& input, const FeedOptions& options, FeedSink& sink) const override {
    DecodedInput decoded(&input);
    CsvReader csv(&decoded);
    return Reader(&csv, &options, &sink).Run();
  }
};

}  // namespace

const Feeder& GaccQuery() {
  static const auto* const feeder = new GaccQueryFeeder();
  return *feeder;
}

}  // namespace tidewaiter::feeders
