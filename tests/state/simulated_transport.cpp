// SPDX-License-Identifier: Apache-2.0
#include "simulated_transport.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "lean_memory.hpp"

namespace anthropic_metrics::test {
namespace {

namespace asio = boost::asio;
using simulator::Delivery;

Error transient(std::string message) {
  return {Errc::transient, std::move(message)};
}

/// One thing that a process does on the network: other streams may run in between, and it may die.
asio::awaitable<void> step(Wire& wire) {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
  const bool dies = wire.steps++ == wire.crash_at || wire.crashed;
  if (!dies) co_return;
  wire.crashed = true;
  wire.on_crash();
  asio::steady_timer never(executor, asio::steady_timer::time_point::max());
  co_await never.async_wait(asio::use_awaitable);
}

class SimulatedExchange final : public net::Exchange {
 public:
  SimulatedExchange(Wire& wire, VirtualTime& time, std::string target, simulator::Reply reply)
      : wire_(wire), time_(time), body_(std::move(reply.response.body)), delivery_(reply.delivery) {
    head_.status = reply.response.status;
    for (auto& [name, value] : reply.response.headers)
      head_.headers.push_back({std::move(name), std::move(value)});
    window_ = {std::move(target), time.server()};
    trickles_ = delivery_ == Delivery::trickle && reply.duration > Milliseconds(0);
    whole_ = body_.size();
    if (delivery_ == Delivery::truncate) body_.resize(body_.size() / 2);
    if (delivery_ == Delivery::stall) body_.clear();
  }

  const net::ResponseHead& head() const noexcept override { return head_; }

  asio::awaitable<Result<std::string_view>> read() override {
    co_await step(wire_);
    if (at_ < body_.size()) {
      const auto most = static_cast<std::int64_t>(trickles_ && at_ < 200 ? 3 : wire_.largest_piece);
      const auto size =
          std::min(body_.size() - at_, static_cast<std::size_t>(pick(wire_.random, 1, most)));
      const auto piece = std::string_view(body_).substr(at_, size);
      at_ += size;
      co_return piece;
    }
    if (delivery_ == Delivery::stall) {
      time_.advance(std::chrono::seconds(60));
      co_return transient("the answer stalled");
    }
    if (body_.size() < whole_) co_return transient("the answer was cut");
    if (head_.status == 200) wire_.windows.push_back(window_);
    co_return std::string_view();
  }

 private:
  Wire& wire_;
  VirtualTime& time_;
  net::ResponseHead head_;
  ReadWindow window_;
  std::string body_;
  Delivery delivery_;
  bool trickles_ = false;
  std::size_t whole_ = 0, at_ = 0;
};

class SimulatedTransport final : public net::Transport {
 public:
  SimulatedTransport(simulator::Simulator& simulator, VirtualTime& time, Wire& wire)
      : simulator_(simulator), time_(time), wire_(wire) {}

  asio::awaitable<Result<std::unique_ptr<net::Exchange>>> send(net::Request request) override {
    co_await step(wire_);
    // Not taken back where a process dies: its coroutines outlive it by a moment.
    wire_.most_under_way = std::max(wire_.most_under_way, ++wire_.under_way);
    if (wire_.most_delay > 0)
      for (auto left = pick(wire_.random, 0, wire_.most_delay); left > 0; --left)
        co_await step(wire_);
    --wire_.under_way;
    if (cancelled_) co_return Error{Errc::cancelled, "cancelled"};
    if (wire_.before_request) wire_.before_request();
    std::optional<LeanMemory::Plenty> plenty(
        std::in_place);  // What runs out is ours, not the API's.
    simulator::Request message;
    message.target = request.target;
    for (const net::Header& header : request.headers)
      message.headers.emplace_back(header.name, header.value);
    message.headers.push_back(credential(request.credential));
    simulator::Reply reply = simulator_.handle(message);
    plenty.reset();
    if (reply.delivery == Delivery::reset) co_return transient("the connection was reset");
    co_return std::unique_ptr<net::Exchange>(std::make_unique<SimulatedExchange>(
        wire_, time_, std::move(request.target), std::move(reply)));
  }

  bool lookup_running() const noexcept override { return false; }
  void cancel() override { cancelled_ = true; }
  bool unverified() const noexcept override { return false; }

 private:
  /// The header that shows the credential of that name.
  std::pair<std::string, std::string> credential(std::string_view which) const {
    const simulator::Options& options = simulator_.options();
    if (which == "oauth") return {"authorization", "Bearer " + options.oauth_token};
    return {"x-api-key", which == "enterprise" ? options.enterprise_key : options.admin_key};
  }

  simulator::Simulator& simulator_;
  VirtualTime& time_;
  Wire& wire_;
  bool cancelled_ = false;
};

std::string text(beat_span span) {
  return {span.ptr, span.len};
}

}  // namespace

void VirtualTime::advance(Milliseconds step) {
  now_ += step;
  if (frozen_) return;
  const auto before = std::chrono::floor<std::chrono::seconds>(server_part_);
  server_part_ += step;
  server_.advance(std::chrono::floor<std::chrono::seconds>(server_part_) - before);
}

FakeHost::FakeHost(const VirtualTime& time) : time_(time) {
  table_.struct_size = sizeof table_;
  table_.abi_version = BEAT_ABI_VERSION;
  table_.ctx = this;
  table_.log = [](void* ctx, std::int32_t level, beat_span component, beat_span line) {
    const LeanMemory::Plenty plenty;
    static_cast<FakeHost*>(ctx)->note(std::to_string(level) + " " + text(component) + ": " +
                                      text(line));
  };
  table_.log_level = [](void*) -> std::int32_t { return BEAT_LOG_INFO; };
  table_.monotonic_ns = [](void* ctx) -> std::int64_t {
    return static_cast<FakeHost*>(ctx)->time_.monotonic().count();
  };
  table_.realtime_ns = [](void* ctx) -> std::int64_t {
    return std::chrono::nanoseconds(static_cast<FakeHost*>(ctx)->time_.server().time_since_epoch())
        .count();
  };
}

void FakeHost::note(const std::string& line) {
  const LeanMemory::Plenty plenty;
  if (lines_.size() >= 400) lines_.erase(lines_.begin(), lines_.begin() + 200);
  lines_.push_back(simulator::format_rfc3339(time_.server()) + " " + line);
}

std::string FakeHost::log() const {
  std::string all;
  for (const std::string& line : lines_) all += line + "\n";
  return all;
}

Runtime::TransportFactory simulated_network(simulator::Simulator& simulator, VirtualTime& time,
                                            Wire& wire) {
  return [&](asio::io_context&, net::HttpSettings, net::Authorizer&, net::Tracer*,
             Log) -> Result<std::unique_ptr<net::Transport>> {
    return std::unique_ptr<net::Transport>(
        std::make_unique<SimulatedTransport>(simulator, time, wire));
  };
}

}  // namespace anthropic_metrics::test
