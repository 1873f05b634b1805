#include "client/feeders/cell_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"

namespace tidewaiter::feeders {
namespace {

constexpr std::size_t kArenaBytes = 1u << 20;
constexpr std::size_t kWriteBytes = 1u << 20;
constexpr std::size_t kReadBytes = 128u << 10;
// Address space, not memory: a table that grew by copying would take twice its size.
constexpr std::size_t kReservedCells = 1u << 20;

auto OrderOf(const RunCell& cell) {
  return std::tie(cell.release, cell.section, cell.key, cell.stated.period, cell.file, cell.place);
}

// One cell on disk, after the one before it. What is as before is left out:
//
//   cell    := flags:byte [release section] [shared length rest:bytes] start months datum
//              [status:byte conf:byte] [source] [note] [basis] file place
//   datum   := absence:byte | 0:byte scale step low high                  numbers are varints, signed ones
//   zigzag text    := length bytes
enum Flag : unsigned {
  kNewSection = 1,
  kNewKey = 2,
  kAttributes = 4,
  kSource = 8,
  kNote = 16,
  kBasis = 32,
};

class Writer {
 public:
  void Byte(unsigned value) { out_.push_back(static_cast<char>(value)); }
  void Number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(static_cast<unsigned>(value & 0x7F) | 0x80);
    Byte(static_cast<unsigned>(value));
  }
  void Signed(std::int64_t value) {
    Number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void Text(std::string_view text) {
    Number(text.size());
    out_.append(text);
  }
  std::string& bytes() { return out_; }

 private:
  std::string out_;
};

// The bytes were written by this process: no check beyond the end of the file.
class Reader {
 public:
  Reader(int descriptor, std::uint64_t begin, std::uint64_t end)
      : descriptor_(descriptor), at_(begin), end_(end) {}
  bool at_end() const { return next_ == filled_ && at_ == end_; }
  unsigned Byte() {
    if (next_ == filled_) Fill();
    return next_ == filled_ ? 0u : static_cast<unsigned char>(buffer_[next_++]);
  }
  std::uint64_t Number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const unsigned byte = Byte();
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  std::int64_t Signed() {
    const std::uint64_t value = Number();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  void Append(std::size_t size, std::string* out) {
    while (size > 0 && status_.ok()) {
      if (next_ == filled_) Fill();
      const std::size_t count = std::min(size, filled_ - next_);
      out->append(buffer_, next_, count);
      next_ += count;
      size -= count;
    }
  }
  void Text(std::string* out) {
    out->clear();
    Append(static_cast<std::size_t>(Number()), out);
  }
  const absl::Status& status() const { return status_; }

 private:
  void Fill() {
    next_ = filled_ = 0;
    if (!status_.ok()) return;
    buffer_.resize(kReadBytes);
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(kReadBytes, end_ - at_));
    const ssize_t count = ::pread(descriptor_, buffer_.data(), size, static_cast<off_t>(at_));
    if (count <= 0) {
      status_ = absl::UnknownError(absl::StrCat("a temporary file cannot be read back: ",
                                                count < 0 ? std::strerror(errno) : "it ends too early"));
      return;
    }
    at_ += static_cast<std::uint64_t>(count);
    filled_ = static_cast<std::size_t>(count);
  }

  int descriptor_;
  std::uint64_t at_;
  std::uint64_t end_;
  std::string buffer_;
  std::size_t next_ = 0;
  std::size_t filled_ = 0;
  absl::Status status_;
};

void WriteDatum(const Datum& datum, Writer& out) {
  if (!datum.has_value()) return out.Byte(static_cast<unsigned>(datum.absence()));
  const absl::int128 coefficient = datum.value().coefficient();
  out.Byte(0);
  out.Number(static_cast<std::uint64_t>(datum.value().scale()));
  out.Signed(datum.step_exponent());
  out.Number(absl::Int128Low64(coefficient));
  out.Signed(absl::Int128High64(coefficient));
}

Datum ReadDatum(Reader& in) {
  if (const unsigned absence = in.Byte(); absence != 0) return Datum::Absent(static_cast<Absence>(absence));
  const int scale = static_cast<int>(in.Number());
  const int step = static_cast<int>(in.Signed());
  const std::uint64_t low = in.Number();
  const std::int64_t high = in.Signed();
  return Datum::ValueUnchecked(Decimal::FromValidParts(absl::MakeInt128(high, low), scale), step);
}

std::size_t SharedPrefix(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + size, b.begin()).first - a.begin());
}

