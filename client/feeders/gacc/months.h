// Names of months.
#pragma once

#include <optional>
#include <string_view>

namespace tidewaiter::feeders {

// 3 of "March", "Mar" or "mar": a month's English name, or its first three letters or more of it. None else.
std::optional<int> MonthOfName(std::string_view word);

}  // namespace tidewaiter::feeders
