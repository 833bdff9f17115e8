// SPDX-License-Identifier: Apache-2.0
// `component`: what an Elastic Agent starts. People start it only by installing it into an Agent.
#include "agent/component.hpp"

#include <fmt/format.h>

#include "commands/plugin_options.hpp"

namespace anthropic_metrics::host {
namespace {

class ComponentCommand : public Command {
 public:
  std::vector<Option> options() override {
    std::vector<Option> options = plugin_options(options_.plugin);
    options.push_back({.names = "-E",
                       .sentence = "Setting of the Agent; path.data is the folder to work in",
                       .value = &pairs_,
                       .type = "KEY=VALUE"});
    options.push_back({.names = "--period",
                       .sentence = "Seconds between two check-ins in which nothing changes",
                       .value = &period_s_,
                       .type = "SECONDS",
                       .shows_default = true,
                       .range = {1, 600}});
    return options;
  }

  Result<void> check() override {
    options_.period = std::chrono::seconds(period_s_);
    constexpr std::string_view place = "path.data=";
    for (const std::string& pair : pairs_)
      if (pair.starts_with(place)) options_.work_folder = pair.substr(place.size());
    return {};
  }

  Result<void> run(Log& log) override { return run_component(options_, log); }

 private:
  ComponentOptions options_;
  std::vector<std::string> pairs_;
  std::int64_t period_s_ =
      std::chrono::duration_cast<std::chrono::seconds>(options_.period).count();
};

const Registration registered({.name = "component",
                               .sentence = "Run below an Elastic Agent, which starts this itself",
                               .place = 90,
                               .make = make_command<ComponentCommand>});

}  // namespace
}  // namespace anthropic_metrics::host
