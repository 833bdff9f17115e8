// SPDX-License-Identifier: Apache-2.0
#include "setup/compare.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "setup/assets.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// 1, "1": equal to an engine.
std::string text_of(const json::value& scalar) {
  return scalar.is_string() ? std::string(scalar.get_string()) : json::serialize(scalar);
}

std::string_view text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                : std::string_view();
}

const json::object& meta_of(const json::value& value) {
  static const json::object none;
  return value.is_object() ? part(value.get_object(), "_meta") : none;
}

// What stands in place of a mark where an engine keeps none: an ingest pipeline of ours begins with
// the same step in every version, a policy with the same words.
bool begins_alike(const json::value& theirs, const json::value& ours) {
  if (!theirs.is_object() || !ours.is_object()) return false;
  const json::value* steps = ours.get_object().if_contains("processors");
  if (steps != nullptr) {
    const json::value* others = theirs.get_object().if_contains("processors");
    return others != nullptr && others->is_array() && !others->get_array().empty() &&
           contains(others->get_array().front(), steps->get_array().front());
  }
  const std::string_view words = text_in(ours.get_object(), "description");
  const std::string_view start = words.substr(0, words.find(':'));
  return !start.empty() && text_in(theirs.get_object(), "description").starts_with(start);
}

Mapping worse(Mapping a, Mapping b) {
  return std::max(a, b);
}

Mapping compare_properties(const json::object& theirs, const json::object& ours) {
  Mapping found = Mapping::same;
  for (const auto& field : ours) {
    const json::value* there = theirs.if_contains(field.key());
    if (there == nullptr) {
      found = worse(found, Mapping::smaller);
      continue;
    }
    if (!there->is_object() || !field.value().is_object()) return Mapping::other;
    const json::object& a = there->get_object();
    const json::object& b = field.value().get_object();
    const bool group = b.contains("properties");
    // An object has no type in a mapping, unless somebody wrote it.
    if (group != a.contains("properties") || (!group && text_in(a, "type") != text_in(b, "type")))
      return Mapping::other;
    found = worse(found, compare_properties(part(a, "properties"), part(b, "properties")));
  }
  return found;
}

}  // namespace

bool contains(const json::value& theirs, const json::value& ours) {
  if (ours.is_object()) {
    // What is empty may be left out.
    if (!theirs.is_object()) return false;
    const auto& there = theirs.get_object();
    return std::all_of(ours.get_object().begin(), ours.get_object().end(), [&](const auto& member) {
      const json::value* found = there.if_contains(member.key());
      if (found == nullptr)
        return member.value().is_object() && member.value().get_object().empty();
      return contains(*found, member.value());
    });
  }
  if (ours.is_array()) {
    return theirs.is_array() &&
           std::equal(theirs.get_array().begin(), theirs.get_array().end(),
                      ours.get_array().begin(), ours.get_array().end(),
                      [](const json::value& a, const json::value& b) { return contains(a, b); });
  }
  return !theirs.is_object() && !theirs.is_array() && text_of(theirs) == text_of(ours);
}

bool is_ours(const json::value& theirs, const json::value& ours) {
  const json::object& meta = meta_of(theirs);
  if (!meta.empty()) {
    const std::string_view package = text_in(meta_of(ours), "package");
    return !package.empty() && text_in(meta, "package") == package;
  }
  return begins_alike(theirs, ours);
}

bool is_of_fleet(const json::value& theirs) {
  return text_in(meta_of(theirs), "managed_by") == "fleet";
}

Mapping compare_mapping(const json::object& theirs, const json::object& ours) {
  const Mapping fields = compare_properties(part(theirs, "properties"), part(ours, "properties"));
  const bool marked =
      text_in(part(theirs, "_meta"), "digest") == text_in(part(ours, "_meta"), "digest");
  return worse(fields, marked ? Mapping::same : Mapping::smaller);
}

}  // namespace anthropic_metrics::host
