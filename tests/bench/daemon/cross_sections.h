// Reads of every series and a few periods at a past vintage, out of the store in process.
#pragma once

#include <string>

namespace tidewaiter::bench {

// Times VintageStore::ReadSlices on the store in `directory`, which has the workload of `folder`, for one
// period, for two a year apart, and for 24, `seconds` each, on one thread; beside it a plain pass over as
// many decoded values, and once the same answer series by series. Answers are checked against the releases.
void CrossSections(const std::string& directory, const std::string& folder, double seconds);

}  // namespace tidewaiter::bench
