// SPDX-License-Identifier: Apache-2.0
#include "commands/agent_daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <optional>
#include <system_error>
#include <thread>

#include "commands/child_process.hpp"
#include "json_access.hpp"
#include "placement/spec_file.hpp"

namespace anthropic_metrics::host {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int healthy = 2;
constexpr milliseconds between_questions{300};
// An Agent answers a moment before it stops, as it was.
constexpr milliseconds still_the_former{15'000};
// As long as this nothing of ours, or the same trouble: so it stays.
constexpr milliseconds settled_without{3'000};
constexpr milliseconds settled_unwell{10'000};

AgentPart part_of(const boost::json::object& map, std::string_view id) {
  return {text_in(map, id), static_cast<int>(number_in(map, "state").value_or(0)),
          text_in(map, "message")};
}

const boost::json::array& list_in(const boost::json::object& map, std::string_view key) {
  static const boost::json::array none;
  const auto* value = value_in(map, key);
  const auto* list = value == nullptr ? nullptr : value->if_array();
  return list == nullptr ? none : *list;
}

// Components are called by input type and output.
bool is_ours(std::string_view id) {
  const std::string_view name = component_program;
  return id.starts_with(name) && (id.size() == name.size() || id[name.size()] == '-');
}

std::string first_line(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find('\n', begin) - begin));
}

// Follows what an Agent says after it was told to restart.
class Restart {
 public:
  Restart(AgentState before, Clock::time_point now) : before_(std::move(before)), begin_(now) {}

  void no_answer() { gone_ = true; }

  // Whether that is how it will stay.
  bool settled(const AgentState& state, Clock::time_point now) {
    if (!last_ || !(last_->ours == state.ours) || last_->state != state.state) since_ = now;
    last_ = state;
    const bool as_before = state.ours == before_.ours;
    if (state.is_starting()) return false;
    if (state.ours.empty())
      return now - since_ >= settled_without && (gone_ || now - begin_ >= settled_without);
    if (as_before && !gone_ && now - begin_ < still_the_former) return false;
    return state.ours_are_healthy() || now - since_ >= settled_unwell;
  }

  const std::optional<AgentState>& last() const { return last_; }

 private:
  const AgentState before_;
  const Clock::time_point begin_;
  bool gone_ = false;
  std::optional<AgentState> last_;
  Clock::time_point since_;
};

}  // namespace

std::string_view agent_state_name(int state) {
  constexpr std::array<std::string_view, 9> names{"STARTING", "CONFIGURING", "HEALTHY",
                                                  "DEGRADED", "FAILED",      "STOPPING",
                                                  "STOPPED",  "UPGRADING",   "ROLLBACK"};
  const auto index = static_cast<std::size_t>(state);
  return state >= 0 && index < names.size() ? names[index] : "UNKNOWN";
}

bool AgentComponent::is_healthy() const {
  return part.state == healthy &&
         std::all_of(units.begin(), units.end(),
                     [](const AgentPart& unit) { return unit.state == healthy; });
}

bool AgentState::is_starting() const {
  return state < healthy;
}

bool AgentState::ours_are_healthy() const {
  return !ours.empty() && std::all_of(ours.begin(), ours.end(),
                                      [](const AgentComponent& one) { return one.is_healthy(); });
}

Result<AgentState> read_agent_state(std::string_view json) {
  boost::system::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(json.data(), json.size()), error);
  const auto* map = error ? nullptr : value.if_object();
  if (map == nullptr || !number_in(*map, "state"))
    return Failure{ExitCode::not_running,
                   {fmt::format("the Elastic Agent's status is not in the form of version 8.6 or "
                                "newer: {}; update the Agent",
                                first_line(json))}};
  AgentState state;
  const AgentPart whole = part_of(*map, "");
  state.state = whole.state;
  state.message = whole.message;
  if (const auto* info = object_in(*map, "info")) state.version = text_in(*info, "version");
  for (const auto& item : list_in(*map, "components")) {
    const auto* component = item.if_object();
    if (component == nullptr || !is_ours(text_in(*component, "id"))) continue;
    AgentComponent ours{part_of(*component, "id"), {}};
    for (const auto& unit : list_in(*component, "units"))
      if (const auto* one = unit.if_object()) ours.units.push_back(part_of(*one, "unit_id"));
    state.ours.push_back(std::move(ours));
  }
  return state;
}

Failure AgentDaemon::no_answer(std::string_view said) const {
  const std::string reason = first_line(said);
  return {ExitCode::not_running,
          {fmt::format("the Elastic Agent does not answer{}; start it (sudo systemctl start "
                       "elastic-agent), and run this as root or as the Agent's user",
                       reason.empty() ? " " + program_.string() : ": " + reason)}};
}

Result<AgentDaemon::Said> AgentDaemon::ask(const std::vector<std::string>& words,
                                           milliseconds longest) const {
  if (program_.empty())
    return Failure{ExitCode::not_running,
                   {"the Elastic Agent's program was not found, so it can be neither asked nor "
                    "restarted; restart it by hand"}};
  try {
    ChildProcess child(program_, words, {}, ChildProcess::Errors::with_output);
    Said said;
    const auto end = Clock::now() + longest;
    const auto left = [&] {
      return std::max(std::chrono::duration_cast<milliseconds>(end - Clock::now()),
                      milliseconds(0));
    };
    while (const auto line = child.read_line(left())) said.text += *line + "\n";
    const auto status = child.wait(left());
    if (!status) return no_answer("no word within the time");
    said.status = *status;
    return said;
  } catch (const std::system_error& error) {
    return no_answer(error.what());
  }
}

Result<AgentState> AgentDaemon::state(milliseconds longest) const {
  const auto said = ask({"status", "--output", "json"}, longest);
  if (!said) return said.error();
  // It ends with 1 while anything is unwell, and says how it is all the same.
  const std::size_t begin = said->text.find('{');
  if (begin == std::string::npos) return no_answer(said->text);
  return read_agent_state(std::string_view(said->text).substr(begin));
}

Result<AgentState> AgentDaemon::restart(milliseconds longest) const {
  const auto end = Clock::now() + longest;
  const auto left = [&] { return std::chrono::duration_cast<milliseconds>(end - Clock::now()); };
  const auto before = state(longest);
  if (!before) return before.error();
  const auto told = ask({"restart"}, left());
  if (!told) return told.error();
  if (told->status != 0)
    return Failure{ExitCode::not_running,
                   {fmt::format("the Elastic Agent refuses to restart: {}; run this as root or as "
                                "the Agent's user, or restart it by hand",
                                first_line(told->text))}};
  Restart watched(*before, Clock::now());
  while (left().count() > 0) {
    std::this_thread::sleep_for(std::min(between_questions, left()));
    const auto now = state(std::max(left(), between_questions));
    if (!now)
      watched.no_answer();
    else if (watched.settled(*now, Clock::now()))
      break;
  }
  if (watched.last()) return *watched.last();
  return Failure{ExitCode::not_finished,
                 {fmt::format("the Elastic Agent has not answered for {} s since it was told to "
                              "restart; look at its log (elastic-agent logs) and raise --timeout",
                              longest.count() / 1000)}};
}

}  // namespace anthropic_metrics::host
