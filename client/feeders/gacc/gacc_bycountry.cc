#include "client/feeders/gacc/gacc_bycountry.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/gacc/gacc_areas.h"
#include "client/feeders/gacc/gacc_bycountry_caption.h"
#include "client/feeders/gacc/gacc_profile.h"
#include "client/feeders/gacc/printed_number.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kDimensions = "reporter partner flow measure currency unit";
constexpr auto kNil = std::to_array<std::string_view>({"-", "--", "–", "—", "－", "\xE2\x88\x92"});

// The run of months of a column; none if it is not of the title's.
std::optional<Period> PeriodOf(const ByCountryColumn& column, Month month) {
  if (column.last_month != month.month()) return std::nullopt;
  const int months = column.cumulated ? month.month() : 1;
  return Period::FromValid(month - (months - 1), months);
}

// A column ready to be read.
struct Plan {
  const ByCountryColumn* column;
  Period period;
  std::string_view measure, unit;
  std::optional<std::size_t> same_as;  // an earlier column that states the same cell: January alone
};

absl::StatusOr<std::vector<Plan>> PlanColumns(const TextGrid& grid, const ByCountryHeader& header,
                                              const ByCountryCaption& caption) {
  std::vector<Plan> plans;
  for (const ByCountryColumn& column : header.columns) {
    const auto period = PeriodOf(column, caption.month);
    if (!period) {
      return InvalidField(
          CellName(header.first_row, column.column),
          absl::StrCat("the column ", Quoted(column.name), " speaks of month ", column.last_month,
                       ", and the title ", Quoted(caption.title), " of ", caption.month.ToString()));
    }
    Plan plan = {&column, *period, column.rate ? "YOY" : "VALUE",
                 column.rate ? std::string_view("PCT") : std::string_view(caption.multiplier), std::nullopt};
    for (std::size_t i = 0; i < plans.size(); ++i) {
      const Plan& other = plans[i];
      const bool same = other.column->flow == column.flow && other.period == plan.period &&
                        other.measure == plan.measure && !other.same_as;
      if (!same) continue;
      if (other.column->cumulated == column.cumulated) {
        return InvalidField(
            CellName(header.first_row, column.column),
            absl::StrCat("the columns ", CellName(header.first_row, other.column->column), " and ",
                         CellName(header.first_row, column.column), " both hold ", Quoted(column.name)));
      }
      plan.same_as = i;
    }
    plans.push_back(plan);
  }
  return plans;
}

// The rows under the header.
class Rows {
 public:
  Rows(const TextGrid* grid, const ByCountryHeader* header, const ByCountrySource* source,
       const ByCountryCaption* caption, FeedSink* sink)
      : grid_(grid), header_(header), source_(source), caption_(caption), sink_(sink) {}

  absl::Status Read(const std::vector<Plan>& plans, std::size_t section);

 private:
  absl::Status ReadRow(std::size_t row, const std::vector<Plan>& plans, std::size_t section);
  bool HasFigures(std::size_t row) const;
  std::optional<Datum> DatumAt(std::size_t row, const ByCountryColumn& column);
  void Fail(std::size_t row, std::size_t column, std::string_view description);
  std::string RowText(std::size_t row) const;

  const TextGrid* grid_;
  const ByCountryHeader* header_;
  const ByCountrySource* source_;
  const ByCountryCaption* caption_;
  FeedSink* sink_;
  std::vector<Problem> problems_;
};

absl::Status Rows::Read(const std::vector<Plan>& plans, std::size_t section) {
  for (std::size_t row = header_->first_data_row; row < grid_->rows(); ++row) {
    const std::string_view label = grid_->Text(row, header_->label_column);
    if (HasFigures(row)) {
      TW_RETURN_IF_ERROR(ReadRow(row, plans, section));
    } else if (!label.empty() && AreaOfGaccName(label)) {
      sink_->CountRows(1);
      Fail(row, header_->label_column, absl::StrCat(Quoted(label), " stands without figures"));
      sink_->Refuse(std::exchange(problems_, {}), RowText(row));
    } else if (!label.empty()) {
      sink_->CountRows(1);
      sink_->PassOver("note under the table");
    }
  }
  return absl::OkStatus();
}

// Does anything stand in the columns of figures, other than the label reaching over them?
bool Rows::HasFigures(std::size_t row) const {
  const TextGrid::Cell* const label = grid_->At(row, header_->label_column);
  for (std::size_t column = header_->label_column + 1; column < grid_->columns(); ++column) {
    const TextGrid::Cell* const cell = grid_->At(row, column);
    if (cell != nullptr && cell != label && !cell->text.empty()) return true;
  }
  return false;
}

