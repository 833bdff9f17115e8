// SPDX-License-Identifier: Apache-2.0
#include "net/trust.hpp"

#include <catch2/catch_test_macros.hpp>

#include "certificates.hpp"
#include "scratch.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::net;
using namespace anthropic_metrics::net::test;

namespace {

SslSettings trusting(const std::vector<PemSource>& authorities) {
  SslSettings settings;
  settings.certificate_authorities = authorities;
  return settings;
}

std::shared_ptr<X509_STORE> trust(const std::vector<PemSource>& authorities) {
  auto store = trust_of(trusting(authorities), nullptr);
  REQUIRE(store.has_value());
  return *store;
}

int size_of(X509_STORE* store) {
  return sk_X509_OBJECT_num(X509_STORE_get0_objects(store));
}

}  // namespace

TEST_CASE("whoever trusts the same has the same authorities, and what the files hold decides") {
  const Scratch scratch;
  CertificateSpec spec;
  spec.common_name = "other";
  spec.authority = true;
  const std::string other = self_signed(spec).certificate;
  const std::string first = scratch.write("first.pem", authority().certificate);
  const std::string copy = scratch.write("copy.pem", authority().certificate);
  const auto store = trust({{first, ""}});
  CHECK(size_of(store.get()) == 1);
  CHECK(trust({{first, ""}}) == store);
  CHECK(trust({{copy, ""}}) == store);
  CHECK(trust({{"", authority().certificate}}) == store);

  const auto both = trust({{first, ""}, {"", other}});
  CHECK(both != store);
  CHECK(size_of(both.get()) == 2);

  scratch.write("first.pem", other);
  const auto changed = trust({{first, ""}});
  CHECK(changed != store);
  CHECK(changed != both);
  CHECK(trust({{copy, ""}}) == store);
}

TEST_CASE("the system's authorities are there once, and apart from those of the settings") {
  const auto system = trust({});
  CHECK(trust({}) == system);
  CHECK(trust({{"", authority().certificate}}) != system);
}

TEST_CASE("authorities that cannot be read leave nothing behind") {
  const Scratch scratch;
  const std::string file = scratch.write("authority.pem", "no certificate\n");
  CHECK_FALSE(trust_of(trusting({{file, ""}}), nullptr).has_value());
  CHECK_FALSE(trust_of(trusting({{scratch.path("missing.pem"), ""}}), nullptr).has_value());
  scratch.write("authority.pem", authority().certificate);
  CHECK(size_of(trust({{file, ""}}).get()) == 1);
}
