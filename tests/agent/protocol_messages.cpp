// SPDX-License-Identifier: Apache-2.0
// What the host makes and reads of the Agent's messages, for a test that compares it with Elastic's
// own module: `write` prints "kind hex json" lines; `read` takes "kind hex" lines and prints what
// is in them as JSON.
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "control/bootstrap.hpp"
#include "control/messages.hpp"

namespace {

using namespace anthropic_metrics::host;
using namespace anthropic_metrics::host::control;
namespace json = boost::json;

std::string from_hex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}

std::string to_hex(const std::string& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto octet = static_cast<unsigned char>(c);
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

std::string plain(const SecretText& secret) {
  return secret->expose([](std::string_view text) { return std::string(text); });
}

json::value of(const Expected& expected) {
  json::array units;
  for (const WantedUnit& unit : expected.units) {
    units.push_back({{"id", unit.name.id},
                     {"side", static_cast<int>(unit.name.side)},
                     {"runs", unit.runs},
                     {"index", std::to_string(unit.index)},
                     {"level", to_string(unit.level)},
                     {"source", unit.source == nullptr
                                    ? json::value(nullptr)
                                    : json::parse(plain(unit.source), {}, {.max_depth = 200})}});
  }
  json::value chunk = nullptr;
  if (expected.chunk) chunk = {expected.chunk->seconds, expected.chunk->nanoseconds};
  return {{"units", units},
          {"features", expected.features_index},
          {"component", expected.component_index},
          {"chunk", chunk}};
}

json::value of(const IncomingAction& action) {
  const ActionRequest& request = action.request;
  json::value unit = nullptr;
  if (request.unit)
    unit = {{"id", request.unit->id}, {"side", static_cast<int>(request.unit->side)}};
  return {{"id", action.id},
          {"name", request.name},
          {"parameters", request.parameters},
          {"diagnostics", request.diagnostics},
          {"unit", unit}};
}

json::value of(const Bootstrap& greeting) {
  const AgentFacts& agent = greeting.agent;
  return {{"address", greeting.address},
          {"server_name", greeting.server_name},
          {"token", plain(greeting.token)},
          {"authority", greeting.authority},
          {"certificate", greeting.certificate},
          {"key", plain(greeting.key)},
          {"largest", greeting.largest_message},
          {"agent",
           {{"id", agent.id},
            {"version", agent.version},
            {"snapshot", agent.snapshot},
            {"managed", agent.managed},
            {"unprivileged", agent.unprivileged}}}};
}

template <class Parsed>
json::value or_damaged(const Parsed& parsed) {
  return parsed ? of(*parsed) : json::value("damaged");
}

void read() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string kind, hex;
    words >> kind >> hex;
    const std::string bytes = from_hex(hex);
    std::cout << json::serialize(kind == "expected" ? or_damaged(parse_expected(bytes))
                                 : kind == "action" ? or_damaged(parse_action(bytes))
                                                    : or_damaged(parse_bootstrap(bytes)))
              << '\n';
  }
}

void line(const char* kind, const std::string& bytes, const json::value& says) {
  std::cout << kind << ' ' << to_hex(bytes) << ' ' << json::serialize(says) << '\n';
}

void write_observed() {
  constexpr std::string_view states[] = {"STARTING", "CONFIGURING", "HEALTHY", "DEGRADED",
                                         "FAILED",   "STOPPING",    "STOPPED"};
  const json::object payload =
      json::parse(R"({"streams": {"u": {"status": "FAILED", "error": "\u00e4 \"1\""}},
                      "all": [null, true, false, 0, -7, 1.5, 9007199254740991, [], {}, ""]})")
          .as_object();
  std::vector<SeenUnit> units;
  json::array told;
  for (unsigned i = 0; i < 7; ++i) {
    const UnitSide side = i % 2 == 0 ? UnitSide::input : UnitSide::output;
    const std::string id = "c-" + std::to_string(i);
    units.push_back({{side, id},
                     std::uint64_t{1} << (9 * i),
                     static_cast<UnitState>(i),
                     i == 0 ? "" : "state \xc3\xa4",
                     i == 4 ? payload : json::object()});
    told.push_back({{"id", id},
                    {"side", static_cast<int>(side)},
                    {"index", std::to_string(units.back().index)},
                    {"state", states[i]},
                    {"message", units.back().message},
                    {"payload", units.back().payload}});
  }
  const Programme programme{"anthropic-metrics", {{"version", "1"}, {"empty", ""}}, "abc123"};
  Observed observed;
  observed.features_index = 2;
  observed.component_index = 300;
  observed.process = 4194304;
  json::object says{{"token", "tok"}, {"units", json::array()}, {"programme", nullptr},
                    {"features", 2},  {"component", 300},       {"pid", 4194304},
                    {"extras", 0},    {"chunk", false},         {"unknown", nullptr}};
  line("observed", to_bytes(observed, "tok"), says);
  for (const SeenUnit& unit : units) observed.units.push_back(&unit);
  observed.programme = &programme;
  says["units"] = told;
  says["programme"] = {{"name", programme.name},
                       {"facts", {{"version", "1"}, {"empty", ""}}},
                       {"build", programme.build}};
  line("observed", to_bytes(observed, "tok"), says);
}

void write_answers() {
  const std::chrono::system_clock::time_point now{std::chrono::seconds(1795932000) +
                                                  std::chrono::nanoseconds(123456789)};
  IncomingAction action{"id-1", {}};
  json::object says{{"token", "tok"}, {"id", "init"},           {"failed", false},
                    {"result", ""},   {"files", json::array()}, {"unknown", nullptr}};
  line("answer", first_answer("tok"), says);
  says["id"] = "id-1";
  says["result"] = "{}";
  line("answer", to_bytes(action, {}, "tok", now), says);
  says["failed"] = true;
  says["result"] = R"({"error":"no \"action\""})";
  line("answer", to_bytes(action, {"no \"action\"", {}}, "tok", now), says);
  action.request.diagnostics = true;
  const DiagnosticFile file{"status", "status.json", "how it goes", "application/json",
                            "{\"a\":1}"};
  says["failed"] = false;
  says["result"] = "";
  says["files"] = json::array{{{"name", file.name},
                               {"file_name", file.file_name},
                               {"description", file.description},
                               {"content_type", file.content_type},
                               {"content", file.content},
                               {"time", {1795932000, 123456789}}}};
  line("answer", to_bytes(action, {"", {file}}, "tok", now), says);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string mode = count == 2 ? arguments[1] : "";
  if (mode == "read") {
    read();
  } else if (mode == "write") {
    write_observed();
    write_answers();
  } else {
    std::fputs("usage: protocol_messages read|write\n", stderr);
    return 64;
  }
  return 0;
}
