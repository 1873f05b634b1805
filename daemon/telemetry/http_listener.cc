#include "daemon/telemetry/http_listener.h"

// Boost.Beast 1.74 lacks this include.
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/beast/core.hpp"
#include "boost/beast/http.hpp"
#include "domain/errors.h"

namespace tidewaiter::telemetry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::size_t kMaxHeaderBytes = 8u << 10;
constexpr std::size_t kMaxBodyBytes = 0;  // a GET has none
constexpr std::chrono::seconds kTimeLimit(5);
constexpr std::chrono::milliseconds kPauseAfterError(100);
constexpr int kMaxConnections = 64;

using Response = http::response<http::string_body>;

Response Answer(const HttpListener::Pages& pages, const http::request<http::string_body>& request) {
  Response response;
  response.version(request.version());
  response.keep_alive(false);
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  const bool get = request.method() == http::verb::get || request.method() == http::verb::head;
  if (!get) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
    response.body() = "only GET\n";
  } else if (request.target() == "/metrics") {
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.body() = pages.metrics();
  } else if (request.target() == "/healthz") {
    const bool healthy = pages.healthy();
    response.result(healthy ? http::status::ok : http::status::service_unavailable);
    response.body() = healthy ? "ok\n" : "not serving\n";
  } else {
    response.result(http::status::not_found);
    response.body() = "there is /metrics and /healthz\n";
  }
  response.prepare_payload();
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

// One connection, one request. Keeps itself alive until it is over.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const HttpListener::Pages& pages, int& connections)
      : stream_(std::move(socket)), pages_(pages), connections_(connections) {
    ++connections_;
    parser_.header_limit(kMaxHeaderBytes);
    parser_.body_limit(kMaxBodyBytes);
  }
  ~Connection() { --connections_; }

  void Run() {
    stream_.expires_after(kTimeLimit);
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->Write();
                     });
  }

 private:
  void Write() {
    response_ = Answer(pages_, parser_.get());
    stream_.expires_after(kTimeLimit);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code, std::size_t) {
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  const HttpListener::Pages& pages_;
  int& connections_;  // of the listener, whose one thread runs everything
  beast::flat_buffer buffer_{kMaxHeaderBytes};
  http::request_parser<http::string_body> parser_;
  Response response_;
};

class BeastListener final : public HttpListener {
 public:
  explicit BeastListener(Pages pages) : pages_(std::move(pages)), acceptor_(io_) {}
  ~BeastListener() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  absl::Status Bind(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos) return absl::InvalidArgumentError("write host:port");
    std::string host = address.substr(0, colon);
    if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    beast::error_code error;
    tcp::resolver resolver(io_);
    const auto endpoints = resolver.resolve(host, address.substr(colon + 1), tcp::resolver::passive, error);
    if (error || endpoints.empty()) return Failure(address, error);
    const tcp::endpoint endpoint = endpoints.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return Failure(address, error);
    address_ = absl::StrCat(address.substr(0, colon), ":", acceptor_.local_endpoint().port());
    return absl::OkStatus();
  }

  void Serve() {
    Accept();
    thread_ = std::thread([this] { io_.run(); });
  }

  const std::string& address() const override { return address_; }

 private:
  static absl::Status Failure(const std::string& address, const beast::error_code& error) {
    return absl::UnavailableError(absl::StrCat("cannot listen for HTTP on ", address, ": ", error.message()));
  }

  void Accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (!error && connections_ < kMaxConnections) {
        std::make_shared<Connection>(std::move(socket), pages_, connections_)->Run();
      }
      if (!error) return Accept();
      // Out of descriptors, perhaps: not again at once.
      pause_.expires_after(kPauseAfterError);
      pause_.async_wait([this](beast::error_code) { Accept(); });
    });
  }

  const Pages pages_;
  int connections_ = 0;  // touched by the one thread only; outlives io_, whose handlers hold connections
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_{io_};
  std::string address_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Start(const std::string& address, Pages pages) {
  auto listener = std::make_unique<BeastListener>(std::move(pages));
  TW_RETURN_IF_ERROR(listener->Bind(address));
  listener->Serve();
  return std::unique_ptr<HttpListener>(std::move(listener));
}

}  // namespace tidewaiter::telemetry
