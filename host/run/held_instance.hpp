// SPDX-License-Identifier: Apache-2.0
// A running instance as the repair sees it: kept from reading while it is told what the store
// holds.
#pragma once

#include <beat_plugin.h>
#include <beat_read.h>

#include <chrono>
#include <stop_token>

#include "proof/repair.hpp"
#include "run/instance.hpp"

namespace anthropic_metrics::host {

class HeldInstance final : public LiveInstance {
 public:
  // longest: that it may take to deliver what it has. The instance outlives this.
  HeldInstance(Instance& instance, const beat_read_api& read, std::stop_token stop,
               std::chrono::seconds longest = std::chrono::minutes(10))
      : instance_(instance), read_(read), stop_(std::move(stop)), longest_(longest) {}

  Result<void> hold() override;
  void go_on() override { instance_.go_on(); }
  Result<std::optional<std::uint64_t>> read_again(const std::string& stream, std::int64_t from,
                                                  std::int64_t to,
                                                  const std::string& known) override;
  // Asks without telling anything, and waits until all of it is delivered. False: it does not know
  // the window.
  Result<bool> read_newest(const std::string& stream, std::int64_t from, std::int64_t to);

 private:
  Failure failed(const std::string& text) const;
  // Nothing: the plugin refuses to read that.
  Result<bool> ask(const std::string& stream, std::int64_t from, std::int64_t to,
                   const std::string* known);
  Result<void> wait_until_read(std::uint64_t failed_before);
  beat_read_progress progress() const;

  Instance& instance_;
  const beat_read_api& read_;
  const std::stop_token stop_;
  const std::chrono::seconds longest_;
};

}  // namespace anthropic_metrics::host
