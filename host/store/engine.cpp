// SPDX-License-Identifier: Apache-2.0
#include "store/engine.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <string_view>

#include "base/octets.hpp"
#include "json_access.hpp"

namespace anthropic_metrics::host {

namespace json = boost::json;

std::pair<int, int> version_in(std::string_view text) {
  std::pair<int, int> version{0, 0};
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return {0, 0};
  if (std::from_chars(major.ptr + 1, end, version.second).ec != std::errc()) return {0, 0};
  return version;
}

std::optional<StoreEngine> engine_in(const StoreAnswer& answer) {
  boost::system::error_code failed;
  const json::value body = json::parse(answer.body, failed);
  const json::object* root = failed || !answer.fine() ? nullptr : body.if_object();
  const json::object* version = root == nullptr ? nullptr : object_in(*root, "version");
  if (version == nullptr || text_in(*version, "number").empty()) return std::nullopt;
  const std::string number = excerpt(text_in(*version, "number"), 40);
  StoreEngine engine;
  engine.opensearch = text_in(*version, "distribution") == "opensearch";
  engine.serverless = text_in(*version, "build_flavor") == "serverless";
  if (!engine.opensearch && !engine.serverless &&
      text_in(*root, "tagline") != "You Know, for Search")
    return std::nullopt;
  engine.version = version_in(number);
  engine.name = engine.opensearch   ? "OpenSearch " + number
                : engine.serverless ? "Elasticsearch serverless"
                                    : "Elasticsearch " + number;
  engine.cluster = excerpt(text_in(*root, "cluster_name"), 80);
  return engine;
}

}  // namespace anthropic_metrics::host
