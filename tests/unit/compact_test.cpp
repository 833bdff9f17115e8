// SPDX-License-Identifier: Apache-2.0
#include "ledger/compact.hpp"

#include <filesystem>

#include "scratch.hpp"
#include "support.hpp"

namespace anthropic_metrics::ledger {
namespace {

std::string joined(const std::vector<std::string>& parts, std::vector<std::uint32_t>& sizes) {
  std::string text;
  for (const std::string& part : parts) {
    text += part;
    sizes.push_back(static_cast<std::uint32_t>(part.size()));
  }
  return text;
}

TEST_CASE("what was made compact comes back byte for byte") {
  const auto& parts = GENERATE(
      std::vector<std::string>{}, std::vector<std::string>{""},
      std::vector<std::string>{"", "", ""}, std::vector<std::string>{"a"},
      std::vector<std::string>{"a", "a", "a"}, std::vector<std::string>{"a", "b", "a", ""},
      std::vector<std::string>{"\"", ",", "\"\"", ",\""},
      std::vector<std::string>{R"({"a":1,"b":"x"})", R"({"a":2,"b":"x"})", R"({"b":"y"})",
                               R"({"a":200,"b":"x","c":3})"},
      std::vector<std::string>{std::string(100'000, 'x'), std::string(100'000, 'x') + "y", "x"},
      std::vector<std::string>{std::string("\0\1\2", 3), std::string(3, '\0')});
  std::vector<std::uint32_t> sizes;
  const std::string text = joined(parts, sizes);

  const std::string bytes = compact(text, sizes);

  CHECK(expand(bytes, sizes) == text);
}

TEST_CASE("whatever the parts are, they come back byte for byte") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> parts;
    std::string part;
    for (auto count = test::pick(random, 1, 8); count > 0; --count) {
      // Mostly the part before with some bytes changed, taken out and put in.
      for (auto changes = test::pick(random, 0, 6); changes > 0; --changes) {
        const auto at =
            static_cast<std::size_t>(test::pick(random, 0, static_cast<std::int64_t>(part.size())));
        const std::string put(static_cast<std::size_t>(test::pick(random, 0, 9)),
                              "ab\",:{0"[test::pick(random, 0, 6)]);
        part.replace(at, static_cast<std::size_t>(test::pick(random, 0, 12)), put);
      }
      parts.push_back(part);
    }
    std::vector<std::uint32_t> sizes;
    const std::string text = joined(parts, sizes);
    REQUIRE(expand(compact(text, sizes), sizes) == text);
  }
}

/// Parts with the same bytes between values that may be anything, some of them of another form.
TEST_CASE("parts whose values are known come back byte for byte") {
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  const auto text_of = [&](std::int64_t least, std::int64_t most) {
    std::string text(static_cast<std::size_t>(test::pick(random, least, most)), '\0');
    for (char& c : text) c = "ab\",:{0"[test::pick(random, 0, 6)];
    return text;
  };
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> fixed, values;
    std::uint32_t form = ValuePlaces::unknown_form;
    std::vector<std::uint32_t> sizes;
    ValuePlaces known;
    std::string text;
    for (auto count = test::pick(random, 1, 12); count > 0; --count) {
      if (fixed.empty() || test::pick(random, 0, 5) == 0) {
        fixed.assign(static_cast<std::size_t>(test::pick(random, 1, 6)), "");
        for (std::string& one : fixed) one = text_of(1, 40);
        values.assign(fixed.size() - 1, "");
        form = static_cast<std::uint32_t>(test::pick(random, 0, 9)) == 0 ? 0 : form + 1;
      }
      const std::size_t begin = text.size();
      std::vector<std::uint16_t> places;
      const auto note = [&] { places.push_back(static_cast<std::uint16_t>(text.size() - begin)); };
      for (std::size_t i = 0; i < values.size(); ++i) {
        text += fixed[i];
        note();
        const auto change = test::pick(random, 0, 3);
        if (change == 0) values[i] = text_of(0, 30);
        if (change == 1) values[i] += text_of(0, 2);
        text += values[i];
        note();
      }
      text += fixed.back();
      sizes.push_back(static_cast<std::uint32_t>(text.size() - begin));
      known.add(form, places);
    }
    const std::string bytes = compact(text, sizes, known);
    REQUIRE(expand(bytes, sizes) == text);
    // What is known of fewer parts helps with those.
    sizes.push_back(1);
    text += '}';
    REQUIRE(expand(compact(text, sizes, known), sizes) == text);
  }
}

TEST_CASE("documents become a fraction of their size") {
  const std::string text = test::read(std::string(AM_SOURCE_DIR) +
                                      "/tests/fixtures/usage/grouped-hours/documents.ndjson");
  std::vector<std::uint32_t> sizes;
  std::string many;
  for (int copies = 0; copies < 20; ++copies)
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find('\n', at) + 1;
      sizes.push_back(static_cast<std::uint32_t>(end - at));
      many += text.substr(at, end - at);
      at = end;
    }

  const std::string bytes = compact(many, sizes);

  CHECK(bytes.size() * 3 < many.size());
  CHECK(expand(bytes, sizes) == many);
}

TEST_CASE("damaged bytes are refused or make other parts of the same sizes, and never crash") {
  std::vector<std::uint32_t> sizes;
  const std::string text =
      joined({R"({"model":"a","tokens":12})", R"({"model":"a","tokens":13})", "{}"}, sizes);
  const std::string bytes = compact(text, sizes);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(expand(bytes.substr(0, size), sizes).has_value());
  CHECK_FALSE(expand(bytes + "x", sizes).has_value());
  CHECK_FALSE(expand(bytes, {4'000'000'000u, 4'000'000'000u}).has_value());
  CHECK_FALSE(expand("", {7}).has_value());
  const auto seed = test::seed();
  CAPTURE(seed);
  test::Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::string bent = bytes;
    for (auto flips = test::pick(random, 1, 3); flips > 0; --flips)
      bent[static_cast<std::size_t>(test::pick(
          random, 0, static_cast<std::int64_t>(bent.size()) - 1))] = static_cast<char>(random());
    const auto other = expand(bent, sizes);
    if (other) REQUIRE(other->size() == text.size());
  }
}

}  // namespace
}  // namespace anthropic_metrics::ledger
