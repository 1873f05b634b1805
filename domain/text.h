// Small helpers on text that the parsers of this room share: pure, and safe on any bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tidewaiter {

// What a user sent, in double quotes, fit to stand in an error message: clean UTF-8 as it is, anything else
// escaped; shortened after some 80 bytes.
std::string Quoted(std::string_view text);

// The character that starts at byte `at`, quoted, whole even if it has several bytes.
std::string QuotedCharacter(std::string_view text, std::size_t at);

// "1 place", "2 places".
std::string Numbered(std::size_t number, std::string_view noun);

// The number that `digits` spells: 1 to 9 digits and nothing else.
std::optional<int> ParseDigits(std::string_view digits);

}  // namespace tidewaiter
