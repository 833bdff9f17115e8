// SPDX-License-Identifier: Apache-2.0
// The audit of one stream: what the API says, beside what is held of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "proof/audit_report.hpp"
#include "proof/holdings.hpp"
#include "proof/reading.hpp"

namespace anthropic_metrics::host {

// Makes an instance that reads the stream in that grain.
using MakeReading = std::function<Result<std::unique_ptr<Reading>>(const Grain&)>;

struct AuditTask {
  std::string stream;
  std::uint32_t index = 0;  // of the stream in the plugin's list
  RowFields fields;
  Grain grain;            // configured
  std::int64_t from = 0;  // seconds since 1970 UTC, on borders of buckets
  std::int64_t to = 0;
  // Buckets that end so shortly before now, by the server's clock, or after the moment that the
  // running host has read until, may be on their way to the store.
  std::chrono::seconds delay{0};
  std::int64_t read_until = std::numeric_limits<std::int64_t>::max();
  std::shared_ptr<Holdings> holdings;
  MakeReading reading;
};

struct StreamOutcome {
  StreamAudit audit;
  std::vector<std::string> problems;  // why it is not whole; none: it is
  std::string organization;
};

StreamOutcome audit_stream(const AuditTask& task);

}  // namespace anthropic_metrics::host
