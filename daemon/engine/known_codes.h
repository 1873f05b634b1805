// Which codes the series of a dataset have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "storage/store.h"

namespace tidewaiter::engine {

// Spares looking for series that cannot be there: a dataset without balances is asked for the balance of each
// trade otherwise. Goes through the series of a dataset once for as long as no series comes. Not thread-safe;
// must not outlive the catalogue.
class KnownCodes {
 public:
  explicit KnownCodes(const storage::Catalogue* catalogue) : catalogue_(catalogue) {}
  // Before a release is checked: what has come since is looked at once, however much comes meanwhile.
  void Renew();
  // False: when it was renewed last no series of the dataset had this code at that place.
  absl::StatusOr<bool> May(const std::string& dataset, std::size_t place, std::string_view code);

 private:
  struct Codes {
    std::uint64_t series = 0;  // of the catalogue, when they were collected
    absl::flat_hash_set<std::string> codes;
    bool too_many = false;
  };
  absl::Status Collect(const std::string& dataset, std::size_t place, Codes* codes) const;

  const storage::Catalogue* const catalogue_;
  std::uint64_t series_ = 0;  // of the catalogue, when it was renewed
  std::map<std::pair<std::string, std::size_t>, Codes> kept_;
};

}  // namespace tidewaiter::engine
