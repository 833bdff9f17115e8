// SPDX-License-Identifier: Apache-2.0
// `agent`: makes this program a component of an Elastic Agent on this machine, and takes it away.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/printable.hpp"
#include "commands/agent_daemon.hpp"
#include "commands/plugin_options.hpp"
#include "placement/agent_tree.hpp"
#include "placement/placement.hpp"
#include "placement/uninstalled.hpp"

namespace anthropic_metrics::host {
namespace {

// Whoever watches sees how far it is.
void say(const std::string& line) {
  fmt::print("{}\n", printable(line));
  std::fflush(stdout);
}

std::string name_of(const AgentVersion& version) {
  return version.name() + (version.current ? " (current)" : "");
}

std::string words_for(Placed placed, const std::string& former) {
  const std::string instead = former.empty() || former == AM_VERSION ? "" : " instead of " + former;
  switch (placed) {
    case Placed::anew:
      return "placed " AM_VERSION;
    case Placed::replaced:
      return "placed " AM_VERSION + instead;
    case Placed::unchanged:
      return AM_VERSION " stands there already";
    case Placed::newer_kept:
      break;
  }
  return former + " stands there and is newer";
}

std::string words_for(const FoundComponent& found) {
  if (found.nothing()) return "nothing of ours";
  const std::string version =
      found.version.empty() ? "a version that does not say its number" : found.version;
  if (found.complete()) return version;
  if (found.spec && !found.program)
    return version + ", without its program: an Agent does not start from there; install again";
  if (!found.spec) return "an interrupted installation, which the Agent ignores; install again";
  return version + ", without its library; install again";
}

void say_part(const AgentPart& part, std::string_view indent) {
  say(fmt::format("{}{}: {}{}{}", indent, part.id, agent_state_name(part.state),
                  part.message.empty() ? "" : ", ", part.message));
}

void say_state(const AgentState& state) {
  say(fmt::format("  the Agent answers: version {}, {}", state.version,
                  agent_state_name(state.state)));
  for (const AgentComponent& component : state.ours) {
    say_part(component.part, "  ");
    for (const AgentPart& unit : component.units) say_part(unit, "    ");
  }
}

constexpr const char* in_no_policy =
    "  no policy of this Agent has an input anthropic_metrics: add the integration in Kibana to "
    "the "
    "policy of this Agent";

class Agent : public Command {
 public:
  std::vector<Option> options() override {
    std::vector<Option> options{
        {.names = "what",
         .sentence = "install: put this program into the Agent and restart that; uninstall: take "
                     "it away; status: what lies there, and what the Agent says of it",
         .value = &what_,
         .required = true,
         .words = {"install", "uninstall", "status"}},
        {.names = "--agent",
         .sentence = "The Agent's folder, if it is not in a usual place",
         .value = &agent_,
         .type = "DIR"},
        {.names = "--no-restart",
         .sentence = "Change files only; the Agent sees them at its next start",
         .value = &no_restart_},
        {.names = "--timeout",
         .sentence = "Wait for the Agent so many seconds at most",
         .value = &timeout_,
         .type = "SECONDS",
         .shows_default = true,
         .range = {1, 3600}}};
    for (Option& option : plugin_options(plugin_)) options.push_back(std::move(option));
    return options;
  }

  Result<void> run(Log&) override {
    const auto tree = find_agent(agent_);
    if (!tree) return tree.error();
    say(fmt::format("Elastic Agent in {}", tree->top.string()));
    if (what_ == "status") return status(*tree);
    return what_ == "install" ? install(*tree) : uninstall(*tree);
  }

 private:
  std::chrono::seconds timeout() const { return std::chrono::seconds(timeout_); }

  Result<ComponentFiles> files_for(const AgentTree& tree) const {
    const auto plugin = find_plugin(plugin_);
    if (!plugin) return plugin.error();
    if (plugin->version() != AM_VERSION) {
      return Failure{
          ExitCode::wrong_abi,
          {fmt::format("the plugin {} is of version {}, this program of {}; install both "
                       "of one release",
                       plugin->file().string(), plugin->version(), AM_VERSION)}};
    }
    auto files = ComponentFiles::open("/proc/self/exe", plugin->file(), AM_VERSION);
    for (const AgentVersion& version : tree.versions) {
      if (!files) break;
      if (auto fits = files->fits(version.folder / "elastic-agent"); !fits) return fits.error();
    }
    return files;
  }

