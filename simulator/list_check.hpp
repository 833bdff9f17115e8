// SPDX-License-Identifier: Apache-2.0
// Compares the documents of a list, such as the API keys, with the list that the API gives.
#pragma once

#include <string>

#include "api.hpp"
#include "documents.hpp"

namespace anthropic_metrics::simulator {

/// Where entries and documents do not match one to one.
struct ListCheck {
  std::uint64_t entries = 0;
  std::vector<std::string> differences;  ///< each with what one side lacks
};

/// Whether each document says nothing but what one entry of the list at `path` says, and each entry
/// has its document: all of them, or all but archived ones. Throws std::runtime_error if there is
/// no such list, or it is too long for one page.
ListCheck compare_list(const Api& api, const Options& options, const std::string& path, Instant at,
                       const std::vector<Said>& documents);

}  // namespace anthropic_metrics::simulator
