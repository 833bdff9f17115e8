// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.hpp"

#include <algorithm>

#include "canary.hpp"
#include "settings/stream_config.hpp"
#include "support.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::failure;
using test::must;

constexpr std::string_view secret = test::canary;

/// A configuration with a key, and `rest` behind it: ", \"url\": ...".
std::string with_key(const std::string& rest) {
  return R"({"admin_api_key": ")" + std::string(secret) + "\"" + (rest.empty() ? "" : ", " + rest) +
         "}";
}

std::vector<std::string> faults_of(const std::string& config) {
  const Error error = failure(read_settings(config));
  CHECK(error.code == Errc::configuration);
  CHECK_FALSE(contains(error.message, secret));
  return test::lines(error.message);
}

const StreamChoice& stream(const Settings& settings, std::string_view name) {
  const auto found = std::find_if(settings.streams.begin(), settings.streams.end(),
                                  [&](const StreamChoice& s) { return s.stream->name == name; });
  REQUIRE(found != settings.streams.end());
  return *found;
}

TEST_CASE("a key is all that a configuration needs") {
  const Settings settings = must(read_settings(with_key("")));

  CHECK(settings.http.url.text() == "https://api.anthropic.com");
  CHECK(settings.api_version == "2023-06-01");
  REQUIRE(settings.credentials.size() == 1);
  CHECK(settings.credentials[0].opens == "admin");
  CHECK(settings.credentials[0].place.where == api::CredentialPlace::Where::inline_text);
  CHECK(settings.credentials[0].kind == api::CredentialKind::api_key);
  CHECK_FALSE(settings.http.proxy.has_value());
  CHECK(settings.http.deadlines.exchange == 120s);
  CHECK_FALSE(settings.acknowledge_at_handover);
  CHECK(settings.state_path.empty());
  CHECK(settings.batch_documents == 1600);
  CHECK(settings.batch_bytes == 3 << 20);
  CHECK(settings.most_in_flight == 4);
  CHECK_FALSE(settings.tracer.enabled);
  for (const auto& descriptor : streams::all())
    CHECK(std::any_of(settings.streams.begin(), settings.streams.end(), [&](const StreamChoice& s) {
            return s.stream == &descriptor;
          }) != descriptor.opt_in);
}

TEST_CASE("each stream has its defaults") {
  const Settings settings = must(read_settings(with_key("")));

  const auto& usage = stream(settings, "usage").settings;
  CHECK(usage.interval == 15min);
  CHECK(usage.initial_interval == 24h);
  CHECK(usage.bucket_width == "1h");
  CHECK(usage.group_by ==
        std::vector<std::string>{"inference_geo", "model", "service_tier", "workspace_id"});
  const auto& cost = stream(settings, "cost").settings;
  CHECK(cost.interval == 2h);
  CHECK(cost.initial_interval == 168h);
  CHECK(cost.bucket_width == "1d");
  CHECK(cost.group_by == std::vector<std::string>{"description", "workspace_id"});
  const auto& limits = stream(settings, "rate_limit").settings;
  CHECK(limits.interval == 1h);
  CHECK(limits.group_by.empty());
  for (const StreamChoice& choice : settings.streams) {
    CAPTURE(choice.stream->name);
    CHECK(choice.settings.enabled);
    CHECK(choice.settings.data_stream_namespace == "default");
    CHECK(choice.settings.tags == std::vector<std::string>{"forwarded"});
    CHECK_FALSE(choice.settings.preserve_original_event);
  }
}

