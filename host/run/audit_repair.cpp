// SPDX-License-Identifier: Apache-2.0
#include "run/audit_repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>
#include <tuple>
#include <utility>

#include "outputs/route.hpp"
#include "proof/reading_config.hpp"
#include "run/held_instance.hpp"
#include "run/instance.hpp"

namespace anthropic_metrics::host {
namespace {

bool has_state(const InstanceSpec& spec) {
  const std::string path = state_path_of(spec.config);
  std::error_code error;
  return !path.empty() && std::filesystem::exists(path, error) &&
         !std::filesystem::is_empty(path, error);
}

// Another process has the state: it must do the repair, or let go.
Failure taken(Failure failure) {
  if (failure.code == ExitCode::state_unavailable)
    failure.lines.emplace_back(
        "while a host runs, its ledger is told by the host itself: set audit: {every: 24h, repair: "
        "true} for the input, or stop the host and run this again");
  return failure;
}

// An instance with the policy's state, for as long as a repair takes.
class OwnInstance {
 public:
  OwnInstance(const InstanceSpec& spec, const PluginLibrary& plugin, Sink& sink, Log& log)
      : instance_(spec, plugin.api(), sink, workers_, log, timing_of(spec)) {}
  ~OwnInstance() {
    instance_.request_stop();
    while (!instance_.wait_stopped(std::chrono::seconds(1))) {
    }
  }
  OwnInstance(const OwnInstance&) = delete;
  OwnInstance& operator=(const OwnInstance&) = delete;

  Instance& get() { return instance_; }

 private:
  static InstanceTiming timing_of(const InstanceSpec& spec) {
    InstanceTiming timing;
    std::tie(timing.first_retry, timing.longest_retry) = spec.output->backoff();
    return timing;
  }

  Workers workers_;
  Instance instance_;
};

// What was touched, compared again.
Result<std::uint64_t> rows_that_differ(const AuditedStream& audited) {
  const auto& spans = audited.outcome->audit.spans;
  if (spans.empty()) return std::uint64_t{0};
  AuditTask again = *audited.task;
  for (const Span& span : spans) {
    const bool first = &span == &spans.front();
    again.from = first ? span.from : std::min(again.from, span.from);
    again.to = first ? span.to : std::max(again.to, span.to);
  }
  const StreamOutcome outcome = audit_stream(again);
  if (!outcome.problems.empty()) return Failure{ExitCode::not_compared, outcome.problems};
  return outcome.audit.different_rows;
}

}  // namespace

Ship ship_to(Sink& sink, const std::vector<StreamTarget>& targets, const std::stop_token& stop) {
  return [&sink, &targets, stop](const beat_batch& batch) -> Result<std::vector<std::uint32_t>> {
    auto written = sink.write(batch, targets_in(batch, targets), {.stop = stop});
    if (!written) return written.error();
    return std::move(written->rejected);
  };
}

Result<RepairReport> repair_input(const InstanceSpec& spec, const PluginLibrary& plugin,
                                  const std::vector<AuditedStream>& streams, bool write,
                                  const std::stop_token& stop, Log& log) {
  RepairReport report;
  report.dry_run = !write;
  const bool any = std::any_of(streams.begin(), streams.end(), [](const AuditedStream& audited) {
    return !audited.outcome->audit.spans.empty();
  });
  if (!any) return report;

  std::unique_ptr<Sink> sink;
  std::unique_ptr<OwnInstance> own;
  std::unique_ptr<HeldInstance> live;
  if (write) {
    sink = spec.output->make_sink(log);
    if (has_state(spec)) {
      own = std::make_unique<OwnInstance>(spec, plugin, *sink, log);
      if (auto started = own->get().start(); !started) return taken(started.error());
      live = std::make_unique<HeldInstance>(own->get(), *reading_of(plugin.api()), stop);
    }
  }
  for (const AuditedStream& audited : streams) {
    RepairTask task{*audited.task, audited.outcome->organization, {}, live.get()};
    if (write) task.ship = ship_to(*sink, spec.targets, stop);
    const Repaired done = repair(task, audited.outcome->audit.spans);
    report.documents += done.corrections;
    report.problems.insert(report.problems.end(), done.problems.begin(), done.problems.end());
  }
  live.reset();
  own.reset();  // what it has is delivered
  if (!write) return report;
  for (const AuditedStream& audited : streams) {
    const auto left = rows_that_differ(audited);
    if (!left) return left.error();
    report.different_rows_after += *left;
  }
  return report;
}

}  // namespace anthropic_metrics::host
