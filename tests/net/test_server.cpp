// SPDX-License-Identifier: Apache-2.0
#include "test_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>

namespace anthropic_metrics::net::test {

SSL_CTX* server_context(const ServerTls& tls) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (tls.security_level_0) {
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  }
  SSL_CTX_set_min_proto_version(context, tls.lowest);
  SSL_CTX_set_max_proto_version(context, tls.highest);
  BIO* bio = BIO_new_mem_buf(tls.identity.certificate.data(),
                             static_cast<int>(tls.identity.certificate.size()));
  for (bool first = true; X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
       first = false) {
    if (first) {
      SSL_CTX_use_certificate(context, certificate);
    } else {
      SSL_CTX_add1_chain_cert(context, certificate);
    }
    X509_free(certificate);
  }
  BIO_free(bio);
  bio = BIO_new_mem_buf(tls.identity.key.data(), static_cast<int>(tls.identity.key.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(context, key);
  EVP_PKEY_free(key);
  BIO_free(bio);
  if (!tls.client_authority.empty()) {
    bio =
        BIO_new_mem_buf(tls.client_authority.data(), static_cast<int>(tls.client_authority.size()));
    X509* ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca);
    X509_free(ca);
    BIO_free(bio);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  ERR_clear_error();
  return context;
}

// --- Peer ---------------------------------------------------------------------------------------

Peer::~Peer() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  if (fd_ >= 0) ::close(fd_);
}

bool Peer::wait_readable() {
  if (ssl_ && SSL_pending(ssl_) > 0) return true;
  pollfd fds[2] = {{fd_, POLLIN, 0}, {server_.stop_[0], POLLIN, 0}};
  while (::poll(fds, 2, -1) < 0 && errno == EINTR) {
  }
  return fds[1].revents == 0;
}

std::size_t Peer::receive(char* data, std::size_t size) {
  if (fd_ < 0 || !wait_readable()) return 0;
  const long n = ssl_ ? SSL_read(ssl_, data, static_cast<int>(size)) : ::recv(fd_, data, size, 0);
  ERR_clear_error();
  if (n <= 0) return 0;
  server_.record({data, static_cast<std::size_t>(n)});
  return static_cast<std::size_t>(n);
}

std::string Peer::read_head() {
  while (true) {
    if (const auto end = pending_.find("\r\n\r\n"); end != std::string::npos) {
      std::string head = pending_.substr(0, end + 4);
      pending_.erase(0, end + 4);
      return head;
    }
    char data[4096];
    const std::size_t n = receive(data, sizeof data);
    if (n == 0) return {};
    pending_.append(data, n);
  }
}

std::string Peer::read_body(std::size_t size) {
  char data[4096];
  while (pending_.size() < size) {
    const std::size_t n = receive(data, sizeof data);
    if (n == 0) break;
    pending_.append(data, n);
  }
  std::string body = pending_.substr(0, size);
  pending_.erase(0, body.size());
  return body;
}

bool Peer::send_raw(std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t n = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Peer::send(std::string_view octets) {
  if (fd_ < 0) return false;
  if (!ssl_) return send_raw(octets);
  if (octets.empty()) return true;
  const int n = SSL_write(ssl_, octets.data(), static_cast<int>(octets.size()));
  ERR_clear_error();
  return n > 0;
}

bool Peer::send_in_pieces(std::string_view octets, std::size_t piece) {
  for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
    if (!send(octets.substr(0, piece))) return false;
  }
  return true;
}

void Peer::close_notify() {
  if (ssl_) SSL_shutdown(ssl_);
  ERR_clear_error();
}

void Peer::finish() {
  close_notify();
  if (fd_ >= 0) ::shutdown(fd_, SHUT_WR);
}

void Peer::cut() {
  if (ssl_) SSL_set_quiet_shutdown(ssl_, 1);
  if (fd_ >= 0) ::shutdown(fd_, SHUT_WR);
}

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(fd_);
  fd_ = -1;
}

bool Peer::wait_for_close() {
  char data[4096];
  while (receive(data, sizeof data) > 0) {
  }
  return false;
}

bool Peer::start_tls(const ServerTls& tls) {
  context_ = server_context(tls);
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, fd_);
  const int rc = SSL_accept(ssl_);
  ERR_clear_error();
  if (rc == 1) ++server_.handshakes_;
  return rc == 1;
}

// --- TestServer ---------------------------------------------------------------------------------

TestServer::TestServer(Script script) : script_(std::move(script)) {
  start();
}

TestServer::TestServer(ServerTls tls, Script script)
    : script_(std::move(script)), tls_(std::make_unique<ServerTls>(std::move(tls))) {
  start();
}

void TestServer::start() {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 64) != 0 || ::pipe(stop_) != 0) {
    throw std::runtime_error("no loopback listener");
  }
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

TestServer::~TestServer() {
  ::close(stop_[1]);  // readable at its other end from now on, for everyone
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
  ::close(stop_[0]);
}

void TestServer::accept_loop() {
  while (true) {
    pollfd fds[2] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents) return;
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    const int number = connections_++;
    threads_.emplace_back([this, fd, number] { serve(fd, number); });
  }
}

void TestServer::serve(int fd, int number) {
  {
    Peer peer(*this, fd);
    peer.number = number;
    if (!tls_ || peer.start_tls(*tls_)) script_(peer);
    ++scripts_;
    peer.wait_for_close();
  }
  ++ended_;
}

void TestServer::record(std::string_view octets) {
  const std::lock_guard lock(mutex_);
  received_ += octets;
}

std::string TestServer::received() {
  const std::lock_guard lock(mutex_);
  return received_;
}

void TestServer::drain() {
  while (ended_ != connections_) std::this_thread::yield();
}

void TestServer::await_scripts(int scripts) {
  while (scripts_ < scripts) std::this_thread::yield();
}

std::string ok_answer(std::string_view body, std::string_view more_headers) {
  return fmt::format(
      "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 10:25:00 GMT\r\nContent-Type: application/json\r\n"
      "{}Content-Length: {}\r\n\r\n{}",
      more_headers, body.size(), body);
}

}  // namespace anthropic_metrics::net::test
