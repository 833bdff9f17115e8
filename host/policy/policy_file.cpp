// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

namespace anthropic_metrics::host {
namespace {

std::optional<std::string> read_text(const std::filesystem::path& file, std::string& error) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    error =
        fmt::format("cannot read {}: it is a directory; name the policy file in it", file.string());
    return std::nullopt;
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) {
    const int reason = errno;
    error = fmt::format("cannot read {}: {}; check the path and that this user may read it",
                        file.string(),
                        reason != 0 ? std::strerror(reason) : "it is not a regular file");
    return std::nullopt;
  }
  return text.str();
}

// Every user may read the file and enter every folder above it.
bool everybody_reads(const std::filesystem::path& file) {
  using std::filesystem::perms;
  std::error_code error;
  const auto allows = [&](const std::filesystem::path& path, perms wanted) {
    const auto mode = std::filesystem::status(path, error).permissions();
    return !error && (mode & wanted) == wanted;
  };
  const std::filesystem::path whole = std::filesystem::canonical(file, error);
  if (error || !allows(whole, perms::others_read)) return false;
  for (auto folder = whole.parent_path();; folder = folder.parent_path()) {
    if (!allows(folder, perms::others_exec)) return false;
    if (folder == folder.root_path()) return true;
  }
}

}  // namespace

PolicyFiles read_policy_files(const std::filesystem::path& main_file) {
  PolicyFiles files;
  auto text = read_text(main_file, files.error);
  if (!text) return files;
  files.sources.push_back(
      {main_file.string(), std::move(*text), false, everybody_reads(main_file)});

  std::vector<std::filesystem::path> more;
  std::error_code error;
  for (std::filesystem::directory_iterator at(main_file.parent_path() / "inputs.d", error), end;
       !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".yml") more.push_back(at->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    files.error = fmt::format("cannot read {}: {}; check that this user may read it",
                              (main_file.parent_path() / "inputs.d").string(), error.message());
    return files;
  }
  std::sort(more.begin(), more.end());
  for (const auto& file : more) {
    text = read_text(file, files.error);
    if (!text) return files;
    files.sources.push_back({file.string(), std::move(*text), true, everybody_reads(file)});
  }
  return files;
}

}  // namespace anthropic_metrics::host
