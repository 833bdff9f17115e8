// SPDX-License-Identifier: Apache-2.0
// The item of one input, as an Agent hands it to a component, as a policy of its own. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/unit_work.hpp"
#include "policy/policy.hpp"

namespace anthropic_metrics::host {

// Takes what is the component's own out of the item.
ComponentSettings take_settings(boost::json::object& source,
                                const std::filesystem::path& work_folder,
                                std::vector<Fault>& faults);

// What is left, with the output that the settings say: files below the state's folder, or store.
// All variables have been replaced by the Agent: a ${ that is left is meant as it is.
ParsedPolicy parse_unit(boost::json::object source, const std::optional<boost::json::object>& store,
                        const ComponentSettings& settings);

// "admin_api_key: <fact>; expected ...; <remedy>": without a file and a line, which nobody has.
std::string sentence_of(const Fault& fault);

}  // namespace anthropic_metrics::host
