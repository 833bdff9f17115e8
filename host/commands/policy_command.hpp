// SPDX-License-Identifier: Apache-2.0
// What commands that run a policy share: their options. Beats-style "-E key=value" is understood.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "commands/command.hpp"
#include "run/runner.hpp"

namespace anthropic_metrics::host {

class PolicyCommand : public Command {
 public:
  PolicyCommand();
  std::vector<Option> options() override;
  Result<void> check() override;
  Result<void> run(Log& log) override { return host::run(settings_, log); }
  const RunSettings& settings() const { return settings_; }

 protected:
  // --timeout: how many seconds the command runs at most, `usual` if nobody says.
  Option timeout_option(std::string sentence, std::int64_t usual);

  RunSettings settings_;

 private:
  std::int64_t timeout_s_ = settings_.once_timeout.count();
  std::vector<std::string> pairs_;
};

}  // namespace anthropic_metrics::host
