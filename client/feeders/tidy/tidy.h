// Tidy CSV: one print a row, from which releases are made.
//
// The first line names the columns; the separator is guessed from it (',' ';' tab) unless the user says it.
// Columns with a meaning of their own:
//
//   published_on    the day it was published: 2025-08-07   } one of the two, or the file's name, or the
//   user's word; published_at    the instant: 2025-08-07T11:00:00+08:00 } a day ends in the dataset's time
//   zone period_start    first month: 2025-01                   } these two together, period_months   how
//   many months: 7                     } period          2025-07, 2025-01/P7M, July 2025, ...   } or this one
//   (numbers.h has all its forms) value           exact decimal ("1,187.5" too: numbers.h), or an absence
//   (below) release         optional: release id; default DATASET:PUBLISHED, as in GACC_PRESS:2025-08-07 step
//   optional: printed step, a power of ten: 0.01, 10; default the value's last digit status, conf optional:
//   SDMX letters; default A, F source, note    optional: free text; a line break inside becomes a space
//   date_basis      optional: how the date of publication is known ("official", "article"); if it is the same
//                   in all rows of a release, the release's title says "date_basis=official", else the note
//                   of each row starts with it
//
// Every other column is a dimension of the series key, in order; tidy_columns.h says how a user maps the
// columns of a file that has other names, or a column for each flow. Rows that share publication and release
// id are one release.
//
// An absence is written in the value column by name, in parentheses or without: (MISSING), (NIL),
// (SUPPRESSED), (WITHDRAWN), (NOT_YET_DUE); MISSING then has the status O and SUPPRESSED the status Q unless
// the row says another. An empty value needs a status that says why: O or L missing, M nil, Q suppressed.
// Zero is a value.
#pragma once

#include "client/feeders/feeder.h"

namespace tidewaiter::feeders {

// Needs FeedOptions::dataset: a table has no name of its own. Lives for ever.
const Feeder& TidyFeeder();

}  // namespace tidewaiter::feeders
