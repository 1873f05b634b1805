#include "client/feeders/comext_sdmx_csv.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/feeders/comext_codes.h"
#include "client/feeders/comext_flags.h"
#include "client/feeders/csv_reader.h"
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
constexpr std::size_t kMaxProductBytes = 32;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::string_view kIdsPlease =
    "download the file with the labels \"Codes\" or \"Both\", or say the code with --set ";

// Dataflows whose products are those of the Combined Nomenclature, or its chapters, headings and subheadings,
// which are the Harmonized System's.
constexpr std::string_view kHsDataflows[] = {"DS-016890", "DS-016893", "DS-016894", "DS-045409",
                                             "DS-058213", "DS-059322", "DS-059341"};

bool IsUpper(char c) { return absl::ascii_isupper(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Capitals, digits and marks: what all of Eurostat's codes of trade are made of.
bool IsCode(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsUpper(c) || IsDigit(c) || c == '_' || c == '-'; });
}

// "AT: Austria" -> "AT"; a text that begins with no code is given back whole.
std::string_view IdOf(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || !IsCode(text.substr(0, colon))) return text;
  return text.substr(0, colon);
}

std::optional<std::string_view> AreaOfText(std::string_view text) {
  if (const auto area = ComextArea(IdOf(text))) return area;
  return ComextAreaOfLabel(text);
}

// Months of a frequency, by its code or label; 0 if unknown.
int MonthsOf(std::string_view text) {
  if (text == "M" || absl::EqualsIgnoreCase(ToAbsl(text), "monthly")) return 1;
  if (text == "Q" || absl::EqualsIgnoreCase(ToAbsl(text), "quarterly")) return 3;
  if (text == "A" || absl::EqualsIgnoreCase(ToAbsl(text), "annual")) return 12;
  return 0;
}

// "17/02/25 11:00:00", or the day alone.
std::optional<Publication> ParseLastUpdate(std::string_view text) {
  const bool clock = text.size() == 17;
  if (!clock && text.size() != 8) return std::nullopt;
  int parts[6] = {};
  constexpr std::string_view kForm = "00/00/00 00:00:00";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == '0' ? !IsDigit(text[i]) : text[i] != kForm[i]) return std::nullopt;
    if (kForm[i] == '0') parts[i / 3] = parts[i / 3] * 10 + (text[i] - '0');
  }
  const absl::CivilDay day(2000 + parts[2], parts[1], parts[0]);
  if (day.day() != parts[0] || day.month() != parts[1] || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) {
    return std::nullopt;
  }
  Publication publication;
  if (clock) {
    publication.local = absl::CivilSecond(day.year(), day.month(), day.day(), parts[3], parts[4], parts[5]);
  } else {
    publication.on = day;
  }
  return publication;
}

// One column of the file that holds codes or labels.
struct Coded {
  std::string id;          // "reporter"
  std::size_t at = kNone;  // in a record
  // What the text of the last row was mapped to, as most rows repeat it.
  std::string last_text, last_code;
  bool mapped = false;
  std::string constant;        // from the user, for a column of labels
  std::string constant_label;  // the one label that it stands for
};

class Parser {
 public:
  Parser(Input& input, const FeedOptions& options, FeedSink& sink)
      : reader_(&input), options_(options), sink_(sink) {}

  absl::Status Parse() {
    TW_ASSIGN_OR_RETURN(bool more, reader_.Next());
    if (!more) return InvalidField("line 1", "the file is empty; the first line must name the columns");
    TW_RETURN_IF_ERROR(ReadHeader());
    TW_RETURN_IF_ERROR(ReadConstants());
    for (;;) {
      TW_ASSIGN_OR_RETURN(more, reader_.Next());
      if (!more) return absl::OkStatus();
      if (!reader_.blank()) TW_RETURN_IF_ERROR(Row());
    }
  }

 private:
  absl::Status ReadHeader();
  absl::Status ReadConstants();
  absl::Status Open();
  absl::Status Row();
  std::optional<Period> PeriodOf();
  std::string_view CodeOf(Coded& column,
                          const std::function<std::optional<std::string_view>(std::string_view)>& map,
                          std::string_view expected);
  std::string_view ProductOf(const std::optional<Period>& period);
  std::string_view ExtraOf(Coded& column);
  void CheckSame();

  std::string_view Field(std::size_t at) const {
    return at == kNone ? std::string_view() : Trimmed(reader_.fields()[at]);
  }

