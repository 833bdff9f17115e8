// SPDX-License-Identifier: Apache-2.0
#include "claude_code_data.hpp"

#include <algorithm>
#include <array>

#include "random.hpp"

namespace anthropic_metrics::simulator {
namespace {

using namespace std::chrono;

constexpr std::uint64_t actors = 9;
constexpr std::array<std::string_view, 4> terminals{"vscode", "iTerm.app", "tmux",
                                                    "simulated \"terminal\", v2"};

/// Of a whole day, the part up to now: sums over a day only grow.
std::int64_t part(std::int64_t whole, std::int64_t minutes_of_day) {
  return whole * minutes_of_day / 1440;
}

std::vector<ClaudeCodeTool> tools_of(std::uint64_t random, std::int64_t minutes_of_day) {
  static constexpr std::array<std::string_view, 5> names{
      "edit_tool", "multi_edit_tool", "write_tool", "notebook_edit_tool", "simulated_future_tool"};
  std::vector<ClaudeCodeTool> tools;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::uint64_t one = hash(random, i);
    if (pick(one, 4) == 0) continue;  // the map is open: what was not used may be absent
    tools.push_back({names.at(i),
                     part(static_cast<std::int64_t>(pick(mix(one), 40)), minutes_of_day),
                     part(static_cast<std::int64_t>(pick(mix(one + 1), 6)), minutes_of_day)});
  }
  return tools;
}

std::vector<ClaudeCodeModel> models_of(std::uint64_t random, std::int64_t minutes_of_day) {
  std::vector<ClaudeCodeModel> used;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint64_t one = hash(random, i, 1);
    if (pick(one, 2) == 0) continue;
    const auto size = static_cast<std::int64_t>(500 + pick(mix(one), 4000));
    ClaudeCodeModel model{models()[i].id,
                          part(size * 3, minutes_of_day),
                          part(size, minutes_of_day),
                          part(size * 90, minutes_of_day),
                          part(size * 4, minutes_of_day),
                          0};
    model.half_cents = (model.input + 5 * model.output + model.cache_read / 10) / 1500;
    used.push_back(model);
  }
  return used;
}

ClaudeCodeEntry make_entry(const Options& options, const std::vector<KeyEntry>& keys,
                           std::uint64_t who, std::uint64_t random, Instant boundary) {
  ClaudeCodeEntry entry;
  if (who % 3 == 2 && !keys.empty()) {
    entry.actor_type = "api_actor";
    entry.actor = keys[who % keys.size()].name;
  } else {
    entry.actor_type = "user_actor";
    entry.actor = person(options, who, boundary).email;
  }
  entry.customer_type = pick(random, 4) == 0 ? "subscription" : "api";
  if (entry.customer_type == "subscription")
    entry.subscription_type = pick(mix(random), 2) == 0 ? "team" : "enterprise";
  else if (pick(mix(random + 1), 2) == 0)
    entry.subscription_type = "";
  entry.terminal_type = terminals.at(pick(mix(random + 2), terminals.size()));
  if (const auto remote = pick(mix(random + 3), 3); remote != 0) entry.is_remote = remote == 1;
  return entry;
}

}  // namespace

Instant claude_code_boundary(Instant now) {
  return floor<minutes>(now) - hours{1};
}

std::vector<ClaudeCodeEntry> claude_code_day(const Options& options,
                                             const Organization& organization, Instant day,
                                             Instant boundary) {
  std::vector<ClaudeCodeEntry> entries;
  const std::int64_t minutes_of_day =
      std::clamp<std::int64_t>((boundary - day) / minutes{1}, 0, 1440);
  if (day < options.history_start || minutes_of_day < 60) return entries;
  const auto number = static_cast<std::uint64_t>(day.time_since_epoch().count());
  const auto keys = keys_at(options, organization, day);
  const bool weekend = weekday{floor<days>(day)}.c_encoding() % 6 == 0;
  for (std::uint64_t who = 0; who < actors; ++who) {
    const std::uint64_t random = hash(options.seed, Purpose::claude_code, number, who);
    if (pick(random, weekend ? 5 : 10) < (weekend ? 4U : 1U)) continue;
    const std::uint64_t terminals_used = 1 + pick(mix(random), 3);
    for (std::uint64_t n = 0; n < terminals_used; ++n) {
      // Every fourth has the key of the one before, and is an entry of its own all the same.
      const std::uint64_t identity =
          hash(random, n > 0 && pick(hash(random, n), 4) == 0 ? n - 1 : n);
      const std::uint64_t amounts = hash(random, n, 2);
      ClaudeCodeEntry entry = make_entry(options, keys, who, identity, day);
      const auto amount = [&](std::uint64_t use, std::uint64_t most) {
        return part(static_cast<std::int64_t>(pick(hash(amounts, use), most)), minutes_of_day);
      };
      entry.sessions = 1 + amount(0, 9);
      entry.lines_added = amount(1, 900);
      entry.lines_removed = amount(2, 300);
      entry.commits = amount(3, 8);
      entry.pull_requests = amount(4, 3);
      entry.tools = tools_of(hash(amounts, 5), minutes_of_day);
      entry.models = models_of(hash(amounts, 6), minutes_of_day);
      entries.push_back(std::move(entry));
    }
  }
  return entries;
}

}  // namespace anthropic_metrics::simulator
