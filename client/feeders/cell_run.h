// Cells of files on their way into canonical order: as many as fit in memory, sorted; the rest in sorted runs
// on disk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "domain/limits.h"
#include "domain/stated_cell.h"

namespace tidewaiter::feeders {

// Where in its file a cell was read, as one number that ascends as the file is read: most files have lines
// alone, and it takes no more room than they do.
class FilePlace {
 public:
  constexpr FilePlace() = default;
  FilePlace(std::uint64_t line, std::uint64_t record)
      : number_(std::min(record, kMaxRecord) << kLineBits | std::min(line, kMaxLine)) {}
  static FilePlace FromNumber(std::uint64_t number) {
    FilePlace place;
    place.number_ = number;
    return place;
  }
  std::uint64_t number() const { return number_; }
  std::uint64_t line() const { return number_ & kMaxLine; }
  // 0: there is none, or it is too large to be told.
  std::uint64_t record() const {
    const std::uint64_t record = number_ >> kLineBits;
    return record == kMaxRecord ? 0 : record;
  }
  friend constexpr auto operator<=>(FilePlace, FilePlace) = default;

 private:
  static constexpr int kLineBits = 36;
  static constexpr std::uint64_t kMaxLine = (std::uint64_t{1} << kLineBits) - 1;
  static constexpr std::uint64_t kMaxRecord = (std::uint64_t{1} << (64 - kLineBits)) - 1;
  std::uint64_t number_ = 0;
};

// Where a cell belongs, what it says and where it was read. The texts live as long as whatever handed it out.
struct RunCell {
  std::uint32_t release = 0;
  std::uint32_t section = 0;  // counted over all releases
  std::string_view key;  // codes, each ended by a zero byte: so that the order of bytes is the canonical one
  StatedCell stated;
  std::string_view date_basis;
  std::uint32_t file = 0;
  FilePlace place;
};

// The order in which cells leave: by release, section, key and period; equal cells as they were read.
bool Before(const RunCell& a, const RunCell& b);
bool SameCell(const RunCell& a, const RunCell& b);

// Goes through sorted cells. Not thread-safe.
class RunCursor {
 public:
  virtual ~RunCursor() = default;
  // To the first cell of a release; at its end if there is none.
  virtual absl::Status Seek(std::uint32_t release) = 0;
  // To the next cell; at the end after the last of the release. REQUIRES: !at_end().
  virtual absl::Status Next() = 0;
  virtual bool at_end() const = 0;
  // Valid until the cursor moves. REQUIRES: !at_end().
  virtual const RunCell& cell() const = 0;
};

// Sorted cells on disk, in a file without a name that goes when this does. Made by MemoryRun::Spill.
class DiskRun {
 public:
  ~DiskRun();
  DiskRun(const DiskRun&) = delete;
  DiskRun& operator=(const DiskRun&) = delete;
  // The run must outlive its cursors.
  std::unique_ptr<RunCursor> NewCursor() const;

 private:
  friend class MemoryRun;
  class Cursor;
  explicit DiskRun(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  std::uint64_t bytes_ = 0;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> releases_;  // ascending, and where each begins
};

// Takes cells in any order. Not thread-safe.
class MemoryRun {
 public:
  // Copies what it is given.
  void Add(const RunCell& cell);
  // What is held takes about so many bytes.
  std::size_t bytes() const { return bytes_; }
  bool empty() const { return cells_.empty(); }

  // Puts the cells in order; to be called before NewCursor() and after the last Add(). `in_order`: they are.
  void Sort(bool in_order);
  std::unique_ptr<RunCursor> NewCursor() const;
  // Sorts, writes everything into a file of `folder` and starts anew. UNKNOWN if it cannot be written.
  absl::StatusOr<std::unique_ptr<DiskRun>> Spill(const std::string& folder, bool in_order);

 private:
  class Cursor;
  struct Cell {
    Datum datum;
    Period period;
    std::uint32_t release, section, series, source, note, basis, file;
    Attributes attributes;
    FilePlace place;
  };
  using Index = absl::flat_hash_map<std::string_view, std::uint32_t>;

  // The number of a text among those of a table.
  std::uint32_t Intern(std::string_view text, Index& index, std::vector<std::string_view>& table);
  std::string_view Keep(std::string_view text);
  RunCell At(std::uint32_t place) const;
  void Clear();

  std::vector<Cell> cells_;
  std::vector<std::uint32_t> order_;  // places of cells_ in order; empty: they stand in order
  std::vector<std::string_view> series_{};
  std::vector<std::string_view> texts_{};
  Index series_index_;
  Index text_index_;
  std::deque<std::string> arena_;  // what the tables point into
  std::size_t bytes_ = 0;
  std::uint32_t last_series_ = 0;
};

// The cells of several runs as of one.
class MergedCursor : public RunCursor {
 public:
  explicit MergedCursor(std::vector<std::unique_ptr<RunCursor>> runs) : runs_(std::move(runs)) {}
  absl::Status Seek(std::uint32_t release) override;
  absl::Status Next() override;
  bool at_end() const override { return heap_.empty(); }
  const RunCell& cell() const override { return heap_.front()->cell(); }

 private:
  void SiftDown();
  std::vector<std::unique_ptr<RunCursor>> runs_;
  std::vector<RunCursor*> heap_;  // those that are not at their end, the least in front
};

}  // namespace tidewaiter::feeders
