// SPDX-License-Identifier: Apache-2.0
// What an audit found of one stream, as a document of the stream health and as JSON for the status.
// Pure.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

struct AuditFound {
  std::int64_t at = 0;  // seconds since 1970 UTC
  std::int64_t from = 0;
  std::int64_t to = 0;
  bool complete = false;
  std::uint64_t differences = 0;     // rows, before a repair
  std::uint64_t repaired = 0;        // of them, those that are equal now
  std::uint64_t repaired_total = 0;  // since the start
  std::optional<std::int64_t> last_exact_to;
  std::string problem;  // why it is not complete, or not repaired; one sentence
};

boost::json::object to_json(const AuditFound& found);

struct AuditDocument {
  std::string id;
  std::string json;
};

// Of an audit that was complete. health: where documents of that stream go. stream: that was
// audited.
AuditDocument document_of(const AuditFound& found, const std::string& stream,
                          const std::string& organization, const StreamTarget& health);

}  // namespace anthropic_metrics::host
