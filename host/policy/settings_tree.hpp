// SPDX-License-Identifier: Apache-2.0
// YAML as a tree of typed values that remember where they were written, with dotted keys folded
// into maps, << followed, and Fleet's __mark_redact_* left out. Only this unit knows yaml-cpp; it
// knows nothing of policies.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fault.hpp"

namespace anthropic_metrics::host {

struct Member;

struct Node {
  enum class Kind { scalar, list, map };
  Kind kind = Kind::scalar;
  Place place;
  // A scalar. Plain true, false, null and numbers are typed as in YAML 1.2; anything quoted, and
  // digits with a leading zero (0600), stay text.
  boost::json::value scalar;
  std::string text;             // the scalar as written
  std::vector<Node> items;      // a list
  std::vector<Member> members;  // a map, in the order of the file

  bool is_null() const { return kind == Kind::scalar && scalar.is_null(); }
  bool is_string() const { return kind == Kind::scalar && scalar.is_string(); }
  const Node* find(std::string_view key) const;
  // Follows "agent.logging.level" through maps; null when any part is missing.
  const Node* find_path(std::string_view dotted) const;
};

struct Member {
  std::string key;
  Node value;
};

struct ParsedTree {
  Node root;                  // an empty map when the text holds nothing
  std::vector<Fault> faults;  // not YAML, duplicate keys, a key given twice with different values
};

// file is for messages only. At most 200000 values and 64 levels, so that aliases cannot explode.
ParsedTree parse_settings(std::string_view text, const std::string& file);

// Sets a dotted path to a YAML scalar, as -E key=value does; replaces what was there.
void set_path(Node& root, std::string_view dotted, std::string_view yaml_scalar,
              const std::string& source);

boost::json::value to_json(const Node& node);

// A scalar without quotes: true, a number, null, or text.
boost::json::value plain_scalar(std::string_view text);

}  // namespace anthropic_metrics::host
