// SPDX-License-Identifier: Apache-2.0
// The instances that are running and the sinks they write to, and the way from one policy to the
// next: what did not change runs on, what changed is restarted, and if the new does not start, the
// old does.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "failure.hpp"
#include "run/instance.hpp"
#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

class Workload {
 public:
  // References must outlive the workload.
  Workload(const PluginLibrary& plugin, Log& log, InstanceEvents events);

  // Asks the plugin about every configuration without starting anything.
  Result<void> validate(const std::vector<InstanceSpec>& specs) const;

  // Stops what is not wanted any more, starts what is new. On failure what ran before runs again,
  // as far as it can. Stopping may wait for a plugin's name lookup; abandon is asked meanwhile, and
  // if it says true the change ends with a failure without lines.
  Result<void> change_to(const std::vector<InstanceSpec>& specs,
                         const std::function<bool()>& abandon);

  // Stops everything, at most this long. False: a plugin call does not return, and the process must
  // leave without running destructors.
  bool stop(std::chrono::milliseconds longest);

  // Outputs let go of their files and open what stands under their names by then. Does not wait.
  void reopen_outputs();

  // For the thread that changes the workload.
  const std::vector<std::unique_ptr<Instance>>& instances() const { return instances_; }

  // For any other: shows all that is there at this moment. Changes wait meanwhile, so visits must
  // be short. During a change what is being stopped is not shown.
  struct Visit {
    std::function<void(const Instance&)> instance;
    std::function<void(const Output&, const Sink&, const std::vector<const Instance*>& writers)>
        output;
  };
  void look(const Visit& visit) const;

 private:
  Sink& sink_for(const OutputPtr& output);
  Result<void> start(const InstanceSpec& spec);
  void drop_unused_sinks();
  // Ends the instances of which this is true.
  void end(const std::function<bool(const Instance&)>& whether);

  struct NamedSink {
    OutputPtr output;
    std::unique_ptr<Sink> sink;
  };
  const PluginLibrary& plugin_;
  Log& log_;
  const InstanceEvents events_;
  Workers workers_;  // outlives the instances
  // One thread changes these two, with the mutex; others read them with it.
  mutable std::mutex mutex_;
  std::vector<NamedSink> sinks_;  // outlive the instances that write to them
  std::vector<std::unique_ptr<Instance>> instances_;
};

}  // namespace anthropic_metrics::host
