// What the data of an SDMX message are defined by: a dataflow, data structure or provision agreement.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidewaiter::feeders {

struct StructureRef {
  std::string kind;     // "dataflow", "datastructure", "dataprovision"; empty: not told
  std::string agency;   // "ECB" or, nested, "ECB.DISS"
  std::string id;       // "EXR": the dataset's id
  std::string version;  // "1.0.0"; empty: not told

  // "dataflow ECB:EXR(1.0.0)"
  std::string ToString() const;
  // The agency as an SDMX identifier without dots, as publishers are named here: "ECB_DISS".
  std::string Publisher() const;
  friend bool operator==(const StructureRef&, const StructureRef&) = default;
};

// "ECB:EXR(1.0)" or "ECB:EXR", and, behind ": ", a name, which goes to `name` if it is not null. The error
// says what was expected.
absl::StatusOr<StructureRef> ParseStructureRef(std::string_view text, std::string* name = nullptr);

// "urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=ECB:EXR(1.0)"; its class tells the kind.
absl::StatusOr<StructureRef> ParseStructureUrn(std::string_view urn);

// The kind as SDMX-CSV writes it, whatever the case: "dataflow", "datastructure", "dataprovision".
absl::StatusOr<std::string> ParseStructureKind(std::string_view text);

}  // namespace tidewaiter::feeders
