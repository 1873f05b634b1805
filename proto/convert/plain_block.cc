#include "proto/convert/plain_block.h"

#include <limits>
#include <optional>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "proto/convert/time.h"
#include "proto/convert/vintage.h"
#include "tidewaiter/v1/observation.pb.h"

namespace tidewaiter::convert {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

// Months of the wire count from 1970-01.
constexpr std::int32_t kEpochIndex = 1970 * 12;
constexpr std::size_t kMaxVarint32 = 5, kMaxVarint64 = 10;

// Room for `count` numbers of at most `most` bytes behind a column; Fit() gives back what was not used.
class Column {
 public:
  Column(std::string* out, std::size_t count, std::size_t most) : out_(*out), begin_(out->size()) {
    out_.resize(begin_ + count * most);
    at_ = reinterpret_cast<std::uint8_t*>(out_.data()) + begin_;
  }
  void Add32(std::uint32_t value) { at_ = CodedOutputStream::WriteVarint32ToArray(value, at_); }
  void Add64(std::uint64_t value) { at_ = CodedOutputStream::WriteVarint64ToArray(value, at_); }
  void Fit() { out_.resize(static_cast<std::size_t>(at_ - reinterpret_cast<std::uint8_t*>(out_.data()))); }

 private:
  std::string& out_;
  const std::size_t begin_;
  std::uint8_t* at_;
};

void AppendVarint(std::uint64_t value, std::string* out) {
  std::uint8_t bytes[kMaxVarint64];
  const std::uint8_t* const end = CodedOutputStream::WriteVarint64ToArray(value, bytes);
  out->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(end - bytes));
}

// The head of a field of so many bytes.
void AppendHead(int number, std::size_t size, std::string* out) {
  std::uint8_t bytes[kMaxVarint32 + kMaxVarint64];
  const std::uint32_t tag = WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  const std::uint8_t* const end =
      CodedOutputStream::WriteVarint64ToArray(size, CodedOutputStream::WriteVarint32ToArray(tag, bytes));
  out->append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(end - bytes));
}
void AppendField(int number, std::string_view bytes, std::string* out) {
  AppendHead(number, bytes.size(), out);
  out->append(bytes);
}
void AppendNumber(int number, std::uint64_t value, std::string* out) {
  AppendVarint(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_VARINT), out);
  AppendVarint(value, out);
}

std::uint64_t AgeOf(const CellState& cell) {
  return static_cast<std::uint64_t>(cell.published_at.micros()) -
         static_cast<std::uint64_t>(cell.value_since.micros());
}

bool IsPlain(const CellState& cell, int scale) {
  if (cell.period.months() != 1 || !cell.datum.has_value() || cell.attributes != Attributes()) return false;
  const Decimal& value = cell.datum.value();
  const absl::int128 coefficient = value.coefficient();
  return value.scale() == scale && cell.datum.step_exponent() == -scale &&
         coefficient == static_cast<std::int64_t>(coefficient);
}

}  // namespace

bool PlainBlockEncoder::ArePlain(const std::vector<CellState>& cells) const {
  const Datum& first = cells.front().datum;
  const int scale = cells_ != 0 || !first.has_value() ? scale_ : first.value().scale();
  for (const CellState& cell : cells) {
    if (!IsPlain(cell, scale)) return false;
    if (!omit_texts_ && (cell.source != 0 || cell.note != 0)) return false;
  }
  return true;
}

bool PlainBlockEncoder::Add(std::string_view key, const std::vector<CellState>& cells) {
  if (cells.empty()) return true;
  if (!ArePlain(cells)) return false;
  scale_ = cells.front().datum.value().scale();
  AppendField(v1::ObservationBlock::kSeriesFieldNumber, key, &series_);
  AppendVarint(cells.size(), &counts_);
  Column starts(&starts_, cells.size(), kMaxVarint32);
  Column coefficients(&coefficients_, cells.size(), kMaxVarint64);
  Column indexes(&indexes_, cells.size(), kMaxVarint32);
  bool aged = !ages_.empty();
  for (const CellState& cell : cells) {
    const std::int32_t start = cell.period.start().index() - kEpochIndex;
    starts.Add32(WireFormatLite::ZigZagEncode32(start - previous_start_));
    previous_start_ = start;
    const auto coefficient = static_cast<std::int64_t>(cell.datum.value().coefficient());
    coefficients.Add64(WireFormatLite::ZigZagEncode64(coefficient));
    indexes.Add32(IndexOf(cell));
    aged = aged || AgeOf(cell) != 0;
  }
  starts.Fit();
  coefficients.Fit();
  indexes.Fit();
  if (aged) AddAges(cells);
  cells_ += cells.size();
  return true;
}

