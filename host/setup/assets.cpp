// SPDX-License-Identifier: Apache-2.0
#include "setup/assets.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

Failure unusable(const std::filesystem::path& file, std::string_view fact) {
  return {
      ExitCode::unreadable_file,
      {fmt::format("{}: {}; install the file that belongs to this release", file.string(), fact)}};
}

bool has_objects(const json::object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const json::value* found = object.if_contains(name);
    if (found == nullptr || !found->is_object()) return false;
  }
  return true;
}

// Every part that the rest relies on.
bool is_whole(const json::object& content) {
  if (!has_objects(content, {"engines", "kibana"})) return false;
  const json::object& engines = content.at("engines").get_object();
  if (!has_objects(engines, {"elasticsearch", "serverless", "opensearch"})) return false;
  for (const auto& engine : engines) {
    if (!has_objects(engine.value().get_object(),
                     {"pipelines", "components", "custom", "templates", "data_streams"}))
      return false;
  }
  const json::object& kibana = content.at("kibana").get_object();
  const json::value* objects = kibana.if_contains("objects");
  return has_objects(kibana, {"rules"}) && objects != nullptr && objects->is_array();
}

}  // namespace

Result<Assets> Assets::open(const std::vector<std::filesystem::path>& files,
                            std::string_view shown) {
  std::string tried;
  for (const auto& file : files) {
    std::error_code error;
    tried += (tried.empty() ? "" : ", ") + file.string();
    if (!std::filesystem::exists(file, error)) continue;
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    if (stream) text << stream.rdbuf();
    if (!stream) return unusable(file, errno != 0 ? std::strerror(errno) : "it is no regular file");
    json::value content = json::parse(text.str(), error);
    if (error || !content.is_object() || !is_whole(content.get_object()))
      return unusable(file, "it is not what the build makes of templates and dashboards");
    return Assets(std::move(content.get_object()));
  }
  return Failure{ExitCode::unreadable_file,
                 {fmt::format("what is to be installed was not found; looked for {}; install it "
                              "there or name it with {} FILE",
                              tried, shown)}};
}

std::string Assets::version() const {
  const json::value* version = content_.if_contains("version");
  return version != nullptr && version->is_string() ? std::string(version->get_string())
                                                    : std::string("?");
}

const json::object& Assets::engine(std::string_view name) const {
  return part(part(content_, "engines"), name);
}

const json::object& Assets::kibana() const {
  return part(content_, "kibana");
}

const json::object& part(const json::object& of, std::string_view name) {
  static const json::object none;
  const json::value* found = of.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

}  // namespace anthropic_metrics::host
