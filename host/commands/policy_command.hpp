// SPDX-License-Identifier: Apache-2.0
// What commands that run a policy share: their options. Beats-style "-E key=value" is understood.
#pragma once

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
  RunSettings settings_;

 private:
  std::vector<std::string> pairs_;
};

}  // namespace anthropic_metrics::host
