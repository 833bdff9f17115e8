// SPDX-License-Identifier: Apache-2.0
// What read_settings says of configurations that are not right.
#include <algorithm>

#include "canary.hpp"
#include "settings/settings.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using test::contains;
using test::failure;

constexpr std::string_view secret = test::canary;

std::string with_key(const std::string& rest) {
  return R"({"admin_api_key": ")" + std::string(secret) + "\", " + rest + "}";
}

TEST_CASE("a bad value is told with its place, itself and what was expected") {
  struct Case {
    std::string rest;
    std::string pointer, value, expectation;
  };
  const auto& [rest, pointer, value, expectation] = GENERATE(
      Case{R"("url": "ftp://x")", "/url", "ftp://x", "https"},
      Case{R"("url": "http://api.anthropic.com")", "/url", "http://api.anthropic.com", "loopback"},
      Case{R"("url": 7)", "/url", "", "expected a string"},
      Case{R"("tags": 7)", "/tags", "7", "expected a list of strings"},
      Case{R"("tags": ["a", 7])", "/tags/1", "7", "expected a string"},
      Case{R"("namespace": "Prod")", "/namespace", "\"Prod\"", "lower case"},
      Case{R"("namespace": "a-b")", "/namespace", "\"a-b\"", "'-'"},
      Case{R"("namespace": "")", "/namespace", "\"\"", "at most 100"},
      Case{R"("preserve_original_event": "yes")", "/preserve_original_event", "\"yes\"",
           "true or false"},
      Case{R"("http_client_timeout": "5d")", "/http_client_timeout", "\"5d\"", "Go's form"},
      Case{R"("http_client_timeout": 30)", "/http_client_timeout", "30", "Go's form"},
      Case{R"("http_client_timeout": "2h")", "/http_client_timeout", "\"2h\"", "from 1s to 1h"},
      Case{R"("authentication": "oauth")", "/authentication", "\"oauth\"", "api_key, bearer"},
      Case{R"("acknowledge": "never")", "/acknowledge", "\"never\"", "explicit, handover"},
      Case{R"("state": "/var/s")", "/state", "\"/var/s\"", "expected an object"},
      Case{R"("state": {"path": 1})", "/state/path", "1", "expected a string"},
      Case{R"("batch": {"max_documents": 0})", "/batch/max_documents", "0", "from 1 to 100000"},
      Case{R"("batch": {"max_documents": 1.5})", "/batch/max_documents", "1.5E0", "whole number"},
      Case{R"("batch": {"max_bytes": "1MB"})", "/batch/max_bytes", "\"1MB\"", "whole number"},
      Case{R"("history": {"in_flight": 17})", "/history/in_flight", "17", "from 1 to 16"},
      Case{R"("history": {"burst": 0})", "/history/burst", "0", "from 1 to 1000"},
      Case{R"("batch": {"max_in_flight": 1001})", "/batch/max_in_flight", "1001", "from 1 to 1000"},
      Case{R"("batch": {"max_in_flight": 18446744073709551615})", "/batch/max_in_flight",
           "18446744073709551615", "from 1 to 1000"},
      Case{R"("ssl": {"verification_mode": "certificate"})", "/ssl/verification_mode",
           "\"certificate\"", ""},
      Case{R"("ssl": {"verification_mode": "none"})", "/ssl/verification_mode", "\"none\"",
           "loopback"},
      Case{R"("ssl": {"supported_protocols": ["SSLv3"]})", "/ssl/supported_protocols", "SSLv3",
           "TLSv1.2"},
      Case{R"("ssl": {"ca_trusted_fingerprint": "zz"})", "/ssl/ca_trusted_fingerprint", "\"zz\"",
           ""},
      Case{R"("ssl": [])", "/ssl", "[]", "expected an object"},
      Case{R"("streams": [])", "/streams", "[]", "expected an object"},
      Case{R"("streams": {"usage": true})", "/streams/usage", "true", "expected an object"},
      Case{R"("streams": {"usage": {"enabled": 1}})", "/streams/usage/enabled", "1",
           "true or false"},
      Case{R"("streams": {"usage": {"interval": "10s"}})", "/streams/usage/interval", "\"10s\"",
           "from 1m to 24h"},
      Case{R"("streams": {"usage": {"bucket_width": "1w"}})", "/streams/usage/bucket_width",
           "\"1w\"", "1h, 1m, 1d"},
      Case{R"("streams": {"usage": {"group_by": ["Model"]}})", "/streams/usage/group_by",
           "\"Model\"", "model"},
      Case{R"("streams": {"cost": {"group_by": ["model"]}})", "/streams/cost/group_by", "\"model\"",
           "description, workspace_id"},
      Case{R"("streams": {"cost": {"initial_interval": "30s"}})", "/streams/cost/initial_interval",
           "\"30s\"", "from 1m to 8760h"},
      Case{R"("re_emit": "200h")", "/re_emit", "\"200h\"", "from 0s to 168h"},
      Case{R"("streams": {"cost": {"backfill_from": "May"}})", "/streams/cost/backfill_from",
           "\"May\"", "RFC 3339"},
      Case{R"("streams": {"cost": {"look_back": "2h"}})", "/streams/cost/look_back", "\"2h\"",
           "list of objects"},
      Case{R"("streams": {"cost": {"look_back": [{"depth": "1h"}, 7]}})",
           "/streams/cost/look_back/1", "7", "expected an object"},
      Case{R"("streams": {"cost": {"look_back": [{"depth": "1"}]}})",
           "/streams/cost/look_back/0/depth", "\"1\"", "Go's form"},
      Case{R"("streams": {"cost": {"settle": "200h"}})", "/streams/cost/settle", "\"200h\"",
           "from 0s to 168h"});
  CAPTURE(rest);

  const Error error = failure(read_settings(with_key(rest)));

  CHECK(error.code == Errc::configuration);
  CAPTURE(error.message);
  CHECK(test::lines(error.message).size() == 1);
  CHECK(error.message.starts_with(pointer + ": "));
  CHECK(contains(error.message, value));
  CHECK(contains(error.message, expectation));
  CHECK_FALSE(contains(error.message, secret));
}

TEST_CASE("an unknown key is a fault at every level, told with the known ones") {
  struct Case {
    std::string rest, pointer, known;
  };
  const auto& [rest, pointer, known] = GENERATE(
      Case{R"("admin_key": "x")", "/admin_key", "admin_api_key"},
      Case{R"("Url": "x")", "/Url", "url"}, Case{R"("a/b~c": 1)", "/a~1b~0c", "url"},
      Case{R"("unknown": null)", "/unknown", "url"},
      Case{R"("ssl": {"ca": "x"})", "/ssl/ca", "certificate_authorities"},
      Case{R"("state": {"dir": "x"})", "/state/dir", "path"},
      Case{R"("batch": {"size": 1})", "/batch/size", "max_documents"},
      Case{R"("tracer": {"file": "x"})", "/tracer/file", "path"},
      Case{R"("streams": {"cost": {"look_back": [{"depth": "1h", "x": 1}]}})",
           "/streams/cost/look_back/0/x", "depth, every"},
      Case{R"("streams": {"usages": {}})", "/streams/usages", "spend_limit, usage"},
      Case{R"("streams": {"usage": {"intervall": "5m"}})", "/streams/usage/intervall", "interval"},
      Case{R"("streams": {"cost": {"bucket_width": "1d"}})", "/streams/cost/bucket_width",
           "group_by"},
      Case{R"("streams": {"rate_limit": {"group_by": []}})", "/streams/rate_limit/group_by",
           "interval"});
  CAPTURE(rest);

  const Error error = failure(read_settings(with_key(rest)));

  CAPTURE(error.message);
  CHECK(test::lines(error.message).size() == 1);
  CHECK(error.message.starts_with(pointer + ": unknown setting"));
  CHECK(contains(error.message, known));
}

TEST_CASE("every fault is told at once, a line each") {
  const Error error = failure(read_settings(
      R"({"url": "nonsense", "tags": 1, "namespace": "A", "batch": {"max_documents": -1, "x": 1},
          "ssl": {"verification_mode": "maybe"}, "enable_request_tracer": true, "extra": 1,
          "streams": {"usage": {"interval": "1s", "group_by": ["NO"], "x": 1}, "cost": {"settle": 5}, "x": {}}})"));
  auto lines = test::lines(error.message);
  std::vector<std::string> pointers;
  for (const auto& line : lines) pointers.push_back(line.substr(0, line.find(':')));
  std::sort(pointers.begin(), pointers.end());
  CAPTURE(error.message);

  CHECK(pointers == std::vector<std::string>{"/admin_api_key", "/batch/max_documents", "/batch/x",
                                             "/enable_request_tracer", "/extra", "/namespace",
                                             "/ssl/verification_mode", "/streams/cost/settle",
                                             "/streams/usage/group_by", "/streams/usage/interval",
                                             "/streams/usage/x", "/streams/x", "/tags", "/url"});
}

TEST_CASE("without a key the fault says what kind of key and where it may be") {
  const auto config =
      GENERATE(as<std::string>{}, "{}", R"({"admin_api_key": ""})", R"({"admin_api_key": null})");

  const Error error = failure(read_settings(config));

  CHECK(error.message.starts_with("/admin_api_key: "));
  CHECK(contains(error.message, "sk-ant-admin"));
  CHECK(contains(error.message, "file:PATH"));
}

TEST_CASE("an empty credential beside a good one is a fault, and so are two OAuth tokens") {
  struct Case {
    std::string rest;
    std::string says;
  };
  const auto& [rest, says] =
      GENERATE(Case{R"("oauth_token": "")", "/oauth_token: is needed: an OAuth token"},
               Case{R"("enterprise_api_key": "")", "/enterprise_api_key: is needed: a key"},
               Case{R"("oauth_token": 7)", "/oauth_token: expected a string"},
               Case{R"("oauth_token": "${1}")", "/oauth_token: oauth_token: between"},
               Case{R"("enterprise_api_key": "a b")", "/enterprise_api_key: enterprise_api_key: "},
               Case{R"("authentication": "bearer", "oauth_token": "oat.token-of-somebody")",
                    "/oauth_token: is a second OAuth token"});

  const Error error = failure(read_settings(with_key(rest)));

  CAPTURE(error.message);
  CHECK(error.message.starts_with(says));
  CHECK_FALSE(contains(error.message, "somebody"));
}

TEST_CASE("the key is in no fault, whatever is wrong with it and wherever it was put") {
  const std::string key(secret);
  const auto config = GENERATE_COPY(
      as<std::string>{}, R"({"admin_api_key": ")" + key + R"( x"})",
      R"({"admin_api_key": "')" + key + R"('"})", R"({"admin_api_key": "KEY=)" + key + R"("})",
      R"({"admin_api_key": [")" + key + R"("]})", R"({"admin_api_key": {"key": ")" + key + R"("}})",
      R"({")" + key + R"(": 1})", R"({"api_key": ")" + key + R"("})",
      R"({"admin_api_key": ")" + key + R"(", "url": ")" + key + R"("})",
      R"({"url": "https://user:)" + key + R"(@api.anthropic.com"})",
      R"({"admin_api_key": "${)" + key + R"(}"})", R"({"namespace": ")" + key + R"("})",
      R"({"oauth_token": ")" + key + R"( x"})", R"({"oauth_token": [")" + key + R"("]})",
      R"({"enterprise_api_key": "')" + key + R"('"})",
      R"({"enterprise_api_key": {"key": ")" + key + R"("}})",
      R"({"authentication": "bearer", "admin_api_key": ")" + key + R"(", "oauth_token": ")" + key +
          R"("})",
      R"({"proxy_url": "http://u:)" + key + R"(@p"})", R"({"proxy_url": [")" + key + R"("]})",
      R"({"authentication": ")" + key + R"("})", R"({"anthropic_version": ")" + key + R"(\u0001"})",
      R"({"streams": {"usage": {"group_by": [")" + key + R"("]}}})",
      R"({"admin_api_key": ")" + key);
  CAPTURE(config);

  const Error error = failure(read_settings(config));

  CAPTURE(error.message);
  CHECK_FALSE(contains(error.message, key));
  CHECK_FALSE(contains(error.message, "CANARY"));
}

