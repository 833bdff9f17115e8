// SPDX-License-Identifier: Apache-2.0
// Where the host answers about itself, as a policy says it with Beats' names: http.enabled,
// http.host, http.port. A plain value.
#pragma once

#include <cstdint>
#include <string>

namespace anthropic_metrics::host {

struct EndpointSettings {
  bool enabled = false;
  std::string host = "localhost";
  std::uint16_t port = 5066;  // 0: any that is free; the log says which

  bool operator==(const EndpointSettings&) const = default;
};

// "http://localhost:5066"
std::string url_of(const EndpointSettings& settings);

}  // namespace anthropic_metrics::host
