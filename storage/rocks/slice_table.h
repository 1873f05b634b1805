// What is known of one period, by series, while it is being put together.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/numeric/int128.h"
#include "domain/cell_form.h"
#include "domain/vintage.h"
#include "storage/rocks/period_columns.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// The cells of one dataset in one period of a chunk. Immutable once made.
struct ChunkSlice {
  // Takes the columns over; rows of series 0 are dropped.
  explicit ChunkSlice(PeriodColumns taken);
  std::size_t bytes() const;

  PeriodColumns columns;             // their places are series ids
  std::vector<std::uint32_t> pages;  // SeriesPlaces::PageOf of them, ascending
};

// Gives series places in a table: dense where their ids are, in pages, so that the ids of other datasets
// between them take no room. Not thread-safe.
//
//   ids 7, 8, 900, 90000          pages of 1,024 places: ids from 0 -> places from 0, ids from 89088 -> from
//   1024 places 7, 8, 900, 1936
class SeriesPlaces {
 public:
  static constexpr std::uint32_t kPageSeries = 1u << 10;
  static std::uint32_t PageOf(std::uint32_t series) { return series >> kPageBits; }

  void Cover(std::uint32_t page) {
    if (page >= place_of_page_.size()) place_of_page_.resize(page + 1, kNone);
    if (place_of_page_[page] != kNone) return;
    place_of_page_[page] = static_cast<std::uint32_t>(size_);
    size_ += kPageSeries;
  }
  // REQUIRES: its page is covered.
  std::uint32_t PlaceOf(std::uint32_t series) const {
    return place_of_page_[PageOf(series)] | (series & (kPageSeries - 1));
  }
  // Places are below this.
  std::size_t size() const { return size_; }

  // Calls fn(first series of a page, first place of the page) by ascending series.
  template <typename Fn>
  void ForEachPage(Fn fn) const {
    for (std::size_t page = 0; page < place_of_page_.size(); ++page) {
      if (place_of_page_[page] != kNone)
        fn(static_cast<std::uint32_t>(page << kPageBits), place_of_page_[page]);
    }
  }

 private:
  static constexpr int kPageBits = 10;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::vector<std::uint32_t> place_of_page_;
  std::size_t size_ = 0;
};

// Statements are put in visibility order: the later one about a series replaces the earlier. Not thread-safe.
class SliceTable {
 public:
  static constexpr std::size_t kBytesPerPlace = 16;

  // REQUIRES: `places` covers the series. The same places, whatever they came to cover since, for one table.
  void Put(const ChunkSlice& slice, const SeriesPlaces& places, Sequence sequence);
  void Put(std::uint32_t series, const Datum& datum, Attributes attributes, const SeriesPlaces& places,
           Sequence sequence);
  // Everything that is known becomes WITHDRAWN.
  void WithdrawAll(Sequence sequence);
  // Writes the columns of `slice`, but for its period.
  void Finish(const SeriesPlaces& places, PeriodSlice* slice) const;

 private:
  struct Slot {
    std::int64_t coefficient = 0;  // of a wide value its index in wide_
    Sequence sequence = 0;         // 0: nothing is known
    CellForm form;
  };
  static_assert(sizeof(Slot) == kBytesPerPlace);

  void Grow(std::size_t places) {
    if (slots_.size() < places) slots_.resize(places);
  }
  void Meet(CellForm form) {
    if (!has_form_) form_ = form;
    has_form_ = true;
    mixed_ = mixed_ || form != form_;
  }

  void Meet(Sequence sequence) {
    if (releases_.empty() || releases_.back() != sequence) releases_.push_back(sequence);
  }

  std::vector<Slot> slots_;
  std::vector<Sequence> releases_;  // that stated anything, as they came
  std::vector<absl::int128> wide_;
  CellForm form_;  // of all slots unless mixed_
  bool has_form_ = false;
  bool mixed_ = false;
};

}  // namespace tidewaiter::storage