TEST_CASE("a secret without the shape of a key is not repeated either") {
  const std::string token = "oat01.Zm9vYmFyYmF6cXV1eA";
  const auto config = GENERATE_COPY(
      as<std::string>{}, R"({"admin_api_key": ")" + token + R"( x"})",
      R"({"admin_api_key": [")" + token + R"("]})",
      R"({"admin_api_key": ")" + token + R"(\u0007"})",
      R"({"admin_api_key": "${)" + token + R"(}"})",
      R"({"admin_api_key": "x", "ssl": {"key": [")" + token + R"("]}})",
      R"({"admin_api_key": "x", "proxy_url": "http://user:)" + token + R"(@proxy.example:99999"})",
      R"({"admin_api_key": "x", "proxy_url": ["http://user:)" + token + R"(@proxy.example:3128"]})",
      R"({"admin_api_key": "x", "url": "https://user:)" + token + R"(@api.anthropic.com"})",
      R"({"admin_api_key": "x", "url": ["https://user:)" + token + R"(@api.anthropic.com"]})");
  CAPTURE(config);

  const Error error = failure(read_settings(config));

  CAPTURE(error.message);
  CHECK_FALSE(contains(error.message, token));
}

TEST_CASE("a configuration that is no JSON object is one fault") {
  const auto config = GENERATE(as<std::string>{}, "", "{", "[]", "7", "null", "\"x\"", "{} {}",
                               R"({"url": "a",})", "url: https://api.anthropic.com");
  CAPTURE(config);

  const Error error = failure(read_settings(config));

  CHECK(error.code == Errc::configuration);
  CHECK(test::lines(error.message).size() == 1);
  CHECK(contains(error.message, "JSON"));
}

}  // namespace
}  // namespace anthropic_metrics
