// SPDX-License-Identifier: Apache-2.0
// Which page of the endpoint says what: /health, /status, /metrics.
#pragma once

#include <functional>
#include <string>

#include "endpoint/host_status.hpp"
#include "endpoint/http_request.hpp"

namespace anthropic_metrics::host {

// now: asked once for each page that needs it.
HttpAnswer page(const std::string& path, const std::function<HostStatus()>& now);

}  // namespace anthropic_metrics::host
