// SPDX-License-Identifier: Apache-2.0
// Whom the key is given to. Every refusal asserts that not one application octet reached the
// server, the key least of all.
#include "net/tls.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <iostream>

#include "client.hpp"
#include "scratch.hpp"

namespace anthropic_metrics::net::test {
namespace {

const std::string host = "api.example.test";

struct Refusal {
  std::string name;
  ServerTls server;
  std::string asked = host;  ///< The url's host.
  std::string says;          ///< Must stand in the message; "" if OpenSSL's wording may vary.
  std::function<void(HttpSettings&)> adjust = {};
  Errc code = Errc::configuration;
};

template <class Change>
ServerTls changed(Change change, bool with_chain = false) {
  CertificateSpec spec = leaf({host});
  change(spec);
  return {issue(authority(), spec, with_chain)};
}

ServerTls named(std::vector<std::string> dns, std::vector<std::string> addresses = {}) {
  return {issue(authority(), leaf(std::move(dns), std::move(addresses)))};
}

Identity intermediate(const CertificateSpec& extra = {}) {
  CertificateSpec spec = extra;
  spec.common_name = "test intermediate";
  spec.authority = true;
  return issue(authority(), spec);
}

void pin(HttpSettings& settings, const Identity& identity) {
  settings.ssl.ca_trusted_fingerprint = identity.fingerprint;
}

std::vector<Refusal> refusals() {
  std::vector<Refusal> list;
  const auto add = [&](Refusal refusal) { list.push_back(std::move(refusal)); };
  const std::string name = "not valid for that name";
  const std::string trust = "signed by nobody we trust";

  // The name.
  add({"another name", named({"other.example.test"}), host, "it names other.example.test"});
  add({"a subdomain of the name", named({"x.api.example.test"}), host, name});
  add({"the parent of the name", named({"example.test"}), host, name});
  add({"a name that ends in ours", named({"evilapi.example.test"}), host, name});
  add({"our name as a prefix", named({"api.example.test.evil.test"}), host, name});
  add({"common name without subjectAltName",
       changed([](auto& s) { s.common_name = host, s.dns = {}; }), host, name});
  add({"common name besides another subjectAltName",
       changed([](auto& s) { s.common_name = host, s.dns = {"other.test"}; }), host, name});
  add({"no name at all", named({}), host, "it names no host"});
  add({"a partial wildcard", named({"a*.example.test"}), host, name});
  add({"a partial wildcard at the end", named({"*i.example.test"}), host, name});
  add({"a wildcard for two labels", named({"*.test"}), host, name});
  add({"a wildcard inside", named({"api.*.test"}), host, name});
  add({"a double wildcard", named({"*.*.test"}), host, name});
  add({"a bare wildcard", named({"*"}), host, name});
  add({"a wildcard that would have to match nothing", named({"*.api.example.test"}), host, name});
  add({"an address as a name", named({"127.0.0.1"}), "127.0.0.1", name});
  add({"another address", named({}, {"127.0.0.2"}), "127.0.0.1", "it names 127.0.0.2"});
  add({"a name when an address was asked", named({host}), "127.0.0.1", name});
  add({"an address when a name was asked", named({}, {"127.0.0.1"}), host, name});
  add({"an IPv6 address when IPv4 was asked", named({}, {"::1"}), "127.0.0.1", name});
  add({"a wildcard when an address was asked", named({"*"}), "127.0.0.1", name});
  add({"a wildcard over address labels", named({"*.0.0.1"}), "127.0.0.1", name});

  // Its time.
  add({"expired", changed([](auto& s) { s.begins_in_days = -9, s.ends_in_days = -1; }), host,
       "has expired"});
  add({"not yet valid", changed([](auto& s) { s.begins_in_days = 1, s.ends_in_days = 9; }), host,
       "not valid yet"});

  // Its issuer.
  add({"self-signed", {self_signed(leaf({host}))}, host, trust});
  add({"an unknown authority", {issue(other_authority(), leaf({host}))}, host, trust});
  add({"an unknown authority that sends its own certificate",
       {issue(other_authority(), leaf({host}), true)},
       host,
       trust});
  add({"a missing intermediate", {issue(intermediate(), leaf({host}))}, host, trust});
  add({"a leaf that acts as an authority",
       {issue(server_for("x.test"), leaf({host}), true)},
       host,
       ""});
  CertificateSpec old;
  old.begins_in_days = -9;
  old.ends_in_days = -1;
  add({"an expired intermediate",
       {issue(intermediate(old), leaf({host}), true)},
       host,
       "has expired"});
  CertificateSpec constrained;
  constrained.permitted_names = "permitted;DNS:other.test";
  add({"a name constraint that excludes us",
       {issue(intermediate(constrained), leaf({host}), true)},
       host,
       "permitted subtree"});
  add({"system trust only", {server_for(host)}, host, trust, [](HttpSettings& s) {
         s.ssl.certificate_authorities.clear();
       }});
  add({"another configured authority only", {server_for(host)}, host, trust, [](HttpSettings& s) {
         s.ssl.certificate_authorities = {PemSource{"", other_authority().certificate}};
       }});

  // Its strength and purpose.
  add({"a client's certificate", changed([](auto& s) { s.extended_usage = "clientAuth"; }), host,
       "purpose"});
  add({"a code signer's certificate", changed([](auto& s) { s.extended_usage = "codeSigning"; }),
       host, "purpose"});
  const auto weak = [](auto change) {
    ServerTls server = changed(change);
    server.security_level_0 = true;
    return server;
  };
  add({"a 1024-bit RSA key", weak([](auto& s) { s.rsa_bits = 1024; }), host, "too weak"});
  add({"a SHA-1 signature", weak([](auto& s) { s.digest = "SHA1"; }), host, "too weak"});

  // The protocol.
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    ServerTls server{server_for(host)};
    server.security_level_0 = true;
    server.lowest = server.highest = version;
    add({fmt::format("protocol {:#x} only", version), server, host, "supported_protocols"});
  }
  ServerTls two{server_for(host)};
  two.highest = TLS1_2_VERSION;
  add({"TLS 1.2 where 1.3 is demanded", two, host, "supported_protocols",
       [](HttpSettings& s) { s.ssl.tls_1_2 = false; }});
  ServerTls three{server_for(host)};
  three.lowest = TLS1_3_VERSION;
  add({"TLS 1.3 where 1.2 is demanded", three, host, "supported_protocols",
       [](HttpSettings& s) { s.ssl.tls_1_3 = false; }});

