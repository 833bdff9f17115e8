// SPDX-License-Identifier: Apache-2.0
// `run`: collects as a policy says, until a signal or, with --once, the end of the round.
#include "commands/policy_command.hpp"

namespace anthropic_metrics::host {
namespace {

class Run : public PolicyCommand {
 public:
  std::vector<Option> options() override {
    auto options = PolicyCommand::options();
    options.push_back(
        {.names = "--once",
         .sentence = "End when every stream has succeeded once and everything is written",
         .value = &settings_.once});
    options.push_back(timeout_option("With --once: give up after this many seconds",
                                     settings_.once_timeout.count()));
    return options;
  }
};

const Registration registered({.name = "run",
                               .sentence = "Collect as a policy file says, until stopped",
                               .place = 1,
                               .make = make_command<Run>});

}  // namespace
}  // namespace anthropic_metrics::host
