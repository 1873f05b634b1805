#include "daemon/engine/finding_table.h"

#include <array>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "domain/errors.h"
#include "domain/finding_encoding.h"
#include "domain/strings.h"

namespace tidewaiter::engine {
namespace {

constexpr std::size_t kPlaceBytes = 12;

absl::Status Damaged(std::string_view what) {
  return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption,
                   absl::StrCat("findings: ", ToAbsl(what), " cannot be read"));
}

void AppendPlace(std::string& key, const FindingPlace& place) {
  AppendNumber(key, place.rules);
  AppendNumber(key, place.found_by);
  AppendNumber(key, place.ordinal);
}

// Months are counted from year 0: no negative numbers.
void AppendCell(std::string& key, const FindingTable::Cell& cell) {
  AppendNumber(key, static_cast<std::uint32_t>(cell.series));
  AppendNumber(key, static_cast<std::uint32_t>(cell.period.start().index()));
  AppendNumber(key, static_cast<std::uint32_t>(cell.period.months()));
}

std::string OpenKey(const FindingTable::Cell& cell, const FindingPlace& place) {
  std::string key = "o";
  AppendCell(key, cell);
  AppendPlace(key, place);
  return key;
}

std::string SettledKey(const FindingPlace& place, Sequence settled_by) {
  std::string key = "s";
  AppendNumber(key, place.rules);
  AppendNumber(key, settled_by);
  AppendNumber(key, place.found_by);
  AppendNumber(key, place.ordinal);
  return key;
}

std::string MonthKey(Sequence sequence, std::string_view dataset) {
  std::string key = "m";
  AppendNumber(key, sequence);
  key.append(dataset);
  return key;
}

// Numbers with a space between, as many as asked for.
template <std::size_t n>
absl::StatusOr<std::array<std::int64_t, n>> Numbers(std::string_view text, std::string_view what) {
  std::array<std::int64_t, n> numbers{};
  std::size_t i = 0;
  for (const absl::string_view word : absl::StrSplit(ToAbsl(text), ' ')) {
    if (i == n || !absl::SimpleAtoi(word, &numbers[i])) return Damaged(what);
    ++i;
  }
  if (i != n) return Damaged(what);
  return numbers;
}

absl::StatusOr<Month> MonthOf(std::int64_t index) {
  const absl::StatusOr<Month> month = Month::FromIndexChecked(index);
  if (!month.ok()) return Damaged("a month");
  return month;
}

constexpr std::int64_t kNoMonth = -1;

}  // namespace

std::string FindingKeyPrefix(std::uint32_t rules) {
  std::string key = "f";
  AppendNumber(key, rules);
  return key;
}

std::string FindingKey(const FindingPlace& place) {
  std::string key = "f";
  AppendPlace(key, place);
  return key;
}

absl::StatusOr<FindingPlace> PlaceOf(std::string_view key) {
  if (key.size() < 1 + kPlaceBytes) return Damaged("a key");
  const std::size_t at = key.size() - kPlaceBytes;
  return FindingPlace{NumberAt(key, at), NumberAt(key, at + 4), NumberAt(key, at + 8)};
}

absl::StatusOr<PlacedFinding> DecodePlaced(std::string_view key, std::string_view value) {
  PlacedFinding placed;
  TW_ASSIGN_OR_RETURN(placed.place, PlaceOf(key));
  TW_ASSIGN_OR_RETURN(placed.finding, DecodeFinding(value));
  return placed;
}

std::string StateKey() { return "z"; }

std::string EncodeState(const FindingsState& state) {
  return absl::StrCat(state.rules, " ", state.position, " ", state.findings, " ", state.settled, " ",
                      state.dropped, " ", state.errors);
}

