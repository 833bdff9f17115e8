// SPDX-License-Identifier: Apache-2.0
// The messages of the Elastic Agent's control protocol V2 as values, and their encoding: field
// numbers stand in messages.cpp alone. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/actions.hpp"
#include "control/units.hpp"

namespace anthropic_metrics::host::control {

// Parts of a list that came in several messages share one; the Agent does so only for components
// that ask for it.
struct ChunkMark {
  std::int64_t seconds = 0, nanoseconds = 0;

  bool operator==(const ChunkMark&) const = default;
};

// What the Agent wants. A unit's source is null if the configuration did not come along.
struct Expected {
  std::vector<WantedUnit> units;
  std::uint64_t features_index = 0;
  std::uint64_t component_index = 0;
  std::optional<ChunkMark> chunk;
};

// Nothing if the message is damaged. Its secrets pass through memory that is given back through
// delete: the caller has a WipingFrees.
std::optional<Expected> parse_expected(std::string_view message);

// What this program says of itself at the beginning of a stream.
struct Programme {
  std::string name;
  std::map<std::string, std::string> facts;
  std::string build;
};

// What we have.
struct Observed {
  std::vector<const SeenUnit*> units;
  const Programme* programme = nullptr;  // or null
  std::uint64_t features_index = 0;
  std::uint64_t component_index = 0;
  std::uint64_t process = 0;
  bool payloads = true;  // false: without those of the units
};

std::string to_bytes(const Observed& observed, std::string_view token);

struct IncomingAction {
  std::string id;
  ActionRequest request;
};

std::optional<IncomingAction> parse_action(std::string_view message);

// The first message of the stream of actions.
std::string first_answer(std::string_view token);
std::string to_bytes(const IncomingAction& action, const ActionAnswer& answer,
                     std::string_view token, std::chrono::system_clock::time_point now);

}  // namespace anthropic_metrics::host::control
