// SPDX-License-Identifier: Apache-2.0
// A loaded plugin: found, opened, its interface checked, its static facts read. Everything the host
// knows of a plugin goes through abi/beat_plugin.h.
#pragma once

#include <beat_plugin.h>

#include <boost/json/value.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "failure.hpp"
#include "plugin_text.hpp"
#include "policy/plugin_config.hpp"

namespace anthropic_metrics::host {

class PluginLibrary {
 public:
  // file: the shared library. The library stays mapped for the life of the process.
  static Result<PluginLibrary> open(const std::filesystem::path& file);

  const beat_plugin_api& api() const { return *api_; }
  const std::filesystem::path& file() const { return file_; }
  // In index order, as beat_doc.stream counts.
  const std::vector<StreamInfo>& streams() const { return streams_; }
  std::string name() const { return name_; }
  std::string version() const { return version_; }
  // What the plugin says of itself; what: BEAT_DESCRIBE_.... Null if it says nothing, or not in
  // JSON.
  boost::json::value describe(std::int32_t what) const;

 private:
  PluginLibrary() = default;
  std::filesystem::path file_;
  const beat_plugin_api* api_ = nullptr;
  std::vector<StreamInfo> streams_;
  std::string name_;
  std::string version_;
};

// Where somebody says that the plugin is. Empty: nobody says so.
struct PluginPlace {
  std::filesystem::path file;
  std::filesystem::path folder;
};

// Where the plugin is looked for, best place first. The file, then the folder, decide alone if they
// are given; otherwise the places beside the running binary in binary_folder.
std::vector<std::filesystem::path> plugin_candidates(const PluginPlace& place,
                                                     const std::filesystem::path& binary_folder);

// Opens the first candidate that exists.
Result<PluginLibrary> find_plugin(const PluginPlace& place);

// The folder of the running binary.
std::filesystem::path binary_folder();

}  // namespace anthropic_metrics::host