absl::StatusOr<FindingsState> DecodeState(std::string_view bytes) {
  TW_ASSIGN_OR_RETURN(const auto numbers, Numbers<6>(bytes, "the position"));
  FindingsState state;
  state.rules = static_cast<std::uint32_t>(numbers[0]);
  state.position = static_cast<Sequence>(numbers[1]);
  state.findings = static_cast<std::uint64_t>(numbers[2]);
  state.settled = static_cast<std::uint64_t>(numbers[3]);
  state.dropped = static_cast<std::uint64_t>(numbers[4]);
  state.errors = static_cast<std::uint64_t>(numbers[5]);
  return state;
}

absl::StatusOr<FindingsState> FindingTable::State() const {
  TW_ASSIGN_OR_RETURN(const std::optional<std::string> value, records_.Get(StateKey()));
  if (!value) return FindingsState();
  return DecodeState(*value);
}

absl::StatusOr<DatasetSeen> FindingTable::Seen(std::string_view dataset) const {
  TW_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                      records_.Get(absl::StrCat("d", ToAbsl(dataset))));
  DatasetSeen seen;
  if (!value) return seen;
  TW_ASSIGN_OR_RETURN(const auto numbers, Numbers<2>(*value, "what a dataset spoke of"));
  if (numbers[0] != kNoMonth) {
    TW_ASSIGN_OR_RETURN(seen.reference_month, MonthOf(numbers[0]));
  }
  seen.newest = Instant::FromMicros(numbers[1]);
  return seen;
}

absl::StatusOr<std::optional<Month>> FindingTable::ReferenceMonth(Sequence sequence,
                                                                  std::string_view dataset) const {
  TW_ASSIGN_OR_RETURN(const std::optional<std::string> value, records_.Get(MonthKey(sequence, dataset)));
  if (!value) return std::nullopt;
  TW_ASSIGN_OR_RETURN(const auto numbers, Numbers<1>(*value, "a reference month"));
  TW_ASSIGN_OR_RETURN(const Month month, MonthOf(numbers[0]));
  return std::optional<Month>(month);
}

absl::StatusOr<std::optional<Finding>> FindingTable::Get(const FindingPlace& place) const {
  TW_ASSIGN_OR_RETURN(const std::optional<std::string> value, records_.Get(FindingKey(place)));
  if (!value) return std::nullopt;
  TW_ASSIGN_OR_RETURN(Finding finding, DecodeFinding(*value));
  return std::optional<Finding>(std::move(finding));
}

