// Every limit of the system: its name, its unit, and why it is what it is. Limits are checked where
// input enters, and refused with the name of the field and the limit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidewaiter::limits {

// Decimal: |coefficient| < 10^27 leaves 128-bit sums of ten thousand million such numbers exact.
inline constexpr int kMaxCoefficientDigits = 27;
// Decimal: digits after the point. Enough for unit values; keeps every rescaling inside 128 bits.
inline constexpr int kMaxScale = 18;
// Printed step of a value is 10^e with -kMaxScale <= e <= kMaxStepExponent.
inline constexpr int kMaxStepExponent = 18;

// Months are 1600-01 .. 2999-12: the calendar in which trade statistics have been kept, and then some.
inline constexpr int kMinYear = 1600;
inline constexpr int kMaxYear = 2999;
// Longest published run of months: a century.
inline constexpr int kMaxPeriodMonths = 1200;

// SDMX identifiers.
inline constexpr std::size_t kMaxCodeBytes = 64;
inline constexpr std::size_t kMaxDimensions = 16;
// A selector lists at most this many codes over all its places.
inline constexpr std::size_t kMaxSelectorCodes = 4096;
inline constexpr std::size_t kMaxSelectorsPerRequest = 64;

// Free text.
inline constexpr std::size_t kMaxReleaseIdBytes = 256;
inline constexpr std::size_t kMaxTitleBytes = 1024;
inline constexpr std::size_t kMaxSourceBytes = 2048;
inline constexpr std::size_t kMaxNoteBytes = 4096;
inline constexpr std::size_t kMaxDescriptionBytes = 4096;

// A release. Sections are few by nature; observations are bounded so that counts fit 32 bits everywhere.
inline constexpr std::size_t kMaxSectionsPerRelease = 64;
inline constexpr std::uint64_t kMaxObservationsPerRelease = 1'000'000'000;
// A unary push is held in memory; anything larger is uploaded in chunks.
inline constexpr std::size_t kMaxUnaryObservations = 100'000;
// One chunk of an upload, and one block of a streamed answer.
inline constexpr std::size_t kMaxChunkObservations = 65'536;
inline constexpr std::size_t kMaxMessageBytes = 4u << 20;
// One log record of observations stays near this size.
inline constexpr std::size_t kLogChunkBytes = 256u << 10;
// Encoded bytes that one upload may hold in memory before it spills them to sorted tables.
inline constexpr std::size_t kUploadBufferBytes = 32u << 20;
inline constexpr int kMaxConcurrentUploads = 4;

// Annexes: records beside the log. A key is names and numbers; a value is held in memory whole, and so are
// all that are put, or read, at once.
inline constexpr std::size_t kMaxAnnexTableBytes = 64;
inline constexpr std::size_t kMaxAnnexKeyBytes = 512;
inline constexpr std::size_t kMaxAnnexValueBytes = 1u << 20;
inline constexpr std::size_t kMaxAnnexBatchBytes = 16u << 20;

// Errors: field violations reported at once.
inline constexpr std::size_t kMaxFieldViolations = 100;

// A release published further in the future than this is refused: clocks differ, calendars do not.
inline constexpr std::int64_t kFutureToleranceMicros = 24LL * 3600 * 1'000'000;

// Pages.
inline constexpr std::size_t kDefaultPageSize = 1000;
inline constexpr std::size_t kMaxPageSize = 100'000;
// Series named in one read call.
inline constexpr std::size_t kMaxSeriesPerCall = 10'000;

// Sequences and log positions are dense and held in memory tables of some 28 bytes an entry.
inline constexpr std::uint64_t kMaxSequence = 0xFFFF'FFFE;

// Findings kept of one release: more are counted, and say nothing that the first do not. Each takes some 200
// bytes, so that a release of 40,000 that revises half of them would need more for its findings than for
// itself.
inline constexpr std::size_t kMaxFindingsPerRelease = 250;
// Pairs of a revision statistic: more than the months of the calendar, so that every series fits.
inline constexpr std::size_t kMaxRevisionPairs = 20'000;
// The same of all series together: 80 bytes each.
inline constexpr std::size_t kMaxPooledPairs = 1'000'000;
// Lags of a HAC covariance that a caller may ask for, in months: the work grows with pairs times lags.
inline constexpr int kMaxHacLag = 1200;
// A calendar: a rule for each stage, changed now and then; the dates of decades; and both as text.
inline constexpr std::size_t kMaxCalendarRules = 64;
inline constexpr std::size_t kMaxCalendarDates = 10'000;
inline constexpr std::size_t kMaxCalendarBytes = 1u << 20;
// Aggregates. A window of ten years, compared with one ten years ago.
inline constexpr int kMaxWindowMonths = 120;
inline constexpr int kMaxLagMonths = 120;
// Decimals of a divided result: Decimal's, less the two that its bound has more, and some room before the
// point.
inline constexpr int kMaxResultDecimals = 12;
// Months at fault that an undefined figure names.
inline constexpr std::size_t kMaxMonthsAtFault = 24;
// Steps of a search among paths that are equally short, or for a difference: about a millisecond. Beyond it
// the best path found so far counts. Real series have a handful of such paths.
inline constexpr std::size_t kMaxPathSteps = 20'000;
// The same for all paths of one run, which are asked for one run at a time: some ten milliseconds.
inline constexpr std::size_t kMaxAllPathsSteps = 200'000;

// Aggregates asked of a daemon. The dated codes of all groups in one request are small messages of it.
inline constexpr std::size_t kMaxCodeGroups = 64;
inline constexpr std::size_t kMaxGroupMembers = 500;
// Aggregates that one subscriber follows.
inline constexpr std::size_t kMaxFollowedAggregates = 16;
// Quantities among which a unit value takes the one that there is.
inline constexpr std::size_t kMaxDenominators = 16;
// A figure as it was known so long after its first print.
inline constexpr int kMaxAgeMonths = 1200;
// Series of one request that joins or sums series: their plan is held in memory, some 60 bytes each.
inline constexpr std::size_t kMaxPlannedSeries = 1'000'000;
// Cells of one sum, held in memory: 80 bytes each. Twenty thousand series over ten years.
inline constexpr std::size_t kMaxSumCells = 2'500'000;
// Figures of one ranking, held in memory: some 300 bytes each.
inline constexpr std::size_t kMaxRanked = 200'000;
// Other paths that an explanation lists of one run, and their length: beyond it they explain nothing.
inline constexpr std::size_t kMaxOtherPaths = 16;
inline constexpr std::size_t kMaxOtherPathEdges = 8;
// Operands that an explanation lists of one figure. What does not fit is left out, part by part.
inline constexpr std::size_t kMaxExplainedOperands = 10'000;

// Subscribers of one daemon.
inline constexpr int kMaxSubscribers = 10'000;

// Conventions of a dataset: groups of codes with their members by month, and sums that must hold; and all of
// it as text, which is one annex.
inline constexpr std::size_t kMaxKeptGroups = 1'000;
inline constexpr std::size_t kMaxKeptMembers = 20'000;
inline constexpr std::size_t kMaxTotals = 64;
inline constexpr std::size_t kMaxConventionsBytes = 1u << 20;
// Terms of one sum of components: all of them are read to check it.
inline constexpr std::size_t kMaxComponents = 10'000;
// Series whose releases are checked on request, and looked at again after a backfill because a sum of
// components joins them: what is said of each is held in memory.
inline constexpr std::size_t kMaxCheckedSeries = 2'000;

}  // namespace tidewaiter::limits
