#include "proto/convert/datum_column.h"

#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/limits.h"
#include "proto/convert/enums.h"

namespace tidewaiter::convert {
namespace {

// A coefficient of more digits than this may not fit 64 bits, and travels as text.
bool FitsInt64(absl::int128 coefficient) {
  return coefficient >= std::numeric_limits<std::int64_t>::min() &&
         coefficient <= std::numeric_limits<std::int64_t>::max();
}

// The integer that `text` spells, as far as a coefficient goes.
absl::StatusOr<absl::int128> ParseCoefficient(const std::string& text) {
  TW_ASSIGN_OR_RETURN(const Decimal number, Decimal::Parse(text));
  if (number.scale() != 0) return InvalidField("", "a coefficient is an integer");
  return number.coefficient();
}

// Reads one column; first the shape, then the data.
class ColumnReader {
 public:
  ColumnReader(const v1::DatumColumn& column, std::size_t count) : column_(column), count_(count) {}

  absl::Status Read(std::vector<Datum>* out) {
    CheckShape();
    TW_RETURN_IF_ERROR(violations_.ToStatus());
    const std::size_t begin = out->size();
    const bool plain = column_.scales().empty() && column_.step_exponents().empty();
    if (plain) {
      ReadPlain(out);
    } else {
      ReadWithScales(out);
    }
    ReadWide(out->data() + begin);
    ReadAbsences(out->data() + begin);
    return violations_.ToStatus();
  }

 private:
  void CheckLength(absl::string_view name, int size, bool optional) {
    if (static_cast<std::size_t>(size) == count_ || (optional && size == 0)) return;
    violations_.Add(name.data(), absl::StrCat("has ", size, " entries for ", count_, " data; give one each",
                                              optional ? ", or none" : ""));
  }

  void CheckScale(std::string_view field, std::uint32_t scale) {
    if (scale <= limits::kMaxScale) return;
    violations_.Add(field,
                    absl::StrCat("a number has at most ", limits::kMaxScale, " decimals, not ", scale));
  }

  void CheckShape() {
    CheckLength("coefficients", column_.coefficients_size(), false);
    CheckLength("scales", column_.scales_size(), true);
    CheckLength("step_exponents", column_.step_exponents_size(), true);
    CheckLength("absences", column_.absences_size(), true);
    CheckScale("scale", column_.scale());
    for (int i = 0; i < column_.scales_size(); ++i) {
      if (column_.scales(i) > limits::kMaxScale)
        CheckScale(absl::StrCat("scales[", i, "]"), column_.scales(i));
    }
  }

  void ReadPlain(std::vector<Datum>* out) {
    const int scale = static_cast<int>(column_.scale());
    const std::int64_t* coefficients = column_.coefficients().data();
    out->reserve(out->size() + count_);
    for (std::size_t i = 0; i < count_; ++i) {
      out->push_back(Datum::ValueUnchecked(Decimal::FromValidParts(coefficients[i], scale), -scale));
    }
  }

  int ScaleAt(std::size_t i) const {
    return static_cast<int>(column_.scales().empty() ? column_.scale() : column_.scales(static_cast<int>(i)));
  }

  // The datum of a number, its step checked.
  Datum Checked(std::size_t i, absl::int128 coefficient) {
    const Decimal value = Decimal::FromValidParts(coefficient, ScaleAt(i));
    if (column_.step_exponents().empty() || IsAbsent(i)) return Datum::Value(value);
    const int exponent = column_.step_exponents(static_cast<int>(i));
    if (exponent == -value.scale()) return Datum::ValueUnchecked(value, exponent);
    const absl::StatusOr<Datum> datum = Datum::ValueWithStep(value, exponent);
    if (!datum.ok()) violations_.Add(absl::StrCat("step_exponents[", i, "]"), ToText(datum.status()));
    return datum.value_or(Datum());
  }

  void ReadWithScales(std::vector<Datum>* out) {
    out->reserve(out->size() + count_);
    for (std::size_t i = 0; i < count_; ++i) {
      out->push_back(Checked(i, column_.coefficients(static_cast<int>(i))));
    }
  }

  void ReadWide(Datum* data) {
    std::int64_t previous = -1;
    for (int w = 0; w < column_.wide_size(); ++w) {
      const v1::WideCoefficient& wide = column_.wide(w);
      const std::size_t i = wide.index();
      if (i >= count_ || static_cast<std::int64_t>(i) <= previous) {
        violations_.Add(absl::StrCat("wide[", w, "].index"),
                        absl::StrCat(i, " is out of order, or not below ", count_));
        return;
      }
      previous = static_cast<std::int64_t>(i);
      const absl::StatusOr<absl::int128> coefficient = ParseCoefficient(wide.coefficient());
      if (!coefficient.ok()) {
        violations_.Add(absl::StrCat("wide[", w, "].coefficient"), ToText(coefficient.status()));
      } else if (column_.coefficients(static_cast<int>(i)) != 0) {
        violations_.Add(absl::StrCat("coefficients[", i, "]"), "must be 0: `wide` holds this number");
      } else {
        data[i] = Checked(i, *coefficient);
      }
    }
  }

