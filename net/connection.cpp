// SPDX-License-Identifier: Apache-2.0
#include "net/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <tuple>

namespace anthropic_metrics::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using boost::system::error_code;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);

error_code close_socket(tcp::socket& socket) {
  error_code ignored;
  return socket.close(ignored);
}

error_code open_socket(tcp::socket& socket, const tcp::endpoint& endpoint) {
  error_code ec;
  if (socket.open(endpoint.protocol(), ec)) return ec;
  // Asio does not set it, and a host may start children.
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  return {};
}

}  // namespace

/// Closes the socket when an operation's deadline passes or the transport stops. One timer serves
/// many operations: it is armed again only when it fires early or would fire late.
struct Connection::Watch final : Stoppable, std::enable_shared_from_this<Watch> {
  Watch(tcp::socket& guarded, std::shared_ptr<StopList> stops)
      : Stoppable(std::move(stops)), socket(&guarded), timer(guarded.get_executor()) {}

  void start(Duration limit) {
    deadline = Clock::now() + limit;
    graced = false;
    if (!armed || timer.expiry() > *deadline) arm();
  }
  void finish() { deadline.reset(); }

  void detach() {
    socket = nullptr;
    timer.cancel();
  }
  void rest() {
    finish();
    timer.cancel();
    armed = false;
    ++generation;
  }

  void arm() {
    armed = true;
    timer.expires_at(*deadline);
    timer.async_wait([weak = weak_from_this(), mine = ++generation](const error_code& ec) {
      const auto self = weak.lock();
      if (self && !ec && mine == self->generation) self->fire();
    });
  }

  void fire() {
    armed = false;
    if (!deadline || !socket) return;
    const auto now = Clock::now();
    if (now < *deadline) return arm();
    // Nobody ran the loop: what the peer sent meanwhile may be waiting to be read. Once per
    // operation.
    if (now - *deadline > std::chrono::milliseconds(250) && !graced) {
      graced = true;
      deadline = now + std::chrono::seconds(1);
      return arm();
    }
    expired = true;
    close_socket(*socket);
  }

  void on_stop() override {
    if (socket) close_socket(*socket);
  }

  tcp::socket* socket;
  asio::steady_timer timer;
  std::optional<Clock::time_point> deadline;
  std::uint64_t generation = 0;
  bool armed = false;
  bool graced = false;
  bool expired = false;
};

struct Connection::Tls {
  Tls(tcp::socket& socket, SSL_CTX* native) : context(owned(native)), stream(socket, context) {}

  /// Asio's context frees what it is given, so it is given a reference of its own.
  static asio::ssl::context owned(SSL_CTX* native) {
    SSL_CTX_up_ref(native);
    return asio::ssl::context(native);
  }

  asio::ssl::context context;
  asio::ssl::stream<tcp::socket&> stream;
};

/// The attempts of one dial(). Shared with handlers that may run after the winner is known.
struct Connection::Race final : std::enable_shared_from_this<Race> {
  Race(const asio::any_io_executor& executor, Endpoints to, Waiter& signal)
      : endpoints(std::move(to)), stagger(executor), waiter(&signal) {
    for (std::size_t i = 0; i < endpoints.size(); ++i) sockets.emplace_back(executor);
  }

  void start_next() {
    if (over || started == endpoints.size()) return;
    const std::size_t mine = started++;
    if (const error_code ec = open_socket(sockets[mine], endpoints[mine])) return failed(ec);
    sockets[mine].async_connect(endpoints[mine],
                                [self = shared_from_this(), mine](const error_code& ec) {
                                  if (self->over) return;
                                  if (ec) return self->failed(ec);
                                  self->winner = mine;
                                  self->finish();
                                });
    stagger.expires_after(std::chrono::milliseconds(250));
    stagger.async_wait([self = shared_from_this()](const error_code& ec) {
      if (!ec) self->start_next();
    });
  }

  void failed(const error_code& ec) {
    last = ec;
    if (++failures == endpoints.size()) return finish();
    stagger.cancel();
    start_next();
  }

  void finish() {
    over = true;
    stagger.cancel();
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if (winner != i) close_socket(sockets[i]);
    }
    if (waiter) waiter->wake();
  }

  Endpoints endpoints;
  std::vector<tcp::socket> sockets;
  asio::steady_timer stagger;
  Waiter* waiter;  // null once nobody waits
  std::size_t started = 0;
  std::size_t failures = 0;
  std::optional<std::size_t> winner;
  error_code last;
  bool over = false;
};

asio::awaitable<Connection::Dialled> Connection::dial(asio::any_io_executor executor,
                                                      std::shared_ptr<StopList> stops,
                                                      Endpoints endpoints, Duration limit) {
  Waiter waiter(executor, stops);
  // Abandons the race however this frame ends, also when it is destroyed while it waits.
  struct Entry {
    std::shared_ptr<Race> race;
    ~Entry() {
      race->waiter = nullptr;
      race->finish();
    }
  } entry{std::make_shared<Race>(executor, std::move(endpoints), waiter)};
  entry.race->start_next();

  const Wake wake = co_await waiter.wait(limit);
  Dialled dialled;
  Race& race = *entry.race;
  if (race.winner && wake != Wake::stopped) {
    dialled.connection.reset(new Connection(std::move(race.sockets[*race.winner]), stops));
  } else if (wake == Wake::stopped) {
    dialled.outcome = {Fate::stopped, 0, "cancelled"};
    race.winner.reset();
  } else if (wake == Wake::deadline) {
    dialled.outcome = {Fate::late, 0, "no connection in time"};
  } else {
    dialled.outcome = {Fate::lost, 0, race.last.message()};
  }
  co_return dialled;
}

