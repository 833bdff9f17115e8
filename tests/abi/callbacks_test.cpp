// SPDX-License-Identifier: Apache-2.0
// What abi/beat_plugin.h promises about the host's functions: which are called, with what, and what
// happens when they are missing.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <iterator>
#include <thread>

#include "loaded_plugin.hpp"
#include "simulated_world.hpp"

namespace anthropic_metrics::test {
namespace {

/// A host that offers everything, remembers what it was told, and can lack any one function.
struct FullHost {
  beat_host_api table{};
  std::vector<std::string> lines, health;  // "level component: text", "health stream: text"
  int32_t level = BEAT_LOG_TRACE;
  /// As the simulator's clock begins.
  int64_t wall = std::chrono::nanoseconds(simulator::Options().epoch.time_since_epoch()).count();
  int64_t steady = 5'000'000'000;
  std::string secret{canary};
  int asked = 0;
  beat_status secret_status = BEAT_OK;

  FullHost() {
    table.struct_size = sizeof table;
    table.abi_version = BEAT_ABI_VERSION;
    table.ctx = this;
    table.log = [](void* ctx, int32_t at, beat_span part, beat_span text) {
      self(ctx).lines.push_back(std::to_string(at) + " " + string(part) + ": " + string(text));
    };
    table.log_level = [](void* ctx) { return self(ctx).level; };
    table.realtime_ns = [](void* ctx) { return self(ctx).wall; };
    table.monotonic_ns = [](void* ctx) { return self(ctx).steady; };
    table.secret_get = [](void* ctx, beat_span name, char* buf, size_t cap, size_t* len) {
      FullHost& host = self(ctx);
      ++host.asked;
      if (host.secret_status < 0 || string(name) != "ADMIN") return beat_status{BEAT_E_GENERIC};
      *len = host.secret.size();
      std::memcpy(buf, host.secret.data(), std::min(cap, *len));
      return *len > cap ? BEAT_E_TRUNCATED : BEAT_OK;
    };
    table.health = [](void* ctx, int32_t now, beat_span stream, beat_span text) {
      self(ctx).health.push_back(std::to_string(now) + " " + string(stream) + ": " + string(text));
    };
    table.get_extension = [](void*, const char*) -> const void* { return nullptr; };
  }
  FullHost(const FullHost&) = delete;
  FullHost& operator=(const FullHost&) = delete;

  bool logged(const std::string& part) const {
    for (const std::string& line : lines)
      if (line.find(part) != std::string::npos) return true;
    return false;
  }

