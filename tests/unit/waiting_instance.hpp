// SPDX-License-Identifier: Apache-2.0
// An instance whose server never answers, so that its polls wait, over a state that may hold
// batches of an earlier run.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "edge/host_link.hpp"
#include "edge/instance.hpp"
#include "own_folder.hpp"
#include "support.hpp"

namespace anthropic_metrics::test {

/// Takes every request and keeps silent.
class SilentTransport final : public net::Transport {
 public:
  explicit SilentTransport(boost::asio::io_context& loop) : loop_(&loop) {}
  boost::asio::awaitable<Result<std::unique_ptr<net::Exchange>>> send(net::Request) override {
    boost::asio::steady_timer timer(*loop_, boost::asio::steady_timer::time_point::max());
    const auto ended = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    static_cast<void>(ended);
    co_return Error{Errc::cancelled, "silence"};
  }
  bool lookup_running() const noexcept override { return false; }
  void cancel() override {}
  bool unverified() const noexcept override { return false; }

 private:
  boost::asio::io_context* loop_;
};

class WaitingInstance {
 public:
  using MakeTransport = std::function<std::unique_ptr<net::Transport>(boost::asio::io_context&)>;
  static std::unique_ptr<net::Transport> silent(boost::asio::io_context& loop) {
    return std::make_unique<SilentTransport>(loop);
  }

  /// batches: of `documents` each, in the outbox when it starts. more: of the configuration.
  explicit WaitingInstance(int batches = 0, int documents = 1, const std::string& more = "",
                           const MakeTransport& make = silent) {
    host_.struct_size = sizeof host_;
    host_.abi_version = BEAT_ABI_VERSION;
    host_.ctx = &time_;
    host_.monotonic_ns = [](void* ctx) -> std::int64_t {
      return static_cast<Monotonic*>(ctx)->count();
    };
    {
      const auto ledger = must(ledger::Ledger::open(folder_.path().string()));
      std::vector<Batch> stored(static_cast<std::size_t>(batches));
      for (Batch& batch : stored) {
        batch.stream = "usage";
        for (int i = 0; i < documents; ++i)
          batch.add("{\"n\":" + std::to_string(number_++) + "}", "AAAAAAAAAAAAAAAAAAAAAA",
                    at("2026-09-01T00:00:00Z"));
      }
      must(ledger->commit({}, stored));
    }
    const auto network = [&make](boost::asio::io_context& loop, net::HttpSettings, net::Authorizer&,
                                 net::Tracer*, Log) -> Result<std::unique_ptr<net::Transport>> {
      return make(loop);
    };
    auto settings =
        must(read_settings(R"({"admin_api_key":"sk-ant-admin01-abcdefghijkl","state":{"path":")" +
                           folder_.path().string() + "\"}" + more + "}"));
    instance_ = std::make_unique<Instance>(
        must(Runtime::make(std::move(settings), std::make_unique<HostLink>(&host_), network, 1)),
        "waiting");
  }
  ~WaitingInstance() { instance_->shutdown(Milliseconds(5000)); }
  WaitingInstance(const WaitingInstance&) = delete;
  WaitingInstance& operator=(const WaitingInstance&) = delete;

  Instance* operator->() { return instance_.get(); }
  /// Time of the instance's clock passes only here.
  void pass(Milliseconds time) { time_ += time; }

  beat_status poll(std::uint32_t budget_ms, beat_poll_result& result) {
    beat_poll_args args{};
    args.struct_size = sizeof args;
    args.budget_ms = budget_ms;
    result = {};
    result.struct_size = sizeof result;
    return instance_->poll(args, result);
  }
  beat_status ack(beat_batch_id batch, int outcome) {
    beat_ack_args args{};
    args.struct_size = sizeof args;
    args.outcome = outcome;
    return instance_->ack(batch, args);
  }

 private:
  OwnFolder folder_{"instance"};
  Monotonic time_{std::chrono::hours(1)};
  beat_host_api host_{};
  int number_ = 0;
  std::unique_ptr<Instance> instance_;
};

}  // namespace anthropic_metrics::test
