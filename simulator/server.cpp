// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

namespace anthropic_metrics::simulator {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;

constexpr std::size_t chunk_size = 16 * 1024;
constexpr std::size_t trickle_size = 64;

Request to_request(const http::request<http::string_body>& message) {
  Request request{
      std::string(message.method_string()), std::string(message.target()), {}, message.body()};
  for (const auto& field : message)
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  return request;
}

/// The head of a response, up to and with the empty line.
std::string head(const Response& response, bool chunked, bool keep_alive) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
  const http::status known = http::int_to_status(static_cast<unsigned>(response.status));
  text += known == http::status::unknown ? "Overloaded"
                                         : std::string(http::obsolete_reason(known));  // 529
  text += "\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  text += chunked ? "transfer-encoding: chunked\r\n"
                  : "content-length: " + std::to_string(response.body.size()) + "\r\n";
  text += keep_alive ? "\r\n" : "connection: close\r\n\r\n";
  return text;
}

std::string chunk(std::string_view data) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", data.size());
  return size + std::string(data) + "\r\n";
}

asio::awaitable<void> pause(std::chrono::milliseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor, duration);
  co_await timer.async_wait(use_awaitable);
}

/// Ends when the peer closes or sends anything more.
template <class Stream>
asio::awaitable<void> wait_for_peer(Stream& stream) {
  char byte = 0;
  boost::system::error_code ignored;
  co_await stream.async_read_some(asio::buffer(&byte, 1),
                                  asio::redirect_error(use_awaitable, ignored));
}

