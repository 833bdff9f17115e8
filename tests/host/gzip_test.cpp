// SPDX-License-Identifier: Apache-2.0
// What a store unpacks is what was packed, whatever it is.
#include "outputs/gzip.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <random>
#include <string>

#include "inflated.hpp"

namespace anthropic_metrics::host {
namespace {

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "{\"row\":" + std::to_string(i * 7919) + "}\n";
  return text;
}

// Nothing in it repeats, so that packed it is larger than it was.
std::string noise(std::size_t size) {
  std::mt19937 random(size);
  std::string text(size, '\0');
  for (char& octet : text) octet = static_cast<char>(random());
  return text;
}

}  // namespace

TEST_CASE("a packed text unpacks to what it was, at every level") {
  const int level = GENERATE(-3, 1, 6, 9, 40);
  const std::string text =
      GENERATE(std::string(), std::string("x"), lines(3), lines(100'000), noise(300'000));
  const auto packed = gzip(text, level);
  REQUIRE(packed.has_value());
  CHECK(test::inflated(*packed) == text);
}

TEST_CASE("what repeats becomes small") {
  const std::string text = lines(100'000);
  CHECK(gzip(text, 1)->size() < text.size() / 3);
}

}  // namespace anthropic_metrics::host
