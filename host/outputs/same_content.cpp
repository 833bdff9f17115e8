// SPDX-License-Identifier: Apache-2.0
// Whether a document that is in the store is the one that was to be put there.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "outputs/stored.hpp"

namespace anthropic_metrics::host {
namespace {

namespace json = boost::json;

// A store may write a number in another way, 1e2 for 100.0, and both are read with an error in the
// last digits; what must be exact is a whole number or a text.
bool same_number(const json::value& a, const json::value& b) {
  if (!a.is_double() && !b.is_double()) return a == b;
  const double x = a.to_number<double>();
  const double y = b.to_number<double>();
  return std::abs(x - y) <= 1e-13 * std::max(std::abs(x), std::abs(y));
}

bool same(const json::value& sent, const json::value& stored, std::string& place);

bool same_members(const json::object& sent, const json::object& stored, std::string& place) {
  const std::size_t above = place.size();
  for (const auto& member : sent) {
    place.append(above == 0 ? "" : ".").append(member.key());
    const json::value* other = stored.if_contains(member.key());
    // A field without a value may be left out.
    const bool fine =
        other == nullptr ? member.value().is_null() : same(member.value(), *other, place);
    if (!fine) return false;
    place.resize(above);
  }
  return true;
}

bool same(const json::value& sent, const json::value& stored, std::string& place) {
  if (sent.is_number() && stored.is_number()) return same_number(sent, stored);
  if (sent.is_object() && stored.is_object())
    return same_members(sent.get_object(), stored.get_object(), place);
  if (!sent.is_array() || !stored.is_array()) return sent == stored;
  const json::array& a = sent.get_array();
  const json::array& b = stored.get_array();
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!same(a[i], b[i], place)) return false;
  return true;
}

}  // namespace

bool same_content(std::string_view sent, std::string_view stored, std::string& differs) {
  boost::system::error_code failed;
  const json::value a = json::parse(sent, failed);
  const json::value b = failed ? json::value() : json::parse(stored, failed);
  differs.clear();
  if (!failed && same(a, b, differs)) return true;
  if (differs.empty()) differs = "the whole document";
  return false;
}

}  // namespace anthropic_metrics::host
