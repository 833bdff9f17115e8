// SPDX-License-Identifier: Apache-2.0
// `audit`: whether a store has what the API says, row by row; and what mends it where it has not.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/time_text.hpp"
#include "commands/host_answer.hpp"
#include "commands/policy_command.hpp"
#include "commands/print.hpp"
#include "proof/audit_json.hpp"
#include "proof/audit_text.hpp"
#include "run/audit_repair.hpp"
#include "run/audit_work.hpp"
#include "run/plan.hpp"
#include "run/stop_on_signal.hpp"
#include "run/workload.hpp"

namespace anthropic_metrics::host {
namespace {

// "usage,cost" and repeated options alike.
std::vector<std::string> names_in(const std::vector<std::string>& options) {
  std::vector<std::string> names;
  for (std::string_view rest : options)
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (comma > 0) names.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  return names;
}

Result<std::optional<Instant>> moment(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<Instant>();
  const auto read = parse_date_or_time(text);
  if (read) return std::optional(*read);
  return Failure{ExitCode::usage,
                 {fmt::format("{}: '{}' is no day such as 2026-10-01 and no time "
                              "such as 2026-10-01T06:00:00Z",
                              option, text)}};
}

// An input, and what was found of it.
struct Audited {
  const InstanceSpec* spec = nullptr;
  InputAudit input;
  std::vector<StreamOutcome> outcomes;  // of each task
};

class Audit : public PolicyCommand {
 public:
  std::vector<Option> options() override {
    auto options = PolicyCommand::options();
    options.push_back({.names = "--from",
                       .sentence = "Oldest day or time to compare; 30 days before the end if not "
                                   "given",
                       .value = &from_,
                       .type = "DATE"});
    options.push_back({.names = "--to",
                       .sentence = "Day or time to end before; the newest that the host has read "
                                   "if not given",
                       .value = &to_,
                       .type = "DATE"});
    options.push_back({.names = "--stream",
                       .sentence = "Only this stream; may be repeated; all whose documents add up "
                                   "if not given",
                       .value = &streams_,
                       .type = "NAME"});
    options.push_back({.names = "--files",
                       .sentence = "Compare this file of documents instead of what the output "
                                   "holds; may be repeated",
                       .value = &files_,
                       .type = "FILE"});
    options.push_back({.names = "--json", .sentence = "Print it as JSON", .value = &json_});
    options.push_back({.names = "--repair",
                       .sentence = "Say which corrections would make the store equal",
                       .value = &repair_});
    options.push_back({.names = "--yes", .sentence = "With --repair: write them", .value = &yes_});
    return options;
  }

  Result<void> check() override {
    const auto from = moment("--from", from_);
    if (!from) return from.error();
    const auto to = moment("--to", to_);
    if (!to) return to.error();
    wish_.from = *from;
    wish_.to = *to;
    wish_.streams = names_in(streams_);
    wish_.files.assign(files_.begin(), files_.end());
    if (wish_.from && wish_.to && *wish_.from >= *wish_.to)
      return Failure{ExitCode::usage,
                     {fmt::format("--from {} is not before --to {}; exchange them",
                                  format_rfc3339(*wish_.from), format_rfc3339(*wish_.to))}};
    if (yes_ && !repair_)
      return Failure{ExitCode::usage, {"--yes is of --repair; add that, or leave it out"}};
    if (repair_ && !files_.empty())
      return Failure{ExitCode::usage,
                     {"--repair writes to the policy's output; leave out --files, so that this is "
                      "what is compared"}};
    return PolicyCommand::check();
  }

