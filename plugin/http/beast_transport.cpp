// SPDX-License-Identifier: Apache-2.0
#include "http/beast_transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <utility>

#include "http/connection.hpp"
#include "http/octets.hpp"
#include "http/rate_floor.hpp"
#include "http/request_bytes.hpp"
#include "http/tracer.hpp"

namespace anthropic_metrics::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;

namespace {

using Parser = beast::http::response_parser<beast::http::buffer_body>;

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::uint64_t framing_allowance = 1 << 20;  // chunk headers and trailers, besides the body
constexpr int most_interim_answers = 8;

Error transient(std::string message) { return Error{Errc::transient, std::move(message)}; }

double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

/// What the transport and its exchanges share.
struct BeastTransport::Core {
  Core(asio::any_io_executor on, HttpSettings with, CredentialSource& key, TransportParts parts)
      : executor(std::move(on)),
        settings(std::move(with)),
        credential(key),
        tracer(parts.tracer),
        log(std::move(parts.log)),
        book(executor, stops, settings.lookup_lifetime, std::move(parts.lookup)) {}

  void debug(std::string_view text) const {
    if (log) log(LogLevel::debug, text);
  }

  std::unique_ptr<Connection> take_idle();
  void give_back(std::unique_ptr<Connection> connection);

  asio::any_io_executor executor;
  HttpSettings settings;
  CredentialSource& credential;
  Tracer* tracer;
  Log log;
  std::optional<Proxy> proxy;
  std::optional<TlsContext> tls;
  std::shared_ptr<StopList> stops = std::make_shared<StopList>();
  AddressBook book;
  std::vector<std::unique_ptr<Connection>> idle;
  TransportCounts counts;
};

std::unique_ptr<Connection> BeastTransport::Core::take_idle() {
  const auto oldest = Clock::now() - settings.idle_timeout;
  std::erase_if(idle, [&](auto& c) { return c->idle_since < oldest || !c->is_quiet(); });
  if (idle.empty()) return nullptr;
  auto connection = std::move(idle.back());  // the latest used: the others may grow old
  idle.pop_back();
  connection->reused = true;
  return connection;
}

void BeastTransport::Core::give_back(std::unique_ptr<Connection> connection) {
  if (stops->stopped() || !connection->is_quiet()) return;
  connection->idle_since = Clock::now();
  connection->received.release_memory();
  idle.push_back(std::move(connection));
  if (idle.size() > settings.idle_connections) idle.erase(idle.begin());
}

// --- one exchange -------------------------------------------------------------------------------

class BeastTransport::HttpExchange final : public Exchange {
 public:
  HttpExchange(std::shared_ptr<Core> core, std::string what, Budget budget)
      : core_(std::move(core)),
        what_(std::move(what)),
        budget_(budget),
        floor_(core_->settings.deadlines.least_octets, core_->settings.deadlines.least_octets_within) {
  }
  ~HttpExchange() override {
    if (core_->tracer && traced_ && !ended_) core_->tracer->end(traced_, "abandoned by the reader");
  }

  const ResponseHead& head() const noexcept override { return head_; }
  asio::awaitable<Result<std::string_view>> read() override;

  /// Opens a connection: lookup, dial, CONNECT, TLS.
  asio::awaitable<Result<void>> connect();

  /// Uses one that was kept.
  void use(std::unique_ptr<Connection> connection) { connection_ = std::move(connection); }

  /// Writes the request and waits for the head.
  asio::awaitable<Result<void>> start(const Request& request);

  /// After start() failed: true if a kept connection ended before the peer answered anything, so that
  /// the request may go out again on a new one.
  bool was_stale() const noexcept { return stale_; }

 private:
  asio::awaitable<Result<void>> open_tunnel();
  asio::awaitable<Result<void>> receive_head();
  asio::awaitable<Result<std::string_view>> receive_body();
  Result<bool> parse_head();
  Result<std::string_view> parse_body(bool& wants_more);
  Error failure(const Outcome& outcome, std::string_view phase, Clock::duration limit) const;
  Error fail(Error error);
  void finish();

