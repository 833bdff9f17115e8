// SPDX-License-Identifier: Apache-2.0
#include "control/tls_stream.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "base/octets.hpp"
#include "net/pem.hpp"
#include "net/ssl_settings.hpp"
#include "net/url.hpp"

namespace anthropic_metrics::host::control {

struct TlsStream::Session {
  std::unique_ptr<SSL, net::Freer<SSL_free>> ssl;
};

namespace {

constexpr std::array<unsigned char, 3> only_h2{2, 'h', '2'};

Failure failure_of(std::string line) {
  Failure failure{ExitCode::internal, {std::move(line)}, "agent"};
  failure.passes = true;
  return failure;
}

bool speaks_h2(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  return size == 2 && std::memcmp(name, "h2", 2) == 0;
}

// SSL_want's meaning as poll's events.
short events_for(int error) {
  return error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
}

std::string reason_of(int error, int system_error) {
  if (error == SSL_ERROR_SSL) return net::openssl_reason();
  if (error == SSL_ERROR_SYSCALL && system_error != 0) return std::strerror(system_error);
  return "the connection was closed";
}

Failure refused(const SSL* ssl, const std::string& address, const std::string& reason) {
  const long verdict = SSL_get_verify_result(ssl);
  const std::string place = excerpt(address, 100);
  if (verdict != X509_V_OK) {
    return failure_of(fmt::format(
        "who answers at {} is not the Elastic Agent that started this program: its certificate is "
        "refused ({}); restart the Elastic Agent, and see what else listens there",
        place, X509_verify_cert_error_string(verdict)));
  }
  return failure_of(
      fmt::format("TLS with the Elastic Agent at {} fails: {}; this goes on trying, restart the "
                  "Elastic Agent if it stays",
                  place, excerpt(reason, 120)));
}

}  // namespace

Result<net::TlsContext> tls_for(const Bootstrap& bootstrap) {
  net::SslSettings settings;
  settings.certificate_authorities = {{"", bootstrap.authority}};
  settings.certificate = net::PemSource{"", bootstrap.certificate};
  bootstrap.key->expose([&](std::string_view text) { settings.key_text = Secret(text); });
  auto context = net::TlsContext::make(settings);
  if (!context) {
    return Failure{
        ExitCode::internal,
        {fmt::format("the certificates that the Elastic Agent handed over cannot be used "
                     "({}); restart the Elastic Agent",
                     context.error().message)},
        "agent"};
  }
  return std::move(*context);
}

TlsStream::TlsStream(std::unique_ptr<Session> session, FileDescriptor socket)
    : socket_(std::move(socket)), session_(std::move(session)) {}
TlsStream::TlsStream(TlsStream&&) noexcept = default;
TlsStream& TlsStream::operator=(TlsStream&&) noexcept = default;
TlsStream::~TlsStream() = default;

Result<TlsStream> TlsStream::open(const net::TlsContext& context, const Bootstrap& bootstrap,
                                  FileDescriptor socket, Wake& wake,
                                  Wake::Clock::time_point deadline) {
  ERR_clear_error();
  auto session = std::make_unique<Session>();
  session->ssl.reset(SSL_new(context.native()));
  SSL* const ssl = session->ssl.get();
  if (ssl == nullptr || SSL_set_fd(ssl, socket.get()) != 1 ||
      // 0 is success, unlike everywhere else.
      SSL_set_alpn_protos(ssl, only_h2.data(), only_h2.size()) != 0) {
    return failure_of("TLS cannot be set up: " + net::openssl_reason());
  }
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Configurations with keys come this way.
  SSL_set_options(ssl, SSL_OP_CLEANSE_PLAINTEXT);
  net::Url agent;
  agent.scheme = "https";
  agent.host = bootstrap.server_name;
  if (auto ok = context.prepare(ssl, agent); !ok) return failure_of(ok.error().message);
  TlsStream stream(std::move(session), std::move(socket));
  if (auto ok = stream.shake_hands(bootstrap.address, wake, deadline); !ok) return ok.error();
  if (auto ok = context.check_peer(ssl, agent); !ok) return failure_of(ok.error().message);
  if (!speaks_h2(ssl)) return refused(ssl, bootstrap.address, "it does not speak HTTP/2");
  return stream;
}

Result<void> TlsStream::shake_hands(const std::string& address, Wake& wake,
                                    Wake::Clock::time_point deadline) {
  SSL* const ssl = session_->ssl.get();
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_connect(ssl);
    const int system_error = errno;
    if (result == 1) return {};
    const int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
      return refused(ssl, address, reason_of(error, system_error));
    switch (wake.wait(fd(), events_for(error), deadline)) {
      case Wake::Reason::late:
        return refused(ssl, address, "the handshake takes too long");
      case Wake::Reason::called:
        if (wake.is_stopping()) return refused(ssl, address, "stopped");
        break;
      case Wake::Reason::ready:
        break;
    }
  }
}

TlsStream::Moved TlsStream::moved(int result, std::size_t bytes) {
  const int system_error = errno;
  if (result == 1) return {bytes, false};
  const int error = SSL_get_error(session_->ssl.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    events_ = static_cast<short>(events_ | events_for(error));
    return {};
  }
  if (error != SSL_ERROR_ZERO_RETURN) reason_ = reason_of(error, system_error);
  return {0, true};
}

TlsStream::Moved TlsStream::read(char* buffer, std::size_t size) {
  events_ = POLLIN;
  ERR_clear_error();
  errno = 0;
  std::size_t bytes = 0;
  const int result = SSL_read_ex(session_->ssl.get(), buffer, size, &bytes);
  return moved(result, bytes);
}

TlsStream::Moved TlsStream::write(std::string_view bytes) {
  ERR_clear_error();
  errno = 0;
  std::size_t written = 0;
  const int result = SSL_write_ex(session_->ssl.get(), bytes.data(), bytes.size(), &written);
  return moved(result, written);
}

void TlsStream::end() {
  ERR_clear_error();
  SSL_shutdown(session_->ssl.get());
  ERR_clear_error();
}

}  // namespace anthropic_metrics::host::control
