// SPDX-License-Identifier: Apache-2.0
// The extension "beat.read/1" against the simulator over TLS: windows on request, a store that is
// told, ids that follow from content.
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "read_extension.hpp"
#include "simulated_world.hpp"

namespace anthropic_metrics::test {
namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

/// What stands behind "event":{... and the name.
std::string member_of_event(const std::string& document, const std::string& name) {
  const auto event = document.find(R"("event":{)");
  const auto begin = document.find("\"" + name + R"(":")", event) + name.size() + 4;
  return document.substr(begin, document.find('"', begin) - begin);
}

std::pair<beat_status, std::string> ask(const LiveInstance& instance, const beat_read_args& args) {
  char error[512] = "";
  const beat_status status = reading().ask(instance.handle(), &args, error, sizeof error);
  return {status, error};
}

TEST_CASE("an extension is known by its id and its revision, and no other is there") {
  CHECK(plugin().get_extension(BEAT_READ_ID) == &reading());
  CHECK(reading().struct_size == sizeof(beat_read_api));
  for (const char* id : {"", "beat.read", "beat.read/2", "beat.read/1 "})
    CHECK(plugin().get_extension(id) == nullptr);
  CHECK(plugin().get_extension(nullptr) == nullptr);
}

TEST_CASE("an instance on request is idle until it is asked, and then reads that and no more") {
  World world;
  const LiveInstance instance(world.config_without_state());
  REQUIRE(reading().on_request(instance.handle()) == BEAT_OK);
  CHECK(instance.drain().empty());
  const auto idle = instance.poll(0);
  CHECK(idle.first == BEAT_IDLE);
  CHECK(idle.second.next_poll_ms > 60'000);

  beat_read_args args = usage_window();
  REQUIRE(ask(instance, args).first == BEAT_OK);
  CHECK(progress_of(instance).waiting == 1);
  const std::string documents = instance.drain();
  const auto progress = progress_of(instance);
  CHECK(progress.waiting == 0);
  CHECK(progress.done == 1);
  CHECK(progress.failed == 0);
  CHECK(progress.reached_ns == args.to_ns);
  CHECK(lines(documents).size() > 10);
  for (const std::string& line : lines(documents))
    CHECK(member_of_event(line, "dataset") == "anthropic_metrics.usage");

  SECTION("told what a store holds it emits what is missing there, and nothing of the rest") {
    auto told = lines(documents);
    const std::string missing = told.back();
    told.pop_back();
    std::string known;
    for (const std::string& line : told) known += line + "\n";
    args.flags = BEAT_READ_KNOWN;
    args.known = span(known);
    REQUIRE(ask(instance, args).first == BEAT_OK);
    CHECK(instance.drain() == missing + "\n");
  }
  SECTION("rows that are withdrawn are taken to zero") {
    args.flags = BEAT_READ_WITHDRAW;
    args.known = span(documents);
    REQUIRE(ask(instance, args).first == BEAT_OK);
    CHECK(lines(instance.drain()).size() == lines(documents).size());
  }
  SECTION("every document has the id that its content says") {
    for (const std::string& line : lines(documents)) {
      char id[64];
      size_t length = 0;
      REQUIRE(reading().document_id(instance.handle(), span("usage"), span(line), id, sizeof id,
                                    &length) == BEAT_OK);
      CHECK(std::string(id, length) == member_of_event(line, "id"));
    }
  }
  SECTION("a window that cannot be is refused with a sentence") {
    args.flags = BEAT_READ_KNOWN;
    args.known = span("{}");
    const auto [status, error] = ask(instance, args);
    CHECK(status == BEAT_E_ARG);
    CHECK(error == "row 1: \"{}\" is no document of usage: it has no anthropic.usage");
  }
}

TEST_CASE("an instance with a state reads windows again that it has read, and is not on request") {
  World world;
  const LiveInstance instance(world.config());
  CHECK(reading().on_request(instance.handle()) == BEAT_E_ARG);
  instance.drain();
  beat_read_args args = usage_window();
  args.from_ns -= std::int64_t{400} * 24 * 3600 * 1'000'000'000;
  const auto [status, error] = ask(instance, args);
  CHECK(status == BEAT_E_ARG);
  CHECK(error.find("was not read") != std::string::npos);
}

TEST_CASE("a forked child is told so by every function of the extension") {
  World world;
  const LiveInstance instance(world.config_without_state());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto args = usage_window();
    beat_read_progress progress{};
    progress.struct_size = sizeof progress;
    size_t length = 0;
    const beat_handle handle = instance.handle();
    const bool told = reading().on_request(handle) == BEAT_E_FORKED &&
                      reading().ask(handle, &args, nullptr, 0) == BEAT_E_FORKED &&
                      reading().progress(handle, &progress) == BEAT_E_FORKED &&
                      reading().document_id(handle, span("usage"), span("{}"), nullptr, 0,
                                            &length) == BEAT_E_FORKED;
    ::_exit(told ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

}  // namespace
}  // namespace anthropic_metrics::test
