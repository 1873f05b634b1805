#include "daemon/engine/release_order.h"

#include <algorithm>
#include <tuple>

#include "domain/errors.h"

namespace tidewaiter::engine {
namespace {

// Places of the table, at most so many times the cells.
constexpr std::size_t kSparse = 16;
constexpr std::size_t kFew = 1 << 16;

}  // namespace

absl::StatusOr<ReleaseOrder> ReleaseOrder::Read(const storage::Store& store,
                                                const storage::SharedSlices& slices) {
  ReleaseOrder order;
  Sequence least = ~Sequence{0}, most = 0;
  std::size_t rows = 0;
  for (const auto& slice : slices) {
    if (slice->releases.empty()) continue;
    least = std::min(least, slice->releases.front());
    most = std::max(most, slice->releases.back());
    rows += slice->size();
  }
  if (rows == 0 || most - least >= kSparse * rows + kFew) return order;
  order.first_ = least;
  order.ranks_.resize(most - least + 1);
  for (const auto& slice : slices) {
    for (const Sequence sequence : slice->releases) order.ranks_[sequence - least] = 1;
  }
  for (std::size_t i = 0; i < order.ranks_.size(); ++i) {
    if (order.ranks_[i] == 0) continue;
    const auto sequence = static_cast<Sequence>(least + i);
    TW_ASSIGN_OR_RETURN(const Instant published_at, store.PublishedAt(sequence));
    order.releases_.push_back({published_at, sequence});
  }
  std::sort(order.releases_.begin(), order.releases_.end(), [](const Release& a, const Release& b) {
    return std::tie(a.published_at, a.sequence) < std::tie(b.published_at, b.sequence);
  });
  for (std::size_t i = 0; i < order.releases_.size(); ++i) {
    order.ranks_[order.releases_[i].sequence - least] = static_cast<std::uint32_t>(i);
  }
  return order;
}

}  // namespace tidewaiter::engine
