#include "daemon/telemetry/http_server.h"

#include <utility>
// Boost.Beast 1.74 needs <utility> before it.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "domain/errors.h"
#include "domain/strings.h"

namespace tidewaiter::telemetry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr std::chrono::seconds kIdleTimeout{10};
constexpr std::uint32_t kMaxHeaderBytes = 8u << 10;
constexpr std::uint64_t kMaxBodyBytes = 1u << 10;

http::response<http::string_body> Answer(const http::request<http::string_body>& request,
                                         const HttpPages& pages) {
  http::response<http::string_body> response{http::status::ok, request.version()};
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.keep_alive(request.keep_alive());
  const bool is_head = request.method() == http::verb::head;
  if (request.method() != http::verb::get && !is_head) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
    response.body() = "only GET and HEAD\n";
  } else if (request.target() == "/metrics") {
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    response.body() = pages.metrics();
  } else if (request.target() == "/healthz") {
    const bool healthy = pages.healthy();
    if (!healthy) response.result(http::status::service_unavailable);
    response.body() = healthy ? "ok\n" : "not serving\n";
  } else {
    response.result(http::status::not_found);
    response.body() = "try /metrics or /healthz\n";
  }
  response.prepare_payload();
  if (is_head) response.body().clear();
  return response;
}

// One connection: reads a request, answers, reads the next. Lives as long as an operation of it is under way.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const HttpPages* pages) : stream_(std::move(socket)), pages_(pages) {}

  void Read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(kMaxBodyBytes);
    stream_.expires_after(kIdleTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (!error) self->Write();
                     });
  }

 private:
  void Write() {
    response_ = Answer(parser_->get(), *pages_);
    stream_.expires_after(kIdleTimeout);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return;
      if (self->response_.keep_alive()) return self->Read();
      beast::error_code ignored;
      self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{kMaxHeaderBytes + kMaxBodyBytes};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  const HttpPages* const pages_;
};

absl::Status Unavailable(std::string_view address, const beast::error_code& error) {
  return absl::UnavailableError(absl::StrCat("metrics-listen: cannot listen on ", ToAbsl(address), ": ",
                                             error.message(), "; choose another address or leave it out"));
}

// "host:port", "[::1]:port".
bool SplitAddress(std::string_view address, std::string* host, std::string* port) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == address.size()) return false;
  *host = std::string(address.substr(0, colon));
  *port = std::string(address.substr(colon + 1));
  if (host->size() > 2 && host->front() == '[' && host->back() == ']')
    *host = host->substr(1, host->size() - 2);
  return true;
}

}  // namespace

struct HttpServer::State {
  explicit State(HttpPages given) : pages(std::move(given)) {}

  void Accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) std::make_shared<Connection>(std::move(socket), &pages)->Read();
      Accept();
    });
  }

  const HttpPages pages;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  std::thread thread;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(std::string_view address, HttpPages pages) {
  std::string host, port;
  if (!SplitAddress(address, &host, &port)) {
    return InvalidField("metrics-listen",
                        absl::StrCat("'", ToAbsl(address), "' is not host:port; for example 127.0.0.1:9464"));
  }
  auto state = std::make_unique<State>(std::move(pages));
  beast::error_code error;
  const auto found = tcp::resolver(state->context).resolve(host, port, error);
  if (error || found.empty()) return Unavailable(address, error);
  const tcp::endpoint endpoint = *found.begin();
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Unavailable(address, error);
  state->Accept();
  state->thread = std::thread([raw = state.get()] { raw->context.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() {
  state_->context.stop();
  state_->thread.join();
}

std::string HttpServer::address() const {
  const tcp::endpoint endpoint = state_->acceptor.local_endpoint();
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? absl::StrCat("[", host, "]:", endpoint.port())
                                    : absl::StrCat(host, ":", endpoint.port());
}

}  // namespace tidewaiter::telemetry
