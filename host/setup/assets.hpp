// SPDX-License-Identifier: Apache-2.0
// What a setup installs: the file that the build makes and installs beside the plugin. Its form is
// said by package/builder/store_assets.py.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"

namespace anthropic_metrics::host {

inline constexpr std::string_view assets_name = "anthropic_metrics.assets.json";

class Assets {
 public:
  // The first of the files that is there, for data sets "<name>.<stream>": templates, pipelines,
  // dashboards and rules of different names do not meet. shown: the option that names a file, for
  // the message.
  static Result<Assets> open(const std::vector<std::filesystem::path>& files,
                             std::string_view shown, std::string_view name);

  std::string version() const;
  // "elasticsearch", "serverless" or "opensearch".
  const boost::json::object& engine(std::string_view name) const;
  const boost::json::object& kibana() const;

 private:
  explicit Assets(boost::json::object content) : content_(std::move(content)) {}
  boost::json::object content_;  // checked: every part is there
};

// The parts of a checked object, by name; an empty one if it is not there.
const boost::json::object& part(const boost::json::object& of, std::string_view name);

}  // namespace anthropic_metrics::host