  Result<void> run(Log& log) override {
    const auto plugin = find_plugin(settings_.plugin);
    if (!plugin) return plugin.error();
    if (auto known = check_streams(*plugin, wish_.streams); !known) return known;
    const auto plan = make_plan(settings_, *plugin, log);
    if (!plan) return plan.error();
    if (auto valid = Workload(*plugin, log, {}).validate(plan->specs); !valid) return valid;
    const StopOnSignal stop;
    const std::string status = status_of_host(*plan, log);
    for (const InstanceSpec& spec : plan->specs) {
      auto input = audit_of(spec, *plugin, wish_, status, stop.token(), log);
      if (!input) return input.error();
      add({&spec, std::move(*input), {}});
    }
    if (audited_.empty() && report_.problems.empty())
      return Failure{ExitCode::configuration,
                     {fmt::format("{}: no input collects a stream whose documents add up; switch "
                                  "one on, such as usage",
                                  settings_.policy_file.string())}};
    if (repair_) mend(*plugin, stop.token(), log);
    return print(log);
  }

 private:
  // Nothing if none runs: then nobody can say more than the settings do.
  std::string status_of_host(const Plan& plan, Log& log) {
    if (!plan.endpoint.enabled || plan.endpoint.port == 0) return {};
    RunSettings settings = settings_;
    settings.once_timeout = std::chrono::seconds(5);
    const auto answer = answer_of_host(settings, {}, "/status", log);
    return answer ? *answer : std::string();
  }

  void add(Audited audited) {
    const auto tell = [&](const std::vector<std::string>& problems) {
      report_.problems.insert(report_.problems.end(), problems.begin(), problems.end());
    };
    tell(audited.input.problems);
    for (const AuditTask& task : audited.input.tasks) {
      const bool first = report_.streams.empty();
      report_.from = first ? task.from : std::min(report_.from, task.from);
      report_.to = first ? task.to : std::max(report_.to, task.to);
      StreamOutcome outcome = audit_stream(task);
      tell(outcome.problems);
      report_.streams.push_back(outcome.audit);
      fields_.push_back(task.fields);
      audited.outcomes.push_back(std::move(outcome));
    }
    if (!audited.input.tasks.empty()) audited_.push_back(std::move(audited));
  }

  // Never writes if something was not compared: what is not known would be corrected away.
  void mend(const PluginLibrary& plugin, const std::stop_token& stop, Log& log) {
    const bool write = yes_ && report_.complete();
    if (yes_ && !write)
      report_.problems.emplace_back(
          "nothing is written, since not everything was compared; see to that first, or name what "
          "can be compared with --from, --to and --stream");
    RepairReport all;
    all.dry_run = !write;
    for (const Audited& audited : audited_) {
      std::vector<AuditedStream> streams;
      for (std::size_t i = 0; i < audited.input.tasks.size(); ++i)
        if (audited.outcomes[i].problems.empty())
          streams.push_back({&audited.input.tasks[i], &audited.outcomes[i]});
      const auto done = repair_input(*audited.spec, plugin, streams, write, stop, log);
      if (!done) {
        const Failure failure = done.error();
        report_.problems.insert(report_.problems.end(), failure.lines.begin(), failure.lines.end());
        continue;
      }
      all.documents += done->documents;
      all.different_rows_after += done->different_rows_after;
      all.problems.insert(all.problems.end(), done->problems.begin(), done->problems.end());
    }
    report_.repair = all;
  }

  Result<void> print(const Log& log) const {
    const std::string text =
        log.redacted(json_ ? json_of(report_, fields_) : text_of(report_, fields_));
    if (auto printed = print_whole(text, "audit"); !printed) return printed;
    if (!report_.complete()) return Failure{ExitCode::not_compared};
    if (!report_.equal()) return Failure{ExitCode::different};
    return {};
  }

  std::string from_, to_;
  std::vector<std::string> streams_, files_;
  bool json_ = false, repair_ = false, yes_ = false;
  AuditWish wish_;
  AuditReport report_;
  std::vector<RowFields> fields_;  // of each stream of the report
  std::vector<Audited> audited_;
};

const Registration registered({.name = "audit",
                               .sentence = "Compare a store with the API, and repair it",
                               .place = 3,
                               .make = make_command<Audit>});

}  // namespace
}  // namespace anthropic_metrics::host
