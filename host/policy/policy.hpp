// SPDX-License-Identifier: Apache-2.0
// A standalone Elastic Agent policy, reduced to what this host runs. Parsing is pure: texts and
// variables in, a policy or every fault at once out. Reading files is policy_file's job.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "log.hpp"
#include "policy/audit_settings.hpp"
#include "policy/endpoint_settings.hpp"
#include "policy/fault.hpp"
#include "policy/output.hpp"
#include "policy/settings_tree.hpp"
#include "policy/variables.hpp"

namespace anthropic_metrics::host {

inline constexpr std::string_view input_type = "anthropic_metrics";

struct StreamSpec {
  std::string name;                           // usage
  std::optional<std::string> data_namespace;  // when the stream says another than its input
  boost::json::object settings;               // free keys, for the plugin
};

struct Input {
  std::string id;
  OutputPtr output;
  std::string data_namespace = "default";
  std::optional<LogLevel> log_level;
  std::optional<AuditSettings> audit;              // by the running host
  boost::json::object settings;                    // free keys, for the plugin
  std::optional<std::vector<StreamSpec>> streams;  // only the enabled ones; nothing: all defaults
};

// Something the reader of the log should know that does not stop the policy.
struct Note {
  LogLevel level = LogLevel::warn;
  std::string text;
};

struct Policy {
  std::vector<Input> inputs;
  std::optional<LogLevel> log_level;
  EndpointSettings endpoint;
  std::vector<Note> notes;
};

struct ParsedPolicy {
  Policy policy;  // to be used only if there are no faults
  std::vector<Fault> faults;
};

struct PolicySource {
  std::string file;  // as it shall appear in messages
  std::string text;
  bool inputs_only = false;  // a file of inputs.d
  bool public_file = false;  // every user of this machine can read it
  bool generated = false;    // no person wrote it: its lines mean nothing
};

// -E key=value: overrides a setting of the main file.
struct Override {
  std::string key;
  std::string value;
};

ParsedPolicy parse_policy(const std::vector<PolicySource>& sources,
                          const std::vector<Override>& overrides, const Variables& variables);

}  // namespace anthropic_metrics::host
