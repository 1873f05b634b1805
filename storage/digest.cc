#include "storage/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace tidewaiter::storage {
namespace {

// OpenSSL fails here only when out of memory or misbuilt; there is no digest to go on with.
void MustSucceed(int openssl_result) {
  if (openssl_result != 1) std::abort();
}

// Looked up once: OpenSSL would search its providers, under their locks, for each digest.
const EVP_MD* Algorithm() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return sha256;
}

void UpdateUint32(Sha256& sha, std::uint32_t number) {
  std::array<std::uint8_t, 4> bytes;
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  sha.Update(bytes);
}

void UpdateText(Sha256& sha, std::string_view text) {
  UpdateUint32(sha, static_cast<std::uint32_t>(text.size()));
  sha.Update(text);
}

}  // namespace

struct Sha256::Context {
  Context() : md(EVP_MD_CTX_new()) { MustSucceed(EVP_DigestInit_ex(md, Algorithm(), nullptr)); }
  ~Context() { EVP_MD_CTX_free(md); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* md;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::Update(std::string_view bytes) {
  MustSucceed(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()));
}

void Sha256::Update(std::span<const std::uint8_t> bytes) {
  MustSucceed(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()));
}

Digest Sha256::Finish() {
  Digest digest{};
  unsigned int size = 0;
  MustSucceed(EVP_DigestFinal_ex(context_->md, digest.data(), &size));
  return digest;
}

DigestBuilder::DigestBuilder() : writer_([this](std::string_view bytes) { sha_.Update(bytes); }) {}

Digest DigestBuilder::Finish() {
  writer_.Finish();
  return sha_.Finish();
}

Digest DigestOf(const Release& release) {
  DigestBuilder builder;
  builder.Header(release.header());
  for (const Release::Section& section : release.sections()) {
    builder.BeginSection(section.header);
    for (const Observation& o : section.observations) {
      builder.Add(o.series.text(), o.period, o.datum, o.attributes, o.source, o.note);
    }
  }
  return builder.Finish();
}

Digest DigestOfRetraction(const Digest& retracted, std::string_view reason) {
  Sha256 sha;
  sha.Update(std::string_view("retraction"));
  sha.Update(retracted);
  UpdateText(sha, reason);
  return sha.Finish();
}

Digest NextChain(const Digest& previous, Sequence sequence, Sequence retracts, std::string_view agency,
                 std::string_view release_id, const Digest& digest) {
  Sha256 sha;
  sha.Update(previous);
  UpdateUint32(sha, sequence);
  UpdateUint32(sha, retracts);
  UpdateText(sha, agency);
  UpdateText(sha, release_id);
  sha.Update(digest);
  return sha.Finish();
}

}  // namespace tidewaiter::storage
