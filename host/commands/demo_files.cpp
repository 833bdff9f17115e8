// SPDX-License-Identifier: Apache-2.0
#include "commands/demo_files.hpp"

#include <fmt/format.h>

#include <system_error>

namespace anthropic_metrics::host {

Result<void> prepare(const DemoFolder& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder.root, error);
  for (const auto& path : {folder.policy(), folder.documents(), folder.state(),
                           folder.certificates(), folder.simulator_log(), folder.description()}) {
    if (!error) std::filesystem::remove_all(path, error);
  }
  for (const auto& path : {folder.documents(), folder.certificates()}) {
    if (!error) std::filesystem::create_directory(path, error);
  }
  if (!error) return {};
  return Failure{ExitCode::sink_failed,
                 {fmt::format("cannot prepare {}: {}; name another folder with --output",
                              folder.root.string(), error.message())}};
}

std::string demo_policy(const std::string& url, const std::string& certificate_authority,
                        const std::vector<std::string>& datasets) {
  constexpr std::string_view form =
      R"(# The demo's policy, in the form of a standalone Elastic Agent. Run it again with
#   anthropic-metrics run -c <this file>
# For a real organization, remove `url` and `ssl`, and put an Admin key (sk-ant-admin...) into the environment.
outputs:
  default:
    type: file
    path: ${{path.config}}/documents
    rotate_every_kb: 1048576
inputs:
  - type: anthropic_metrics
    id: demo
    use_output: default
    data_stream.namespace: default
    admin_api_key: ${{ANTHROPIC_ADMIN_KEY}}
    url: {}
    ssl.certificate_authorities:
      - {}
    streams:
)";
  std::string policy = fmt::format(fmt::runtime(form), url, certificate_authority);
  for (const std::string& dataset : datasets)
    policy += fmt::format("      - data_stream.dataset: {}\n", dataset);
  return policy;
}

}  // namespace anthropic_metrics::host