/// Sends one answer as its delivery says. False when the connection must not be used any more.
template <class Stream>
asio::awaitable<bool> send(Stream& stream, tcp::socket& socket, const Reply& reply, bool chunked,
                           bool keep_alive) {
  const std::string& body = reply.response.body;
  if (reply.delivery == Delivery::reset) {
    socket.set_option(tcp::socket::linger(true, 0));  // makes close() a reset
    socket.close();
    co_return false;
  }
  std::string text = head(reply.response, chunked, keep_alive);
  if (reply.delivery == Delivery::stall) {
    co_await asio::async_write(stream, asio::buffer(text), use_awaitable);
    if (reply.duration.count() == 0)
      co_await wait_for_peer(stream);
    else
      co_await pause(reply.duration);
    co_return false;
  }
  const bool truncated = reply.delivery == Delivery::truncate;
  const bool trickling = reply.delivery == Delivery::trickle;
  const std::size_t size = truncated ? body.size() / 2 : body.size();
  if (!chunked && !trickling) {
    const std::array<asio::const_buffer, 2> parts{asio::buffer(text),
                                                  asio::buffer(body.data(), size)};
    co_await asio::async_write(stream, parts, use_awaitable);
    co_return keep_alive && !truncated;
  }
  const std::size_t step = trickling ? trickle_size : chunk_size;
  for (std::size_t at = 0; at < size; at += step) {
    const std::string_view piece = std::string_view(body).substr(at, std::min(step, size - at));
    text += chunked ? chunk(piece) : std::string(piece);
    co_await asio::async_write(stream, asio::buffer(text), use_awaitable);
    text.clear();
    if (trickling) co_await pause(reply.duration);
  }
  if (chunked && !truncated) text += "0\r\n\r\n";
  if (!text.empty()) co_await asio::async_write(stream, asio::buffer(text), use_awaitable);
  co_return keep_alive && !truncated;
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(Simulator& simulator, ServerSettings settings)
      : simulator_(simulator), settings_(std::move(settings)) {
    if (settings_.tls) prepare_tls();
    listen();
    thread_ = std::thread([this] { context_->run(); });
  }

  ~Implementation() {
    stop();
    std::error_code ignored;
    if (temporary_) std::filesystem::remove_all(settings_.certificates, ignored);
  }

  void stop() {
    if (!context_) return;
    context_->stop();
    thread_.join();
    acceptors_.clear();
    context_.reset();  // ends the coroutines that wait, which closes their connections
  }

  const ServerSettings& settings() const { return settings_; }
  std::uint16_t port() const { return port_; }
  std::uint64_t connections() const { return connections_; }

 private:
  void prepare_tls() {
    const CertificateAuthority authority;
    if (settings_.certificates.empty()) {
      std::string pattern =
          (std::filesystem::temp_directory_path() / "anthropic-metrics-simulator-XXXXXX").string();
      if (::mkdtemp(pattern.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), "make " + pattern);
      settings_.certificates = pattern;
      temporary_ = true;
    }
    write_authority(authority, settings_.certificates);
    write_identity(authority.issue(CertificateKind::client), settings_.certificates, "client");
    const Identity identity = authority.issue(settings_.certificate);
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    tls_.use_certificate_chain(asio::buffer(identity.certificate));
    tls_.use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    if (settings_.require_client_certificate) {
      tls_.add_certificate_authority(asio::buffer(authority.certificate()));
      tls_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
  }

  void listen() {
    // `localhost` may mean either address. IPv6 is optional: containers often have none.
    tcp::acceptor v4(*context_, {asio::ip::address_v4::loopback(), settings_.port});
    port_ = v4.local_endpoint().port();
    acceptors_.push_back(std::move(v4));
    try {
      acceptors_.emplace_back(*context_, tcp::endpoint{asio::ip::address_v6::loopback(), port_});
    } catch (const boost::system::system_error&) {
    }
    for (tcp::acceptor& acceptor : acceptors_)
      asio::co_spawn(*context_, accept(acceptor), asio::detached);
  }

  asio::awaitable<void> accept(tcp::acceptor& acceptor) {
    for (;;) {
      boost::system::error_code error;
      tcp::socket socket =
          co_await acceptor.async_accept(asio::redirect_error(use_awaitable, error));
      if (error) {
        // Out of descriptors, for instance: others go on, and this passes.
        co_await pause(std::chrono::milliseconds{100});
        continue;
      }
      ++connections_;
      socket.set_option(tcp::no_delay(true));
      // A connection that breaks is the client's business, or a fault we made.
      asio::co_spawn(*context_, serve(std::move(socket)), [](const std::exception_ptr&) {});
    }
  }

  asio::awaitable<void> serve(tcp::socket socket) {
    if (!settings_.tls) {
      co_await converse(socket, socket);
      boost::system::error_code ignored;
      socket.shutdown(tcp::socket::shutdown_both, ignored);
      co_return;
    }
    asio::ssl::stream<tcp::socket> stream(std::move(socket), tls_);
    co_await stream.async_handshake(asio::ssl::stream_base::server, use_awaitable);
    // No close_notify after a truncated body: that is what truncation is.
    if (co_await converse(stream, stream.next_layer()))
      co_await stream.async_shutdown(use_awaitable);
  }

  /// Requests and answers until one side ends it. True when it ended in order.
  template <class Stream>
  asio::awaitable<bool> converse(Stream& stream, tcp::socket& socket) {
    boost::beast::flat_buffer buffer;
    for (;;) {
      http::request<http::string_body> message;
      boost::system::error_code error;
      co_await http::async_read(stream, buffer, message,
                                asio::redirect_error(use_awaitable, error));
      if (error) co_return error == http::error::end_of_stream;
      const Reply reply = simulator_.handle(to_request(message));
      if (simulator_.options().latency.count() > 0) co_await pause(simulator_.options().latency);
      const bool keep_alive = message.keep_alive();
      const bool chunked = simulator_.options().chunked && message.version() >= 11;
      if (!co_await send(stream, socket, reply, chunked, keep_alive)) {
        co_return reply.delivery == Delivery::whole || reply.delivery == Delivery::trickle;
      }
    }
  }

  Simulator& simulator_;
  ServerSettings settings_;
  bool temporary_ = false;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> connections_{0};
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  std::optional<asio::io_context> context_{std::in_place, 1};
  std::vector<tcp::acceptor> acceptors_;
  std::thread thread_;
};

Server::Server(Simulator& simulator, ServerSettings settings)
    : implementation_(std::make_unique<Implementation>(simulator, std::move(settings))) {}
Server::~Server() = default;

std::uint16_t Server::port() const {
  return implementation_->port();
}
std::uint64_t Server::connections() const {
  return implementation_->connections();
}
void Server::stop() {
  implementation_->stop();
}

std::string Server::url() const {
  return (implementation_->settings().tls ? "https://localhost:" : "http://localhost:") +
         std::to_string(port());
}

std::filesystem::path Server::certificate_authority() const {
  const ServerSettings& settings = implementation_->settings();
  return settings.tls ? settings.certificates / "ca.pem" : std::filesystem::path{};
}

std::filesystem::path Server::client_certificate() const {
  const ServerSettings& settings = implementation_->settings();
  return settings.tls ? settings.certificates / "client.pem" : std::filesystem::path{};
}

std::filesystem::path Server::client_key() const {
  const ServerSettings& settings = implementation_->settings();
  return settings.tls ? settings.certificates / "client-key.pem" : std::filesystem::path{};
}

}  // namespace anthropic_metrics::simulator
