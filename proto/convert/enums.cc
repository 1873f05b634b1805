#include "proto/convert/enums.h"

#include "domain/errors.h"
#include "proto/convert/enum_table.h"

namespace tidewaiter::convert {
namespace {

constexpr Table<Role, v1::Role, 9> kRoles = {{
    {Role::kOther, v1::ROLE_OTHER},
    {Role::kReporter, v1::ROLE_REPORTER},
    {Role::kPartner, v1::ROLE_PARTNER},
    {Role::kFlow, v1::ROLE_FLOW},
    {Role::kCommodity, v1::ROLE_COMMODITY},
    {Role::kMeasure, v1::ROLE_MEASURE},
    {Role::kCurrency, v1::ROLE_CURRENCY},
    {Role::kUnit, v1::ROLE_UNIT},
    {Role::kAdjustment, v1::ROLE_ADJUSTMENT},
}};
constexpr Table<ReleaseKind, v1::ReleaseKind, 3> kKinds = {{
    {ReleaseKind::kRegular, v1::RELEASE_KIND_REGULAR},
    {ReleaseKind::kCorrection, v1::RELEASE_KIND_CORRECTION},
    {ReleaseKind::kBackfill, v1::RELEASE_KIND_BACKFILL},
}};
constexpr Table<Action, v1::Action, 3> kActions = {{
    {Action::kMerge, v1::ACTION_MERGE},
    {Action::kReplace, v1::ACTION_REPLACE},
    {Action::kDelete, v1::ACTION_DELETE},
}};
constexpr Table<HistoryType, v1::HistoryType, 5> kHistoryTypes = {{
    {HistoryType::kAll, v1::HISTORY_TYPE_ALL},
    {HistoryType::kChanged, v1::HISTORY_TYPE_CHANGED},
    {HistoryType::kInitial, v1::HISTORY_TYPE_INITIAL},
    {HistoryType::kNth, v1::HISTORY_TYPE_NTH},
    {HistoryType::kLatest, v1::HISTORY_TYPE_LATEST},
}};
constexpr Table<Absence, v1::Absence, 5> kAbsences = {{
    {Absence::kMissing, v1::ABSENCE_MISSING},
    {Absence::kNil, v1::ABSENCE_NIL},
    {Absence::kSuppressed, v1::ABSENCE_SUPPRESSED},
    {Absence::kWithdrawn, v1::ABSENCE_WITHDRAWN},
    {Absence::kNotYetDue, v1::ABSENCE_NOT_YET_DUE},
}};
constexpr Table<ChangeClass, v1::ChangeClass, 6> kClasses = {{
    {ChangeClass::kNew, v1::CHANGE_CLASS_NEW},
    {ChangeClass::kRevised, v1::CHANGE_CLASS_REVISED},
    {ChangeClass::kConfirmed, v1::CHANGE_CLASS_CONFIRMED},
    {ChangeClass::kWithdrawn, v1::CHANGE_CLASS_WITHDRAWN},
    {ChangeClass::kRestored, v1::CHANGE_CLASS_RESTORED},
    {ChangeClass::kBackfilled, v1::CHANGE_CLASS_BACKFILLED},
}};
constexpr Table<PrintRounding, v1::PrintRounding, 2> kRoundings = {{
    {PrintRounding::kNearest, v1::PRINT_ROUNDING_NEAREST},
    {PrintRounding::kTruncated, v1::PRINT_ROUNDING_TRUNCATED},
}};

}  // namespace

v1::Role ToWire(Role role) { return WireOf(kRoles, role); }
absl::StatusOr<Role> FromWire(v1::Role role, std::string_view dimension_id) {
  if (role == v1::ROLE_UNSPECIFIED) return RoleOfName(dimension_id);
  return DomainOf(kRoles, role, "role");
}

v1::ReleaseKind ToWire(ReleaseKind kind) { return WireOf(kKinds, kind); }
absl::StatusOr<ReleaseKind> FromWire(v1::ReleaseKind kind) {
  if (kind == v1::RELEASE_KIND_UNSPECIFIED) return ReleaseKind::kRegular;
  return DomainOf(kKinds, kind, "release kind");
}

v1::Action ToWire(Action action) { return WireOf(kActions, action); }
absl::StatusOr<Action> FromWire(v1::Action action) {
  if (action == v1::ACTION_UNSPECIFIED) return Action::kMerge;
  return DomainOf(kActions, action, "action");
}

v1::HistoryType ToWire(HistoryType type) { return WireOf(kHistoryTypes, type); }
absl::StatusOr<HistoryType> FromWire(v1::HistoryType type) {
  if (type == v1::HISTORY_TYPE_UNSPECIFIED) return HistoryType::kAll;
  return DomainOf(kHistoryTypes, type, "history type");
}

v1::Absence ToWire(Absence absence) { return WireOf(kAbsences, absence); }
absl::StatusOr<Absence> FromWire(v1::Absence absence) { return DomainOf(kAbsences, absence, "absence"); }

v1::ChangeClass ToWire(ChangeClass change) { return WireOf(kClasses, change); }
absl::StatusOr<ChangeClass> FromWire(v1::ChangeClass change) {
  return DomainOf(kClasses, change, "class of change");
}

v1::PrintRounding ToWire(PrintRounding rounding) { return WireOf(kRoundings, rounding); }
absl::StatusOr<std::optional<PrintRounding>> FromWire(v1::PrintRounding rounding) {
  if (rounding == v1::PRINT_ROUNDING_UNSPECIFIED) return std::nullopt;
  TW_ASSIGN_OR_RETURN(const PrintRounding known, DomainOf(kRoundings, rounding, "rounding"));
  return std::optional<PrintRounding>(known);
}

v1::Change ToWire(const Change& change) {
  v1::Change message;
  message.set_change_class(ToWire(change.change));
  message.set_within_rounding(change.within_rounding);
  message.set_status_only(change.status_only);
  return message;
}

absl::StatusOr<Change> FromWire(const v1::Change& change) {
  TW_ASSIGN_OR_RETURN(const ChangeClass change_class, FromWire(change.change_class()));
  return Change{change_class, change.within_rounding(), change.status_only()};
}

}  // namespace tidewaiter::convert