  CsvReader reader_;
  const FeedOptions& options_;
  FeedSink& sink_;
  RowProblems problems_;
  std::size_t size_ = 0;  // fields of a row
  std::size_t dataflow_at_ = kNone, update_at_ = kNone, period_at_ = kNone, value_at_ = kNone,
              flag_at_ = kNone, conf_at_ = kNone;
  Coded freq_, reporter_, partner_, product_, flow_, indicators_;
  std::vector<Coded> extras_;

  // Of the first row.
  bool open_ = false;
  std::string dataflow_, update_;
  bool hs_ = false;
  std::size_t section_ = 0;
  std::vector<std::string_view> codes_;
  std::string commodity_;
};

absl::Status Parser::ReadHeader() {
  Violations violations;
  std::vector<std::string_view> names = reader_.fields();
  if (!names.empty() && names.back().empty()) names.pop_back();
  size_ = names.size();
  const std::pair<std::string_view, std::size_t*> plain[] = {
      {"DATAFLOW", &dataflow_at_}, {"LAST UPDATE", &update_at_}, {"TIME_PERIOD", &period_at_},
      {"OBS_VALUE", &value_at_},   {"OBS_FLAG", &flag_at_},      {"CONF_STATUS", &conf_at_}};
  const std::pair<std::string_view, Coded*> coded[] = {{"freq", &freq_},       {"reporter", &reporter_},
                                                       {"partner", &partner_}, {"product", &product_},
                                                       {"flow", &flow_},       {"indicators", &indicators_}};
  for (std::size_t i = 0; i < names.size(); ++i) {
    // "freq:Time frequency" where labels are asked for.
    const std::string_view name = Trimmed(names[i].substr(0, names[i].find(':')));
    std::size_t* at = nullptr;
    for (const auto& [wanted, place] : plain) {
      if (name == wanted) at = place;
    }
    for (const auto& [wanted, column] : coded) {
      if (name != wanted) continue;
      column->id = name;
      at = &column->at;
    }
    if (at == nullptr) {
      const bool dimension = ValidateCode(name).ok() && std::none_of(name.begin(), name.end(), IsUpper);
      if (!dimension || extras_.size() >= 6) {
        violations.Add("line 1",
                       absl::StrCat("has the column ", Quoted(names[i]),
                                    ", which is not known here; download the file with codes as columns"));
        continue;
      }
      const bool twice =
          std::any_of(extras_.begin(), extras_.end(), [name](const Coded& c) { return c.id == name; });
      if (!twice) {
        extras_.emplace_back().id = name;
        at = &extras_.back().at;
      }
    }
    if (at == nullptr || *at != kNone) {
      violations.Add("line 1", absl::StrCat("has the column ", Quoted(name), " twice"));
    } else {
      *at = i;
    }
  }
  for (const auto& [name, at] : plain) {
    if (*at == kNone && name != "OBS_FLAG" && name != "CONF_STATUS") {
      violations.Add("line 1", absl::StrCat("lacks the column ", ToAbsl(name)));
    }
  }
  for (const auto& [name, column] : coded) {
    if (column->at == kNone) violations.Add("line 1", absl::StrCat("lacks the column ", ToAbsl(name)));
  }
  return violations.ToStatus();
}

absl::Status Parser::ReadConstants() {
  Violations violations;
  std::vector<Coded*> columns = {&reporter_, &partner_, &product_, &flow_, &indicators_};
  for (Coded& extra : extras_) columns.push_back(&extra);
  for (const auto& [name, code] : options_.constants) {
    const auto column =
        std::find_if(columns.begin(), columns.end(), [&id = name](const Coded* c) { return c->id == id; });
    if (column == columns.end()) {
      violations.Add("--set", absl::StrCat(Quoted(name), " is no column of codes of this file"));
    } else if (absl::Status s = ValidateCode(code); !s.ok()) {
      violations.Add("--set", absl::StrCat(name, ": ", s.message()));
    } else if (code.size() > kMaxProductBytes) {
      violations.Add("--set",
                     absl::StrCat(name, ": ", Quoted(code), " is longer than any code of Eurostat's"));
    } else {
      (*column)->constant = code;
    }
  }
  return violations.ToStatus();
}