  // The fingerprint.
  add({"a fingerprint of another authority",
       {server_for(host)},
       host,
       "ca_trusted_fingerprint",
       [](HttpSettings& s) { pin(s, other_authority()); }});
  add({"the right fingerprint but the wrong name", named({"other.test"}), host, name,
       [](HttpSettings& s) { pin(s, authority()); }});
  const Identity lone = self_signed(leaf({host}));
  add({"the fingerprint of an untrusted self-signed certificate",
       {lone},
       host,
       trust,
       [lone](HttpSettings& s) { pin(s, lone); }});
  const Identity unknown = other_authority();
  add({"a root that is sent and that no fingerprint names",
       {issue(unknown, leaf({host}), true)},
       host,
       trust,
       [](HttpSettings& s) { pin(s, authority()); }});
  // Whoever has seen the root may send it along with a certificate that it never signed.
  Identity forged = issue(other_authority(), leaf({host}));
  forged.certificate += unknown.certificate;
  add({"the fingerprint of a root that did not sign", {forged}, host, "", [unknown](auto& s) {
         pin(s, unknown);
       }});
  add({"a trusted root that is sent, and the wrong name",
       {issue(unknown, leaf({"other.test"}), true)},
       host,
       name,
       [unknown](HttpSettings& s) { pin(s, unknown); }});
  return list;
}

}  // namespace

TEST_CASE(
    "every certificate that is not exactly right is refused before a byte of the key leaves") {
  int refused = 0;
  for (const bool over_1_2 : {false, true}) {
    for (const Refusal& refusal : refusals()) {
      CAPTURE(refusal.name, over_1_2);
      ServerTls tls = refusal.server;
      if (over_1_2 && tls.lowest == 0 && tls.highest == 0) tls.highest = TLS1_2_VERSION;
      TestServer server(tls, [](Peer& peer) {
        peer.read_head();
        peer.send(ok_answer("{}"));
      });
      HttpSettings settings = settings_for(refusal.asked, server.port());
      if (refusal.adjust) refusal.adjust(settings);
      Client client(std::move(settings));

      const auto answer = client.get();

      REQUIRE_FALSE(answer.has_value());
      CAPTURE(answer.error().message);
      CHECK(answer.error().code == refusal.code);
      CHECK(answer.error().message.find(refusal.says) != std::string::npos);
      CHECK_FALSE(leaks(answer.error().message));
      client.transport.reset();
      server.drain();
      CHECK(server.connections() == 1);
      CHECK(server.received().empty());
      ++refused;
    }
  }
  std::cout << "TLS refusals, each without an octet of the key leaving: " << refused << '\n';
  CHECK(refused >= 80);
}

