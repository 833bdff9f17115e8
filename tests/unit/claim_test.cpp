// SPDX-License-Identifier: Apache-2.0
// Two inputs that turn out to be one organization.
#include "collect/claim.hpp"

#include <optional>

#include "support.hpp"
#include "usage_world.hpp"

namespace anthropic_metrics {
namespace {

using namespace std::chrono_literals;
using test::contains;

Claim::Wish wish(const std::string& instance) {
  return {"org-of-claims", "usage", "metrics-anthropic_metrics.usage-default", instance};
}

TEST_CASE("what one instance collects is refused to another, with the names of both") {
  auto first = Claim::take(wish("tokens"));
  REQUIRE(first.has_value());

  const auto second = Claim::take(wish("again"));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == Errc::configuration);
  for (const char* part : {"\"tokens\"", "\"again\"", "usage", "org-of-claims",
                           "metrics-anthropic_metrics.usage-default"})
    CHECK(contains(second.error().message, part));
}

TEST_CASE("another stream, data stream or organization is free") {
  auto first = Claim::take(wish("a"));
  REQUIRE(first.has_value());
  Claim::Wish stream = wish("b"), space = wish("b"), organization = wish("b");
  stream.stream = "cost";
  space.data_stream = "metrics-anthropic_metrics.usage-finance";
  organization.organization = "org-other";

  CHECK(Claim::take(stream).has_value());
  CHECK(Claim::take(space).has_value());
  CHECK(Claim::take(organization).has_value());
}

TEST_CASE("a claim ends with its holder, wherever it was moved to") {
  {
    std::optional<Claim> kept;
    {
      auto first = Claim::take(wish("a"));
      REQUIRE(first.has_value());
      kept.emplace(std::move(*first));
    }
    CHECK_FALSE(Claim::take(wish("b")).has_value());
  }
  CHECK(Claim::take(wish("b")).has_value());
}

TEST_CASE("an input that doubles another asks for no report, and goes on when that one has ended") {
  std::optional<Claim> other;
  {
    auto taken =
        Claim::take({"org-1", "usage", "metrics-anthropic_metrics.usage-default", "the other"});
    REQUIRE(taken.has_value());
    other.emplace(std::move(*taken));
  }
  test::Usage usage;

  usage.run(0s);
  CHECK(usage.asked().empty());
  CHECK(usage.status().health == Health::failed);
  CHECK(contains(usage.status().message, "\"the other\""));

  other.reset();
  usage.run(1h);
  CHECK_FALSE(usage.asked().empty());
  CHECK(usage.status().health == Health::healthy);
}

}  // namespace
}  // namespace anthropic_metrics
