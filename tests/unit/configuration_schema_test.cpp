// SPDX-License-Identifier: Apache-2.0
// The configuration schema that the plugin hands out and the reader of configurations must say the
// same. A small judge of the schema's plain keywords stands in for a validator.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <regex>

#include "edge/describe.hpp"
#include "settings/settings.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;
using test::failure;

const json::value& schema() {
  static const json::value parsed = json::parse(configuration_schema_json());
  return parsed;
}

/// Follows "#/$defs/..." and lays the reference's keywords under the node's own.
json::object resolved(const json::object& node) {
  const json::value* reference = node.if_contains("$ref");
  if (reference == nullptr) return node;
  json::object whole =
      schema().at_pointer(std::string(reference->as_string()).substr(1)).as_object();
  for (const auto& member : node) whole[member.key()] = member.value();
  return whole;
}

bool has_type(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  return type == "integer" && (value.is_int64() || value.is_uint64());
}

bool accepts(const json::object& given, const json::value& value);

bool accepts_string(const json::object& node, const json::string& text) {
  if (const auto* least = node.if_contains("minLength"))
    if (text.size() < static_cast<std::size_t>(least->as_int64())) return false;
  if (const auto* pattern = node.if_contains("pattern"))
    if (!std::regex_search(text.c_str(), std::regex(pattern->as_string().c_str()))) return false;
  const auto bound = [&](const char* key) {
    const auto* set = node.if_contains(key);
    return set ? parse_duration(set->as_string()) : std::nullopt;
  };
  const auto duration = parse_duration(text);
  if (const auto least = bound("x-minimum"); least && (!duration || *duration < *least))
    return false;
  if (const auto most = bound("x-maximum"); most && (!duration || *duration > *most)) return false;
  return true;
}

bool has_required(const json::object& node, const json::object& object) {
  const auto* required = node.if_contains("required");
  if (required == nullptr) return true;
  const json::array& keys = required->as_array();
  return std::all_of(keys.begin(), keys.end(),
                     [&](const json::value& key) { return object.contains(key.as_string()); });
}

bool accepts_object(const json::object& node, const json::object& object) {
  const json::object& properties = node.at("properties").as_object();
  if (!has_required(node, object)) return false;
  if (const auto* any = node.if_contains("anyOf")) {
    const json::array& ways = any->as_array();
    if (std::none_of(ways.begin(), ways.end(),
                     [&](const json::value& way) { return has_required(way.as_object(), object); }))
      return false;
  }
  for (const auto& member : object) {
    const auto* known = properties.if_contains(member.key());
    if (known == nullptr || !accepts(known->as_object(), member.value())) return false;
  }
  return true;
}

bool accepts(const json::object& given, const json::value& value) {
  const json::object node = resolved(given);
  if (const auto* type = node.if_contains("type"))
    if (!has_type(value, type->as_string())) return false;
  if (const auto* choices = node.if_contains("enum"); choices && value.is_string()) {
    const auto& list = choices->as_array();
    if (std::find(list.begin(), list.end(), value) == list.end()) return false;
  }
  if (const auto* least = node.if_contains("minimum"); least && value.is_int64())
    if (value.as_int64() < least->as_int64()) return false;
  if (const auto* most = node.if_contains("maximum"); most && value.is_int64())
    if (value.as_int64() > most->as_int64()) return false;
  if (value.is_string()) return accepts_string(node, value.get_string());
  if (value.is_object()) return accepts_object(node, value.get_object());
  if (const auto* items = node.if_contains("items"); items && value.is_array())
    for (const auto& item : value.get_array())
      if (!accepts(items->as_object(), item)) return false;
  return true;
}

std::string with_key(std::string_view rest) {
  return R"({"admin_api_key": "sk-ant-admin01-x")" +
         (rest.empty() ? "" : ", " + std::string(rest)) + "}";
}

