// SPDX-License-Identifier: Apache-2.0
// What the parts of policy parsing share, types of outputs among them: typed access to settings
// that records a fault instead of failing, and variable substitution over a tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.hpp"

namespace anthropic_metrics::host {

struct PolicyContext {
  const Variables& variables;
  Policy& policy;
  std::vector<Fault>& faults;

  void fault(const Place& place, std::string path, std::string fact, std::string expected,
             std::string remedy);
  void note(LogLevel level, std::string text);

  // Each returns nothing if the key is missing or null, and, with a fault, if it has another type.
  std::optional<std::string> text(const Node& map, std::string_view key, const std::string& path);
  std::optional<bool> boolean(const Node& map, std::string_view key, const std::string& path);
  std::optional<std::uint64_t> whole(const Node& map, std::string_view key, const std::string& path,
                                     std::uint64_t least, std::uint64_t most);

  // Replaces ${...} in every text below node but in `condition`. Returns the variables that do not
  // exist; malformed ones are faults.
  std::vector<std::string> substitute_in(Node& node, const std::string& path);
};

// "true", "a number", "a list": what a fault says about a value without quoting it.
std::string kind_of(const Node& node);
// "a, b, c"
std::string joined(const std::vector<std::string>& words);
// Index-name rules for the parts of a data stream's name; empty if fine, else what is wrong.
std::string data_stream_part_error(std::string_view part);

// Reads one entry of outputs; nothing if it is faulty.
OutputPtr parse_output(PolicyContext& context, const std::string& name, Node node,
                       const std::string& path);
// Reads http.* and agent.monitoring.http.* into the policy; the former wins.
void read_endpoint(PolicyContext& context, const Node& root);
// Reads one entry of inputs[]; nothing if it is not ours, disabled, dropped or faulty. outputs is
// the policy's raw `outputs` map, parsed only for the names that inputs use.
std::optional<Input> parse_input(PolicyContext& context, Node node, const std::string& path,
                                 const Node* outputs);

}  // namespace anthropic_metrics::host
