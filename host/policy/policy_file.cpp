// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace anthropic_metrics::host {
namespace {

Failure unreadable(const std::filesystem::path& file, std::string_view why) {
  return {ExitCode::unreadable_file, {fmt::format("cannot read {}: {}", file.string(), why)}};
}

Result<std::string> read_text(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return unreadable(file, "it is a directory; name the policy file in it");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (stream) return text.str();
  const int reason = errno;
  return unreadable(file,
                    fmt::format("{}; check the path and that this user may read it",
                                reason != 0 ? std::strerror(reason) : "it is not a regular file"));
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

Result<std::vector<PolicySource>> read_policy_files(const std::filesystem::path& main_file) {
  std::vector<PolicySource> sources;
  auto text = read_text(main_file);
  if (!text) return text.error();
  sources.push_back({main_file.string(), std::move(*text), false, everybody_reads(main_file)});

  const std::filesystem::path folder = main_file.parent_path() / "inputs.d";
  std::vector<std::filesystem::path> more;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".yml") more.push_back(at->path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return unreadable(folder, error.message() + "; check that this user may read it");
  std::sort(more.begin(), more.end());
  for (const auto& file : more) {
    text = read_text(file);
    if (!text) return text.error();
    sources.push_back({file.string(), std::move(*text), true, everybody_reads(file)});
  }
  return sources;
}

}  // namespace anthropic_metrics::host
