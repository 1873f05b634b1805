#include "client/feeders/trade/comext_sdmx_csv.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/feeders/text/csv_reader.h"
#include "client/feeders/trade/comext_codes.h"
#include "client/feeders/trade/comext_columns.h"
#include "client/feeders/trade/comext_flags.h"
#include "client/feeders/trade/comext_texts.h"
#include "client/feeders/trade_release.h"
#include "domain/errors.h"
#include "domain/series_key.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::string_view kExample =
    R"(DATAFLOW,LAST UPDATE,freq,reporter,partner,product,flow,indicators,TIME_PERIOD,OBS_VALUE,OBS_FLAG
ESTAT:DS-045409(1.0),15/08/25 11:00:00,M,AT,US,7204,1,VALUE_IN_EUROS,2025-05,204548,
ESTAT:DS-045409(1.0),15/08/25 11:00:00,M,AT,US,7204,1,QUANTITY_IN_100KG,2025-05,1772.90,
ESTAT:DS-045409(1.0),15/08/25 11:00:00,M,AT,US,7204,1,VALUE_IN_EUROS,2025-06,,c
)";

std::optional<std::string_view> AreaOfText(std::string_view text) {
  if (const auto area = ComextArea(ComextIdOf(text))) return area;
  return ComextAreaOfLabel(text);
}

class Parser {
 public:
  Parser(Input& input, const FeedOptions& options, FeedSink& sink)
      : reader_(&input), options_(options), sink_(sink) {}

  absl::Status Parse() {
    TW_ASSIGN_OR_RETURN(bool more, reader_.Next());
    if (!more) return InvalidField("line 1", "the file is empty; the first line must name the columns");
    TW_ASSIGN_OR_RETURN(columns_, ComextColumns::From(reader_.fields(), options_.constants));
    for (;;) {
      TW_ASSIGN_OR_RETURN(more, reader_.Next());
      if (!more) return absl::OkStatus();
      if (!reader_.blank()) TW_RETURN_IF_ERROR(Row());
    }
  }

 private:
  absl::Status Open();
  absl::Status Row();
  std::optional<Period> PeriodOf();
  std::string_view CodeOf(ComextColumn& column, const ComextColumn::Map& map, std::string_view expected) {
    return column.CodeOf(Field(column.at()), map, expected, problems_);
  }
  std::string_view ProductOf(const std::optional<Period>& period);
  std::string_view ExtraOf(ComextColumn& column);
  void CheckSame();

  std::string_view Field(std::size_t at) const {
    return at == ComextColumns::kNone ? std::string_view() : Trimmed(reader_.fields()[at]);
  }

  CsvReader reader_;
  const FeedOptions& options_;
  FeedSink& sink_;
  RowProblems problems_;
  ComextColumns columns_;

  // Of the first row.
  bool open_ = false;
  std::string dataflow_, update_;
  bool hs_ = false;
  std::size_t section_ = 0;
  std::vector<std::string_view> codes_;
  std::string commodity_;
};

