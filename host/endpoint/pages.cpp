// SPDX-License-Identifier: Apache-2.0
#include "endpoint/pages.hpp"

namespace anthropic_metrics::host {

HttpAnswer page(const std::string& path, const std::function<HostStatus()>& now) {
  HttpAnswer answer;
  if (path == "/health") {
    const HealthVerdict verdict = judge(now());
    answer.status = verdict.fine ? 200 : 503;
    answer.body = std::string(to_string(verdict.state)) + ": " + verdict.sentence + "\n";
  } else if (path == "/status") {
    answer.type = "application/json";
    answer.body = status_json(now());
  } else if (path == "/metrics") {
    answer.type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = metrics_text(now());
  } else if (path == "/") {
    answer.body = "/health\n/status\n/metrics\n";
  } else {
    answer.status = 404;
    answer.body = "there is nothing here; ask for /health, /status or /metrics\n";
  }
  return answer;
}

}  // namespace anthropic_metrics::host