TEST_CASE("what is set for all streams may be set otherwise for one") {
  const Settings settings = must(read_settings(with_key(
      R"("namespace": "prod", "tags": [], "preserve_original_event": true,
         "streams": {"cost": {"namespace": "finance", "tags": ["a", "b"], "preserve_original_event": false}})")));

  const auto& usage = stream(settings, "usage").settings;
  CHECK(usage.data_stream_namespace == "prod");
  CHECK(usage.tags.empty());
  CHECK(usage.preserve_original_event);
  const auto& cost = stream(settings, "cost").settings;
  CHECK(cost.data_stream_namespace == "finance");
  CHECK(cost.tags == std::vector<std::string>{"a", "b"});
  CHECK_FALSE(cost.preserve_original_event);
}

TEST_CASE("each stream has a data set, its own or one of another name") {
  const Settings settings = must(read_settings(with_key(
      R"("streams": {"cost": {"dataset": "claude_metrics.cost"}, "health": {"dataset": "a.b_2.health"}})")));

  CHECK(stream(settings, "usage").settings.dataset == "anthropic_metrics.usage");
  CHECK(stream(settings, "cost").settings.dataset == "claude_metrics.cost");
  CHECK(stream(settings, "cost").settings.data_stream_of("cost") ==
        "metrics-claude_metrics.cost-default");
  CHECK(stream(settings, "health").settings.dataset == "a.b_2.health");
}

TEST_CASE("a data set that is not of its stream, or that no store takes, is refused") {
  const std::string wrong =
      GENERATE(as<std::string>{}, "claude_metrics.usage", "cost", ".cost", "a..cost", "Claude.cost",
               "a-b.cost", "a b.cost", "claude_metrics.costs", "claude_metrics.",
               std::string(96, 'a') + ".cost");
  const auto settings =
      read_settings(with_key(R"("streams": {"cost": {"dataset": ")" + wrong + "\"}}"));
  REQUIRE_FALSE(settings.has_value());
  CHECK(contains(settings.error().message, "/streams/cost/dataset"));
  CHECK(contains(settings.error().message, "such as claude_metrics.cost"));
}

TEST_CASE("null is as good as absent") {
  const Settings settings = must(read_settings(with_key(
      R"("url": null, "tags": null, "state": null, "batch": null, "ssl": null, "proxy_url": null,
         "streams": {"usage": null, "cost": {"interval": null, "group_by": null}})")));

  CHECK(settings.http.url.text() == "https://api.anthropic.com");
  CHECK(stream(settings, "cost").settings.interval == 2h);
}

TEST_CASE("groupings are sorted and unique, whatever order they were given in") {
  const Settings settings = must(read_settings(with_key(
      R"("streams": {"usage": {"group_by": ["speed", "model", "speed", "api_key_id"]}})")));

  CHECK(stream(settings, "usage").settings.group_by ==
        std::vector<std::string>{"api_key_id", "model", "speed"});
}

TEST_CASE("a grouping that the API added since is passed on, but never a name that documents use") {
  const auto read = [](const std::string& name) {
    return read_settings(with_key(R"("streams": {"usage": {"group_by": [")" + name + R"("]}})"));
  };
  CHECK(read("region").has_value());
  const auto name =
      GENERATE(as<std::string>{}, "revision", "group_by", "bucket_width", "output_tokens",
               "cached_input_tokens", "cache_creation", "total", "Model", "", "a-b", "9a");
  CAPTURE(name);

  CHECK_FALSE(read(name).has_value());
}

TEST_CASE("an empty list groups by nothing") {
  const Settings settings =
      must(read_settings(with_key(R"("streams": {"usage": {"group_by": []}})")));

  CHECK(stream(settings, "usage").settings.group_by.empty());
}

TEST_CASE("a disabled stream is not among the choices, and at least one is needed") {
  const Settings settings =
      must(read_settings(with_key(R"("streams": {"cost": {"enabled": false}})")));
  CHECK(settings.streams.size() == must(read_settings(with_key(""))).streams.size() - 1);

  std::string all_off;
  for (const auto& descriptor : streams::all())
    all_off += (all_off.empty() ? "\"" : ", \"") + std::string(descriptor.name) +
               R"(": {"enabled": false})";
  const auto faults = faults_of(with_key("\"streams\": {" + all_off + "}"));
  REQUIRE(faults.size() == 1);
  CHECK(contains(faults[0], "/streams: every stream is disabled"));
}

TEST_CASE("a stream that is opt-in is off until it is switched on") {
  streams::Descriptor quiet = *streams::find("rate_limit");
  quiet.opt_in = true;
  const auto enabled = [&](const boost::json::object& object) {
    Faults faults;
    const auto read = streams::read_stream_settings(quiet, object, "/streams/quiet",
                                                    streams::StreamSettings(), faults);
    CAPTURE(faults.empty() ? "" : faults.front());
    return read.enabled;
  };

  CHECK_FALSE(enabled({}));
  CHECK_FALSE(enabled({{"interval", "2h"}}));
  CHECK(enabled({{"enabled", true}}));
}

TEST_CASE("the tiers of reading again may be set, in any order") {
  const Settings settings = must(read_settings(with_key(
      R"("streams": {"usage": {"look_back": [{"depth": "48h", "every": "1h"}, {"depth": "3h"}]}, "cost": {"look_back": []}})")));

  const auto& tiers = stream(settings, "usage").settings.tiers;
  REQUIRE(tiers.size() == 2);
  CHECK(tiers[0].look_back == 3h);
  CHECK(tiers[0].every == 0s);
  CHECK(tiers[1].look_back == 48h);
  CHECK(tiers[1].every == 1h);
  CHECK(stream(settings, "cost").settings.tiers.empty());
}

TEST_CASE("a backfill reaches back to a date or a time") {
  struct Case {
    std::string text;
    std::string_view time;
  };
  const auto& [text, time] = GENERATE(Case{"2026-01-01", "2026-01-01T00:00:00Z"},
                                      Case{"2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00Z"});
  CHECK_FALSE(
      stream(must(read_settings(with_key(""))), "usage").settings.backfill_from.has_value());

  const Settings settings = must(
      read_settings(with_key(R"("streams": {"usage": {"backfill_from": ")" + text + R"("}})")));

  CHECK(stream(settings, "usage").settings.backfill_from == test::at(time));
}

TEST_CASE("what was handed over is sent again for an hour, or as long as is set") {
  CHECK(must(read_settings(with_key(""))).re_emit == 1h);
  CHECK(must(read_settings(with_key(R"("re_emit": "0s")"))).re_emit == 0s);
  CHECK(must(read_settings(with_key(""))).kept_after_handover() == 0s);  // Memory only.
  CHECK(must(read_settings(with_key(R"("state": {"path": "/s"})"))).kept_after_handover() == 1h);
}

TEST_CASE("the tracer writes where it was told, or beside the state, or is a fault") {
  CHECK(
      must(read_settings(with_key(R"("enable_request_tracer": true, "state": {"path": "/var/s"})")))
          .tracer.path == "/var/s/trace.ndjson");
  CHECK(must(read_settings(with_key(R"("enable_request_tracer": true, "tracer": {"path": "/t"})")))
            .tracer.path == "/t");
  const auto faults = faults_of(with_key(R"("enable_request_tracer": true)"));
  REQUIRE(faults.size() == 1);
  CHECK(contains(faults[0], "/enable_request_tracer"));
  CHECK(contains(faults[0], "tracer.path"));
}

TEST_CASE(
    "a credential is kept inline, in the environment, in a file, with systemd or with the host") {
  using Where = api::CredentialPlace::Where;
  struct Case {
    std::string text;
    Where where;
    std::string name;
  };
  const auto& [text, where, name] = GENERATE(
      Case{"sk-ant-admin01-x", Where::inline_text, ""}, Case{"${KEY}", Where::environment, "KEY"},
      Case{"${env.KEY}", Where::environment, "KEY"}, Case{"file:key", Where::file, "key"},
      Case{"/run/key", Where::file, "/run/key"}, Case{"systemd:key", Where::systemd, "key"},
      Case{"$secret{key}", Where::host, "key"});
  CAPTURE(text);

  const std::string setting =
      GENERATE(as<std::string>{}, "admin_api_key", "oauth_token", "enterprise_api_key");

  const Settings settings = must(read_settings("{\"" + setting + "\": \"" + text + "\"}"));

  REQUIRE(settings.credentials.size() == 1);
  CHECK(settings.credentials[0].setting == setting);
  CHECK(settings.credentials[0].place.where == where);
  CHECK(settings.credentials[0].place.name == name);
}

TEST_CASE("an OAuth token is sent as a bearer, wherever it is given") {
  for (const std::string& text : {with_key(R"("authentication": "bearer")"),
                                  std::string(R"({"oauth_token": "oat.token-of-somebody"})")}) {
    const Settings settings = must(read_settings(text));
    REQUIRE(settings.credentials.size() == 1);
    CHECK(settings.credentials[0].opens == "oauth");
    CHECK(settings.credentials[0].kind == api::CredentialKind::bearer);
  }
}

TEST_CASE("several credentials open what each of them opens") {
  const Settings settings = must(
      read_settings(with_key(R"("enterprise_api_key": "file:/run/e", "oauth_token": "${TOKEN}")")));

  REQUIRE(settings.credentials.size() == 3);
  std::vector<std::string_view> opens;
  for (const auto& given : settings.credentials) opens.push_back(given.opens);
  CHECK(opens == std::vector<std::string_view>{"admin", "oauth", "enterprise"});
  CHECK(settings.credentials[1].kind == api::CredentialKind::bearer);
  CHECK(settings.credentials[2].kind == api::CredentialKind::enterprise);
}

TEST_CASE("settings that are given are taken") {
  const Settings settings = must(read_settings(with_key(
      R"("url": "https://gateway.example/anthropic", "proxy_url": "http://user:pw@proxy.example:3128",
         "http_client_timeout": "30s", "acknowledge": "handover", "anthropic_version": "2024-01-01",
         "state": {"path": "/var/s"}, "batch": {"max_documents": 1, "max_bytes": 2048, "max_in_flight": 2},
         "streams": {"usage": {"interval": "90s", "initial_interval": "1h30m", "settle": "0s", "bucket_width": "1m"}})")));

  CHECK(settings.http.url.text() == "https://gateway.example/anthropic");
  CHECK(settings.http.proxy.has_value());
  CHECK(settings.http.deadlines.exchange == 30s);
  CHECK(settings.acknowledge_at_handover);
  CHECK(settings.api_version == "2024-01-01");
  CHECK(settings.state_path == "/var/s");
  CHECK(settings.batch_documents == 1);
  CHECK(settings.batch_bytes == 2048);
  CHECK(settings.most_in_flight == 2);
  const auto& usage = stream(settings, "usage").settings;
  CHECK(usage.interval == 90s);
  CHECK(usage.initial_interval == 90min);
  CHECK(usage.settle == 0s);
  CHECK(usage.bucket_width == "1m");
}

}  // namespace
}  // namespace anthropic_metrics
