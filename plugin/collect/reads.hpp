// SPDX-License-Identifier: Apache-2.0
// What the host asks for beside polling: windows to read, and what the store holds of them. Checks
// them and hands them to the streams. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "collect/asked.hpp"
#include "collect/document_ids.hpp"
#include "collect/grains.hpp"
#include "collect/services.hpp"

namespace anthropic_metrics {

class Reads {
 public:
  struct Wish {
    std::string_view stream;
    streams::Window window;
    Asked::Kind kind = Asked::Kind::read;
    std::string_view rows;  ///< NDJSON, unless it is Kind::read.
  };

  /// services: borrowed.
  explicit Reads(const Services& services) : services_(services), ids_(services.settings) {}

  /// Errc::argument, Errc::busy or Errc::state, in one sentence that says what to do.
  Result<void> ask(const Wish& wish);
  /// As DocumentIds has it.
  Result<std::string> document_id(std::string_view stream, std::string_view json) {
    return ids_.id_of(stream, json);
  }

 private:
  Result<const StreamChoice*> choice_of(std::string_view stream) const;
  /// Where rows of that grain go: of an instance that reads on request one that is made for it.
  Result<ledger::Lane> lane_on_request(const StreamChoice& choice,
                                       const streams::StreamSettings& settings);
  /// The one whose stretch of time covers the window.
  Result<ledger::Lane> lane_that_covers(const StreamChoice& choice, const Grain& grain,
                                        const Wish& wish) const;
  Result<Asked::Telling> told(const StreamChoice& choice, const Wish& wish, const Grain& grain,
                              const Grain& otherwise, const ledger::Lane& lane);

  const Services& services_;
  DocumentIds ids_;
  std::mutex mutex_;  ///< While a lane may be made.
};

}  // namespace anthropic_metrics
