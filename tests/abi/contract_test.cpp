// SPDX-License-Identifier: Apache-2.0
// The promises of abi/beat_plugin.h that need no server: arguments, handles, texts, processes.
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <latch>
#include <string>
#include <thread>

#include "loaded_plugin.hpp"

namespace anthropic_metrics::test {
namespace {

const std::string good =
    R"({"admin_api_key":"sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz","url":"https://localhost:1"})";

std::string describe(int32_t what) {
  size_t length = 0;
  REQUIRE(plugin().describe(what, nullptr, 0, &length) == BEAT_E_TRUNCATED);
  std::string text(length, '\0');
  REQUIRE(plugin().describe(what, text.data(), text.size(), &length) == BEAT_OK);
  return text;
}

TEST_CASE("the table serves its own major version and no other") {
  CHECK(plugin().abi_version == BEAT_ABI_VERSION);
  CHECK(plugin().struct_size == sizeof(beat_plugin_api));
  void* library = ::dlopen(AM_PLUGIN_FILE, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(library != nullptr);
  using GetApi = const beat_plugin_api* (*)(uint32_t);
  GetApi get_api = nullptr;
  void* symbol = ::dlsym(library, "beat_plugin_get_api");
  std::memcpy(&get_api, &symbol, sizeof get_api);
  CHECK(get_api(BEAT_ABI_VERSION) == &plugin());
  CHECK(get_api((BEAT_ABI_MAJOR + 1) << 16) == nullptr);
  CHECK(get_api(0) == nullptr);
}

TEST_CASE("the plugin describes itself without a network") {
  CHECK(describe(BEAT_DESCRIBE_MANIFEST).find("\"name\":\"anthropic_metrics\"") !=
        std::string::npos);
  CHECK(describe(BEAT_DESCRIBE_CONFIG_SCHEMA).find("\"bucket_width\"") != std::string::npos);
  CHECK(describe(BEAT_DESCRIBE_STREAMS).find("anthropic_metrics.usage") != std::string::npos);
  size_t length = 0;
  CHECK(plugin().describe(99, nullptr, 0, &length) == BEAT_E_UNSUPPORTED);
  CHECK(plugin().describe(BEAT_DESCRIBE_MANIFEST, nullptr, 0, nullptr) == BEAT_E_ARG);
  CHECK(plugin().describe(BEAT_DESCRIBE_MANIFEST, nullptr, 5, &length) == BEAT_E_ARG);
}

TEST_CASE("a text that does not fit is cut and says how long it is") {
  const std::string whole = describe(BEAT_DESCRIBE_MANIFEST);
  char buffer[8];
  size_t length = 0;
  CHECK(plugin().describe(BEAT_DESCRIBE_MANIFEST, buffer, sizeof buffer, &length) ==
        BEAT_E_TRUNCATED);
  CHECK(length == whole.size());
  CHECK(std::string(buffer, sizeof buffer) == whole.substr(0, sizeof buffer));
}

TEST_CASE("impossible arguments are refused and nothing is created") {
  beat_handle handle = 77;
  CHECK(plugin().init(nullptr, &handle) == BEAT_E_ARG);
  CHECK(handle == 0);
  beat_init_args args{};
  args.struct_size = sizeof args - 1;
  CHECK(plugin().init(&args, &handle) == BEAT_E_ARG);
  args.struct_size = sizeof args;
  CHECK(plugin().init(&args, nullptr) == BEAT_E_ARG);
  args.config_json.len = 5;
  CHECK(plugin().init(&args, &handle) == BEAT_E_ARG);
  args.config_json = span(good);
  args.flags = 1u << 16;
  CHECK(plugin().init(&args, &handle) == BEAT_E_UNSUPPORTED);
  args.flags = 1;
  beat_host_api host{};
  host.struct_size = sizeof host;
  host.abi_version = 7u << 16;
  args.host = &host;
  CHECK(plugin().init(&args, &handle) == BEAT_E_VERSION);
  host.struct_size = 8;
  CHECK(plugin().init(&args, &handle) == BEAT_E_ARG);
  CHECK(handle == 0);
}

TEST_CASE("a refused configuration names every fault and never the key") {
  const LiveInstance refused(
      R"({"admin_api_key":"sk-ant-admin01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz","url":"ftp://x","streams":{"usage":{"interval":"5 min","nope":1}}})");
  CHECK(refused.status() == BEAT_E_CONFIG);
  CHECK(refused.handle() == 0);
  CHECK(refused.error().find("/url") != std::string::npos);
  CHECK(refused.error().find("/streams/usage/interval") != std::string::npos);
  CHECK(refused.error().find("/streams/usage/nope") != std::string::npos);
  CHECK(refused.error().find("CANARY") == std::string::npos);
}

TEST_CASE("validate answers like init without creating anything") {
  char error[512] = "";
  CHECK(plugin().validate(span(good), error, sizeof error) == BEAT_OK);
  CHECK(plugin().validate(span("{}"), error, sizeof error) == BEAT_E_CONFIG);
  CHECK(std::string(error).find("/admin_api_key") != std::string::npos);
  char tiny[4] = "";
  CHECK(plugin().validate(span("{}"), tiny, sizeof tiny) == BEAT_E_CONFIG);
  CHECK(std::strlen(tiny) == 3);
  CHECK(plugin().validate(span("{}"), nullptr, 0) == BEAT_E_CONFIG);
  CHECK(plugin().validate({nullptr, 3}, error, sizeof error) == BEAT_E_ARG);
}

TEST_CASE("a dead handle is an error for every call but shutdown") {
  beat_handle stale = 0;
  {
    const LiveInstance instance(good);
    REQUIRE(instance.status() == BEAT_OK);
    stale = instance.handle();
  }
  beat_poll_args poll{};
  poll.struct_size = sizeof poll;
  beat_poll_result result{};
  result.struct_size = sizeof result;
  beat_ack_args ack{};
  ack.struct_size = sizeof ack;
  size_t length = 0;
  for (const beat_handle handle : {stale, beat_handle{0}, beat_handle{0xdeadbeefcafe}}) {
    CHECK(plugin().poll(handle, &poll, &result) == BEAT_E_HANDLE);
    CHECK(plugin().ack(handle, 1, &ack) == BEAT_E_HANDLE);
    CHECK(plugin().release(handle, 1) == BEAT_E_HANDLE);
    CHECK(plugin().cancel(handle) == BEAT_E_HANDLE);
    CHECK(plugin().status_json(handle, nullptr, 0, &length) == BEAT_E_HANDLE);
    CHECK(plugin().last_error(handle, nullptr, 0, &length) == BEAT_E_HANDLE);
  }
  CHECK(plugin().shutdown(stale, 0) == BEAT_OK);
  CHECK(plugin().shutdown(0, 0) == BEAT_E_HANDLE);
  CHECK(plugin().shutdown(0xdeadbeefcafe, 0) == BEAT_E_HANDLE);

  const LiveInstance next(good);
  CHECK(next.handle() != stale);
  CHECK(plugin().cancel(stale) == BEAT_E_HANDLE);
}

TEST_CASE("poll and ack refuse what cannot be") {
  const LiveInstance instance(good);
  beat_poll_args args{};
  beat_poll_result result{};
  args.struct_size = sizeof args;
  result.struct_size = sizeof result;
  CHECK(plugin().poll(instance.handle(), nullptr, &result) == BEAT_E_ARG);
  CHECK(plugin().poll(instance.handle(), &args, nullptr) == BEAT_E_ARG);
  args.flags = 1u << 31;
  CHECK(plugin().poll(instance.handle(), &args, &result) == BEAT_E_UNSUPPORTED);
  CHECK(instance.ack(1) == BEAT_E_ARG);
  CHECK(instance.ack(0) == BEAT_E_ARG);
  CHECK(plugin().release(instance.handle(), 12) == BEAT_E_ARG);
  CHECK(plugin().get_extension("beat.nothing/1") == nullptr);
}

TEST_CASE("an instance made on one thread may end on another before the first thread does") {
  beat_handle handle = 0;
  std::latch made(1), ended(1);
  std::thread maker([&] {
    beat_init_args args{};
    args.struct_size = sizeof args;
    args.config_json = span(good);
    args.instance_id = span("test");
    plugin().init(&args, &handle);
    made.count_down();
    // What OpenSSL keeps for this thread is cleaned up when it ends: after the shutdown.
    ended.wait();
  });
  made.wait();
  const beat_status status = plugin().shutdown(handle, 5000);
  ended.count_down();
  maker.join();
  CHECK(handle != 0);
  CHECK(status == BEAT_OK);
}

TEST_CASE("a server that is not there degrades health and is no failure of poll") {
  RecordingHost host;
  const LiveInstance instance(good, host.table());
  REQUIRE(instance.status() == BEAT_OK);
  beat_poll_result result{};
  for (int calls = 0; calls < 200 && result.next_poll_ms < 30'000; ++calls) {
    auto [status, polled] = instance.poll(200);
    REQUIRE(status == BEAT_IDLE);
    result = polled;
    if (result.next_poll_ms > 0 && result.next_poll_ms < 30'000)
      ::usleep(static_cast<useconds_t>(result.next_poll_ms * 1000));
  }
  CHECK(result.health == BEAT_HEALTH_DEGRADED);
  CHECK(instance.text(plugin().last_error).find("localhost:1") != std::string::npos);
  CHECK(instance.text(plugin().status_json).find("\"durable\":false") != std::string::npos);
  CHECK(host.text().find("CANARY") == std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics::test
