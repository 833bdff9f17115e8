// SPDX-License-Identifier: Apache-2.0
// One thing wrong with a policy, told so that its author can mend it without reading code.
#pragma once

#include <string>

namespace anthropic_metrics::host {

// Where in which file a value stands. line counts from 1; 0 when there is no line to name.
struct Place {
  std::string file;
  int line = 0;
};

struct Fault {
  Place place;
  std::string path;      // inputs[0].use_output
  std::string fact;      // what is there
  std::string expected;  // what should be there
  std::string remedy;    // what to do
};

// "policy.yml:12: inputs[0].use_output: <fact>; expected <expected>; <remedy>"
std::string to_string(const Fault& fault);
std::string to_string(const Place& place);

}  // namespace anthropic_metrics::host
