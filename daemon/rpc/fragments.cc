#include "daemon/rpc/fragments.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "daemon/rpc/bytes.h"
#include "daemon/rpc/change_blocks.h"
#include "domain/errors.h"
#include "tidewaiter/v1/update_service.pb.h"

namespace tidewaiter::rpc {
namespace {

// Of memory that is shared as one.
constexpr std::size_t kBlockBytes = 128u << 10;
// Shorter pieces are copied: that is cheaper than counting who uses them.
constexpr std::size_t kLeastSharedPiece = 256;
// What is copied goes into memory of this size, which the allocator keeps at hand; a frame of HTTP/2 is no
// larger.
constexpr std::size_t kCopyBytes = 16u << 10;

}  // namespace

absl::StatusOr<Fragments> Fragments::Encode(const engine::ChangesPart& part, const convert::Lookup& lookup,
                                            bool omit_confirmed) {
  Fragments fragments;
  ChangeBlocks blocks(&lookup);
  v1::SubscribeResponse::ReleasePart message;
  std::string bytes;
  std::uint32_t first = 0;
  std::size_t finished = 0;
  const auto end_block = [&](std::uint32_t next) {
    finished += bytes.size();
    bytes.shrink_to_fit();
    if (!bytes.empty()) fragments.blocks_.push_back({first, SliceOf(std::exchange(bytes, {}))});
    first = next;
  };
  for (std::uint32_t i = 0; i < part.series.size(); ++i) {
    fragments.begins_.push_back(finished + bytes.size());
    TW_RETURN_IF_ERROR(blocks.Add(part.series[i], omit_confirmed));
    TW_ASSIGN_OR_RETURN(std::vector<v1::ChangeBlock> made, blocks.Finish());
    message.Clear();
    for (v1::ChangeBlock& block : made) *message.add_changes() = std::move(block);
    message.AppendToString(&bytes);
    if (bytes.size() >= kBlockBytes) end_block(i + 1);
  }
  end_block(static_cast<std::uint32_t>(part.series.size()));
  fragments.begins_.push_back(finished);
  return fragments;
}

std::uint32_t Fragments::EndWithin(const SeriesRun& run, std::size_t bytes) const {
  const auto from = begins_.begin() + run.begin;
  const auto to = begins_.begin() + run.end;
  const auto end = std::lower_bound(from + 1, to, *from + bytes);
  return static_cast<std::uint32_t>(end - begins_.begin());
}

void Fragments::Append(std::span<const SeriesRun> runs, std::vector<grpc::Slice>* slices) const {
  std::vector<Piece> pieces;
  std::size_t run = 0;
  for (std::size_t b = 0; b < blocks_.size() && run < runs.size(); ++b) {
    const std::uint32_t first = blocks_[b].first;
    const std::size_t base = begins_[first];
    const std::size_t end = base + blocks_[b].bytes.size();
    pieces.clear();
    for (; run < runs.size(); ++run) {
      const std::size_t from = std::max(begins_[runs[run].begin], base);
      const std::size_t to = std::min(begins_[runs[run].end], end);
      if (from < to && !pieces.empty() && pieces.back().end == from - base) {
        pieces.back().end = to - base;
      } else if (from < to) {
        pieces.push_back({from - base, to - base});
      }
      if (begins_[runs[run].end] > end) break;  // it goes on in the next block
    }
    AppendPieces(blocks_[b].bytes, pieces, slices);
  }
}

void Fragments::AppendPieces(const grpc::Slice& block, std::span<const Piece> pieces,
                             std::vector<grpc::Slice>* slices) const {
  std::size_t wanted = 0;
  for (const Piece& piece : pieces) wanted += piece.end - piece.begin;
  if (wanted == 0) return;
  if (wanted * kMaxHeldPerByte >= block.size() && wanted >= pieces.size() * kLeastSharedPiece) {
    for (const Piece& piece : pieces) slices->push_back(block.sub(piece.begin, piece.end));
    return;
  }
  std::uint8_t* at = nullptr;
  std::size_t room = 0;
  for (const Piece& piece : pieces) {
    for (std::size_t from = piece.begin; from < piece.end;) {
      if (room == 0) {
        room = std::min(wanted, kCopyBytes);
        at = const_cast<std::uint8_t*>(slices->emplace_back(room).begin());
      }
      const std::size_t bytes = std::min(room, piece.end - from);
      std::memcpy(at, block.begin() + from, bytes);
      at += bytes;
      from += bytes;
      room -= bytes;
      wanted -= bytes;
    }
  }
}

}  // namespace tidewaiter::rpc
