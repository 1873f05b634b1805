#include "proto/convert/plain_block.h"

#include <algorithm>
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

std::uint8_t* Put32(std::uint32_t value, std::uint8_t* at) {
  return CodedOutputStream::WriteVarint32ToArray(value, at);
}
std::uint8_t* Put64(std::uint64_t value, std::uint8_t* at) {
  return CodedOutputStream::WriteVarint64ToArray(value, at);
}
// A field that is a number; nothing for 0.
std::uint8_t* PutNumber(int number, std::uint64_t value, std::uint8_t* at) {
  if (value == 0) return at;
  return Put64(value, Put32(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_VARINT), at));
}
std::uint8_t* PutHead(int number, std::size_t size, std::uint8_t* at) {
  return Put64(size, Put32(WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED), at));
}
std::uint8_t* PutBytes(const ByteColumn& bytes, std::uint8_t* at) {
  return std::copy_n(bytes.view().data(), bytes.size(), at);
}
std::uint8_t* PutField(int number, const ByteColumn& bytes, std::uint8_t* at) {
  return PutBytes(bytes, PutHead(number, bytes.size(), at));
}

std::size_t TagSize(int number) {
  return CodedOutputStream::VarintSize32(
      WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
}
// Of a field of so many bytes, its tag and length included.
std::size_t FieldSize(int number, std::size_t size) {
  return TagSize(number) + CodedOutputStream::VarintSize64(size) + size;
}
std::size_t NumberSize(int number, std::uint64_t value) {
  return value == 0 ? 0 : TagSize(number) + CodedOutputStream::VarintSize64(value);
}
constexpr std::size_t kMaxNumberField = ByteColumn::kMaxVarint32 + ByteColumn::kMaxVarint64;
constexpr std::size_t kMaxHead = kMaxNumberField;

}  // namespace

bool PlainBlockEncoder::Add(std::string_view key, const PlainCells& cells) {
  if (cells.empty()) return true;
  if (cells_ != 0 && cells.scale != scale_) return false;
  scale_ = cells.scale;
  const std::size_t count = cells.size();
  std::uint8_t* at = series_.Room(kMaxHead + key.size());
  at = PutHead(v1::ObservationBlock::kSeriesFieldNumber, key.size(), at);
  series_.EndAt(std::copy_n(key.data(), key.size(), at));
  counts_.EndAt(Put64(count, counts_.Room(ByteColumn::kMaxVarint64)));

  at = starts_.Room(count * ByteColumn::kMaxVarint32);
  for (const Month month : cells.months) {
    const std::int32_t start = month.index() - kEpochIndex;
    at = Put32(WireFormatLite::ZigZagEncode32(start - previous_start_), at);
    previous_start_ = start;
  }
  starts_.EndAt(at);

  at = coefficients_.Room(count * ByteColumn::kMaxVarint64);
  for (const std::int64_t coefficient : cells.coefficients) {
    at = Put64(WireFormatLite::ZigZagEncode64(coefficient), at);
  }
  coefficients_.EndAt(at);

  at = indexes_.Room(count * ByteColumn::kMaxVarint32);
  for (std::size_t i = 0; i < count; ++i) at = Put32(IndexOf(cells.sequences[i], cells.published_at[i]), at);
  indexes_.EndAt(at);

  const bool aged =
      std::any_of(cells.ages.begin(), cells.ages.end(), [](std::int64_t age) { return age != 0; });
  if (aged || !ages_.empty()) AddAges(cells);
  cells_ += count;
  return true;
}

void PlainBlockEncoder::AddAges(const PlainCells& cells) {
  const std::size_t before = ages_.empty() ? cells_ : 0;
  std::uint8_t* at = ages_.Room(before + cells.size() * ByteColumn::kMaxVarint64);
  at = std::fill_n(at, before, std::uint8_t{0});  // a varint of 0 is a byte of 0
  for (std::size_t i = 0; i < cells.size(); ++i) {
    at = Put64(cells.ages.empty() ? 0 : static_cast<std::uint64_t>(cells.ages[i]), at);
  }
  ages_.EndAt(at);
}

