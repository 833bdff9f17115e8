// SPDX-License-Identifier: Apache-2.0
#include "store/store_client.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "log.hpp"
#include "net/https_transport.hpp"
#include "store/credential.hpp"
#include "store/http_settings.hpp"

namespace anthropic_metrics::host {
namespace {

namespace asio = boost::asio;

constexpr std::size_t largest_answer = 64U * 1024U * 1024U;

Failure configuration(const Error& error) {
  return {ExitCode::configuration, {error.message}};
}

struct Job {
  StoreRequest request;
  std::optional<StoreResult<StoreAnswer>> result{};
};

class Client final : public StoreClient {
 public:
  Client(StoreSettings settings, Log& log)
      : settings_(std::move(settings)), log_(log), authorizer_(settings_.credential, log) {
    for (const std::string& host : settings_.hosts)
      names_.push_back(parse_store_url(host).value().text());
    transports_.resize(names_.size());
    for (const auto& [name, value] : settings_.headers) headers_.push_back({name, value});
  }
  ~Client() override { transports_.clear(); }

  // Makes the transports that are missing.
  anthropic_metrics::Result<void> prepare() {
    for (std::size_t i = 0; i < transports_.size(); ++i) {
      if (transports_[i]) continue;
      auto http = http_settings(settings_, settings_.hosts[i]);
      if (!http) return http.error();
      net::TransportParts parts;
      parts.log = [this](LogLevel level, std::string_view text) {
        if (log_.wants(level)) log_.write(level, "store", {}, text);
      };
      auto made = net::HttpsTransport::make(loop_.get_executor(), std::move(*http), authorizer_,
                                            std::move(parts));
      if (!made) return made.error();
      transports_[i] = std::move(*made);
    }
    return success();
  }

  StoreResult<StoreAnswer> ask(StoreRequest request, std::stop_token stop) override {
    std::vector<StoreRequest> one;
    one.push_back(std::move(request));
    return std::move(ask_all(std::move(one), 1, std::move(stop)).front());
  }

  std::vector<StoreResult<StoreAnswer>> ask_all(std::vector<StoreRequest> requests,
                                                std::size_t concurrent,
                                                std::stop_token stop) override {
    std::vector<Job> jobs;
    for (StoreRequest& request : requests) jobs.push_back({std::move(request)});
    if (auto ready = prepare(); !ready) {
      return std::vector<StoreResult<StoreAnswer>>(
          jobs.size(), StoreSilence{false, true, log_.redacted(ready.error().message)});
    }
    std::size_t next = 0;
    std::size_t running = 0;
    {
      const std::stop_callback on_stop(stop, [this] {
        asio::post(loop_, [this] {
          for (const auto& transport : transports_) transport->cancel();
        });
      });
      loop_.restart();
      for (; running < std::min(concurrent, jobs.size()); ++running)
        asio::co_spawn(loop_, work(jobs, next, running), asio::detached);
      while (running > 0) loop_.run_one();
    }
    if (stop.stop_requested()) {
      loop_.restart();
      loop_.poll();  // what the callback posted last
      for (auto& transport : transports_) transport.reset();
    }
    std::vector<StoreResult<StoreAnswer>> results;
    for (Job& job : jobs) results.push_back(std::move(*job.result));
    return results;
  }

  std::string host() const override { return names_[current_]; }

 private:
  asio::awaitable<void> work(std::vector<Job>& jobs, std::size_t& next, std::size_t& running) {
    while (next < jobs.size()) {
      Job& job = jobs[next++];
      job.result = co_await on_any_host(job.request);
    }
    --running;
  }

  asio::awaitable<StoreResult<StoreAnswer>> on_any_host(const StoreRequest& request) {
    StoreSilence silence;
    for (std::size_t tried = 0; tried < transports_.size(); ++tried) {
      const std::size_t host = current_;
      auto answer = co_await on_host(host, request);
      const bool elsewhere =
          !answer || answer->status == 502 || answer->status == 503 || answer->status == 504;
      if (elsewhere && current_ == host) current_ = (host + 1) % transports_.size();
      if (answer) co_return answer;
      silence = answer.error();
      if (silence.perhaps_done) break;
    }
    co_return silence;
  }

  asio::awaitable<StoreResult<StoreAnswer>> on_host(std::size_t host, const StoreRequest& request) {
    net::HttpsTransport& transport = *transports_[host];
    net::Request message{request.target, request.headers, std::nullopt, request.method};
    message.headers.insert(message.headers.end(), headers_.begin(), headers_.end());
    if (!request.body.empty())
      message.body = net::RequestBody{request.type, request.encoding, request.body, false};
    const auto began = std::chrono::steady_clock::now();
    const std::uint64_t before = transport.counts().requests;
    const auto silent = [&](const Error& error) {
      return StoreSilence{transport.counts().requests != before, error.code == Errc::configuration,
                          log_.redacted(error.message)};
    };
    auto exchange = co_await transport.send(std::move(message));
    if (!exchange) co_return silent(exchange.error());
    StoreAnswer answer;
    answer.status = (*exchange)->head().status;
    answer.headers = (*exchange)->head().headers;
    while (true) {
      const auto piece = co_await (*exchange)->read();
      if (!piece) co_return silent(piece.error());
      if (piece->empty()) {
        answer.took = std::chrono::steady_clock::now() - began;
        co_return answer;
      }
      if (answer.body.size() + piece->size() > largest_answer) {
        co_return silent(Error{Errc::too_much, names_[host] +
                                                   ": the answer is larger than 64 MiB; "
                                                   "check that this is the store's address"});
      }
      answer.body += *piece;
    }
  }

  const StoreSettings settings_;
  Log& log_;
  asio::io_context loop_;
  StoreAuthorizer authorizer_;
  std::vector<net::Header> headers_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<net::HttpsTransport>> transports_;
  std::size_t current_ = 0;
};

}  // namespace

Result<std::unique_ptr<StoreClient>> StoreClient::make(const StoreSettings& settings, Log& log) {
  if (settings.hosts.empty())
    return Failure{ExitCode::configuration,
                   {"hosts: there is none; name one, such as https://es:9200"}};
  for (const std::string& host : settings.hosts)
    if (const auto url = parse_store_url(host); !url) return configuration(url.error());
  auto client = std::make_unique<Client>(settings, log);
  if (auto ready = client->prepare(); !ready) return configuration(ready.error());
  return std::unique_ptr<StoreClient>(std::move(client));
}

}  // namespace anthropic_metrics::host
