// SPDX-License-Identifier: Apache-2.0
#include "control/wire.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "bytes.hpp"
#include "control/framing.hpp"

using namespace anthropic_metrics::host::control;
using anthropic_metrics::host::test::bytes;

namespace {

struct Read {
  std::vector<std::uint32_t> ids{};
  std::vector<std::uint64_t> numbers{};
  std::vector<std::string> texts{};
  bool fine = false;
};

Read read(const std::string& message) {
  Read out;
  out.fine = for_each_field(message, [&](const Field& field) {
    out.ids.push_back(field.id);
    if (field.kind == Kind::bytes) {
      out.texts.emplace_back(field.bytes);
    } else {
      out.numbers.push_back(field.number);
    }
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("fields of every kind are read as they were written") {
  const Read got = read(bytes("08 96 01  11 01 02 03 04 05 06 07 08  1a 03 'abc'  25 ff 00 00 80"));
  CHECK(got.fine);
  CHECK(got.ids == std::vector<std::uint32_t>{1, 2, 3, 4});
  CHECK(got.numbers == std::vector<std::uint64_t>{150, 0x0807060504030201, 0x800000ff});
  CHECK(got.texts == std::vector<std::string>{"abc"});
}

TEST_CASE("an empty message has no fields and is whole") {
  const Read got = read("");
  CHECK(got.fine);
  CHECK(got.ids.empty());
}

TEST_CASE("the largest numbers and field ids are read") {
  const Read got = read(bytes("f8 ff ff ff 0f  ff ff ff ff ff ff ff ff ff 01"));
  CHECK(got.fine);
  CHECK(got.ids == std::vector<std::uint32_t>{(1U << 29) - 1});
  CHECK(got.numbers == std::vector<std::uint64_t>{std::numeric_limits<std::uint64_t>::max()});
}

TEST_CASE("groups are passed over, those within them too") {
  const Read got = read(bytes("08 01  13 08 05 1b 12 01 'x' 1c 14  10 02"));
  CHECK(got.fine);
  CHECK(got.ids == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("a damaged message is known as one, and nothing beyond its end is read") {
  for (const char* form : {
           "08",                                    // no value
           "08 ff",                                 // a number without end
           "08 ff ff ff ff ff ff ff ff ff ff 01",   // longer than a number can be
           "0a 05 'abc'",                           // shorter than its length
           "0a ff ff ff ff ff ff ff ff ff 01 'a'",  // a length of all there is
           "0d 01 02",                              // less than four bytes
           "09 01 02 03 04",                        // less than eight
           "00 01",                                 // no field has the id 0
           "0e 01", "0f 01",                        // kinds that there are not
           "0c",                                    // the end of a group that never began
           "0b 08 01",                              // a group without end
           "0b 08 01 14",                           // the end of another
           "80 80 80 80 10 01"                      // an id beyond the highest
       }) {
    INFO(form);
    CHECK_FALSE(read(bytes(form)).fine);
  }
}

TEST_CASE("every beginning of a message is read without harm") {
  const std::string whole =
      bytes("08 96 01  11 01 02 03 04 05 06 07 08  1a 03 'abc'  25 ff 00 00 80  0b 08 05 0c");
  for (std::size_t size = 0; size < whole.size(); ++size) read(whole.substr(0, size));
  CHECK(read(whole).fine);
}

TEST_CASE("what is written reads back, zeros are left out") {
  Writer out;
  out.number(1, 300);
  out.number(2, 0);
  out.text(3, "x");
  out.text(4, "");
  out.put_number(5, 0);
  out.put_text(6, "");
  out.put_double(7, 1.0);
  CHECK(out.bytes() == bytes("08 ac 02  1a 01 'x'  28 00  32 00  39 00 00 00 00 00 00 f0 3f"));
  CHECK(read(out.bytes()).fine);
}

TEST_CASE("messages are put together from pieces of any size") {
  const std::string stream = framed("one") + framed("") + framed(std::string(70'000, 'x'));
  CHECK(framed("one") == bytes("00 00 00 00 03 'one'"));
  for (const std::size_t size : {1U, 2U, 3U, 7U, 1000U, 100000U}) {
    Deframer messages(100'000);
    std::vector<std::size_t> sizes;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      CHECK_FALSE(
          messages.feed(std::string_view(stream).substr(at, size), [&](std::string_view message) {
            sizes.push_back(message.size());
            return true;
          }));
    }
    CHECK(sizes == std::vector<std::size_t>{3, 0, 70'000});
  }
}

TEST_CASE("a message that is too large, or compressed, is refused by its head") {
  const auto nothing = [](std::string_view) { return true; };
  Deframer small(10);
  const auto too_large = small.feed(framed("eleven bytes").substr(0, 5), nothing);
  REQUIRE(too_large);
  CHECK(*too_large == "a message of 12 bytes is larger than the 10 that were agreed");
  Deframer plain(10);
  const auto compressed = plain.feed(bytes("01 00 00 00 01"), nothing);
  REQUIRE(compressed);
  CHECK(compressed->find("compressed") != std::string::npos);
}
