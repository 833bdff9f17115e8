// SPDX-License-Identifier: Apache-2.0
#include "run/plugin_library.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>

#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

const std::filesystem::path fakes = AM_FAKE_PLUGINS;

Failure failure_of(const std::filesystem::path& file) {
  const auto result = PluginLibrary::open(file);
  REQUIRE(!result);
  REQUIRE(result.error().lines.size() == 1);
  return result.error();
}

}  // namespace

TEST_CASE("a plugin is opened and its streams are read in index order") {
  const auto result = PluginLibrary::open(fakes / "libfake_plugin.so");
  REQUIRE(result);
  const PluginLibrary& plugin = *result;
  CHECK(plugin.name() == "fake");
  CHECK(plugin.version() == "9.8.7");
  REQUIRE(plugin.streams().size() == 3);
  CHECK(plugin.streams()[1].name == "cost");
  CHECK(plugin.streams()[2].dataset == "anthropic_metrics.rate_limit");
}

TEST_CASE("what cannot be used as a plugin is refused by kind, with a remedy") {
  Scratch scratch;
  write(scratch / "text.so", "not a library");

  const Failure missing = failure_of(scratch / "absent.so");
  CHECK(missing.code == ExitCode::plugin_missing);
  CHECK_THAT(missing.lines[0], ContainsSubstring("no plugin at") && ContainsSubstring("--plugin"));

  const Failure text = failure_of(scratch / "text.so");
  CHECK(text.code == ExitCode::plugin_missing);
  CHECK_THAT(text.lines[0], ContainsSubstring("cannot load the plugin") &&
                                ContainsSubstring("must be a shared library"));

  const Failure stranger = failure_of(fakes / "libno_plugin.so");
  CHECK(stranger.code == ExitCode::wrong_abi);
  CHECK_THAT(stranger.lines[0], ContainsSubstring("does not export beat_plugin_abi_version"));

  const Failure other = failure_of(fakes / "libfake_plugin_other_abi.so");
  CHECK(other.code == ExitCode::wrong_abi);
  CHECK_THAT(other.lines[0],
             ContainsSubstring(
                 "serves ABI 2.0, this host needs 1.x; install host and plugin of the same"));

  const Failure table = failure_of(fakes / "libfake_plugin_short_table.so");
  CHECK(table.code == ExitCode::wrong_abi);
  CHECK_THAT(table.lines[0], ContainsSubstring("lacks functions of ABI 1.0: poll, ack, cancel"));
}

TEST_CASE(
    "the plugin is looked for at the file given, else in the folder given, else beside the "
    "binary") {
  CHECK(plugin_candidates({"/p/x.so", "/q"}, "/usr/bin") ==
        std::vector<std::filesystem::path>{"/p/x.so"});
  CHECK(plugin_candidates({{}, "/q"}, "/usr/bin") ==
        std::vector<std::filesystem::path>{"/q/libanthropic_metrics.so"});
  CHECK(plugin_candidates({}, "/usr/bin") ==
        std::vector<std::filesystem::path>{"/usr/lib/anthropic_metrics/libanthropic_metrics.so",
                                           "/usr/lib/libanthropic_metrics.so",
                                           "/usr/bin/libanthropic_metrics.so"});
}

TEST_CASE("texts of the plugin are read whole whatever their length") {
  for (const std::size_t length : {0U, 1U, 16'383U, 16'384U, 16'385U, 100'000U}) {
    const std::string whole(length, 'x');
    const std::string got = text_of([&](char* buffer, std::size_t capacity, std::size_t* size) {
      *size = whole.size();
      std::memcpy(buffer, whole.data(), std::min(capacity, whole.size()));
      return whole.size() > capacity ? BEAT_E_TRUNCATED : BEAT_OK;
    });
    CHECK(got == whole);
  }
  CHECK(text_of([](char*, std::size_t, std::size_t*) { return BEAT_E_HANDLE; }).empty());
}
