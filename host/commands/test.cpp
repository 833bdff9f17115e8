// SPDX-License-Identifier: Apache-2.0
// `test config`, `test output`: whether a policy is right, and whether what it writes to takes it.
// Nothing is collected.
#include <fmt/format.h>

#include "commands/policy_command.hpp"
#include "run/plan.hpp"
#include "run/workload.hpp"

namespace anthropic_metrics::host {
namespace {

std::vector<StreamTarget> collected(const InstanceSpec& spec) {
  std::vector<StreamTarget> on = spec.targets;
  std::erase_if(on, [](const StreamTarget& target) { return !target.on; });
  return on;
}

// Each output of the plan once, with the data streams of all inputs that use it.
std::vector<std::pair<OutputPtr, std::vector<StreamTarget>>> outputs_of(const Plan& plan) {
  std::vector<std::pair<OutputPtr, std::vector<StreamTarget>>> list;
  for (const InstanceSpec& spec : plan.specs) {
    auto known = std::find_if(list.begin(), list.end(),
                              [&](const auto& one) { return same(one.first, spec.output); });
    if (known == list.end()) known = list.insert(list.end(), {spec.output, {}});
    for (const StreamTarget& target : collected(spec))
      if (std::find(known->second.begin(), known->second.end(), target) == known->second.end())
        known->second.push_back(target);
  }
  return list;
}

class Test : public PolicyCommand {
 public:
  std::vector<Option> options() override {
    std::vector<Option> options{
        {.names = "what",
         .sentence = "config: the policy is read and checked; output: its outputs are tried, too",
         .value = &what_,
         .required = true,
         .words = {"config", "output"}}};
    for (Option& option : PolicyCommand::options()) options.push_back(std::move(option));
    return options;
  }

  Result<void> run(Log& log) override {
    const auto plugin = find_plugin(settings_.plugin);
    if (!plugin) return plugin.error();
    const auto plan = make_plan(settings_, *plugin, log);
    if (!plan) return plan.error();
    const Workload workload(*plugin, log, {});
    if (auto valid = workload.validate(plan->specs); !valid) return valid;
    for (const InstanceSpec& spec : plan->specs)
      fmt::print("input '{}': fine, {} data streams to output '{}'\n", spec.id,
                 collected(spec).size(), spec.output->name());
    return what_ == "config" ? Result<void>() : try_outputs(*plan, log);
  }

 private:
  // All of them, whatever is wrong with one.
  static Result<void> try_outputs(const Plan& plan, Log& log) {
    Failure all{ExitCode::ok};
    for (const auto& [output, targets] : outputs_of(plan)) {
      const auto told = output->test(targets, log);
      if (!told) {
        all.code = told.error().code;
        all.add(told.error());
        continue;
      }
      fmt::print("output '{}': fine\n", output->name());
      for (const std::string& line : *told) fmt::print("  {}\n", log.redacted(line));
    }
    if (all.lines.empty()) return {};
    return all;
  }

  std::string what_;
};

const Registration registered({.name = "test",
                               .sentence = "Check a policy, or try what it writes to",
                               .place = 2,
                               .make = make_command<Test>});

}  // namespace
}  // namespace anthropic_metrics::host
