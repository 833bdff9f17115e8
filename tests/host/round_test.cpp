// SPDX-License-Identifier: Apache-2.0
// When a round is over although not every stream succeeded, and how the process ends then.
#include "run/round.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

#include "running_binary.hpp"
#include "scratch.hpp"

using Catch::Matchers::ContainsSubstring;
using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::test;

namespace {

std::string failed(const std::string& name, const std::string& error) {
  return "\"" + name + R"(":{"health":"failed","error":)" + error + "}";
}

std::string status(const std::string& streams) {
  return R"({"streams":{)" + streams + "}}";
}

}  // namespace

TEST_CASE("a fault of this side is configuration, an answer of the service is a refusal") {
  const std::string local = R"({"code":"configuration"})";
  struct Case {
    std::string status;
    ExitCode end;
  };
  for (const Case& c : {
           Case{status(failed("usage", local)), ExitCode::configuration},
           {status(failed("usage", local) + "," + failed("cost", local)), ExitCode::configuration},
           {status(failed("usage", R"({"code":"unauthorized","http_status":401})")),
            ExitCode::refused},
           {status(failed("usage", R"({"code":"configuration","http_status":404})")),
            ExitCode::refused},
           {status(failed("usage", local) + "," +
                   failed("cost", R"({"code":"forbidden","http_status":403})")),
            ExitCode::refused},
           {status(failed("usage", local) +
                   R"(,"cost":{"health":"degraded","error":{"code":"transient"}})"),
            ExitCode::configuration},
           {status(R"("usage":{"health":"failed"})"), ExitCode::refused},
           {status(""), ExitCode::refused},
           {"", ExitCode::refused},
           {"no JSON", ExitCode::refused},
       }) {
    CAPTURE(c.status);
    CHECK(end_of_refused(c.status) == c.end);
  }
}

TEST_CASE("a round is over when no stream has anything to do") {
  const std::string not_offered = R"("user":{"health":"degraded","error":{"code":"not_offered"}})";
  const std::string healthy = R"("usage":{"health":"healthy"})";
  CHECK(all_done(status(healthy)));
  CHECK(all_done(status(healthy + "," + not_offered)));
  CHECK(all_done(status(not_offered)));
  for (const std::string& other :
       {std::string(R"("cost":{"health":"starting"})"),
        std::string(R"("cost":{"health":"degraded","error":{"code":"transient"}})"),
        std::string(R"("cost":{"health":"degraded"})"), failed("cost", R"({"code":"state"})")}) {
    CAPTURE(other);
    CHECK_FALSE(all_done(status(healthy + "," + not_offered + "," + other)));
  }
  for (const char* text : {"", "no JSON", "[]", "{}", R"({"streams":7})", R"({"streams":{}})"})
    CHECK_FALSE(all_done(text));
}

TEST_CASE("progress is whatever a stream counts") {
  CHECK(progress_in(R"({"streams":{"a":{"requests":1,"pages":2,"received_bytes":300},
                        "b":{"documents":4,"retries":5,"health":"failed"}}})") == 312);
  for (const char* text : {"", "no JSON", "[]", "{}", R"({"streams":7})", R"({"streams":{"a":1}})"})
    CHECK(progress_in(text) == 0);
}

TEST_CASE("a standstill begins anew with every change") {
  using std::chrono::seconds;
  Standstill standstill(seconds(10));
  const std::chrono::steady_clock::time_point start{seconds(100)};
  CHECK_FALSE(standstill.look(7, start));
  CHECK_FALSE(standstill.look(7, start + seconds(9)));
  CHECK_FALSE(standstill.look(8, start + seconds(10)));
  CHECK_FALSE(standstill.look(8, start + seconds(19)));
  CHECK(standstill.look(8, start + seconds(20)));
}

TEST_CASE("the demo gives up within seconds when nothing comes, and says why") {
  Scratch scratch;
  const auto begin = std::chrono::steady_clock::now();

  const Finished demo =
      finish(scratch.folder(),
             {"demo", "--output", (scratch / "demo").string(), "--plugin",
              std::string(AM_FAKE_PLUGINS) + "/libfake_plugin_starting.so", "--timeout", "1"});

  CHECK(demo.code == 75);
  CHECK_THAT(demo.err, ContainsSubstring("nothing has come for 1 s") &&
                           ContainsSubstring("its simulator at https://localhost:") &&
                           ContainsSubstring("simulator.log says what the simulator saw"));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}
