// SPDX-License-Identifier: Apache-2.0
#include "run/state_folder.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace anthropic_metrics::host {

Result<void> make_state_folder(const std::string& data_path, std::string_view remedy) {
  if (data_path.empty()) return {};
  const std::filesystem::path folder = std::filesystem::path(data_path) / "state";
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (!error) return {};
  return Failure{
      ExitCode::state_unavailable,
      {fmt::format("cannot create {}: {}; {}", folder.string(), error.message(), remedy)}};
}

}  // namespace anthropic_metrics::host
