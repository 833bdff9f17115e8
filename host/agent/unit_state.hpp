// SPDX-License-Identifier: Apache-2.0
// What an input and its output do, in the words of an Elastic Agent. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "control/units.hpp"
#include "endpoint/host_status.hpp"

namespace anthropic_metrics::host {

struct UnitReport {
  UnitState state = UnitState::starting;
  std::string message;
  boost::json::object payload;
};

// stream_ids: of the policy, by the stream's name; a stream without one is told of by its name.
// output: where the input's documents go.
UnitReport report_of(const InputStatus& input, const OutputStatus& output,
                     const std::map<std::string, std::string>& stream_ids);

// Of the output itself, if documents go to it.
UnitReport report_of(const OutputStatus& output);

}  // namespace anthropic_metrics::host
