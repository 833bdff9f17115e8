// SPDX-License-Identifier: Apache-2.0
// Reads documents of the analytics reports, of Claude Code and of activity. A missing field throws
// as in document_fields.hpp.
#pragma once

#include <boost/json/object.hpp>

#include "documents.hpp"

namespace anthropic_metrics::simulator {

void read_analytics(bool cost, const boost::json::object& fields, Documents& documents);
void read_claude_code(const boost::json::object& fields, Documents& documents);
void read_activity(const boost::json::object& fields, Documents& documents);
void read_summary(const boost::json::object& fields, Documents& documents);

}  // namespace anthropic_metrics::simulator
