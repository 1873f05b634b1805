// The canonical form of a release: the bytes that its digest is taken over.
//
//   canonical := "TWC1" header section* 'E' u32(number of sections)
//   header    := text(agency) i64(published_at, microseconds) day text(stage) u8(kind) text(title)
//   day       := u8(0) | u8(1) i32(days since 1970-01-01)       the second if only the day is known
//   section   := 'S' text(dataset) u8(action) scope (key | cell)* 's' u64(number of cells)
//   scope     := u8(0) | u8(1) text(selector) month month       first and last month, inclusive
//   month     := u8(0) | u8(1) i32(month index)                 the first if that side is open
//   key       := 'K' text(series)                               before the first cell of each series
//   cell      := 'C' i32(index of the first month) i32(months) datum u8(status) u8(conf)
//                text(source) text(note)
//   datum     := u8(absence) | u8(0) i128(coefficient) u8(scale) i8(step exponent)
//   text      := u32(bytes) bytes
//
// Integers are fixed, little-endian, two's complement. The release id is left out: the same content under
// another id has the same digest, and so finds its twin.

#include <array>
#include <type_traits>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/time/civil_time.h"
#include "domain/release.h"

namespace tidewaiter {
namespace {

constexpr std::string_view kMagic = "TWC1";
// Handed to the sink at a time: large enough that its cost per call vanishes, small enough for a cache.
constexpr std::size_t kFlushBytes = 64u << 10;

template <typename Unsigned>
char* PutUnsigned(char* to, Unsigned number) {
  static_assert(std::is_unsigned_v<Unsigned>);
  for (std::size_t i = 0; i < sizeof number; ++i) to[i] = static_cast<char>(number >> (8 * i));
  return to + sizeof number;
}

template <typename Integer>
char* Put(char* to, Integer number) {
  return PutUnsigned(to, static_cast<std::make_unsigned_t<Integer>>(number));
}

template <typename Integer>
void Append(std::string& out, Integer number) {
  char bytes[sizeof number];
  Put(bytes, number);
  out.append(bytes, sizeof number);
}

void AppendText(std::string& out, std::string_view text) {
  Append(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

void AppendDay(std::string& out, const std::optional<absl::CivilDay>& day) {
  out.push_back(day ? 1 : 0);
  if (day) Append(out, static_cast<std::int32_t>(*day - absl::CivilDay(1970, 1, 1)));
}

void AppendMonth(std::string& out, const std::optional<Month>& month) {
  out.push_back(month ? 1 : 0);
  if (month) Append(out, month->index());
}

char* PutDatum(char* to, const Datum& datum) {
  if (!datum.has_value()) return Put(to, static_cast<std::uint8_t>(datum.absence()));
  to = Put(to, std::uint8_t{0});
  const absl::int128 coefficient = datum.value().coefficient();
  to = Put(to, absl::Int128Low64(coefficient));
  to = Put(to, absl::Int128High64(coefficient));
  to = Put(to, static_cast<std::uint8_t>(datum.value().scale()));
  return Put(to, static_cast<std::int8_t>(datum.step_exponent()));
}

// The longest cell without texts: tag, period, value, status and confidentiality, no source, no note.
constexpr std::size_t kMaxPlainCellBytes = 1 + 8 + 19 + 2 + 4 + 4;

}  // namespace

void CanonicalWriter::Header(const ReleaseHeader& header) {
  buffer_.reserve(kFlushBytes + 1024);
  buffer_.append(kMagic);
  AppendText(buffer_, header.agency);
  Append(buffer_, header.published_at.instant.micros());
  AppendDay(buffer_, header.published_at.day);
  AppendText(buffer_, header.stage);
  Append(buffer_, static_cast<std::uint8_t>(header.kind));
  AppendText(buffer_, header.title);
}

void CanonicalWriter::BeginSection(const SectionHeader& header) {
  EndSection();
  ++sections_;
  buffer_.push_back('S');
  AppendText(buffer_, header.dataset);
  Append(buffer_, static_cast<std::uint8_t>(header.action));
  buffer_.push_back(header.scope ? 1 : 0);
  if (!header.scope) return;
  AppendText(buffer_, header.scope->selector.ToString());
  AppendMonth(buffer_, header.scope->periods.from);
  AppendMonth(buffer_, header.scope->periods.to);
}

void CanonicalWriter::Add(std::string_view series, Period period, const Datum& datum, Attributes attributes,
                          std::string_view source, std::string_view note) {
  if (series != series_) {
    series_ = series;
    buffer_.push_back('K');
    AppendText(buffer_, series);
  }
  std::array<char, kMaxPlainCellBytes> plain;
  char* at = plain.data();
  *at++ = 'C';
  at = Put(at, period.start().index());
  at = Put(at, static_cast<std::int32_t>(period.months()));
  at = PutDatum(at, datum);
  *at++ = attributes.status;
  *at++ = attributes.conf;
  const bool has_texts = !source.empty() || !note.empty();
  if (!has_texts) at = Put(at, std::uint64_t{0});  // their lengths
  buffer_.append(plain.data(), static_cast<std::size_t>(at - plain.data()));
  if (has_texts) {
    AppendText(buffer_, source);
    AppendText(buffer_, note);
  }
  ++cells_in_section_;
  if (buffer_.size() >= kFlushBytes) Flush();
}

void CanonicalWriter::Finish() {
  EndSection();
  buffer_.push_back('E');
  Append(buffer_, sections_);
  Flush();
}

void CanonicalWriter::EndSection() {
  if (sections_ == 0) return;
  buffer_.push_back('s');
  Append(buffer_, cells_in_section_);
  cells_in_section_ = 0;
  series_.clear();
}

void CanonicalWriter::Flush() {
  if (!buffer_.empty()) sink_(buffer_);
  buffer_.clear();
}

}  // namespace tidewaiter
