// Columns of data: v1::DatumColumn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "domain/observation.h"
#include "tidewaiter/v1/observation.pb.h"

namespace tidewaiter::convert {

// Writes data to a column, one after the other; optional columns appear when first needed. Does not own the
// column.
class DatumColumnWriter {
 public:
  explicit DatumColumnWriter(v1::DatumColumn* column) : column_(column) {}
  void Add(const Datum& datum);
  // A number printed to its last digit.
  void Add(std::int64_t coefficient, int scale) {
    if (plain_ && scale == static_cast<int>(column_->scale())) {
      column_->add_coefficients(coefficient);
      ++size_;
    } else {
      Add(Datum::Value(Decimal::FromValidParts(coefficient, scale)));
      plain_ = has_scale_ && column_->scales().empty() && column_->step_exponents().empty() &&
               column_->absences().empty();
    }
  }
  // Several of them.
  void Add(std::span<const std::int64_t> coefficients, int scale);
  // So many data follow.
  void Reserve(std::size_t data) { column_->mutable_coefficients()->Reserve(static_cast<int>(size_ + data)); }
  // A datum that says nothing, in the cheapest way.
  void AddFiller();
  std::size_t size() const { return size_; }

 private:
  void AddSlow(const Datum& datum);

  v1::DatumColumn* column_;
  std::size_t size_ = 0;
  bool has_scale_ = false;  // the scale of the first number has been taken
  bool plain_ = false;      // and no column but the coefficients has been begun
};

// Appends `count` data to `out`. Errors: a column of another length, a number out of range, a step that does
// not fit; fields named as in the message, "coefficients[17]"; the first of each kind.
absl::Status DecodeDatumColumn(const v1::DatumColumn& column, std::size_t count, std::vector<Datum>* out);

}  // namespace tidewaiter::convert
