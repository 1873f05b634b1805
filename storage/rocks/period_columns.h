// Reads single periods of a part that stands period by period, as columns, passing over all others.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "domain/cell_form.h"
#include "domain/period.h"
#include "storage/rocks/period_chunk_format.h"

namespace tidewaiter::storage {

// The cells of one period of a part, a row a cell. Texts are passed over.
struct PeriodColumns {
  std::vector<std::uint32_t> places;  // what the caller calls the cell's group; ascending as the groups do
  std::vector<std::int64_t> coefficients;  // of an absence 0; of a wide value its index in `wide`
  CellForm form;                           // of every row, if `forms` is empty
  std::vector<CellForm> forms;
  std::vector<absl::int128> wide;
};

// Reads a part that EncodeByPeriod wrote (period_chunk.h). Never reads beyond it, whatever the bytes; what it
// hands out are valid cells. Reusable, keeping its memory; not thread-safe; the bytes must outlive the reads.
//   PeriodColumnsReader reader;
//   if (!reader.Open(bytes)) corruption
//   if (!reader.Read(period, places, &columns)) corruption, or the part says nothing about the period
class PeriodColumnsReader {
 public:
  // Groups one after the other that are of one section and of series with ascending ids, without gaps.
  struct Run {
    std::uint32_t series = 0;  // of the first
    std::uint32_t section = 0;
    std::uint32_t groups = 0;
  };

  bool Open(std::string_view part);
  const std::vector<Run>& runs() const { return runs_; }
  std::size_t groups() const { return groups_; }
  // `places` has a number for every group, which stands for it in the columns.
  bool Read(const Period& period, std::span<const std::uint32_t> places, PeriodColumns* columns);

 private:
  bool ReadRuns(ByteReader* reader);
  void Extend(std::uint32_t series, std::uint32_t section);  // by one group
  bool ReadSlice(const period_chunk::DirectoryEntry& entry, std::span<const std::uint32_t> places,
                 PeriodColumns* columns);
  bool ReadCoefficients(ByteReader* reader, std::string_view widths, bool is_signed, PeriodColumns* columns,
                        std::vector<std::size_t>* wide_rows);

  std::vector<Run> runs_;
  std::size_t groups_ = 0;
  std::vector<period_chunk::DirectoryEntry> directory_;
  std::string last_plane_;  // with room behind it
};

}  // namespace tidewaiter::storage
