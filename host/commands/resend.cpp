// SPDX-License-Identifier: Apache-2.0
// `resend`: documents that a store had refused for good go out once more, after somebody has seen
// to the reason.
#include <fmt/format.h>

#include "commands/policy_command.hpp"
#include "outputs/dead_letter_round.hpp"
#include "outputs/elasticsearch.hpp"
#include "run/plan.hpp"

namespace anthropic_metrics::host {
namespace {

class Resend : public PolicyCommand {
 public:
  Result<void> run(Log& log) override {
    const auto plugin = find_plugin(settings_.plugin);
    if (!plugin) return plugin.error();
    const auto plan = make_plan(settings_, *plugin, log);
    if (!plan) return plan.error();
    std::vector<OutputPtr> done;
    Failure all{ExitCode::sink_failed};
    for (const InstanceSpec& spec : plan->specs) {
      const auto known = [&](const OutputPtr& other) { return same(other, spec.output); };
      const auto* store = dynamic_cast<const ElasticsearchOutput*>(spec.output.get());
      if (store == nullptr || std::any_of(done.begin(), done.end(), known)) continue;
      done.push_back(spec.output);
      if (auto sent = send_of(*store, log); !sent) all.add(sent.error());
    }
    if (done.empty())
      return Failure{ExitCode::configuration,
                     {fmt::format("{}: no input uses an output of type elasticsearch; only such "
                                  "outputs have dead letters",
                                  settings_.policy_file.string())}};
    if (all.lines.empty()) return {};
    return all;
  }

 private:
  static Result<void> send_of(const ElasticsearchOutput& output, Log& log) {
    const BulkSettings& bulk = output.bulk();
    const DeadLetters letters(output.name(), bulk.dead_letter_path, bulk.dead_letter_max_kb * 1024);
    const auto sink = output.make_sink(log);
    const auto sent = send_again(letters, *sink);
    if (!sent) return sent.error();
    fmt::print("output '{}': {} sent again, {} refused again\n", output.name(), sent->taken,
               sent->refused);
    if (sent->refused == 0) return {};
    return Failure{ExitCode::sink_failed,
                   {fmt::format("output '{}': {} still refused; {} says why", output.name(),
                                sent->refused == 1 ? "1 document is"
                                                   : fmt::format("{} documents are", sent->refused),
                                letters.file().string())}};
  }
};

const Registration registered({.name = "resend",
                               .sentence = "Send documents again that a store had refused for good",
                               .place = 4,
                               .make = make_command<Resend>});

}  // namespace
}  // namespace anthropic_metrics::host
