// TLS: callers with a certificate are served, others are not.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <string>

#include "grpcpp/create_channel.h"
#include "storage/memory/memory_store.h"
#include "tests/daemon/rpc/testing.h"

namespace tidewaiter::rpc {
namespace {

struct Identity {
  std::string certificate;
  std::string key;
};

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

// A certificate for localhost that has signed itself: authority, server and client in one.
Identity MakeIdentity() {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  for (const auto& [id, value] : {std::pair<int, const char*>{NID_subject_alt_name, "DNS:localhost"},
                                  {NID_basic_constraints, "critical,CA:TRUE"}}) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(certificate, key, EVP_sha256());
  BIO* const certificate_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_bio, certificate);
  BIO* const key_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return {TextOf(certificate_bio), TextOf(key_bio)};
}

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() {
    daemon::ServerOptions options;
    options.listen = {"localhost:0"};
    options.tls = daemon::TlsKeys{ours_.certificate, ours_.key, ours_.certificate};
    auto server = daemon::Server::Start(std::move(options), store_.get(), &clock_, &log_, &metrics_);
    EXPECT_TRUE(server.ok()) << server.status();
    if (server.ok()) server_ = *std::move(server);
  }
  absl::Status CallWith(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    const Stubs stubs(grpc::CreateChannel(server_->addresses().front(), credentials));
    v1::GetStatusResponse response;
    return Call(*stubs.status, &v1::StatusService::Stub::GetStatus, v1::GetStatusRequest(), &response);
  }
  static std::shared_ptr<grpc::ChannelCredentials> With(const Identity& server, const Identity& self) {
    return grpc::SslCredentials({server.certificate, self.key, self.certificate});
  }

  const Identity ours_ = MakeIdentity();
  const std::unique_ptr<storage::Store> store_ = storage::NewMemoryStore(storage::LogId{7});
  const FixedClock clock_;
  telemetry::Log log_{telemetry::Log::Format::kText, telemetry::LogLevel::kError};
  telemetry::Metrics metrics_{"0"};
  std::unique_ptr<daemon::Server> server_;
};

TEST_F(TlsTest, ACallerWithACertificateIsServed) {
  const absl::Status status = CallWith(With(ours_, ours_));
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(TlsTest, OthersAreNot) {
  EXPECT_TRUE(absl::IsUnavailable(CallWith(grpc::InsecureChannelCredentials())));
  EXPECT_TRUE(absl::IsUnavailable(CallWith(grpc::SslCredentials({ours_.certificate, "", ""}))))
      << "no certificate";
  const Identity stranger = MakeIdentity();
  EXPECT_TRUE(absl::IsUnavailable(CallWith(With(ours_, stranger)))) << "of another authority";
}

TEST(TlsStartTest, ACertificateThatDoesNotFitItsKeyIsAnError) {
  const auto store = storage::NewMemoryStore(storage::LogId{7});
  const FixedClock clock;
  telemetry::Log log(telemetry::Log::Format::kText, telemetry::LogLevel::kError);
  telemetry::Metrics metrics("0");
  daemon::ServerOptions options;
  options.listen = {"localhost:0"};
  options.tls = daemon::TlsKeys{MakeIdentity().certificate, MakeIdentity().key, MakeIdentity().certificate};
  EXPECT_FALSE(daemon::Server::Start(std::move(options), store.get(), &clock, &log, &metrics).ok());
}

}  // namespace
}  // namespace tidewaiter::rpc
