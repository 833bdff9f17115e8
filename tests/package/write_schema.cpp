// SPDX-License-Identifier: Apache-2.0
// Writes the configuration schema as the library describes it, streams included, for checks that
// read files.
#include <cstdio>
#include <string>

#include "describe.hpp"

int main() {
  const std::string schema = anthropic_metrics::configuration_schema_json();
  return std::fwrite(schema.data(), 1, schema.size(), stdout) == schema.size() ? 0 : 1;
}
