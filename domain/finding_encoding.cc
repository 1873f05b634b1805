// A finding as bytes.
//
//   finding   := u8(1: version) u8(kind) varint(rules) text(dataset) varint(count) text(series)*
//                period(period) period(held period) varint(sequence) i64(published_at, microseconds) day
//                datum(printed) optional(datum)(rate) datum(held) varint(held sequence)
//                optional(decimal)(implied low) optional(decimal)(implied high) optional(decimal)(amount)
//                u8(identity, 0: none) u8(status) varint(settled by)
//   period    := varint(index of the first month) varint(months)
//   day       := u8(0) | u8(1) i32(days since 1970-01-01)       the second if only the day is known
//   optional  := u8(0) | u8(1) what stands in it
//   datum     := u8(absence) | u8(0) decimal u8(64 + step exponent)
//   decimal   := i128(coefficient) u8(scale)
//   text      := varint(bytes) bytes
//   varint    := seven bits a byte, the lowest first, the highest bit set on all but the last; 32 bits at
//   most,
//                in the fewest bytes
//
// Fixed integers are little-endian, two's complement.
//
//   key       := u32(rules) u32(sequence) u8(kind) series* u8(0) period period code(dataset) u8(identity)
//   series    := u8(1) codes u8(0)           '.' between codes is written as u8(1), below every other byte
//   period    := u32(index of the first month) u32(months)
//   code      := bytes u8(0)
//
// In keys integers are big-endian, so that the order of the bytes is the order of findings.

#include "domain/finding_encoding.h"

#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "domain/strings.h"

