// SPDX-License-Identifier: Apache-2.0
// `backfill`: a run of history alone, which ends when all of it is there.
#include "commands/policy_command.hpp"

namespace anthropic_metrics::host {
namespace {

class Backfill : public PolicyCommand {
 public:
  std::vector<Option> options() override {
    auto options = PolicyCommand::options();
    options.push_back({.names = "--from",
                       .sentence = "Oldest day to collect, such as 2026-01-01, or a time",
                       .value = &wish_.from,
                       .type = "DATE",
                       .required = true});
    options.push_back({.names = "--stream",
                       .sentence = "Only this stream; every stream that has history if not given",
                       .value = &wish_.stream,
                       .type = "NAME"});
    options.push_back(timeout_option("Stop after this many seconds; run again to go on", 86'400));
    return options;
  }

  Result<void> check() override {
    settings_.once = true;
    settings_.history = wish_;
    return PolicyCommand::check();
  }

 private:
  HistoryWish wish_;
};

const Registration registered(
    {.name = "backfill",
     .sentence = "Collect the history that a policy's streams do not hold yet, and end",
     .place = 2,
     .make = make_command<Backfill>});

}  // namespace
}  // namespace anthropic_metrics::host
