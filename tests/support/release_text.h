// Releases as a few lines of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/dataset.h"
#include "domain/release.h"
#include "storage/store.h"

namespace tidewaiter::support {

// A release that has not been checked yet.
struct ReleaseDraft {
  ReleaseHeader header;
  std::vector<Release::Section> sections;
};

// Reads a draft; one line each, words apart by spaces, empty lines and lines that begin with '#' left out:
//
//   release GACC flash-2025-07 2025-08-07T03:00:00Z stage=flash kind=correction title=July
//   merge TRADE
//   CN.RU.X 2025-07 6.1 status=P
//   CN.RU.X 2025-01/P7M 6480 step=10 source=page-3 note=press
//   replace TRADE CN.RU+BY. 2025-01..2025-12
//   CN.BY.X 2025-07 (SUPPRESSED) conf=C
//   delete TRADE . ..2024-12
//
// A day instead of an instant is a day in UTC. A range may be open on either side; "*" stands for the
// selector of everything. Aborts on a line that it cannot read: such a test is wrong.
ReleaseDraft ParseRelease(std::string_view text);

// The release of a text, in a catalogue's datasets. Aborts if it is not valid.
Release MakeRelease(const storage::Catalogue& catalogue, std::string_view text);
Release MakeRelease(const storage::Catalogue& catalogue, ReleaseDraft draft);

// Pushes the release of a text, accepted at the epoch.
absl::StatusOr<storage::PushOutcome> Push(storage::Store& store, std::string_view text);

// The same release by an upload, in calls of at most `cells_per_call` cells.
absl::StatusOr<storage::PushOutcome> UploadRelease(storage::Store& store, const Release& release,
                                                   std::size_t cells_per_call = 3);

// A dataset of dimensions named "a b c", published by GACC.
DatasetDefinition MakeDataset(std::string_view id, std::string_view dimensions);

}  // namespace tidewaiter::support
