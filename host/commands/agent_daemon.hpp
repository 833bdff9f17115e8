// SPDX-License-Identifier: Apache-2.0
// A running Elastic Agent, asked and restarted through its own program. Source for the form of its
// answers: an Agent of 2026-08.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"

namespace anthropic_metrics::host {

// A component or one of its units, as the Agent sees it.
struct AgentPart {
  std::string id;
  int state = 0;
  std::string message;

  bool operator==(const AgentPart&) const = default;
};

struct AgentComponent {
  AgentPart part;
  std::vector<AgentPart> units;

  bool is_healthy() const;
  bool operator==(const AgentComponent&) const = default;
};

struct AgentState {
  std::string version;
  int state = 0;
  std::string message;
  std::vector<AgentComponent> ours;  // the components that are this program

  bool is_starting() const;
  bool ours_are_healthy() const;
};

// HEALTHY, FAILED and so on, as the Agent prints them.
std::string_view agent_state_name(int state);

Result<AgentState> read_agent_state(std::string_view json);

class AgentDaemon {
 public:
  // The Agent's program; empty: there is none, and every question is refused.
  explicit AgentDaemon(std::filesystem::path program) : program_(std::move(program)) {}

  Result<AgentState> state(std::chrono::milliseconds longest) const;

  // Restarts it and waits until it has made up its mind about our component: healthy, in no policy,
  // or something else that stays. The last state that was seen.
  Result<AgentState> restart(std::chrono::milliseconds longest) const;

 private:
  struct Said {
    std::string text;
    int status = 0;
  };
  Result<Said> ask(const std::vector<std::string>& words, std::chrono::milliseconds longest) const;
  Failure no_answer(std::string_view said) const;

  std::filesystem::path program_;
};

}  // namespace anthropic_metrics::host
