// SPDX-License-Identifier: Apache-2.0
// Checked access to a JSON object of the configuration: collects faults instead of stopping at the
// first, and knows which keys nobody asked for.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace anthropic_metrics {

/// One line for a person per fault.
using Faults = std::vector<std::string>;

class ConfigReader {
 public:
  /// pointer: where the object stands, e.g. "/streams/usage". Both are borrowed.
  ConfigReader(const boost::json::object& object, std::string pointer, Faults& faults)
      : object_(object), pointer_(std::move(pointer)), faults_(faults) {}

  /// Each takes the value of `key` if it is there and not null, else the fallback. A value of
  /// another type is a fault, and the fallback is returned.
  std::string text(std::string_view key, std::string_view fallback);
  /// The text where it stands, valid as long as the object: for what must not be copied. Empty if
  /// it is missing or no string.
  std::string_view words(std::string_view key);
  bool boolean(std::string_view key, bool fallback);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                       std::int64_t most);
  Milliseconds duration(std::string_view key, Milliseconds fallback, Milliseconds least,
                        Milliseconds most);
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback);
  /// The fallback must be one of `choices`.
  std::string choice(std::string_view key, const std::vector<std::string_view>& choices,
                     std::string_view fallback);
  /// nullptr if missing.
  const boost::json::object* object(std::string_view key);
  /// The objects of a list, each with its pointer.
  std::vector<std::pair<const boost::json::object*, std::string>> objects(std::string_view key);
  bool has(std::string_view key) const;

  std::string pointer(std::string_view key) const;
  /// Records a fault of `key`; shown: the value, or "" to leave it out (secrets).
  void fault(std::string_view key, std::string_view shown, std::string_view expectation);

  /// Every key that was not asked for is a fault that lists the known ones.
  void refuse_unknown_keys();

 private:
  const boost::json::value* find(std::string_view key);
  std::string_view refused(std::string_view key, const boost::json::value& value,
                           std::string_view fallback);

  const boost::json::object& object_;
  std::string pointer_;
  Faults& faults_;
  std::vector<std::string> known_;
};

}  // namespace anthropic_metrics
