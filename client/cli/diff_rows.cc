#include "client/cli/diff_rows.h"

#include <algorithm>
#include <compare>
#include <utility>

#include "domain/ratio.h"

namespace tidewaiter::cli {
namespace {

using Sort = DiffArguments::Sort;

// Rows beyond twice --top before the rest is dropped.
constexpr std::size_t kSpareRows = 1024;

// Which changes come first where their sizes cannot be compared.
int Rank(const DiffRow& row, bool by_percent) {
  if (row.amount) return by_percent && row.cell.before->value().is_zero() ? 0 : 1;
  switch (row.cell.change.change) {
    case ChangeClass::kWithdrawn:
      return 2;
    case ChangeClass::kRestored:
      return 3;
    case ChangeClass::kRevised:
      return 4;
    case ChangeClass::kNew:
      return 5;
    case ChangeClass::kBackfilled:
      return 6;
    case ChangeClass::kConfirmed:
      break;
  }
  return 7;
}

Decimal Magnitude(const Decimal& d) { return d.is_negative() ? d.Negated() : d; }

// |amount| / |before|, which is not zero.
Rational ShareOf(const DiffRow& row) {
  return Rational(*row.amount).Magnitude() / Rational(row.cell.before->value()).Magnitude();
}

// Keys are compared code by code: a point comes before any other character.
bool KeyLess(const std::string& a, const std::string& b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x == '.' ? '\0' : x) < (y == '.' ? '\0' : y);
  });
}

bool CellLess(const DiffRow& a, const DiffRow& b) {
  if (a.dataset != b.dataset) return a.dataset < b.dataset;
  if (a.cell.series != b.cell.series) return KeyLess(a.cell.series, b.cell.series);
  return a.cell.cell.period < b.cell.cell.period;
}

// True if `a` is shown before `b`.
bool ComesFirst(const DiffRow& a, const DiffRow& b, Sort sort) {
  if (sort == Sort::kSeries) return CellLess(a, b);
  const bool by_percent = sort == Sort::kPercent;
  const int rank_a = Rank(a, by_percent);
  const int rank_b = Rank(b, by_percent);
  if (rank_a != rank_b) return rank_a < rank_b;
  if (a.amount) {
    const std::strong_ordering order = by_percent && rank_a == 1
                                           ? Rational::Compare(ShareOf(a), ShareOf(b))
                                           : Decimal::Compare(Magnitude(*a.amount), Magnitude(*b.amount));
    if (order != 0) return order > 0;
  }
  return CellLess(a, b);
}

}  // namespace

std::optional<Decimal> AmountOf(const client::ChangedCell& cell) {
  const ChangeClass change = cell.change.change;
  const bool moved = change != ChangeClass::kBackfilled && change != ChangeClass::kConfirmed;
  if (!moved || !cell.before || !cell.before->has_value() || !cell.cell.datum.has_value())
    return std::nullopt;
  const absl::StatusOr<Decimal> amount = Decimal::Subtract(cell.cell.datum.value(), cell.before->value());
  return amount.ok() ? std::optional<Decimal>(*amount) : std::nullopt;
}

std::optional<Decimal> PercentOf(const DiffRow& row) {
  if (!row.amount || row.cell.before->value().is_zero()) return std::nullopt;
  const Rational share = Rational(*row.amount) / Rational(row.cell.before->value()).Magnitude();
  const absl::StatusOr<Decimal> percent = (100 * share).RoundHalfEven(1);
  return percent.ok() ? std::optional<Decimal>(*percent) : std::nullopt;
}

void DiffRows::Add(DiffRow row) {
  rows_.push_back(std::move(row));
  ++count_;
  if (arguments_.top > 0 && rows_.size() >= 2 * arguments_.top + kSpareRows) Cut();
}

const std::vector<DiffRow>& DiffRows::Sorted() {
  std::sort(rows_.begin(), rows_.end(),
            [sort = arguments_.sort](const DiffRow& a, const DiffRow& b) { return ComesFirst(a, b, sort); });
  if (arguments_.top > 0 && rows_.size() > arguments_.top) rows_.resize(arguments_.top);
  return rows_;
}

void DiffRows::Cut() {
  const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(arguments_.top);
  std::nth_element(
      rows_.begin(), end, rows_.end(),
      [sort = arguments_.sort](const DiffRow& a, const DiffRow& b) { return ComesFirst(a, b, sort); });
  rows_.resize(arguments_.top);
}

}  // namespace tidewaiter::cli