// The dataset and the release, from the first row.
absl::Status Parser::Open() {
  dataflow_ = Field(columns_.dataflow_at);
  update_ = Field(columns_.update_at);
  // "ESTAT:DS-045409(1.0)"
  std::string_view id = dataflow_;
  const std::size_t version = id.find('(');
  id = id.substr(0, version);
  if (!absl::StartsWith(ToAbsl(id), "ESTAT:DS-") || !ValidateCode(id.substr(6)).ok()) {
    return InvalidField(
        absl::StrCat("line ", reader_.line(), ", column DATAFLOW"),
        absl::StrCat(Quoted(dataflow_), " is no dataflow of Comext; expected one as ESTAT:DS-045409(1.0)"));
  }
  id.remove_prefix(6);
  hs_ = IsHsDataflow(id);
  const auto own = ParseLastUpdate(update_);
  if (!own) {
    return InvalidField(absl::StrCat("line ", reader_.line(), ", column LAST UPDATE"),
                        absl::StrCat(Quoted(update_),
                                     " is no time; expected day/month/year and clock, as 17/02/25 11:00:00"));
  }
  TW_ASSIGN_OR_RETURN(const Publication published,
                      ResolvePublication(own, "column LAST UPDATE", options_.file, options_.published));
  DatasetDefinition profile;
  profile.id = std::string(id);
  profile.publisher = "ESTAT";
  profile.time_zone = "Europe/Luxembourg";
  profile.title = absl::StrCat("Eurostat, trade in goods (Comext), ", ToAbsl(id));
  profile.dimensions = {{"reporter", Role::kReporter},
                        {"partner", Role::kPartner},
                        {"flow", Role::kFlow},
                        {"commodity", Role::kCommodity}};
  for (const ComextColumn& extra : columns_.extras)
    profile.dimensions.push_back({std::string(extra.id()), Role::kOther});
  profile.dimensions.push_back({"measure", Role::kMeasure});
  profile.dimensions.push_back({"currency", Role::kCurrency});
  profile.dimensions.push_back({"unit", Role::kUnit});
  codes_.assign(profile.dimensions.size(), {});
  TW_ASSIGN_OR_RETURN(section_,
                      OpenSection(WithOptions(std::move(profile), options_), published, options_, sink_));
  open_ = true;
  return absl::OkStatus();
}

absl::Status Parser::Row() {
  sink_.CountRows(1);
  const auto& fields = reader_.fields();
  // Eurostat ends rows in a comma that the header does not have.
  if (fields.size() != columns_.size && !(fields.size() == columns_.size + 1 && fields.back().empty())) {
    sink_.Refuse({{reader_.line(), "",
                   absl::StrCat("the row has ", fields.size(), " fields, the header ", columns_.size)}},
                 reader_.row());
    return absl::OkStatus();
  }
  if (!open_) TW_RETURN_IF_ERROR(Open());
  problems_.Start(reader_.line());
  CheckSame();
  const auto period = PeriodOf();
  codes_[0] = CodeOf(columns_.reporter, AreaOfText, "a country or zone");
  codes_[1] = CodeOf(columns_.partner, AreaOfText, "a country or zone");
  codes_[2] = CodeOf(
      columns_.flow,
      [](std::string_view t) {
        const std::size_t colon = t.find(':');
        return ComextFlow(colon == 1 ? t.substr(0, 1) : t);
      },
      "1 IMPORT, 2 EXPORT or 3 RE-EXPORT");
  codes_[3] = ProductOf(period);
  for (std::size_t i = 0; i < columns_.extras.size(); ++i) codes_[4 + i] = ExtraOf(columns_.extras[i]);
  const auto measure = ComextMeasureOf(CodeOf(
      columns_.indicators,
      [](std::string_view t) -> std::optional<std::string_view> {
        if (!ComextMeasureOf(ComextIdOf(t))) return std::nullopt;
        return ComextIdOf(t);
      },
      "an indicator, as VALUE_IN_EUROS"));
  const auto value = ParseFlagged(Field(columns_.value_at), Field(columns_.flag_at), Field(columns_.conf_at));
  for (const FieldViolation& v : DetailsOf(value.status()).violations) problems_.Add(v.field, v.description);
  if (!measure && problems_.empty())
    problems_.Add("indicators", "the code that was set for it is no indicator");
  if (!problems_.empty()) {
    problems_.Refuse(reader_.row(), sink_);
    return absl::OkStatus();
  }
  const std::size_t last = codes_.size() - 1;
  codes_[last - 2] = measure->measure;
  codes_[last - 1] = measure->currency;
  codes_[last] = measure->unit.empty() ? std::string_view("SU") : measure->unit;
  SourceCell cell{codes_, {}, {}, reader_.line()};
  cell.stated.period = *period;
  cell.stated.datum = value->datum;
  cell.stated.attributes = value->attributes;
  cell.stated.note = value->note;
  return sink_.AddCell(section_, cell);
}

