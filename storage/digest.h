// The digest of a release and the hash chain of the log, the same in every implementation of the store.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "domain/observation.h"
#include "domain/period.h"
#include "domain/release.h"
#include "domain/vintage.h"
#include "storage/store.h"

namespace tidewaiter::storage {

// SHA-256, piece by piece. Movable; not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void Update(std::string_view bytes);
  void Update(std::span<const std::uint8_t> bytes);
  // The digest of everything so far. Only destruction may follow.
  Digest Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// The digest of a release: SHA-256 over its canonical form (domain/release.h, CanonicalWriter). Calls as
// there:
//
//   DigestBuilder builder;
//   builder.Header(header);
//   builder.BeginSection(section); builder.Add(series, ...); ...
//   Digest digest = builder.Finish();
//
// Neither copied nor moved; not thread-safe.
class DigestBuilder {
 public:
  DigestBuilder();
  DigestBuilder(const DigestBuilder&) = delete;
  DigestBuilder& operator=(const DigestBuilder&) = delete;
  void Header(const ReleaseHeader& header) { writer_.Header(header); }
  void BeginSection(const SectionHeader& header) { writer_.BeginSection(header); }
  // In canonical order within the section.
  void Add(std::string_view series, Period period, const Datum& datum, Attributes attributes,
           std::string_view source, std::string_view note) {
    writer_.Add(series, period, datum, attributes, source, note);
  }
  Digest Finish();

 private:
  Sha256 sha_;
  CanonicalWriter writer_;
};

// The digest of a whole release at once.
Digest DigestOf(const Release& release);

// The digest of the retraction of a release, for a reason:
//   SHA-256("retraction" digest-of-the-release length(reason) reason)
Digest DigestOfRetraction(const Digest& retracted, std::string_view reason);

// The next link of the log's hash chain:
//   SHA-256(previous-link sequence retracts length(agency) agency length(release_id) release_id digest)
// with numbers and lengths in 32 bits, little-endian. The link before sequence 1 is all zero.
Digest NextChain(const Digest& previous, Sequence sequence, Sequence retracts, std::string_view agency,
                 std::string_view release_id, const Digest& digest);

}  // namespace tidewaiter::storage
