#include "storage/rocks/period_chunk_format.h"

#include "domain/limits.h"

namespace tidewaiter::storage::period_chunk {
namespace {

constexpr std::int64_t kFirstMonth = limits::kMinYear * 12, kEndMonth = (limits::kMaxYear + 1) * 12;

}  // namespace

std::vector<DirectoryEntry> ReadDirectory(ByteReader* reader) {
  std::vector<DirectoryEntry> directory;
  std::vector<std::uint64_t> sizes;
  const std::uint64_t periods = reader->VarintUpTo(reader->rest()->size());
  std::int64_t start = kOrigin;
  for (std::uint64_t i = 0; i < periods && reader->ok(); ++i) {
    const std::int64_t step = reader->Signed();
    const auto months = static_cast<std::int32_t>(reader->VarintUpTo(limits::kMaxPeriodMonths - 1)) + 1;
    const auto more = static_cast<std::uint32_t>(reader->VarintUpTo(limits::kMaxMessageBytes));
    sizes.push_back(reader->Varint());
    if (step < -kEndMonth || step > kEndMonth) reader->Fail();
    start += step;
    if (start < kFirstMonth || start + months > kEndMonth) reader->Fail();
    if (!reader->ok()) return {};
    const Period period = Period::FromValid(Month::FromIndex(static_cast<std::int32_t>(start)), months);
    if (!directory.empty() && period <= directory.back().period) reader->Fail();
    directory.push_back({period, more + 1, {}});
  }
  for (std::size_t i = 0; i < directory.size(); ++i) {
    directory[i].slice = reader->Bytes(sizes[i]);
    // A cell takes a byte at least, so that the count can be believed.
    if (directory[i].cells > directory[i].slice.size()) reader->Fail();
  }
  if (!reader->at_end()) reader->Fail();
  return directory;
}

}  // namespace tidewaiter::storage::period_chunk
