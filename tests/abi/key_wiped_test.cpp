// SPDX-License-Identifier: Apache-2.0
// The key in the process's memory: on the secret type's own pages and nowhere else, after init and
// after requests; nowhere at all after shutdown. The host's copy of the configuration is the
// host's, so the test wipes its own.
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "loaded_plugin.hpp"
#include "own_folder.hpp"
#include "process_memory.hpp"

namespace anthropic_metrics::test {
namespace {

void wipe(std::string& text) {
  volatile char* octets = text.data();
  for (std::size_t i = 0; i < text.capacity(); ++i) octets[i] = 0;
}

/// An instance made from a configuration that holds the key between `before` and `after`.
beat_handle start(const std::string& before, const MaskedKey& key, const std::string& after) {
  std::string config;
  config.reserve(before.size() + key.size() + after.size() + 1);
  config += before;
  key.reveal(config);
  config += after;
  char error[4096] = "";
  beat_init_args args{};
  args.struct_size = sizeof args;
  args.config_json = span(config);
  args.instance_id = span("memory");
  args.err_buf = error;
  args.err_cap = sizeof error;
  beat_handle handle = 0;
  // The frame of a signal holds all registers: what was left in them lies on the stack from then
  // on.
  std::signal(SIGUSR1, [](int) {});
  const beat_status status = plugin().init(&args, &handle);
  ::raise(SIGUSR1);
  wipe(config);
  CAPTURE(std::string(error));
  CHECK(status == BEAT_OK);
  return handle;
}

/// Some polls: nobody listens at the port, so requests fail before they are sent.
void poll(beat_handle handle) {
  for (int i = 0; i < 3; ++i) {
    beat_poll_args args{};
    args.struct_size = sizeof args;
    args.budget_ms = 100;
    beat_poll_result result{};
    result.struct_size = sizeof result;
    CHECK(plugin().poll(handle, &args, &result) >= 0);
    ::raise(SIGUSR1);
  }
}

void expect_only_on_secret_pages(const MaskedKey& key, const char* when) {
  const Found found = search_memory(key);
  CAPTURE(when, found.where);
  CHECK(found.kept_out_of_dumps >= 1);  // So the search sees what is there.
  CHECK(found.elsewhere == 0);
}

void expect_nowhere(const MaskedKey& key) {
  const Found found = search_memory(key);
  CAPTURE(found.where);
  CHECK(found.kept_out_of_dumps == 0);
  CHECK(found.elsewhere == 0);
  std::cout << "memory searched for the key: " << found.octets / 1024 << " KiB\n";
}

}  // namespace

TEST_CASE("the search finds a key that lies about") {
  const MaskedKey key("sk-ant-admin01-");
  CHECK(search_memory(key).elsewhere == 0);
  std::string copy;
  copy.reserve(key.size());
  key.reveal(copy);
  CHECK(search_memory(key).elsewhere >= 1);
  wipe(copy);
  CHECK(search_memory(key).elsewhere == 0);
}

TEST_CASE("the search finds the end of a key alone, on the stack too") {
  const MaskedKey key("sk-ant-admin01-");
  std::string whole;
  whole.reserve(key.size());
  key.reveal(whole);
  volatile char tail[24];  // Octet by octet: a wide copy leaves a third one in a register.
  for (std::size_t i = 0; i < sizeof tail; ++i) tail[i] = whole[whole.size() - sizeof tail + i];
  wipe(whole);
  CHECK(search_memory(key).elsewhere >= 1);
  for (volatile char& octet : tail) octet = 0;
  CHECK(search_memory(key).elsewhere == 0);
}

TEST_CASE("a key in the configuration is wiped from all but its own pages") {
  const MaskedKey key("sk-ant-admin01-");
  // Escapes make the parser put the string together in memory of its own.
  const beat_handle handle =
      start(R"({"url":"https://127.0.0.1:1","tags":["a\u0062c"],"admin_api_key":"\u0073k-)", key,
            R"(","proxy_url":""})");
  expect_only_on_secret_pages(key, "after init");
  poll(handle);
  expect_only_on_secret_pages(key, "after polls");
  CHECK(plugin().shutdown(handle, 5000) == BEAT_OK);
  expect_nowhere(key);
}

TEST_CASE("every kind of credential is wiped from all but its own pages") {
  for (const char* setting : {"oauth_token", "enterprise_api_key"}) {
    for (const char* beside : {"", R"("admin_api_key":"${NOT_SET}",)"}) {
      CAPTURE(setting, beside);
      const MaskedKey key("sk-ant-api01-");
      const beat_handle handle =
          start(R"({"url":"https://127.0.0.1:1",)" + std::string(beside) + "\"" + setting + "\":\"",
                key, R"(","proxy_url":""})");
      expect_only_on_secret_pages(key, "after init");
      poll(handle);
      expect_only_on_secret_pages(key, "after polls");
      CHECK(plugin().shutdown(handle, 5000) == BEAT_OK);
      expect_nowhere(key);
    }
  }
}

TEST_CASE("a key in a file is wiped from all but its own pages") {
  const MaskedKey key("sk-ant-admin01-");
  const OwnFolder folder("memory");
  {
    std::string text;
    text.reserve(key.size());
    key.reveal(text);
    const int file = ::open((folder / "key").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(file);
    wipe(text);
  }
  const MaskedKey other("");
  const beat_handle handle = start(R"({"url":"https://127.0.0.1:1","admin_api_key":"file:)" +
                                       (folder / "key").string() + R"(","anthropic_version":")",
                                   other, R"("})");
  poll(handle);
  expect_only_on_secret_pages(key, "after polls");
  CHECK(plugin().shutdown(handle, 5000) == BEAT_OK);
  expect_nowhere(key);
}

TEST_CASE("a proxy's password in the configuration is wiped from all but its own pages") {
  const MaskedKey key("secret");
  const beat_handle handle =
      start(R"({"url":"https://127.0.0.1:1","admin_api_key":"${NOT_SET}","proxy_url":"http://u:)",
            key, R"(@127.0.0.1:1"})");
  // Kept as base64 only, so it stands nowhere as it is.
  expect_nowhere(key);
  CHECK(plugin().shutdown(handle, 5000) == BEAT_OK);
  expect_nowhere(key);
}

}  // namespace anthropic_metrics::test
