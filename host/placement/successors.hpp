// SPDX-License-Identifier: Apache-2.0
// A running component that keeps itself in every version of its Elastic Agent: an upgrade unpacks a
// new folder without foreign components, and the Agent rolls an upgrade back in which an input is
// not supported. Source: an Agent of 2026-08, seen.
#pragma once

#include <filesystem>
#include <memory>

#include "log.hpp"

namespace anthropic_metrics::host {

class Successors {
 public:
  // program: the running one. Log outlives this.
  Successors(std::filesystem::path program, Log& log);
  ~Successors();  // stops
  Successors(const Successors&) = delete;
  Successors& operator=(const Successors&) = delete;

  // Watches in a thread of its own. False if the program does not lie in the folder of an Agent's
  // version, so that there is nothing to watch.
  bool start();

 private:
  class Watch;
  const std::filesystem::path program_;
  Log& log_;
  std::unique_ptr<Watch> watch_;
};

}  // namespace anthropic_metrics::host