// The dataset and the release, from the first row.
absl::Status Parser::Open() {
  dataflow_ = Field(dataflow_at_);
  update_ = Field(update_at_);
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
  hs_ = std::find(std::begin(kHsDataflows), std::end(kHsDataflows), id) != std::end(kHsDataflows);
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
  for (const Coded& extra : extras_) profile.dimensions.push_back({extra.id, Role::kOther});
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
  if (fields.size() != size_ && !(fields.size() == size_ + 1 && fields.back().empty())) {
    sink_.Refuse(
        {{reader_.line(), "", absl::StrCat("the row has ", fields.size(), " fields, the header ", size_)}},
        reader_.row());
    return absl::OkStatus();
  }
  if (!open_) TW_RETURN_IF_ERROR(Open());
  problems_.Start(reader_.line());
  CheckSame();
  const auto period = PeriodOf();
  codes_[0] = CodeOf(reporter_, AreaOfText, "a country or zone");
  codes_[1] = CodeOf(partner_, AreaOfText, "a country or zone");
  codes_[2] = CodeOf(
      flow_,
      [](std::string_view t) {
        const std::size_t colon = t.find(':');
        return ComextFlow(colon == 1 ? t.substr(0, 1) : t);
      },
      "1 IMPORT, 2 EXPORT or 3 RE-EXPORT");
  codes_[3] = ProductOf(period);
  for (std::size_t i = 0; i < extras_.size(); ++i) codes_[4 + i] = ExtraOf(extras_[i]);
  const auto measure = ComextMeasureOf(CodeOf(
      indicators_,
      [](std::string_view t) -> std::optional<std::string_view> {
        if (!ComextMeasureOf(IdOf(t))) return std::nullopt;
        return IdOf(t);
      },
      "an indicator, as VALUE_IN_EUROS"));
  const auto value = ParseFlagged(Field(value_at_), Field(flag_at_), Field(conf_at_));
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
  if (Field(dataflow_at_) != dataflow_) {
    problems_.Add("DATAFLOW", absl::StrCat(Quoted(Field(dataflow_at_)), " is another than ",
                                           Quoted(dataflow_), " in the first row; feed them as two files"));
  }
  if (Field(update_at_) != update_) {
    problems_.Add("LAST UPDATE", absl::StrCat(Quoted(Field(update_at_)), " is another than ", Quoted(update_),
                                              " in the first row; a file is one release"));
  }
}

std::optional<Period> Parser::PeriodOf() {
  const std::string_view frequency = Field(freq_.at);
  const int months = MonthsOf(IdOf(frequency));
  if (months == 0) {
    problems_.Add("freq",
                  absl::StrCat(Quoted(frequency), " is none of A, Q and M; only whole months are taken"));
    return std::nullopt;
  }
  const std::string_view text = Field(period_at_);
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

// The code that a column's text means. A label without one stands for the code that the user set, as long as
// it is the same in every row.
std::string_view Parser::CodeOf(Coded& column,
                                const std::function<std::optional<std::string_view>(std::string_view)>& map,
                                std::string_view expected) {
  const std::string_view text = Field(column.at);
  if (column.mapped && text == column.last_text) return column.last_code;
  column.last_text = text;
  std::optional<std::string_view> code = map(text);
  if (!code && !column.constant.empty() && !text.empty()) {
    if (column.constant_label.empty()) column.constant_label = text;
    if (column.constant_label == text) {
      code = map(column.constant);
      if (!code) code = column.constant;
    } else {
      problems_.Add(column.id, absl::StrCat(Quoted(text), " is another than ", Quoted(column.constant_label),
                                            ", for which the code ", Quoted(column.constant), " was set"));
      column.mapped = false;
      return {};
    }
  }
  column.mapped = code.has_value();
  if (!code) {
    problems_.Add(column.id, absl::StrCat(Quoted(text), " is no code that is known here; expected ",
                                          ToAbsl(expected), "; ", ToAbsl(kIdsPlease), column.id, "=CODE"));
    return {};
  }
  column.last_code = *code;
  return column.last_code;
}

std::string_view Parser::ProductOf(const std::optional<Period>& period) {
  const auto map = [this](std::string_view text) -> std::optional<std::string_view> {
    const std::string_view id = IdOf(text);
    // A label may be one word; only codes are all capitals and digits.
    const bool code = !id.empty() && id.size() <= kMaxProductBytes && IsCode(id) && (!hs_ || IsDigit(id[0]));
    return code || id == "TOTAL" ? std::optional(id) : std::nullopt;
  };
  const std::string_view code = CodeOf(product_, map, "the code of a product");
  if (!hs_ || code.empty() || !IsDigit(code[0]) || !period) return code;
  commodity_.assign(HsEditionAt(*period)).append(code);
  return commodity_;
}

std::string_view Parser::ExtraOf(Coded& column) {
  return CodeOf(
      column,
      [](std::string_view text) -> std::optional<std::string_view> {
        const std::string_view id = IdOf(text);
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
