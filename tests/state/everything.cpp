// SPDX-License-Identifier: Apache-2.0
#include "everything.hpp"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "final_check.hpp"
#include "history.hpp"
#include "host_process.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::test {

using namespace std::chrono_literals;

Everything::Everything(const simulator::Options& organization, bool by_default)
    : by_default_(by_default), folder_(fast_folder()), simulator_(organization) {
  std::filesystem::create_directory(folder_ / "documents");
  wire_.random.seed(organization.seed);
  wire_.largest_piece = 65536;
  wire_.on_crash = [this] { runtime_->cancel(); };
  start();
}

Everything::~Everything() {
  runtime_.reset();
}

std::string Everything::config() const {
  const std::string state = (folder_ / "state").string();
  if (by_default_)
    return fmt::format(R"({{"admin_api_key":"{}","state":{{"path":"{}"}}}})",
                       simulator::default_admin_key, state);
  std::string streams;
  for (const auto& stream : streams::all()) {
    streams += fmt::format(R"({}"{}":{{"enabled":{}}})", streams.empty() ? "" : ",", stream.name,
                           stream.name == "health" ? "false" : "true");
  }
  return fmt::format(R"({{"admin_api_key":"{}","oauth_token":"{}","enterprise_api_key":"{}",)"
                     R"("state":{{"path":"{}"}},"streams":{{{}}}}})",
                     simulator::default_admin_key, simulator::default_oauth_token,
                     simulator::default_enterprise_key, state, streams);
}

void Everything::start() {
  runtime_.reset();
  wire_.crashed = false;
  wire_.crash_at = -1;
  auto settings = read_settings(config());
  REQUIRE(settings.has_value());
  auto made = Runtime::make(std::move(*settings), std::make_unique<HostLink>(host_.table()),
                            simulated_network(simulator_, time_, wire_), 1,
                            [this] { return time_.uptime(); });
  REQUIRE(made.has_value());
  runtime_ = std::move(*made);
}

bool Everything::step() {
  const auto result = runtime_->poll(1s, {});
  if (wire_.crashed) return false;
  REQUIRE(result.has_value());
  if (result->kind == Runtime::PollResult::Kind::batch) {
    std::ofstream(folder_ / "documents/all.ndjson", std::ios::app) << result->batch->ndjson;
    REQUIRE(runtime_->acknowledge(result->batch->id, AckOutcome::durable, 0).has_value());
  } else {
    time_.advance(
        std::max<Milliseconds>(std::min<Milliseconds>(result->next_poll, 15min), Milliseconds(1)));
  }
  return true;
}

void Everything::pass(std::chrono::seconds span) {
  const Instant end = now() + span;
  while (now() < end) {
    if (step()) continue;
    ++deaths_;
    start();
  }
}

simulator::CheckReport Everything::check(Instant cutoff) const {
  return check_final(folder_ / "documents", simulator_, cutoff);
}

}  // namespace anthropic_metrics::test
