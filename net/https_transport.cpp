// SPDX-License-Identifier: Apache-2.0
#include "net/https_transport.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/octets.hpp"
#include "net/exchange.hpp"
#include "net/transport_core.hpp"

namespace anthropic_metrics::net {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

TransportCore::TransportCore(asio::any_io_executor on, HttpSettings with, Authorizer& key,
                             TransportParts parts)
    : executor(std::move(on)),
      settings(std::move(with)),
      authorizer(key),
      tracer(parts.tracer),
      log(std::move(parts.log)),
      book(executor, stops, settings.lookup_lifetime, std::move(parts.lookup)) {}

std::unique_ptr<Connection> TransportCore::take_idle() {
  const auto oldest = Clock::now() - settings.idle_timeout;
  std::erase_if(idle, [&](auto& c) { return c->idle_since < oldest || !c->is_quiet(); });
  if (idle.empty()) return nullptr;
  auto connection = std::move(idle.back());  // the latest used: the others may grow old
  idle.pop_back();
  connection->reused = true;
  return connection;
}

void TransportCore::give_back(std::unique_ptr<Connection> connection) {
  if (stops->stopped() || !connection->is_quiet()) return;
  connection->idle_since = Clock::now();
  connection->received.release_memory();
  idle.push_back(std::move(connection));
  if (idle.size() > settings.idle_connections) idle.erase(idle.begin());
}

HttpsTransport::HttpsTransport(std::shared_ptr<TransportCore> core) : core_(std::move(core)) {}

HttpsTransport::~HttpsTransport() {
  cancel();
  // An exchange that outlives us must not reach what we only borrowed.
  core_->tracer = nullptr;
  core_->log = nullptr;
}

Result<std::unique_ptr<HttpsTransport>> HttpsTransport::make(asio::any_io_executor executor,
                                                             HttpSettings settings,
                                                             Authorizer& authorizer,
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

  auto core = std::make_shared<TransportCore>(std::move(executor), std::move(settings), authorizer,
                                              std::move(parts));
  core->proxy = std::move(*proxy);
  if (core->settings.url.tls()) {
    auto tls = TlsContext::make(core->settings.ssl);
    if (!tls) return tls.error();
    core->tls = std::move(*tls);
  }
  return std::unique_ptr<HttpsTransport>(new HttpsTransport(std::move(core)));
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> HttpsTransport::send(Request request) {
  return send_on(core_, std::move(request));
}

asio::awaitable<Result<std::unique_ptr<Exchange>>> HttpsTransport::send_on(
    std::shared_ptr<TransportCore> core, Request request) {
  const HttpSettings& settings = core->settings;
  const std::string what =
      fmt::format("{} {}{}", request.method(), settings.url.text(),
                  excerpt(request.target.substr(0, request.target.find('?')), 120));
  if (core->stops->stopped()) co_return Error{Errc::cancelled, what + ": cancelled"};
  if (!may_ask(settings, request.target)) {
    co_return Error{Errc::configuration, what + ": not one of the paths this client may ask for"};
  }
  // A missing key is told before anything is sent or looked up.
  if (auto key = core->authorizer.authorization(request.credential); !key) co_return key.error();

  Budget budget{settings.deadlines.exchange};
  for (bool fresh = false;; fresh = true) {
    auto exchange = std::make_unique<HttpsExchange>(core, what, budget);
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
    if (fresh || !exchange->was_stale() || !request.repeatable()) co_return started.error();
    // The peer had closed the kept connection: once more on a new one.
    ++core->counts.stale;
    core->debug(what + ": a kept connection had been closed; using a new one");
  }
}

bool HttpsTransport::lookup_running() const noexcept {
  return core_->book.running();
}

void HttpsTransport::cancel() {
  core_->stops->stop();
  core_->idle.clear();
}

void HttpsTransport::close_idle() {
  core_->idle.clear();
}

TransportCounts HttpsTransport::counts() const noexcept {
  return core_->counts;
}

std::uint64_t HttpsTransport::resent() const noexcept {
  return core_->counts.stale;
}

bool HttpsTransport::unverified() const noexcept {
  return core_->settings.ssl.unverified();
}

std::string HttpsTransport::proxy() const {
  return core_->proxy ? core_->proxy->redacted() : "";
}

}  // namespace anthropic_metrics::net
