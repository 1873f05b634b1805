// A pushed release, from the wire to the intake, and the way back for what is wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "daemon/engine/intake.h"
#include "domain/errors.h"
#include "domain/release.h"
#include "proto/convert/release.h"
#include "tidewaiter/v1/release_service.pb.h"

namespace tidewaiter::rpc {

engine::HeaderInput ToInput(convert::HeaderFields fields);

// What a PushReleaseRequest says. Observations that cannot be read are left out and told in `unreadable`, so
// that the intake can still judge the rest; Translate() turns the intake's numbering back into the request's.
class PushContent {
 public:
  // Errors here: more observations than a push may have. Everything else is told by unreadable().
  static absl::StatusOr<PushContent> Read(const v1::PushReleaseRequest& request);

  engine::HeaderInput header;
  std::vector<Release::Section> sections;

  const Violations& unreadable() const { return unreadable_; }
  // An error of the intake, its fields as the caller knows them. Together with what was unreadable, if the
  // error is one of violations too.
  absl::Status Translate(const absl::Status& error) const;

 private:
  // Where the observations of a section came from.
  struct Origin {
    bool blocks = false;
    bool left_out = false;            // some were unreadable
    std::vector<std::uint32_t> rows;  // of each observation: its row in the request
    std::vector<std::size_t> begins;  // of each block: its first observation
  };
  void ReadSection(std::size_t i, const v1::Section& section);
  void ReadRows(std::size_t i, const v1::Section& section, bool data_optional);
  void ReadBlocks(std::size_t i, const v1::Section& section, bool data_optional);
  // False: it is an echo of what was left out.
  bool Translate(FieldViolation* violation) const;

  Violations unreadable_;
  std::vector<Origin> origins_;
};

}  // namespace tidewaiter::rpc
