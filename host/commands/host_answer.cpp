// SPDX-License-Identifier: Apache-2.0
#include "commands/host_answer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run/plan.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {
namespace {

Failure not_running(std::string line) {
  return {ExitCode::not_running, {std::move(line)}};
}

// The address that asks a host which listens on all of its addresses.
EndpointSettings reachable(EndpointSettings settings) {
  if (settings.host == "0.0.0.0") settings.host = "127.0.0.1";
  if (settings.host == "::") settings.host = "::1";
  return settings;
}

// With the usual scheme and port where it has none.
std::string completed(std::string url) {
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  const std::size_t host = url.find("://") + 3;
  const std::size_t end = std::min(url.find('/', host), url.size());
  const std::string_view authority = std::string_view(url).substr(host, end - host);
  const std::size_t name = authority.find(']');
  const bool port =
      authority.find(':', name == std::string_view::npos ? 0 : name) != std::string_view::npos;
  if (!port && url.starts_with("http:"))
    url.insert(end, ":" + std::to_string(EndpointSettings().port));
  return url;
}

Result<std::string> place_of(const RunSettings& run, const std::string& url) {
  if (!url.empty()) return completed(url);
  EndpointSettings settings;
  settings.enabled = true;
  if (!run.policy_file.empty()) {
    const auto read = endpoint_of(run);
    if (!read) return read.error();
    settings = *read;
  }
  if (!settings.enabled)
    return not_running(
        fmt::format("{}: http.enabled is not true, so a host that runs it answers "
                    "nobody; set it and send the host SIGHUP",
                    run.policy_file.string()));
  if (settings.port == 0)
    return not_running(
        fmt::format("{}: http.port is 0, and only the log of the host says which "
                    "port it took; name it with --url",
                    run.policy_file.string()));
  return url_of(reachable(settings));
}

}  // namespace

Result<std::string> answer_of_host(const RunSettings& run, const std::string& wished,
                                   const std::string& page, Log& log) {
  const auto url = place_of(run, wished);
  if (!url) return url.error();
  StoreSettings settings;
  settings.hosts = {*url};
  settings.timeout = run.once_timeout;
  settings.proxy_disable = true;
  const auto client = StoreClient::make(settings, log);
  if (!client) return client.error();
  auto answer = (*client)->ask({.target = page});
  if (!answer)
    return not_running(fmt::format("{}; start the host, with http.enabled: true in its policy",
                                   answer.error().line));
  if (!answer->fine())
    return not_running(fmt::format("{} answers {}; name the endpoint of the host with --url", *url,
                                   reason_of(*answer)));
  return std::move(answer->body);
}

}  // namespace anthropic_metrics::host
