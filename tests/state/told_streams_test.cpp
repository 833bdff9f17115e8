// SPDX-License-Identifier: Apache-2.0
// Every stream whose rows add up, read on request and then told sums that are wrong at random: what
// comes out brings each row to what the API says, and every id follows from its document.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch_test_macros.hpp>
#include <iostream>
#include <map>
#include <sstream>

#include "base/decimal.hpp"
#include "edge/describe_row.hpp"
#include "edge/host_link.hpp"
#include "simulated_transport.hpp"

using namespace anthropic_metrics;
using namespace anthropic_metrics::test;
using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr const char* config =
    R"({{"admin_api_key":"{}","oauth_token":"{}","enterprise_api_key":"{}","personal_data":"full",)"
    R"("streams":{{"{}":{{"enabled":true,"settle":"0s"}}}}}})";

/// Exact numbers of a row, and whose they are.
struct Row {
  std::map<std::string, Decimal> numbers;
  json::object body;
};

class Subject {
 public:
  explicit Subject(const std::string& stream)
      : stream_(stream), row_(row_of(*streams::find(stream))), simulator_(organization()) {
    wire_.random.seed(1);
    auto settings = read_settings(fmt::format(config, simulator::default_admin_key,
                                              simulator::default_oauth_token,
                                              simulator::default_enterprise_key, stream));
    if (!settings) FAIL(settings.error().message);
    std::erase_if(settings->streams,
                  [&](const StreamChoice& choice) { return choice.stream->name != stream; });
    REQUIRE(settings->streams.size() == 1);
    auto made = Runtime::make(std::move(*settings), std::make_unique<HostLink>(host_.table()),
                              simulated_network(simulator_, time_, wire_), 1,
                              [this] { return time_.uptime(); });
    if (!made) FAIL(made.error().message);
    runtime_ = std::move(*made);
    REQUIRE(runtime_->read_on_request().has_value());
    time_.freeze_server(true);
  }

  /// The documents of three days that are long over.
  std::vector<std::string> read(Asked::Kind kind, const std::string& rows) {
    const Instant end = std::chrono::floor<std::chrono::days>(time_.server()) - 72h;
    const auto asked = runtime_->reads().ask({stream_, {end - 72h, end}, kind, rows});
    if (!asked) FAIL(asked.error().message);
    std::vector<std::string> documents;
    for (int calls = 0; calls < 100'000; ++calls) {
      const auto result = runtime_->poll(1s, {});
      REQUIRE(result.has_value());
      if (result->kind == Runtime::PollResult::Kind::batch) {
        std::istringstream lines(result->batch->ndjson);
        for (std::string line; std::getline(lines, line);) documents.push_back(line);
        REQUIRE(runtime_->acknowledge(result->batch->id, AckOutcome::durable, 0).has_value());
      } else if (result->next_poll > 70s) {
        INFO(runtime_->last_error());
        REQUIRE(runtime_->asked().failed == 0);
        return documents;
      } else {
        time_.advance(std::max<Milliseconds>(result->next_poll, 1ms));
      }
    }
    FAIL("it never comes to rest");
    return documents;
  }

  void add(std::map<std::string, Row>& rows, const std::string& line) const {
    const json::value document = json::parse(line);
    json::object body = document.at("anthropic").at(stream_).as_object();
    Row taken;
    for (const json::value& count : row_.at("counts").as_array()) {
      const std::string name(count.as_string());
      if (const json::value* number = body.if_contains(name))
        taken.numbers[name] = Decimal::parse(std::to_string(number->as_int64())).value();
      body.erase(name);
    }
    for (const json::value& amount : row_.at("amounts").as_array()) {
      const std::string name(amount.as_string()), exact = name + "_exact";
      if (const json::value* text = body.if_contains(exact))
        taken.numbers[exact] = Decimal::parse(std::string_view(text->as_string())).value();
      body.erase(name);
      body.erase(exact);
    }
    for (const json::value& aside : row_.at("aside").as_array()) body.erase(aside.as_string());
    const std::int64_t revision = body["revision"].as_int64();
    body.erase("revision");
    std::map<std::string, std::string> identity;  // In one order.
    for (const auto& member : body) identity[member.key()] = json::serialize(member.value());
    std::string whose;
    for (const auto& [member, value] : identity) whose += member + "=" + value + " ";
    Row& row = rows[whose];
    body["revision"] = revision;
    if (row.body.empty() || row.body["revision"].as_int64() < revision) row.body = body;
    for (const auto& [name, number] : taken.numbers) row.numbers[name] = row.numbers[name] + number;
  }

  std::string id(const std::string& line) {
    const auto id = runtime_->reads().document_id(stream_, line);
    if (!id) FAIL(id.error().message << "\n" << line);
    return *id;
  }
  bool money(const std::string& name) const { return name.ends_with("_exact"); }
  const std::string& stream() const { return stream_; }

 private:
  static simulator::Options organization() {
    simulator::Options options;
    options.kind = simulator::OrganizationKind::any;
    options.groups = 6;
    return options;
  }

  const std::string stream_;
  const json::object row_;
  simulator::Simulator simulator_;
  VirtualTime time_{simulator_};
  FakeHost host_{time_};
  Wire wire_;
  std::unique_ptr<Runtime> runtime_;
};

std::string told(const Subject& subject, const Row& row) {
  json::object body = row.body;
  for (const auto& [name, number] : row.numbers)
    if (subject.money(name))
      body[name] = number.text();
    else
      body[name] = number.whole().value();
  return json::serialize(json::object{{"anthropic", json::object{{subject.stream(), body}}}}) +
         "\n";
}

}  // namespace

TEST_CASE("rows of every stream that adds up are corrected from whatever a store is said to hold") {
  std::size_t rows = 0, corrections = 0;
  for (const auto& stream : streams::all()) {
    if (row_of(stream).empty()) continue;
    INFO(stream.name);
    Subject subject{std::string(stream.name)};
    Random random(7);
    std::map<std::string, Row> truth, store;
    for (const std::string& line : subject.read(Asked::Kind::read, "")) {
      subject.add(truth, line);
      CHECK(line.find("\"id\":\"" + subject.id(line) + "\"") != std::string::npos);
    }
    REQUIRE(truth.size() > 5);
    std::string known;
    for (const auto& [name, row] : truth) {
      if (chance(random, 20)) continue;  // The store has nothing of it.
      Row wrong = row;
      wrong.body["revision"] = pick(random, 0, 5);
      for (auto& [measure, number] : wrong.numbers)
        if (chance(random, 30))
          number = number + Decimal::parse(subject.money(measure) ? "-12.345" : "7").value();
      store[name] = wrong;
      known += told(subject, wrong);
    }
    std::size_t came = 0;
    for (const std::string& line : subject.read(Asked::Kind::told, known)) {
      subject.add(store, line);
      CHECK(line.find("\"id\":\"" + subject.id(line) + "\"") != std::string::npos);
      ++came;
    }
    CHECK(store.size() == truth.size());
    for (const auto& [name, row] : truth) {
      INFO(name);
      for (const auto& [measure, number] : row.numbers) {
        INFO(measure);
        CHECK(store[name].numbers[measure] == number);
      }
    }
    rows += truth.size();
    corrections += came;
  }
  std::cout << rows << " rows, " << corrections << " documents to mend them\n";
}
