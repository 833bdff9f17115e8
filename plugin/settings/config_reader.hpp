// SPDX-License-Identifier: Apache-2.0
// Checked access to a JSON object of the configuration by the rows of its settings: collects faults
// instead of stopping at the first.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "settings/table.hpp"

namespace anthropic_metrics {

/// One line for a person per fault.
using Faults = std::vector<std::string>;

class ConfigReader {
 public:
  /// settings: the rows of the object; pointer: where it stands, e.g. "/streams/usage". Object and
  /// rows are borrowed.
  ConfigReader(const boost::json::object& object, const std::vector<Setting>& settings,
               std::string pointer, Faults& faults)
      : object_(object), settings_(settings), pointer_(std::move(pointer)), faults_(faults) {}

  /// Each takes the value of `key`, which must have a row, if it is there and not null; else the
  /// row's fallback, or an empty value. A value of another type or beyond the bounds is a fault,
  /// and the fallback is returned.
  std::string text(std::string_view key);
  /// The text where it stands, valid as long as the object: for what must not be copied. Empty if
  /// it is missing or no string.
  std::string_view words(std::string_view key);
  /// A text that must be one of the row's choices.
  std::string choice(std::string_view key);
  bool boolean(std::string_view key);
  std::int64_t integer(std::string_view key);
  Milliseconds duration(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  /// An object within, empty if it is missing.
  ConfigReader part(std::string_view key);
  /// The same as it stands.
  const boost::json::object& object(std::string_view key);
  /// The objects of a list.
  std::vector<ConfigReader> parts(std::string_view key);
  bool has(std::string_view key) const;

  /// Records a fault of `key`; shown: the value, or "" to leave it out (secrets).
  void fault(std::string_view key, std::string_view shown, std::string_view expectation);
  /// A fault of the object as a whole.
  void fault(std::string_view expectation);

  /// Every key that has no row is a fault that lists those that have.
  void refuse_unknown_keys();

 private:
  const Setting& row(std::string_view key) const;
  const boost::json::value* find(std::string_view key) const;
  std::string pointer(std::string_view key) const;
  void refuse(const Setting& row, const boost::json::value& value, std::string_view expectation);

  const boost::json::object& object_;
  const std::vector<Setting>& settings_;
  std::string pointer_;
  Faults& faults_;
};

}  // namespace anthropic_metrics
