// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/scrubber.hpp"
#include "base/secret_json.hpp"
#include "settings/config_reader.hpp"
#include "settings/stream_config.hpp"
#include "version.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

/// Takes a checked value, or records why not.
template <class T, class Use>
void take(Result<T> result, ConfigReader& in, std::string_view key, std::string_view shown,
          Use use) {
  if (result)
    use(std::move(*result));
  else
    in.fault(key, shown, result.error().message);
}

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

void read_ssl(ConfigReader in, const net::Url& url, net::SslSettings& ssl) {
  if (const auto authorities = in.texts("certificate_authorities"); !authorities.empty())
    take(net::parse_certificate_authorities(authorities), in, "certificate_authorities", "",
         [&](auto value) { ssl.certificate_authorities = std::move(value); });
  if (const auto text = in.text("certificate"); !text.empty())
    take(net::parse_certificate_source("ssl.certificate", text), in, "certificate", "",
         [&](auto value) { ssl.certificate = std::move(value); });
  if (const auto text = in.words("key"); !text.empty())
    if (auto read = net::parse_private_key(text, ssl); !read)
      in.fault("key", "", read.error().message);
  ssl.key_passphrase = Secret(in.words("key_passphrase"));
  if (const auto text = in.text("ca_trusted_fingerprint"); !text.empty())
    take(net::parse_fingerprint(text), in, "ca_trusted_fingerprint", in_quotes(text),
         [&](auto value) { ssl.ca_trusted_fingerprint = value; });
  if (const auto protocols = in.texts("supported_protocols"); !protocols.empty())
    if (auto read = net::parse_supported_protocols(protocols, ssl); !read)
      in.fault("supported_protocols", fmt::format("{}", protocols), read.error().message);
  if (const auto mode = in.text("verification_mode"); !mode.empty())
    take(net::parse_verification_mode(mode, url), in, "verification_mode", in_quotes(mode),
         [&](auto value) { ssl.verification_mode = value; });
  in.refuse_unknown_keys();
  if (auto whole = net::check(ssl); !whole) in.fault(whole.error().message);
}

constexpr net::UrlWords url_words{"url", "https://api.anthropic.com", "admin_api_key"};

void read_http(ConfigReader& in, net::HttpSettings& settings) {
  const std::string url = in.text("url");
  take(net::parse_url(url, url_words), in, "url", in_quotes(net::redact_url(url)),
       [&](auto value) { settings.url = std::move(value); });
  if (const auto proxy = in.words("proxy_url"); !proxy.empty())
    take(net::parse_proxy(proxy), in, "proxy_url", in_quotes(net::redact_url(proxy)),
         [&](auto value) { settings.proxy = std::move(value); });
  const auto get = [](const char* name) -> const char* { return std::getenv(name); };
  settings.proxy_environment = net::ProxyEnvironment::read(get);
  const auto timeout = in.duration("http_client_timeout");
  if (auto applied = net::apply_client_timeout(timeout, settings.deadlines); !applied)
    in.fault("http_client_timeout", "", applied.error().message);
  read_ssl(in.part("ssl"), settings.url, settings.ssl);
  settings.user_agent = fmt::format("anthropic_metrics/{}", version);
}

std::string needed(std::string_view opens) {
  const std::string_view what = opens == "oauth"        ? "an OAuth token"
                                : opens == "enterprise" ? "a key (sk-ant-api01-...)"
                                                        : "an Admin key (sk-ant-admin...)";
  return fmt::format(
      "is needed: {} of the organization, or where it is kept: ${{NAME}} for an environment "
      "variable, file:PATH, systemd:NAME, $secret{{NAME}}",
      what);
}

/// Adds the credential that the setting gives. False if it is not there.
bool read_credential(ConfigReader& in, std::string_view setting, std::string_view opens,
                     api::CredentialKind kind, Settings& settings) {
  const std::string_view key = in.words(setting);
  if (key.empty()) {
    if (in.has(setting)) in.fault(setting, "", needed(opens));
    return in.has(setting);
  }
  api::GivenCredential given{opens, setting, {}, kind};
  if (key.starts_with("$secret{") && key.ends_with("}")) {
    given.place.where = api::CredentialPlace::Where::host;
    given.place.name = key.substr(8, key.size() - 9);
    settings.credentials.push_back(std::move(given));
  } else
    take(api::parse_credential(key, setting), in, setting, "", [&](auto place) {
      given.place = std::move(place);
      settings.credentials.push_back(std::move(given));
    });
  return true;
}