  bool IsAbsent(std::size_t i) const {
    return !column_.absences().empty() && column_.absences(static_cast<int>(i)) != v1::ABSENCE_UNSPECIFIED;
  }

  void ReadAbsences(Datum* data) {
    for (int i = 0; i < column_.absences_size(); ++i) {
      if (column_.absences(i) == v1::ABSENCE_UNSPECIFIED) continue;
      const absl::StatusOr<Absence> absence = FromWire(column_.absences(i));
      if (!absence.ok()) {
        violations_.Add(absl::StrCat("absences[", i, "]"), ToText(absence.status()));
      } else if (!data[i].has_value() || !data[i].value().is_zero()) {
        violations_.Add(absl::StrCat("coefficients[", i, "]"),
                        "must be 0: `absences` says that there is no number");
      } else {
        data[i] = Datum::Absent(*absence);
      }
    }
  }

  static std::string ToText(const absl::Status& status) { return std::string(status.message()); }

  const v1::DatumColumn& column_;
  const std::size_t count_;
  Violations violations_;
};

}  // namespace

void DatumColumnWriter::AddFiller() {
  column_->add_coefficients(0);
  if (!column_->scales().empty()) column_->add_scales(column_->scale());
  if (!column_->step_exponents().empty()) column_->add_step_exponents(-static_cast<int>(column_->scale()));
  if (!column_->absences().empty()) column_->add_absences(v1::ABSENCE_UNSPECIFIED);
  ++size_;
}

void DatumColumnWriter::Add(std::span<const std::int64_t> coefficients, int scale) {
  while (!coefficients.empty() && !(plain_ && scale == static_cast<int>(column_->scale()))) {
    Add(coefficients.front(), scale);
    coefficients = coefficients.subspan(1);
  }
  column_->mutable_coefficients()->Add(coefficients.begin(), coefficients.end());
  size_ += coefficients.size();
}

void DatumColumnWriter::Add(const Datum& datum) {
  if (datum.has_value() && has_scale_ && datum.value().scale() == static_cast<int>(column_->scale()) &&
      datum.step_exponent() == -datum.value().scale() && FitsInt64(datum.value().coefficient())) {
    column_->add_coefficients(static_cast<std::int64_t>(datum.value().coefficient()));
    if (!column_->scales().empty()) column_->add_scales(column_->scale());
    if (!column_->step_exponents().empty()) column_->add_step_exponents(datum.step_exponent());
    if (!column_->absences().empty()) column_->add_absences(v1::ABSENCE_UNSPECIFIED);
    ++size_;
    return;
  }
  AddSlow(datum);
}

void DatumColumnWriter::AddSlow(const Datum& datum) {
  plain_ = false;
  if (!datum.has_value()) {
    AddFiller();
    column_->mutable_absences()->Resize(static_cast<int>(size_), v1::ABSENCE_UNSPECIFIED);
    column_->set_absences(static_cast<int>(size_) - 1, ToWire(datum.absence()));
    return;
  }
  const std::uint32_t scale = static_cast<std::uint32_t>(datum.value().scale());
  if (!has_scale_) {
    // Until now there were absences only, whose scale says nothing.
    has_scale_ = true;
    column_->set_scale(scale);
  }
  AddFiller();
  const int last = static_cast<int>(size_) - 1;
  if (scale != column_->scale()) {
    column_->mutable_scales()->Resize(last + 1, column_->scale());
    column_->set_scales(last, scale);
  }
  if (datum.step_exponent() != -datum.value().scale() || !column_->step_exponents().empty()) {
    if (column_->step_exponents().empty()) {
      for (int i = 0; i <= last; ++i) {
        column_->add_step_exponents(
            -static_cast<int>(column_->scales().empty() ? column_->scale() : column_->scales(i)));
      }
    }
    column_->set_step_exponents(last, datum.step_exponent());
  }
  const absl::int128 coefficient = datum.value().coefficient();
  if (FitsInt64(coefficient)) {
    column_->set_coefficients(last, static_cast<std::int64_t>(coefficient));
    return;
  }
  v1::WideCoefficient* wide = column_->add_wide();
  wide->set_index(static_cast<std::uint32_t>(last));
  wide->set_coefficient(Decimal::FromValidParts(coefficient, 0).ToString());
}

absl::Status DecodeDatumColumn(const v1::DatumColumn& column, std::size_t count, std::vector<Datum>* out) {
  return ColumnReader(column, count).Read(out);
}

}  // namespace tidewaiter::convert
