// SPDX-License-Identifier: Apache-2.0
#include "everything.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <map>

#include "base/decimal.hpp"
#include "base/time_text.hpp"
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

int Everything::check_totals() const {
  namespace json = boost::json;
  const json::object streams = json::parse(runtime_->status_json()).at("streams").as_object();
  struct Document {
    std::string stream;
    Instant time;
    json::object values;
  };
  std::map<std::string, Document> documents;  // by id
  std::ifstream lines(folder_ / "documents/all.ndjson");
  for (std::string line; std::getline(lines, line);) {
    const json::value document = json::parse(line);
    const json::string& dataset = document.at("data_stream").at("dataset").as_string();
    const std::string stream(dataset.begin() + static_cast<std::ptrdiff_t>(dataset.find('.')) + 1,
                             dataset.end());
    if (document.at("event").at("kind") != "metric") continue;
    documents[std::string(document.at("event").at("id").as_string())] = {
        stream, *parse_rfc3339(std::string_view(document.at("@timestamp").as_string())),
        document.at("anthropic").at(stream).as_object()};
  }
  int periods = 0;
  for (const auto& [stream, status] : streams) {
    const json::value* const totals = status.as_object().if_contains("totals");
    if (totals == nullptr) continue;
    for (const auto& [period, total] : totals->as_object()) {
      const Instant from = *parse_rfc3339(std::string_view(total.at("from").as_string()));
      const bool until_today = period == "current_day" || period == "current_month";
      const Instant today = std::chrono::floor<std::chrono::days>(now());
      const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(now())};
      const Instant to = until_today ? today + 24h
                         : period == "previous_day"
                             ? today
                             : std::chrono::sys_days(date.year() / date.month() / 1);
      std::map<std::string, std::int64_t> counts;
      Decimal cents;
      for (const auto& [id, document] : documents) {
        if (document.stream != stream || document.time < from || document.time >= to) continue;
        for (const auto& [field, value] : document.values) {
          if (value.is_number() && !value.is_double())
            counts[std::string(field)] += value.to_number<std::int64_t>();
          // amount_exact, or what the stream calls it; lists and totals are not what it costs.
          if (field.ends_with("_exact") && !field.starts_with("list") &&
              !field.starts_with("total"))
            cents = cents + *Decimal::parse(std::string_view(value.as_string()));
        }
      }
      CAPTURE(stream, period, documents.size());
      if (const json::value* const told = total.as_object().if_contains("cents"))
        CHECK(told->as_string() == cents.text());
      if (const json::value* const told = total.as_object().if_contains("counts"))
        for (const auto& [name, value] : told->as_object()) {
          CAPTURE(name);
          CHECK(value.to_number<std::int64_t>() == counts[std::string(name)]);
        }
      ++periods;
    }
  }
  return periods;
}

simulator::CheckReport Everything::check(Instant cutoff) const {
  return check_final(folder_ / "documents", simulator_, cutoff);
}

}  // namespace anthropic_metrics::test