// `last` is none for the first cell of a release.
void WriteCell(const RunCell& cell, const RunCell* last, Writer& out) {
  const bool new_section = last == nullptr || last->section != cell.section;
  const bool new_key = last == nullptr || last->key != cell.key;
  const auto unlike = [last](std::string_view text, std::string_view before) {
    return last == nullptr ? !text.empty() : text != before;
  };
  const StatedCell& stated = cell.stated;
  const StatedCell before = last == nullptr ? StatedCell{} : last->stated;
  const bool source = unlike(stated.source, before.source);
  const bool note = unlike(stated.note, before.note);
  const bool basis = unlike(cell.date_basis, last == nullptr ? std::string_view() : last->date_basis);
  const bool attributes = stated.attributes != Attributes{};
  out.Byte((new_section ? kNewSection : 0u) | (new_key ? kNewKey : 0u) | (attributes ? kAttributes : 0u) |
           (source ? kSource : 0u) | (note ? kNote : 0u) | (basis ? kBasis : 0u));
  if (new_section) {
    out.Number(cell.release);
    out.Number(cell.section);
  }
  if (new_key) {
    const std::size_t shared = last == nullptr ? 0 : SharedPrefix(last->key, cell.key);
    out.Number(shared);
    out.Text(cell.key.substr(shared));
  }
  out.Number(static_cast<std::uint64_t>(stated.period.start().index()));
  out.Number(static_cast<std::uint64_t>(stated.period.months()));
  WriteDatum(stated.datum, out);
  if (attributes) {
    out.Byte(static_cast<unsigned char>(stated.attributes.status));
    out.Byte(static_cast<unsigned char>(stated.attributes.conf));
  }
  if (source) out.Text(stated.source);
  if (note) out.Text(stated.note);
  if (basis) out.Text(cell.date_basis);
  out.Number(cell.file);
  out.Number(cell.place.number());
}

absl::Status WriteFailed(const std::string& folder, int error) {
  return MakeError(absl::StatusCode::kUnknown, Reason::kUnknown,
                   absl::StrCat("a temporary file in ", folder, " cannot be written: ", std::strerror(error),
                                "; set TMPDIR to a folder with room for about half of the file"));
}

absl::StatusOr<int> NamelessFile(const std::string& folder) {
  const int nameless = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (nameless >= 0) return nameless;
  std::string name = absl::StrCat(folder, "/tidewaiter-XXXXXX");  // where the file system knows no O_TMPFILE
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named < 0) return WriteFailed(folder, errno);
  ::unlink(name.c_str());
  return named;
}

absl::Status WriteAll(int descriptor, std::string_view bytes, const std::string& folder) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return WriteFailed(folder, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

}  // namespace

bool Before(const RunCell& a, const RunCell& b) { return OrderOf(a) < OrderOf(b); }

bool SameCell(const RunCell& a, const RunCell& b) {
  return a.release == b.release && a.section == b.section && a.key == b.key &&
         a.stated.period == b.stated.period;
}

// --- MemoryRun
// ----------------------------------------------------------------------------------------------

void MemoryRun::Add(const RunCell& cell) {
  // The same series and the same texts as before are the usual case, and need no look-up.
  if (series_.empty() || series_[last_series_] != cell.key)
    last_series_ = Intern(cell.key, series_index_, series_);
  const auto text = [this](std::string_view t) {
    return t.empty() ? 0u : Intern(t, text_index_, texts_) + 1;
  };
  if (cells_.empty()) cells_.reserve(kReservedCells);
  Cell& kept = cells_.emplace_back();
  kept.datum = cell.stated.datum;
  kept.period = cell.stated.period;
  kept.release = cell.release;
  kept.section = cell.section;
  kept.series = last_series_;
  kept.source = text(cell.stated.source);
  kept.note = text(cell.stated.note);
  kept.basis = text(cell.date_basis);
  kept.file = cell.file;
  kept.attributes = cell.stated.attributes;
  kept.place = cell.place;
  bytes_ += sizeof(Cell) + sizeof(std::uint32_t);
}

std::uint32_t MemoryRun::Intern(std::string_view text, Index& index, std::vector<std::string_view>& table) {
  if (const auto found = index.find(text); found != index.end()) return found->second;
  constexpr std::size_t kEntryBytes =
      2 * (sizeof(std::string_view) + sizeof(std::uint32_t)) + sizeof(std::string_view);
  const auto number = static_cast<std::uint32_t>(table.size());
  const std::string_view kept = Keep(text);
  table.push_back(kept);
  index.emplace(kept, number);
  bytes_ += text.size() + kEntryBytes;
  return number;
}

