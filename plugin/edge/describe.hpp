// SPDX-License-Identifier: Apache-2.0
// What the plugin says of itself, as JSON: manifest, configuration schema, streams. All of it
// follows from the descriptors and the table of settings.
#pragma once

#include <string>

namespace anthropic_metrics {

std::string manifest_json();
std::string configuration_schema_json();
/// In the order of the ABI's stream index.
std::string streams_json();

}  // namespace anthropic_metrics
