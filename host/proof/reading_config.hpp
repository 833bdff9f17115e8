// SPDX-License-Identifier: Apache-2.0
// A plugin's configuration as it is for an instance that reads one stream on request.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "policy/plugin_config.hpp"
#include "proof/row_document.hpp"
#include "secret_text.hpp"

namespace anthropic_metrics::host {

// What the plugin does with a stream: of its own settings, those of all streams, or the defaults
// that its schema tells.
struct StreamWork {
  Grain grain;
  std::chrono::seconds interval{0};
  std::chrono::seconds settle{0};
  bool settles = false;               // it is a setting; else what the plugin says of the stream
  std::chrono::seconds look_back{0};  // the deepest tier of it
  bool hashed = false;                // persons, with a key that only the state has

  // From a bucket's end until a host has read it.
  std::chrono::seconds delay() const { return settle + interval; }
};

StreamWork work_of(const SecretText& config, const boost::json::value& schema,
                   std::string_view stream, const std::string& usual_width);

// Without state and tracer, and with this stream alone, in this grain. Holds the key.
SecretText reading_config(const SecretText& config, const boost::json::value& schema,
                          const std::vector<StreamInfo>& streams, std::string_view stream,
                          const Grain& grain);

// Where the plugin keeps the state of an input; empty: in memory.
std::string state_path_of(const SecretText& config);

}  // namespace anthropic_metrics::host
