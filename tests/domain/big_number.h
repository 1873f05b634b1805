// Long numbers as one does them on paper: slow, plain, and without a limit. A model to test against.
#pragma once

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "domain/decimal.h"

namespace tidewaiter {

// A signed whole number of units of 10^-18, as its decimal digits.
class BigNumber {
 public:
  explicit BigNumber(const Decimal& decimal) {
    std::string text = decimal.ToString();
    negative_ = text.front() == '-';
    text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == '-' || c == '.'; }),
               text.end());
    digits_ = text + std::string(static_cast<std::size_t>(kScale - decimal.scale()), '0');
    Normalize();
  }
  // 10^exponent, -18 <= exponent.
  static BigNumber PowerOfTen(int exponent) { return BigNumber(false, Digits('1', kScale + exponent)); }

  BigNumber Negated() const { return BigNumber(!negative_, digits_); }
  BigNumber Magnitude() const { return BigNumber(false, digits_); }

  int Compare(const BigNumber& other) const {
    if (negative_ != other.negative_) return negative_ ? -1 : 1;
    const int magnitudes = CompareDigits(digits_, other.digits_);
    return negative_ ? -magnitudes : magnitudes;
  }

  BigNumber Plus(const BigNumber& other) const {
    if (negative_ == other.negative_) return BigNumber(negative_, AddDigits(digits_, other.digits_));
    if (CompareDigits(digits_, other.digits_) < 0) return other.Plus(*this);
    return BigNumber(negative_, SubtractDigits(digits_, other.digits_));
  }

  // REQUIRES: `whole` has no decimals.
  BigNumber Times(const BigNumber& whole) const {
    std::string product = "0";
    for (std::size_t i = 0; i + kScale < whole.digits_.size(); ++i) {
      product += '0';
      for (char digit = whole.digits_[i]; digit > '0'; --digit) product = AddDigits(product, digits_);
    }
    return BigNumber(negative_ != whole.negative_, product);
  }

  BigNumber RoundedHalfEven(int scale) const {
    const auto cut = static_cast<std::size_t>(kScale - scale);
    const std::string padded = std::string(cut + 1, '0') + digits_;
    std::string kept = padded.substr(0, padded.size() - cut);
    const std::string rest = padded.substr(padded.size() - cut);
    const std::string half = cut == 0 ? "" : Digits('5', kScale - scale - 1);
    const bool odd = (kept.back() - '0') % 2 == 1;
    if (cut > 0 && (rest > half || (rest == half && odd))) kept = AddDigits(kept, "1");
    return BigNumber(negative_, kept + std::string(cut, '0'));
  }

  // At most 27 digits once written with `scale` decimals.
  bool FitsDecimal(int scale) const {
    return static_cast<int>(digits_.size()) - (kScale - scale) <= 27 || digits_ == "0";
  }

  // REQUIRES: nothing is lost at `scale`.
  std::string ToString(int scale) const {
    const std::string padded = absl::StrCat(std::string(kScale + 1, '0'), digits_);
    const std::size_t point = padded.size() - kScale;
    const std::size_t whole = std::min(padded.find_first_not_of('0'), point - 1);
    return absl::StrCat(negative_ ? "-" : "", padded.substr(whole, point - whole), scale > 0 ? "." : "",
                        padded.substr(point, static_cast<std::size_t>(scale)));
  }

 private:
  static constexpr int kScale = 18;

  BigNumber(bool negative, std::string digits) : negative_(negative), digits_(std::move(digits)) {
    Normalize();
  }
  // A digit and so many zeros.
  static std::string Digits(char first, int zeros) {
    std::string digits(static_cast<std::size_t>(zeros) + 1, '0');
    digits[0] = first;
    return digits;
  }
  void Normalize() {
    digits_.erase(0, std::min(digits_.find_first_not_of('0'), digits_.size() - 1));
    if (digits_ == "0") negative_ = false;
  }
  static int CompareDigits(const std::string& a, const std::string& b) {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
  }
  static std::string AddDigits(std::string a, std::string b) {
    const std::size_t size = std::max(a.size(), b.size()) + 1;
    a.insert(0, size - a.size(), '0');
    b.insert(0, size - b.size(), '0');
    for (std::size_t i = size, carry = 0; i-- > 0;) {
      const std::size_t sum = static_cast<std::size_t>(a[i] - '0' + b[i] - '0') + carry;
      a[i] = static_cast<char>('0' + sum % 10);
      carry = sum / 10;
    }
    return a;
  }
  // REQUIRES: a >= b.
  static std::string SubtractDigits(std::string a, std::string b) {
    b.insert(0, a.size() - b.size(), '0');
    int borrow = 0;
    for (std::size_t i = a.size(); i-- > 0;) {
      const int difference = a[i] - b[i] - borrow;
      borrow = difference < 0 ? 1 : 0;
      a[i] = static_cast<char>('0' + difference + 10 * borrow);
    }
    return a;
  }

  bool negative_ = false;
  std::string digits_;
};

}  // namespace tidewaiter