namespace tidewaiter {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr int kStepBias = 64;
const absl::CivilDay kEpoch(1970, 1, 1);

class Writer {
 public:
  void Byte(int byte) { bytes_.push_back(static_cast<char>(byte)); }
  void Varint(std::uint32_t number) {
    for (; number >= 0x80; number >>= 7) Byte(static_cast<int>(number & 0x7F) | 0x80);
    Byte(static_cast<int>(number));
  }
  void Fixed(std::uint64_t number, int size) {
    for (int i = 0; i < size; ++i) Byte(static_cast<int>(number >> (8 * i) & 0xFF));
  }
  void Text(std::string_view text) {
    Varint(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  void WritePeriod(Period period) {
    Varint(static_cast<std::uint32_t>(period.start().index()));
    Varint(static_cast<std::uint32_t>(period.months()));
  }
  void WritePublishedAt(const PublishedAt& published_at) {
    Fixed(static_cast<std::uint64_t>(published_at.instant.micros()), 8);
    Byte(published_at.day ? 1 : 0);
    if (published_at.day) Fixed(static_cast<std::uint64_t>(*published_at.day - kEpoch), 4);
  }
  void WriteDecimal(const Decimal& decimal) {
    Fixed(absl::Int128Low64(decimal.coefficient()), 8);
    Fixed(static_cast<std::uint64_t>(absl::Int128High64(decimal.coefficient())), 8);
    Byte(decimal.scale());
  }
  void WriteDatum(const Datum& datum) {
    Byte(datum.has_value() ? 0 : static_cast<int>(datum.absence()));
    if (!datum.has_value()) return;
    WriteDecimal(datum.value());
    Byte(kStepBias + datum.step_exponent());
  }
  void WriteOptional(const std::optional<Decimal>& decimal) {
    Byte(decimal ? 1 : 0);
    if (decimal) WriteDecimal(*decimal);
  }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what Writer wrote. After the first thing that is wrong it reads zeros, and ok() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  void Fail() {
    ok_ = false;
    rest_ = {};
  }
  void Require(bool condition) {
    if (!condition) Fail();
  }

  std::uint8_t Byte() {
    if (rest_.empty()) {
      Fail();
      return 0;
    }
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // A byte from 0 to `max`.
  std::uint8_t ByteUpTo(std::uint8_t max) {
    const std::uint8_t byte = Byte();
    Require(byte <= max);
    return ok_ ? byte : 0;
  }
  std::uint32_t Varint() {
    std::uint64_t number = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const std::uint8_t byte = Byte();
      number |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) {
        Require(number <= 0xFFFF'FFFF && (byte != 0 || shift == 0));
        return ok_ ? static_cast<std::uint32_t>(number) : 0;
      }
    }
    Fail();
    return 0;
  }
  std::uint64_t Fixed(int size) {
    std::uint64_t number = 0;
    for (int i = 0; i < size; ++i) number |= std::uint64_t{Byte()} << (8 * i);
    return number;
  }
  std::string Text() {
    const std::uint32_t size = Varint();
    Require(size <= rest_.size());
    if (!ok_) return "";
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return std::string(text);
  }
  Period ReadPeriod() {
    const auto start = Month::FromIndexChecked(Varint());
    const std::uint32_t months = Varint();
    Require(start.ok() && months <= static_cast<std::uint32_t>(limits::kMaxPeriodMonths));
    if (!ok_) return Period();
    const auto period = Period::Create(*start, static_cast<int>(months));
    Require(period.ok());
    return period.value_or(Period());
  }
  PublishedAt ReadPublishedAt() {
    PublishedAt published_at;
    published_at.instant = Instant::FromMicros(static_cast<std::int64_t>(Fixed(8)));
    if (ByteUpTo(1) == 1) published_at.day = kEpoch + static_cast<std::int32_t>(Fixed(4));
    return published_at;
  }
  Decimal ReadDecimal() {
    const std::uint64_t low = Fixed(8);
    const auto high = static_cast<std::int64_t>(Fixed(8));
    const auto decimal = Decimal::FromParts(absl::MakeInt128(high, low), Byte());
    Require(decimal.ok());
    return decimal.value_or(Decimal());
  }
  Datum ReadDatum() {
    const std::uint8_t absence = ByteUpTo(static_cast<std::uint8_t>(Absence::kNotYetDue));
    if (absence != 0) return Datum::Absent(static_cast<Absence>(absence));
    const Decimal value = ReadDecimal();
    const auto datum = Datum::ValueWithStep(value, Byte() - kStepBias);
    Require(datum.ok());
    return datum.value_or(Datum());
  }
  std::optional<Decimal> ReadOptional() {
    if (ByteUpTo(1) == 0) return std::nullopt;
    return ReadDecimal();
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

absl::Status Corrupt() {
  return MakeError(absl::StatusCode::kDataLoss, Reason::kCorruption, "the bytes are not those of a finding");
}

void ReadSeries(Reader& reader, std::vector<SeriesKey>& series) {
  for (std::uint32_t count = reader.Varint(); count > 0 && reader.ok(); --count) {
    auto key = SeriesKey::Parse(reader.Text());
    reader.Require(key.ok());
    if (key.ok()) series.push_back(*std::move(key));
  }
}

FindingKind ReadKind(Reader& reader) {
  const std::uint8_t kind = reader.ByteUpTo(static_cast<std::uint8_t>(FindingKind::kUnannouncedRevision));
  reader.Require(kind != 0);
  return static_cast<FindingKind>(kind);
}

FindingStatus ReadStatus(Reader& reader) {
  const std::uint8_t status = reader.ByteUpTo(static_cast<std::uint8_t>(FindingStatus::kSuperseded));
  reader.Require(status != 0);
  return static_cast<FindingStatus>(status);
}

std::optional<Identity> ReadIdentity(Reader& reader) {
  const std::uint8_t identity = reader.ByteUpTo(static_cast<std::uint8_t>(Identity::kYearToDate));
  if (identity == 0) return std::nullopt;
  return static_cast<Identity>(identity);
}

Finding ReadFinding(Reader& reader) {
  Finding finding;
  finding.kind = ReadKind(reader);
  finding.rules = reader.Varint();
  finding.dataset = reader.Text();
  ReadSeries(reader, finding.series);
  finding.period = reader.ReadPeriod();
  finding.held_period = reader.ReadPeriod();
  finding.sequence = reader.Varint();
  finding.published_at = reader.ReadPublishedAt();
  finding.printed = reader.ReadDatum();
  if (reader.ByteUpTo(1) == 1) finding.rate = reader.ReadDatum();
  finding.held = reader.ReadDatum();
  finding.held_sequence = reader.Varint();
  finding.implied_low = reader.ReadOptional();
  finding.implied_high = reader.ReadOptional();
  finding.amount = reader.ReadOptional();
  finding.identity = ReadIdentity(reader);
  finding.status = ReadStatus(reader);
  finding.settled_by = reader.Varint();
  return finding;
}

void AppendBigEndian(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift & 0xFF));
}

void AppendPeriod(std::string& out, Period period) {
  AppendBigEndian(out, static_cast<std::uint32_t>(period.start().index()));
  AppendBigEndian(out, static_cast<std::uint32_t>(period.months()));
}

}  // namespace

std::string EncodeFinding(const Finding& finding) {
  Writer writer;
  writer.Byte(kVersion);
  writer.Byte(static_cast<int>(finding.kind));
  writer.Varint(finding.rules);
  writer.Text(finding.dataset);
  writer.Varint(static_cast<std::uint32_t>(finding.series.size()));
  for (const SeriesKey& series : finding.series) writer.Text(series.text());
  writer.WritePeriod(finding.period);
  writer.WritePeriod(finding.held_period);
  writer.Varint(finding.sequence);
  writer.WritePublishedAt(finding.published_at);
  writer.WriteDatum(finding.printed);
  writer.Byte(finding.rate ? 1 : 0);
  if (finding.rate) writer.WriteDatum(*finding.rate);
  writer.WriteDatum(finding.held);
  writer.Varint(finding.held_sequence);
  writer.WriteOptional(finding.implied_low);
  writer.WriteOptional(finding.implied_high);
  writer.WriteOptional(finding.amount);
  writer.Byte(finding.identity ? static_cast<int>(*finding.identity) : 0);
  writer.Byte(static_cast<int>(finding.status));
  writer.Varint(finding.settled_by);
  return writer.Take();
}

absl::StatusOr<Finding> DecodeFinding(std::string_view bytes) {
  Reader reader(bytes);
  const std::uint8_t version = reader.Byte();
  if (!reader.ok() || version == 0) return Corrupt();
  if (version > kVersion) {
    return MakeError(absl::StatusCode::kFailedPrecondition, Reason::kFormatVersion,
                     absl::StrCat("a finding of format ", version, "; this program reads up to ", kVersion));
  }
  Finding finding = ReadFinding(reader);
  if (!reader.ok() || !reader.at_end()) return Corrupt();
  return finding;
}

std::string EncodeFindingKeyPrefix(std::uint32_t rules, Sequence sequence) {
  std::string key;
  AppendBigEndian(key, rules);
  AppendBigEndian(key, sequence);
  return key;
}

std::string EncodeFindingKey(const Finding& finding) {
  std::string key = EncodeFindingKeyPrefix(finding.rules, finding.sequence);
  key.push_back(static_cast<char>(finding.kind));
  for (const SeriesKey& series : finding.series) {
    key.push_back(1);
    for (const char c : series.text()) key.push_back(c == '.' ? '\1' : c);
    key.push_back(0);
  }
  key.push_back(0);
  AppendPeriod(key, finding.period);
  AppendPeriod(key, finding.held_period);
  key.append(finding.dataset);
  key.push_back(0);
  key.push_back(static_cast<char>(finding.identity ? static_cast<int>(*finding.identity) : 0));
  return key;
}

}  // namespace tidewaiter
