// SPDX-License-Identifier: Apache-2.0
#include "commands/export.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <variant>

#include "run/plugin_library.hpp"

namespace anthropic_metrics::host {

ExitCode export_description(const ExportSettings& settings, Log& log) {
  const auto found =
      find_plugin(plugin_candidates(settings.plugin_file, settings.plugin_folder, binary_folder()));
  if (const auto* failure = std::get_if<LoadFailure>(&found)) {
    log.error(failure->text);
    return failure->code;
  }
  const auto& plugin = std::get<PluginLibrary>(found);
  struct Part {
    const char* name;
    std::int32_t what;
  };
  boost::json::object description;
  for (const Part& part : {Part{"manifest", BEAT_DESCRIBE_MANIFEST},
                           Part{"configuration", BEAT_DESCRIBE_CONFIG_SCHEMA},
                           Part{"streams", BEAT_DESCRIBE_STREAMS}}) {
    boost::json::value value = plugin.describe(part.what);
    if (value.is_null()) {
      log.error(
          fmt::format("the plugin {} does not describe its {}; install host and plugin of "
                      "the same release",
                      plugin.file().string(), part.name));
      return ExitCode::wrong_abi;
    }
    description[part.name] = std::move(value);
  }
  const std::string text = boost::json::serialize(description) + "\n";
  // A cut description would still look like one to a shell, so a full disk has to be told.
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    log.error("the description could not be written to standard output; check the space there");
    return ExitCode::sink_failed;
  }
  return ExitCode::ok;
}

}  // namespace anthropic_metrics::host
