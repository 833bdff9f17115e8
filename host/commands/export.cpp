// SPDX-License-Identifier: Apache-2.0
// `export`: what other tools build upon, and what `setup` installs, on standard output.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "commands/assets_option.hpp"
#include "commands/plugin_options.hpp"
#include "dataset.hpp"

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

// All that is needed, ready to be filled in; streams that are not listed run with their defaults.
constexpr std::string_view policy =
    R"(# anthropic-metrics setup -c FILE, then run -c FILE. The store's address and its key:
outputs:
  default:
    type: elasticsearch # OpenSearch, too, with username and password
    hosts: ["https://localhost:9200"]
    api_key: "${ES_API_KEY}"
inputs:
  - id: my-organization
    type: anthropic_metrics
    admin_api_key: "${ANTHROPIC_ADMIN_KEY}"
)";

boost::json::object joined(const boost::json::object& a, const boost::json::object& b) {
  boost::json::object both = a;
  for (const auto& member : b) both[member.key()] = member.value();
  return both;
}

// What setup would put into an engine, with the names and in the form of its requests.
std::string templates_of(const boost::json::object& engine) {
  return boost::json::serialize(boost::json::object{
             {"lifecycle", part(engine, "lifecycle")},
             {"component_templates", joined(part(engine, "components"), part(engine, "custom"))},
             {"index_templates", part(engine, "templates")}}) +
         "\n";
}

// A line for each saved object, as Kibana imports them under Saved Objects.
std::string saved_objects(const boost::json::object& kibana) {
  std::string lines;
  for (const boost::json::value& object : kibana.at("objects").get_array())
    lines += boost::json::serialize(object) + "\n";
  return lines;
}

class Export : public Command {
 public:
  std::vector<Option> options() override {
    std::vector<Option> options{
        {.names = "what",
         .sentence =
             "description: the plugin's version, configuration schema and streams; policy: "
             "one to fill in; template, pipeline: what setup puts into the store; dashboard: "
             "what Kibana imports",
         .value = &what_,
         .required = true,
         .words = {"description", "policy", "template", "pipeline", "dashboard"}},
        {.names = "--engine",
         .sentence = "Whose templates and pipelines",
         .value = &engine_,
         .shows_default = true,
         .words = {"elasticsearch", "serverless", "opensearch"}},
        {.names = "--name",
         .sentence = "For data sets of this name, as the policy has them (NAME.usage)",
         .value = &name_,
         .type = "NAME",
         .shows_default = true},
        assets_option(assets_file_)};
    for (Option& option : plugin_options(place_)) options.push_back(std::move(option));
    return options;
  }

  Result<void> run(Log&) override {
    const auto text = wanted();
    if (!text) return text.error();
    // A cut description would still look like one to a shell, so a full disk has to be told.
    if (std::fwrite(text->data(), 1, text->size(), stdout) != text->size() ||
        std::fflush(stdout) != 0) {
      return Failure{
          ExitCode::sink_failed,
          {fmt::format("the {} could not be written to standard output; check the space there",
                       what_)}};
    }
    return {};
  }

 private:
  Result<std::string> wanted() const {
    if (what_ == "policy") return std::string(policy);
    if (what_ == "description") {
      const auto plugin = find_plugin(place_);
      if (!plugin) return plugin.error();
      return description_of(*plugin);
    }
    const auto assets = find_assets(assets_file_, place_, name_);
    if (!assets) return assets.error();
    if (what_ == "dashboard") return saved_objects(assets->kibana());
    const boost::json::object& engine = assets->engine(engine_);
    if (what_ == "template") return templates_of(engine);
    return boost::json::serialize(part(engine, "pipelines")) + "\n";
  }

  std::string what_;
  std::string engine_ = "elasticsearch";
  std::string name_{default_name};
  std::filesystem::path assets_file_;
  PluginPlace place_;
};

const Registration registered(
    {.name = "export",
     .sentence = "Print what other tools build upon, or what setup installs",
     .place = 4,
     .make = make_command<Export>});

}  // namespace
}  // namespace anthropic_metrics::host
