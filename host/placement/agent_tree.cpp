// SPDX-License-Identifier: Apache-2.0
#include "placement/agent_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>

namespace anthropic_metrics::host {
namespace {

namespace fs = std::filesystem;

// A package of the distribution keeps versions here and programs elsewhere.
constexpr std::string_view package_top = "var/lib/elastic-agent";

Failure unreadable(const fs::path& place, const std::error_code& error) {
  return {ExitCode::unreadable_file,
          {fmt::format("{} cannot be read: {}; {}", place.string(), error.message(),
                       error == std::errc::permission_denied
                           ? "run this with sudo, or as the user of the Elastic Agent"
                           : "check the path")}};
}

// Folders below data that hold a version with components.
Result<std::vector<AgentVersion>> versions_below(const fs::path& data) {
  std::vector<AgentVersion> versions;
  std::error_code error;
  for (fs::directory_iterator at(data, error), end; !error && at != end; at.increment(error)) {
    if (!is_version_name(at->path().filename().string())) continue;
    const AgentVersion version{at->path()};
    std::error_code problem;
    const bool holds = fs::is_directory(version.components(), problem);
    if (problem == std::errc::permission_denied) return unreadable(version.folder, problem);
    if (holds) versions.push_back(version);
  }
  if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory)
    return unreadable(data, error);
  std::sort(versions.begin(), versions.end(),
            [](const auto& a, const auto& b) { return a.folder < b.folder; });
  return versions;
}

// What a path below the top is below, if the top is that of a distribution's package.
std::optional<fs::path> package_prefix(const fs::path& top) {
  const std::string text = top.string();
  if (!text.ends_with("/" + std::string(package_top))) return std::nullopt;
  return fs::path(text.substr(0, text.size() - package_top.size()));
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// Links to the program of the version that starts next, best first.
std::vector<fs::path> links_of(const fs::path& top) {
  std::vector<fs::path> links{top / "elastic-agent"};
  if (const auto prefix = package_prefix(top))
    links.push_back(*prefix / "usr/share/elastic-agent/bin/elastic-agent");
  return links;
}

void mark_current(AgentTree& tree) {
  for (const fs::path& link : links_of(tree.top)) {
    std::error_code error;
    const fs::path real = fs::canonical(link, error);
    if (error) continue;
    for (AgentVersion& version : tree.versions) {
      if (fs::equivalent(version.folder, real.parent_path(), error)) {
        version.current = true;
        return;
      }
    }
  }
  if (tree.versions.size() == 1) tree.versions.front().current = true;
}

fs::path program_of(const AgentTree& tree) {
  std::vector<fs::path> programs;
  // The package's own wrapper knows where configuration and socket are.
  if (const auto prefix = package_prefix(tree.top))
    programs.push_back(*prefix / "usr/bin/elastic-agent");
  for (const fs::path& link : links_of(tree.top)) programs.push_back(link);
  for (const AgentVersion& version : tree.versions)
    if (version.current) programs.push_back(version.folder / "elastic-agent");
  const auto found = std::find_if(programs.begin(), programs.end(), is_file);
  return found == programs.end() ? fs::path() : *found;
}

AgentTree completed(fs::path top, fs::path data, std::vector<AgentVersion> versions) {
  AgentTree tree{std::move(top), std::move(data), {}, std::move(versions)};
  mark_current(tree);
  tree.program = program_of(tree);
  return tree;
}

// The Agent with this folder above all; no versions: there is none.
Result<AgentTree> tree_at(const fs::path& top) {
  auto versions = versions_below(top / "data");
  if (!versions) return versions.error();
  return completed(top, top / "data", std::move(*versions));
}

// The Agent that a folder is part of.
Result<AgentTree> tree_around(const fs::path& folder) {
  auto tree = tree_at(folder);
  if (!tree || !tree->versions.empty()) return tree;
  if (folder.filename() == "data") return tree_at(folder.parent_path());
  const bool components = folder.filename() == "components";
  const fs::path version = components ? folder.parent_path() : folder;
  if (version.parent_path().filename() == "data" && is_version_name(version.filename().string()))
    return tree_at(version.parent_path().parent_path());
  std::error_code error;
  if (components || fs::is_directory(version / "components", error))
    return completed(version, {}, {AgentVersion{version}});
  return tree;
}

std::vector<fs::path> usual_places(const fs::path& root) {
  std::vector<fs::path> places{root / "opt/Elastic/Agent"};
  // Named installs stand beside it.
  std::error_code error;
  for (fs::directory_iterator at(root / "opt/Elastic", error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().filename().string().starts_with("Agent-")) places.push_back(at->path());
  }
  std::sort(places.begin(), places.end());
  places.push_back(root / package_top);
  places.push_back(root / "usr/share/elastic-agent");
  return places;
}

template <class List, class Text>
std::string joined(const List& list, Text text) {
  std::string line;
  for (const auto& one : list) line += (line.empty() ? "" : ", ") + text(one);
  return line;
}

Result<AgentTree> only_one_below(const fs::path& root) {
  const std::vector<fs::path> places = usual_places(root);
  std::vector<AgentTree> found;
  std::optional<Failure> refused;
  for (const fs::path& place : places) {
    std::error_code error;
    const fs::path real = fs::canonical(place, error);
    if (error == std::errc::permission_denied) refused = unreadable(place, error);
    if (error) continue;
    auto tree = tree_at(real);
    if (!tree) refused = tree.error();
    if (tree && !tree->versions.empty() &&
        std::none_of(found.begin(), found.end(),
                     [&](const AgentTree& other) { return other.top == tree->top; }))
      found.push_back(std::move(*tree));
  }
  if (found.size() == 1) return std::move(found.front());
  if (found.size() > 1) {
    return Failure{
        ExitCode::usage,
        {fmt::format("several Elastic Agents are here: {}; say which with --agent DIR",
                     joined(found, [](const auto& tree) { return tree.top.string(); }))}};
  }
  if (refused) return *refused;
  return Failure{
      ExitCode::not_running,
      {fmt::format("no Elastic Agent found; looked for data/elastic-agent-*/components below {}; "
                   "install the Agent first, or say where it is with --agent DIR",
                   joined(places, [](const auto& place) { return place.string(); }))}};
}

}  // namespace

bool is_version_name(const std::string& name) {
  constexpr std::string_view begin = "elastic-agent-";
  return name.size() > begin.size() && name.starts_with(begin);
}

Result<AgentTree> find_agent(const fs::path& named, const fs::path& root) {
  if (named.empty()) return only_one_below(root);
  std::error_code error;
  const fs::path real = fs::canonical(named, error);
  if (error) return unreadable(named, error);
  auto tree = tree_around(real);
  if (!tree || !tree->versions.empty()) return tree;
  return Failure{ExitCode::not_running,
                 {fmt::format("{} is not the folder of an Elastic Agent: there is no "
                              "data/elastic-agent-*/components below it; name one such as "
                              "/opt/Elastic/Agent",
                              named.string())}};
}

}  // namespace anthropic_metrics::host
