// SPDX-License-Identifier: Apache-2.0
// Fields of collected documents by name and type; what is missing or of another type is an
// exception that names the field.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include "decimal.hpp"
#include "time.hpp"

namespace anthropic_metrics::simulator {

/// What a line lacks or has wrong; becomes a fault of the report.
struct BadDocument : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const boost::json::value& at(const boost::json::object& object, std::string_view key);
const boost::json::object& object_at(const boost::json::object& object, std::string_view key);
/// The text of a keyword; empty when absent, which is how documents write null.
std::string text_or_empty(const boost::json::object& object, std::string_view key);
std::string text_at(const boost::json::object& object, std::string_view key);
std::int64_t number_at(const boost::json::object& object, std::string_view key);
/// 0 when absent.
std::int64_t number_or_zero(const boost::json::object& object, std::string_view key);
Amount amount_at(const boost::json::object& object, std::string_view key);
Instant time_at(const boost::json::object& object, std::string_view key);
std::set<std::string> group_by_of(const boost::json::object& object);

}  // namespace anthropic_metrics::simulator
