// SPDX-License-Identifier: Apache-2.0
// The rows of an input.
#include "settings/table.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <iterator>

namespace anthropic_metrics {
namespace {

namespace json = boost::json;

using Rows = std::vector<Setting>;

Rows service() {
  return {
      {.key = "url",
       .title = "URL",
       .sentence = "Where the Admin API is. A path before /v1 may follow the host, for "
                   "gateways. http is accepted for loopback addresses only.",
       .fallback = "https://api.anthropic.com",
       .format = "uri",
       .pattern = R"(^https?://[^?#\s]+$)",
       .withheld = true},
      {.key = "admin_api_key",
       .title = "Admin API key",
       .sentence =
           "Key of an organization administrator; it begins with sk-ant-admin. The key itself, "
           "or where it is: ${NAME} an environment variable, file:PATH or an absolute path a "
           "file, systemd:NAME a systemd credential, $secret{NAME} a secret of the host. One "
           "of admin_api_key, oauth_token and enterprise_api_key is needed; with several of "
           "them, each stream takes the first that opens it.",
       .examples = {"${ANTHROPIC_ADMIN_KEY}", "file:/run/secrets/anthropic-admin-key",
                    "systemd:anthropic-admin-key"},
       .least = 1,
       .foremost = true,
       .secret = true},
      {.key = "oauth_token",
       .title = "OAuth token",
       .sentence =
           "OAuth token with the scope org:admin, sent as a bearer in Authorization. It opens "
           "what the Admin key opens, and the service accounts beside. The token itself or "
           "where it is, as for admin_api_key; a file is read again when it changes.",
       .examples = {"file:/run/secrets/anthropic-oauth-token", "${ANTHROPIC_OAUTH_TOKEN}"},
       .least = 1,
       .secret = true},
      {.key = "enterprise_api_key",
       .title = "Enterprise key",
       .sentence =
           "Key of Claude Enterprise with scopes that were chosen when it was made; it begins "
           "with sk-ant-api01. read:analytics opens the analytics streams, read:spend_limits "
           "the spend limits. The key itself or where it is, as for admin_api_key.",
       .examples = {"${ANTHROPIC_ENTERPRISE_KEY}", "file:/run/secrets/anthropic-enterprise-key"},
       .least = 1,
       .secret = true},
      {.key = "authentication",
       .title = "Authentication",
       .sentence = "How admin_api_key is sent: api_key as x-api-key, bearer in Authorization, "
                   "if an OAuth token is given there instead of as oauth_token.",
       .fallback = "api_key",
       .examples = {"api_key", "bearer"},
       .choices = {"api_key", "bearer"},
       .spoken = {"Admin API key", "OAuth bearer token"}},
      {.key = "anthropic_version",
       .title = "API version",
       .sentence = "Version of the API to ask for, sent in the header anthropic-version.",
       .fallback = "2023-06-01",
       .pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}};
}

Rows ssl_client() {
  return {{.key = "certificate",
           .title = "Client certificate",
           .sentence = "PEM text or path. Needs key.",
           .examples = {"/etc/anthropic-metrics/client.pem"},
           .least = 1,
           .needs = "key"},
          {.key = "key",
           .title = "Client key",
           .sentence = "PEM text or path. Needs certificate.",
           .examples = {"/etc/anthropic-metrics/client.key"},
           .least = 1,
           .needs = "certificate",
           .withheld = true},
          {.key = "key_passphrase",
           .title = "Passphrase of the client key",
           .sentence = "What an encrypted key is opened with. Needs key.",
           .examples = {"a passphrase"},
           .least = 1,
           .needs = "key",
           .secret = true}};
}

Rows ssl_server() {
  return {{.key = "ca_trusted_fingerprint",
           .title = "Trusted fingerprint",
           .sentence = "SHA-256 of a certificate authority's certificate in hexadecimal: an "
                       "authority in the server's chain that has it is trusted.",
           .examples = {"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
           .pattern = "^([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}$"},
          {.key = "supported_protocols",
           .kind = Kind::texts,
           .title = "Protocols",
           .sentence = "TLS versions to offer.",
           .fallback = json::array{"TLSv1.2", "TLSv1.3"},
           .examples = {json::array{"TLSv1.3"}},
           .choices = {"TLSv1.2", "TLSv1.3"},
           .filled = true,
           .unique = true},
          {.key = "verification_mode",
           .title = "Verification",
           .sentence = "full and strict: the chain and the host name, which must be among the "
                       "certificate's alternative names. none: nothing is checked; accepted for "
                       "loopback addresses only. certificate (the chain without the name) is "
                       "refused: it would accept any valid certificate.",
           .fallback = "full",
           .choices = {"full", "strict", "none"}}};
}

Setting ssl() {
  Setting row{
      .key = "ssl",
      .kind = Kind::object,
      .title = "TLS",
      .sentence =
          "How the connection to the API is secured. Certificates and keys are PEM text or "
          "paths of PEM files.",
      .fallback = json::object{},
      .examples = {json::parse(R"({"certificate_authorities": ["/etc/ssl/corporate-ca.pem"]})")},
      .settings = {{.key = "certificate_authorities",
                    .kind = Kind::texts,
                    .title = "Certificate authorities",
                    .sentence = "Authorities to trust instead of the system's. Each is PEM text or "
                                "the path of a PEM file.",
                    .fallback = json::array{},
                    .examples = {json::array{"/etc/ssl/corporate-ca.pem"}},
                    .least = 1}}};
  for (const Rows& rows : {ssl_client(), ssl_server()})
    row.settings.insert(row.settings.end(), rows.begin(), rows.end());
  return row;
}

Rows connection() {
  return {
      {.key = "http_client_timeout",
       .kind = Kind::duration,
       .title = "HTTP timeout",
       .sentence = "Longest time for one request and its whole answer. Shorter limits hold for "
                   "each phase within it: lookup, connection and handshake 10s each, first byte "
                   "30s. What takes longer is asked for in smaller pages.",
       .fallback = "2m",
       .examples = {"30s", "2m"},
       .least = "1s",
       .most = "1h"},
      {.key = "proxy_url",
       .title = "Proxy",
       .sentence = "HTTP proxy to connect through, with its port; user and password may stand in "
                   "it. When absent, HTTPS_PROXY and NO_PROXY of the environment decide.",
       .examples = {"http://proxy.example:3128"},
       .pattern = R"(^(http://)?[^/?#\s]+:[0-9]+/?$)",
       .secret = true},
      ssl()};
}

Rows tracer() {
  return {
      {.key = "enable_request_tracer",
       .kind = Kind::boolean,
       .title = "Request tracer",
       .sentence = "Writes every request and answer to the tracer's file, without credentials. "
                   "For looking into a problem: it switches itself off after an hour.",
       .fallback = false,
       .examples = {true}},
      {.key = "tracer",
       .kind = Kind::object,
       .title = "Tracer file",
       .sentence = "Where the request tracer writes. Credentials are never written.",
       .fallback = json::object{},
       .examples = {json::object{{"path", "/var/log/anthropic-metrics/trace.ndjson"}}},
       .settings = {{.key = "path",
                     .title = "Path",
                     .sentence = "File to append to, one JSON object per line; rotated at 1 MB, "
                                 "five old files are kept. Empty: beside the state.",
                     .fallback = "",
                     .examples = {"/var/log/anthropic-metrics/trace.ndjson"}}}}};
}

Setting state() {
  return {.key = "state",
          .kind = Kind::object,
          .title = "State",
          .sentence = "What has to survive a restart.",
          .fallback = json::object{},
          .examples = {json::object{{"path", "/var/lib/anthropic-metrics/acme"}}},
          .settings = {
              {.key = "path",
               .title = "Path",
               .sentence = "Directory for the ledger and the outbox, one per instance. Empty: "
                           "memory only; then a restart repeats documents under the same ids, "
                           "and cannot correct what it no longer knows.",
               .fallback = "",
               .examples = {"/var/lib/anthropic-metrics/acme"}},
              {.key = "seen",
               .title = "Seen",
               .sentence = "Set by the host: what its outputs remember of the state, as "
                           "`state.seen` of the status said when they wrote the newest batch. A "
                           "state that is older than that is noticed.",
               .fallback = "",
               .examples = {"0123456789abcdef0123456789abcdef:42"},
               .pattern = "^([0-9a-f]{32}:[0-9]{1,19})?$"}}};
}

Setting batch() {
  return {
      .key = "batch",
      .kind = Kind::object,
      .title = "Batches",
      .sentence = "Bounds of what is handed to the host at once. The host may ask for less.",
      .fallback = json::object{},
      .examples = {json::object{{"max_documents", 500}}},
      .settings = {{.key = "max_documents",
                    .kind = Kind::integer,
                    .title = "Documents in a batch",
                    .sentence = "Most documents in one batch.",
                    .fallback = 1600,
                    .examples = {500, 1600},
                    .least = 1,
                    .most = 100'000},
                   {.key = "max_bytes",
                    .kind = Kind::integer,
                    .title = "Bytes in a batch",
                    .sentence = "Most bytes of NDJSON in one batch. A single larger document comes "
                                "alone.",
                    .fallback = 3 << 20,
                    .examples = {262144},
                    .least = 1024,
                    .most = 100 << 20},
                   {.key = "max_in_flight",
                    .kind = Kind::integer,
                    .title = "Batches in flight",
                    .sentence = "Batches handed out and not acknowledged; at this number polling "
                                "pauses.",
                    .fallback = 4,
                    .examples = {1, 4},
                    .least = 1,
                    .most = 1000}}};
}

Setting history() {
  return {
      .key = "history",
      .kind = Kind::object,
      .title = "History",
      .sentence =
          "How fast history is read that backfill_from asks for. Live polling has places of "
          "its own and goes first.",
      .fallback = json::object{},
      .examples = {json::object{{"in_flight", 2}}},
      .settings = {{.key = "in_flight",
                    .kind = Kind::integer,
                    .title = "Requests in flight",
                    .sentence = "Requests for history under way at once. They halve when the API "
                                "answers 429 or asks to wait, and grow again one by one.",
                    .fallback = 4,
                    .examples = {1, 4},
                    .least = 1,
                    .most = 16},
                   {.key = "burst",
                    .kind = Kind::integer,
                    .title = "Burst",
                    .sentence = "Requests for history of usage and cost that may leave at once "
                                "after a quiet time; beyond that one a second. The API's documents "
                                "take bursts for larger downloads and name no limit; 8 is the pace "
                                "of all other requests.",
                    .fallback = 60,
                    .examples = {8, 60},
                    .least = 1,
                    .most = 1000}}};
}

Rows delivery() {
  return {
      {.key = "acknowledge",
       .title = "Acknowledge",
       .sentence = "explicit: documents are kept until the host acknowledges them. handover: "
                   "handing out counts as acknowledged, for hosts that know only init, poll and "
                   "shutdown.",
       .fallback = "explicit",
       .examples = {"explicit", "handover"},
       .choices = {"explicit", "handover"}},
      {.key = "re_emit",
       .kind = Kind::duration,
       .title = "Send again",
       .sentence = "With acknowledge: handover, how long batches are kept and sent again after a "
                   "start, in case the host lost them.",
       .fallback = "1h",
       .examples = {"1h", "0s"},
       .least = "0s",
       .most = "168h"},
      state(),
      batch(),
      history()};
}

Setting all_streams() {
  Setting row{
      .key = "streams",
      .kind = Kind::object,
      .title = "Streams",
      .sentence =
          "Settings per stream, by its name; the library's own answer lists them, made from "
          "the streams it has. A stream that is not named has its defaults.",
      .fallback = json::object{},
      .examples = {
          json::parse(R"({"usage": {"bucket_width": "1m"}, "rate_limit": {"enabled": false}})")}};
  for (const auto& stream : streams::all()) row.settings.push_back(stream_settings(stream));
  return row;
}

Setting make_configuration_settings() {
  Setting whole{
      .kind = Kind::object,
      .title = "Configuration of anthropic_metrics",
      .sentence =
          "The object a host passes to beat_plugin_init: one organization. Durations are in "
          "Go's form (90s, 5m, 24h, 1h30m). An unknown key is a fault.",
      .examples = {json::parse(R"({"admin_api_key": "file:/run/secrets/anthropic-admin-key",
                                   "state": {"path": "/var/lib/anthropic-metrics/acme"}})"),
                   json::parse(R"({"admin_api_key": "$secret{ANTHROPIC_ADMIN_KEY}",
                                   "namespace": "production",
                                   "streams": {"usage": {"bucket_width": "1m",
                                                         "group_by": ["model", "api_key_id"]},
                                               "cost": {"interval": "6h"}}})")},
      .any_of = {"admin_api_key", "oauth_token", "enterprise_api_key"}};
  const Rows parts[] = {service(), common_settings(), {personal_setting()}, connection(),
                        tracer(),  delivery(),        {all_streams()}};
  for (const Rows& rows : parts)
    whole.settings.insert(whole.settings.end(), rows.begin(), rows.end());
  return whole;
}

}  // namespace

const Setting& configuration_settings() {
  static const Setting made = make_configuration_settings();
  return made;
}

}  // namespace anthropic_metrics
