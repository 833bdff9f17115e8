// SPDX-License-Identifier: Apache-2.0
// Streams that none of an input's credentials opens.
#include <boost/json/parse.hpp>

#include "collect/runtime.hpp"
#include "edge/host_link.hpp"
#include "waiting_instance.hpp"
#include "world.hpp"

namespace anthropic_metrics {
namespace {

namespace json = boost::json;
using test::contains;
using test::must;

/// An input that has just started and asks nobody. credentials: its settings.
struct Started {
  test::FakeHost host;
  std::unique_ptr<Runtime> runtime;
  json::object streams;

  explicit Started(const std::string& settings) {
    const auto network = [](boost::asio::io_context& loop, net::HttpSettings, net::Authorizer&,
                            net::Tracer*, Log) -> Result<std::unique_ptr<net::Transport>> {
      return std::unique_ptr<net::Transport>(std::make_unique<test::SilentTransport>(loop));
    };
    runtime = must(Runtime::make(must(read_settings("{" + settings + "}")),
                                 std::make_unique<HostLink>(host.table()), network, 1));
    const json::value status = json::parse(runtime->status_json());
    streams = status.at("streams").as_object();
  }
  const json::object& stream(std::string_view name) const { return streams.at(name).as_object(); }
};

constexpr const char* enterprise =
    R"("enterprise_api_key": "sk-ant-api01-CANARY-0123456789abcdefghijklmnopqrstuvwxyz")";

TEST_CASE("a stream that no credential opens says so once, and is no failure") {
  const Started started(enterprise);

  for (const char* name : {"usage", "cost", "rate_limit"}) {
    CAPTURE(name);
    const json::object& stream = started.stream(name);
    CHECK(stream.at("health").as_string() == "healthy");
    CHECK(stream.at("error").at("code").as_string() == "not_offered");
    CHECK(stream.at("message").as_string() ==
          "no credential of this input opens this stream; it needs admin_api_key or oauth_token");
  }
  CHECK(started.stream("spend_limit").at("health").as_string() == "starting");
  std::size_t told = 0;
  for (const auto& line : started.host.log)
    if (contains(line, "3 usage: no credential of this input opens this stream")) ++told;
  CHECK(told == 1);
  for (const auto& line : started.host.log) CHECK_FALSE(contains(line, "CANARY"));
  CHECK(started.runtime->health() == Health::starting);
}

TEST_CASE("an OAuth token opens what an Admin key opens") {
  const Started started(R"("oauth_token": "oat.CANARY-0123456789abcdefghijklmnopqrstuvwxyz")");
  for (const char* name : {"usage", "cost", "rate_limit", "spend_limit"})
    CHECK(started.stream(name).at("health").as_string() == "starting");
}

TEST_CASE("only the streams that are opened are waited for") {
  Started started(enterprise);
  const auto polled = must(started.runtime->poll(Milliseconds(50), {}));
  CHECK(polled.kind == Runtime::PollResult::Kind::idle);
  CHECK(started.runtime->status_json().find("CANARY") == std::string::npos);
}

}  // namespace
}  // namespace anthropic_metrics
