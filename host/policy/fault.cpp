// SPDX-License-Identifier: Apache-2.0
#include "policy/fault.hpp"

#include <fmt/format.h>

namespace anthropic_metrics::host {

std::string to_string(const Place& place) {
  return place.line > 0 ? fmt::format("{}:{}", place.file, place.line) : place.file;
}

std::string to_string(const Fault& fault) {
  std::string text = to_string(fault.place);
  if (!fault.path.empty()) text += ": " + fault.path;
  text += ": " + fault.fact;
  if (!fault.expected.empty()) text += "; expected " + fault.expected;
  if (!fault.remedy.empty()) text += "; " + fault.remedy;
  return text;
}

}  // namespace anthropic_metrics::host
