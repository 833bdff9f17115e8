// SPDX-License-Identifier: Apache-2.0
#include "commands/policy_command.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "commands/plugin_options.hpp"

namespace anthropic_metrics::host {
namespace {

// systemd names the unit's state directory in the environment; several are separated by colons.
std::string default_data_path() {
  const char* given = std::getenv("STATE_DIRECTORY");
  if (given == nullptr || *given == '\0') return "./data";
  const std::string folders(given);
  return folders.substr(0, folders.find(':'));
}

// Settings of -E that are the host's own; the others override the policy.
Result<void> apply_overrides(RunSettings& run, const std::vector<std::string>& pairs) {
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos)
      return Failure{
          ExitCode::usage,
          {fmt::format("-E: '{}' is not of the form key=value", pair.substr(0, equals))}};
    const std::string key = pair.substr(0, equals);
    const std::string value = pair.substr(equals + 1);
    if (key == "path.data") {
      run.data_path = value;
    } else if (key == "path.plugins") {
      run.plugin.folder = value;
    } else if (!key.starts_with("path.")) {
      run.overrides.push_back({key, value});
    }
  }
  return {};
}

}  // namespace

PolicyCommand::PolicyCommand() {
  settings_.data_path = default_data_path();
}

std::vector<Option> PolicyCommand::options() {
  std::vector<Option> options{{.names = "-c,--config",
                               .sentence = "Policy, in the form of a standalone Elastic Agent",
                               .value = &settings_.policy_file,
                               .type = "FILE",
                               .required = true},
                              {.names = "--path.data",
                               .sentence = "Where state is kept; \"\" keeps it in memory only",
                               .value = &settings_.data_path,
                               .type = "DIR",
                               .shows_default = true}};
  for (Option& option : plugin_options(settings_.plugin)) options.push_back(std::move(option));
  options.push_back({.names = "-E",
                     .sentence = "Override a setting of the policy; may be repeated",
                     .value = &pairs_,
                     .type = "KEY=VALUE"});
  return options;
}

Option PolicyCommand::timeout_option(std::string sentence, std::int64_t usual) {
  timeout_s_ = usual;
  return {.names = "--timeout",
          .sentence = std::move(sentence),
          .value = &timeout_s_,
          .type = "SECONDS",
          .shows_default = true,
          .range = {1, 86'400}};
}

Result<void> PolicyCommand::check() {
  settings_.once_timeout = std::chrono::seconds(timeout_s_);
  if (auto applied = apply_overrides(settings_, pairs_); !applied) return applied;
  if (!settings_.data_path.empty()) {
    settings_.data_path =
        std::filesystem::absolute(settings_.data_path).lexically_normal().string();
  }
  return {};
}

}  // namespace anthropic_metrics::host