void PlainBlockEncoder::AddAges(const std::vector<CellState>& cells) {
  if (ages_.empty()) ages_.assign(cells_, '\0');  // a varint of 0 is a byte of 0
  Column ages(&ages_, cells.size(), kMaxVarint64);
  for (const CellState& cell : cells) ages.Add64(AgeOf(cell));
  ages.Fit();
}

std::uint32_t PlainBlockEncoder::IndexOf(const CellState& cell) {
  std::size_t at = cell.sequence % known_.size();
  for (; known_[at].place != 0; at = (at + 1) % known_.size()) {
    if (known_[at].sequence == cell.sequence) return known_[at].place - 1;
  }
  if (releases_known_ < known_.size() / 2) {
    known_[at] = {cell.sequence, releases_known_ + 1};
  } else if (const auto [many, is_new] = many_.try_emplace(cell.sequence, releases_known_); !is_new) {
    return many->second;
  }
  AddRelease(cell);
  return releases_known_++;
}

void PlainBlockEncoder::AddRelease(const CellState& cell) {
  using Reference = v1::ReleaseReference;
  // In one go: an answer of a hundred cells may have as many releases.
  std::uint8_t bytes[2 * (1 + kMaxVarint64)];
  std::uint8_t* end = bytes;
  const auto add = [&end](int number, std::uint64_t value) {
    if (value == 0) return;
    const std::uint32_t tag = WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_VARINT);
    end = CodedOutputStream::WriteVarint64ToArray(value, CodedOutputStream::WriteVarint32ToArray(tag, end));
  };
  add(Reference::kSequenceFieldNumber, cell.sequence);
  add(Reference::kPublishedAtMicrosFieldNumber, WireFormatLite::ZigZagEncode64(cell.published_at.micros()));
  const absl::StatusOr<std::optional<absl::CivilDay>> day = lookup_.PublishedDay(cell.sequence);
  status_.Update(day.status());
  std::string published_on;
  if (day.ok() && *day) AppendField(Reference::kPublishedOnFieldNumber, DayToString(**day), &published_on);
  const auto size = static_cast<std::size_t>(end - bytes);
  AppendHead(v1::ObservationBlock::kReleasesFieldNumber, size + published_on.size(), &releases_);
  releases_.append(reinterpret_cast<const char*>(bytes), size);
  releases_.append(published_on);
}

std::size_t PlainBlockEncoder::bytes() const {
  return series_.size() + counts_.size() + starts_.size() + coefficients_.size() + releases_.size() +
         indexes_.size() + ages_.size();
}

absl::Status PlainBlockEncoder::FinishField(int number, std::string* out) {
  using Block = v1::ObservationBlock;
  std::string data;
  AppendHead(v1::DatumColumn::kCoefficientsFieldNumber, coefficients_.size(), &data);
  std::string scale;
  if (scale_ != 0)
    AppendNumber(v1::DatumColumn::kScaleFieldNumber, static_cast<std::uint64_t>(scale_), &scale);

  std::string counts, starts, indexes, ages;  // heads
  AppendHead(Block::kCellCountsFieldNumber, counts_.size(), &counts);
  AppendHead(Block::kPeriodStartDeltasFieldNumber, starts_.size(), &starts);
  std::string data_head;
  AppendHead(Block::kDataFieldNumber, data.size() + coefficients_.size() + scale.size(), &data_head);
  AppendHead(Block::kReleaseIndexesFieldNumber, indexes_.size(), &indexes);
  if (!ages_.empty()) AppendHead(Block::kValueAgeMicrosFieldNumber, ages_.size(), &ages);

  const std::string_view parts[] = {series_,       counts, counts_,   starts,  starts_,  data_head, data,
                                    coefficients_, scale,  releases_, indexes, indexes_, ages,      ages_};
  std::size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  out->reserve(out->size() + bytes + kMaxVarint32 + kMaxVarint64);
  AppendHead(number, bytes, out);
  for (const std::string_view part : parts) out->append(part);
  absl::Status status = std::move(status_);
  Clear();
  return status;
}

void PlainBlockEncoder::Clear() {
  cells_ = 0;
  scale_ = 0;
  previous_start_ = 0;
  for (std::string* column : {&series_, &counts_, &starts_, &coefficients_, &releases_, &indexes_, &ages_}) {
    column->clear();
  }
  known_.fill({});
  releases_known_ = 0;
  if (!many_.empty()) many_.clear();
  status_ = absl::OkStatus();
}

}  // namespace tidewaiter::convert
