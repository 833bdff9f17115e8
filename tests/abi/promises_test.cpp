// SPDX-License-Identifier: Apache-2.0
// The promises of abi/beat_plugin.h, a row each: first what every function answers to a misuse,
// then what callbacks and texts can rely on. fork_test.cpp and collect_test.cpp have the rest, and
// what any plugin promises of its process is tried by beat-plugin-conform.
#include <catch2/catch_test_macros.hpp>
#include <functional>

#include "loaded_plugin.hpp"

namespace anthropic_metrics::test {
namespace {

const std::string good =
    R"({"admin_api_key":"sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz","url":"https://localhost:1"})";

template <class T>
T sized(uint32_t less = 0) {
  T value{};
  value.struct_size = static_cast<uint32_t>(sizeof value) - less;
  return value;
}

TEST_CASE("texts are cut at the buffer, with a NUL if there is room, and say how long they are") {
  const LiveInstance instance(good);
  instance.poll(200);
  using Text = std::function<beat_status(char*, size_t, size_t*)>;
  const Text texts[] = {[](char* b, size_t c, size_t* l) {
                          return plugin().describe(BEAT_DESCRIBE_STREAMS, b, c, l);
                        },
                        [&](char* b, size_t c, size_t* l) {
                          return plugin().status_json(instance.handle(), b, c, l);
                        },
                        [&](char* b, size_t c, size_t* l) {
                          return plugin().last_error(instance.handle(), b, c, l);
                        }};
  for (const Text& text : texts) {
    size_t whole = 0;
    const beat_status asked = text(nullptr, 0, &whole);
    CHECK(asked == (whole == 0 ? BEAT_OK : BEAT_E_TRUNCATED));
    std::string all(whole, '\0');
    REQUIRE(text(all.data(), whole, &whole) == BEAT_OK);
    for (const size_t room : {size_t{1}, whole / 2, whole, whole + 1, whole + 100}) {
      std::string buffer(whole + 200, '~');
      size_t length = 0;
      CHECK(text(buffer.data(), room, &length) == (room < whole ? BEAT_E_TRUNCATED : BEAT_OK));
      CHECK(length == whole);
      CHECK(buffer.substr(0, std::min(room, whole)) == all.substr(0, room));
      if (room > whole) CHECK(buffer[whole] == '\0');
      CHECK(buffer.find_first_not_of('~', std::max(room, whole + 1)) == std::string::npos);
    }
  }
}

TEST_CASE("init's error ends with a NUL and is cut before a character that does not fit") {
  const std::string config = "{\"admin_api_key\":\"${K}\",\"\u00e9\u00e9\u00e9\u00e9\":1}";
  for (size_t room = 1; room < 200; ++room) {
    std::string buffer(220, '~');
    auto args = sized<beat_init_args>();
    args.config_json = span(config);
    args.err_buf = buffer.data();
    args.err_cap = room;
    beat_handle handle = 0;
    REQUIRE(plugin().init(&args, &handle) == BEAT_E_CONFIG);
    const auto end = buffer.find('\0');
    REQUIRE(end < room);
    CHECK(buffer.find_first_not_of('~', end + 1) == std::string::npos);
    CHECK((end == 0 || (static_cast<unsigned char>(buffer[end - 1]) & 0xc0) != 0xc0));
  }
}

TEST_CASE("a configuration of 4 MiB is read, and one of a byte more is refused in words") {
  std::string config = good;
  config.resize(4u << 20, ' ');
  CHECK(plugin().validate(span(config), nullptr, 0) == BEAT_OK);
  config += ' ';
  char error[256] = "";
  CHECK(plugin().validate(span(config), error, sizeof error) == BEAT_E_CONFIG);
  CHECK(std::string(error).find("4 MiB") != std::string::npos);
}

TEST_CASE("a host with a longer result keeps what the plugin does not know") {
  struct Longer {
    beat_poll_result known;
    uint64_t later;
  } result{};
  result.known.struct_size = sizeof result;
  result.later = 42;
  const LiveInstance instance(good);
  const auto args = sized<beat_poll_args>();
  CHECK(plugin().poll(instance.handle(), &args, &result.known) >= 0);
  CHECK(result.known.struct_size == sizeof result);
  CHECK(result.later == 42);
}

TEST_CASE("the exported functions are the table's") {
  void* library = ::dlopen(AM_PLUGIN_FILE, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(library != nullptr);
  const auto function = [&](const char* name, auto& pointer) {
    void* symbol = ::dlsym(library, name);
    std::memcpy(&pointer, &symbol, sizeof pointer);
    REQUIRE(pointer != nullptr);
  };
  decltype(beat_plugin_api::init) init = nullptr;
  decltype(beat_plugin_api::poll) poll = nullptr;
  decltype(beat_plugin_api::ack) ack = nullptr;
  decltype(beat_plugin_api::shutdown) shutdown = nullptr;
  function("beat_plugin_init", init);
  function("beat_plugin_poll", poll);
  function("beat_plugin_ack", ack);
  function("beat_plugin_shutdown", shutdown);
  auto args = sized<beat_init_args>();
  args.config_json = span(good);
  beat_handle handle = 0;
  REQUIRE(init(&args, &handle) == BEAT_OK);
  const auto poll_args = sized<beat_poll_args>();
  auto result = sized<beat_poll_result>();
  const auto ack_args = sized<beat_ack_args>();
  CHECK(poll(handle, &poll_args, &result) >= 0);
  CHECK(ack(handle, 1000, &ack_args) == BEAT_E_ARG);
  CHECK(shutdown(handle, 5000) == BEAT_OK);
  CHECK(plugin().cancel(handle) == BEAT_E_HANDLE);
}

}  // namespace
}  // namespace anthropic_metrics::test
