// SPDX-License-Identifier: Apache-2.0
// Reads a stream's settings by their rows. A new stream needs nothing here: which settings it has,
// with which defaults and bounds, follows from its descriptor.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "settings/config_reader.hpp"
#include "streams/registry.hpp"

namespace anthropic_metrics::streams {

/// namespace, tags, preserve_original_event: given for all streams, each of which may override
/// them. inherited: what the object is silent of stays as it is; else it becomes the rows'
/// fallback.
void read_common_settings(ConfigReader& in, bool inherited, StreamSettings& settings);

/// The same of personal_data, which a stream has only if it may hold any.
void read_personal_data(ConfigReader& in, bool inherited, StreamSettings& settings);

/// in: the stream's object with the rows of stream_settings(stream).
StreamSettings read_stream_settings(const Descriptor& stream, ConfigReader in,
                                    const StreamSettings& common);

/// The same of an object that stands alone, at `pointer`.
StreamSettings read_stream_settings(const Descriptor& stream, const boost::json::object& object,
                                    const std::string& pointer, const StreamSettings& common,
                                    Faults& faults);

}  // namespace anthropic_metrics::streams