void read_credentials(ConfigReader& in, Settings& settings) {
  using api::CredentialKind;
  const bool bearer = in.choice("authentication") == "bearer";
  const bool admin =
      read_credential(in, "admin_api_key", bearer ? "oauth" : "admin",
                      bearer ? CredentialKind::bearer : CredentialKind::api_key, settings);
  const bool oauth = read_credential(in, "oauth_token", "oauth", CredentialKind::bearer, settings);
  const bool enterprise =
      read_credential(in, "enterprise_api_key", "enterprise", CredentialKind::enterprise, settings);
  if (!admin && !oauth && !enterprise)
    in.fault("admin_api_key", "", needed("admin") + "; or oauth_token, or enterprise_api_key");
  if (bearer && admin && oauth)
    in.fault("oauth_token", "",
             "is a second OAuth token beside admin_api_key with authentication: bearer; leave one "
             "of them out");
  settings.api_version = in.text("anthropic_version");
  if (auto checked = net::parse_header_value("anthropic_version", settings.api_version); !checked)
    in.fault("anthropic_version", "", checked.error().message);
}

void read_streams(ConfigReader in, const streams::StreamSettings& common,
                  std::vector<StreamChoice>& choices, Faults& faults) {
  for (const streams::Descriptor& stream : streams::all()) {
    StreamChoice choice;
    choice.stream = &stream;
    choice.settings = streams::read_stream_settings(stream, in.part(stream.name), common);
    if (choice.settings.enabled) choices.push_back(std::move(choice));
  }
  in.refuse_unknown_keys();
  if (choices.empty() && faults.empty()) in.fault("every stream is disabled; enable at least one");
}

/// state.seen: "<id>:<batch>", as `status` gives them.
std::optional<ledger::Seen> read_seen(ConfigReader& state) {
  const std::string text = state.text("seen");
  if (text.empty()) return std::nullopt;
  constexpr std::size_t id_size = 32;
  ledger::Seen seen{text.substr(0, id_size), 0};
  const char* const end = text.data() + text.size();
  const bool shaped = text.size() > id_size + 1 && text.size() <= id_size + 20 &&
                      text[id_size] == ':' &&
                      seen.state.find_first_not_of("0123456789abcdef") == std::string::npos;
  const auto number = shaped ? std::from_chars(text.data() + id_size + 1, end, seen.batch)
                             : std::from_chars_result{end, std::errc::invalid_argument};
  if (number.ec == std::errc() && number.ptr == end) return seen;
  state.fault("seen", text, "expected the id of a state, a colon and a batch, as its status says");
  return std::nullopt;
}

void read_batch(ConfigReader in, Settings& settings) {
  settings.batch_documents = static_cast<std::size_t>(in.integer("max_documents"));
  settings.batch_bytes = static_cast<std::size_t>(in.integer("max_bytes"));
  settings.most_in_flight = static_cast<std::size_t>(in.integer("max_in_flight"));
  in.refuse_unknown_keys();
}

void read_history(ConfigReader in, Settings& settings) {
  settings.history_in_flight = static_cast<int>(in.integer("in_flight"));
  settings.history_burst = static_cast<int>(in.integer("burst"));
  // Each of them may keep its connection, and a live request its own.
  settings.http.idle_connections = std::max(
      settings.http.idle_connections, static_cast<std::size_t>(settings.history_in_flight) + 1);
  in.refuse_unknown_keys();
}

void read_state(ConfigReader in, Settings& settings) {
  settings.state_path = in.text("path");
  settings.state_seen = read_seen(in);
  in.refuse_unknown_keys();
}

void read_tracer(ConfigReader& in, Settings& settings) {
  settings.tracer.enabled = in.boolean("enable_request_tracer");
  ConfigReader where = in.part("tracer");
  settings.tracer.path = where.text("path");
  where.refuse_unknown_keys();
  if (settings.tracer.path.empty() && !settings.state_path.empty())
    settings.tracer.path = settings.state_path + "/trace.ndjson";
  if (settings.tracer.enabled && settings.tracer.path.empty())
    in.fault("enable_request_tracer", "",
             "needs a place to write: set tracer.path, or state.path to write beside the state");
}

Settings read(const json::object& object, Faults& faults) {
  const Setting& whole = configuration_settings();
  Settings settings;
  ConfigReader in(object, whole.settings, "", faults);
  read_http(in, settings.http);
  read_credentials(in, settings);
  streams::StreamSettings common;
  streams::read_common_settings(in, false, common);
  streams::read_personal_data(in, false, common);
  settings.acknowledge_at_handover = in.choice("acknowledge") == "handover";
  settings.re_emit = in.duration("re_emit");
  read_state(in.part("state"), settings);
  read_batch(in.part("batch"), settings);
  read_history(in.part("history"), settings);
  read_tracer(in, settings);
  read_streams(in.part("streams"), common, settings.streams, faults);
  in.refuse_unknown_keys();
  return settings;
}

}  // namespace

Result<Settings> read_settings(std::string_view config_json) {
  const SecretJson document(config_json);
  if (document.error())
    return Error{Errc::configuration, fmt::format("the configuration is not valid JSON: {}",
                                                  document.error().message())};
  const json::object* object = document.value().if_object();
  if (object == nullptr)
    return Error{Errc::configuration, "the configuration must be a JSON object"};
  Faults faults;
  Settings settings = read(*object, faults);
  if (!faults.empty())
    return Error{Errc::configuration, scrub_shapes(fmt::format("{}", fmt::join(faults, "\n")))};
  return settings;
}

}  // namespace anthropic_metrics
