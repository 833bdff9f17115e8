// SPDX-License-Identifier: Apache-2.0
// What an Elastic Agent and a component of it tell each other about units: an input of the policy
// is one, and so is the output it uses. Plain values; field numbers and encodings are elsewhere.
#pragma once

#include <boost/json/object.hpp>
#include <compare>
#include <cstdint>
#include <string>

#include "log.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

enum class UnitSide { input = 0, output = 1 };
enum class UnitState {
  starting = 0,
  configuring = 1,
  healthy = 2,
  degraded = 3,
  failed = 4,
  stopping = 5,
  stopped = 6,
};

struct UnitName {
  UnitSide side = UnitSide::input;
  std::string id;  // anthropic_metrics-default-<id of the input>; unique on its side only

  auto operator<=>(const UnitName&) const = default;
};

// A unit as the Agent wants it.
struct WantedUnit {
  UnitName name;
  bool runs = true;         // false: it shall stop, and is told of until it says that it has
  std::uint64_t index = 0;  // of the configuration
  // The policy's item as JSON, variables replaced and secrets in the clear. The Agent sends it only
  // when it is new; here it is always the last one that came. Null if none has come.
  SecretText source;
  LogLevel level = LogLevel::info;
};

// A unit as we have it.
struct SeenUnit {
  UnitName name;
  std::uint64_t index = 0;  // of the configuration that was applied, or refused; 0: none
  UnitState state = UnitState::starting;
  std::string message;          // one sentence, with the remedy if there is one; no secrets
  boost::json::object payload;  // {"streams": {"<stream id>": {"status", "error"}}}

  bool operator==(const SeenUnit&) const = default;
};

}  // namespace anthropic_metrics::host
