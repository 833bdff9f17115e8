// SPDX-License-Identifier: Apache-2.0
// What an Elastic Agent asks of a component beside running its units. Plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/units.hpp"

namespace anthropic_metrics::host {

struct ActionRequest {
  std::string name;
  bool diagnostics = false;        // otherwise an action of somebody's, by name
  std::string parameters;          // JSON
  std::optional<UnitName> unit{};  // nothing: the component as a whole
};

// Goes into the archive that `elastic-agent diagnostics` makes. The Agent redacts by key names in
// JSON and YAML only: no secret may stand here.
struct DiagnosticFile {
  std::string name;
  std::string file_name;
  std::string description;
  std::string content_type;
  std::string content;
};

struct ActionAnswer {
  std::string error{};  // a sentence; empty: done
  std::vector<DiagnosticFile> files{};
};

}  // namespace anthropic_metrics::host
