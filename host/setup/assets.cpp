// SPDX-License-Identifier: Apache-2.0
#include "setup/assets.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "dataset.hpp"

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

void put(std::string& text, std::string_view place, std::string_view word) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, from)) {
    out.append(text, from, at - from).append(word);
    from = at + place.size();
  }
  text = out.append(text, from, std::string::npos);
}

// "claude_metrics" as people read it: Claude Metrics.
std::string title_of(std::string_view name) {
  std::string title;
  bool begins = true;
  for (const char c : name) {
    const bool between = c == '_' || c == '.';
    title += between ? ' ' : begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    begins = between;
  }
  return title;
}

bool may_name(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
}

// Kibana knows a rule by a UUID, which cannot be said with a place for the name. Nothing if one of
// them is none.
std::optional<json::object> rules_of(const json::object& rules, std::string_view name) {
  json::object named;
  try {
    for (const auto& rule : rules) {
      const auto id = boost::uuids::string_generator()(std::string(rule.key()));
      const auto own = boost::uuids::name_generator_sha1(id)(std::string(name));
      named[boost::uuids::to_string(own)] = rule.value();
    }
  } catch (const std::runtime_error&) {  // how the generator says that a text is no UUID
    return std::nullopt;
  }
  return named;
}

}  // namespace

Result<Assets> Assets::open(const std::vector<std::filesystem::path>& files, std::string_view shown,
                            std::string_view name) {
  if (!may_name(name)) {
    return Failure{ExitCode::usage,
                   {fmt::format("'{}' cannot be the name of data sets and of what is installed for "
                                "them; take small letters, digits, '_' and '.'",
                                name)}};
  }
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
    std::string named = text.str();
    // See package/builder/naming.py.
    put(named, "PACKAGE_NAME", name);
    put(named, "PACKAGE_TITLE", title_of(name));
    json::value content = json::parse(named, error);
    if (error || !content.is_object() || !is_whole(content.get_object()))
      return unusable(file, "it is not what the build makes of templates and dashboards");
    if (name != default_name) {
      json::object& kibana = content.get_object().at("kibana").get_object();
      auto rules = rules_of(kibana.at("rules").get_object(), name);
      if (!rules) return unusable(file, "a rule in it has an id that is no UUID");
      kibana["rules"] = std::move(*rules);
    }
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