absl::Status Rows::ReadRow(std::size_t row, const std::vector<Plan>& plans, std::size_t section) {
  sink_->CountRows(1);
  const std::string_view label = grid_->Text(row, header_->label_column);
  const auto area = AreaOfGaccName(label);
  if (!area) {
    Fail(row, header_->label_column,
         label.empty()
             ? "figures stand here without a country or region"
             : absl::StrCat(Quoted(label), " is the name of no country, area or group that is known"));
  }
  std::vector<std::optional<Datum>> data;
  std::vector<bool> headed(grid_->columns(), false);
  for (const Plan& plan : plans) {
    headed[plan.column->column] = true;
    data.push_back(DatumAt(row, *plan.column));
    if (plan.same_as && data.back() && data[*plan.same_as] && *data.back() != *data[*plan.same_as]) {
      Fail(row, plan.column->column,
           absl::StrCat(data.back()->ToString(), " stands here for ", plan.period.ToString(), ", and ",
                        data[*plan.same_as]->ToString(), " in ",
                        CellName(row, plans[*plan.same_as].column->column)));
    }
  }
  for (std::size_t column = header_->label_column + 1; column < headed.size(); ++column) {
    if (headed[column] || grid_->Text(row, column).empty()) continue;
    Fail(row, column, absl::StrCat(Quoted(grid_->Text(row, column)), " stands in a column without a head"));
  }
  if (!problems_.empty()) {
    sink_->Refuse(std::exchange(problems_, {}), RowText(row));
    return absl::OkStatus();
  }
  const TextGrid::Cell* const cell = grid_->At(row, header_->label_column);
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].same_as) continue;
    const std::vector<std::string_view> codes = {
        kChina, *area, plans[i].column->flow, plans[i].measure, caption_->currency, plans[i].unit};
    TW_RETURN_IF_ERROR(
        sink_->AddCell(section, {codes,
                                 {plans[i].period, *data[i], Attributes{}, "", ""},
                                 source_->published ? std::string_view("official") : std::string_view(),
                                 source_->has_lines ? cell->line : row + 1}));
  }
  return absl::OkStatus();
}

std::optional<Datum> Rows::DatumAt(std::size_t row, const ByCountryColumn& column) {
  const std::string_view text = TrimBlanks(grid_->Text(row, column.column));
  if (std::find(kNil.begin(), kNil.end(), text) != kNil.end()) return Datum::Absent(Absence::kNil);
  const auto number = ParsePrintedNumber(text);
  if (number.ok()) return Datum::Value(*number);
  Fail(row, column.column,
       text.empty()
           ? absl::StrCat("is empty in the column ", Quoted(column.name), "; a number or - was expected")
           : std::string(number.status().message()));
  return std::nullopt;
}

void Rows::Fail(std::size_t row, std::size_t column, std::string_view description) {
  const TextGrid::Cell* const cell = grid_->At(row, column);
  const std::uint64_t line = source_->has_lines ? (cell == nullptr ? 0 : cell->line) : row + 1;
  problems_.push_back({line, CellName(row, column), std::string(description)});
}

std::string Rows::RowText(std::size_t row) const {
  std::string text;
  for (std::size_t column = 0; column < grid_->columns(); ++column) {
    absl::StrAppend(&text, column == 0 ? "" : " | ", ToAbsl(grid_->Text(row, column)));
  }
  return text;
}

std::string CleanTitle(std::string title) {
  title.erase(std::remove_if(title.begin(), title.end(),
                             [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }),
              title.end());
  if (title.size() > limits::kMaxTitleBytes || !IsCleanUtf8(title)) return "";
  return title;
}

absl::StatusOr<std::size_t> AddSection(const ByCountryCaption& caption, const ByCountrySource& source,
                                       const FeedOptions& options, FeedSink& sink) {
  SourceRelease release;
  TW_ASSIGN_OR_RETURN(release.published, ResolvePublication(source.published, source.published_place,
                                                            options.file, options.published));
  const DatasetDefinition profile =
      GaccProfile("GACC_BYCOUNTRY", kDimensions, "China's exports and imports by country and region",
                  "Month and year to date in the table's currency and unit; changes on the year before as "
                  "printed. Groups overlap.",
                  options);
  TW_ASSIGN_OR_RETURN(const std::size_t dataset, sink.AddDataset(profile));
  release.release_id = GaccReleaseId(profile, release.published,
                                     absl::StrCat(caption.month.ToString(), ":", caption.currency));
  const std::string lower = absl::AsciiStrToLower(caption.title);
  release.stage = absl::StrContains(lower, "origin/destination") ? "bulletin" : "flash";
  if (absl::StrContains(lower, "revised") || absl::StrContains(lower, "corrected")) {
    release.kind = ReleaseKind::kCorrection;
  }
  release.title = CleanTitle(caption.title);
  TW_ASSIGN_OR_RETURN(const std::size_t index, sink.AddRelease(release));
  return sink.AddSection(index, dataset, Action::kMerge, std::nullopt);
}

}  // namespace

absl::Status ReadByCountryTable(const TextGrid& grid, const ByCountryHeader& header,
                                const ByCountrySource& source, const FeedOptions& options, FeedSink& sink) {
  TW_ASSIGN_OR_RETURN(const ByCountryCaption caption,
                      ParseByCountryCaption(grid, header, source.title, source.place));
  TW_ASSIGN_OR_RETURN(const std::vector<Plan> plans, PlanColumns(grid, header, caption));
  TW_ASSIGN_OR_RETURN(const std::size_t section, AddSection(caption, source, options, sink));
  return Rows(&grid, &header, &source, &caption, &sink).Read(plans, section);
}

bool SpeaksOfByCountry(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(text));
  const auto has = [&lower](std::string_view word) { return absl::StrContains(lower, ToAbsl(word)); };
  return (has("by country") || has("by major country")) && has("export") && has("import");
}

}  // namespace tidewaiter::feeders
