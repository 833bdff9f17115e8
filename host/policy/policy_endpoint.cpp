// SPDX-License-Identifier: Apache-2.0
// http.* of the policy: at its root as in Beats, or below agent.monitoring as in the Agent.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/host_name.hpp"
#include "policy/endpoint_settings.hpp"
#include "policy/policy_context.hpp"

namespace anthropic_metrics::host {
namespace {

std::string checked_host(PolicyContext& context, const Node& section, const std::string& path,
                         const std::string& host) {
  const Place& place = section.find("host")->place;
  if (host.find("://") != std::string::npos || host.starts_with("npipe:") || host.find('/') == 0) {
    context.fault(place, path + ".host",
                  "sockets of files, pipes and addresses with a scheme are not supported here",
                  "a host name or an address, such as localhost or 0.0.0.0",
                  "leave it out for localhost");
  } else if (host.empty() || host.find_first_of(" /\\\"'@?#\r\n\t") != std::string::npos) {
    context.fault(place, path + ".host", "this is no name of a host", "a host name or an address",
                  "leave it out for localhost");
  } else if (std::count(host.begin(), host.end(), ':') == 1) {
    context.fault(place, path + ".host", "this holds a port", "a host name or an address alone",
                  fmt::format("write the port as {}.port", path));
  }
  // An address of IPv6 may stand in brackets, as in a URL.
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

void read_section(PolicyContext& context, Node section, const std::string& path,
                  EndpointSettings& settings) {
  if (section.is_null()) return;
  if (section.kind != Node::Kind::map) {
    context.fault(section.place, path, "this is " + kind_of(section), "a map with 'enabled'", "");
    return;
  }
  for (const std::string& variable : context.substitute_in(section, path))
    context.fault(section.place, path, fmt::format("variable ${{{}}} has no value", variable),
                  "a value", "set it in the environment of this process or give a default");
  if (const auto enabled = context.boolean(section, "enabled", path)) settings.enabled = *enabled;
  if (const auto host = context.text(section, "host", path))
    settings.host = checked_host(context, section, path, *host);
  if (const auto port = context.whole(section, "port", path, 0, 65'535))
    settings.port = static_cast<std::uint16_t>(*port);
  constexpr std::array<std::string_view, 3> known{"enabled", "host", "port"};
  for (const auto& [key, value] : section.members)
    if (std::find(known.begin(), known.end(), key) == known.end() && settings.enabled)
      context.note(LogLevel::warn,
                   fmt::format("{}: {}.{} has no effect", to_string(value.place), path, key));
}

}  // namespace

void read_endpoint(PolicyContext& context, const Node& root) {
  EndpointSettings& settings = context.policy.endpoint;
  if (const Node* agent = root.find_path("agent.monitoring.http"))
    read_section(context, *agent, "agent.monitoring.http", settings);
  if (const Node* own = root.find("http")) read_section(context, *own, "http", settings);
  if (settings.enabled && !is_loopback_host(settings.host))
    context.note(
        LogLevel::warn,
        fmt::format("http.host: {} may be reached from other machines, and whoever reaches "
                    "it reads the names of inputs, streams and the organization without a "
                    "password; leave http.host out for this machine alone",
                    settings.host));
}

std::string url_of(const EndpointSettings& settings) {
  const bool brackets = settings.host.find(':') != std::string::npos;
  return fmt::format("http://{}{}{}:{}", brackets ? "[" : "", settings.host, brackets ? "]" : "",
                     settings.port);
}

}  // namespace anthropic_metrics::host