TEST_CASE("every certificate that is right is accepted") {
  struct Case {
    std::string name;
    ServerTls server;
    std::string asked = host;
    std::function<void(HttpSettings&)> adjust = {};
  };
  const Scratch scratch;
  const std::string ca_file = scratch.write("ca.pem", authority().certificate, 0644);
  const Identity middle = intermediate();
  const Identity unknown = other_authority();
  const Case cases[] = {
      {"the name", named({host})},
      {"one of several names", named({"a.test", host, "b.test"})},
      {"the name in capitals", named({"API.Example.Test"})},
      {"a whole-label wildcard", named({"*.example.test"})},
      {"an address", named({}, {"127.0.0.1"}), "127.0.0.1"},
      {"an intermediate that is sent", {issue(middle, leaf({host}), true)}},
      {"a CA file", named({host}), host,
       [&](HttpSettings& s) {
         s.ssl.certificate_authorities = {PemSource{ca_file, ""}};
       }},
      {"two authorities", named({host}), host,
       [&](HttpSettings& s) {
         s.ssl.certificate_authorities = {
             PemSource{"", other_authority().certificate + authority().certificate}};
       }},
      {"the fingerprint of the root", named({host}), host,
       [](HttpSettings& s) { pin(s, authority()); }},
      {"a root that only its fingerprint names",
       {issue(unknown, leaf({host}), true)},
       host,
       [&](HttpSettings& s) { pin(s, unknown); }},
      {"the fingerprint of the intermediate",
       {issue(middle, leaf({host}), true)},
       host,
       [&](HttpSettings& s) { pin(s, middle); }},
      {"TLS 1.2", changed([](auto&) {}), host, [](HttpSettings& s) { s.ssl.tls_1_3 = false; }},
      {"TLS 1.3", changed([](auto&) {}), host, [](HttpSettings& s) { s.ssl.tls_1_2 = false; }},
      {"an RSA key", changed([](auto& s) { s.rsa_bits = 2048; })},
  };
  int accepted = 0;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    TestServer server(c.server, [](Peer& peer) {
      peer.read_head();
      peer.send(ok_answer("{}"));
    });
    HttpSettings settings = settings_for(c.asked, server.port());
    if (c.adjust) c.adjust(settings);
    Client client(std::move(settings));
    const auto answer = client.get();
    CAPTURE(answer ? "" : answer.error().message);
    CHECK(answer.has_value());
    ++accepted;
  }
  CHECK(accepted == 14);
}

TEST_CASE("the system's trust may be a directory of certificates by hash") {
  const Scratch scratch;
  const std::string& pem = authority().certificate;
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  scratch.write(fmt::format("{:08x}.0", X509_subject_name_hash(certificate)), pem, 0644);
  X509_free(certificate);
  BIO_free(bio);
  TestServer server({server_for(host)}, [](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
  });
  HttpSettings settings = settings_for(host, server.port());
  settings.ssl.certificate_authorities.clear();
  ::setenv("SSL_CERT_DIR", scratch.path("").c_str(), 1);
  Client client(std::move(settings));
  const auto answer = client.get();
  ::unsetenv("SSL_CERT_DIR");
  CAPTURE(answer ? "" : answer.error().message);
  CHECK(answer.has_value());
}

TEST_CASE("verification can be off for loopback only, and the transport says so") {
  TestServer server({self_signed(leaf({"whatever.test"}))}, [](Peer& peer) {
    peer.read_head();
    peer.send(ok_answer("{}"));
  });
  HttpSettings loopback = settings_for("127.0.0.1", server.port());
  loopback.ssl.verification_mode = VerificationMode::none;
  Client client(std::move(loopback));
  CHECK(client.get().has_value());
  CHECK(client.transport->unverified());

  HttpSettings elsewhere = settings_for(host, server.port());
  elsewhere.ssl.verification_mode = VerificationMode::none;
  Client refused(std::move(elsewhere));
  REQUIRE(refused.failed.has_value());
  CHECK(refused.failed->code == Errc::configuration);
}

TEST_CASE("a server that speaks plain HTTP, garbage or nothing where TLS is due gets no key") {
  for (const std::string& words :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        std::string("\x15\x03\x03\x00\x02\x02\x28", 7), std::string(4096, '\xff'), std::string()}) {
    TestServer server([&](Peer& peer) {
      peer.send(words);
      peer.finish();
    });
    Client client(settings_for(host, server.port()));
    const auto answer = client.get();
    REQUIRE_FALSE(answer.has_value());
    client.transport.reset();
    server.drain();
    CHECK_FALSE(leaks(server.received()));
    CHECK(server.received().find("GET ") == std::string::npos);
  }
}

}  // namespace anthropic_metrics::net::test