absl::StatusOr<std::vector<PlacedFinding>> FindingTable::About(std::uint32_t rules, Sequence sequence) const {
  std::vector<PlacedFinding> found;
  std::string own = FindingKeyPrefix(rules);
  AppendNumber(own, sequence);
  TW_RETURN_IF_ERROR(records_.ForEach(own, [&](std::string_view key, std::string_view value) -> absl::Status {
    TW_ASSIGN_OR_RETURN(PlacedFinding placed, DecodePlaced(key, value));
    if (placed.finding.sequence == sequence) found.push_back(std::move(placed));
    return absl::OkStatus();
  }));
  std::string later = "a";
  AppendNumber(later, sequence);
  AppendNumber(later, rules);
  TW_RETURN_IF_ERROR(records_.ForEach(later, [&](std::string_view key, std::string_view) -> absl::Status {
    TW_ASSIGN_OR_RETURN(const FindingPlace place, PlaceOf(key));
    TW_ASSIGN_OR_RETURN(std::optional<Finding> finding, Get(place));
    if (finding) found.push_back({place, *std::move(finding)});
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<PlacedFinding>> FindingTable::SettledBy(std::uint32_t rules,
                                                                   Sequence sequence) const {
  std::vector<PlacedFinding> found;
  std::string settled = "s";
  AppendNumber(settled, rules);
  AppendNumber(settled, sequence);
  TW_RETURN_IF_ERROR(records_.ForEach(settled, [&](std::string_view key, std::string_view) -> absl::Status {
    const FindingPlace place{rules, NumberAt(key, settled.size()), NumberAt(key, settled.size() + 4)};
    TW_ASSIGN_OR_RETURN(std::optional<Finding> finding, Get(place));
    if (finding && finding->settled_by == sequence) found.push_back({place, *std::move(finding)});
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<FindingTable::OpenHit>> FindingTable::OpenOn(storage::SeriesId series) const {
  std::vector<OpenHit> hits;
  std::string prefix = "o";
  AppendNumber(prefix, static_cast<std::uint32_t>(series));
  TW_RETURN_IF_ERROR(records_.ForEach(prefix, [&](std::string_view key, std::string_view) -> absl::Status {
    if (key.size() != prefix.size() + 8 + kPlaceBytes) return Damaged("a key");
    TW_ASSIGN_OR_RETURN(const FindingPlace place, PlaceOf(key));
    TW_ASSIGN_OR_RETURN(const Month start, MonthOf(NumberAt(key, prefix.size())));
    const auto period = Period::Create(start, static_cast<int>(NumberAt(key, prefix.size() + 4)));
    if (!period.ok()) return Damaged("a key");
    hits.push_back({*period, place});
    return absl::OkStatus();
  }));
  return hits;
}

absl::StatusOr<std::optional<FindingTable::SeriesSet>> FindingTable::OpenSeries(std::size_t most) const {
  SeriesSet series;
  std::size_t cells = 0;
  const absl::Status status =
      records_.ForEach("o", [&](std::string_view key, std::string_view) -> absl::Status {
        if (key.size() < 5) return Damaged("a key");
        if (++cells > most) return absl::OutOfRangeError("");
        series.insert(storage::SeriesId{NumberAt(key, 1)});
        return absl::OkStatus();
      });
  if (absl::IsOutOfRange(status)) return std::optional<SeriesSet>();
  TW_RETURN_IF_ERROR(status);
  return std::optional(std::move(series));
}

void FindingTable::PutState(const FindingsState& state) { records_.Put(StateKey(), EncodeState(state)); }

void FindingTable::PutSeen(std::string_view dataset, const DatasetSeen& seen) {
  const std::int64_t month = seen.reference_month ? seen.reference_month->index() : kNoMonth;
  records_.Put(absl::StrCat("d", ToAbsl(dataset)), absl::StrCat(month, " ", seen.newest.micros()));
}

void FindingTable::PutReferenceMonth(Sequence sequence, std::string_view dataset, Month month) {
  records_.Put(MonthKey(sequence, dataset), absl::StrCat(month.index()));
}

void FindingTable::PutError(std::uint32_t rules, Sequence sequence, std::string_view why) {
  std::string key = "e";
  AppendNumber(key, rules);
  AppendNumber(key, sequence);
  records_.Put(std::move(key), std::string(why));
}

void FindingTable::Put(const PlacedFinding& placed) {
  records_.Put(FindingKey(placed.place), EncodeFinding(placed.finding));
  if (placed.finding.sequence == placed.place.found_by) return;
  std::string about = "a";
  AppendNumber(about, placed.finding.sequence);
  AppendPlace(about, placed.place);
  records_.Put(std::move(about), "");
}

void FindingTable::PutOpen(const FindingPlace& place, const std::vector<Cell>& cells) {
  for (const Cell& cell : cells) records_.Put(OpenKey(cell, place), "");
}

void FindingTable::PutReopened(const PlacedFinding& placed, const std::vector<Cell>& cells, Sequence by) {
  records_.Put(FindingKey(placed.place), EncodeFinding(placed.finding));
  records_.Put(SettledKey(placed.place, by), "");
  PutOpen(placed.place, cells);
}

void FindingTable::PutSettled(const PlacedFinding& placed, const std::vector<Cell>& cells) {
  records_.Put(FindingKey(placed.place), EncodeFinding(placed.finding));
  records_.Put(SettledKey(placed.place, placed.finding.settled_by), "");
  for (const Cell& cell : cells) records_.Delete(OpenKey(cell, placed.place));
}

}  // namespace tidewaiter::engine
