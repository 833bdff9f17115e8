// SPDX-License-Identifier: Apache-2.0
#include "placement/placement.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "placement/component_folder.hpp"
#include "placement/spec_file.hpp"

namespace anthropic_metrics::host {
namespace {

namespace fs = std::filesystem;

constexpr unsigned program_mode = 0755;
constexpr unsigned file_mode = 0644;

// A link counts as what it leads to, as it does for the Agent.
bool is_file(const fs::path& file, unsigned* mode = nullptr) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (mode != nullptr) *mode = info.st_mode;
  return true;
}

std::string beginning_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(256, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

// Program and library stand for good before the spec says that they do.
Result<bool> put_what_differs(const ComponentFiles& files, ComponentFolder& folder) {
  bool changed = false;
  if (!folder.holds(component_program, files.program(), true)) {
    if (auto put = folder.put(component_program, files.program(), program_mode); !put)
      return put.error();
    changed = true;
  }
  if (!folder.holds(component_library, files.library(), false)) {
    if (auto put = folder.put(component_library, files.library(), file_mode); !put)
      return put.error();
    changed = true;
  }
  if (changed) {
    if (auto synced = folder.sync(); !synced) return synced.error();
  }
  if (folder.holds(component_spec, files.spec())) return changed;
  if (auto put = folder.put(component_spec, files.spec(), file_mode); !put) return put.error();
  if (auto synced = folder.sync(); !synced) return synced.error();
  return true;
}

}  // namespace

FoundComponent look_into(const fs::path& components) {
  FoundComponent found;
  unsigned mode = 0;
  found.program = is_file(components / component_program, &mode) && may_run(mode);
  found.library = is_file(components / component_library);
  found.spec = is_file(components / component_spec);
  if (found.spec) found.version = version_of_spec(beginning_of(components / component_spec));
  return found;
}

Result<void> check_rivals(const fs::path& components) {
  const auto rival = rival_in(components, component_architecture());
  if (!rival) return {};
  return Failure{
      ExitCode::configuration,
      {fmt::format("{} of another product has the input type {} as {}, and an Agent with two of "
                   "them does not start; remove that product from the Agent first",
                   rival->spec.string(), component_program,
                   rival->alias ? "an alias" : "its name")}};
}

Result<Placed> place(const ComponentFiles& files, const fs::path& components, Newer newer,
                     const std::atomic<bool>* stop) {
  auto folder = ComponentFolder::open(components, stop);
  if (!folder) return folder.error();
  const FoundComponent before = look_into(components);
  const bool older =
      !before.version.empty() && compare_versions(before.version, files.version()) <= 0;
  if (newer == Newer::keep && before.complete() && !older) return Placed::newer_kept;
  if (auto free = check_rivals(components); !free) return free.error();
  const auto changed = put_what_differs(files, *folder);
  if (!changed) return changed.error();
  if (!*changed) return Placed::unchanged;
  return before.nothing() ? Placed::anew : Placed::replaced;
}

Result<bool> take_away(const fs::path& components) {
  auto folder = ComponentFolder::open(components);
  if (!folder) return folder.error();
  auto any = folder->remove(component_spec);
  if (!any) return any;
  if (auto synced = folder->sync(); !synced) return synced.error();
  for (const char* name : {component_program, component_library}) {
    const auto removed = folder->remove(name);
    if (!removed) return removed;
    *any = *any || *removed;
  }
  return any;
}

}  // namespace anthropic_metrics::host
