// SPDX-License-Identifier: Apache-2.0
// The smallest component of an Elastic Agent that the host's side of the protocol makes possible:
// it does nothing, and reports every unit as its configuration asks for ("report": {"state",
// "message", "payload"}; healthy otherwise).
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "control/bootstrap.hpp"
#include "control/control.hpp"
#include "json_access.hpp"
#include "log.hpp"
#include "run/process_setup.hpp"
#include "run/signals.hpp"

namespace {

using namespace anthropic_metrics::host;
namespace json = boost::json;

UnitState state_from(std::string_view word) {
  constexpr std::string_view words[] = {"STARTING", "CONFIGURING", "HEALTHY", "DEGRADED",
                                        "FAILED",   "STOPPING",    "STOPPED"};
  for (int i = 0; i <= 6; ++i)
    if (words[i] == word) return static_cast<UnitState>(i);
  return UnitState::healthy;
}

SeenUnit seen(const WantedUnit& wanted) {
  SeenUnit unit{wanted.name, wanted.index, UnitState::healthy, {}, {}};
  if (!wanted.runs) unit.state = UnitState::stopped;
  if (!wanted.runs || wanted.source == nullptr) return unit;
  const json::object source =
      wanted.source->expose([](std::string_view text) { return json::parse(text).as_object(); });
  unit.message = "level " + std::string(to_string(wanted.level)) + ", " +
                 std::to_string(text_in(source, "long").size()) + " letters";
  if (const auto* report = object_in(source, "report")) {
    unit.state = state_from(text_in(*report, "state"));
    if (report->contains("message")) unit.message = text_in(*report, "message");
    if (const auto* payload = object_in(*report, "payload")) unit.payload = *payload;
  }
  return unit;
}

ActionAnswer perform(const ActionRequest& request) {
  const std::string whose = request.unit ? request.unit->id : "component";
  if (request.diagnostics)
    return {{}, {{"state", "state.txt", "what is known", "text/plain", whose + " is well"}}};
  if (request.name == "echo") return {};
  if (request.name == "throw") throw std::runtime_error("it broke");
  if (request.name == "huge")
    return {{}, {{"huge", "huge.txt", "", "text/plain", std::string(5'000'000, 'x')}}};
  return {"no action is called " + request.name, {}};
}

// Seconds, from "--period 0.5".
std::chrono::milliseconds period_in(int count, char** arguments) {
  for (int i = 1; i + 1 < count; ++i)
    if (std::string_view(arguments[i]) == "--period")
      return std::chrono::milliseconds(static_cast<long>(std::atof(arguments[i + 1]) * 1000));
  return std::chrono::seconds(25);
}

int run(int count, char** arguments) {
  set_up_process();
  Log log(2, Log::Style::ecs_json);
  Signals signals;
  auto bootstrap = read_bootstrap(0);
  if (!bootstrap) {
    tell(bootstrap.error(), log);
    return to_int(bootstrap.error().code);
  }
  ControlSettings settings{std::move(*bootstrap), "echo", {{"kind", "test"}}, "0000"};
  settings.period = period_in(count, arguments);
  settings.first_retry = std::chrono::milliseconds(50);
  settings.longest_retry = std::chrono::milliseconds(400);
  Control control(std::move(settings), {[&] { signals.notify(); }, perform}, log);
  control.start();

  std::vector<SeenUnit> units;
  while (true) {
    const auto wakeup = signals.wait(-1);
    if (wakeup == Wakeup::stop) break;
    if (auto wanted = control.take_wanted()) {
      log.info("wanted: " + std::to_string(wanted->size()));
      units.clear();
      for (const WantedUnit& unit : *wanted) units.push_back(seen(unit));
    } else if (wakeup == Wakeup::reload) {
      // Other words, nothing else.
      for (SeenUnit& unit : units) unit.message += ".";
    } else {
      continue;
    }
    control.report(units);
  }
  for (SeenUnit& unit : units) unit.state = UnitState::stopped;
  control.report(units);
  control.stop(std::chrono::seconds(5));
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "echo_component: %s\n", error.what());
    return 70;
  }
}