  std::shared_ptr<Core> core_;
  std::string what_;  // "GET https://host/path", for messages
  Budget budget_;
  RateFloor floor_;
  std::unique_ptr<Connection> connection_;
  std::optional<Parser> parser_;
  ResponseHead head_;
  std::optional<Decoder> decoder_;
  std::vector<char> raw_;      // body octets without framing
  std::vector<char> decoded_;  // inflated, for gzip only
  std::size_t header_octets_ = 0;
  int interim_answers_ = 0;
  std::uint64_t body_octets_ = 0;
  std::uint64_t framing_octets_ = 0;
  std::optional<Error> failed_;
  std::uint64_t traced_ = 0;
  bool ended_ = false;
  bool stale_ = false;
};

Error BeastTransport::HttpExchange::failure(const Outcome& outcome, std::string_view phase,
                                            Clock::duration limit) const {
  switch (outcome.fate) {
    case Fate::stopped: return Error{Errc::cancelled, what_ + ": cancelled"};
    case Fate::late:
      if (budget_.left == Clock::duration::zero()) {
        return transient(fmt::format("{}: http_client_timeout of {:g} s is used up {}", what_,
                                     seconds(budget_.total), phase));
      }
      return transient(fmt::format("{}: no progress for {:g} s {}", what_, seconds(limit), phase));
    case Fate::ok:
    case Fate::end:
    case Fate::lost: break;
  }
  return transient(fmt::format("{}: connection lost {} ({})", what_, phase, outcome.detail));
}

/// The exchange is over; every later read() says why.
Error BeastTransport::HttpExchange::fail(Error error) {
  connection_.reset();
  if (core_->tracer && traced_ && !ended_) core_->tracer->end(traced_, error.message);
  ended_ = true;
  failed_ = error;
  return error;
}

asio::awaitable<Result<void>> BeastTransport::HttpExchange::connect() {
  const HttpSettings& settings = core_->settings;
  const Url& url = settings.url;
  const std::string host = core_->proxy ? core_->proxy->host : url.host;
  const std::uint16_t port = core_->proxy ? core_->proxy->port : url.port;
  ++core_->counts.connections;

  // 1. Addresses.
  Endpoints endpoints;
  if (!core_->proxy && !settings.addresses.empty()) {
    for (const std::string& address : settings.addresses) {
      endpoints.emplace_back(asio::ip::make_address(address), port);
    }
  } else {
    const auto began = Clock::now();
    auto found = co_await core_->book.find(host, port, budget_.limit(settings.deadlines.lookup));
    budget_.spend(Clock::now() - began);
    if (!found) co_return Error{found.error().code, what_ + ": " + found.error().message};
    endpoints = std::move(*found);
  }
  std::erase_if(endpoints, [&](const asio::ip::tcp::endpoint& endpoint) {
    return is_refused_address(endpoint.address()) || (!url.tls() && !endpoint.address().is_loopback());
  });
  if (endpoints.empty()) {
    core_->book.forget(host, port);
    co_return Error{Errc::configuration,
                    fmt::format("{}: {} leads to an address no API lives at (link-local, multicast, "
                                "or not loopback for plain http); check url and the name server",
                                what_, host)};
  }

  // 2. TCP.
  auto began = Clock::now();
  const auto connect_limit = budget_.limit(settings.deadlines.connect);
  auto dialled = co_await Connection::dial(core_->executor, core_->stops, endpoints, connect_limit);
  budget_.spend(Clock::now() - began);
  if (!dialled.connection) {
    core_->book.forget(host, port);
    co_return failure(dialled.outcome, fmt::format("connecting to {}:{}", host, port), connect_limit);
  }
  connection_ = std::move(dialled.connection);

  // 3. The proxy's tunnel.
  if (core_->proxy) {
    if (auto ok = co_await open_tunnel(); !ok) co_return ok.error();
  }

  // 4. TLS.
  if (core_->tls) {
    began = Clock::now();
    auto ok = co_await connection_->start_tls(*core_->tls, url,
                                              budget_.limit(settings.deadlines.handshake));
    budget_.spend(Clock::now() - began);
    if (!ok) co_return Error{ok.error().code, what_ + ": " + ok.error().message};
  }
  core_->debug(fmt::format("connected to {} ({})", url.host_and_port(), connection_->peer()));
  co_return success();
}

asio::awaitable<Result<void>> BeastTransport::HttpExchange::open_tunnel() {
  const HttpSettings& settings = core_->settings;
  const Proxy& proxy = *core_->proxy;
  Budget tunnel{budget_.limit(settings.deadlines.connect)};
  const Secret words = connect_request(settings.url, proxy, settings.user_agent);
  const std::string phase = "asking proxy " + proxy.redacted();

  auto began = Clock::now();
  Outcome moved = co_await connection_->write(words.expose([](auto octets) { return octets; }),
                                              tunnel.left);
  while (true) {
    tunnel.spend(Clock::now() - began);
    budget_.spend(Clock::now() - began);
    if (moved.fate != Fate::ok) co_return failure(moved, phase, settings.deadlines.connect);

    const std::string_view answer = connection_->received.data();
    const auto end = answer.find("\r\n\r\n");
    if (end != std::string_view::npos) {
      if (auto ok = check_connect_answer(answer.substr(0, end + 4), proxy, settings.url); !ok) {
        co_return Error{ok.error().code, what_ + ": " + ok.error().message};
      }
      // The origin speaks only after our hello: what is already here comes from the proxy.
      if (answer.size() != end + 4) {
        co_return transient(fmt::format("{}: proxy {} sent more than its answer to CONNECT", what_,
                                        proxy.redacted()));
      }
      connection_->received.consume(answer.size());
      co_return success();
    }
    if (answer.size() > settings.header_limit) {
      co_return transient(fmt::format("{}: proxy {} answers CONNECT with more than {} octets", what_,
                                      proxy.redacted(), settings.header_limit));
    }
    began = Clock::now();
    moved = co_await connection_->read(tunnel.left);
  }
}

asio::awaitable<Result<void>> BeastTransport::HttpExchange::start(const Request& request) {
  const HttpSettings& settings = core_->settings;
  const CredentialSource& source = core_->credential;

  // Verified again here, however the connection came about: this is the last line before the key.
  if (auto ok = connection_->check_peer(core_->tls ? &*core_->tls : nullptr, settings.url); !ok) {
    co_return fail(ok.error());
  }
  auto key = core_->credential.current();
  if (!key) co_return fail(key.error());
  Outcome moved;
  {
    auto bytes = serialise(request, settings,
                           {source.header_name(), source.header_prefix(), **key});
    if (!bytes) co_return fail(bytes.error());
    ++core_->counts.requests;
    if (core_->tracer) traced_ = core_->tracer->begin(request, settings.url);
    const auto limit = budget_.limit(settings.deadlines.first_byte);
    const auto began = Clock::now();
    moved = co_await connection_->write(bytes->expose([](auto octets) { return octets; }), limit);
    budget_.spend(Clock::now() - began);
    if (moved.fate != Fate::ok) {
      stale_ = connection_->reused && (moved.fate == Fate::lost || moved.fate == Fate::end);
      co_return fail(failure(moved, "sending the request", limit));
    }
  }  // the request's bytes, and the key among them, are wiped
  co_return co_await receive_head();
}

asio::awaitable<Result<void>> BeastTransport::HttpExchange::receive_head() {
  const HttpSettings& settings = core_->settings;
  Budget phase{settings.deadlines.first_byte};
  bool answered = false;
  while (true) {
    auto done = parse_head();
    if (!done) co_return fail(done.error());
    if (*done) break;

    const auto limit = budget_.limit(phase.left);
    const auto began = Clock::now();
    const Outcome moved = co_await connection_->read(limit);
    phase.spend(Clock::now() - began);
    budget_.spend(Clock::now() - began);
    if (moved.fate != Fate::ok) {
      stale_ = !answered && connection_->reused &&
               (moved.fate == Fate::lost || moved.fate == Fate::end);
      co_return fail(failure(moved, answered ? "inside the answer's header" : "waiting for the answer",
                             settings.deadlines.first_byte));
    }
    answered = true;
  }
  if (core_->tracer) core_->tracer->head(traced_, head_);
  auto decoder = Decoder::make(content_encoding(head_), settings.body);
  if (decoder) {
    decoder_ = std::move(*decoder);
  } else {
    // The status still counts; only the body is unreadable.
    failed_ = Error{decoder.error().code, what_ + ": " + decoder.error().message};
  }
  co_return success();
}

/// Feeds what arrived to the parser. True once the final answer's head is complete.
Result<bool> BeastTransport::HttpExchange::parse_head() {
  ReceiveBuffer& received = connection_->received;
  const std::size_t limit = core_->settings.header_limit;
  while (true) {
    if (!parser_) {
      parser_.emplace();
      parser_->header_limit(static_cast<std::uint32_t>(limit));
      parser_->body_limit(boost::none);  // the decoder counts, after inflating
    }
    if (received.empty()) return false;
    boost::system::error_code ec;
    const std::size_t used =
        parser_->put(asio::buffer(received.data().data(), received.data().size()), ec);
    received.consume(used);
    header_octets_ += used;
    if (ec && ec != beast::http::error::need_more) {
      return transient(fmt::format("{}: the answer is not proper HTTP ({})", what_, ec.message()));
    }
    const bool complete = parser_->is_header_done();
    if (header_octets_ + (complete ? 0 : received.data().size()) > limit) {
      return transient(fmt::format("{}: the answer's header exceeds {} octets", what_, limit));
    }
    if (!complete) {
      if (ec || used == 0) return false;
      continue;
    }
    const unsigned status = parser_->get().result_int();
    if (status >= 200) break;
    if (status == 101 || status < 100 || ++interim_answers_ > most_interim_answers) {
      return transient(fmt::format("{}: unexpected interim answers (status {})", what_, status));
    }
    parser_.reset();  // 1xx: the real answer follows
  }
  head_.status = static_cast<int>(parser_->get().result_int());
  for (const auto& field : parser_->get()) {
    head_.headers.push_back({std::string(field.name_string().data(), field.name_string().size()),
                             std::string(field.value().data(), field.value().size())});
  }
  return true;
}

asio::awaitable<Result<std::string_view>> BeastTransport::HttpExchange::read() {
  if (failed_) co_return fail(*failed_);
  while (!ended_) {
    if (core_->stops->stopped()) co_return fail(Error{Errc::cancelled, what_ + ": cancelled"});
    if (decoded_.empty() && content_encoding(head_) == ContentEncoding::gzip) {
      decoded_.resize(piece_size);
    }
    const auto piece = decoder_->next(decoded_);
    if (!piece) co_return fail(Error{piece.error().code, what_ + ": " + piece.error().message});
    if (!piece->empty()) {
      if (core_->tracer) core_->tracer->body(traced_, *piece);
      co_return *piece;
    }
    const auto wire = co_await receive_body();
    if (!wire) co_return fail(wire.error());
    if (!wire->empty()) {
      decoder_->feed(*wire);
      continue;
    }
    if (auto ok = decoder_->finish(); !ok) {
      co_return fail(Error{ok.error().code, what_ + ": " + ok.error().message});
    }
    finish();
  }
  co_return std::string_view{};
}

/// The next octets of the body without framing; empty at its verified end.
asio::awaitable<Result<std::string_view>> BeastTransport::HttpExchange::receive_body() {
  constexpr std::string_view phase = "inside the answer's body";
  if (raw_.empty()) raw_.resize(piece_size);
  while (true) {
    bool wants_more = false;
    auto piece = parse_body(wants_more);
    if (!piece || !wants_more) co_return piece;

    if (floor_.left() <= Clock::duration::zero()) {
      co_return transient(fmt::format("{}: the body arrives slower than {} octets in {:g} s", what_,
                                      core_->settings.deadlines.least_octets,
                                      seconds(core_->settings.deadlines.least_octets_within)));
    }
    const auto limit = budget_.limit(floor_.left());
    const auto began = Clock::now();
    const Outcome moved = co_await connection_->read(limit);
    const auto waited = Clock::now() - began;
    budget_.spend(waited);
    floor_.note(moved.size, waited);
    if (moved.fate == Fate::end) {
      // Fine only for a body that ends with the connection, and with TLS only after close_notify.
      boost::system::error_code ec;
      parser_->put_eof(ec);
      if (!ec && parser_->is_done()) co_return std::string_view{};
    }
    if (moved.fate != Fate::ok) {
      co_return failure(moved, phase, core_->settings.deadlines.least_octets_within);
    }
  }
}

Result<std::string_view> BeastTransport::HttpExchange::parse_body(bool& wants_more) {
  ReceiveBuffer& received = connection_->received;
  while (!parser_->is_done()) {
    if (received.empty()) {
      wants_more = true;
      return std::string_view{};
    }
    auto& body = parser_->get().body();
    body.data = raw_.data();
    body.size = raw_.size();
    body.more = true;
    boost::system::error_code ec;
    const std::size_t used =
        parser_->put(asio::buffer(received.data().data(), received.data().size()), ec);
    received.consume(used);
    const std::size_t got = raw_.size() - body.size;
    body_octets_ += got;
    framing_octets_ += used - got;
    if (ec && ec != beast::http::error::need_more && ec != beast::http::error::need_buffer) {
      return transient(
          fmt::format("{}: the answer's body is not proper HTTP ({})", what_, ec.message()));
    }
    if (framing_octets_ > framing_allowance + body_octets_) {
      return transient(fmt::format("{}: the answer has more framing than body", what_));
    }
    if (got > 0) return std::string_view(raw_.data(), got);
    if (used == 0) {
      if (received.full()) {
        return transient(fmt::format("{}: a chunk header or trailer is too long", what_));
      }
      wants_more = true;
      return std::string_view{};
    }
  }
  return std::string_view{};
}

void BeastTransport::HttpExchange::finish() {
  ended_ = true;
  if (core_->tracer) core_->tracer->end(traced_, {});
  if (parser_->keep_alive()) core_->give_back(std::move(connection_));
  connection_.reset();
  raw_ = {};
  decoded_ = {};
}

// --- the transport ------------------------------------------------------------------------------

BeastTransport::BeastTransport(std::shared_ptr<Core> core) : core_(std::move(core)) {}

BeastTransport::~BeastTransport() {
  cancel();
  // An exchange that outlives us must not reach what we only borrowed.
  core_->tracer = nullptr;
  core_->log = nullptr;
}

Result<std::unique_ptr<BeastTransport>> BeastTransport::make(asio::any_io_executor executor,
                                                             HttpSettings settings,
                                                             CredentialSource& credential,
                                                             TransportParts parts) {
  if (auto ok = check(settings); !ok) return ok.error();
  for (const std::string& address : settings.addresses) {
    boost::system::error_code ec;
    asio::ip::make_address(address, ec);
    if (ec) return Error{Errc::configuration, "\"" + excerpt(address, 60) + "\" is not an address"};
  }
  auto proxy = choose_proxy(settings.url, std::exchange(settings.proxy, std::nullopt),
                            settings.proxy_environment);
  if (!proxy) return proxy.error();

  auto core = std::make_shared<Core>(std::move(executor), std::move(settings), credential,
                                     std::move(parts));
  core->proxy = std::move(*proxy);
  if (core->settings.url.tls()) {
    auto tls = TlsContext::make(core->settings.ssl);
    if (!tls) return tls.error();
    core->tls = std::move(*tls);
  }
  return std::unique_ptr<BeastTransport>(new BeastTransport(std::move(core)));
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> BeastTransport::send(Request request) {
  return send_on(core_, std::move(request));
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> BeastTransport::send_on(
    std::shared_ptr<Core> core, Request request) {
  const HttpSettings& settings = core->settings;
  const std::string what = fmt::format(
      "GET {}{}", settings.url.text(), excerpt(request.target.substr(0, request.target.find('?')), 120));
  if (core->stops->stopped()) co_return Error{Errc::cancelled, what + ": cancelled"};
  if (!is_allowed_target(request.target, settings.allowed_paths)) {
    co_return Error{Errc::configuration,
                    what + ": not one of the report paths this client may ask for"};
  }
  // A missing key is told before anything is sent or looked up.
  if (auto key = core->credential.current(); !key) co_return key.error();

  Budget budget{settings.deadlines.exchange};
  for (bool fresh = false;; fresh = true) {
    auto exchange = std::make_unique<HttpExchange>(core, what, budget);
    auto kept = fresh ? nullptr : core->take_idle();
    if (kept) {
      ++core->counts.reused;
      exchange->use(std::move(kept));
    } else {
      auto connected = co_await exchange->connect();
      if (!connected) co_return connected.error();
    }
    auto started = co_await exchange->start(request);
    if (started) co_return std::unique_ptr<Exchange>(std::move(exchange));
    if (fresh || !exchange->was_stale()) co_return started.error();
    // The peer had closed the kept connection: once more on a new one. GET is safe to repeat.
    ++core->counts.stale;
    core->debug(what + ": a kept connection had been closed; using a new one");
  }
}

bool BeastTransport::lookup_running() const noexcept { return core_->book.running(); }

void BeastTransport::cancel() {
  core_->stops->stop();
  core_->idle.clear();
}

void BeastTransport::close_idle() { core_->idle.clear(); }

TransportCounts BeastTransport::counts() const noexcept { return core_->counts; }

bool BeastTransport::unverified() const noexcept { return core_->settings.ssl.unverified(); }

std::string BeastTransport::proxy() const { return core_->proxy ? core_->proxy->redacted() : ""; }

}  // namespace anthropic_metrics::http
