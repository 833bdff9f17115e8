// SPDX-License-Identifier: Apache-2.0
// What the members of a stream's documents are to who adds them up: measures, dimensions, or
// neither.
#pragma once

#include <boost/json/object.hpp>

#include "streams/registry.hpp"

namespace anthropic_metrics {

/// Of whatever a stream may be grouped by. Empty if its documents add up to nothing.
///
///   object    the member of "anthropic" that is a row
///   counts    its whole numbers that add up
///   amounts   its money: a number, and the same as text in <amount>_exact
///   flags     members that are true or false and tell rows apart
///   aside     members that neither add up nor tell rows apart; all other texts do
///   sums      of the members aside, those that are the sum of counts
///   nulls     where a member that is missing means something: `says` is then `text`
boost::json::object row_of(const streams::Descriptor& stream);

}  // namespace anthropic_metrics
