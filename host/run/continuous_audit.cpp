// SPDX-License-Identifier: Apache-2.0
#include "run/continuous_audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <limits>
#include <optional>

#include "base/octets.hpp"
#include "plugin_text.hpp"
#include "proof/time_text_of.hpp"
#include "run/audit_repair.hpp"
#include "run/held_instance.hpp"
#include "wait_unless.hpp"

namespace anthropic_metrics::host {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::size_t longest_problem = 300;

Instant now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string first_line(const std::vector<std::string>& lines) {
  return lines.empty() ? std::string() : excerpt(lines.front(), longest_problem);
}

}  // namespace

void ContinuousAudit::start(const std::vector<std::unique_ptr<Instance>>& instances) {
  instances_.clear();
  for (const auto& instance : instances)
    if (instance->spec().audit) instances_.push_back(instance.get());
  if (instances_.empty()) return;
  if (reading_of(plugin_.api()) == nullptr) {
    log_.warn(
        "the plugin reads no windows on request, so nothing is audited; install host and "
        "plugin of the same release");
    return;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void ContinuousAudit::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ContinuousAudit::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    for (Instance* instance : instances_) {
      if (stop.stop_requested()) return;
      const std::string& id = instance->spec().id;
      const auto due = due_.find(id);
      const bool first = due == due_.end();
      if (first ? instance->round() != Instance::Round::done : Clock::now() < due->second) continue;
      audit(*instance, stop);
      if (!stop.stop_requested()) due_[id] = Clock::now() + instance->spec().audit->every;
    }
    wait_unless(stop, look_every);
  }
}

void ContinuousAudit::audit(Instance& instance, const std::stop_token& stop) {
  AuditWish wish;
  wish.newest_day = true;
  const auto input = audit_of(instance.spec(), plugin_, wish, {}, stop, log_);
  if (!input) return host::tell(input.error(), log_);
  for (const std::string& problem : input->problems)
    log_.write(LogLevel::warn, "audit", instance.spec().id, problem);
  Found& all = found_[instance.spec().id];
  for (const AuditTask& task : input->tasks) {
    std::string organization;
    const AuditFound found = audit_one(instance, task, all[task.stream], organization, stop);
    if (stop.stop_requested()) return;
    all[task.stream] = found;
    tell(instance, task.stream, found);
    boost::json::object told;
    for (const auto& [stream, one] : all) told[stream] = to_json(one);
    instance.set_audit(boost::json::serialize(told));
    if (found.complete && !organization.empty())
      write(instance, found, task.stream, organization, stop);
  }
}

AuditFound ContinuousAudit::audit_one(Instance& instance, const AuditTask& task, AuditFound before,
                                      std::string& organization, const std::stop_token& stop) {
  AuditFound found;
  found.at = now().time_since_epoch().count();
  found.from = task.from;
  found.to = task.to;
  found.repaired_total = before.repaired_total;
  found.last_exact_to = before.last_exact_to;
  HeldInstance live(instance, *reading_of(plugin_.api()), stop);
  // What has changed since the last reading is no fault of the store.
  const auto read = live.read_newest(task.stream, task.from, task.to);
  if (!read) {
    found.problem = first_line(read.error().lines);
    return found;
  }
  StreamOutcome outcome = audit_stream(task);
  organization = outcome.organization;
  found.complete = outcome.problems.empty();
  found.problem = first_line(outcome.problems);
  found.differences = outcome.audit.different_rows;
  std::uint64_t left = found.differences;
  if (found.complete && left > 0 && instance.spec().audit->repair) {
    RepairTask repairing{task, organization, {}, &live};
    repairing.ship = ship_to(instance.sink(), instance.spec().targets, stop);
    const Repaired repaired = repair(repairing, outcome.audit.spans);
    if (repaired.corrections > 0) {
      outcome = audit_stream(task);
      left = outcome.audit.different_rows;
      found.repaired = found.differences - std::min(left, found.differences);
      found.repaired_total += found.repaired;
      found.problem = first_line(outcome.problems);
    }
    if (!repaired.problems.empty()) found.problem = first_line(repaired.problems);
  }
  if (found.complete && left == 0 && found.problem.empty()) found.last_exact_to = task.to;
  return found;
}

void ContinuousAudit::write(Instance& instance, const AuditFound& found, const std::string& stream,
                            const std::string& organization, const std::stop_token& stop) {
  const auto& targets = instance.spec().targets;
  const auto health = std::find_if(targets.begin(), targets.end(), [](const StreamTarget& target) {
    return target.name == "health" && target.on;
  });
  if (health == targets.end()) return;
  const AuditDocument document = document_of(found, stream, organization, *health);
  const std::string line = document.json + '\n';
  beat_doc doc{};
  doc.json = span_of(document.json);
  doc.id = span_of(document.id);
  doc.timestamp_ns = found.at * 1'000'000'000;
  doc.stream = static_cast<std::uint32_t>(health - targets.begin());
  doc.operation = BEAT_OP_CREATE;
  beat_batch batch{};
  batch.struct_size = sizeof(batch);
  batch.doc_stride = sizeof(doc);
  batch.id = std::numeric_limits<std::uint64_t>::max() - batch_++;  // no instance comes that far
  batch.docs = &doc;
  batch.doc_count = 1;
  batch.ndjson = span_of(line);
  const auto written = instance.sink().write(batch, targets, {.stop = stop});
  if (!written)
    log_.write(LogLevel::warn, "audit", instance.spec().id,
               "the result is not written: " + first_line(written.error().lines));
}

void ContinuousAudit::tell(const Instance& instance, const std::string& stream,
                           const AuditFound& found) {
  const std::string time =
      fmt::format("{} from {} until {}", stream, time_text(found.from), time_text(found.to));
  const std::string& input = instance.spec().id;
  if (!found.problem.empty())
    return log_.write(LogLevel::warn, "audit", input,
                      fmt::format("{} could not be {}: {}", time,
                                  found.complete ? "repaired" : "compared", found.problem));
  if (found.differences == 0)
    return log_.write(LogLevel::info, "audit", input, time + " is equal to the last digit");
  log_.write(LogLevel::warn, "audit", input,
             found.repaired > 0
                 ? fmt::format("{}: {} rows differed, {} of them are corrected", time,
                               found.differences, found.repaired)
                 : fmt::format("{}: {} rows differ; 'anthropic-metrics audit' lists them, with "
                               "--repair it mends them",
                               time, found.differences));
}

}  // namespace anthropic_metrics::host
