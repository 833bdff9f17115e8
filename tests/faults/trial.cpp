// SPDX-License-Identifier: Apache-2.0
#include "trial.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "edge/host_link.hpp"
#include "simulator/time.hpp"
#include "streams/report.hpp"
#include "streams/window.hpp"

namespace anthropic_metrics::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

simulator::Options organization() {
  simulator::Options options;
  options.admin_key = canary;
  options.groups = 3;
  return options;
}

/// Settle of every stream here; buckets count from the moment they close.
constexpr Milliseconds settle = 0s;

Settings settings_of(const Collected& stream, std::uint16_t port) {
  std::string streams;
  for (const streams::Descriptor& one : streams::all())
    streams += fmt::format("{}\"{}\":{{{}}}", streams.empty() ? "" : ",", one.name,
                           one.name == stream.stream ? stream.settings : "\"enabled\":false");
  json::object config{
      {"admin_api_key", canary},
      {"url", fmt::format("https://api.example.test:{}", port)},
      {"ssl", {{"certificate_authorities", {PagedServer::certificate_authority()}}}},
      {"streams", json::parse("{" + streams + "}")}};
  auto settings = read_settings(json::serialize(config));
  if (!settings) FAIL(settings.error().message);
  settings->http.addresses = {"127.0.0.1"};
  return std::move(*settings);
}

}  // namespace

const std::vector<Collected>& collected_streams() {
  static const std::vector<Collected> streams{
      {"usage", "1h", "model",
       R"("group_by":["model"],"interval":"5m","initial_interval":"6h","settle":"0s")"},
      {"cost", "1d", "description,workspace_id",
       R"("group_by":["workspace_id","description"],"interval":"5m","initial_interval":"144h","settle":"0s")"},
      {"rate_limit", "", "", R"("interval":"5m")"}};
  return streams;
}

Trial::Trial(const Collected& stream) : stream_(stream), simulator_(organization()) {
  auto made =
      Runtime::make(settings_of(stream, server_.port()), std::make_unique<HostLink>(host_.table()),
                    Runtime::network(), 20261104);
  if (!made) FAIL(made.error().message);
  runtime_ = std::move(*made);
}

/// One poll. How long the plugin wants to rest if it had nothing to deliver; none if it had.
std::optional<Milliseconds> Trial::poll() {
  const auto result = runtime_->poll(10s, {});
  if (!result) FAIL(result.error().message);
  if (result->kind != Runtime::PollResult::Kind::batch) return result->next_poll;
  documents_ += result->batch->ndjson;
  store_.put(result->batch->ndjson);
  const auto done = runtime_->acknowledge(result->batch->id, AckOutcome::durable, 0);
  if (!done) FAIL(done.error().message);
  return std::nullopt;
}

/// Lets that much pass, but not beyond `end`. False if it is `end` then.
bool Trial::rest(Milliseconds wanted, Monotonic end) {
  const Milliseconds left = std::chrono::ceil<Milliseconds>(end - now());
  time_.advance(wanted >= left ? std::max(left, 0ms) : std::max<Milliseconds>(wanted, 1ms));
  return wanted < left;
}

void Trial::run_until(Monotonic end) {
  for (;;) {
    const auto wanted = poll();
    if (wanted && !rest(*wanted, end)) return;
  }
}

bool Trial::recover(Monotonic end) {
  while (health() != Health::healthy) {
    const auto wanted = poll();
    // How much of a poll is delivered before its last page is there depends on the machine; nothing
    // may pass between that page and whoever compares.
    if (wanted && health() != Health::healthy && !rest(*wanted, end)) return false;
  }
  // What the poll that recovered left to deliver.
  run_until(now() + 10s);
  return true;
}

std::optional<Instant> Trial::cursor() const {
  const json::value status = json::parse(runtime_->status_json());
  const json::value* text =
      status.at("streams").at(stream_.stream).as_object().if_contains("cursor");
  if (text == nullptr) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(
      simulator::parse_rfc3339(std::string_view(text->as_string())).value());
}

std::vector<std::string> Trial::problems() {
  std::vector<std::string> list = store_.faults();
  store_.check_revisions();
  if (runtime_->in_flight() > 0) list.emplace_back("not everything was acknowledged");
  if (snapshot()) {
    // All documents of a poll have one time.
    std::map<std::string, int> polls;
    for (std::size_t at = 0; (at = documents_.find("\"@timestamp\":\"", at)) != documents_.npos;)
      ++polls[documents_.substr(at += 14, 24)];
    const auto whole = static_cast<int>(
        simulator::organization_rate_limits(simulator_.options(), simulator_.now()).size());
    if (polls.empty() || polls.rbegin()->second != whole)
      list.push_back(fmt::format("the newest snapshot has {} documents, not {}",
                                 polls.empty() ? 0 : polls.rbegin()->second, whole));
    return list;
  }
  ledger::Lane lane;
  lane.stream = stream_.stream;
  lane.bucket_width = stream_.width;
  for (std::string_view names = stream_.group_by; !names.empty();) {
    const auto end = std::min(names.find(','), names.size());
    lane.group_by.emplace_back(names.substr(0, end));
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  const auto width = streams::width_of(lane.bucket_width);
  const Instant newest = streams::newest_boundary(simulator_.now(), width, settle);
  const auto read_to = cursor();
  if (read_to != newest)
    list.push_back(fmt::format("read up to {}, not {}",
                               read_to ? simulator::format_rfc3339(*read_to) : "nothing",
                               simulator::format_rfc3339(newest)));
  const Instant origin = streams::align_down(
      simulator_.options().epoch - (stream_.stream == "usage" ? 6h : 144h), width);
  const Sums expected = truth(simulator_, lane, origin, newest, simulator_.now());
  if (expected.empty()) list.emplace_back("there is nothing to compare");
  for (std::string& text : differences(store_.sums(grain_of(lane)), expected))
    list.push_back(std::move(text));
  for (const std::string& text : store_.faults()) list.push_back(text);
  return list;
}

std::string Trial::said() const {
  return host_.log() + runtime_->status_json() + runtime_->last_error() + documents_;
}

int Trial::warnings() const {
  int lines = 0;
  const std::string log = host_.log();
  for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1) {
    const auto level = log.find(' ', at) + 1;  // "<time> <level> <component>: <text>"
    const bool ours = log.compare(level + 2, stream_.stream.size(), stream_.stream) == 0;
    lines += ours && log[level] <= '0' + BEAT_LOG_WARN ? 1 : 0;
  }
  return lines;
}

}  // namespace anthropic_metrics::test
