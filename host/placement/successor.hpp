// SPDX-License-Identifier: Apache-2.0
// One version of an Agent as a running component sees it: whether our files stand there, and
// whether now is the time to put them there.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>

#include "base/file_descriptor.hpp"
#include "placement/agent_tree.hpp"

namespace anthropic_metrics::host {

class Successor {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Need { nothing, wait, place };

  // appeared: after the watching began, so that somebody is unpacking it.
  Successor(std::filesystem::path folder, bool appeared, Time now);

  // A folder of components that is new gets our files at once: the Agent starts from it soon. Where
  // they vanished somebody may be removing the version: it must be whole, and quiet for a moment,
  // since a file that appears while a folder is emptied keeps it from being removed.
  Need look(Time now);
  // What look() asked for was done, or refused.
  void placed();
  void refused(Time now);

  // How long nothing has to be looked at here unless something happens: short while something
  // changes or is yet to be done.
  std::chrono::milliseconds patience(Time now) const;
  std::filesystem::path components() const { return version_.components(); }
  const std::filesystem::path& folder() const { return version_.folder; }

  static constexpr std::chrono::milliseconds quiet{500};
  static constexpr std::chrono::seconds young{10};
  static constexpr std::chrono::milliseconds longest{30'000};

 private:
  // What changes with each file that comes or goes.
  struct Trace {
    ino_t inode = 0;  // of the folder of components; 0: none
    timespec changed{};
    timespec version_changed{};
    bool operator==(const Trace& other) const;
  };
  Trace trace() const;

  const AgentVersion version_;
  Trace last_;
  ino_t known_ = 0;      // the folder of components that was seen last
  FileDescriptor held_;  // keeps its number from being given to the next folder
  Time changed_;
  bool appeared_;
  bool fresh_ = false;
  bool pending_ = false;
  Time retry_at_{};
  std::chrono::milliseconds retry_{0};
};

}  // namespace anthropic_metrics::host
