// SPDX-License-Identifier: Apache-2.0
#include "cut_server.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <tuple>

#include "test_server.hpp"

namespace anthropic_metrics::net::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

}  // namespace

/// One side of a connection as a machine: octets of the wire in, octets of the wire out.
struct CutServer::Conversation {
  explicit Conversation(SSL_CTX* context) {
    if (context == nullptr) return;
    session = SSL_new(context);
    SSL_set_bio(session, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(session);
  }
  ~Conversation() { SSL_free(session); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  /// What we have to say now.
  std::string take(std::string_view wire, const std::string& answer) {
    if (session == nullptr) {
      request += wire;
    } else {
      BIO_write(SSL_get_rbio(session), wire.data(), static_cast<int>(wire.size()));
      if (SSL_is_init_finished(session) == 0) SSL_do_handshake(session);
      std::array<char, 4096> text{};
      for (int n; SSL_is_init_finished(session) != 0 &&
                  (n = SSL_read(session, text.data(), static_cast<int>(text.size()))) > 0;)
        request.append(text.data(), static_cast<std::size_t>(n));
      ERR_clear_error();
    }
    std::string out = wire_out();
    if (request.find("\r\n\r\n") == std::string::npos) return out;
    request.clear();
    before_answer = out.size();
    answered = true;
    if (session == nullptr) return out + answer;
    SSL_write(session, answer.data(), static_cast<int>(answer.size()));
    return out + wire_out();
  }

  std::string wire_out() const {
    if (session == nullptr) return {};
    BIO* const out = SSL_get_wbio(session);
    std::string octets(BIO_ctrl_pending(out), '\0');
    if (!octets.empty()) BIO_read(out, octets.data(), static_cast<int>(octets.size()));
    return octets;
  }

  SSL* session = nullptr;
  std::string request;
  std::size_t before_answer = 0;
  bool answered = false;
};

CutServer::CutServer(asio::io_context& loop, int tls_version, const std::string& host)
    : loop_(loop), acceptor_(loop, tcp::endpoint{asio::ip::address_v4::loopback(), 0}) {
  if (tls_version != 0)
    context_ = server_context({server_for(host), tls_version, tls_version, false, {}});
  asio::co_spawn(loop_, accept(), asio::detached);
}

CutServer::~CutServer() {
  SSL_CTX_free(context_);
}

asio::awaitable<void> CutServer::accept() {
  for (;;) {
    std::tuple<error_code, tcp::socket> got = co_await acceptor_.async_accept(token);
    if (std::get<0>(got)) co_return;
    asio::co_spawn(loop_, serve(std::move(std::get<1>(got)), plan), asio::detached);
  }
}

asio::awaitable<void> CutServer::serve(tcp::socket socket, CutPlan mine) {
  ++open_;
  ++accepted;
  Conversation talk(context_);
  std::array<char, 4096> wire{};
  std::size_t in = 0, out = 0;
  bool cut = mine.after_sent == 0 || mine.after_received == 0;
  bool gone = false;
  error_code ec;
  socket.set_option(tcp::no_delay(true), ec);
  while (!cut && !gone) {
    const std::size_t most = std::min(wire.size(), mine.after_received - in);
    const std::tuple<error_code, std::size_t> moved =
        co_await socket.async_read_some(asio::buffer(wire.data(), most), token);
    gone = static_cast<bool>(std::get<0>(moved));
    if (gone) break;
    in += std::get<1>(moved);
    std::string say = talk.take({wire.data(), std::get<1>(moved)}, mine.answer);
    if (talk.answered) sent_before_answer = out + talk.before_answer;
    if (context_ != nullptr && !talk.request.empty() && SSL_is_init_finished(talk.session) == 0)
      ++early_octets;
    if (say.size() >= mine.after_sent - out) {
      cut = say.size() > mine.after_sent - out;
      say.resize(mine.after_sent - out);
    }
    // The last octet of the client's: what we would say to it stays unsaid.
    if (in == mine.after_received) {
      cut = true;
      say.clear();
    }
    const std::tuple<error_code, std::size_t> written =
        co_await asio::async_write(socket, asio::buffer(say), token);
    gone = static_cast<bool>(std::get<0>(written));
    if (!gone) out += say.size();
    // Whole after all: what the client says as it goes must not count as a cut.
    if (talk.answered && !cut) break;
  }
  if (cut) ++cuts;
  if (cut && mine.ending == Ending::reset) {
    socket.set_option(tcp::socket::linger(true, 0), ec);
    socket.close(ec);
  }
  if (cut && mine.ending == Ending::fin) socket.shutdown(tcp::socket::shutdown_send, ec);
  // After an error nothing may be read: Asio waits for an event that does not come again.
  gone = gone || !socket.is_open();
  while (!gone) {
    const std::tuple<error_code, std::size_t> moved =
        co_await socket.async_read_some(asio::buffer(wire), token);
    gone = static_cast<bool>(std::get<0>(moved));
  }
  sent = out;
  received = in;
  --open_;
}

}  // namespace anthropic_metrics::net::test
