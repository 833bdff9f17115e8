// SPDX-License-Identifier: Apache-2.0
#include "policy/settings_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace anthropic_metrics::host {
namespace {

constexpr int most_values = 200'000;
constexpr int most_levels = 64;
// Fleet marks what its Agents shall hide in diagnostics by a sibling of that name.
constexpr std::string_view redaction_mark = "__mark_redact_";

template <typename Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value{};
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::string plain;
  if (text.find('_') != std::string_view::npos && text.front() != '_') {  // 10_240
    for (const char c : text)
      if (c != '_') plain += c;
    text = plain;
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

std::optional<double> real(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  // from_chars also knows "inf" and "nan", which JSON cannot carry.
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.empty()) return std::nullopt;
  return value;
}

bool same_value(const Node& a, const Node& b) {
  return to_json(a) == to_json(b);
}

// yaml-cpp accepts a quote that runs to the end of the file, and with it swallows every setting
// below.
bool quote_stays_open(std::string_view source, std::size_t start) {
  if (start >= source.size() || (source[start] != '\'' && source[start] != '"')) return false;
  const char quote = source[start];
  for (std::size_t i = start + 1; i < source.size(); ++i) {
    if (quote == '"' && source[i] == '\\') {
      ++i;
    } else if (source[i] == quote) {
      if (quote == '"' || i + 1 >= source.size() || source[i + 1] != quote) return false;
      ++i;
    }
  }
  return true;
}

// Turns yaml-cpp's nodes into ours and folds dotted keys on the way.
class Builder {
 public:
  Builder(std::string_view source, const std::string& file, std::vector<Fault>& faults)
      : source_(source), file_(file), faults_(faults) {}

  Node build(const YAML::Node& yaml, const std::string& path, int level) {
    Node node;
    node.place = {file_, yaml.Mark().line + 1};
    if (++values_ > most_values || level > most_levels) {
      too_large(node.place, path);
      return node;
    }
    if (yaml.IsSequence()) {
      node.kind = Node::Kind::list;
      int index = 0;
      for (const YAML::Node& item : yaml) {
        node.items.push_back(build(item, fmt::format("{}[{}]", path, index++), level + 1));
      }
    } else if (yaml.IsMap()) {
      node.kind = Node::Kind::map;
      build_map(node, yaml, path, level);
    } else if (yaml.IsScalar()) {
      node.text = yaml.Scalar();
      // yaml-cpp marks a quoted scalar with the tag "!".
      const int start = yaml.Mark().pos;
      if (yaml.Tag() == "!" && start >= 0 &&
          quote_stays_open(source_, static_cast<std::size_t>(start))) {
        faults_.push_back({node.place, path, "the quote that begins here is never closed",
                           "a closing quote", "add it at the end of the text"});
      }
      const bool text = yaml.Tag() == "!" || yaml.Tag() == "tag:yaml.org,2002:str";
      node.scalar =
          text ? boost::json::value(boost::json::string_view(node.text)) : plain_scalar(node.text);
    }
    return node;
  }

 private:
  // A key as written in a map, or in one that the map takes over with <<.
  struct Written {
    std::string key;
    YAML::Node value;
    Place place;
    bool taken_over = false;
  };

  void build_map(Node& node, const YAML::Node& yaml, const std::string& path, int level) {
    std::vector<Written> members;
    collect(members, yaml, path, level, false);
    for (Written& member : members) {
      const std::string child = path.empty() ? member.key : path + "." + member.key;
      insert(node, member.key, build(member.value, child, level + 1), path, member.place,
             member.taken_over);
    }
  }

  // The map's own keys, then those of the maps behind <<, the first of equal ones.
  void collect(std::vector<Written>& members, const YAML::Node& yaml, const std::string& path,
               int level, bool taken_over) {
    std::vector<YAML::Node> more;
    const std::size_t before = members.size();
    for (const auto& member : yaml) {
      const Place place{file_, member.first.Mark().line + 1};
      if (taken_over && ++values_ > most_values) return too_large(place, path);
      if (!member.first.IsScalar()) {
        faults_.push_back({place, path, "a key that is a list or a map", "a text as key", ""});
        continue;
      }
      const std::string key = member.first.Scalar();
      if (key == "<<" && member.first.Tag() != "!") {
        maps_behind(member.second, path, place, more);
        continue;
      }
      const auto same = std::find_if(members.begin(), members.end(),
                                     [&](const Written& other) { return other.key == key; });
      if (same != members.end()) {
        if (same - members.begin() >= static_cast<std::ptrdiff_t>(before))
          faults_.push_back({place, path.empty() ? key : path + "." + key,
                             "this key is written twice in the same map", "every key once",
                             "remove one of the two"});
        continue;
      }
      if (std::count(key.begin(), key.end(), '.') > most_levels) {
        faults_.push_back({place, path, "a key with very many dots", "a setting's name", ""});
        continue;
      }
      members.push_back({key, member.second, place, taken_over});
    }
    if (!more.empty() && level > most_levels) return too_large({file_, yaml.Mark().line + 1}, path);
    for (const YAML::Node& map : more) collect(members, map, path, level + 1, true);
  }

  void maps_behind(const YAML::Node& value, const std::string& path, const Place& place,
                   std::vector<YAML::Node>& maps) {
    const auto take = [&](const YAML::Node& one) {
      if (one.IsMap()) {
        maps.push_back(one);
      } else {
        faults_.push_back({place, path.empty() ? "<<" : path + ".<<",
                           "what << takes over is not a map", "a map, an alias of one, or a list",
                           "name a map, as in <<: *name"});
      }
    };
    if (!value.IsSequence()) return take(value);
    for (const YAML::Node& one : value) take(one);
  }

