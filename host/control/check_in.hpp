// SPDX-License-Identifier: Apache-2.0
// What the Agent wants, what we have, and when the Agent is told. Pure: no socket, no clock, no
// lock.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "control/messages.hpp"
#include "control/units.hpp"

namespace anthropic_metrics::host::control {

class CheckIn {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Settings {
    Programme programme;
    std::chrono::milliseconds period{25'000};
    std::size_t largest = 0;  // message
    std::uint64_t process = 0;
  };
  // Two messages are at least this far apart, so that changes that come together go together.
  static constexpr std::chrono::milliseconds spacing{50};

  explicit CheckIn(Settings settings) : settings_(std::move(settings)) {}

  // A new stream: its first message is due at once, and says who we are.
  void open();
  void close() { open_ = false; }

  // True if take_wanted() has something new.
  bool take(Expected expected, Time now);
  // As Control's.
  std::optional<std::vector<WantedUnit>> take_wanted();
  void report(std::vector<SeenUnit> units);

  // When next() is to be called; nothing while no stream is open.
  std::optional<Time> due() const;
  // What is due by then.
  std::string next(std::string_view token, Time now);
  // Something was reported that the Agent has not been told, be it only words.
  bool has_untold() const;

 private:
  struct Indexes {
    std::uint64_t features = 0, component = 0;

    bool operator==(const Indexes&) const = default;
  };

  void apply(std::vector<WantedUnit> units);
  std::vector<WantedUnit> visible() const;
  std::vector<const SeenUnit*> to_tell() const;
  bool is_urgent() const;
  void forget_gone();

  const Settings settings_;
  bool open_ = false;

  std::map<UnitName, WantedUnit> wanted_;
  std::set<UnitName> listed_;  // by the Agent, the last time
  std::map<UnitName, SeenUnit> seen_;
  std::vector<WantedUnit> parts_;  // of a list that is not whole
  std::optional<ChunkMark> mark_;  // of that
  bool expected_once_ = false;
  std::optional<std::vector<WantedUnit>> taken_;

  Indexes indexes_;
  Time indexes_since_{};

  // What the Agent knows by this stream.
  bool greeted_ = false;
  Time told_at_{};
  Indexes told_indexes_;
  std::map<UnitName, SeenUnit> told_;
};

}  // namespace anthropic_metrics::host::control
