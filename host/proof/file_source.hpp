// SPDX-License-Identifier: Apache-2.0
// The documents of one stream in NDJSON files, in order of their bucket's start, however the lines
// are mixed: of a file output, or of files that somebody names.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "outputs/file.hpp"
#include "policy/plugin_config.hpp"
#include "proof/holdings.hpp"
#include "proof/row_fields.hpp"

namespace anthropic_metrics::host {

// Of a file output: the current file and its rotated ones, as far as they are there.
std::vector<std::filesystem::path> files_of(const FileSettings& output, const StreamTarget& target);

struct FileHoldingParts {
  std::function<std::vector<std::filesystem::path>()> files;  // that are there now
  std::string name;                                           // for messages
  std::string dataset;  // documents that name another are left out
  RowFields fields;
  Grain grain;               // configured
  bool may_be_none = false;  // otherwise a file that is not there is a failure
};

std::unique_ptr<Holdings> holdings_in(FileHoldingParts parts);

}  // namespace anthropic_metrics::host
