#include "client/cli/chart_canvas.h"

#include <cstdint>

namespace tidewaiter::cli {
namespace {

// Two by four dots a character.
class BrailleCanvas final : public Canvas {
 public:
  BrailleCanvas(std::size_t columns, std::size_t rows) : Canvas(columns, rows), bits_(columns * rows) {}
  std::size_t dots_across() const override { return 2 * columns(); }
  std::size_t dots_down() const override { return 4 * rows(); }
  void Join(std::size_t x, std::size_t y, std::size_t line) override { Mark(x, y, line); }
  void Mark(std::size_t x, std::size_t y, std::size_t line) override {
    static constexpr std::uint8_t kBits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    const std::size_t index = Index(x / 2, y / 4);
    bits_[index] |= kBits[y % 4][x % 2];
    Own(index, line);
  }
  // U+2800 and its dots, in UTF-8.
  std::string CharacterAt(std::size_t column, std::size_t row) const override {
    const std::uint8_t bits = bits_[Index(column, row)];
    if (bits == 0) return " ";
    return {'\xE2', static_cast<char>(0xA0 | bits >> 6), static_cast<char>(0x80 | (bits & 0x3F))};
  }

 private:
  std::vector<std::uint8_t> bits_;
};

// One dot a character: points as letters, or as stars of a line alone.
class AsciiCanvas final : public Canvas {
 public:
  AsciiCanvas(std::size_t columns, std::size_t rows, bool letters)
      : Canvas(columns, rows), letters_(letters), characters_(columns * rows, ' ') {}
  std::size_t dots_across() const override { return columns(); }
  std::size_t dots_down() const override { return rows(); }
  void Join(std::size_t x, std::size_t y, std::size_t line) override {
    const std::size_t index = Index(x, y);
    if (characters_[index] != ' ') return;
    characters_[index] = '.';
    Own(index, line);
  }
  void Mark(std::size_t x, std::size_t y, std::size_t line) override {
    const std::size_t index = Index(x, y);
    characters_[index] = letters_ ? LetterOf(line) : '*';
    Own(index, line);
  }
  std::string CharacterAt(std::size_t column, std::size_t row) const override {
    return std::string(1, characters_[Index(column, row)]);
  }

 private:
  const bool letters_;
  std::string characters_;
};

}  // namespace

std::unique_ptr<Canvas> NewBrailleCanvas(std::size_t columns, std::size_t rows) {
  return std::make_unique<BrailleCanvas>(columns, rows);
}

std::unique_ptr<Canvas> NewAsciiCanvas(std::size_t columns, std::size_t rows, bool letters) {
  return std::make_unique<AsciiCanvas>(columns, rows, letters);
}

}  // namespace tidewaiter::cli
