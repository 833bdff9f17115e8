// SPDX-License-Identifier: Apache-2.0
// `export`: what other tools build upon, on standard output.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "commands/plugin_options.hpp"

namespace anthropic_metrics::host {
namespace {

// One JSON object: the plugin's manifest, its configuration schema and its streams.
Result<std::string> description_of(const PluginLibrary& plugin) {
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
      return Failure{ExitCode::wrong_abi,
                     {fmt::format("the plugin {} does not describe its {}; install host and plugin "
                                  "of the same release",
                                  plugin.file().string(), part.name)}};
    }
    description[part.name] = std::move(value);
  }
  return boost::json::serialize(description) + "\n";
}

class Export : public Command {
 public:
  std::vector<Option> options() override {
    std::vector<Option> options{
        {.names = "what",
         .sentence = "description: the plugin's version, configuration schema and streams",
         .value = &what_,
         .required = true,
         .words = {"description"}}};
    for (Option& option : plugin_options(place_)) options.push_back(std::move(option));
    return options;
  }

  Result<void> run(Log&) override {
    const auto plugin = find_plugin(place_);
    if (!plugin) return plugin.error();
    const auto text = description_of(*plugin);
    if (!text) return text.error();
    // A cut description would still look like one to a shell, so a full disk has to be told.
    if (std::fwrite(text->data(), 1, text->size(), stdout) != text->size() ||
        std::fflush(stdout) != 0) {
      return Failure{
          ExitCode::sink_failed,
          {"the description could not be written to standard output; check the space there"}};
    }
    return {};
  }

 private:
  std::string what_;
  PluginPlace place_;
};

const Registration registered({.name = "export",
                               .sentence = "Print what other tools build upon, as JSON",
                               .place = 4,
                               .make = make_command<Export>});

}  // namespace
}  // namespace anthropic_metrics::host
