// What the checks of a release found, as it is kept and pushed.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "domain/decimal.h"
#include "domain/identity.h"
#include "domain/instant.h"
#include "domain/observation.h"
#include "domain/period.h"
#include "domain/print_rounding.h"
#include "domain/series_key.h"
#include "domain/vintage.h"

namespace tidewaiter {

// The version of the rules by which release_check.h finds what it finds. Raise it when the same release would
// give other findings; findings under older rules stay what they are.
inline constexpr std::uint32_t kFindingRules = 1;

// Stored as numbers: never renumber. (Mirror gaps are answers to a question, and not kept.)
enum class FindingKind : std::uint8_t {
  kImpliedRevision = 1,      // a printed rate cannot follow from the base that was held
  kBrokenIdentity = 2,       // a sum is off by more than rounding
  kUnannouncedRevision = 3,  // a regular release changed what had been published for an earlier period
};
std::string_view FindingKindName(FindingKind kind);  // "IMPLIED_REVISION"
absl::StatusOr<FindingKind> ParseFindingKind(std::string_view name);

// Stored as numbers: never renumber. Only an implied revision leaves OPEN while its release stands.
enum class FindingStatus : std::uint8_t {
  kOpen = 1,        // nothing said since speaks to it
  kConfirmed = 2,   // a later release revised the base into the implied interval
  kSuperseded = 3,  // a later entry of the log revised the base elsewhere, or the level or the rate, brought
                    // another base published before it, or retracted the release that it is about
};
std::string_view FindingStatusName(FindingStatus status);  // "OPEN"

// Immutable once kept, but for status and settled_by. What the fields hold, by kind:
//
//                   IMPLIED_REVISION           BROKEN_IDENTITY             UNANNOUNCED_REVISION
//   series          level, rate                total, then the terms       the series
//                                              (32 components at most)
//                                              (YEAR_TO_DATE: the series)
//   period          of level and rate          of the total                of the changed cell
//   held_period     of the base                the same                    the same
//   printed         the level                  the total                   what is said now
//   rate            the rate, per cent         -                           -
//   held            the base                   the sum of the terms        what was said before
//   held_sequence   of the release that        0                           of the release that
//                   stated the base                                        stated `held`
//   implied_low,    where the base must lie,   where the total must lie    -
//   implied_high    rounded outwards           if the terms are right
//   amount          from the base to the       sum - total                 printed - held, if both
//                   nearer bound, signed                                   are numbers
//   identity        -                          which                       -
struct Finding {
  FindingKind kind = FindingKind::kImpliedRevision;
  std::uint32_t rules = kFindingRules;
  std::string dataset;
  std::vector<SeriesKey> series;
  Period period;
  Period held_period;
  Sequence sequence = 0;     // of the release that was checked
  PublishedAt published_at;  // of that release
  Datum printed;
  std::optional<Datum> rate;
  Datum held;
  Sequence held_sequence = 0;
  std::optional<Decimal> implied_low;
  std::optional<Decimal> implied_high;
  std::optional<Decimal> amount;
  std::optional<Identity> identity;
  FindingStatus status = FindingStatus::kOpen;
  Sequence settled_by = 0;  // the release that confirmed or superseded it; 0 while OPEN
  friend bool operator==(const Finding&, const Finding&) = default;
};

// One sentence or two for people, made from the fields alone: what is inconsistent with what was held, by how
// much, and what may be behind it (a silent revision is one possible cause of several).
std::string Explain(const Finding& finding);

// The status of an OPEN implied revision once a later release (of sequence `by`) states `base` for its base:
// unchanged while the base is the same number; CONFIRMED if what the new print may stand for touches the
// implied interval; else SUPERSEDED. A finding of another kind, a settled one, a withdrawn or absent base,
// and a release that is not later leave it as it is. `rounding`: how the publisher prints, so how far the
// base may lie from its print. True if the status changed.
bool Settle(Finding& finding, const Datum& base, Sequence by,
            PrintRounding rounding = PrintRounding::kNearest);

// The same once a later release states the level or the rate of an OPEN implied revision: SUPERSEDED if
// either is another number now (or none), for the interval was made from what they were. REQUIRES: both as
// known after the release `by`.
bool SettleByPrints(Finding& finding, const Datum& level, const Datum& rate, Sequence by);

// The order in which findings are kept and listed: rules, sequence, kind, series (in canonical order),
// period, held period, dataset, identity. Two findings of one store that differ have different places in it.
std::strong_ordering CompareFindings(const Finding& a, const Finding& b);

}  // namespace tidewaiter
