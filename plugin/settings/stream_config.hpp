// SPDX-License-Identifier: Apache-2.0
// Reads a stream's settings against its descriptor. A new stream needs nothing here: which settings
// it has, with which defaults and bounds, is in its descriptor.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "settings/config_reader.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {

/// namespace, tags, preserve_original_event: given for all streams, each of which may override
/// them.
void read_common_settings(ConfigReader& in, StreamSettings& settings);

StreamSettings read_stream_settings(const Descriptor& stream, const boost::json::object& object,
                                    const std::string& pointer, const StreamSettings& common,
                                    Faults& faults);

}  // namespace anthropic_metrics::streams
