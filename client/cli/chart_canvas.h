// What a chart is drawn on: dots of which one or several make a character.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tidewaiter::cli {

// Not thread-safe. Dots count from the upper left. REQUIRES of every call: within the canvas.
class Canvas {
 public:
  Canvas(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows) {}
  virtual ~Canvas() = default;
  virtual std::size_t dots_across() const = 0;
  virtual std::size_t dots_down() const = 0;
  // A dot on the way from one point to the next, and one of a point itself.
  virtual void Join(std::size_t x, std::size_t y, std::size_t line) = 0;
  virtual void Mark(std::size_t x, std::size_t y, std::size_t line) = 0;
  virtual std::string CharacterAt(std::size_t column, std::size_t row) const = 0;
  // The line that drew there last; none: nobody did.
  std::optional<std::size_t> OwnerOf(std::size_t column, std::size_t row) const {
    return owners_[Index(column, row)];
  }
  std::size_t dots_per_row() const { return dots_down() / rows_; }
  std::size_t columns() const { return columns_; }
  std::size_t rows() const { return rows_; }

 protected:
  std::size_t Index(std::size_t column, std::size_t row) const { return row * columns_ + column; }
  void Own(std::size_t index, std::size_t line) { owners_[index] = line; }

 private:
  const std::size_t columns_;
  const std::size_t rows_;
  std::vector<std::optional<std::size_t>> owners_ = std::vector<std::optional<std::size_t>>(columns_ * rows_);
};

// Two by four dots a character.
std::unique_ptr<Canvas> NewBrailleCanvas(std::size_t columns, std::size_t rows);
// One dot a character: points as the letters of their lines, or as stars.
std::unique_ptr<Canvas> NewAsciiCanvas(std::size_t columns, std::size_t rows, bool letters);

// 'a' for line 0, and so on.
inline char LetterOf(std::size_t line) { return static_cast<char>('a' + line); }

}  // namespace tidewaiter::cli
