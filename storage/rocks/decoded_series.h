// All vintages of one series, decoded: as-of reads of what is asked for often come out of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "domain/cell_form.h"
#include "domain/change.h"
#include "domain/period.h"
#include "domain/plain_cells.h"
#include "domain/vintage.h"
#include "storage/rocks/cell_codec.h"
#include "storage/rocks/release_table.h"

namespace tidewaiter::storage {

// The statements about a series, period by period, each period's in the order in which they became known. Of
// the releases that speak of the series every one has a rank, by (published_at, sequence); what a vintage
// sees is nearly always the releases below some rank, so that of each period it is one step to the statement
// that counts:
//
//   ranks   0 July 7   1 Aug 7   2 Sept 7        as of Aug 20: ranks below 2
//   2025-06 74.30 r0   75.01 r1  75.01 r2        => 75.01 by r1, since r1
//   2025-07            70.10 r1  70.44 r2        => 70.10 by r1, since r1
//   2025-08                      69.02 r2        => nothing
//
// Since when a value stands is kept with each statement, if any was ever confirmed: some 6 to 8 bytes a
// statement, and 4 a release. Where
// retractions or an old sequence leave gaps between the ranks, the statements are gone through one by one.
//
// Immutable once made; thread-safe.
class DecodedSeries {
 public:
  // Gathers the statements. Not thread-safe.
  class Builder {
   public:
    // `releases` as of `head`; it must outlive the builder.
    Builder(const ReleaseTable* releases, Sequence head) : releases_(releases), head_(head) {}

    enum class Outcome {
      kDone,
      kPending,    // the bytes hold what is no release yet: they will say more without being touched
      kIntricate,  // a release states a cell twice, or there is too much: to be folded, not remembered
      kDamaged,    // the bytes cannot be decoded
    };
    // `operands` as they lie in the store; see operand.h.
    Outcome Read(std::string_view operands);
    // After kDone, once.
    DecodedSeries Build();

   private:
    struct Statement {
      Period period;
      std::uint32_t release = 0;  // index into sequences_; its rank once Rank() has run
      std::uint32_t cell = 0;     // index into cells_
    };
    void Rank();
    bool SortByMonth();
    bool HasRepeats() const;

    const ReleaseTable* const releases_;
    const Sequence head_;
    std::vector<Sequence> sequences_;
    std::vector<Statement> statements_;
    std::vector<CodedCell> cells_;
  };

  // What is known at `vintage` within `range`, in period order, as SeriesFold has it; replaces `cells`.
  // `releases` must have the head that the series was built at, or a later one.
  void Read(const ReleaseTable& releases, const Vintage& vintage, const PeriodRange& range,
            std::vector<CellState>* cells) const;
  // The same as columns; false, and `columns` is void, if that cannot be said of all statements, or if
  // single statements have to be gone through.
  bool ReadPlain(const ReleaseTable& releases, const Vintage& vintage, const PeriodRange& range,
                 PlainCells* columns) const;

  std::size_t statements() const { return ranks_.size(); }
  std::size_t bytes() const;

 private:
  struct Texts {
    TextId source = 0;
    TextId note = 0;
  };
  DecodedSeries() = default;
  void Append(const CodedCell& cell, std::uint32_t rank);
  void SetSince(std::size_t statement, std::size_t first_of_period);
  void Narrow();

  void PrefetchAll() const;
  // Ranks that `vintage` sees, if those are all below some rank; else no number.
  static constexpr std::uint32_t kGaps = ~std::uint32_t{0};
  std::uint32_t VisibleRanks(const ReleaseTable& releases, const Vintage& vintage) const;
  void ReadBelow(std::uint32_t ranks, const ReleaseTable& releases, const PeriodRange& range,
                 std::vector<CellState>* cells) const;
  // The last statement of period `i` below a rank, plus 1: the first of the period if there is none.
  std::uint32_t EndBelow(std::uint32_t ranks, std::size_t i) const;
  void ReadGaps(const ReleaseTable& releases, const Vintage& vintage, const PeriodRange& range,
                std::vector<CellState>* cells) const;
  void AddState(std::size_t statement, std::uint32_t since, Period period, const ReleaseTable& releases,
                std::vector<CellState>* cells) const;
  Datum DatumOf(std::size_t statement) const;
  CellForm FormOf(std::size_t statement) const { return forms_.empty() ? form_ : forms_[statement]; }
  std::uint32_t SinceOf(std::size_t statement) const {
    return since_.empty() ? ranks_[statement] : since_[statement];
  }
  Period PeriodAt(std::size_t i) const {
    return periods_.empty() ? Period::FromValid(first_month_ + static_cast<int>(i), 1) : periods_[i];
  }

  // What every read looks at comes first.
  bool sequences_ascend_ = true;
  bool is_plain_ = false;  // fits PlainCells
  CellForm form_;          // of all, if forms_ is empty
  Month first_month_;
  // By rank.
  std::vector<Sequence> sequences_;
  std::vector<std::uint32_t> begins_;  // of the statements of each period, and the end
  // By statement.
  std::vector<std::uint16_t> ranks_;
  std::vector<std::int32_t> narrow_;  // coefficients, if all fit
  std::vector<std::uint16_t> since_;  // the rank since which the value stands; empty: always its own
  // By period; empty if they are single months in a row from first_month_ on.
  std::vector<Period> periods_;
  // By statement.
  std::vector<std::int64_t> coefficients_;  // if some are not narrow; of a wide one its index in wide_
  std::vector<CellForm> forms_;
  std::vector<absl::int128> wide_;
  std::vector<Texts> texts_;  // empty: none has any
};

}  // namespace tidewaiter::storage
