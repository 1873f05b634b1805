#include "daemon/rpc/paging.h"

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"

namespace tidewaiter::rpc {

absl::StatusOr<std::size_t> PageSize(std::uint32_t given, std::size_t default_size) {
  if (given == 0) return default_size;
  if (given <= limits::kMaxPageSize) return std::size_t{given};
  return InvalidField("page_size", absl::StrCat("a page has 1 to ", limits::kMaxPageSize, ", not ", given));
}

}  // namespace tidewaiter::rpc
