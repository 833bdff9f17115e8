// SPDX-License-Identifier: Apache-2.0
#include "commands/completion_scripts.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "commands/described.hpp"

namespace anthropic_metrics::host {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  return fmt::format("{}", fmt::join(words, between));
}

// Between single quotes, as bash and zsh read them.
std::string in_quotes(std::string_view text) {
  std::string safe = "'";
  for (const char c : text) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return safe + "'";
}

std::string command_names(const std::vector<DescribedCommand>& all) {
  std::string names;
  for (const DescribedCommand& command : all)
    names += (names.empty() ? "" : " ") + std::string(command.name);
  return names;
}

// ---- bash ----

// A case of what may stand behind an option that takes a value; nothing we know: nothing is said.
std::string bash_value(const DescribedCommand& command, const DescribedOption& option) {
  std::vector<std::string> cases;
  for (const std::string& name : option.names)
    cases.push_back(in_quotes(fmt::format("{} {}", command.name, name)));
  std::string answer;
  if (!option.words.empty())
    answer = fmt::format("_anthropic_metrics_offer {}", in_quotes(joined(option.words)));
  else if (option.value == "FILE")
    answer = "_anthropic_metrics_files -f";
  else if (option.value == "DIR")
    answer = "_anthropic_metrics_files -d";
  else
    answer = ":";
  return fmt::format("    {}) {}; return ;;\n", joined(cases, " | "), answer);
}

// What may stand anywhere behind the command's word.
std::string bash_words(const DescribedCommand& command) {
  std::vector<std::string> words;
  for (const DescribedOption& option : command.options) {
    const std::vector<std::string>& more = option.names.empty() ? option.words : option.names;
    words.insert(words.end(), more.begin(), more.end());
  }
  return fmt::format("    {}) _anthropic_metrics_offer {} ;;\n", command.name,
                     in_quotes(joined(words)));
}

constexpr std::string_view bash_frame =
    R"(# bash completion of anthropic-metrics, made by `anthropic-metrics completion bash`
_anthropic_metrics() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}
  _anthropic_metrics_offer() {{ mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }}
  _anthropic_metrics_files() {{ compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen "$1" -- "$current"); }}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _anthropic_metrics_offer '{0} --help'
    return
  fi
  case "${{COMP_WORDS[1]}} $before" in
{1}  esac
  case ${{COMP_WORDS[1]}} in
{2}  esac
}}
complete -F _anthropic_metrics anthropic-metrics
)";

// ---- zsh ----

// In the text of a specification.
std::string zsh_text(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string zsh_value(const DescribedOption& option) {
  if (option.value.empty()) return {};
  const std::string action = !option.words.empty()    ? "(" + joined(option.words) + ")"
                             : option.value == "FILE" ? "_files"
                             : option.value == "DIR"  ? "_files -/"
                                                      : " ";
  return fmt::format(":{}:{}", zsh_text(option.value), action);
}

std::string zsh_option(const DescribedOption& option) {
  if (option.names.empty())
    return fmt::format(" \\\n        {}", in_quotes("1" + zsh_value(option)));
  std::string text;
  for (const std::string& name : option.names) {
    const std::string once = option.repeatable         ? "*"
                             : option.names.size() > 1 ? "(" + joined(option.names) + ")"
                                                       : "";
    text += fmt::format(" \\\n        {}",
                        in_quotes(fmt::format("{}{}[{}]{}", once, name, zsh_text(option.sentence),
                                              zsh_value(option))));
  }
  return text;
}

// ---- fish ----

// Within single quotes fish knows \\ and \'.
std::string fish_quoted(std::string_view text) {
  std::string safe = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') safe += '\\';
    safe += c;
  }
  return safe + "'";
}

std::string fish_option(const DescribedCommand& command, const DescribedOption& option) {
  const std::string start = fmt::format(
      "complete -c anthropic-metrics -n '__fish_seen_subcommand_from {}'", command.name);
  if (option.names.empty())
    return option.words.empty() ? std::string()
                                : fmt::format("{} -a {}\n", start, in_quotes(joined(option.words)));
  std::string text = start;
  for (const std::string& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  // -r alone would offer files, too; -x takes a value and offers none but what is said.
  if (option.value == "FILE")
    text += " -r -F";
  else if (!option.value.empty())
    text += " -x";
  if (!option.words.empty())
    text += " -a " + in_quotes(joined(option.words));
  else if (option.value == "DIR")
    text += " -a '(__fish_complete_directories)'";
  return text + " -d " + fish_quoted(option.sentence) + "\n";
}

}  // namespace

std::string bash_completion() {
  const auto all = described_commands();
  std::string values, words;
  for (const DescribedCommand& command : all) {
    for (const DescribedOption& option : command.options)
      if (!option.names.empty() && !option.value.empty()) values += bash_value(command, option);
    words += bash_words(command);
  }
  return fmt::format(bash_frame, command_names(all), values, words);
}

std::string zsh_completion() {
  const auto all = described_commands();
  std::string text =
      "#compdef anthropic-metrics\n# made by `anthropic-metrics completion zsh`\n"
      "_anthropic_metrics() {\n  local -a words_known=(\n";
  for (const DescribedCommand& command : all) {
    const std::string entry = fmt::format("{}:{}", command.name, zsh_text(command.sentence));
    text += "    " + in_quotes(entry) + "\n";
  }
  text +=
      "  )\n  if ((CURRENT == 2)); then\n    _describe command words_known\n    return\n  fi\n"
      "  local word=$words[2]\n  shift words\n  ((CURRENT--))\n  case $word in\n";
  for (const DescribedCommand& command : all) {
    text += fmt::format("    {})\n      _arguments", command.name);
    for (const DescribedOption& option : command.options) text += zsh_option(option);
    text += " ;;\n";
  }
  return text +
         "  esac\n}\n"
         // Read by autoload it is the body of the function; read by `source` it announces it.
         "if [[ $funcstack[1] == _anthropic_metrics ]]; then\n  _anthropic_metrics \"$@\"\nelse\n"
         "  compdef _anthropic_metrics anthropic-metrics\nfi\n";
}

std::string fish_completion() {
  const auto all = described_commands();
  std::string text =
      "# fish completion of anthropic-metrics, made by `anthropic-metrics completion fish`\n"
      "complete -c anthropic-metrics -f\n";
  for (const DescribedCommand& command : all)
    text += fmt::format("complete -c anthropic-metrics -n __fish_use_subcommand -a {} -d {}\n",
                        command.name, fish_quoted(command.sentence));
  for (const DescribedCommand& command : all)
    for (const DescribedOption& option : command.options) text += fish_option(command, option);
  return text;
}

}  // namespace anthropic_metrics::host
