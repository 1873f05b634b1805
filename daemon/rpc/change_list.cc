#include "daemon/rpc/change_list.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "daemon/rpc/change_blocks.h"
#include "daemon/rpc/log_entry.h"
#include "daemon/rpc/page_token.h"
#include "daemon/rpc/paging.h"
#include "daemon/rpc/selection.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::rpc {
namespace {

// Parts that one page looks at, each some tens of milliseconds: a page may end with nothing in it.
constexpr int kPartsPerPage = 16;

// Where a page begins.
struct Place {
  std::uint32_t part = 0;    // of the engine's
  std::uint32_t series = 0;  // within the part
  std::uint32_t cell = 0;    // within the series
};

absl::Status NotAPlace() {
  constexpr char kWhat[] = "names no place in the changes of this release";
  return MakeError(absl::StatusCode::kInvalidArgument, Reason::kMalformedToken,
                   absl::StrCat("page_token: ", kWhat), {}, {{"page_token", kWhat}});
}

absl::StatusOr<Place> PlaceOf(const v1::ListChangesRequest& request) {
  if (request.page_token().empty()) return Place();
  TW_ASSIGN_OR_RETURN(const PageToken token, DecodePageToken(request.page_token(), request));
  const std::vector<std::string> numbers = absl::StrSplit(token.after, '.');
  Place place;
  if (numbers.size() != 3 || !absl::SimpleAtoi(numbers[0], &place.part) ||
      !absl::SimpleAtoi(numbers[1], &place.series) || !absl::SimpleAtoi(numbers[2], &place.cell)) {
    return NotAPlace();
  }
  return place;
}

std::string TokenAt(const Place& place, Sequence sequence, const v1::ListChangesRequest& request) {
  PageToken token;
  token.vintage.sequence = sequence;
  token.after = absl::StrCat(place.part, ".", place.series, ".", place.cell);
  return EncodePageToken(token, request);
}

// Can anything match? Then what the release changed need not be computed.
bool Touches(const Selection& selection, const storage::LogEntry& entry) {
  if (entry.retracts != 0) return true;  // it has no sections of its own
  return std::any_of(entry.sections.begin(), entry.sections.end(), [&](const storage::SectionInfo& section) {
    return selection.Touches(section.header.dataset);
  });
}

// One answer on its way. Not thread-safe.
class ChangesPage {
 public:
  ChangesPage(Call& call, Sequence sequence, const Selection& selection, bool omit_confirmed,
              std::size_t page_size)
      : call_(call),
        sequence_(sequence),
        selection_(selection),
        omit_confirmed_(omit_confirmed),
        room_{.cells = page_size, .bytes = kPageBytes},
        blocks_(&call.backend().lookup) {}

  // Fills the page from `*place` on, and moves that to where the next page begins; false if there is none.
  absl::StatusOr<bool> Fill(Place* place) {
    for (int parts = 0; parts < kPartsPerPage && blocks_.cells() < room_.cells; ++parts) {
      TW_RETURN_IF_ERROR(call_.CheckAlive());
      TW_ASSIGN_OR_RETURN(const Step step, TakePart(place));
      if (step != Step::kNextPart) return step == Step::kFull;
    }
    return true;
  }

  absl::Status Finish(v1::ListChangesResponse* response) {
    TW_ASSIGN_OR_RETURN(std::vector<v1::ChangeBlock> blocks, blocks_.Finish());
    for (v1::ChangeBlock& block : blocks) *response->add_changes() = std::move(block);
    response->set_omitted_confirmed(blocks_.omitted());
    return absl::OkStatus();
  }

 private:
  enum class Step { kNextPart, kFull, kEnd };

  absl::StatusOr<Step> TakePart(Place* place) {
    const auto part = call_.backend().feed.Changes(sequence_, place->part);
    // Only who made up a token asks for a part after the last.
    if (absl::IsInvalidArgument(part.status())) return NotAPlace();
    TW_RETURN_IF_ERROR(part.status());
    if (place->series > (*part)->series.size()) return NotAPlace();
    for (const SeriesRun& run : selection_.Match(IndexedPart(*part))) {
      for (std::uint32_t at = std::max(run.begin, place->series); at < run.end; ++at) {
        const engine::SeriesChanges& series = (*part)->series[at];
        const std::size_t begin = at == place->series ? place->cell : 0;
        TW_ASSIGN_OR_RETURN(const std::size_t next, blocks_.AddFrom(series, begin, omit_confirmed_, room_));
        if (next >= series.cells.size()) continue;
        *place = {place->part, at, static_cast<std::uint32_t>(next)};
        return Step::kFull;
      }
    }
    // A series may go on in the next part; in one block it would stand twice.
    TW_RETURN_IF_ERROR(blocks_.EndBlock());
    if ((*part)->last) return Step::kEnd;
    *place = {place->part + 1, 0, 0};
    return Step::kNextPart;
  }

  Call& call_;
  const Sequence sequence_;
  const Selection& selection_;
  const bool omit_confirmed_;
  const ChangeBlocks::Room room_;
  ChangeBlocks blocks_;
};

}  // namespace

absl::Status HandleListChanges(Call& call, const v1::ListChangesRequest& request,
                               v1::ListChangesResponse* response) {
  const Backend& backend = call.backend();
  TW_ASSIGN_OR_RETURN(const storage::LogEntry entry,
                      FindEntry(*backend.store, request.sequence(), request.agency(), request.release_id()));
  TW_ASSIGN_OR_RETURN(const std::vector<Selection::Item> items,
                      ReadSelectors(*backend.store, request.selectors()));
  TW_ASSIGN_OR_RETURN(const std::size_t page_size, PageSize(request.page_size(), limits::kMaxPageSize));
  TW_ASSIGN_OR_RETURN(Place place, PlaceOf(request));
  const Selection selection(items);
  *response->mutable_release() = ToWire(entry);
  if (!Touches(selection, entry)) return absl::OkStatus();
  ChangesPage page(call, entry.sequence, selection, request.omit_confirmed(), page_size);
  TW_ASSIGN_OR_RETURN(const bool more, page.Fill(&place));
  if (more) response->set_next_page_token(TokenAt(place, entry.sequence, request));
  return page.Finish(response);
}

}  // namespace tidewaiter::rpc