std::uint32_t PlainBlockEncoder::IndexOf(Sequence sequence, Instant published_at) {
  std::size_t at = sequence % known_.size();
  for (; known_[at].place != 0; at = (at + 1) % known_.size()) {
    if (known_[at].sequence == sequence) return known_[at].place - 1;
  }
  if (releases_known_ < known_.size() / 2) {
    known_[at] = {sequence, releases_known_ + 1};
  } else if (const auto [many, is_new] = many_.try_emplace(sequence, releases_known_); !is_new) {
    return many->second;
  }
  AddRelease(sequence, published_at);
  return releases_known_++;
}

void PlainBlockEncoder::AddRelease(Sequence sequence, Instant published_at) {
  using Reference = v1::ReleaseReference;
  const absl::StatusOr<std::optional<absl::CivilDay>> held = lookup_.PublishedDay(sequence);
  status_.Update(held.status());
  const std::string day = held.ok() && *held ? DayToString(**held) : std::string();
  const std::uint64_t micros = WireFormatLite::ZigZagEncode64(published_at.micros());
  const std::size_t size = NumberSize(Reference::kSequenceFieldNumber, sequence) +
                           NumberSize(Reference::kPublishedAtMicrosFieldNumber, micros) +
                           (day.empty() ? 0 : FieldSize(Reference::kPublishedOnFieldNumber, day.size()));
  std::uint8_t* at = releases_.Room(kMaxHead + size);
  at = PutHead(v1::ObservationBlock::kReleasesFieldNumber, size, at);
  at = PutNumber(Reference::kSequenceFieldNumber, sequence, at);
  at = PutNumber(Reference::kPublishedAtMicrosFieldNumber, micros, at);
  if (!day.empty()) {
    at = PutHead(Reference::kPublishedOnFieldNumber, day.size(), at);
    at = std::copy_n(day.data(), day.size(), at);
  }
  releases_.EndAt(at);
}

std::size_t PlainBlockEncoder::bytes() const {
  return series_.size() + counts_.size() + starts_.size() + coefficients_.size() + releases_.size() +
         indexes_.size() + ages_.size();
}

absl::Status PlainBlockEncoder::FinishField(int number, std::string* out) {
  using Block = v1::ObservationBlock;
  const auto scale = static_cast<std::uint64_t>(scale_);
  const std::size_t data_size = FieldSize(v1::DatumColumn::kCoefficientsFieldNumber, coefficients_.size()) +
                                NumberSize(v1::DatumColumn::kScaleFieldNumber, scale);
  const std::size_t size = series_.size() + FieldSize(Block::kCellCountsFieldNumber, counts_.size()) +
                           FieldSize(Block::kPeriodStartDeltasFieldNumber, starts_.size()) +
                           FieldSize(Block::kDataFieldNumber, data_size) + releases_.size() +
                           FieldSize(Block::kReleaseIndexesFieldNumber, indexes_.size()) +
                           (ages_.empty() ? 0 : FieldSize(Block::kValueAgeMicrosFieldNumber, ages_.size()));
  const std::size_t begin = out->size();
  out->resize(begin + FieldSize(number, size));
  std::uint8_t* at = reinterpret_cast<std::uint8_t*>(out->data()) + begin;
  at = PutHead(number, size, at);
  at = PutBytes(series_, at);
  at = PutField(Block::kCellCountsFieldNumber, counts_, at);
  at = PutField(Block::kPeriodStartDeltasFieldNumber, starts_, at);
  at = PutHead(Block::kDataFieldNumber, data_size, at);
  at = PutField(v1::DatumColumn::kCoefficientsFieldNumber, coefficients_, at);
  at = PutNumber(v1::DatumColumn::kScaleFieldNumber, scale, at);
  at = PutBytes(releases_, at);
  at = PutField(Block::kReleaseIndexesFieldNumber, indexes_, at);
  if (!ages_.empty()) PutField(Block::kValueAgeMicrosFieldNumber, ages_, at);
  absl::Status status = std::move(status_);
  Clear();
  return status;
}

void PlainBlockEncoder::Clear() {
  cells_ = 0;
  scale_ = 0;
  previous_start_ = 0;
  for (ByteColumn* column : {&series_, &counts_, &starts_, &coefficients_, &releases_, &indexes_, &ages_}) {
    column->Clear();
  }
  known_.fill({});
  releases_known_ = 0;
  if (!many_.empty()) many_.clear();
  status_ = absl::OkStatus();
}

}  // namespace tidewaiter::convert