std::string_view MemoryRun::Keep(std::string_view text) {
  if (arena_.empty() || arena_.back().capacity() - arena_.back().size() < text.size()) {
    arena_.emplace_back().reserve(std::max(kArenaBytes, text.size()));
  }
  std::string& last = arena_.back();
  last.append(text);
  return std::string_view(last).substr(last.size() - text.size());
}

RunCell MemoryRun::At(std::uint32_t place) const {
  const Cell& cell = cells_[order_.empty() ? place : order_[place]];
  const auto text = [this](std::uint32_t t) { return t == 0 ? std::string_view() : texts_[t - 1]; };
  return {cell.release,
          cell.section,
          series_[cell.series],
          {cell.period, cell.datum, cell.attributes, text(cell.source), text(cell.note)},
          text(cell.basis),
          cell.file,
          cell.place};
}

void MemoryRun::Sort(bool in_order) {
  order_.clear();
  if (in_order) return;
  std::vector<std::uint32_t> by_key(series_.size());
  std::iota(by_key.begin(), by_key.end(), 0u);
  const auto key_less = [this](std::uint32_t a, std::uint32_t b) { return series_[a] < series_[b]; };
  if (!std::is_sorted(by_key.begin(), by_key.end(), key_less))
    std::sort(by_key.begin(), by_key.end(), key_less);
  std::vector<std::uint32_t> rank(series_.size());
  for (std::uint32_t i = 0; i < by_key.size(); ++i) rank[by_key[i]] = i;

  // Small keys that hold the whole order: sorting them is several times faster than sorting the cells.
  struct Key {
    std::uint64_t place;   // release and section
    std::uint64_t series;  // rank and period
    std::uint32_t cell;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<Key> keys(cells_.size());
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    const Cell& cell = cells_[i];
    const auto start = static_cast<std::uint64_t>(cell.period.start().index());
    keys[i].place = std::uint64_t{cell.release} << 32 | cell.section;
    keys[i].series = std::uint64_t{rank[cell.series]} << 32 | start << 16 |
                     static_cast<std::uint64_t>(cell.period.months());
    keys[i].cell = i;
  }
  if (std::is_sorted(keys.begin(), keys.end())) return;
  std::sort(keys.begin(), keys.end());
  order_.reserve(keys.size());
  for (const Key& key : keys) order_.push_back(key.cell);
}

void MemoryRun::Clear() { *this = MemoryRun(); }

class MemoryRun::Cursor : public RunCursor {
 public:
  explicit Cursor(const MemoryRun* run) : run_(run) {}

  absl::Status Seek(std::uint32_t release) override {
    release_ = release;
    std::uint32_t low = 0;
    for (std::uint32_t high = size(); low < high;) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (run_->At(middle).release < release)
        low = middle + 1;
      else
        high = middle;
    }
    at_ = low;
    return Load();
  }
  absl::Status Next() override { return ++at_, Load(); }
  bool at_end() const override { return at_end_; }
  const RunCell& cell() const override { return cell_; }

 private:
  std::uint32_t size() const { return static_cast<std::uint32_t>(run_->cells_.size()); }
  absl::Status Load() {
    at_end_ = at_ >= size();
    if (!at_end_) cell_ = run_->At(at_);
    at_end_ = at_end_ || cell_.release != release_;
    return absl::OkStatus();
  }

  const MemoryRun* run_;
  std::uint32_t release_ = 0;
  std::uint32_t at_ = 0;
  bool at_end_ = true;
  RunCell cell_;
};

std::unique_ptr<RunCursor> MemoryRun::NewCursor() const { return std::make_unique<Cursor>(this); }

absl::StatusOr<std::unique_ptr<DiskRun>> MemoryRun::Spill(const std::string& folder, bool in_order) {
  Sort(in_order);
  TW_ASSIGN_OR_RETURN(const int descriptor, NamelessFile(folder));
  std::unique_ptr<DiskRun> run(new DiskRun(descriptor));
  Writer writer;
  RunCell last;
  for (std::uint32_t i = 0; i < cells_.size(); ++i) {
    const RunCell cell = At(i);
    const bool first = i == 0 || last.release != cell.release;
    if (first) run->releases_.emplace_back(cell.release, run->bytes_ + writer.bytes().size());
    WriteCell(cell, first ? nullptr : &last, writer);
    last = cell;
    if (writer.bytes().size() < kWriteBytes && i + 1 < cells_.size()) continue;
    TW_RETURN_IF_ERROR(WriteAll(descriptor, writer.bytes(), folder));
    run->bytes_ += writer.bytes().size();
    writer.bytes().clear();
  }
  Clear();
  return run;
}

