// SPDX-License-Identifier: Apache-2.0
// What a plugin's status says about a round of collecting: whether somebody still gets on, and
// whose fault it is if a stream needs a person. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "exit_codes.hpp"

namespace anthropic_metrics::host {

// A number that grows with everything that the streams do: requests, answers, octets, documents.
std::uint64_t progress_in(std::string_view status_json);

// Whether a number has not changed for so long.
class Standstill {
 public:
  explicit Standstill(std::chrono::milliseconds longest) : longest_(longest) {}
  bool look(std::uint64_t progress, std::chrono::steady_clock::time_point now);

 private:
  const std::chrono::milliseconds longest_;
  std::optional<std::uint64_t> progress_;
  std::chrono::steady_clock::time_point since_{};
};

// Whether no stream has anything to do before its next interval: each is healthy, or is not offered
// what it reads, which the plugin asks for once a day. False for a status without streams.
bool all_done(std::string_view status_json);

// How to end when a stream needs a person: `configuration` if the fault of every such stream is on
// this side (a key that cannot be read, the state of another organization), `refused` if the
// service refused one, or nobody says why.
ExitCode end_of_refused(std::string_view status_json);

}  // namespace anthropic_metrics::host
