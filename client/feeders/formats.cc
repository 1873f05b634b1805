#include "client/feeders/formats.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/feeders/fred/fred.h"
#include "client/feeders/gacc/gacc_bycountry_html.h"
#include "client/feeders/gacc/gacc_bycountry_sheet.h"
#include "client/feeders/gacc/gacc_query.h"
#include "client/feeders/sdmx/sdmx_csv.h"
#include "client/feeders/sdmx/sdmx_json.h"
#include "client/feeders/sdmx/sdmx_ml.h"
#include "client/feeders/text/other_kind.h"
#include "client/feeders/tidy/tidy.h"
#include "client/feeders/trade/comext_bulk.h"
#include "client/feeders/trade/comext_sdmx_csv.h"
#include "client/feeders/trade/comtrade_csv.h"
#include "client/feeders/trade/comtrade_json.h"
#include "domain/errors.h"
#include "domain/strings.h"
#include "domain/text.h"

namespace tidewaiter::feeders {
namespace {

std::string Names(const std::vector<const Feeder*>& formats) {
  return absl::StrJoin(formats, ", ", [](std::string* out, const Feeder* f) { out->append(f->info().name); });
}

}  // namespace

const std::vector<const Feeder*>& Formats() {
  static const auto* const formats = new std::vector<const Feeder*>{
      &TidyFeeder(),        new ComtradeCsvFeeder, new ComtradeJsonFeeder, new ComextSdmxCsvFeeder,
      new ComextBulkFeeder, new FredFeeder,        new SdmxCsvFeeder,      new SdmxJsonFeeder,
      new SdmxMlFeeder,     &GaccByCountryHtml(),  &GaccByCountrySheet(),  &GaccQuery(),
  };
  return *formats;
}

absl::StatusOr<const Feeder*> FormatOfName(std::string_view name) {
  for (const Feeder* format : Formats()) {
    if (format->info().name == name) return format;
  }
  return InvalidField("FORMAT", absl::StrCat(Quoted(name), " is no format; there are ", Names(Formats())));
}

absl::StatusOr<const Feeder*> FormatOfContent(std::string_view head, std::string_view file) {
  std::vector<const Feeder*> found;
  for (const Feeder* format : Formats()) {
    if (format->Recognises(head, file)) found.push_back(format);
  }
  if (found.size() == 1) return found.front();
  const std::string_view kind = PackedKind(head);
  if (found.empty() && !kind.empty()) return InvalidField("", kind);
  if (found.empty()) {
    return InvalidField(
        "FORMAT", absl::StrCat("the content of ", Quoted(file), " does not tell its format; name it: one of ",
                               Names(Formats())));
  }
  return InvalidField("FORMAT",
                      absl::StrCat(Quoted(file), " could be ", Names(found), "; name the one it is"));
}

}  // namespace tidewaiter::feeders
