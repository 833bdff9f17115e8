// SPDX-License-Identifier: Apache-2.0
// The registered commands as the manual page and the completion of shells tell them: what --help
// prints, taken from the same tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace anthropic_metrics::host {

struct DescribedOption {
  std::vector<std::string> names;  // "-c", "--config"; none: it is told by its place
  std::string sentence;
  std::string value{};               // what stands behind it, "FILE"; empty: nothing does
  std::vector<std::string> words{};  // the only values that are taken; none: any
  std::string usual{};               // the default, where the help shows it
  bool required = false;
  bool repeatable = false;
};

struct DescribedCommand {
  std::string_view name;
  std::string_view sentence;
  std::vector<DescribedOption> options;  // --help is the last
};

// In the order of the help.
std::vector<DescribedCommand> described_commands();

}  // namespace anthropic_metrics::host
