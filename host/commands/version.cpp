// SPDX-License-Identifier: Apache-2.0
#include "commands/version.hpp"

#include <fmt/format.h>

#include <variant>

#include "base/printable.hpp"
#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

ExitCode show_version(const std::optional<std::filesystem::path>& plugin_file,
                      const std::optional<std::filesystem::path>& plugin_folder, Log& log) {
  fmt::print("anthropic-metrics {}, plugin ABI {}.{}\n", AM_VERSION, BEAT_ABI_MAJOR,
             BEAT_ABI_MINOR);
  const auto found = find_plugin(plugin_candidates(plugin_file, plugin_folder, binary_folder()));
  if (const auto* failure = std::get_if<LoadFailure>(&found)) {
    std::fflush(stdout);
    log.error(failure->text);
    return failure->code;
  }
  const auto& plugin = std::get<PluginLibrary>(found);
  const std::uint32_t abi = plugin.api().abi_version;
  fmt::print("plugin {} {}, ABI {}.{}, {}\n", printable(plugin.name()), printable(plugin.version()),
             abi >> 16, abi & 0xffffU, printable(plugin.file().string()));
  for (const StreamInfo& stream : plugin.streams()) {
    fmt::print("  {:<12} {:<32} {}\n", printable(stream.name), printable(stream.dataset),
               printable(stream.title));
  }
  return ExitCode::ok;
}

}  // namespace anthropic_metrics::host