void Parser::CheckSame() {
  if (Field(columns_.dataflow_at) != dataflow_) {
    problems_.Add("DATAFLOW", absl::StrCat(Quoted(Field(columns_.dataflow_at)), " is another than ",
                                           Quoted(dataflow_), " in the first row; feed them as two files"));
  }
  if (Field(columns_.update_at) != update_) {
    problems_.Add("LAST UPDATE", absl::StrCat(Quoted(Field(columns_.update_at)), " is another than ",
                                              Quoted(update_), " in the first row; a file is one release"));
  }
}

std::optional<Period> Parser::PeriodOf() {
  const std::string_view frequency = Field(columns_.freq.at());
  const int months = ComextMonthsOf(ComextIdOf(frequency));
  if (months == 0) {
    problems_.Add("freq",
                  absl::StrCat(Quoted(frequency), " is none of A, Q and M; only whole months are taken"));
    return std::nullopt;
  }
  const std::string_view text = Field(columns_.period_at);
  absl::StatusOr<Month> start = absl::InvalidArgumentError("");
  if (months == 12 && text.size() == 4) {
    if (const auto year = ParseDigits(text)) start = Month::FromYearMonth(*year, 1);
  } else if (months == 3 && text.size() == 7 && text.substr(4, 2) == "-Q") {
    const auto year = ParseDigits(text.substr(0, 4));
    if (year && text[6] >= '1' && text[6] <= '4')
      start = Month::FromYearMonth(*year, 1 + 3 * (text[6] - '1'));
  } else if (months == 1) {
    start = Month::Parse(text);
  }
  if (!start.ok()) {
    problems_.Add("TIME_PERIOD", absl::StrCat(Quoted(text), " is no period of the frequency ",
                                              Quoted(frequency), "; expected ",
                                              months == 12  ? "2015"
                                              : months == 3 ? "2015-Q1"
                                                            : "2015-01"));
    return std::nullopt;
  }
  return Period::FromValid(*start, months);
}

std::string_view Parser::ProductOf(const std::optional<Period>& period) {
  const auto map = [this](std::string_view text) -> std::optional<std::string_view> {
    const std::string_view id = ComextIdOf(text);
    // A label may be one word; only codes are all capitals and digits.
    const bool code = !id.empty() && id.size() <= kMaxComextCodeBytes && IsComextCode(id) &&
                      (!hs_ || absl::ascii_isdigit(static_cast<unsigned char>(id[0])));
    return code || id == "TOTAL" ? std::optional(id) : std::nullopt;
  };
  const std::string_view code = CodeOf(columns_.product, map, "the code of a product");
  if (!hs_ || code.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(code[0])) || !period)
    return code;
  commodity_.assign(HsEditionAt(*period)).append(code);
  return commodity_;
}

std::string_view Parser::ExtraOf(ComextColumn& column) {
  return CodeOf(
      column,
      [](std::string_view text) -> std::optional<std::string_view> {
        const std::string_view id = ComextIdOf(text);
        return ValidateCode(id).ok() ? std::optional(id) : std::nullopt;
      },
      "a code");
}

}  // namespace

FormatInfo ComextSdmxCsvFeeder::info() const {
  FormatInfo info;
  info.name = "comext-sdmx-csv";
  info.summary =
      "Eurostat Comext: trade of the EU's members, as the data browser and the API give it (SDMX-CSV)";
  info.example = kExample;
  info.takes_constants = true;
  return info;
}

bool ComextSdmxCsvFeeder::Recognises(std::string_view head, std::string_view file) const {
  const std::string_view line = head.substr(0, head.find('\n'));
  return absl::StrContains(ToAbsl(line), "DATAFLOW") && absl::StrContains(ToAbsl(line), "LAST UPDATE") &&
         absl::StrContains(ToAbsl(line), "OBS_VALUE") && absl::StrContains(ToAbsl(head), "ESTAT:DS-");
}

absl::Status ComextSdmxCsvFeeder::Parse(Input& input, const FeedOptions& options, FeedSink& sink) const {
  return Parser(input, options, sink).Parse();
}

}  // namespace tidewaiter::feeders