Connection::Connection(tcp::socket socket, std::shared_ptr<StopList> stops)
    : socket_(std::move(socket)), watch_(std::make_shared<Watch>(socket_, std::move(stops))) {}

Connection::~Connection() {
  watch_->detach();
}

Outcome Connection::outcome(const error_code& ec, std::size_t size) const {
  if (!ec) return {Fate::ok, size, {}};
  if (watch_->expired) return {Fate::late, size, "deadline"};
  if (watch_->stopped() || ec == asio::error::operation_aborted) {
    return {Fate::stopped, size, "cancelled"};
  }
  if (ec == asio::error::eof) return {Fate::end, size, "closed by the peer"};
  if (ec == asio::ssl::error::stream_truncated) {
    return {Fate::lost, size, "closed by the peer without TLS close_notify"};
  }
  return {Fate::lost, size, ec.message()};
}

asio::awaitable<Result<void>> Connection::start_tls(const TlsContext& tls, const Url& origin,
                                                    Duration limit) {
  tls_ = std::make_unique<Tls>(socket_, tls.native());
  SSL* const session = tls_->stream.native_handle();
  if (auto ok = tls.prepare(session, origin); !ok) co_return ok.error();

  watch_->start(limit);
  const std::tuple<error_code> shaken =
      co_await tls_->stream.async_handshake(asio::ssl::stream_base::client, token);
  const error_code ec = std::get<0>(shaken);
  watch_->finish();
  if (!ec) co_return tls.check_peer(session, origin);

  const Outcome what = outcome(ec, 0);
  if (what.fate == Fate::stopped) {
    co_return Error{Errc::cancelled, "cancelled during the TLS handshake"};
  }
  if (what.fate == Fate::late) {
    co_return Error{Errc::transient,
                    fmt::format("the TLS handshake with {} took too long", origin.host_and_port())};
  }
  co_return tls.explain(session, origin, what.detail);
}

Result<void> Connection::check_peer(const TlsContext* tls, const Url& origin) const {
  if (tls && tls_) return tls->check_peer(tls_->stream.native_handle(), origin);
  error_code ec;
  const auto address = socket_.remote_endpoint(ec).address();
  // The peer may be gone already: that passes, and must not look like a wrong setting.
  if (ec) return Error{Errc::transient, "connection lost before the request: " + ec.message()};
  if (!tls && !origin.tls() && address.is_loopback()) return success();
  return Error{Errc::configuration, "plain http is accepted for loopback addresses only"};
}

asio::awaitable<Outcome> Connection::write(std::string_view octets, Duration limit) {
  if (watch_->stopped()) co_return Outcome{Fate::stopped, 0, "cancelled"};
  watch_->start(limit);
  const auto buffer = asio::buffer(octets.data(), octets.size());
  std::tuple<error_code, std::size_t> moved;
  if (tls_) {
    moved = co_await asio::async_write(tls_->stream, buffer, token);
  } else {
    moved = co_await asio::async_write(socket_, buffer, token);
  }
  watch_->finish();
  co_return outcome(std::get<0>(moved), std::get<1>(moved));
}

asio::awaitable<Outcome> Connection::read(Duration limit) {
  if (watch_->stopped()) co_return Outcome{Fate::stopped, 0, "cancelled"};
  ReceiveBuffer& buffer = received;
  if (buffer.memory_.empty()) buffer.memory_.resize(ReceiveBuffer::capacity);
  if (buffer.begin_ != 0) {
    std::copy(buffer.memory_.begin() + static_cast<std::ptrdiff_t>(buffer.begin_),
              buffer.memory_.begin() + static_cast<std::ptrdiff_t>(buffer.end_),
              buffer.memory_.begin());
    buffer.end_ -= buffer.begin_;
    buffer.begin_ = 0;
  }
  const auto space =
      asio::buffer(buffer.memory_.data() + buffer.end_, ReceiveBuffer::capacity - buffer.end_);
  watch_->start(limit);
  std::tuple<error_code, std::size_t> moved;
  if (tls_) {
    moved = co_await tls_->stream.async_read_some(space, token);
  } else {
    moved = co_await socket_.async_read_some(space, token);
  }
  watch_->finish();
  buffer.end_ += std::get<1>(moved);
  co_return outcome(std::get<0>(moved), std::get<1>(moved));
}

bool Connection::is_quiet() {
  watch_->rest();
  if (!received.empty() || !socket_.is_open()) return false;
  char octet = 0;
  if (tls_) {
    // What came in one segment with the last answer sits inside OpenSSL, not in the socket.
    SSL* const session = tls_->stream.native_handle();
    ERR_clear_error();
    const int peeked = SSL_peek(session, &octet, 1);
    const bool nothing = peeked <= 0 && SSL_get_error(session, peeked) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    if (!nothing) return false;
  }
  const ssize_t n = ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::string Connection::peer() const {
  error_code ec;
  const auto endpoint = socket_.remote_endpoint(ec);
  if (ec) return "an unknown address";
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace anthropic_metrics::net
