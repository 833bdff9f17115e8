// SPDX-License-Identifier: Apache-2.0
// Certificates of our own: who asks for one, which is given, and files that hold none.
#include <openssl/ssl.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>

#include "client.hpp"
#include "net/tls.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::net::test {
namespace {

const std::string host = "api.example.test";

void client_certificate(HttpSettings& settings, const Identity& identity) {
  settings.ssl.certificate = PemSource{"", identity.certificate};
  REQUIRE(parse_private_key(identity.key, settings.ssl).has_value());
}

}  // namespace

TEST_CASE("a server that demands a client certificate gets the right one or no key") {
  CertificateSpec spec = leaf({"collector.test"});
  spec.extended_usage = "clientAuth";
  const Identity good = issue(authority(), spec);
  const Identity wrong = issue(other_authority(), spec);
  for (const int highest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ServerTls tls{server_for(host)};
    tls.client_authority = authority().certificate;
    tls.highest = highest;
    TestServer server(tls, [](Peer& peer) {
      peer.read_head();
      peer.send(ok_answer("{}"));
    });
    CAPTURE(highest);

    HttpSettings with = settings_for(host, server.port());
    client_certificate(with, good);
    Client accepted(std::move(with));
    CHECK(accepted.get().has_value());
    const std::string before = server.received();

    Client without(settings_for(host, server.port()));
    const auto none = without.get();
    REQUIRE_FALSE(none.has_value());
    CAPTURE(none.error().message);
    CHECK(none.error().code == Errc::configuration);
    CHECK(none.error().message.find("wants a client certificate") != std::string::npos);
    CHECK(none.error().message.find("set ssl.certificate and ssl.key") != std::string::npos);
    HttpSettings bad = settings_for(host, server.port());
    client_certificate(bad, wrong);
    Client refused(std::move(bad));
    const auto denied = refused.get();
    REQUIRE_FALSE(denied.has_value());
    CAPTURE(denied.error().message);
    CHECK(denied.error().code == Errc::configuration);
    CHECK(denied.error().message.find("refuses the client certificate") != std::string::npos);
    without.transport.reset();
    refused.transport.reset();
    accepted.transport.reset();
    server.drain();
    CHECK(server.received() == before);
  }
}

TEST_CASE(
    "certificate files that are missing, damaged or misused fail at start with setting and file") {
  const Scratch scratch;
  const Identity server = server_for(host);
  const Identity other = server_for(host);
  struct Case {
    std::string says;
    std::function<void(SslSettings&)> adjust;
  };
  const std::string cut = authority().certificate.substr(0, authority().certificate.size() / 2);
  const Case cases[] = {
      {"ssl.certificate_authorities: file",
       [&](auto& s) {
         s.certificate_authorities = {PemSource{scratch.path("none"), ""}};
       }},
      {"holds no certificate",
       [&](auto& s) {
         s.certificate_authorities = {PemSource{scratch.write("empty", ""), ""}};
       }},
      {"holds no certificate",
       [&](auto& s) {
         s.certificate_authorities = {PemSource{scratch.write("text", "hello"), ""}};
       }},
      {"damaged",
       [&](auto& s) {
         s.certificate_authorities = {PemSource{scratch.write("cut", cut), ""}};
       }},
      {"damaged",
       [&](auto& s) {
         s.certificate_authorities = {
             PemSource{scratch.write("half", authority().certificate + cut), ""}};
       }},
      {"not a regular file",
       [&](auto& s) {
         s.certificate_authorities = {PemSource{scratch.path(""), ""}};
       }},
      {"ssl.certificate needs ssl.key",
       [&](auto& s) {
         s.certificate = PemSource{"", server.certificate};
       }},
      {"does not belong to ssl.certificate",
       [&](auto& s) {
         s.certificate = PemSource{"", server.certificate};
         s.key_text = Secret(other.key);
       }},
      {"run chmod 600",
       [&](auto& s) {
         s.certificate = PemSource{"", server.certificate};
         s.key_path = scratch.write("open.key", server.key, 0644);
       }},
      {"it is encrypted; set ssl.key_passphrase",
       [&](auto& s) {
         s.certificate = PemSource{"", server.certificate};
         s.key_path = scratch.write("locked.key", encrypted(server.key, "right words"));
       }},
      {"ssl.key_passphrase does not open it",
       [&](auto& s) {
         s.certificate = PemSource{"", server.certificate};
         s.key_path = scratch.write("locked2.key", encrypted(server.key, "right words"));
         s.key_passphrase = Secret("secret-material");
       }},
      {"ssl.key_passphrase needs ssl.key",
       [&](auto& s) { s.key_passphrase = Secret("secret-material"); }},
      {"not a private key",
       [&](auto& s) {
         s.certificate = PemSource{"", server.certificate};
         s.key_path = scratch.write("bad.key", "secret-material");
       }},
  };
  for (const Case& c : cases) {
    HttpSettings settings = settings_for(host, 443);
    c.adjust(settings.ssl);
    Client client(std::move(settings));
    REQUIRE(client.failed.has_value());
    CAPTURE(client.failed->message);
    CHECK(client.failed->code == Errc::configuration);
    CHECK(client.failed->message.find(c.says) != std::string::npos);
    CHECK(client.failed->message.find("secret-material") == std::string::npos);
  }
}

TEST_CASE("an encrypted client key is opened with its passphrase, in both forms that exist") {
  CertificateSpec spec = leaf({"collector.test"});
  spec.extended_usage = "clientAuth";
  const Identity good = issue(authority(), spec);
  ServerTls tls{server_for(host)};
  tls.client_authority = authority().certificate;
  TestServer server(tls, [](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
  });
  const Scratch scratch;
  const std::string words = "right words";
  const std::string modern = encrypted(good.key, words), old = encrypted(good.key, words, true);
  CHECK(modern.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") == 0);
  CHECK(old.find("Proc-Type: 4,ENCRYPTED") != std::string::npos);
  for (const std::string& key : {modern, old, good.key}) {
    for (const bool in_file : {false, true}) {
      HttpSettings settings = settings_for(host, server.port());
      settings.ssl.certificate = PemSource{"", good.certificate};
      settings.ssl.key_passphrase = Secret(words);
      if (in_file)
        settings.ssl.key_path = scratch.write("client.key", key);
      else
        settings.ssl.key_text = Secret(key);
      Client client(std::move(settings));
      CAPTURE(client.failed ? client.failed->message : "");
      REQUIRE_FALSE(client.failed.has_value());
      CHECK(client.get().has_value());
    }
  }
}

}  // namespace anthropic_metrics::net::test
