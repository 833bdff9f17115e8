// SPDX-License-Identifier: Apache-2.0
#include "run/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <tuple>

#include "plugin_failure.hpp"

namespace anthropic_metrics::host {
namespace {

// Another output than before for the same files.
bool changed_on_the_same_files(const OutputPtr& now, const OutputPtr& before) {
  return !same(now, before) && now->clash_with(*before).has_value();
}

}  // namespace

Workload::Workload(const PluginLibrary& plugin, Log& log, InstanceEvents events)
    : plugin_(plugin), log_(log), events_(std::move(events)) {}

Result<void> Workload::validate(const std::vector<InstanceSpec>& specs) const {
  Failure all{ExitCode::configuration};
  for (const InstanceSpec& spec : specs) {
    std::array<char, 16 * 1024> error{};
    const beat_status status = spec.config->expose([&](std::string_view config) {
      return plugin_.api().validate({config.data(), config.size()}, error.data(), error.size());
    });
    if (status >= 0) continue;
    error.back() = '\0';
    const Failure one = plugin_failure(status, spec.id, error.data(), log_);
    if (all.lines.empty()) all.code = one.code;
    all.lines.insert(all.lines.end(), one.lines.begin(), one.lines.end());
  }
  if (all.lines.empty()) return {};
  return all;
}

Sink& Workload::sink_for(const OutputPtr& output) {
  for (NamedSink& named : sinks_) {
    if (same(named.output, output)) return *named.sink;
  }
  NamedSink fresh{output, output->make_sink(log_)};
  const std::lock_guard lock(mutex_);
  sinks_.push_back(std::move(fresh));
  return *sinks_.back().sink;
}

Result<void> Workload::start(const InstanceSpec& spec) {
  InstanceTiming timing;
  std::tie(timing.first_retry, timing.longest_retry) = spec.output->backoff();
  auto instance = std::make_unique<Instance>(spec, plugin_.api(), sink_for(spec.output), workers_,
                                             log_, timing, events_);
  if (auto started = instance->start(); !started) return started;
  const std::lock_guard lock(mutex_);
  instances_.push_back(std::move(instance));
  return {};
}

Result<void> Workload::change_to(const std::vector<InstanceSpec>& specs,
                                 const std::function<bool()>& abandon) {
  const auto wanted = [&](const InstanceSpec& spec) {
    return std::find(specs.begin(), specs.end(), spec) != specs.end();
  };
  // A changed output may mean the same files: everyone who writes to them must let go first.
  const auto shares_changed_files = [&](const Instance& instance) {
    return std::any_of(specs.begin(), specs.end(), [&](const InstanceSpec& spec) {
      return changed_on_the_same_files(spec.output, instance.spec().output);
    });
  };
  std::vector<InstanceSpec> stopped;
  std::vector<std::unique_ptr<Instance>> staying;
  std::vector<std::unique_ptr<Instance>> leaving;
  std::unique_lock lock(mutex_);
  for (auto& instance : instances_) {
    const bool stays = wanted(instance->spec()) && !shares_changed_files(*instance);
    if (!stays) instance->request_stop();
    (stays ? staying : leaving).push_back(std::move(instance));
  }
  instances_ = std::move(staying);
  lock.unlock();
  for (const auto& instance : leaving) {
    stopped.push_back(instance->spec());
    while (!instance->wait_stopped(std::chrono::milliseconds(50))) {
      if (!abandon()) continue;
      lock.lock();
      std::move(leaving.begin(), leaving.end(), std::back_inserter(instances_));
      return Failure{ExitCode::internal};
    }
  }
  leaving.clear();
  drop_unused_sinks();

  std::vector<InstanceSpec> started;
  for (const InstanceSpec& spec : specs) {
    const auto running =
        std::find_if(instances_.begin(), instances_.end(),
                     [&](const auto& instance) { return instance->spec() == spec; });
    if (running != instances_.end()) {
      (*running)->set_log_level(spec.log_level);
      continue;
    }
    const auto begun = start(spec);
    if (begun) {
      started.push_back(spec);
      continue;
    }
    Failure failure = begun.error();
    // Back to what ran before.
    end([&](const Instance& instance) {
      return std::find(started.begin(), started.end(), instance.spec()) != started.end();
    });
    drop_unused_sinks();
    for (const InstanceSpec& former : stopped) {
      if (const auto again = start(former); !again) failure.add(again.error());
    }
    return failure;
  }
  return {};
}

bool Workload::stop(std::chrono::milliseconds longest) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  for (const auto& instance : instances_) instance->request_stop();
  for (const auto& instance : instances_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (!instance->wait_stopped(std::max(left, std::chrono::milliseconds(0)))) return false;
  }
  end([](const Instance&) { return true; });
  return true;
}

void Workload::end(const std::function<bool(const Instance&)>& whether) {
  std::vector<std::unique_ptr<Instance>> ending;  // waits for its threads, without the lock
  const std::lock_guard lock(mutex_);
  const auto first = std::stable_partition(
      instances_.begin(), instances_.end(),
      [&](const std::unique_ptr<Instance>& instance) { return !whether(*instance); });
  std::move(first, instances_.end(), std::back_inserter(ending));
  instances_.erase(first, instances_.end());
}

void Workload::look(const Visit& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& instance : instances_) visit.instance(*instance);
  for (const NamedSink& named : sinks_) {
    std::vector<const Instance*> writers;
    for (const auto& instance : instances_)
      if (same(instance->spec().output, named.output)) writers.push_back(instance.get());
    visit.output(*named.output, *named.sink, writers);
  }
}

void Workload::reopen_outputs() {
  for (const NamedSink& named : sinks_) named.sink->reopen();
}

void Workload::drop_unused_sinks() {
  std::vector<NamedSink> unused;  // goes without the lock
  const std::lock_guard lock(mutex_);
  const auto first =
      std::stable_partition(sinks_.begin(), sinks_.end(), [&](const NamedSink& named) {
        return std::any_of(instances_.begin(), instances_.end(), [&](const auto& instance) {
          return same(instance->spec().output, named.output);
        });
      });
  std::move(first, sinks_.end(), std::back_inserter(unused));
  sinks_.erase(first, sinks_.end());
}

}  // namespace anthropic_metrics::host