  void too_large(const Place& place, const std::string& path) {
    if (!too_large_) {
      faults_.push_back({place, path, "the file is too large or nested too deeply",
                         fmt::format("at most {} values, {} levels deep", most_values, most_levels),
                         "check it for aliases (*name) that repeat large parts"});
    }
    too_large_ = true;
  }

  // Puts value at the dotted key below node; both forms of one key must agree. What was taken over
  // gives way to what is there.
  void insert(Node& node, std::string_view key, Node value, const std::string& path,
              const Place& place, bool taken_over) {
    const std::size_t dot = key.find('.');
    const bool splits = dot != std::string_view::npos && dot > 0 && dot + 1 < key.size();
    const std::string head(splits ? key.substr(0, dot) : key);
    if (head.starts_with(redaction_mark)) return;
    const std::string child = path.empty() ? head : path + "." + head;
    if (splits) {
      Node inner;
      inner.kind = Node::Kind::map;
      inner.place = place;
      insert(inner, key.substr(dot + 1), std::move(value), child, place, taken_over);
      if (inner.members.empty()) return;
      value = std::move(inner);
    }
    for (auto& [name, present] : node.members) {
      if (name == head) return merge(present, std::move(value), child, place, taken_over);
    }
    node.members.push_back({head, std::move(value)});
  }

  void merge(Node& present, Node value, const std::string& path, const Place& place,
             bool taken_over) {
    if (present.kind == Node::Kind::map && value.kind == Node::Kind::map) {
      for (auto& [name, inner] : value.members)
        insert(present, name, std::move(inner), path, place, taken_over);
      return;
    }
    if (taken_over || same_value(present, value)) return;
    faults_.push_back({place, path,
                       fmt::format("this key has another value in line {}, once nested and once "
                                   "with dots",
                                   present.place.line),
                       "one value", "remove one of the two"});
  }

  const std::string_view source_;
  const std::string& file_;
  std::vector<Fault>& faults_;
  int values_ = 0;
  bool too_large_ = false;
};

}  // namespace

boost::json::value plain_scalar(std::string_view text) {
  for (std::string_view word : {"", "~", "null", "Null", "NULL"}) {
    if (text == word) return nullptr;
  }
  for (std::string_view word : {"true", "True", "TRUE"}) {
    if (text == word) return true;
  }
  for (std::string_view word : {"false", "False", "FALSE"}) {
    if (text == word) return false;
  }
  const bool leading_zero = text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
  if (!leading_zero) {
    if (const auto value = number<std::int64_t>(text)) return *value;
    if (const auto value = number<std::uint64_t>(text)) return *value;
    for (const auto& [prefix, base] : {std::pair("0x", 16), {"0X", 16}, {"0o", 8}, {"0b", 2}}) {
      if (text.substr(0, 2) != prefix) continue;
      if (const auto value = number<std::int64_t>(text.substr(2), base)) return *value;
    }
    if (const auto value = real(text)) return *value;
  }
  return boost::json::value(boost::json::string_view(text.data(), text.size()));
}

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

const Node* Node::find_path(std::string_view dotted) const {
  const Node* node = this;
  while (node != nullptr && !dotted.empty()) {
    const std::size_t dot = std::min(dotted.find('.'), dotted.size());
    node = node->find(dotted.substr(0, dot));
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  return node;
}

ParsedTree parse_settings(std::string_view text, const std::string& file) {
  ParsedTree tree;
  tree.root.kind = Node::Kind::map;
  tree.root.place = {file, 0};
  try {
    const YAML::Node yaml = YAML::Load(std::string(text));
    if (yaml.IsNull() || !yaml.IsDefined()) return tree;
    Node root = Builder(text, file, tree.faults).build(yaml, "", 0);
    if (root.kind != Node::Kind::map) {
      tree.faults.push_back({root.place, "", "the file is not a map of settings",
                             "keys such as 'outputs:' and 'inputs:' at the left edge", ""});
      return tree;
    }
    tree.root = std::move(root);
  } catch (const YAML::Exception& error) {
    // msg says what the parser met; it never quotes the file's values.
    const int line = error.mark.is_null() ? 0 : error.mark.line + 1;
    tree.faults.push_back({{file, line},
                           "",
                           "not valid YAML: " + error.msg,
                           "",
                           "check indentation, quotes and colons near this line"});
  }
  return tree;
}

void set_path(Node& root, std::string_view dotted, std::string_view yaml_scalar,
              const std::string& source) {
  Node* node = &root;
  while (!dotted.empty()) {
    const std::size_t dot = std::min(dotted.find('.'), dotted.size());
    const std::string head(dotted.substr(0, dot));
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
    if (node->kind != Node::Kind::map) {
      *node = Node{};
      node->kind = Node::Kind::map;
      node->place = {source, 0};
    }
    const auto at = std::find_if(node->members.begin(), node->members.end(),
                                 [&](const auto& member) { return member.key == head; });
    if (at != node->members.end()) {
      node = &at->value;
    } else {
      node->members.push_back({head, Node{}});
      node = &node->members.back().value;
    }
  }
  *node = Node{};
  node->place = {source, 0};
  node->text = std::string(yaml_scalar);
  node->scalar = plain_scalar(node->text);
}

boost::json::value to_json(const Node& node) {
  if (node.kind == Node::Kind::scalar) return node.scalar;
  if (node.kind == Node::Kind::list) {
    boost::json::array list;
    for (const Node& item : node.items) list.push_back(to_json(item));
    return list;
  }
  boost::json::object map;
  for (const auto& [key, value] : node.members) map[key] = to_json(value);
  return map;
}

}  // namespace anthropic_metrics::host
