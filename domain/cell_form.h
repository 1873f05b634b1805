// How a cell was printed: everything that is known of it but its digits, in four bytes.
#pragma once

#include <cstdint>
#include <limits>

#include "absl/numeric/int128.h"
#include "domain/observation.h"

namespace tidewaiter {

// A datum with its attributes, less the coefficient: for columns of many cells. Most cells of a table have
// one form, that of a plain value: its step is its last digit, its status A, its confidentiality F.
//
//   74.30                      Plain(2), coefficient 7430
//   6480 in steps of 10, P     scale 0, step exponent 1, status P, coefficient 6480
//   SUPPRESSED, C              absence, coefficient 0
//
// Immutable value type; equal forms have equal bits.
class CellForm {
 public:
  constexpr CellForm() = default;  // Plain(0)
  // REQUIRES: 0 <= scale <= limits::kMaxScale.
  static constexpr CellForm Plain(int scale) { return CellForm(static_cast<std::uint32_t>(scale)); }
  // REQUIRES: all in range; `coarser` is step exponent + scale. `absence` 0: a value.
  static constexpr CellForm FromParts(int scale, int coarser, std::uint8_t absence, Attributes attributes) {
    return CellForm(static_cast<std::uint32_t>(scale) | static_cast<std::uint32_t>(coarser) << kCoarserAt |
                    static_cast<std::uint32_t>(absence) << kAbsenceAt |
                    Letter(attributes.status, Attributes().status) << kStatusAt |
                    Letter(attributes.conf, Attributes().conf) << kConfAt);
  }
  static constexpr CellForm Of(const Datum& datum, Attributes attributes) {
    if (!datum.has_value()) return FromParts(0, 0, static_cast<std::uint8_t>(datum.absence()), attributes);
    const Decimal& value = datum.value();
    const CellForm form = FromParts(value.scale(), datum.step_exponent() + value.scale(), 0, attributes);
    return FitsInt64(value.coefficient()) ? form : form.Wide();
  }
  // The same form of a coefficient that does not fit 64 bits.
  constexpr CellForm Wide() const { return CellForm(bits_ | kWide); }
  static constexpr bool FitsInt64(const absl::int128& coefficient) {
    return coefficient >= std::numeric_limits<std::int64_t>::min() &&
           coefficient <= std::numeric_limits<std::int64_t>::max();
  }

  // A value whose step is its last digit, of 64 bits, with default attributes.
  constexpr bool is_plain() const { return bits_ < 1u << kCoarserAt; }
  constexpr bool has_value() const { return Field(kAbsenceAt, 3) == 0; }
  constexpr bool is_wide() const { return (bits_ & kWide) != 0; }
  constexpr int scale() const { return static_cast<int>(Field(0, 5)); }  // of a value
  constexpr int step_exponent() const { return static_cast<int>(Field(kCoarserAt, 6)) - scale(); }
  constexpr Absence absence() const { return static_cast<Absence>(Field(kAbsenceAt, 3)); }  // of none
  constexpr Attributes attributes() const {
    return {FromLetter(Field(kStatusAt, 5), Attributes().status),
            FromLetter(Field(kConfAt, 5), Attributes().conf)};
  }
  // The datum of this form with that coefficient, which is ignored for an absence.
  constexpr Datum DatumOf(const absl::int128& coefficient) const {
    if (!has_value()) return Datum::Absent(absence());
    return Datum::ValueUnchecked(Decimal::FromValidParts(coefficient, scale()), step_exponent());
  }

  friend constexpr bool operator==(const CellForm&, const CellForm&) = default;

 private:
  // Bits: scale 0-4, step exponent + scale 5-10, absence 11-13, status 14-18, confidentiality 19-23, wide 24.
  static constexpr int kCoarserAt = 5, kAbsenceAt = 11, kStatusAt = 14, kConfAt = 19;
  static constexpr std::uint32_t kWide = 1u << 24;
  static constexpr int kLetters = 26;

  explicit constexpr CellForm(std::uint32_t bits) : bits_(bits) {}
  // Counted from the default, so that a plain form has no other bits than its scale.
  static constexpr std::uint32_t Letter(char letter, char usual) {
    return static_cast<std::uint32_t>((letter - usual + kLetters) % kLetters);
  }
  static constexpr char FromLetter(std::uint32_t number, char usual) {
    return static_cast<char>('A' + (usual - 'A' + static_cast<int>(number)) % kLetters);
  }
  constexpr std::uint32_t Field(int at, int bits) const { return bits_ >> at & ((1u << bits) - 1); }

  std::uint32_t bits_ = 0;
};

}  // namespace tidewaiter