  Result<void> install(const AgentTree& tree) {
    const auto files = files_for(tree);
    if (!files) return files.error();
    for (const AgentVersion& version : tree.versions)
      if (auto free = check_rivals(version.components()); !free) return free;
    bool changed = false;
    for (const AgentVersion& version : tree.versions) {
      const std::string former = look_into(version.components()).version;
      const auto done = place(*files, version.components(), Newer::replace);
      if (!done) return done.error();
      say(fmt::format("  {}: {}", name_of(version), words_for(*done, former)));
      changed = changed || *done != Placed::unchanged;
    }
    if (!tree.data.empty()) UninstalledMark::clear(tree.data);
    const AgentDaemon daemon(tree.program);
    if (no_restart_) {
      say("Not restarted; the Agent sees the component at its next start.");
      return {};
    }
    if (!changed) {
      const auto now = daemon.state(timeout());
      if (now && now->ours_are_healthy()) {
        say_state(*now);
        say("Nothing had to be done.");
        return {};
      }
    }
    return restart_for(daemon);
  }

  Result<void> restart_for(const AgentDaemon& daemon) const {
    const auto state = restarted(daemon, "What was placed stays.");
    if (!state) return state.error();
    if (state->ours.empty() && !state->is_starting()) {
      say(in_no_policy);
      return {};
    }
    if (state->ours_are_healthy()) return {};
    if (state->is_starting())
      return Failure{ExitCode::not_finished,
                     {fmt::format("the Elastic Agent is still {} after {} s; look again with "
                                  "'anthropic-metrics agent status'",
                                  agent_state_name(state->state), timeout_)}};
    return Failure{ExitCode::unhealthy,
                   {"the Elastic Agent is not content with the component; its message above says "
                    "why, docs/elastic-agent.md what to do"}};
  }

  Result<AgentState> restarted(const AgentDaemon& daemon, const char* if_not) const {
    say("Restarting the Agent ...");
    auto state = daemon.restart(timeout());
    if (state)
      say_state(*state);
    else
      say(fmt::format("  that did not work. {}", if_not));
    return state;
  }

  Result<void> uninstall(const AgentTree& tree) {
    if (!tree.data.empty()) {
      if (auto marked = UninstalledMark::set(tree.data); !marked) return marked;
    }
    bool any = false;
    for (const AgentVersion& version : tree.versions) {
      const auto taken = take_away(version.components());
      if (!taken) {
        if (!tree.data.empty()) UninstalledMark::clear(tree.data);  // what is left keeps itself
        return taken.error();
      }
      say(fmt::format("  {}: {}", name_of(version), *taken ? "taken away" : "nothing of ours"));
      any = any || *taken;
    }
    if (!any) return {};
    if (no_restart_) {
      say("Not restarted; a component that runs goes on until the Agent's next start.");
      return {};
    }
    const auto state = restarted(AgentDaemon(tree.program),
                                 "What was taken away is gone; a component that runs goes on until "
                                 "the Agent's next start.");
    if (!state) return state.error();
    if (!state->ours.empty())
      say("  the Agent's policy still has the integration: remove it in Kibana, or the Agent stays "
          "unhealthy");
    return {};
  }

  Result<void> status(const AgentTree& tree) const {
    bool fine = true;
    for (const AgentVersion& version : tree.versions) {
      const FoundComponent found = look_into(version.components());
      say(fmt::format("  {}: {}", name_of(version), words_for(found)));
      fine = fine && (found.complete() || (found.nothing() && !version.current));
    }
    say(fmt::format("This program is {}.", AM_VERSION));
    const auto state = AgentDaemon(tree.program).state(timeout());
    if (!state) return state.error();
    say_state(*state);
    if (state->ours.empty()) say(in_no_policy);
    if (fine && (state->ours.empty() || state->ours_are_healthy())) return {};
    return Failure{ExitCode::unhealthy};
  }

  std::string what_;
  std::filesystem::path agent_;
  bool no_restart_ = false;
  int timeout_ = 60;
  PluginPlace plugin_;
};

const Registration registered(
    {.name = "agent",
     .sentence = "Run inside an Elastic Agent: install, uninstall, status",
     .place = 3,
     .make = make_command<Agent>});

}  // namespace
}  // namespace anthropic_metrics::host
