// SPDX-License-Identifier: Apache-2.0
// Any text as a configuration: settings, or faults that never repeat the key.
#include "fuzz.hpp"
#include "settings/settings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anthropic_metrics;
  const auto settings = read_settings(fuzz::view(data, size));
  if (!settings) {
    fuzz::require(!settings.error().message.empty(), "a fault has a sentence");
    fuzz::require(settings.error().message.find("sk-ant-fuzz01-fakefakefake") == std::string::npos,
                  "no message holds a key");
    return 0;
  }
  fuzz::require(!settings->streams.empty(), "something is collected");
  for (const StreamChoice& choice : settings->streams)
    fuzz::require(choice.settings.interval >= choice.stream->shortest_interval,
                  "no interval is shorter than allowed");
  return 0;
}