TEST_CASE("the schema and the reader agree on good configurations") {
  const auto rest = GENERATE(
      as<std::string>{}, "", R"("url": "https://gateway.example/x")",
      R"("url": "http://127.0.0.1:8080")", R"("authentication": "bearer")",
      R"("anthropic_version": "2026-10-21")", R"("oauth_token": "oat.token-of-somebody")",
      R"("enterprise_api_key": "sk-ant-api01-x", "oauth_token": "file:/t")",
      R"("namespace": "prod_1.x")", R"("tags": [])", R"("tags": ["a", "b"])",
      R"("preserve_original_event": true)", R"("http_client_timeout": "90s")",
      R"("http_client_timeout": "1h")", R"("http_client_timeout": "1.5m")",
      R"("proxy_url": "http://proxy.example:3128")", R"("proxy_url": "proxy.example:3128")",
      R"("ssl": {})", R"("ssl": {"verification_mode": "strict"})",
      R"("ssl": {"supported_protocols": ["TLSv1.3"]})",
      R"("enable_request_tracer": true, "tracer": {"path": "/t"})", R"("acknowledge": "handover")",
      R"("state": {})", R"("state": {"path": "/s"})", R"("batch": {"max_documents": 1})",
      R"("batch": {"max_bytes": 104857600})", R"("batch": {"max_in_flight": 1000})",
      R"("streams": {})", R"("streams": {"usage": {}})",
      R"("streams": {"usage": {"enabled": false}})", R"("streams": {"usage": {"interval": "1m"}})",
      R"("streams": {"usage": {"interval": "24h"}})",
      R"("streams": {"usage": {"initial_interval": "8760h"}})",
      R"("streams": {"usage": {"settle": "0"}})", R"("streams": {"usage": {"bucket_width": "1d"}})",
      R"("streams": {"usage": {"group_by": []}})",
      R"("streams": {"usage": {"group_by": ["account_id", "speed", "one_of_tomorrow"]}})",
      R"("streams": {"cost": {"group_by": ["workspace_id"]}})",
      R"("streams": {"cost": {"namespace": "a", "tags": ["x"], "preserve_original_event": true}})",
      R"("streams": {"rate_limit": {"interval": "1h"}})");
  const std::string config = with_key(rest);
  CAPTURE(config);

  CHECK(accepts(schema().as_object(), json::parse(config)));
  const auto settings = read_settings(config);
  INFO((settings ? "" : settings.error().message));
  CHECK(settings.has_value());
}