 private:
  static FullHost& self(void* ctx) { return *static_cast<FullHost*>(ctx); }
  static std::string string(beat_span span) {
    return span.len == 0 ? std::string() : std::string(span.ptr, span.len);
  }
};

/// What one poll after the other makes of it while the host's time moves on.
void collect(const LiveInstance& instance, FullHost& host) {
  for (int calls = 0; calls < 2000; ++calls) {
    const auto [status, result] = instance.poll(1000);
    REQUIRE(status >= 0);
    if (result.batch != nullptr) REQUIRE(instance.ack(result.batch->id) == BEAT_OK);
    if (result.batch == nullptr && result.next_poll_ms > 20'000) return;
    host.steady += static_cast<int64_t>(result.next_poll_ms) * 1'000'000;
  }
  FAIL("the plugin never came to rest");
}

TEST_CASE("the instance's name stands in the status and in its first log line, printable") {
  FullHost host;
  const std::string config = R"({"admin_api_key":"${NOT_SET}","url":"https://127.0.0.1:1"})";
  auto args = beat_init_args{};
  args.struct_size = sizeof args;
  args.host = &host.table;
  args.config_json = span(config);
  struct Row {
    std::string name, shown;
  };
  const auto row =
      GENERATE(Row{"input-1 (K\u00f6ln)", "input-1 (K\u00f6ln)"},
               Row{"two\nlines \x1b[31m", R"(two lines \x1b[31m)"}, Row{"\xff", R"(\xff)"},
               Row{std::string(500, 'x'), std::string(200, 'x')});
  args.instance_id = span(row.name);
  beat_handle handle = 0;
  REQUIRE(plugin().init(&args, &handle) == BEAT_OK);
  char text[8192];
  size_t length = 0;
  REQUIRE(plugin().status_json(handle, text, sizeof text, &length) == BEAT_OK);
  std::string escaped;  // As JSON writes it.
  for (const char c : row.shown) escaped += c == '\\' ? std::string("\\\\") : std::string(1, c);
  CHECK(std::string(text, length).find("\"instance_id\":\"" + escaped) != std::string::npos);
  CHECK(std::string(text, length).find(std::string(201, 'x')) == std::string::npos);
  REQUIRE_FALSE(host.lines.empty());
  CHECK(host.logged(row.shown));
  CHECK(plugin().shutdown(handle, 5000) == BEAT_OK);
}

std::uint64_t first_documents(const LiveInstance& instance) {
  for (int calls = 0; calls < 200; ++calls)
    if (const auto polled = instance.poll(1000); polled.second.batch != nullptr)
      return polled.second.batch->doc_count;
  return 0;
}

TEST_CASE("every function of the host may be missing") {
  World world;
  FullHost host;
  const int missing = GENERATE(0, 1, 2, 3, 4, 5, 7);
  CAPTURE(missing);
  if (missing == 0) host.table.log = nullptr;
  if (missing == 1) host.table.log_level = nullptr;
  if (missing == 2) host.table.realtime_ns = nullptr;
  if (missing == 3) host.table.health = nullptr;
  if (missing == 4) host.table.get_extension = nullptr;
  if (missing == 5) host.table.secret_get = nullptr;
  // A steady clock that stands still would stop the pace of requests.
  host.table.monotonic_ns = nullptr;
  {
    const LiveInstance instance(world.config(), missing == 7 ? nullptr : &host.table);
    REQUIRE(instance.status() == BEAT_OK);
    CHECK(first_documents(instance) > 0);
  }
  for (const std::string& line : host.lines) {
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find(canary_core) == std::string::npos);
    if (missing == 1) CHECK(line[0] - '0' <= BEAT_LOG_INFO);  // Without a level: info.
  }
}

TEST_CASE("the most verbose level wanted is asked for each time") {
  World world;
  FullHost host;
  host.level = BEAT_LOG_ERROR;
  const LiveInstance instance(world.config(), &host.table);
  CHECK(host.lines.empty());
  host.level = BEAT_LOG_TRACE;
  collect(instance, host);
  CHECK_FALSE(host.lines.empty());
}

TEST_CASE("intervals pass on the host's steady clock, and on no other") {
  World world;
  FullHost host;
  const LiveInstance instance(world.config(), &host.table);
  collect(instance, host);
  const auto asked = world.simulator.requests().size();
  CHECK(instance.poll(50).first == BEAT_IDLE);
  CHECK(world.simulator.requests().size() == asked);
  host.steady += 3600'000'000'000;
  collect(instance, host);
  CHECK(world.simulator.requests().size() > asked);
}

TEST_CASE("the host's wall clock stands in the request tracer's file") {
  World world;
  FullHost host;
  host.wall = 1'000'000'000'000'000'000;
  const auto file = world.state.string() + ".trace";
  {
    const LiveInstance instance(
        world.config(R"(,"enable_request_tracer":true,"tracer":{"path":")" + file + "\"}"),
        &host.table);
    INFO(instance.error());
    REQUIRE(instance.status() == BEAT_OK);
    collect(instance, host);
  }
  std::ifstream trace(file);
  const std::string text{std::istreambuf_iterator<char>(trace), {}};
  CHECK(text.find(R"("@timestamp":"2001-09-09T01:46:40)") != std::string::npos);
  CHECK(text.find(canary_core) == std::string::npos);
  // The next start without the tracer takes it away.
  const LiveInstance next(world.config(R"(,"tracer":{"path":")" + file + "\"}"), &host.table);
  CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE(
    "a secret of the host is asked for when it is used, and may be long or fail for a while") {
  World world;
  FullHost host;
  std::string config = world.config();
  config.replace(config.find(canary), canary.size(), "$secret{ADMIN}");
  const LiveInstance instance(config, &host.table);
  INFO(instance.error());
  REQUIRE(instance.status() == BEAT_OK);
  CHECK(host.asked == 0);
  SECTION("it works") {
    collect(instance, host);
    CHECK(host.asked > 0);
    CHECK(instance.poll(0).second.health == BEAT_HEALTH_HEALTHY);
    host.secret_status = BEAT_E_GENERIC;  // The last one goes on being used.
    host.steady += 3600'000'000'000;
    collect(instance, host);
    CHECK(instance.poll(0).second.health == BEAT_HEALTH_HEALTHY);
  }
  SECTION("it is longer than the first try has room for") {
    host.secret.assign(2000, 'k');
    collect(instance, host);
    CHECK(instance.text(plugin().last_error).find("no secret named") == std::string::npos);
    CHECK(instance.poll(0).second.health == BEAT_HEALTH_FAILED);
  }
  SECTION("there is none") {
    host.secret_status = BEAT_E_GENERIC;
    const auto refused = [&] { return instance.text(plugin().last_error); };
    for (int calls = 0; calls < 20 && refused().empty(); ++calls)
      REQUIRE(instance.poll(1000).first >= 0);
    CHECK(refused().find("no secret named ADMIN") != std::string::npos);
    // It is looked for every few seconds, and then all is well.
    CHECK(instance.poll(1000).second.next_poll_ms <= 5'000);
    host.secret_status = BEAT_OK;
    host.steady += 5'000'000'000;
    collect(instance, host);
    CHECK(instance.poll(0).second.health == BEAT_HEALTH_HEALTHY);
  }
}

TEST_CASE("health is told for each stream and for the whole, to the very end") {
  World world;
  FullHost host;
  {
    const LiveInstance instance(world.config(), &host.table);
    collect(instance, host);
    CHECK(instance.poll(0).second.health == BEAT_HEALTH_HEALTHY);
  }
  const auto told = [&](const std::string& beginning) {
    return std::find_if(host.health.begin(), host.health.end(),
                        [&](const std::string& one) { return one.rfind(beginning, 0) == 0; });
  };
  CHECK(told("1 usage: ") != host.health.end());
  CHECK(told("1 cost: ") != host.health.end());
  CHECK(told("1 : ") != host.health.end());
  CHECK(told("4 : ") == host.health.end() - 2);
  CHECK(told("5 : ") == host.health.end() - 1);
}

TEST_CASE("a Date far beside the host's clock is told as degraded, and nothing waits for it") {
  World world;
  FullHost host;
  host.wall -= 25 * 3600'000'000'000;
  const LiveInstance instance(world.config(), &host.table);
  collect(instance, host);
  CHECK(instance.poll(0).second.health == BEAT_HEALTH_DEGRADED);
  const std::string status = instance.text(plugin().status_json);
  CHECK(status.find(R"("time":{"health":"degraded","message":"the API's Date says 2026-11-0)") !=
        std::string::npos);
  CHECK(status.find(", this machine's clock 2026-11-03T11:00:00Z: one of them is wrong") !=
        std::string::npos);
  CHECK(status.find(R"("usage":{"health":"healthy")") != std::string::npos);
  CHECK(std::count_if(host.lines.begin(), host.lines.end(), [](const std::string& line) {
          return line.find("one of them is wrong") != std::string::npos;
        }) == 1);
  host.wall += 25 * 3600'000'000'000;
  instance.poll(0);
  CHECK(instance.poll(0).second.health == BEAT_HEALTH_HEALTHY);
  CHECK(instance.text(plugin().status_json).find("\"time\":{") == std::string::npos);
}

TEST_CASE("an instance whose shutdown timed out says that it is stopping") {
  simulator::Options options;
  options.latency = std::chrono::seconds(20);
  World world(options);
  FullHost host;
  // The callback holds the poll inside.
  static std::atomic<bool> hold{true};
  hold = true;
  static std::atomic<bool> inside{false};
  inside = false;
  host.table.log = [](void*, int32_t, beat_span, beat_span) {
    inside = true;
    while (hold) ::usleep(1000);
  };
  hold = false;
  const LiveInstance instance(world.config(), &host.table);
  hold = true;
  inside = false;
  std::thread poller([&] { instance.poll(60'000); });
  while (!inside) ::usleep(1000);
  CHECK(plugin().shutdown(instance.handle(), 20) == BEAT_E_TIMEOUT);
  CHECK(instance.text(plugin().status_json).find("\"health\":\"stopping\"") != std::string::npos);
  const auto [status, result] = instance.poll(0);
  CHECK(status == BEAT_E_CANCELLED);
  CHECK(result.health == BEAT_HEALTH_STOPPING);
  CHECK(result.batch == nullptr);
  hold = false;
  poller.join();
  CHECK(plugin().shutdown(instance.handle(), 5000) == BEAT_OK);
}

}  // namespace
}  // namespace anthropic_metrics::test
