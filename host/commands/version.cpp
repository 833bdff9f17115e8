// SPDX-License-Identifier: Apache-2.0
// `version`: what is installed, as a person or a bug report needs it.
#include <fmt/format.h>

#include "base/printable.hpp"
#include "commands/plugin_options.hpp"

namespace anthropic_metrics::host {
namespace {

class Version : public Command {
 public:
  std::vector<Option> options() override { return plugin_options(place_); }

  // A missing plugin is told, and the exit code says so too.
  Result<void> run(Log&) override {
    fmt::print("anthropic-metrics {}, plugin ABI {}.{}\n", AM_VERSION, BEAT_ABI_MAJOR,
               BEAT_ABI_MINOR);
    const auto plugin = find_plugin(place_);
    if (!plugin) return plugin.error();
    const std::uint32_t abi = plugin->api().abi_version;
    fmt::print("plugin {} {}, ABI {}.{}, {}\n", printable(plugin->name()),
               printable(plugin->version()), abi >> 16, abi & 0xffffU,
               printable(plugin->file().string()));
    for (const StreamInfo& stream : plugin->streams()) {
      fmt::print("  {:<12} {:<32} {}\n", printable(stream.name), printable(stream.dataset),
                 printable(stream.title));
    }
    return {};
  }

 private:
  PluginPlace place_;
};

const Registration registered({.name = "version",
                               .sentence = "Show the versions of host, plugin and ABI",
                               .place = 5,
                               .make = make_command<Version>});

}  // namespace
}  // namespace anthropic_metrics::host
