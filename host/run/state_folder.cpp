// SPDX-License-Identifier: Apache-2.0
#include "run/state_folder.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace anthropic_metrics::host {

namespace {

// What is wrong with a place where nothing can be made.
std::string_view remedy_for(const std::error_code& error) {
  if (error == std::errc::read_only_file_system) return "mount a volume there that can be written";
  if (error == std::errc::permission_denied)
    return "let the user of this process write there (in a container: mount a volume that it may "
           "write)";
  return "check that its volume is mounted";
}

}  // namespace

Result<void> make_state_folder(const std::string& data_path, std::string_view remedy) {
  if (data_path.empty()) return {};
  const std::filesystem::path folder = std::filesystem::path(data_path) / "state";
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  if (!error) return {};
  return Failure{ExitCode::state_unavailable,
                 {fmt::format("cannot create {}: {}; {}, or {}", folder.string(), error.message(),
                              remedy_for(error), remedy)}};
}

}  // namespace anthropic_metrics::host
