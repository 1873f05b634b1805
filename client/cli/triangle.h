// The revision triangle (real-time matrix): rows are periods, columns are vintages, a cell is what was known.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/cell_text.h"
#include "client/types.h"

namespace tidewaiter::cli {

// The vintages that changed something: moments of publication, each with whether only its day is known.
// Two releases of the same moment are one vintage: no reading on the publication clock can tell them apart.
class VintageColumns {
 public:
  void Add(const PublishedAt& at) { known_.emplace(at.instant, at.day.has_value()); }
  void AddAll(const VintageColumns& others) { known_.insert(others.known_.begin(), others.known_.end()); }
  // Leaves out the oldest but `last`; 0 leaves all.
  void KeepLast(std::size_t last);
  std::size_t size() const { return known_.size(); }
  std::vector<Instant> Instants() const;  // oldest first
  // A day for each; an instant where there are several on one day.
  std::vector<std::string> Labels(const CellTexts& texts) const;

 private:
  std::map<Instant, bool> known_;
};

// The triangle of one series. Not thread-safe.
//
//   statements (period, published, value)      cells
//   2023-03  2023-04-18  315.589337            period   2023-04-18  2023-05-09  2023-08-11
//   2023-03  2023-08-11  305.04                2023-03  315.589337  315.589337  305.04
//   2023-04  2023-05-09  295.42                2023-04              295.42      295.42
class Triangle {
 public:
  explicit Triangle(std::string series) : series_(std::move(series)) {}
  const std::string& series() const { return series_; }

  // Changes come as StreamHistory gives them: by period, then in published order.
  void Add(const client::HistoryLine& line);
  const VintageColumns& columns() const { return columns_; }
  bool empty() const { return rows_.empty(); }

  struct Cell {
    std::optional<Datum> datum;                 // none: not known yet, or (changes only) as it was
    std::optional<tidewaiter::Change> changed;  // in this very vintage
  };
  struct Row {
    Period period;
    std::vector<Cell> cells;  // one a vintage
  };
  // At the vintages of `at`, which ascend. With `changes_only` a cell stands only where it changed, and rows
  // in which nothing did are left out.
  std::vector<Row> Rows(const std::vector<Instant>& at, bool changes_only) const;

  struct Change {
    Period period;
    PublishedAt published_at;
    Sequence sequence = 0;
    std::optional<Datum> before;  // none: nothing was known
    Datum datum;
    tidewaiter::Change change;
  };
  // What changed in the newest `last` vintages (0: in all), by period, then in published order.
  std::vector<Change> Changes(std::size_t last) const;

 private:
  using Statements = std::vector<Change>;  // about one period, in published order
  static Row RowOf(const Statements& statements, const std::vector<Instant>& at, bool changes_only);

  std::string series_;
  std::vector<Statements> rows_;
  VintageColumns columns_;
};

// For people: the newest vintages that fit `width` columns of a terminal. Revised cells are coloured, or
// marked with a * where colour is not wanted.
struct TriangleTable {
  std::string text;
  std::size_t left_out = 0;  // older vintages
  bool marked = false;       // there is a *
};
struct TriangleTableOptions {
  std::size_t width = 120;
  std::size_t last = 0;  // 0: all that fit
  bool changes_only = false;
  bool colour = false;
};
TriangleTable TableOf(const Triangle& triangle, const CellTexts& texts, const TriangleTableOptions& options);

}  // namespace tidewaiter::cli
