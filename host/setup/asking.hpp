// SPDX-License-Identifier: Apache-2.0
// Asking a store or Kibana for JSON. A refusal becomes a sentence with its remedy.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "failure.hpp"
#include "json_access.hpp"
#include "store/store_client.hpp"

namespace anthropic_metrics::host {

// The whole answer, whatever its status.
Result<StoreAnswer> answer_to(StoreClient& client, StoreRequest request);

// The object that is there; nothing if there is none (404). what: for the message of a refusal.
Result<std::optional<boost::json::object>> look_up(StoreClient& client, const std::string& target,
                                                   std::string_view what);

// Of an answer that is no success.
Failure refusal(const StoreClient& client, const StoreAnswer& answer, std::string_view what);

// The object in the text; an empty one if there is none.
boost::json::object object_in(std::string_view text);

// The least version that the part of the assets names, if the version is older than it.
std::optional<std::string> too_old(const boost::json::object& part, std::pair<int, int> version);

}  // namespace anthropic_metrics::host