// --- DiskRun
// ------------------------------------------------------------------------------------------------

DiskRun::~DiskRun() { ::close(descriptor_); }

class DiskRun::Cursor : public RunCursor {
 public:
  explicit Cursor(const DiskRun* run) : run_(run), reader_(-1, 0, 0) {}

  absl::Status Seek(std::uint32_t release) override {
    const auto found = std::lower_bound(run_->releases_.begin(), run_->releases_.end(), release,
                                        [](const auto& entry, std::uint32_t r) { return entry.first < r; });
    at_end_ = found == run_->releases_.end() || found->first != release;
    if (at_end_) return absl::OkStatus();
    const auto next = found + 1;
    reader_ =
        Reader(run_->descriptor_, found->second, next == run_->releases_.end() ? run_->bytes_ : next->second);
    key_.clear();
    source_.clear();
    note_.clear();
    basis_.clear();
    return Next();
  }

  absl::Status Next() override {
    at_end_ = reader_.at_end();
    if (at_end_) return absl::OkStatus();
    const unsigned flags = reader_.Byte();
    if (flags & kNewSection) {
      cell_.release = static_cast<std::uint32_t>(reader_.Number());
      cell_.section = static_cast<std::uint32_t>(reader_.Number());
    }
    if (flags & kNewKey) {
      key_.resize(static_cast<std::size_t>(reader_.Number()));
      reader_.Append(static_cast<std::size_t>(reader_.Number()), &key_);
    }
    StatedCell& stated = cell_.stated;
    const Month start = Month::FromIndex(static_cast<std::int32_t>(reader_.Number()));
    stated.period = Period::FromValid(start, static_cast<int>(reader_.Number()));
    stated.datum = ReadDatum(reader_);
    stated.attributes = Attributes{};
    if (flags & kAttributes) {
      stated.attributes.status = static_cast<char>(reader_.Byte());
      stated.attributes.conf = static_cast<char>(reader_.Byte());
    }
    if (flags & kSource) reader_.Text(&source_);
    if (flags & kNote) reader_.Text(&note_);
    if (flags & kBasis) reader_.Text(&basis_);
    cell_.key = key_;
    stated.source = source_;
    stated.note = note_;
    cell_.date_basis = basis_;
    cell_.file = static_cast<std::uint32_t>(reader_.Number());
    cell_.place = FilePlace::FromNumber(reader_.Number());
    return reader_.status();
  }

  bool at_end() const override { return at_end_; }
  const RunCell& cell() const override { return cell_; }

 private:
  const DiskRun* run_;
  Reader reader_;
  bool at_end_ = true;
  RunCell cell_;
  std::string key_;  // what cell_ points into
  std::string source_;
  std::string note_;
  std::string basis_;
};

std::unique_ptr<RunCursor> DiskRun::NewCursor() const { return std::make_unique<Cursor>(this); }

// --- MergedCursor
// -------------------------------------------------------------------------------------------

namespace {

// std's heaps have the greatest in front.
bool After(const RunCursor* a, const RunCursor* b) { return Before(b->cell(), a->cell()); }

}  // namespace

absl::Status MergedCursor::Seek(std::uint32_t release) {
  heap_.clear();
  for (const auto& run : runs_) {
    TW_RETURN_IF_ERROR(run->Seek(release));
    if (!run->at_end()) heap_.push_back(run.get());
  }
  std::make_heap(heap_.begin(), heap_.end(), After);
  return absl::OkStatus();
}

absl::Status MergedCursor::Next() {
  RunCursor* const front = heap_.front();
  TW_RETURN_IF_ERROR(front->Next());
  if (front->at_end()) {
    heap_.front() = heap_.back();
    heap_.pop_back();
  }
  SiftDown();
  return absl::OkStatus();
}

// Puts the front where it belongs. Runs hardly overlap in files that are nearly in order: then it stays.
void MergedCursor::SiftDown() {
  for (std::size_t at = 0;;) {
    std::size_t least = at;
    for (const std::size_t child : {2 * at + 1, 2 * at + 2}) {
      if (child < heap_.size() && Before(heap_[child]->cell(), heap_[least]->cell())) least = child;
    }
    if (least == at) return;
    std::swap(heap_[at], heap_[least]);
    at = least;
  }
}

}  // namespace tidewaiter::feeders
