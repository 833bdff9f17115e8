// SPDX-License-Identifier: Apache-2.0
// The one table of settings. What is read and refused, the configuration schema that the library
// describes, the package's variables and the tables of docs/configuration.md follow from it.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "streams/registry.hpp"

namespace anthropic_metrics {

enum class Kind { text, boolean, integer, duration, texts, object, objects };

/// A row. What a setting does not have is left out. Durations are in Go's form throughout.
struct Setting {
  std::string_view key{};
  Kind kind = Kind::text;
  std::string_view title{};
  std::string sentence{};                      ///< What it means, for a person.
  boost::json::value fallback{};               ///< What holds without it; null: nothing.
  std::vector<boost::json::value> examples{};  ///< None: the fallback is one.
  boost::json::value least{};                  ///< Of a number or duration; the length of a text.
  boost::json::value most{};                   ///< Of a number or duration.
  std::string_view format{};                   ///< JSON Schema's name for the form of a text.
  std::string_view pattern{};                  ///< Of a text, or of each text of a list.
  std::vector<std::string_view> choices{};     ///< The only values of a text, or within a list.
  std::vector<std::string_view> spoken{};      ///< The choices as a person says them.
  std::string_view needs{};                    ///< A key beside it, without which it is a fault.
  std::vector<Setting> settings{};             ///< Of an object, or of each object of a list.
  std::vector<std::string_view> any_of{};      ///< Keys of an object, one of which must be there.
  bool required = false;
  bool foremost = false;  ///< Forms show it at once, not among what is advanced.
  bool secret = false;    ///< Stored encrypted where that is possible, and withheld.
  bool withheld = false;  ///< May hold a secret: no message repeats its value.
  bool filled = false;    ///< A list that must not be empty,
  bool unique = false;    ///< or must not say a thing twice.
};

/// The whole configuration, an object. Its "streams" are those that are registered when it is asked
/// for first: from then on it is there.
const Setting& configuration_settings();

/// The settings that a stream has by its descriptor: the object "/streams/<name>".
Setting stream_settings(const streams::Descriptor& stream);

/// What may be set for all streams and for each: namespace, tags, preserve_original_event.
std::vector<Setting> common_settings();

/// The same of what concerns streams whose documents may hold personal data: personal_data.
Setting personal_setting();

}  // namespace anthropic_metrics