TEST_CASE("the schema and the reader agree on bad configurations") {
  const auto config = GENERATE(
      as<std::string>{}, "{}", R"({"admin_api_key": ""})", R"({"admin_api_key": 7})",
      with_key(R"("oauth_token": "")"), with_key(R"("enterprise_api_key": 7)"),
      with_key(R"("url": "ftp://x")"), with_key(R"("url": "api.anthropic.com")"),
      with_key(R"("url": "https://x?y")"), with_key(R"("authentication": "basic")"),
      with_key(R"("anthropic_version": "a\nb")"), with_key(R"("namespace": "")"),
      with_key(R"("namespace": "A")"), with_key(R"("namespace": "a-b")"),
      with_key(R"("namespace": "a b")"), with_key(R"("namespace": "a\\b")"),
      with_key(R"("namespace": "a|b")"), with_key(R"("tags": [7])"), with_key(R"("tags": {})"),
      with_key(R"("tags": [""])"), with_key(R"("preserve_original_event": "true")"),
      with_key(R"("http_client_timeout": "5d")"), with_key(R"("http_client_timeout": "999ms")"),
      with_key(R"("http_client_timeout": 5)"), with_key(R"("http_client_timeout": "61m")"),
      with_key(R"("proxy_url": "proxy.example")"), with_key(R"("proxy_url": "socks5://p:1")"),
      with_key(R"("ssl": {"verification_mode": "certificate"})"),
      with_key(R"("ssl": {"supported_protocols": ["TLSv1.1"]})"), with_key(R"("ssl": {"x": 1})"),
      with_key(R"("ssl": {"ca_trusted_fingerprint": "00"})"), with_key(R"("acknowledge": "auto")"),
      with_key(R"("state": {"x": 1})"), with_key(R"("batch": {"max_documents": 0})"),
      with_key(R"("batch": {"max_documents": 100001})"),
      with_key(R"("batch": {"max_bytes": 1023})"), with_key(R"("batch": {"max_bytes": 104857601})"),
      with_key(R"("batch": {"max_in_flight": 0})"), with_key(R"("batch": {"max_in_flight": 1001})"),
      with_key(R"("batch": {"x": 1})"), with_key(R"("streams": {"x": {}})"),
      with_key(R"("streams": {"usage": {"x": 1}})"),
      with_key(R"("streams": {"usage": {"interval": "59s"}})"),
      with_key(R"("streams": {"usage": {"interval": "25h"}})"),
      with_key(R"("streams": {"usage": {"bucket_width": "1w"}})"),
      with_key(R"("streams": {"usage": {"group_by": ["Model"]}})"),
      with_key(R"("streams": {"cost": {"group_by": ["model"]}})"),
      with_key(R"("streams": {"cost": {"bucket_width": "1d"}})"),
      with_key(R"("streams": {"cost": {"initial_interval": "59s"}})"),
      with_key(R"("streams": {"cost": {"settle": "169h"}})"),
      with_key(R"("streams": {"rate_limit": {"settle": "1h"}})"), with_key(R"("x": 1)"));
  CAPTURE(config);

  CHECK_FALSE(accepts(schema().as_object(), json::parse(config)));
  CHECK_FALSE(read_settings(config).has_value());
}

struct Property {
  std::string pointer;  ///< "/streams/usage/interval"
  json::object node;
};

void collect(const json::object& given, const std::string& pointer, std::vector<Property>& out) {
  const json::object node = resolved(given);
  if (const auto* properties = node.if_contains("properties"))
    for (const auto& member : properties->as_object()) {
      const std::string inner = pointer + "/" + std::string(member.key());
      out.push_back({inner, resolved(member.value().as_object())});
      collect(member.value().as_object(), inner, out);
    }
}

const std::vector<Property>& properties() {
  static const std::vector<Property> list = [] {
    std::vector<Property> found;
    collect(schema().as_object(), "", found);
    return found;
  }();
  return list;
}

/// A configuration with a key and one value put at the pointer.
std::string with(const std::string& pointer, const json::value& value) {
  json::value config =
      json::object{{"admin_api_key", "sk-ant-admin01-x"}, {"tracer", {{"path", "/t"}}}};
  json::value* place = &config;
  for (std::size_t from = 1, end; from <= pointer.size(); from = end + 1) {
    end = std::min(pointer.find('/', from), pointer.size());
    if (!place->is_object()) *place = json::object{};
    place = &place->as_object()[pointer.substr(from, end - from)];
  }
  *place = value;
  return json::serialize(config);
}

TEST_CASE("the reader accepts every default and every example of the schema") {
  REQUIRE(properties().size() > 30);
  for (const Property& property : properties()) {
    std::vector<json::value> values;
    if (const auto* fallback = property.node.if_contains("default")) values.push_back(*fallback);
    if (const auto* examples = property.node.if_contains("examples"))
      for (const auto& example : examples->as_array()) values.push_back(example);
    for (const json::value& value : values) {
      // A client certificate is checked against its key, and neither file is here.
      if (property.pointer == "/ssl/certificate" || property.pointer.starts_with("/ssl/key"))
        continue;
      const std::string config = with(property.pointer, value);
      CAPTURE(config);

      const auto settings = read_settings(config);

      INFO((settings ? "" : settings.error().message));
      CHECK(settings.has_value());
    }
  }
}

TEST_CASE("the reader looks at every property of the schema") {
  for (const Property& property : properties()) {
    CAPTURE(property.pointer);
    // No setting is of this type, so a reader that knows the key refuses the value, and says so.
    const std::string config = with(property.pointer, 0.5);

    const Error error = failure(read_settings(config));

    CAPTURE(error.message);
    CHECK(test::contains(error.message, property.pointer + ": "));
    CHECK_FALSE(test::contains(error.message, "unknown setting"));
  }
}

TEST_CASE("the schema has every key that the reader knows") {
  // An unknown key makes the reader list the known ones.
  const auto place = GENERATE(as<std::string>{}, "", "/ssl", "/state", "/batch", "/tracer",
                              "/streams", "/streams/usage", "/streams/cost", "/streams/rate_limit");
  CAPTURE(place);
  const Error error = failure(read_settings(with(place + "/no_such_key", 1)));
  const std::string marker = "use one of ";
  std::string known = error.message.substr(error.message.find(marker) + marker.size());
  std::replace(known.begin(), known.end(), ',', '\n');

  for (std::string key : test::lines(known)) {
    key.erase(0, key.find_first_not_of(' '));
    const std::string pointer = place + "/" + key;
    CAPTURE(pointer);
    CHECK(std::any_of(properties().begin(), properties().end(),
                      [&](const Property& property) { return property.pointer == pointer; }));
  }
}

TEST_CASE("what the plugin says of itself is JSON and names every stream in order") {
  const json::value manifest = json::parse(manifest_json());
  CHECK(manifest.at("name").as_string() == "anthropic_metrics");
  CHECK_FALSE(manifest.at("version").as_string().empty());
  CHECK(json::serialize(manifest.at("extensions")) == R"(["beat.read/1"])");

  const json::array streams = json::parse(streams_json()).as_array();
  REQUIRE(streams.size() == streams::all().size());
  for (std::size_t i = 0; i < streams.size(); ++i) {
    CHECK(std::string_view(streams[i].at("name").as_string()) == streams::all()[i].name);
    CHECK(std::string_view(streams[i].at("dataset").as_string()) ==
          "anthropic_metrics." + std::string(streams::all()[i].name));
  }
}

}  // namespace
}  // namespace anthropic_metrics
