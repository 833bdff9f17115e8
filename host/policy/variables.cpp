// SPDX-License-Identifier: Apache-2.0
#include "policy/variables.hpp"

#include <sys/utsname.h>

#include <cstdlib>

#include "base/octets.hpp"

namespace anthropic_metrics::host {
namespace {

// Position of the first of the wanted characters outside quotes, or npos.
std::size_t find_unquoted(std::string_view text, std::string_view wanted) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (wanted.find(text[i]) != std::string_view::npos) {
      return i;
    } else if (text[i] == '\'' || text[i] == '"') {
      quote = text[i];
    }
  }
  return std::string_view::npos;
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
                      text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::optional<std::string> Variables::find(std::string_view name) const {
  constexpr std::string_view environment_prefix = "env.";
  if (name.substr(0, environment_prefix.size()) == environment_prefix) {
    name.remove_prefix(environment_prefix.size());
  } else if (name.find('.') != std::string_view::npos) {
    const auto at = known.find(name);
    return at == known.end() ? std::nullopt : std::optional(at->second);
  }
  return environment ? environment(std::string(name)) : std::nullopt;
}

std::optional<std::string> resolve(std::string_view expression, const Variables& variables) {
  while (true) {
    const std::size_t end = find_unquoted(expression, "|:");
    const std::string_view part = trim(expression.substr(0, end));
    if (!part.empty() && (part.front() == '\'' || part.front() == '"')) {
      return std::string(unquoted(part));
    }
    if (!part.empty()) {
      if (auto value = variables.find(part)) return value;
    }
    if (end == std::string_view::npos) return std::nullopt;
    if (expression[end] == ':') return std::string(unquoted(expression.substr(end + 1)));
    expression.remove_prefix(end + 1);
  }
}

Substituted substitute(std::string_view text, const Variables& variables) {
  Substituted result;
  while (true) {
    const std::size_t start = text.find("${");
    result.text += text.substr(0, start);
    if (start == std::string_view::npos) return result;
    text.remove_prefix(start + 2);
    const std::size_t end = find_unquoted(text, "}");
    if (end == std::string_view::npos) {
      result.malformed = "'${' without a closing '}'";
      return result;
    }
    const std::string_view expression = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!result.text.empty() && result.text.back() == '$' && start > 0) {
      result.text += "{";  // the second $ of $${x} is the literal one
      result.text += expression;
      result.text += "}";
    } else if (auto value = resolve(expression, variables)) {
      result.text += *value;
    } else {
      result.unresolved.emplace_back(expression);
    }
  }
}

Variables machine_variables() {
  Variables variables;
  variables.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  utsname machine{};
  if (uname(&machine) == 0) {
    variables.known["host.name"] = machine.nodename;
    variables.known["host.platform"] = "linux";
    variables.known["host.architecture"] = machine.machine;
  }
  return variables;
}

}  // namespace anthropic_metrics::host
