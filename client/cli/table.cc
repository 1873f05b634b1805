#include "client/cli/table.h"

#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "domain/strings.h"

namespace tidewaiter::cli {
namespace {

constexpr std::string_view kGap = "  ";
constexpr std::string_view kReset = "\x1b[0m";

struct Glyph {
  std::size_t bytes = 1;
  std::size_t width = 1;
};

Glyph FirstGlyph(std::string_view text) {
  utf8proc_int32_t codepoint = 0;
  const utf8proc_ssize_t bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                  static_cast<utf8proc_ssize_t>(text.size()), &codepoint);
  if (bytes <= 0) return {};
  return {static_cast<std::size_t>(bytes),
          static_cast<std::size_t>(std::max(0, utf8proc_charwidth(codepoint)))};
}

std::string_view CodeOf(Colour colour) {
  switch (colour) {
    case Colour::kNone:
      return "";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kDim:
      return "\x1b[2m";
    case Colour::kBold:
      return "\x1b[1m";
  }
  return "";
}

// A number may carry a mark: "182668*".
bool IsNumber(std::string_view text) {
  if (!text.empty() && text.back() == '*') text.remove_suffix(1);
  return !text.empty() && text.find_first_not_of("+-0123456789.") == std::string_view::npos;
}

// Columns after the place where the point of a number stands, the point and a mark included.
std::size_t FractionWidth(std::string_view number) {
  const std::size_t point = number.find_first_of(".*");
  return point == std::string_view::npos ? 0 : number.size() - point;
}

}  // namespace

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Glyph glyph = FirstGlyph(text);
    width += glyph.width;
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

std::string Clipped(std::string_view text, std::size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::size_t bytes = 0;
  std::size_t used = 1;  // the ellipsis
  while (bytes < text.size()) {
    const Glyph glyph = FirstGlyph(text.substr(bytes));
    if (used + glyph.width > width) break;
    used += glyph.width;
    bytes += glyph.bytes;
  }
  return absl::StrCat(ToAbsl(text.substr(0, bytes)), "…");
}

std::string Coloured(std::string_view text, Colour colour, bool wanted) {
  if (!wanted || colour == Colour::kNone || text.empty()) return std::string(text);
  return absl::StrCat(ToAbsl(CodeOf(colour)), ToAbsl(text), ToAbsl(kReset));
}

void Table::AddColumn(std::string_view header, Align align) {
  columns_.push_back({std::string(header), align});
}

void Table::AddRow(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }

std::vector<Table::Widths> Table::Measure() const {
  std::vector<Widths> widths(columns_.size());
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    Widths& w = widths[c];
    std::size_t before_point = 0;
    w.whole = DisplayWidth(columns_[c].header);
    for (const auto& row : rows_) {
      const std::string& text = row[c].text;
      const std::size_t width = DisplayWidth(text);
      if (columns_[c].align == Align::kPoint && IsNumber(text)) {
        const std::size_t fraction = FractionWidth(text);
        w.fraction = std::max(w.fraction, fraction);
        before_point = std::max(before_point, width - fraction);
      } else {
        w.whole = std::max(w.whole, width);
      }
    }
    w.whole = std::max(w.whole, before_point + w.fraction);
  }
  return widths;
}

std::size_t Table::width() const {
  std::size_t width = 0;
  for (const Widths& w : Measure()) width += (width > 0 ? kGap.size() : 0) + w.whole;
  return width;
}

std::string Table::ToString(bool colour) const {
  const std::vector<Widths> widths = Measure();
  std::string out;
  const auto add_line = [&](auto text_of) {
    std::string line;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const auto [text, tint, is_header] = text_of(c);
      const std::size_t width = DisplayWidth(text);
      std::size_t left = 0;
      if (columns_[c].align != Align::kLeft) left = widths[c].whole - width;
      if (columns_[c].align == Align::kPoint && !is_header && IsNumber(text)) {
        left -= widths[c].fraction - FractionWidth(text);
      }
      line.append(left, ' ');
      line += Coloured(text, tint, colour);
      line.append(widths[c].whole - width - left, ' ');
      if (c + 1 < columns_.size()) line += kGap;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, line, "\n");
  };
  using Text = std::tuple<std::string_view, Colour, bool>;
  add_line([this](std::size_t c) { return Text(columns_[c].header, Colour::kBold, true); });
  for (const auto& row : rows_) {
    add_line([&row](std::size_t c) { return Text(row[c].text, row[c].colour, false); });
  }
  return out;
}

}  // namespace tidewaiter::cli
