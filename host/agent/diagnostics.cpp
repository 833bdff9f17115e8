// SPDX-License-Identifier: Apache-2.0
#include "agent/diagnostics.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string_view>
#include <vector>

#include "policy/secret_names.hpp"
#include "wiping_frees.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

constexpr const char* mark = "[redacted]";

// Names that say secret, and users in addresses.
void redact(json::value& value, std::string_view name) {
  if (auto* map = value.if_object()) {
    for (auto& member : *map) {
      const std::string_view key(member.key().data(), member.key().size());
      // What an HTTP client sends along may be a credential under any name.
      redact(member.value(), name.ends_with("headers") ? "secret" : key);
    }
  } else if (auto* list = value.if_array()) {
    for (auto& item : *list) redact(item, name);
  } else if (auto* text = value.if_string()) {
    const std::string_view content(text->data(), text->size());
    const std::size_t scheme = content.find("://");
    const std::size_t at = content.rfind('@');
    if (is_secret(name, content))
      *text = mark;
    else if (scheme != std::string_view::npos && at != std::string_view::npos && at > scheme)
      *text = std::string(content.substr(0, scheme + 3)) + mark + std::string(content.substr(at));
  }
}

}  // namespace

DiagnosticFile status_file(HostStatus status, const std::string& id) {
  const bool known = std::any_of(status.inputs.begin(), status.inputs.end(),
                                 [&](const InputStatus& input) { return input.id == id; });
  if (known) std::erase_if(status.inputs, [&](const InputStatus& input) { return input.id != id; });
  return {"status", "status.json", "what the component does, as its /status page tells it",
          "application/json", status_json(status)};
}

DiagnosticFile configuration_file(const SecretText& source) {
  const WipingFrees wiping;
  DiagnosticFile file{"configuration", "configuration.json",
                      "the unit's configuration as the Agent sent it, without secrets",
                      "application/json", "{}"};
  source->expose([&](std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) return;
    redact(value, {});
    file.content = json::serialize(value) + "\n";
  });
  return file;
}

}  // namespace anthropic_metrics::host
