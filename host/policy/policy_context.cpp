// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_context.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "policy/fit_settings.hpp"

namespace anthropic_metrics::host {
void PolicyContext::fault(const Place& place, std::string path, std::string fact,
                          std::string expected, std::string remedy) {
  faults.push_back(
      {place, std::move(path), std::move(fact), std::move(expected), std::move(remedy)});
}

void PolicyContext::note(LogLevel level, std::string text) {
  policy.notes.push_back({level, std::move(text)});
}

std::optional<std::string> PolicyContext::text(const Node& map, std::string_view key,
                                               const std::string& path) {
  const Node* node = map.find(key);
  if (node == nullptr || node->is_null()) return std::nullopt;
  // Numbers and the like as they are written: an Agent takes 7 for "7".
  if (node->kind == Node::Kind::scalar) return node->text;
  fault(node->place, fmt::format("{}.{}", path, key), fmt::format("this is {}", kind_of(*node)),
        "a text", "put it in quotes if it is meant as text");
  return std::nullopt;
}

std::optional<bool> PolicyContext::boolean(const Node& map, std::string_view key,
                                           const std::string& path) {
  const Node* node = map.find(key);
  if (node == nullptr || node->is_null()) return std::nullopt;
  if (node->kind == Node::Kind::scalar) {
    if (node->scalar.is_bool()) return node->scalar.as_bool();
    // A variable always gives text. One without a value is told where its map is substituted.
    Node value = *node;
    if (!substitute_in(value, fmt::format("{}.{}", path, key)).empty()) return std::nullopt;
    if (const auto set = boolean_of(value.text)) return *set;
  }
  fault(node->place, fmt::format("{}.{}", path, key), fmt::format("this is {}", kind_of(*node)),
        "true or false", "");
  return std::nullopt;
}

std::optional<std::uint64_t> PolicyContext::whole(const Node& map, std::string_view key,
                                                  const std::string& path, std::uint64_t least,
                                                  std::uint64_t most) {
  const Node* node = map.find(key);
  if (node == nullptr || node->is_null()) return std::nullopt;
  if (const auto number = whole_of(to_json(*node))) {
    const std::int64_t value = *number;
    if (value >= 0 && static_cast<std::uint64_t>(value) >= least &&
        static_cast<std::uint64_t>(value) <= most) {
      return static_cast<std::uint64_t>(value);
    }
    fault(node->place, fmt::format("{}.{}", path, key), fmt::format("{} is out of range", value),
          fmt::format("a whole number from {} to {}", least, most), "");
    return std::nullopt;
  }
  fault(node->place, fmt::format("{}.{}", path, key), fmt::format("this is {}", kind_of(*node)),
        fmt::format("a whole number from {} to {}", least, most), "");
  return std::nullopt;
}

std::vector<std::string> PolicyContext::substitute_in(Node& node, const std::string& path) {
  std::vector<std::string> unresolved;
  const auto append = [&](std::vector<std::string> more) {
    unresolved.insert(unresolved.end(), more.begin(), more.end());
  };
  if (node.kind == Node::Kind::scalar && node.is_string() &&
      node.text.find("${") != std::string::npos) {
    Substituted result = substitute(node.text, variables);
    if (!result.malformed.empty()) {
      fault(node.place, path, result.malformed, "${NAME}",
            "close it, or write $${ for a literal ${");
    }
    append(std::move(result.unresolved));
    node.text = std::move(result.text);
    node.scalar = boost::json::string_view(node.text);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    append(substitute_in(node.items[i], fmt::format("{}[{}]", path, i)));
  }
  for (auto& [key, value] : node.members) {
    if (key != "condition") append(substitute_in(value, fmt::format("{}.{}", path, key)));
  }
  return unresolved;
}

std::string kind_of(const Node& node) {
  if (node.kind == Node::Kind::list) return "a list";
  if (node.kind == Node::Kind::map) return "a map";
  if (node.scalar.is_null()) return "empty";
  if (node.scalar.is_bool()) return node.scalar.as_bool() ? "true" : "false";
  return node.scalar.is_string() ? "a text" : "a number";
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string data_stream_part_error(std::string_view part) {
  if (part.empty()) return "it is empty";
  if (part.size() > 100) return "it is longer than 100 bytes";
  constexpr std::string_view forbidden = "\\/*?\"<>| ,#:-";
  const std::size_t at = part.find_first_of(forbidden);
  if (at != std::string_view::npos) return fmt::format("it contains '{}'", part[at]);
  if (part.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos) {
    return "it contains an upper-case letter";
  }
  if (part == "." || part == "..") return "it is '.' or '..'";
  if (std::any_of(part.begin(), part.end(), [](char c) { return c >= 0 && c < ' '; })) {
    return "it contains a control character";
  }
  return "";
}

}  // namespace anthropic_metrics::host
