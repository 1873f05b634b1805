// Tidy CSV: one print a row, from which releases are made.
//
// The first line names the columns. Those with a meaning of their own:
//
//   published_on    the day it was published: 2025-08-07   } exactly one of the two; a day ends in the
//   published_at    the instant: 2025-08-07T11:00:00+08:00 } dataset's time zone
//   period_start    first month: 2025-01                   } these two together,
//   period_months   how many months: 7                     }
//   period          ISO 8601: 2025-07 or 2025-01/P7M       } or this one
//   value           exact decimal, or an absence (below)
//   release         optional: release id; default DATASET:PUBLISHED, as in GACC_PRESS:2025-08-07
//   step            optional: printed step, a power of ten: 0.01, 10; default the value's last digit
//   status, conf    optional: SDMX letters; default A, F
//   source, note    optional: free text; a line break inside becomes a space
//   date_basis      optional: how the date of publication is known ("official", "article"); if it is the same
//                   in all rows of a release, the release's title says "date_basis=official", else the note
//                   of each row starts with it
//
// Every other column is a dimension of the series key, in order. Rows that share publication and release id
// are one release; releases come out in published order.
//
// An absence is written in the value column by name, in parentheses or without: (MISSING), (NIL),
// (SUPPRESSED), (WITHDRAWN), (NOT_YET_DUE); MISSING then has the status O and SUPPRESSED the status Q unless
// the row says another. An empty value needs a status that says why: O or L missing, M nil, Q suppressed.
// Zero is a value.
//
// A cell may be stated once in a release. One exception, because it is how press reports come: rows that
// agree in everything but source, note and date_basis, and give different sources, are one print with several
// sources; their sources are joined by " ; " and their notes by " | ", and the file counts them as merged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "domain/dataset.h"
#include "domain/instant.h"
#include "domain/observation.h"

namespace tidewaiter::feeders {

struct TidyOptions {
  std::string file;                               // as error messages name it
  std::string dataset;                            // for default release ids
  const DatasetDefinition* definition = nullptr;  // of the dataset, if it exists; not kept
  absl::TimeZone zone = absl::UTCTimeZone();      // the dataset's: where a day ends
  std::optional<Instant> latest;                  // a publication after this is refused; none: none is
};

// What a row says. Texts and series are interned in the file.
struct TidyCell {
  std::uint32_t series = 0;
  std::uint32_t source = 0;
  std::uint32_t note = 0;
  std::uint32_t line = 0;  // of the file, from 1
  Period period;
  Datum datum;
  Attributes attributes;
};

struct TidyRelease {
  std::string release_id;
  PublishedAt published_at;
  std::string title;
  std::vector<TidyCell> cells;  // in canonical order: by series key, then period
};

// A parsed file. Immutable once made; thread-compatible.
struct TidyFile {
  std::vector<std::string> dimensions;
  std::vector<SeriesKey> series;      // indexed by TidyCell::series
  std::vector<std::string> texts;     // indexed by TidyCell::source and note; 0 is ""
  std::vector<TidyRelease> releases;  // by published_at, then as they stand in the file
  std::size_t rows = 0;               // data rows read
  std::size_t merged = 0;             // rows that were joined to another one

  Observation ObservationOf(const TidyCell& cell) const {
    return {series[cell.series], cell.period,        cell.datum,
            cell.attributes,     texts[cell.source], texts[cell.note]};
  }
};

// Parses a whole file, or refuses it: INVALID_ARGUMENT with every violation (up to
// limits::kMaxFieldViolations; the rest are counted), each naming the file, the line, the column, what was
// found and what was expected. Memory: some 100 bytes a row beside the text.
absl::StatusOr<TidyFile> ParseTidyCsv(std::string_view text, const TidyOptions& options);

}  // namespace tidewaiter::feeders
